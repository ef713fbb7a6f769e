"""Remembers the last edit of each open document and when it came: was it one typed character, was it a deletion?

It stores facts; what they mean for a suggestion is decided by who asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from autothink_lsp.document.snapshot import Change, Snapshot


def monotonic_ms() -> float:
    """Milliseconds of a clock that never goes back; only differences mean something."""
    return time.monotonic() * 1000


class EditHistory:
    """A DocumentListener. A document that was opened (again) or closed has no last change."""

    def __init__(self, clock_ms: Callable[[], float] = monotonic_ms) -> None:
        self._clock_ms = clock_ms
        self._last: dict[str, tuple[Change, float]] = {}

    def last_change(self, uri: str) -> Change | None:
        """The last edit of the client's last message: of a key typed with several cursors, the last of its edits."""
        last = self._last.get(uri)
        return last[0] if last else None

    def last_change_ms(self, uri: str) -> float | None:
        """When it came, on the clock of this history."""
        last = self._last.get(uri)
        return last[1] if last else None

    def did_open(self, snapshot: Snapshot) -> None:
        self._last.pop(snapshot.uri, None)

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        if changes:
            self._last[snapshot.uri] = (changes[-1], self._clock_ms())

    def did_close(self, uri: str) -> None:
        self._last.pop(uri, None)
