"""The size of a text in each unit that LSP and tree-sitter count in.

The size of two concatenated texts is the sum of their sizes, unless the first ends with "\\r" and the second begins
with "\\n". Code that adds sizes must keep these two together.
"""

from __future__ import annotations

import re

from autothink_lsp.document.positions import utf8_length, utf16_length

Size = tuple[int, int, int, int, int]
"""The size of a text in the five units below. A position is identified by the size of the text before it."""

CODE_POINTS, UTF8_BYTES, UTF16_UNITS, LINE_ENDS, NEWLINES = range(5)
"""Indexes into a Size. LINE_ENDS are LSP's ("\\n", "\\r\\n", "\\r"), NEWLINES "\\n" alone: tree-sitter's rows."""

NO_SIZE: Size = (0, 0, 0, 0, 0)
LINE_END = re.compile(r"\r\n|\r|\n")


def measure(text: str) -> Size:
    """The size of ``text`` by itself."""
    chars = len(text)
    newlines = text.count("\n")
    line_ends = newlines + text.count("\r") - text.count("\r\n") if "\r" in text else newlines
    if text.isascii():
        return (chars, chars, chars, line_ends, newlines)
    return (chars, utf8_length(text), utf16_length(text), line_ends, newlines)


def add(a: Size, b: Size) -> Size:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4])


def subtract(a: Size, b: Size) -> Size:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3], a[4] - b[4])
