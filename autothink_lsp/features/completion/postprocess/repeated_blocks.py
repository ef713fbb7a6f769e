"""Cuts a block that nearly repeats the block before it: the same function with another number, again and again."""

from __future__ import annotations

from itertools import pairwise

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.features.completion.postprocess.comparing import same_lines

_LEAST_LINES = 3


def repeated_blocks(candidate: CompletionCandidate) -> str:
    """The text up to the first block that repeats the one before it. Blocks are separated by blank lines. In blocks of
    three lines or more one line may differ a little (``same_lines``)."""
    lines = candidate.text.split("\n")
    blocks = _blocks(lines)
    for one, other in pairwise(blocks):
        alike = len(one) == len(other) >= _LEAST_LINES
        if alike and same_lines([lines[at] for at in one], [lines[at] for at in other]):
            return candidate.keep_lines(one[-1] + 1)
    return candidate.text


def _blocks(lines: list[str]) -> list[list[int]]:
    """The indices of the nonblank lines, one list for each block."""
    blocks: list[list[int]] = [[]]
    for at, line in enumerate(lines):
        if line.strip():
            blocks[-1].append(at)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]
