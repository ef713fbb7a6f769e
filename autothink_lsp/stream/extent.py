"""How much to ask for at a place: the rest of a line, a statement, some lines, or a whole block.

Decides by the text around the cursor alone. It never says that nothing should be shown: that is the gate's business.

    cursor before the text of its line (``    |return x``)                                 LINES, above that line
    cursor before other text than closing brackets, or after text in a comment or string   LINE
    line empty within a comment or a string that spans lines                               LINES, few
    line empty, the line above opens a block that has no body yet                          BLOCK
    line is the header of such a block and complete (``def f(x):|``)                       BLOCK
    line empty anywhere else                                                               LINES
    everything else: somewhere in a line                                                   STATEMENT
"""

from __future__ import annotations

import re
from enum import StrEnum
from types import MappingProxyType

from attrs import frozen

from autothink_lsp.context.values import CodeContext
from autothink_lsp.stream.cursor import Surroundings, look_around
from autothink_lsp.stream.layout import first_filled, goes_on, indent_columns, last_filled, opens_block
from autothink_lsp.stream.lexical import Mode

_CLOSING = re.compile(r"[\s)\]}>\"'`;,:]*")


class ExtentKind(StrEnum):
    """See the module's table."""

    LINE = "line"
    STATEMENT = "statement"
    LINES = "lines"
    BLOCK = "block"


@frozen
class Extent:
    """``max_lines`` counts lines with something on them. ``base_columns`` is the least indentation that a line below
    the cursor's may have, ``None`` where the answer's first line decides. ``newline_ends``: a newline, even a leading
    one, is no part of the answer, so that it may be sent as a stop sequence. ``above``: whole lines are wanted that
    push the cursor's line down."""

    kind: ExtentKind
    max_lines: int
    base_columns: int | None = None
    newline_ends: bool = False
    above: bool = False


# Measured on two slow cores, 600 ms buy about 15 tokens: more lines than these only ever arrive late, for the cache.
MAX_LINES = MappingProxyType({ExtentKind.LINE: 1, ExtentKind.STATEMENT: 10, ExtentKind.LINES: 8, ExtentKind.BLOCK: 20})

_MAX_LINES_OF_TEXT = 3


def extent_at(context: CodeContext, surroundings: Surroundings | None = None, *, single_line: bool = False) -> Extent:
    """The extent at the context's cursor. ``single_line`` is the caller's wish for no more than one line."""
    around = surroundings or look_around(context)
    mode, long = around.scanner.mode, around.scanner.spans_lines
    own = indent_columns(context.line_prefix)
    if stands_before_line(context) and not single_line:
        return Extent(ExtentKind.LINES, MAX_LINES[ExtentKind.LINES], above=True)
    in_text = long and bool(context.line_prefix.strip())
    if not only_closes(context.line_suffix) or in_text or (mode is Mode.STRING and not long):
        return _extent(ExtentKind.LINE, newline_ends=True)
    if single_line or mode is Mode.LINE_COMMENT:
        return _extent(ExtentKind.LINE)
    if long:
        return Extent(ExtentKind.LINES, _MAX_LINES_OF_TEXT)
    if context.line_prefix.strip():
        header = context.line_prefix.rstrip()
        opens = opens_block(header, around.style) and header[-1] not in "(["
        if opens and not has_body(context, own) and (header[-1] == "{" or not context.line_suffix.strip()):
            return _extent(ExtentKind.BLOCK, own + 1)
        return _extent(ExtentKind.STATEMENT, own)
    above = last_filled(context.prefix.split("\n")[:-1])
    opens = opens_block(above, around.style)
    if opens and not has_body(context, indent_columns(above)):
        return _extent(ExtentKind.BLOCK, indent_columns(above) + 1)
    if goes_on(above) and not opens:
        return _extent(ExtentKind.STATEMENT)
    return _extent(ExtentKind.LINES)


def only_closes(line_suffix: str) -> bool:
    """Whether what follows on the line is nothing but closing brackets, quotes and punctuation."""
    return _CLOSING.fullmatch(line_suffix) is not None


def stands_before_line(context: CodeContext) -> bool:
    """Whether the cursor has its whole line, and more than closing brackets, to the right."""
    return not context.line_prefix.strip() and not only_closes(context.line_suffix)


def has_body(context: CodeContext, header_columns: int) -> bool:
    """Whether the next filled line below is indented deeper than a header: then the block is not empty."""
    below = first_filled(context.suffix.split("\n")[1:])
    return bool(below) and indent_columns(below) > header_columns


def _extent(kind: ExtentKind, base_columns: int | None = None, *, newline_ends: bool = False) -> Extent:
    return Extent(kind, MAX_LINES[kind], base_columns, newline_ends)
