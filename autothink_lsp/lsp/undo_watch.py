"""Notices that an edit of ours arrived in the document, and that the user took it back within 30 seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from attrs import define

from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.edits.shadow import applied
from autothink_lsp.edits.values import Replacement

UNDO_S = 30.0
_MOST = 20


@define
class _Watched:
    result_id: str
    uri: str
    before: str
    after: str
    arrived_at: float | None = None
    made_at: float = 0.0


class UndoWatch:
    """``tell`` hears "applied" and "undone", each once for a result."""

    def __init__(
        self, tell: Callable[[str, Literal["applied", "undone"]], None], now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell = tell
        self._now_s = now_s
        self._watched: list[_Watched] = []

    def expect(self, result_id: str, snapshot: Snapshot, replacements: tuple[Replacement, ...]) -> None:
        """An edit was handed to the client."""
        after = str(applied(snapshot.text, replacements))
        self._watched.append(_Watched(result_id, snapshot.uri, str(snapshot.text), after, made_at=self._now_s()))
        del self._watched[:-_MOST]

    def did_change(self, snapshot: Snapshot) -> None:
        """Costs nothing while nothing is watched."""
        now_s = self._now_s()
        self._watched = [one for one in self._watched if now_s - (one.arrived_at or one.made_at) <= UNDO_S]
        for one in [one for one in self._watched if one.uri == snapshot.uri]:
            length = snapshot.text.char_length
            if one.arrived_at is None:
                if length == len(one.after) and str(snapshot.text) == one.after:
                    one.arrived_at = now_s
                    self._tell(one.result_id, "applied")
            elif length == len(one.before) and str(snapshot.text) == one.before:
                self._watched.remove(one)
                self._tell(one.result_id, "undone")
