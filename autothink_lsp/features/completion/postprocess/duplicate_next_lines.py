"""Drops an answer that only says what stands right below the cursor already."""

from __future__ import annotations

from autothink_lsp.features.completion.postprocess.candidate import Candidate
from autothink_lsp.features.completion.postprocess.comparing import same_line, same_lines

_LOOKED_AT = 3


def duplicate_next_lines(candidate: Candidate) -> str:
    """Its first line, with what is left of the cursor, is the next one, or its first three nearly are those below."""
    filled = [line for line in candidate.lines if line.strip()][:_LOOKED_AT]
    below = candidate.lines_below
    if not filled or candidate.context.line_suffix.strip():
        return candidate.text
    if candidate.text.startswith("\n") and candidate.context.line_prefix.strip():
        filled = filled[1:] or filled
    if same_line(filled[0], candidate.next_line) or (len(filled) > 1 and same_lines(filled, below)):
        return ""
    return candidate.text
