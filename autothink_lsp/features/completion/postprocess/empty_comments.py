"""Cuts comments without text at the end of an answer, with which some models continue after the code."""

from __future__ import annotations

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.features.completion.postprocess.comment_run_on import comment_text
from autothink_lsp.stream.lexical import Mode


def empty_comments(candidate: CompletionCandidate) -> str:
    """The text without empty comments at its end, in code only. An empty comment between other lines is kept, because
    headings are framed by them."""
    if candidate.around.scanner.mode is not Mode.CODE:
        return candidate.text
    lines = candidate.text.split("\n")
    first_is_own = not candidate.context.line_prefix.strip()
    end = len(lines)
    while end > 0 and not lines[end - 1].strip():
        end -= 1
    filled = end
    while end > (0 if first_is_own else 1) and _is_empty(candidate, lines[end - 1]):
        end -= 1
    return candidate.text if end == filled else candidate.keep_lines(end)


def _is_empty(candidate: CompletionCandidate, line: str) -> bool:
    return not line.strip() or comment_text(line, candidate.around.style) == ""
