"""Drops an answer that repeats the lines directly below the cursor."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.features.completion.postprocess.comparing import (
    common_beginning,
    repeats_parameter,
    same_line,
    same_lines,
)

_LOOKED_AT = 3
_LETTER = re.compile(r"[^\W\d_]")


def duplicate_next_lines(candidate: CompletionCandidate) -> str:
    """Nothing, if the first line of the answer, with the text before the cursor, equals the next line or has the
    parameter of the next line, if its first three lines nearly equal those below, or if several lines are equal,
    however short they are; else the text."""
    indices = [index for index, line in enumerate(candidate.lines) if line.strip()][:_LOOKED_AT]
    below = candidate.lines_below
    if not indices or candidate.context.line_suffix.strip():
        return candidate.text
    if candidate.text.startswith("\n") and candidate.context.line_prefix.strip():
        indices = indices[1:] or indices
    filled = [candidate.lines[index] for index in indices]
    repeats = same_line(filled[0], candidate.next_line) or repeats_parameter(indices[0], candidate)
    if not repeats and len(filled) > 1:
        repeats = same_lines(filled, below) or _are_below(filled, below)
    return "" if repeats else candidate.text


def _are_below(filled: Sequence[str], below: Sequence[str]) -> bool:
    """Whether the lines equal those below. Numbers alone may be a series with equal members, so then all lines have to
    be equal."""
    count = common_beginning(filled, below)
    named = any(_LETTER.search(line) for line in filled[:count])
    return count >= 2 and (named or count == len(filled))
