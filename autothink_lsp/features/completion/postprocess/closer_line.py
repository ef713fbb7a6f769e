"""Keeps the text behind the cursor out of the suggestion's last line, where it would change its meaning.

``f() {|}`` and the answer of lines below it: the closer, which the editor has inserted, must not follow the last of
these lines. It gets a line of its own, with the indentation of the line with the opener. And no text behind the cursor
may become a part of a line comment.
"""

from __future__ import annotations

from autothink_lsp.document.lines import indent_of
from autothink_lsp.features.completion.postprocess.bracket_block_style import is_block
from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.stream.lexical import Mode, Scanner


def closer_line(candidate: CompletionCandidate) -> str:
    """The text with one line end and the indentation of the cursor's line at its end, if it is a block between
    brackets: it begins with a line end, or with a comment and goes on below. Of any other text that ends in a line
    comment, the part before the comment. Blanks before the closer count as a part of indentation that ends in them."""
    context, text = candidate.context, candidate.text
    if is_block(candidate):
        indent, blanks = indent_of(context.line_prefix), indent_of(context.line_suffix)
        return f"{text.rstrip()}\n{'' if blanks.endswith(indent) else indent.removesuffix(blanks)}"
    if not context.line_suffix.strip() or candidate.around.scanner.mode is not Mode.CODE:
        return text
    above, newline, last = text.rpartition("\n")
    return above + newline + _without_comment(candidate.around.scanner.fork().feed(above + newline), last)


def _without_comment(scanner: Scanner, line: str) -> str:
    """The line without the line comment at its end. ``scanner`` is at its start."""
    start: int | None = None
    for length, char in enumerate(line, start=1):
        scanner.step(char)
        if scanner.mode is not Mode.LINE_COMMENT:
            start = None  # the comment was one of a part of the line, which begins alike ("--[[")
        elif start is None:
            token = next((one for one in scanner.style.line_comments if line[:length].endswith(one)), char)
            start = length - len(token)
    return line if start is None else line[:start].rstrip()
