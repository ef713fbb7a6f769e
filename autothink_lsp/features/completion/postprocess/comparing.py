"""Equality of lines, stricter than an edit distance: ``add("a1")`` and ``add("a2")`` are a series that the user is
writing, not a repetition, though they differ in one character of twenty.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.stream.brackets import BracketTracker
from autothink_lsp.stream.layout import is_telling, significant
from autothink_lsp.stream.lexical import CLOSER_OF

_NOISE = re.compile(r"[\s;,]+")
_PARAMETER = re.compile(r"\s*+[*.&$]*+(\w++)\??\s*+[:=](?![:=>~])")  # no arrow function, no comparison
_CONDITION_END = re.compile(r"\b(?:and|or)\s*+\Z", re.IGNORECASE)  # of a line, where "=" compares


def normal_form(line: str) -> str:
    """The line without layout, quote style and trailing separators."""
    return _NOISE.sub("", line).replace("'", '"')


def same_line(one: str, other: str) -> bool:
    """Whether both lines have the same normal form. Blank lines and lines of brackets alone equal no other line."""
    return is_telling(one) and normal_form(one) == normal_form(other)


def repeats_parameter(index: int, candidate: CompletionCandidate) -> bool:
    """Whether line ``index`` of the answer and the next line below are in the same list of parameters or arguments and
    begin one of the same name, which a list has only once."""
    opened, context = candidate.around.open_brackets, candidate.context
    if not opened or opened[-1].char != "(" or not opened[-1].closed_below or context.line_suffix.strip():
        return False
    line = candidate.lines[index]
    mine, theirs = _PARAMETER.match(line), _PARAMETER.match(candidate.next_line)
    if mine is None or theirs is None or mine[1] != theirs[1] or _CONDITION_END.search(line):
        return False
    if index == 0:
        return BracketTracker(candidate.around, context.line_prefix).left_line
    return _is_balanced(candidate, candidate.keep_lines(index))


def _is_balanced(candidate: CompletionCandidate, text: str) -> bool:
    """Whether the brackets that are open behind the beginning of the answer are those that are open at the cursor."""
    depth = 0
    for _, char in candidate.around.scanner.fork().feed(text).brackets:
        depth += 1 if char in CLOSER_OF else -1
        if depth < 0:
            return False
    return depth == 0


def same_lines(some: Sequence[str], others: Sequence[str]) -> bool:
    """Whether the nonblank lines of ``some`` equal the first nonblank lines of ``others``.

    Of three lines or more, one may differ a little (about one character in twenty): a model that copies a passage makes
    small mistakes, while in a series of similar lines all lines differ.
    """
    mine = [line for line in some if line.strip()]
    theirs = [line for line in others if line.strip()][: len(mine)]
    if not mine or len(theirs) < len(mine) or not any(is_telling(line) for line in mine):
        return False
    unlike = [(a, b) for a, b in zip(mine, theirs, strict=True) if normal_form(a) != normal_form(b)]
    if not unlike:
        return True
    return len(mine) >= 3 and len(unlike) == 1 and _nearly_same(*unlike[0])


def common_beginning(some: Sequence[str], others: Sequence[str]) -> int:
    """The number of nonblank lines at the beginning of ``some`` that equal those of ``others``, short ones included.

    0 if all of them are brackets alone, which other filters count.
    """
    count, says_something = 0, False
    filled = (line for line in others if line.strip())
    for mine, theirs in zip((line for line in some if line.strip()), filled, strict=False):
        if normal_form(mine) != normal_form(theirs):
            break
        count += 1
        says_something = says_something or significant(mine) > 0
    return count if says_something else 0


def _nearly_same(one: str, other: str) -> bool:
    one, other = normal_form(one), normal_form(other)
    allowed = max(1, max(len(one), len(other)) // 20)
    return abs(len(one) - len(other)) <= allowed and _distance_within(one, other, allowed)


def _distance_within(one: str, other: str, allowed: int) -> bool:
    """Whether the Levenshtein distance is at most ``allowed``. Only a band that wide is computed."""
    width = allowed + 1
    row = {column: column for column in range(min(len(other), allowed) + 1)}
    for index, char in enumerate(one, 1):
        following = {0: index} if index <= allowed else {}
        for column in range(max(1, index - allowed), min(len(other), index + allowed) + 1):
            following[column] = min(
                row.get(column, width) + 1,
                following.get(column - 1, width) + 1,
                row.get(column - 1, width) + (char != other[column - 1]),
            )
        if min(following.values(), default=width) > allowed:
            return False
        row = following
    return row.get(len(other), width) <= allowed
