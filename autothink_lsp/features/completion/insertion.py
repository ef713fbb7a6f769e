"""Converts a suggestion into an edit for the editor: a range on the cursor's line and the text that replaces it.

Columns are code points of the line's text; ``lsp/`` converts them. The rules were tried in editors
(``docs/reference/editors.md``, section 1): an item always has a range, on the request's line, and its text begins with
what the range holds.

The range of ghost text is empty, at the cursor, wherever that can say it: VS Code then shows it inside a word as well,
and Neovim 0.12 draws it between the text instead of over it. It grows to the whole line only if the text right of the
cursor has to move below further lines, and to the right if the answer contains the closing brackets that stand there.
"""

from __future__ import annotations

import re

from autothink_lsp.features.completion.model import SelectedItem
from autothink_lsp.stream.extent import only_closes
from autothink_lsp.values import frozen

_LABEL_CHARACTERS = 80
_WORD_END = re.compile(r"(?<!\w)\w*+\Z")


@frozen
class CompletionItemEdit:
    """Replace the code points ``[start_column, end_column)`` of the cursor's line by ``insert_text``."""

    start_column: int
    end_column: int
    insert_text: str


@frozen
class MenuItem:
    """An entry of the ordinary completion menu. ``preview`` is the whole text that the document would get."""

    edit: CompletionItemEdit
    label: str
    filter_text: str
    preview: str


def inline_edit(
    line: str,
    cursor_column: int,
    text: str,
    *,
    eol: str = "\n",
    replaces_right: int = 0,
    selected: SelectedItem | None = None,
) -> CompletionItemEdit | None:
    """Ghost text for ``text`` at the cursor; ``None`` if the editor would show nothing.

    ``line``: the document's line without its line end. ``text``: the answer with ``\\n`` line ends. ``replaces_right``:
    code points right of the cursor that ``text`` contains already (closers that the editor added by itself).
    ``selected``: the suggestion must start with that entry and continue after it.
    """
    text, replaces_right = _fit(line, cursor_column, text, replaces_right)
    if not text.strip():
        return None
    end = cursor_column + replaces_right
    rest = line[end:]
    if selected is not None:
        start = selected.start.column
        whole = line[start:cursor_column] + text
        if selected.end.column != end or not whole.startswith(selected.text) or len(whole) <= len(selected.text):
            return None
        return _edit(start, end, whole, eol)
    if "\n" in text and rest.strip():
        return _edit(0, len(line), line[:cursor_column] + text + rest, eol)
    if replaces_right:
        return _edit(0, end, line[:cursor_column] + text, eol)
    return _edit(cursor_column, cursor_column, text, eol)


def menu_item(line: str, cursor_column: int, text: str, *, eol: str = "\n", replaces_right: int = 0) -> MenuItem | None:
    """An entry for ``textDocument/completion``. Its range covers the word at the cursor, as clients expect.

    ``filter_text`` begins with that word, so every client lets it through, and goes on with the answer, so that it
    stays in the menu while the user types along.
    """
    text, replaces_right = _fit(line, cursor_column, text, replaces_right)
    if not text.strip():
        return None
    end = cursor_column + replaces_right
    word = _WORD_END.search(line[:cursor_column])
    start = word.start() if word else cursor_column
    whole = line[start:cursor_column] + text
    first_line = next(part for part in whole.split("\n") if part.strip()).strip()
    label = first_line if len(first_line) <= _LABEL_CHARACTERS else first_line[: _LABEL_CHARACTERS - 1] + "…"
    if "\n" in text and line[end:].strip():
        whole, end = whole + line[end:], len(line)
    return MenuItem(_edit(start, end, whole, eol), label, first_line, whole)


def _fit(line: str, cursor_column: int, text: str, replaces_right: int) -> tuple[str, int]:
    """The text and ``replaces_right`` that the editor draws correctly. Before text other than closing brackets it draws
    several lines misleadingly, so only the first line is kept there."""
    if "\n" in text and not only_closes(line[cursor_column + replaces_right :]):
        first = text.split("\n", 1)[0]
        return first, replaces_right
    return text, replaces_right


def _edit(start: int, end: int, text: str, eol: str) -> CompletionItemEdit:
    return CompletionItemEdit(start, end, text if eol == "\n" else text.replace("\n", eol))
