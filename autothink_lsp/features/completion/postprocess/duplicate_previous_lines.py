"""Drops an answer that repeats the line or lines above the cursor."""

from __future__ import annotations

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.features.completion.postprocess.comparing import same_line, same_lines

_LOOKED_AT = 3


def duplicate_previous_lines(candidate: CompletionCandidate) -> str:
    """Nothing, if whole new lines of the answer equal the lines above them; else the text. A line that is only similar
    may belong to a series, so it is kept; so is the rest of a line that the user is typing again."""
    lines = candidate.lines
    is_line_whole = candidate.text.startswith("\n") and bool(lines[0].strip())
    if not is_line_whole and lines[0].strip() and candidate.context.line_prefix.strip():
        return candidate.text
    above = [line for line in candidate.lines_above if line.strip()]
    if is_line_whole:  # the cursor's line counts as a line above
        above, lines = [*above, lines[0]], lines[1:]
    filled = [line for line in lines if line.strip()]
    if not filled or not above or candidate.context.line_suffix.strip():
        return candidate.text
    if same_line(filled[0], above[-1]):
        return ""
    head = filled[:_LOOKED_AT]
    if len(head) > 1 and same_lines(head, above[-len(head) :]):
        return ""
    return candidate.text
