"""Suppression after deletions: a user who deletes or undoes text does not want more of it.

LSP does not say "undo". An edit that puts back, at its place, what an edit before it removed there is taken for one
(retyping a single character is not). Blanks do not count: who takes indentation away is about to write. An editor that
sends the whole text with every change shows nothing of this.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from attrs import define, field

from autothink_lsp.document.snapshot import Change
from autothink_lsp.values import Point

_REMOVALS_KEPT = 8
_LONGEST_KEPT_CHARS = 2_000  # of a removal; longer ones are pastes and clean-ups, which are not undone key by key


@define
class _Document:
    reason: str | None = None
    at: Point | None = None
    removed: deque[tuple[Point, str]] = field(factory=lambda: deque(maxlen=_REMOVALS_KEPT))


class RecentDeletions:
    """The recent deletions of open documents; a few of each are kept."""

    def __init__(self) -> None:
        self._documents: dict[str, _Document] = {}

    def did_change(self, uri: str, changes: Sequence[Change]) -> None:
        """Record the edits of one notification, which together are one keystroke."""
        if not changes:
            return
        document = self._documents.setdefault(uri, _Document())
        restored = any(_puts_back(document, change) for change in changes)
        typed = any(change.inserted for change in changes)
        took = any(change.removed.strip() for change in changes)
        document.reason = "after an undo" if restored else "after a delete" if took and not typed else None
        document.at = changes[-1].new_end
        for change in changes:
            if change.removed.strip() and len(change.removed) <= _LONGEST_KEPT_CHARS:
                document.removed.append((change.start, change.removed))

    def did_close(self, uri: str) -> None:
        self._documents.pop(uri, None)

    def refusal(self, uri: str, point: Point) -> str | None:
        """The reason to suppress a suggestion at ``point`` after the newest edit, or ``None``."""
        document = self._documents.get(uri)
        return document.reason if document is not None and document.at == point else None

    def __len__(self) -> int:
        return len(self._documents)


def _puts_back(document: _Document, change: Change) -> bool:
    long_enough = len(change.inserted.strip()) >= 2 and not change.removed.strip()
    return long_enough and any(
        start == change.start and removed == change.inserted for start, removed in document.removed
    )
