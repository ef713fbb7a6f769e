"""Columns (code points) from and to ``character`` (units of the negotiated encoding), within one stretch of text.

Only this file knows how many units a code point takes. It decides nothing about lines: a caller passes text without
line ends, or a stretch of text in which it wants to count through them.
"""

from __future__ import annotations

from bisect import bisect_right

from autothink_lsp.values import PositionEncoding

# The fewest code points that n units can be: an astral character takes two UTF-16 units, or four UTF-8 bytes.
_MOST_UNITS_PER_CODE_POINT = {PositionEncoding.UTF8: 4, PositionEncoding.UTF16: 2, PositionEncoding.UTF32: 1}


def utf8_length(text: str) -> int:
    """Bytes of ``text`` in UTF-8. A lone surrogate, which JSON can bring in, counts three like any code point there."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def utf16_length(text: str) -> int:
    """16-bit units of ``text`` in UTF-16. A lone surrogate is one unit."""
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

    A unit inside a surrogate pair or a UTF-8 sequence belongs to no place between code points: it goes to that code
    point's start.
    """
    character = max(character, 0)
    if encoding is PositionEncoding.UTF32 or line.isascii():
        return min(character, len(line))
    lowest = min(character // _MOST_UNITS_PER_CODE_POINT[encoding], len(line))
    highest = min(character, len(line))
    # Bisecting over lengths of encoded heads stays in C; decoding a cut string instead would join two lone surrogates.
    candidates = range(lowest, highest + 1)
    return lowest + bisect_right(candidates, character, key=lambda column: character_of(line, column, encoding)) - 1
