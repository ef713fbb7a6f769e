"""The smallest edits that turn one piece of a text into another: by lines, then by words inside changed lines.

Unchanged lines are never touched, so that cursors, breakpoints, folds and blame stay where they are. The time of a diff
grows with the number of equal pairs of lines or words; beyond a limit the edit is larger than it needs to be.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from attrs import define

from autothink_lsp.document.text import Text
from autothink_lsp.edits.values import Replacement
from autothink_lsp.values import Point

# Beyond this a diff by lines costs seconds: then only what is equal at both ends is kept.
_MOST_LINES = 5_000
_LONGEST_LINE = 2_000
MOST_LINE_PAIRS = 100_000
MOST_WORD_PAIRS = 200_000
"""Pairs of equal words in all lines of one edit together; what a diff of 100 lines with 40 equal words each has."""
_LEAST_FOR_AUTOJUNK = 200  # lines; below it ``difflib`` drops no popular lines
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def minimal(text: Text, start: Point, end: Point, new: str) -> tuple[Replacement, ...]:
    """Replacements that put ``new`` (line ends as "\\n") in place of [start, end). Empty where nothing changes.

    Line ends of the document stay; new ones are those of the document. Applying them all gives exactly ``new``.
    """
    start, end = text.clamp(start), text.clamp(end)
    old = text.lines(start.line, end.line + 1)
    old[-1] = old[-1][: end.column]
    old[0] = old[0][start.column :]
    fresh = new.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    eol = text.eol
    edits: list[Replacement] = []
    words = _Budget(MOST_WORD_PAIRS)
    for first, stop, new_first, new_stop in _changed(old, fresh):
        edits += _edits_of(text, old, fresh[new_first:new_stop], (first, stop), start, eol, words)
    return tuple(edits)


def _changed(old: list[str], new: list[str]) -> list[tuple[int, int, int, int]]:
    """Ranges of lines that differ."""
    from difflib import SequenceMatcher

    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    a, b = old[head : len(old) - tail], new[head : len(new) - tail]
    if not a and not b:
        return []
    if len(a) + len(b) > _MOST_LINES:
        return [(head, len(old) - tail, head, len(new) - tail)]
    too_many = _equal_pairs(a, b) > MOST_LINE_PAIRS
    if too_many and len(b) < _LEAST_FOR_AUTOJUNK:
        return [(head, len(old) - tail, head, len(new) - tail)]
    # Lines that make up more than a hundredth are then not looked for, only followed from their neighbours.
    opcodes = SequenceMatcher(None, a, b, autojunk=too_many).get_opcodes()
    return [(head + i1, head + i2, head + j1, head + j2) for kind, i1, i2, j1, j2 in opcodes if kind != "equal"]


@define
class _Budget:
    """What is left of a limit."""

    left: int

    def allows(self, pairs: int) -> bool:
        self.left -= pairs
        return self.left >= 0


def _equal_pairs(a: Sequence[str], b: Sequence[str]) -> int:
    counts = Counter(b)
    return sum(counts[one] for one in a)


def _edits_of(
    text: Text, old: list[str], fresh: list[str], lines: tuple[int, int], start: Point, eol: str, words: _Budget
) -> list[Replacement]:
    """One changed range of lines. Equally many lines are compared one by one."""
    first, stop = lines

    def at(line: int, column: int) -> Point:
        return Point(start.line + line, column + (start.column if line == 0 else 0))

    if stop - first == len(fresh):
        found: list[Replacement] = []
        for number, line in zip(range(first, stop), fresh, strict=True):
            found += _inside_line(old[number], line, lambda column, number=number: at(number, column), words)
        return found
    if not fresh:  # lines vanish, each with one line end
        if stop < len(old):
            return [Replacement(at(first, 0), at(stop, 0), "")]
        if first:
            return [Replacement(at(first - 1, len(old[first - 1])), at(stop - 1, len(old[stop - 1])), "")]
        return [Replacement(at(0, 0), at(stop - 1, len(old[stop - 1])), "")]
    if first == stop:  # lines appear
        if first < len(old):
            return [Replacement(at(first, 0), at(first, 0), eol.join(fresh) + eol)]
        here = at(first - 1, len(old[first - 1]))
        return [Replacement(here, here, eol + eol.join(fresh))]
    return [Replacement(at(first, 0), at(stop - 1, len(old[stop - 1])), eol.join(fresh))]


def _inside_line(old: str, new: str, at: Callable[[int], Point], words: _Budget) -> list[Replacement]:
    """The words of one line that differ; next to each other they are one edit."""
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
    if (
        not words.allows(_equal_pairs(a, b)) or matcher.ratio() < 0.5
    ):  # a line of small pieces reads worse than one whole edit
        head = _same(old, new)
        tail = min(_same(old[::-1], new[::-1]), min(len(old), len(new)) - head)
        return [Replacement(at(head), at(len(old) - tail), new[head : len(new) - tail])]
    return [
        Replacement(at(places[i1]), at(places[i2]), "".join(b[j1:j2]))
        for kind, i1, i2, j1, j2 in matcher.get_opcodes()
        if kind != "equal"
    ]


def _same(a: str, b: str) -> int:
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count
