"""Removes a last line that is of no use: cut off in the middle, or the header of a block that did not come."""

from __future__ import annotations

from autothink_lsp.features.completion.postprocess.candidate import Candidate
from autothink_lsp.stream.extent import has_body
from autothink_lsp.stream.layout import indent_columns, opens_block


def dangling_last_line(candidate: Candidate) -> str:
    """Only if a whole line stands before it; a single unfinished line is better than none."""
    lines = candidate.text.split("\n")
    last = len(lines) - 1
    while last > 0 and not lines[last].strip():
        last -= 1
    if not any(line.strip() for line in lines[:last]):
        return candidate.text
    unfinished = not candidate.finished and last == len(lines) - 1
    header = opens_block(lines[last], candidate.around.style) and not candidate.context.line_suffix.strip()
    header = header and not has_body(candidate.context, indent_columns(lines[last]))
    return candidate.keep_lines(last) if unfinished or header else candidate.text
