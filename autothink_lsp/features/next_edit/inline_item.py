"""A next edit as an item of ``textDocument/inlineCompletion``: whether ghost text can show it, and as which edit. Pure.

Clients show an item only if its range is on the cursor's line, what stands in front of the cursor stays as it is, and
what the range replaces is contained in the new text (``docs/reference/editors.md``, section 1). An edit of another
form, such as a deletion or a change in front of the cursor, has no item: it is shown by clients that draw next edits.
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
    """``changed`` for the whole line."""
    if changed == line or not changed.startswith(line[:column]):
        return None
    rest, new = line[column:], changed[column:]
    if rest and ("\n" in new or "\r" in new):
        return None  # several lines are drawn misleadingly in front of text
    if new.endswith(rest):
        return CompletionItemEdit(column, column, new[: len(new) - len(rest)])
    return CompletionItemEdit(column, len(line), new) if _contains(new, rest) else None


def _contains(text: str, part: str) -> bool:
    """Whether the characters of ``part`` stand in ``text`` in their order."""
    characters = iter(text)
    return all(character in characters for character in part)
