"""A next edit as an item of ``textDocument/inlineCompletion``: whether ghost text can show it, and as which edit. Pure.

Clients show an item only if its range is on the cursor's line, the text before the cursor is unchanged, and the new
text contains the replaced text (``docs/reference/editors.md``, section 1). Other edits, such as a deletion or a change
before the cursor, have no item; only clients that draw next edits show them.
"""

from __future__ import annotations

from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.completion.insertion import CompletionItemEdit
from autothink_lsp.values import Point


def inline_item(text: Text, point: Point, replacement: Replacement) -> CompletionItemEdit | None:
    """The item that makes the edit with the cursor at ``point``; ``None`` if ghost text cannot show it."""
    line, column = text.line(point.line), point.column
    start, end, new = replacement.start, replacement.end, replacement.new_text
    if start == end == Point(point.line + 1, 0) and new.endswith(eol := text.eol_at(point.line)):
        return _item(line, column, line + eol + new.removesuffix(eol))  # lines that are inserted below the cursor's
    if not start.line == end.line == point.line:
        return None
    return _item(line, column, line[: start.column] + new + line[end.column :])


def _item(line: str, column: int, changed: str) -> CompletionItemEdit | None:
    """The item that replaces ``line`` by ``changed``; ``column`` is the cursor's."""
    if changed == line or not changed.startswith(line[:column]):
        return None
    rest, new = line[column:], changed[column:]
    if rest and ("\n" in new or "\r" in new):
        return None  # several lines are drawn misleadingly in front of text
    if new.endswith(rest):
        return CompletionItemEdit(column, column, new[: len(new) - len(rest)])
    return CompletionItemEdit(column, len(line), new) if _contains(new, rest) else None


def _contains(text: str, part: str) -> bool:
    """Whether ``part`` is a subsequence of ``text``: all of its characters, in the same order."""
    characters = iter(text)
    return all(character in characters for character in part)
