"""Removes white space that means nothing: at line ends, at the end, and blank lines in front of a line's beginning."""

from __future__ import annotations

import re

from autothink_lsp.features.completion.postprocess.candidate import Candidate

_LINE_END = re.compile(r"(?<![ \t])[ \t]++(?=\n)")
_MEANS_SOMETHING = frozenset({"markdown", "mdx", "quarto", "rmd", "diff", "gitcommit", "git-commit"})
_MAX_BLANK_LINES = 2


def white_space(candidate: Candidate) -> str:
    """A newline in front stays where the cursor's line has text, or stands at the margin: it begins a new line."""
    context, text = candidate.context, candidate.text
    if context.language_id not in _MEANS_SOMETHING:
        text = _LINE_END.sub("", text)
    if not context.line_suffix.strip():
        text = text.rstrip()
    leading = len(text) - len(text.lstrip("\n"))
    keep = leading
    if not context.line_prefix.strip():
        at_margin = not context.line_prefix and not text[leading : leading + 1].isspace()
        keep = min(leading, _MAX_BLANK_LINES) if at_margin else 0
    return text[leading - keep :]
