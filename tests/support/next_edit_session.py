"""A document that is edited as an editor does it, and the next edits that the service proposes for it. No server."""

from __future__ import annotations

from collections.abc import Sequence

from autothink_lsp.document.snapshot import ContentChange, Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.features.next_edit.history import without_common_ends
from autothink_lsp.features.next_edit.service import NextEdit, NextEditService
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import PositionEncoding, Range

URI = "file:///p/a.py"

Situation = tuple[str, str, list[tuple[str, str, int]], str | None]
"""A language, a text, edits (old, new, which occurrence), and what comes: ``line: old → new``, ``None`` where silence
is right. Lines that follow each other are one edit (``⏎``)."""


def shown_after(situation: Situation, syntax: Syntax) -> str | None:
    """What comes after the edits of a situation."""
    language, text, edits, _ = situation
    session = NextEditSession(text, language, f"file:///p/a.{language}", syntax=syntax)
    for old, new, nth in edits:
        session.edit(old, new, nth=nth)
    return session.shown()


def changed_lines(before: Sequence[str], after: Sequence[str], first: int) -> str:
    """An edit that replaces the lines ``before``, the first of which is ``first``: ``3: old → new``."""
    old, new, skipped = without_common_ends(before, after)
    sides = (" ⏎ ".join(line.strip() for line in side) for side in (old, new))
    return f"{first + skipped + 1}: {' → '.join(sides)}"


class NextEditSession:
    """One document. Places are found by their text."""

    def __init__(
        self,
        text: str,
        language: str = "python",
        uri: str = URI,
        *,
        encoding: PositionEncoding = PositionEncoding.UTF16,
        syntax: Syntax | None = None,
    ) -> None:
        self.uri = uri
        self.syntax = syntax or Syntax()
        self.documents = DocumentStore(encoding)
        self.service = NextEditService(syntax=self.syntax, newest=self.documents.snapshot)
        self.documents.subscribe(self.syntax.trees)
        self.documents.subscribe(self.service)
        self.language = language
        self.documents.open(uri, language, 1, text)

    @property
    def snapshot(self) -> Snapshot:
        """The document now."""
        snapshot = self.documents.snapshot(self.uri)
        assert snapshot is not None
        return snapshot

    @property
    def text(self) -> str:
        """Its text."""
        return str(self.snapshot.text)

    def replace_offsets(self, start: int, end: int, new: str) -> None:
        """One ``didChange`` of what stands between two offsets."""
        snapshot = self.snapshot
        first, last = (snapshot.text.place_at_offset(at).position(snapshot.encoding) for at in (start, end))
        self.documents.change(self.uri, snapshot.version + 1, [ContentChange(Range(first, last), new)])

    def edit(self, old: str, new: str, *, nth: int = 1) -> None:
        """Replace the nth occurrence of ``old``."""
        at = -1
        for _ in range(nth):
            at = self.text.index(old, at + 1)
        self.replace_offsets(at, at + len(old), new)

    def type(self, before: str, typed: str, *, nth: int = 1, delete: int = 0) -> None:
        """Delete characters behind ``before`` and type others there, key by key."""
        at = -1
        for _ in range(nth):
            at = self.text.index(before, at + 1)
        at += len(before)
        for _ in range(delete):
            self.replace_offsets(at, at + 1, "")
        for character in typed:
            self.replace_offsets(at, at, character)
            at += 1

    def next(self, line: int = 0, *, by_hand: bool = False) -> NextEdit | None:
        """What is proposed now."""
        steps = self.service.steps(self.snapshot, line, by_hand=by_hand)
        return next((found for found in steps if found is not None), None)

    def shown(self) -> str | None:
        """The changed lines of the proposal: ``3: old → new``; ``None`` where there is no proposal."""
        found = self.next()
        if found is None:
            return None
        text, after = self.snapshot.text, apply_replacements(self.snapshot.text, (found.replacement,))
        first, stop = found.replacement.start.line, found.replacement.end.line + 1
        grown = after.line_count - text.line_count
        return changed_lines(text.lines(first, stop), after.lines(first, stop + grown), first)

    def accept(self, *, by_hand: bool = False) -> NextEdit | None:
        """Apply the proposal as an editor does, without a command."""
        found = self.next(by_hand=by_hand)
        if found is not None:
            text = self.snapshot.text
            start, end = (text.place(point).offset for point in (found.replacement.start, found.replacement.end))
            self.replace_offsets(start, end, found.replacement.new_text)
        return found
