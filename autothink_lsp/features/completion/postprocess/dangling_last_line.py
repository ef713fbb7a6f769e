"""Removes a useless last line: one that was cut off, or the header of a block without its body."""

from __future__ import annotations

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.stream.extent import has_body
from autothink_lsp.syntax.language_style import indent_columns


def dangling_last_line(candidate: CompletionCandidate) -> str:
    """The text without its last line, if that is cut off or a header without a body, and a whole line precedes it. A
    single unfinished line is better than none."""
    lines = candidate.text.split("\n")
    last = len(lines) - 1
    while last > 0 and not lines[last].strip():
        last -= 1
    if not any(line.strip() for line in lines[:last]):
        return candidate.text
    unfinished = not candidate.finished and last == len(lines) - 1
    header = candidate.around.style.opens_block(lines[last]) and not candidate.context.line_suffix.strip()
    header = header and not has_body(candidate.context, indent_columns(lines[last]))
    return candidate.keep_lines(last) if unfinished or header else candidate.text
