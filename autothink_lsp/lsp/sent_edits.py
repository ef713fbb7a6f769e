"""Follows the documents of sent edits: each edit's arrival, and its undo by the user.

LSP reports neither. An edit has arrived when the document has the text with the edit; the texts are compared change by
change, because an editor may send the edit together with keystrokes of the user. It is undone when the document has the
text from before the edit again. Edits at a wrong place are detected by ``edit_delivery.py``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from attrs import define

from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import Replacement, apply_replacements

ARRIVAL_S = 30.0  # for a sent edit; a preview waits for its user
UNDO_S = 60.0  # after the arrival
_MOST = 20


@define(eq=False)
class _SentEdit:
    result_id: str
    base: Snapshot
    text: Text  # the document's text, change by change, until the edit has arrived
    text_after: Text  # the text with the edit
    ends_s: float
    has_arrived: bool = False

    def changes_after_arrival(self, snapshot: Snapshot, changes: Sequence[Change]) -> Sequence[Change] | None:
        """The changes after the edit; ``None`` if the edit is not among ``changes``."""
        for number, change in enumerate(changes, 1):
            done = Replacement(change.start, change.old_end, change.inserted)
            self.text = snapshot.text if number == len(changes) else apply_replacements(self.text, (done,))
            if self.text.is_equal(self.text_after):
                return changes[number:]
        return None


class SentEdits:
    """The newest edits of one client. ``on_arrived`` is called once per result, with the snapshot that has the edit and
    the additional changes in it; ``on_undone`` once after that."""

    def __init__(
        self,
        on_arrived: Callable[[str, Snapshot, Sequence[Change]], None],
        on_undone: Callable[[str], None],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_arrived = on_arrived
        self._on_undone = on_undone
        self._now_s = now_s
        self._edits: list[_SentEdit] = []

    def expect(self, result_id: str, base: Snapshot, replacements: tuple[Replacement, ...]) -> None:
        """Follow an edit: ``replacements`` of ``base`` are about to be sent to the client."""
        self.forget(result_id)
        after = apply_replacements(base.text, replacements)
        self._edits.append(_SentEdit(result_id, base, base.text, after, self._now_s() + ARRIVAL_S))
        del self._edits[:-_MOST]

    def forget(self, result_id: str) -> None:
        """Stop following this result's edit."""
        self._edits = [one for one in self._edits if one.result_id != result_id]

    def did_change(self, snapshot: Snapshot, changes: Sequence[Change]) -> None:
        """Process a change of a document. Costs nothing while no edit is followed."""
        if not self._edits:
            return
        now_s = self._now_s()
        self._edits = [one for one in self._edits if now_s <= one.ends_s]
        for edit in [one for one in self._edits if one.base.uri == snapshot.uri]:
            if not edit.has_arrived:
                later = edit.changes_after_arrival(snapshot, changes)
                if later is not None:
                    edit.has_arrived, edit.ends_s = True, now_s + UNDO_S
                    self._on_arrived(edit.result_id, snapshot, later)
            elif snapshot.text.is_equal(edit.base.text):
                self._edits.remove(edit)
                self._on_undone(edit.result_id)

    def did_close(self, uri: str) -> None:
        """Stop following the edits of a closed document."""
        self._edits = [one for one in self._edits if one.base.uri != uri]
