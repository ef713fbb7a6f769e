"""Chooses the lines around a place that can be parsed on their own, so that judging costs the same in every file.

A region is the top-level piece of the file around the cursor and the one after it, told by indentation: a piece begins
at a line without indentation that has a blank line above and is no closing bracket, ``else`` or the like. Where that is
too long (a class of a thousand lines) the same is done one level deeper, and the lines that open the outer levels stand
above it, what closes them below. Where a tree of the very text is there, its top-level nodes say it better.

Never looks further than a few thousand lines, whatever the file's size.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.blocks import BlockRules, Line
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

MAX_REGION_LINES = 400
_SCAN_LINES = 3_000  # how far the lines that open and close the outer levels are looked for
_CLOSER_OF = {"(": ")", "[": "]", "{": "}"}


@frozen
class Region:
    """``before`` ends at the cursor, ``after`` begins there; line ends are "\\n" whatever the document's are.

    Lines ``first_line`` to ``stop_line`` (excluded) are in it. self_contained: it can be parsed on its own; if not, it
    is a plain window and only good for looking at the text.
    """

    before: str = field(repr=False)
    after: str = field(repr=False)
    first_line: int
    stop_line: int
    self_contained: bool


def choose_region(
    text: Text, point: Point, rules: BlockRules, tree: SyntaxTree | None = None, *, max_lines: int = MAX_REGION_LINES
) -> Region:
    """The region around ``point``, of at most ``max_lines`` lines and those that open and close the outer levels."""
    point = text.clamp(point)
    if tree is not None and (rows := _top_level_rows(tree, point)) and rows[1] - rows[0] <= max_lines:
        return _region(text, point, *rows)
    around = _Lines(text, rules, max(0, point.line - max_lines), min(text.line_count, point.line + max_lines))
    piece = _piece(around, point.line, 0)
    if piece is not None and piece[1] - piece[0] <= max_lines:
        return _region(text, point, *piece)
    return _inner_region(text, point, rules, around, max_lines)


class _Lines:
    """Lines ``first`` to ``stop`` of a text, measured."""

    def __init__(self, text: Text, rules: BlockRules, first: int, stop: int) -> None:
        self.rules = rules
        self.first = first
        self.stop = stop
        self.at_start = first == 0
        self.at_end = stop == text.line_count
        self._lines = [rules.line(line) for line in text.lines(first, stop)]

    def __getitem__(self, row: int) -> Line:
        return self._lines[row - self.first]

    def begins_piece(self, row: int, level: int) -> bool:
        """Whether what stands at ``level`` begins anew at this row."""
        line = self[row]
        if line.blank or line.indent > level or self.rules.closes(line) or self.rules.continues(line):
            return False
        if row == self.first:
            return self.at_start
        above = self[row - 1]
        return above.blank or above.indent < level


def _piece(lines: _Lines, row: int, level: int) -> tuple[int, int] | None:
    """(first row, row after the last) of the piece around ``row`` and the next one; None when it leaves ``lines``."""
    first = next((r for r in range(row, lines.first - 1, -1) if lines.begins_piece(r, level)), None)
    if first is None:
        if not lines.at_start:
            return None
        first = 0
    stop = row
    for _ in range(2):
        beyond = next((r for r in range(stop + 1, lines.stop) if lines.begins_piece(r, level)), None)
        if beyond is None:
            if lines.at_end:
                return first, lines.stop
            return (first, stop) if stop > row else None
        if lines[beyond].indent < level:
            return first, beyond
        stop = beyond
    return first, stop


def _inner_region(text: Text, point: Point, rules: BlockRules, lines: _Lines, max_lines: int) -> Region:
    """A piece of a deeper level between the lines that open and close the outer ones."""
    outer = _openers_above(text, point.line, rules)
    for depth in range(1, len(outer)):
        level = outer[depth][1].indent
        piece = _piece(lines, point.line, level)
        if piece is not None and piece[1] - piece[0] <= max_lines:
            openers = [text.line(row) for row, _ in outer[:depth] if row < piece[0]]
            closers = _closers(text, rules, [line for row, line in outer[:depth] if row < piece[0]], piece[1])
            if closers is not None:
                return _region(text, point, *piece, openers, closers)
    half = max_lines // 2
    first, stop = max(0, point.line - half), min(text.line_count, point.line + half)
    whole = first == 0 and stop == text.line_count
    return _region(text, point, first, stop, self_contained=whole)


def _openers_above(text: Text, row: int, rules: BlockRules) -> list[tuple[int, Line]]:
    """The lines around ``row``, outermost first: going up, each that is less indented than those before it."""
    found: list[tuple[int, Line]] = []
    stop = row + 1
    while stop > max(0, row - _SCAN_LINES):
        first = max(0, stop - 100)
        for offset, line in reversed(list(enumerate(text.lines(first, stop)))):
            measured = rules.line(line)
            if not measured.blank and (not found or measured.indent < found[-1][1].indent):
                found.append((first + offset, measured))
                if measured.indent == 0:
                    return found[::-1]
        stop = first
    return []


def _closers(text: Text, rules: BlockRules, openers: Sequence[Line], row: int) -> list[str] | None:
    """The lines that close ``openers`` (outermost first), innermost first; None when one cannot be told."""
    if rules.style == "indent":
        return []
    closers: list[str] = []
    for opener in reversed(openers):
        brackets = rules.open_brackets(opener)
        if brackets:
            closers.append("".join(_CLOSER_OF[bracket] for bracket in reversed(brackets)))
            continue
        below = text.lines(row, row + _SCAN_LINES)
        found = next((line for line in map(rules.line, below) if not line.blank and line.indent <= opener.indent), None)
        if found is None or not rules.closes(found):
            return None
        closers.append(found.code)
    return closers


def _top_level_rows(tree: SyntaxTree, point: Point) -> tuple[int, int] | None:
    """(first line, line after the last) of the top-level nodes around ``point``; None when they are no help."""
    byte = tree.text.byte_offset(point)
    node = tree.root.first_child_for_byte(max(0, byte - 1)) or tree.root.first_child_for_byte(byte)
    if node is None or node.is_error or tree.root.is_error:
        return None
    if node.start_byte > byte:
        node = node.prev_sibling or node
    after = node.next_sibling
    last = after if after is not None and not after.is_error else node
    stop = tree.text.point_at_byte(max(last.end_byte, byte)).line + 1
    return tree.text.point_at_byte(min(node.start_byte, byte)).line, stop


def _region(
    text: Text,
    point: Point,
    first: int,
    stop: int,
    openers: Sequence[str] = (),
    closers: Sequence[str] = (),
    *,
    self_contained: bool = True,
) -> Region:
    line = text.line(point.line)
    before = [*openers, *text.lines(first, point.line), line[: point.column]]
    after = [line[point.column :], *text.lines(point.line + 1, stop), *closers]
    return Region("\n".join(before), "\n".join(after), first, max(stop, point.line + 1), self_contained)
