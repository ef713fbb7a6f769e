"""The headers of what the cursor stands in, where they are above the window: ``class Cache:``, ``def get(self, key):``.

Read off the indentation, because a document is most often broken where the user types, and because its cost does not
depend on a parse.
"""

from __future__ import annotations

from collections.abc import Iterator

from autothink_lsp.context.place import Piece, Place
from autothink_lsp.document.text import Text

NAME = "scope"
_MOST_LINES = 2_000  # looked at, above the window
_LONGEST_HEADER = 8  # lines
_CLOSERS = ")]}"


def pieces(place: Place) -> Iterator[Piece]:
    """All headers in one piece, the outermost first."""
    text = place.snapshot.text
    if place.first == 0:
        return
    depth = _depth_of_window(text, place)
    headers: list[list[str]] = []
    line = place.first - 1
    lowest = max(0, place.first - _MOST_LINES)
    while line >= lowest and depth > 0:
        content = text.line(line)
        indent = _indent(content)
        if content.strip() and indent < depth and not _is_remark(content, place):
            header, line = _header(text, line, lowest)
            if _is_header(header):
                headers.append(header)
            depth = indent
        line -= 1
    if headers:
        lines = [one for header in reversed(headers) for one in header]
        yield Piece(NAME, place.path, "\n".join(lines) + "\n", "encloses the cursor, above the window", head=True)


def _depth_of_window(text: Text, place: Place) -> int:
    """How deep the shallowest line from the window's start to the cursor stands."""
    depths = [_indent(content) for content in text.lines(place.first, place.point.line) if content.strip()]
    current = text.line(place.point.line)[: place.point.column]
    if current.strip() or not depths:
        depths.append(_indent(current))
    return min(depths)


def _header(text: Text, line: int, lowest: int) -> tuple[list[str], int]:
    """The header that ends at ``line``, and its first line: a list of parameters may go over several."""
    first = line
    if text.line(line).lstrip()[:1] in _CLOSERS:
        indent = _indent(text.line(line))
        for other in range(line - 1, max(lowest, line - _LONGEST_HEADER) - 1, -1):
            content = text.line(other)
            if content.strip() and _indent(content) <= indent:
                first = other
                break
    return text.lines(first, line + 1), first


def _is_header(lines: list[str]) -> bool:
    """Lines such as ``}`` or ``else:`` say nothing."""
    return any(len(line.strip(" \t(){}[];:,")) > 5 for line in lines)


def _is_remark(content: str, place: Place) -> bool:
    token = place.language.comment_line if place.language else None
    return bool(token) and content.lstrip().startswith(str(token))


def _indent(line: str) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())
