"""A document's text as an immutable value, addressed by points, by clients' positions or by UTF-8 bytes.

Decides what a line is (LSP 3.18: "\\n", "\\r\\n" and "\\r" end one; form feed, U+0085, U+2028 are ordinary characters),
and clamps positions outside the text instead of failing. Must not know of versions.

The cost of every method is logarithmic in the document's length, plus the length of its result.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from attrs import field

from autothink_lsp.document import rope
from autothink_lsp.document.positions import column_of
from autothink_lsp.document.sizes import (
    CODE_POINTS,
    LINE_END,
    LINE_ENDS,
    NEWLINES,
    NO_SIZE,
    UTF8_BYTES,
    UTF16_UNITS,
    Size,
    add,
    measure,
)
from autothink_lsp.values import Point, Position, PositionEncoding, frozen

_MOST_KNOWN_LINES = 32
_UNIT_OF = {
    PositionEncoding.UTF8: UTF8_BYTES,
    PositionEncoding.UTF16: UTF16_UNITS,
    PositionEncoding.UTF32: CODE_POINTS,
}


class Place(NamedTuple):
    """A position in a text and the start of its line, both as the size of the text before them."""

    line_start: Size
    here: Size

    @property
    def point(self) -> Point:
        return Point(self.line_start[LINE_ENDS], self.here[CODE_POINTS] - self.line_start[CODE_POINTS])

    @property
    def offset(self) -> int:
        """Code points from the start of the text."""
        return self.here[CODE_POINTS]

    @property
    def byte(self) -> int:
        """UTF-8 bytes from the start of the text."""
        return self.here[UTF8_BYTES]

    @property
    def byte_column(self) -> int:
        """UTF-8 bytes from the start of the line."""
        return self.here[UTF8_BYTES] - self.line_start[UTF8_BYTES]

    def position(self, encoding: PositionEncoding) -> Position:
        """This position in a client's units."""
        unit = _UNIT_OF[encoding]
        return Position(self.line_start[LINE_ENDS], self.here[unit] - self.line_start[unit])


def is_word(char: str) -> bool:
    """Whether ``char`` can be part of an identifier. False for an empty text."""
    return char.isalnum() or char == "_"


@frozen(eq=False)
class Text:
    """The text of a document at one moment. An edit makes a new text, which shares nearly everything with this one."""

    _root: rope.Node = field(repr=False)
    # Requested lines and their starts: each key requests the cursor's line about ten times, others two or three times.
    _known_lines: dict[int, tuple[rope.Spot, Size]] = field(factory=dict, init=False, repr=False)

    @classmethod
    def from_str(cls, s: str) -> Text:
        return cls(rope.build(s))

    def __str__(self) -> str:
        return "".join(self.chunks())

    def chunks(self, *, backwards: bool = False) -> Iterator[str]:
        """Yield the text in pieces of at most a few thousand characters, forwards or backwards."""
        return rope.texts(self._root, backwards=backwards)

    # --- size and shape -----------------------------------------------------------------------------------------------

    @property
    def line_count(self) -> int:
        """The number of lines, at least 1: after the last line end there is one more line, which may be empty."""
        return self._root.size[LINE_ENDS] + 1

    def is_equal(self, other: Text) -> bool:
        """Whether both have the same characters. Fast for texts of different lengths."""
        return self.char_length == other.char_length and str(self) == str(other)

    @property
    def char_length(self) -> int:
        """Code points."""
        return self._root.size[CODE_POINTS]

    @property
    def byte_length(self) -> int:
        """UTF-8 bytes."""
        return self._root.size[UTF8_BYTES]

    @property
    def eol(self) -> str:
        """The line end of the first line, "\\n" if it has none: the line end for new lines in this document."""
        if self.line_count == 1:
            return "\n"
        behind = rope.find(self._root, LINE_ENDS, 1)
        return behind.leaf.text[behind.before_line_end().chars : behind.chars]

    def eol_at(self, line: int) -> str:
        """The line end of ``line``; for the last line, which has none, that of the line above; "\\n" in a text of one
        line. The line end for a new line beside it."""
        if self.line_count == 1:
            return "\n"
        line = max(0, min(line, self.line_count - 2))
        (leaf, start, _), _size = self._find_line(line)
        end = leaf.find_line_end(start)
        if 0 <= end < len(leaf.text) - 1:  # nearly always
            return "\r\n" if leaf.text.startswith("\r\n", end) else leaf.text[end]
        whole = self.line_with_end(line)
        return whole[len(whole.rstrip("\r\n")) :]

    @property
    def has_lone_cr(self) -> bool:
        """Whether a lone "\\r" ends a line: only then do LSP's lines differ from tree-sitter's rows."""
        return self._root.size[LINE_ENDS] != self._root.size[NEWLINES]

    # --- reading ------------------------------------------------------------------------------------------------------

    def line(self, i: int) -> str:
        """Line ``i`` without its line end, empty if there is no such line."""
        if not 0 <= i < self.line_count:
            return ""
        (leaf, start, _), _size = self._find_line(i)
        end = leaf.find_line_end(start)
        return leaf.text[start:end] if end >= 0 else self.line_with_end(i).rstrip("\r\n")

    def line_with_end(self, i: int) -> str:
        """Line ``i`` with its line end, empty if there is no such line."""
        return self.slice_lines(i, i + 1)

    def lines(self, start: int, stop: int) -> list[str]:
        """Lines ``start`` to ``stop`` (excluded, both clamped) without their line ends."""
        start, stop = max(start, 0), min(stop, self.line_count)
        if start >= stop:
            return []
        text = self.slice_lines(start, stop)
        lines = LINE_END.split(text) if self.has_lone_cr else text.replace("\r\n", "\n").split("\n")
        return lines[: stop - start]  # behind a last line end the split sees one more

    def slice_lines(self, start: int, stop: int) -> str:
        """The text of lines ``start`` to ``stop`` (excluded, both clamped) with their line ends."""
        start, stop = max(start, 0), min(stop, self.line_count)
        if start >= stop:
            return ""
        end = self._root.size if stop == self.line_count else self._line_start(stop)
        return rope.slice_of(self._root, self._line_start(start)[CODE_POINTS], end[CODE_POINTS])

    def between(self, start: Point, end: Point) -> str:
        """The text from ``start`` to ``end``, empty if ``end`` is before ``start``."""
        return self.slice_offsets(self.place(start).offset, self.place(end).offset)

    def slice_offsets(self, start: int, end: int) -> str:
        """The text between two code point offsets, clamped."""
        return rope.slice_of(self._root, start, end)

    def beginning(self, chars: int) -> tuple[rope.Node, ...]:
        """Parts of the tree with the first ``chars`` code points, or all. The same objects as in an earlier text if
        only what follows them has changed."""
        return rope.beginning(self._root, chars)

    def read_bytes(self, byte: int) -> bytes:
        """UTF-8 from ``byte`` to the end of its chunk, ``b""`` at the end: what tree-sitter's read callback returns."""
        if byte >= self.byte_length:
            return b""
        leaf, _, before = rope.find(self._root, UTF8_BYTES, byte + 1)  # the leaf with this byte, not one that ends here
        return leaf.text.encode("utf-8", "surrogatepass")[max(byte, 0) - before[UTF8_BYTES] :]

    def bytes_between(self, start: int, end: int) -> bytes:
        """The UTF-8 from byte ``start`` to ``end``, clamped."""
        parts: list[bytes] = []
        while start < end and (part := self.read_bytes(start)):
            parts.append(part[: end - start])
            start += len(part)
        return b"".join(parts)

    # --- places -------------------------------------------------------------------------------------------------------

    def place(self, point: Point) -> Place:
        """The place of ``point``. A column past the line's end means before the line end, a line past the last one the
        end of the text."""
        return self._place(point.line, point.column, PositionEncoding.UTF32)

    def place_of(self, position: Position, encoding: PositionEncoding) -> Place:
        """The place of a client's ``position``, clamped as in :meth:`place`; inside a code point it is the start of the
        code point."""
        return self._place(position.line, position.character, encoding)

    def place_at_offset(self, offset: int) -> Place:
        """The place ``offset`` code points into the text, clamped. The only method whose place may be inside a
        "\\r\\n"."""
        return self._with_line_start(rope.find(self._root, CODE_POINTS, offset).size())

    def line_at_offset(self, offset: int) -> int:
        """The line of :meth:`place_at_offset`, without the rest of the place."""
        return rope.find(self._root, CODE_POINTS, offset).size()[LINE_ENDS]

    def clamp(self, point: Point) -> Point:
        """The nearest point that exists, by the rules of :meth:`place`."""
        return self.place(point).point

    def byte_offset(self, point: Point) -> int:
        """UTF-8 bytes from the start of the text."""
        return self.place(point).byte

    def byte_column(self, point: Point) -> int:
        """UTF-8 bytes from the start of the line."""
        return self.place(point).byte_column

    def offset_at_byte(self, byte: int) -> int:
        """The offset of the code point that begins at this UTF-8 offset, clamped."""
        return rope.find(self._root, UTF8_BYTES, byte).size()[CODE_POINTS]

    def point_at_byte(self, byte: int) -> Point:
        """The point at UTF-8 offset ``byte``, clamped; inside a code point or a line end it is the start of that."""
        return self._with_line_start(rope.find(self._root, UTF8_BYTES, byte).outside_line_end().size()).point

    def row_and_byte_column(self, place: Place) -> tuple[int, int]:
        """``place`` in tree-sitter's units: only "\\n" ends a row, columns are UTF-8 bytes."""
        row = place.here[NEWLINES]
        if not self.has_lone_cr:
            return row, place.byte_column
        return row, place.byte - rope.find(self._root, NEWLINES, row).size()[UTF8_BYTES]

    def _line_start(self, line: int) -> Size:
        return self._find_line(line)[1]

    def _find_line(self, line: int) -> tuple[rope.Spot, Size]:
        known = self._known_lines.get(line)
        if known is None:
            spot = rope.find(self._root, LINE_ENDS, line)
            known = spot, spot.size()
            if len(self._known_lines) >= _MOST_KNOWN_LINES:
                self._known_lines.clear()  # other threads may ask, too: none needs what it has put there
            self._known_lines[line] = known
        return known

    def _with_line_start(self, here: Size) -> Place:
        return Place(self._line_start(here[LINE_ENDS]), here)

    def _place(self, line: int, character: int, encoding: PositionEncoding) -> Place:
        if line >= self.line_count:
            return self._with_line_start(self._root.size)
        if line < 0:
            return Place(NO_SIZE, NO_SIZE)
        (leaf, begin, _), start = self._find_line(line)
        end = leaf.find_line_end(begin)
        if end >= 0:  # nearly always the line ends in the leaf in which it starts
            content = leaf.text[begin:end]
            if content.isascii():
                n = min(max(character, 0), end - begin)
                return Place(start, (start[0] + n, start[1] + n, start[2] + n, start[3], start[4]))
            return Place(start, add(start, measure(content[: column_of(content, character, encoding)])))
        unit = _UNIT_OF[encoding]
        here = rope.find(self._root, unit, start[unit] + max(character, 0)).outside_line_end().size()
        if here[LINE_ENDS] != line:
            here = rope.find(self._root, LINE_ENDS, line + 1).before_line_end().size()
        return Place(start, here)

    # --- changing -----------------------------------------------------------------------------------------------------

    def replace(self, start: Point, end: Point, new: str) -> Text:
        """The text with ``new`` in place of the text between ``start`` and ``end``, in either order."""
        first, last = sorted((self.place(start).offset, self.place(end).offset))
        return self.replace_offsets(first, last, new)

    def replace_offsets(self, start: int, end: int, new: str) -> Text:
        """As ``replace``, with code point offsets: 0 <= start <= end <= char_length."""
        return Text(rope.replace(self._root, start, end, new))
