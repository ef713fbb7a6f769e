"""Whether the edits since a run began type along its answer. Decides from edits alone, before the editor asks again.

The editor tells of an edit tens of milliseconds before it asks for the next completion. When the edit contradicts what
the model is writing, every token from there on is wasted, so the run ends at once; when it agrees, hanging up would
waste what is there.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define

from autothink_lsp.document.snapshot import Change
from autothink_lsp.values import Point

_PAIRS = frozenset(("()", "[]", "{}", "<>", '""', "''", "``"))


@define
class TypeThroughMatcher:
    """Walks along the answer as the user types it. ``typed`` counts the characters of the answer already typed.

    ``lead`` is what stands between ``point`` and the answer: a suggestion that was not accepted yet."""

    point: Point
    typed: int = 0
    lead: str = ""
    _ahead: str = ""  # typed beyond what the model has said

    def follow(self, changes: Sequence[Change], answer: str) -> bool:
        """Take the edits in; ``False`` once they say something else than ``answer`` (as far as it has come).

        Characters beyond the end of ``answer`` are taken as agreeing: the model has not come that far yet, and whether
        it will have said the same is known when it has.
        """
        answer = self.lead + answer
        for change in changes:
            inserted, end = change.inserted.replace("\r\n", "\n"), change.new_end
            # Typing a closer that an editor put there itself replaces it by itself.
            if change.removed not in {"", change.inserted} or change.start != self.point:
                return False
            if inserted in _PAIRS:  # the editor's closer stands right of the cursor
                inserted, end = inserted[0], Point(end.line, end.column - 1)
            said = answer[self.typed : self.typed + len(inserted)]
            if not inserted.startswith(said):
                return False
            self.typed += len(inserted)
            self._ahead += inserted[len(said) :]
            self.point = end
        return True

    def overtaken(self, answer: str) -> bool:
        """Whether the model has come to say something else than was typed ahead of it."""
        if not self._ahead:
            return False
        begin = self.typed - len(self._ahead) - len(self.lead)
        said = answer[begin : begin + len(self._ahead)]
        if not self._ahead.startswith(said):
            return True
        self._ahead = self._ahead[len(said) :]
        return False
