"""What a rule gets and what it gives. Values; ``rules/table.py`` decides which rule is asked, ``verifier.py`` what is
shown."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.edits.reindent import indent_of
from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.lexical_places import LexicalPlaces
from autothink_lsp.features.next_edit.token_change import TokenChange, token_changes
from autothink_lsp.syntax.scopes import ScopeKind, scope_kind
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

if TYPE_CHECKING:
    from autothink_lsp.syntax.language_style import LanguageStyle


@frozen
class LineEdit:
    """``new`` for the lines ``first`` to ``stop`` (excluded) of a text, without line ends.

    ``pattern`` names what is repeated, for logs and reports.
    """

    rule: str
    pattern: str
    first: int
    stop: int
    new: tuple[str, ...] = field(repr=False)


@define(eq=False)
class RuleContext:
    """One document and what was changed lately. ``hunks`` are of this document, ``other_hunks`` of others of the same
    folder, both the newest first. ``line`` is the cursor's. ``parse`` returns the document's tree, or ``None``; parsing
    costs more than all rules, so rules look at the tree last."""

    snapshot: Snapshot
    parse: Callable[[], SyntaxTree | None] = field(repr=False)
    style: LanguageStyle
    hunks: tuple[EditHunk, ...]
    other_hunks: tuple[EditHunk, ...]
    line: int
    shared: dict[str, Any] = field(factory=dict, init=False)  # what several rules of one search compute once
    _places: LexicalPlaces | None = field(default=None, init=False)
    _kinds: dict[Point, ScopeKind] = field(factory=dict, init=False)
    _changes: dict[tuple[str, int, int], tuple[TokenChange, ...]] = field(factory=dict, init=False)

    @property
    def text(self) -> Text:
        """The document's text."""
        return self.snapshot.text

    @cached_property
    def tree(self) -> SyntaxTree | None:
        """The document's tree, if it has one that is parsed soon enough."""
        return self.parse()

    @cached_property
    def lines(self) -> list[str]:
        """All lines without their line ends."""
        return self.text.lines(0, self.text.line_count)

    @cached_property
    def source(self) -> str:
        """The lines joined by newlines: what patterns search. Its offsets are not those of ``text``."""
        return "\n".join(self.lines)

    @cached_property
    def line_starts(self) -> list[int]:
        """Where each line begins in ``source``."""
        return list(accumulate([len(line) + 1 for line in self.lines], initial=0))

    def point_of(self, offset: int) -> Point:
        """The point at an offset of ``source``."""
        line = min(bisect_right(self.line_starts, offset), len(self.lines)) - 1
        return Point(line, offset - self.line_starts[line])

    def first_character(self, line: int) -> Point:
        """Where the line's text begins behind its indentation; column 0 below the last line."""
        return Point(line, len(indent_of(self.lines[line])) if line < len(self.lines) else 0)

    def matches(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Where the pattern is in ``source``: from the last edit's line on, then in the lines above."""
        start = self.line_starts[min(self.newest_line, len(self.lines) - 1)]
        yield from pattern.finditer(self.source, start)
        yield from pattern.finditer(self.source, 0, max(0, start - 1))

    @cached_property
    def changed_lines(self) -> frozenset[int]:
        """Lines of this document that the hunks have changed."""
        return frozenset(line for hunk in self.hunks for line in range(hunk.line, max(hunk.stop, hunk.line)))

    @cached_property
    def newest_line(self) -> int:
        """Where the last edit was; the cursor's line without one."""
        return self.hunks[0].line if self.hunks else self.line

    def kind_at(self, point: Point) -> ScopeKind:
        """Whether the character at ``point`` is code, comment or string."""
        return self.kind_before(Point(point.line, point.column + 1))

    def kind_before(self, point: Point) -> ScopeKind:
        """Whether a character typed at ``point`` would be code, comment or string."""
        if point not in self._kinds:
            self._kinds[point] = self._kind_before(point)
        return self._kinds[point]

    def changes(self, hunks: Sequence[EditHunk]) -> tuple[TokenChange, ...]:
        """The changes inside lines, in the order of the hunks."""
        found: list[TokenChange] = []
        for hunk in hunks:
            key = hunk.uri, hunk.order, hunk.line
            if key not in self._changes:
                self._changes[key] = token_changes((hunk,))
            found += self._changes[key]
        return tuple(found)

    def _kind_before(self, point: Point) -> ScopeKind:
        if self.tree is not None:
            return scope_kind(self.tree, point)
        if self._places is None:
            self._places = LexicalPlaces(self.style, self.lines)
        return self._places.kind_at(point)

    def by_distance(self, lines: list[int]) -> list[int]:
        """Lines below the last edit first, the nearest first; then those above it."""
        newest = self.newest_line
        return sorted(lines, key=lambda line: (line < newest, abs(line - newest)))


# ``None`` between two parts of its work: there the search may be interrupted, or given up.
Rule = Callable[[RuleContext], Iterator["LineEdit | None"]]
