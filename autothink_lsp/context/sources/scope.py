"""The headers of the scopes around the cursor that are above the window: ``class Cache:``, ``def get(self, key):``.

Found by indentation, because a document is often broken where the user types, and because the cost does not depend on a
parse.
"""

from __future__ import annotations

from collections.abc import Iterator

from autothink_lsp.context.snippets import ContextSnippet, SourceQuery
from autothink_lsp.document.text import Text
from autothink_lsp.syntax.language_style import indent_columns

NAME = "scope"
_MOST_LINES = 2_000  # searched above the window
_LONGEST_HEADER = 8  # lines
_CLOSERS = ")]}"


def snippets(query: SourceQuery) -> Iterator[ContextSnippet]:
    """All headers as one snippet, outermost first."""
    text = query.snapshot.text
    if query.first == 0:
        return
    depth = _depth_of_window(text, query)
    headers: list[list[str]] = []
    line = query.first - 1
    lowest = max(0, query.first - _MOST_LINES)
    while line >= lowest and depth > 0:
        content = text.line(line)
        indent = indent_columns(content)
        if content.strip() and indent < depth and not _is_remark(content, query):
            header, line = _header(text, line, lowest)
            if _is_header(header):
                headers.append(header)
            depth = indent
        line -= 1
    if headers:
        lines = [one for header in reversed(headers) for one in header]
        yield ContextSnippet(
            NAME, query.path, "\n".join(lines) + "\n", "encloses the cursor, above the window", head=True
        )


def _depth_of_window(text: Text, query: SourceQuery) -> int:
    """The smallest indentation between the window's start and the cursor."""
    depths = [indent_columns(content) for content in text.lines(query.first, query.point.line) if content.strip()]
    current = text.line(query.point.line)[: query.point.column]
    if current.strip() or not depths:
        depths.append(indent_columns(current))
    return min(depths)


def _header(text: Text, line: int, lowest: int) -> tuple[list[str], int]:
    """The header that ends at ``line``, and its first line: a parameter list may span several lines."""
    first = line
    if text.line(line).lstrip()[:1] in _CLOSERS:
        indent = indent_columns(text.line(line))
        for other in range(line - 1, max(lowest, line - _LONGEST_HEADER) - 1, -1):
            content = text.line(other)
            if content.strip() and indent_columns(content) <= indent:
                first = other
                break
    return text.lines(first, line + 1), first


def _is_header(lines: list[str]) -> bool:
    """Whether the line names a scope; lines such as ``}`` or ``else:`` do not."""
    return any(len(line.strip(" \t(){}[];:,")) > 5 for line in lines)


def _is_remark(content: str, query: SourceQuery) -> bool:
    token = query.language.style.comment_line if query.language else None
    return bool(token) and content.lstrip().startswith(str(token))
