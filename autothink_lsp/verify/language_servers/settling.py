"""Decides when the diagnostics that a server publishes for a changed text are complete. Pure: time is a parameter.

LSP has no message for the end of publications. A server publishes for each file once or several times after a change,
with the version of the text if it supports that; some report their work in progress. The diagnostics of a change have
settled when each file has a publication that can belong to the new text, no reported work is running, and no
publication arrived for the server's quiet period.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field


@define
class Settling:
    """The state of one change. ``versions`` are the versions of the changed files, by URI."""

    versions: Mapping[str, int]
    quiet_s: float
    started_s: float
    working: set[str] = field(factory=set)
    """Tokens of the work that the server reported before the change and that goes on."""
    _latest: dict[str, tuple[Any, ...]] = field(factory=dict)
    _last_event_s: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._last_event_s = self.started_s

    def published(self, uri: str, version: int | None, items: tuple[Any, ...], now_s: float) -> None:
        """Record a publication of a file's diagnostics. Those of an older version are ignored."""
        expected = self.versions.get(uri)
        if expected is None or (version is not None and version < expected):
            return
        self._latest[uri] = items
        self._last_event_s = now_s

    def worked(self, token: str, *, is_going_on: bool, now_s: float) -> None:
        """Record that the server reported work: ``is_going_on`` for its begin or progress, False for its end."""
        if is_going_on:
            self.working.add(token)
        else:
            self.working.discard(token)
        self._last_event_s = now_s

    def diagnostics(self, now_s: float) -> dict[str, tuple[Any, ...]] | None:
        """The diagnostics by URI; ``None`` until they have settled."""
        return dict(self._latest) if self.wait_s(now_s) == 0 else None

    def wait_s(self, now_s: float) -> float | None:
        """The seconds until the diagnostics settle without another event; 0 if they have settled, ``None`` if an event
        is needed."""
        if self.working or len(self._latest) < len(self.versions):
            return None
        return max(0.0, self._last_event_s + self.quiet_s - now_s)
