"""Computes the smallest edits that change one text into another: by lines, then by words inside changed lines.

Unchanged lines are never touched, so that cursors, breakpoints, folds and blame stay in place. The time of a diff grows
with the number of equal pairs of lines or words; beyond a limit the edit is larger than necessary.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from attrs import define

from autothink_lsp.document.lines import equal_beginning
from autothink_lsp.document.text import Text
from autothink_lsp.edits.alignment import changed_stretches
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.values import Point

_LONGEST_LINE = 2_000
MOST_WORD_PAIRS = 200_000
"""Pairs of equal words in all lines of one edit together; what a diff of 100 lines with 40 equal words each has."""
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def minimal(text: Text, start: Point, end: Point, new: str) -> tuple[Replacement, ...]:
    """The replacements that put ``new`` (line ends as "\n") in place of [start, end); empty if nothing changes.

    The document's line ends are kept; a new line gets the line end of an adjacent line.
    """
    start, end = text.clamp(start), text.clamp(end)
    old = text.lines(start.line, end.line + 1)
    old[-1] = old[-1][: end.column]
    old[0] = old[0][start.column :]
    fresh = new.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    piece = _Piece(text, start, old)
    edits: list[Replacement] = []
    for first, stop, new_first, new_stop in changed_stretches(old, fresh):
        edits += piece.edits(first, stop, fresh[new_first:new_stop])
    return tuple(edits)


class _Piece:
    """The lines ``old`` of a text, beginning at ``start``."""

    def __init__(self, text: Text, start: Point, old: list[str]) -> None:
        self._text, self._start, self._old = text, start, old
        self._words = _Budget(MOST_WORD_PAIRS)

    def edits(self, first: int, stop: int, fresh: list[str]) -> list[Replacement]:
        """Replace the lines [first, stop) by ``fresh``. Equal numbers of lines are compared pairwise."""
        if stop - first == len(fresh):
            return self._line_by_line(first, fresh)
        ends = {self._eol(number) for number in range(first, stop)}
        if len(ends) > 1 and fresh:  # different line ends are kept; only additional lines change
            shared = min(stop - first, len(fresh))
            rest = self.edits(first + shared, stop, fresh[shared:])
            return [*self._line_by_line(first, fresh[:shared]), *rest]
        if not fresh:
            return [self._deletion(first, stop)]
        if first == stop:
            return [self._insertion(first, fresh)]
        eol = self._eol(first)
        return [Replacement(self._at(first, 0), self._at(stop - 1, len(self._old[stop - 1])), eol.join(fresh))]

    def _line_by_line(self, first: int, fresh: list[str]) -> list[Replacement]:
        found: list[Replacement] = []
        for number, line in enumerate(fresh, first):
            at = lambda column, number=number: self._at(number, column)  # noqa: E731
            found += _inside_line(self._old[number], line, at, self._words)
        return found

    def _deletion(self, first: int, stop: int) -> Replacement:
        """Delete lines, each with one line end."""
        if stop < len(self._old):
            return Replacement(self._at(first, 0), self._at(stop, 0), "")
        last = len(self._old[stop - 1])
        if not first:
            return Replacement(self._at(0, 0), self._at(stop - 1, last), "")
        line = self._start.line + stop
        same = self._eol(first - 1) == self._eol(stop - 1)
        whole = line < self._text.line_count and self._at(stop - 1, last).column == len(self._text.line(line - 1))
        if same or not whole:
            return Replacement(self._at(first - 1, len(self._old[first - 1])), self._at(stop - 1, last), "")
        return Replacement(self._at(first, 0), Point(line, 0), "")

    def _insertion(self, first: int, fresh: list[str]) -> Replacement:
        """Insert lines with the line end of the line above."""
        eol = self._eol(max(0, first - 1))
        if first < len(self._old):
            return Replacement(self._at(first, 0), self._at(first, 0), eol.join(fresh) + eol)
        here = self._at(first - 1, len(self._old[first - 1]))
        return Replacement(here, here, eol + eol.join(fresh))

    def _eol(self, number: int) -> str:
        return self._text.eol_at(self._start.line + number)

    def _at(self, number: int, column: int) -> Point:
        return Point(self._start.line + number, column + (self._start.column if number == 0 else 0))


@define
class _Budget:
    """The remainder of a limit."""

    left: int

    def allows(self, pairs: int) -> bool:
        self.left -= pairs
        return self.left >= 0


def _equal_pairs(a: Sequence[str], b: Sequence[str]) -> int:
    counts = Counter(b)
    return sum(counts[one] for one in a)


def _inside_line(old: str, new: str, at: Callable[[int], Point], words: _Budget) -> list[Replacement]:
    """The different words of one line; adjacent ones form one edit."""
    from difflib import SequenceMatcher

    if old == new:
        return []
    if max(len(old), len(new)) > _LONGEST_LINE:
        return [Replacement(at(0), at(len(old)), new)]
    a, b = _TOKEN.findall(old), _TOKEN.findall(new)
    places = [0]
    for token in a:
        places.append(places[-1] + len(token))
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    # One edit of the whole line is more readable than many small ones.
    if not words.allows(_equal_pairs(a, b)) or matcher.ratio() < 0.5:
        head = equal_beginning(old, new)
        tail = min(equal_beginning(old[::-1], new[::-1]), min(len(old), len(new)) - head)
        return [Replacement(at(head), at(len(old) - tail), new[head : len(new) - tail])]
    return [
        Replacement(at(places[i1]), at(places[i2]), "".join(b[j1:j2]))
        for kind, i1, i2, j1, j2 in matcher.get_opcodes()
        if kind != "equal"
    ]
