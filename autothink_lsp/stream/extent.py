"""How much to ask for at a place: the rest of a line, a statement, some lines, or a whole block.

Decides by the text around the cursor alone. It never says that nothing should be shown: that is the gate's business.

    cursor before the text of its line (``    |return x``)                                 LINES, above that line
    cursor before other text than closing brackets, or after text in a comment or string   REST_OF_LINE
    line empty within a comment or a string that spans lines                               LINES, few
    line empty, the line above opens a block that has no body yet                          BLOCK
    the same with comments or a docstring between that line and the cursor, in the block   BLOCK
    line is the header of such a block and complete (``def f(x):|``)                       BLOCK
    line empty anywhere else                                                               LINES
    everything else: somewhere in a line                                                   STATEMENT

Between an opener and its closer (``f(|)``) an answer that begins with a newline or a comment makes a block of a
statement.
"""

from __future__ import annotations

import re
from types import MappingProxyType

from autothink_lsp.context.values import CodeContext
from autothink_lsp.stream.cursor import CursorContext, lex_cursor
from autothink_lsp.stream.layout import first_filled, goes_on, last_filled
from autothink_lsp.stream.lexical import Mode
from autothink_lsp.syntax.holes import Extent
from autothink_lsp.syntax.language_style import indent_columns
from autothink_lsp.values import frozen

_BEGINS_STRING = re.compile(r"[A-Za-z]{0,2}(?:\"\"\"|''')")
_CLOSING = re.compile(r"[\s)\]}>\"'`;,:]*")


@frozen
class ExtentLimits:
    """The limits of an extent.

    ``max_lines`` counts non-blank lines. ``base_columns`` is the minimum indentation of a line below the cursor's,
    ``None`` if the answer's first line decides. ``newline_ends``: a newline, even a leading one, is not part of the
    answer, so it may be sent as a stop sequence. ``above``: whole lines are requested that move the cursor's line down.
    """

    kind: Extent
    max_lines: int
    base_columns: int | None = None
    newline_ends: bool = False
    above: bool = False


# Measured on two slow cores, 600 ms are enough for about 15 tokens: more lines than these always arrive late and only
# fill the cache.
MAX_LINES = MappingProxyType({Extent.REST_OF_LINE: 1, Extent.STATEMENT: 10, Extent.LINES: 8, Extent.BLOCK: 20})

_MAX_LINES_OF_TEXT = 3


def extent_at(
    context: CodeContext, surroundings: CursorContext | None = None, *, single_line: bool = False
) -> ExtentLimits:
    """The extent at the context's cursor. ``single_line``: the caller wants at most one line."""
    around = surroundings or lex_cursor(context)
    mode, long = around.scanner.mode, around.scanner.spans_lines
    own = indent_columns(context.line_prefix)
    if stands_before_line(context) and not single_line:
        return ExtentLimits(Extent.LINES, MAX_LINES[Extent.LINES], above=True)
    in_text = long and bool(context.line_prefix.strip())
    if not only_closes(context.line_suffix) or in_text or (mode is Mode.STRING and not long):
        return _extent(Extent.REST_OF_LINE, newline_ends=True)
    if single_line or mode is Mode.LINE_COMMENT:
        return _extent(Extent.REST_OF_LINE)
    if long:
        return ExtentLimits(Extent.LINES, _MAX_LINES_OF_TEXT)
    if context.line_prefix.strip():
        header = context.line_prefix.rstrip()
        opens = around.style.opens_block(header) and header[-1] not in "(["
        if opens and not has_body(context, own) and (header[-1] == "{" or not context.line_suffix.strip()):
            return _extent(Extent.BLOCK, own + 1)
        return _extent(Extent.STATEMENT, own)
    above = _code_above(context, around)
    opens = around.style.opens_block(above)
    if opens and not (has_body(context, indent_columns(above)) or _has_left(context, above)):
        return _extent(Extent.BLOCK, indent_columns(above) + 1)
    if goes_on(above) and not opens:
        return _extent(Extent.STATEMENT)
    return _extent(Extent.LINES)


def _code_above(context: CodeContext, around: CursorContext) -> str:
    """The nearest line above that is filled and no comment. Behind the string that a block begins with, the line that
    opens the block."""
    style, lines = around.style, context.prefix.split("\n")[:-1]
    while lines and (not lines[-1].strip() or style.is_comment(style.line(lines[-1]))):
        lines.pop()
    quote = next((quote for quote in style.long_quotes if lines and lines[-1].rstrip().endswith(quote)), "")
    if len(quote) == 3:  # a docstring; a single character is a template
        last = lines[-1].strip()
        at = len(lines) - 1
        if not _BEGINS_STRING.match(last) or len(last) <= len(quote) or last.count(quote) < 2:
            at -= 1
            while at >= 0 and quote not in lines[at]:
                at -= 1
        header = last_filled(lines[: max(0, at)])
        if at >= 0 and _BEGINS_STRING.match(lines[at].strip()) and style.opens_block(header):
            return header
    return last_filled(lines)


def _has_left(context: CodeContext, header: str) -> bool:
    """Whether the cursor is behind the block that ``header`` opens: a comment or a docstring is all that it has."""
    is_next = last_filled(context.prefix.split("\n")[:-1]) == header
    return not is_next and indent_columns(context.line_prefix) <= indent_columns(header)


def only_closes(line_suffix: str) -> bool:
    """Whether the rest of the line is only closing brackets, quotes and punctuation."""
    return _CLOSING.fullmatch(line_suffix) is not None


def stands_in_brackets(context: CodeContext, around: CursorContext) -> bool:
    """Whether only the closers of the line's last opener are behind the cursor, and nothing between (``f({|});``): the
    editor has inserted them. An answer that begins with a newline or a comment is a block there."""
    before, after = context.line_prefix.rstrip()[-1:], context.line_suffix.lstrip()
    if not (before and after and around.open_brackets) or around.scanner.mode is not Mode.CODE:
        return False
    opener = around.open_brackets[-1]
    return opener.char == before and after.startswith(opener.closer) and only_closes(after)


def stands_before_line(context: CodeContext) -> bool:
    """Whether the whole line is after the cursor, and it is more than closing brackets."""
    return not context.line_prefix.strip() and not only_closes(context.line_suffix)


def has_body(context: CodeContext, header_columns: int) -> bool:
    """Whether the next nonblank line below is indented deeper than a header, so that the block is not empty."""
    below = first_filled(context.suffix.split("\n")[1:])
    return bool(below) and indent_columns(below) > header_columns


def _extent(kind: Extent, base_columns: int | None = None, *, newline_ends: bool = False) -> ExtentLimits:
    return ExtentLimits(kind, MAX_LINES[kind], base_columns, newline_ends)
