"""Ends a block between brackets with a line end, so that the closer behind the cursor stands on a line of its own.

``f() {|}`` and the answer of lines below it: the closer, which the editor has inserted, must not follow the last of
these lines. It gets the indentation of the line with the opener.
"""

from __future__ import annotations

from autothink_lsp.document.lines import indent_of
from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.stream.extent import stands_in_brackets


def closer_line(candidate: CompletionCandidate) -> str:
    """The text with one line end and the indentation of the cursor's line at its end, if it begins with a line end
    between brackets. Blanks before the closer count as a part of the indentation."""
    context, text = candidate.context, candidate.text
    if not text.startswith("\n") or not text.strip() or not stands_in_brackets(context, candidate.around):
        return text
    blanks = len(context.line_suffix) - len(context.line_suffix.lstrip())
    indent = indent_of(context.line_prefix)
    return f"{text.rstrip()}\n{indent[: max(0, len(indent) - blanks)]}"
