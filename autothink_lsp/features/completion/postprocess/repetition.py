"""Cuts an answer where it begins to loop; the text before the loop is kept."""

from __future__ import annotations

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.stream.repetition import character_loop, line_loop


def repetition(candidate: CompletionCandidate) -> str:
    """The text up to a loop. The first round of a loop over lines is kept; a loop within the last line is removed as a
    whole."""
    lines = candidate.text.split("\n")
    loop = character_loop(lines[-1])
    if loop is not None:
        lines[-1] = lines[-1][:loop]
        if len(lines) > 1:
            lines.pop()
    for end in range(1, len(lines) + 1):
        start = line_loop(lines[:end])
        if start is not None:
            return "\n".join(lines[:start])
    return "\n".join(lines)
