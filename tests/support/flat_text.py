"""What LSP says about texts and positions, as naively as it can be written: one string, split anew at every question.

The reference for ``autothink_lsp.document``. It shares no code with it, and must not.
"""

from __future__ import annotations

import re

ENCODED_AS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def units(text: str, encoding: str) -> int:
    """Code units of ``text``; every code point by itself, lone surrogates too."""
    codec, width = ENCODED_AS[encoding]
    return sum(len(char.encode(codec, "surrogatepass")) // width for char in text)


def lines_with_ends(text: str) -> list[str]:
    parts = re.split("(\r\n|\r|\n)", text)
    return [content + end for content, end in zip(parts[::2], [*parts[1::2], ""], strict=True)]


def content(line_with_end: str) -> str:
    return re.sub("(\r\n|\r|\n)$", "", line_with_end, count=1)


def offset_of(text: str, line: int, character: int, encoding: str) -> int:
    """The code point offset of a client's position, clamped as LSP says."""
    lines = lines_with_ends(text)
    if line < 0:
        return 0
    if line >= len(lines):
        return len(text)
    column = used = 0
    for char in content(lines[line]):
        used += units(char, encoding)
        if used > character:
            break
        column += 1
    return len("".join(lines[:line])) + column


def point_of(text: str, offset: int) -> tuple[int, int]:
    """(line, code point column) of an offset; inside a line end it is that line end's start."""
    start = 0
    lines = lines_with_ends(text)
    for number, line in enumerate(lines):
        if offset < start + len(line) or number == len(lines) - 1:
            return number, min(offset - start, len(content(line)))
        start += len(line)
    raise AssertionError


def tree_sitter_point(data: bytes, byte: int) -> tuple[int, int]:
    """(row, byte column), where only b"\\n" ends a row."""
    before = data[:byte]
    return before.count(b"\n"), byte - (before.rfind(b"\n") + 1)


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
