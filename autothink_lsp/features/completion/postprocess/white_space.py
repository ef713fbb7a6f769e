"""Removes white space without meaning: at line ends, at the end, and blank lines before an answer at a line's start."""

from __future__ import annotations

import re

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate

_LINE_END = re.compile(r"(?<![ \t])[ \t]++(?=\n)")
_MAX_BLANK_LINES = 2


def white_space(candidate: CompletionCandidate) -> str:
    """The text without that white space. A leading newline is kept if the cursor's line has text or the cursor is in
    the first column, because it begins a new line."""
    context, text = candidate.context, candidate.text
    if not candidate.around.style.trailing_blanks_count:
        text = _LINE_END.sub("", text)
    if not context.line_suffix.strip():
        text = text.rstrip()
    leading = len(text) - len(text.lstrip("\n"))
    keep = leading
    if not context.line_prefix.strip():
        at_margin = not context.line_prefix and not text[leading : leading + 1].isspace()
        keep = min(leading, _MAX_BLANK_LINES) if at_margin else 0
    return text[leading - keep :]
