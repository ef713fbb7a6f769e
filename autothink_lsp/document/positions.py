"""Converts columns (code points) to and from LSP's ``character`` (units of the negotiated encoding) within one stretch
of text.

The only module that knows how many units a code point takes. Knows nothing about lines: callers pass text without line
ends, or a stretch of text in which line ends count as characters.
"""

from __future__ import annotations

from bisect import bisect_right

from autothink_lsp.values import PositionEncoding

# The fewest code points that n units can be: an astral character takes two UTF-16 units, or four UTF-8 bytes.
_MOST_UNITS_PER_CODE_POINT = {PositionEncoding.UTF8: 4, PositionEncoding.UTF16: 2, PositionEncoding.UTF32: 1}


def utf8_length(text: str) -> int:
    """The length of ``text`` in UTF-8 bytes. A lone surrogate, which JSON can contain, counts as three bytes."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def utf16_length(text: str) -> int:
    """The length of ``text`` in 16-bit units of UTF-16. A lone surrogate is one unit."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def character_of(line: str, column: int, encoding: PositionEncoding) -> int:
    """Units of ``encoding`` before code point ``column`` of ``line``. Clamped to the line's length."""
    head = line[: max(column, 0)]
    if encoding is PositionEncoding.UTF16:
        return utf16_length(head)
    if encoding is PositionEncoding.UTF8:
        return utf8_length(head)
    return len(head)


def column_of(line: str, character: int, encoding: PositionEncoding) -> int:
    """Code points before unit ``character`` of ``line``. Clamped to the line's length (LSP 3.18, "Position").

    A unit inside a surrogate pair or a UTF-8 sequence is mapped to the start of its code point.
    """
    character = max(character, 0)
    if encoding is PositionEncoding.UTF32 or line.isascii():
        return min(character, len(line))
    lowest = min(character // _MOST_UNITS_PER_CODE_POINT[encoding], len(line))
    highest = min(character, len(line))
    # Bisecting over lengths of encoded heads stays in C; decoding a cut string instead would join two lone surrogates.
    candidates = range(lowest, highest + 1)
    return lowest + bisect_right(candidates, character, key=lambda column: character_of(line, column, encoding)) - 1
