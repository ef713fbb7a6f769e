"""Suppression by position: cursors where a suggestion is unwelcome although a model would generate one.

Decides by the lines around the cursor and by the kind of text at the cursor (code, comment, string). Never asks a model
and never parses: the caller passes ``kind`` if it knows better than the lines show.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from autothink_lsp.context.values import CodeContext
from autothink_lsp.stream.cursor import CursorContext, unclosed
from autothink_lsp.stream.extent import only_closes
from autothink_lsp.stream.lexical import Mode, Scanner
from autothink_lsp.syntax.language_style import indent_columns

TextKind = Literal["comment", "docstring", "string"]

_TEXT: dict[Mode, TextKind] = {Mode.STRING: "string", Mode.LINE_COMMENT: "comment", Mode.BLOCK_COMMENT: "comment"}
_ENDS_STATEMENT = frozenset(")]};\"'`")
_CLOSES = frozenset(")]}")
_GOES_ON = frozenset("([.")
_WHERE_NOTHING_SEEMS_MISSING = 50


def text_kind(around: CursorContext) -> TextKind | None:
    """``comment``, ``string`` or ``docstring`` (a string that spans lines); ``None`` in code."""
    if around.scanner.in_long_string:
        return "docstring"
    return _TEXT.get(around.scanner.mode)


def refusal(
    context: CodeContext, around: CursorContext, kind: TextKind | None, silent_in: Collection[str]
) -> str | None:
    """The reason to suppress suggestions, or ``None``. ``kind`` is the kind of text at the cursor, ``None`` for
    code."""
    if kind is not None:
        return f"inside a {kind}" if kind in silent_in else None
    before, after = context.line_prefix, context.line_suffix
    if not before.strip():
        return "between definitions" if _between_blocks(context) else None
    if after.strip():
        return _refusal_before_text(before, after)
    return "statement is complete" if _ends_statement(context, around) else None


def least_confidence(context: CodeContext, wanted_percent: int) -> int:
    """The minimum model confidence in percent: higher where the line may be complete (``foo(bar|)``)."""
    before, after = context.line_prefix[-1:], context.line_suffix
    may_be_whole = (before.isalnum() or before == "_") and after[:1] in _CLOSES and only_closes(after)
    return max(wanted_percent, _WHERE_NOTHING_SEEMS_MISSING) if may_be_whole and wanted_percent else wanted_percent


def _refusal_before_text(before: str, after: str) -> str | None:
    """``foo(bar(x)|)``, ``foo|(x)``: nothing is missing on either side."""
    if only_closes(after) and after[0] in _CLOSES and before[-1] in _ENDS_STATEMENT:
        return "nothing is missing"
    if after[0] in _GOES_ON and (before[-1].isalnum() or before[-1] in "_)]"):
        return "inside an expression"
    return None


def _ends_statement(context: CodeContext, around: CursorContext) -> bool:
    """Whether the line ends with a closing token, nothing is open, and it is not a header without its body."""
    line = context.line_prefix
    if line[-1] not in _ENDS_STATEMENT or not around.style.lines_end_statements:
        return False
    return not _is_open(around, line) and (line[-1] == ";" or not around.style.begins_header(line))


def _is_open(around: CursorContext, line: str) -> bool:
    """Whether the cursor is inside brackets, where more elements may follow.

    The line is also lexed by itself, because a window that begins inside a string can give a wrong result.
    """
    braces_are_blocks = around.style.blocks != "indent"
    if unclosed(line, Scanner(around.style).feed(line).brackets):
        return True
    return any(bracket.char != "{" or not braces_are_blocks for bracket in around.open_brackets)


def _between_blocks(context: CodeContext) -> bool:
    """Whether the cursor is on an empty line in the first column, directly below the end of a block, with more code in
    the first column below.

    One line further down, or at the end of the document, the user is about to write the next definition.
    """
    if context.line_prefix or context.line_suffix.strip():
        return False
    *_, above = context.prefix.split("\n")[:-1] or [""]
    below = context.suffix.split("\n")[1:]
    following = next((line for line in below if line.strip()), "")
    ended = indent_columns(above) > 0 or above[:1] == "}"
    return bool(above.strip()) and ended and bool(following) and indent_columns(following) == 0
