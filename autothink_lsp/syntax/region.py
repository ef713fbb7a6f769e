"""Chooses the lines around a place that can be parsed on their own, so that a decision costs the same in every file.

A region is the top-level piece of the file around the cursor and the next one, recognized by indentation: a piece
begins at a line without indentation that follows a blank line and is not a closing bracket, ``else`` or the like. If
that is too long (a class of a thousand lines) the same is done one level deeper, with the lines that open the outer
levels above it and those that close them below. If a tree of exactly this text exists, its top-level nodes are used
instead.

Never reads more than a few thousand lines, whatever the file's size.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import field

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.language_style import LanguageStyle, Line, indent_columns
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point, frozen

if TYPE_CHECKING:
    import tree_sitter

MAX_REGION_LINES = 400
MAX_REGION_BYTES = 60_000  # 400 lines of 150; longer text is data or minified code
_SCAN_BYTES = 1_000_000
_SCAN_LINES = 3_000  # how far the lines that open and close the outer levels are searched
_MOST_LEVELS = 24  # tried one after the other; each takes as long as a region
_BLOCK_LINES = 40  # read at once
_BLANK_LINES = 5  # between two top-level nodes
_HEADER_LINES = 60  # of a statement above the line that opens its block
_LINE_END = re.compile("\r\n|\r|\n")
_CLOSER_OF = {"(": ")", "[": "]", "{": "}"}


@frozen
class Region:
    """The lines around a cursor. ``before`` ends at the cursor, ``after`` begins there; line ends are always "\\n".

    It contains the lines ``first_line`` to ``stop_line`` (excluded). ``self_contained``: it can be parsed on its own.
    If not, it is a window of lines, and only rules that read text may use it.
    """

    before: str = field(repr=False)
    after: str = field(repr=False)
    first_line: int
    stop_line: int
    self_contained: bool


def choose_region(
    text: Text, point: Point, rules: LanguageStyle, tree: SyntaxTree | None = None, *, max_lines: int = MAX_REGION_LINES
) -> Region:
    """The region around ``point``, of at most ``max_lines`` lines besides those that open and close the outer
    levels."""
    point = text.clamp(point)
    rows = _top_level_rows(tree, point) if tree is not None else None
    if rows is not None and rows[1] - rows[0] <= max_lines and _ends_at_piece(text, rules, *rows):
        return _region(text, point, *rows)
    first, stop = max(0, point.line - max_lines), min(text.line_count, point.line + max_lines)
    if text.byte_length > _SCAN_BYTES and (
        text.byte_offset(Point(stop, 0)) - text.byte_offset(Point(first, 0)) > _SCAN_BYTES
    ):
        return _narrow_region(text, point)
    around = _Lines(text, rules, first, stop, point.line)
    piece = _piece(around, point.line, 0)
    piece = piece and _outside_comments(around, piece)
    if piece is not None and piece[1] - piece[0] <= max_lines:
        return _region(text, point, *piece, read=around.between)
    return _inner_region(text, point, rules, around, max_lines)


class _Lines:
    """Lines ``first`` to ``stop`` of a text, read and measured on access: most pieces end after some twenty lines."""

    def __init__(self, text: Text, rules: LanguageStyle, first: int, stop: int, row: int) -> None:
        """``row``: the lines around it are read first."""
        self.rules = rules
        self.first = first
        self.stop = stop
        self.at_start = first == 0
        self.at_end = stop == text.line_count
        self._text = text
        self._begin = max(first, row - _BLOCK_LINES)
        self._read = text.lines(self._begin, min(stop, row + _BLOCK_LINES))  # from ``_begin`` on
        self._measured: dict[int, Line] = {}

    def __getitem__(self, row: int) -> Line:
        if row not in self._measured:
            self._read_up_to(row)
            self._measured[row] = self.rules.line(self._read[row - self._begin])
        return self._measured[row]

    def _read_up_to(self, row: int) -> None:
        """Read on in blocks until ``row`` is there."""
        while row < self._begin:
            begin = max(self.first, self._begin - _BLOCK_LINES)
            self._begin, self._read = begin, self._text.lines(begin, self._begin) + self._read
        while row >= (end := self._begin + len(self._read)):
            self._read = self._read + self._text.lines(end, min(self.stop, end + _BLOCK_LINES))

    def up(self, row: int) -> Iterator[tuple[int, str]]:
        """Yield the rows from ``row`` up with their texts."""
        while row >= self.first:
            self._read_up_to(row)
            begin, read = self._begin, self._read
            for at in range(row - begin, -1, -1):
                yield begin + at, read[at]
            row = begin - 1

    def down(self, row: int) -> Iterator[tuple[int, str]]:
        """Yield the rows from ``row`` down with their texts."""
        while row < self.stop:
            self._read_up_to(row)
            begin, read = self._begin, self._read
            for at in range(row - begin, len(read)):
                yield begin + at, read[at]
            row = begin + len(read)

    def between(self, first: int, stop: int) -> list[str]:
        """The lines ``first`` to ``stop``."""
        begin, end = self._begin, self._begin + len(self._read)
        if begin <= first and stop <= end:
            return self._read[first - begin : stop - begin]
        return self._text.lines(first, stop)

    def leaves(self, row: int, level: int) -> bool:
        """Whether the row is outside the block at ``level``, on either side."""
        line = self[row]
        return not line.blank and line.indent < level and not self.rules.may_be_outdented(line)

    def begins_piece(self, row: int, level: int) -> bool:
        """Whether a new piece at ``level`` begins at this row."""
        line, rules = self[row], self.rules
        if line.blank or line.indent > level:
            return False
        if rules.closes(line) or rules.continues(line) or rules.may_be_outdented(line):
            return False
        if row == self.first:
            return self.at_start
        return self[row - 1].blank or self.leaves(row - 1, level)


def _piece(lines: _Lines, row: int, level: int) -> tuple[int, int] | None:
    """(first row, row after the last) of the piece around ``row`` and the next one; ``None`` if it extends beyond
    ``lines``."""
    first: int | None = 0 if lines.at_start else None
    for r, text in lines.up(row):
        if (level == 0 and text[:1] in " \t") or _is_inside(text, level):  # as most rows, empty ones too
            continue
        if r < row and lines.leaves(r, level):
            first = r + 1
            break
        if lines.begins_piece(r, level):
            first = r
            break
    if first is None:
        return None
    stop, pieces = row, 0
    for r, text in lines.down(row + 1):
        if (level == 0 and text[:1] in " \t") or _is_inside(text, level):
            continue
        if lines.leaves(r, level):
            return first, r
        if lines.begins_piece(r, level):
            stop, pieces = r, pieces + 1
            if pieces == 2:
                return first, stop
    if lines.at_end:
        return first, lines.stop
    return (first, stop) if pieces else None


def _is_inside(text: str, level: int) -> bool:
    """Whether a row is blank or deeper than ``level``, which can be told without measuring it."""
    return indent_columns(text) > level or not text.strip()


def _outside_comments(lines: _Lines, piece: tuple[int, int]) -> tuple[int, int] | None:
    """The piece, extended if it begins or ends inside a block comment; ``None`` if it extends beyond ``lines``."""
    if lines.rules.comment_block is None:
        return piece
    first, stop = piece
    above = next(
        ((r, turn) for r in range(first - 1, lines.first - 1, -1) if (turn := _comment_turn(lines[r], lines.rules))),
        None,
    )
    if above is not None and above[1] == "opens":
        first = above[0]
    inside = False
    for row in range(first, lines.stop):
        if row >= stop and not inside:
            return first, row
        turn = _comment_turn(lines[row], lines.rules)
        inside = turn == "opens" or (inside and turn is None)
    return (first, lines.stop) if lines.at_end or (stop == lines.stop and not inside) else None


def _comment_turn(line: Line, rules: LanguageStyle) -> str | None:
    """ "opens" or "closes" if a block comment begins or ends in this line, but not both; else ``None``."""
    if rules.comment_block is None:
        return None
    opener, closer = rules.comment_block
    begin = 0 if line.code.startswith(opener) else line.code.find(" " + opener)
    if begin >= 0:
        return None if closer in line.code[begin + len(opener) :] else "opens"
    return "closes" if closer in line.code else None


def _inner_region(text: Text, point: Point, rules: LanguageStyle, lines: _Lines, max_lines: int) -> Region:
    """A piece of a deeper level between the lines that open and close the outer levels."""
    outer = _openers_above(text, point.line, rules)
    for depth in range(1, min(len(outer), _MOST_LEVELS)):
        piece = _piece(lines, point.line, outer[depth][1].indent)
        piece = piece and _outside_comments(lines, piece)
        if piece is None or piece[1] - piece[0] > max_lines:
            continue
        around = [(row, line) for row, line in outer[:depth] if row < piece[0]]
        openers = [line for row, _ in around for line in text.lines(_statement_start(text, rules, row), row + 1)]
        closers = _closers(text, rules, [line for _, line in around], piece[1])
        if closers is not None:
            return _region(text, point, *piece, openers, closers, read=lines.between)
    half = max_lines // 2
    first, stop = max(0, point.line - half), min(text.line_count, point.line + half)
    return _region(text, point, first, stop, self_contained=first == 0 and stop == text.line_count)


def _openers_above(text: Text, row: int, rules: LanguageStyle) -> list[tuple[int, Line]]:
    """The lines around ``row``, outermost first: going up, each line that is less indented than the previous ones."""
    found: list[tuple[int, Line]] = []
    stop = row + 1
    while stop > max(0, row - _SCAN_LINES):
        first = max(0, stop - 100)
        for offset, line in reversed(list(enumerate(text.lines(first, stop)))):
            if not line.strip() or (found and indent_columns(line) >= found[-1][1].indent):
                continue
            measured = rules.line(line)
            if not rules.may_be_outdented(measured) and not rules.is_comment(measured):
                found.append((first + offset, measured))
                if measured.indent == 0:
                    return found[::-1]
        stop = first
    return []


def _statement_start(text: Text, rules: LanguageStyle, row: int) -> int:
    """The row where the statement begins whose line at ``row`` opens a block: above ``{``, ``) {`` or ``else``."""
    line = rules.line(text.line(row))
    while rules.closes(line) or rules.continues(line):
        above = range(row - 1, max(-1, row - 1 - _HEADER_LINES), -1)
        start = next((r for r in above if text.line(r).strip() and indent_columns(text.line(r)) <= line.indent), None)
        if start is None or indent_columns(text.line(start)) < line.indent:
            return row
        row, line = start, rules.line(text.line(start))
    return row


def _closers(text: Text, rules: LanguageStyle, openers: Sequence[Line], row: int) -> list[str] | None:
    """The lines below ``row`` that close ``openers`` (outermost first), innermost first; ``None`` if one is not found.

    Brackets without such a line are closed anyway: the region then ends in the middle of a longer file.
    """
    if rules.blocks == "indent":
        return []
    closers: list[str] = []
    below = text.lines(row, row + _SCAN_LINES)
    for opener in reversed(openers):
        found = next((line for line in below if line.strip() and indent_columns(line) <= opener.indent), "")
        brackets = rules.open_brackets(opener)
        if rules.closes(rules.line(found)):
            closers.append(found)
        elif brackets and rules.blocks == "braces":
            closers.append("".join(_CLOSER_OF[bracket] for bracket in reversed(brackets)))
        else:
            return None
    return closers


def _top_level_rows(tree: SyntaxTree, point: Point) -> tuple[int, int] | None:
    """(first line, line after the last) of the top-level nodes around ``point``; ``None`` if they are not usable."""
    byte = tree.text.byte_offset(point)
    node = _child_at(tree.root, max(0, byte - 1)) or _child_at(tree.root, byte)
    if node is None or node.is_error or tree.root.is_error:
        return None
    if node.start_byte > byte:
        node = node.prev_sibling or node
    after = node.next_sibling
    last = after if after is not None and not after.is_error else node
    stop = tree.text.point_at_byte(max(last.end_byte, byte)).line + 1
    return tree.text.point_at_byte(min(node.start_byte, byte)).line, stop


def _ends_at_piece(text: Text, rules: LanguageStyle, first: int, stop: int) -> bool:
    """Whether the line below the rows is no deeper than the first one and closes nothing. Otherwise a closing bracket
    whose opener is missing at the cursor has ended a top-level node of the tree too early."""
    below = next((line for line in text.lines(stop, stop + _BLANK_LINES) if line.strip()), "")
    return indent_columns(below) <= indent_columns(text.line(first)) and not rules.closes(rules.line(below))


def _child_at(root: tree_sitter.Node, byte: int) -> tree_sitter.Node | None:
    """The first child that ends after ``byte``. If there is none, tree-sitter 0.26 would crash the process."""
    last = root.child(root.child_count - 1) if root.child_count else None
    return root.first_child_for_byte(byte) if last is not None and last.end_byte > byte else None


def _region(
    text: Text,
    point: Point,
    first: int,
    stop: int,
    openers: Sequence[str] = (),
    closers: Sequence[str] = (),
    *,
    self_contained: bool = True,
    read: Callable[[int, int], list[str]] | None = None,
) -> Region:
    """``read`` returns lines of the text."""
    lines = (read or text.lines)(first, max(stop, point.line + 1))
    row = point.line - first
    line = lines[row]
    before = "\n".join([*openers, *lines[:row], line[: point.column]])
    after = "\n".join([line[point.column :], *lines[row + 1 :], *closers])
    if len(before) + len(after) > MAX_REGION_BYTES:
        return _narrow_region(text, point)
    return Region(before, after, first, max(stop, point.line + 1), self_contained)


def _narrow_region(text: Text, point: Point) -> Region:
    """A region for very long lines: some characters around the cursor, cut at any position."""
    offset, half = text.place(point).offset, MAX_REGION_BYTES // 4
    before, after = text.slice_offsets(offset - half, offset), text.slice_offsets(offset, offset + half)
    before, after = ("\n".join(_LINE_END.split(part)) for part in (before, after))
    first, stop = point.line - before.count("\n"), point.line + after.count("\n") + 1
    return Region(before, after, first, stop, self_contained=False)
