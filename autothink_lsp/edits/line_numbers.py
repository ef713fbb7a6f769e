"""Removes line numbers that a model copied before the code, but not a first column of numbers that belongs to the code.

The asked code decides: a column of numbers in a table, a list or a log is in the asked code, too, so removing it makes
the answer less similar. Pure.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import pairwise

# Line numbers of editors, ``cat -n``, ``grep -n`` and models: "12|", "12 | ", "12:", "L12:", "12\t", "12→".
# The mark is the same on all lines: in ``3 .a`` the point may be that of the code.
_NUMBERED = tuple(
    re.compile(rf"[ \t]{{0,6}}\[?(?:L|line )?(\d{{1,6}})\]?(?P<mark>{mark})")
    for mark in (r"[ \t]?[|│→][ \t]?", r"[ \t]?:[ \t]?", r"[ \t]?[.)][ \t]?", r"\t", " ", "  ")
)
_BARS = frozenset({"|", "│", "→"})  # behind a number these are hardly ever part of the code
_BAR_BEHIND_NUMBER = re.compile(r"[ \t]*\[?\d{1,6}\]?[ \t]*[|│→]")
_MOST_CHARACTERS = 4_000  # limit for comparing by character; longer texts have enough lines


def without_line_numbers(code: str, asked: str) -> str:
    """``code`` without line numbers, if every non-blank line has one, they are ascending, and ``code`` is more similar
    to ``asked`` without them."""
    lines = code.split("\n")
    present = asked.split("\n")
    read = [one for pattern in _NUMBERED if (one := _numbered_lines(lines, pattern)) is not None]
    if not read:
        return code
    best, matches = max(
        (
            ("\n".join(_after(line, match, blanks=blanks) for line, match in zip(lines, matches, strict=True)), matches)
            for matches in read
            for blanks in (True, False)
        ),
        key=lambda one: _common(one[0], present),
    )
    numbers = [int(match[1]) for match in matches if match is not None]
    alike, likewise = _common(best, present), _common(code, present)
    if alike != likewise:
        return best if alike > likewise else code
    if not asked.strip():
        return best if len(numbers) > 1 and _counts_by_one(numbers) else code
    # No line is unchanged: the asked code's first column decides, or else the characters.
    if _begins_with_number(present) and not all(match["mark"].strip() in _BARS for match in matches if match):
        return code
    if any(_BAR_BEHIND_NUMBER.match(line) for line in present):
        return code
    return best if _ratio(best, asked) > _ratio(code, asked) else code


def _numbered_lines(lines: list[str], pattern: re.Pattern[str]) -> list[re.Match[str] | None] | None:
    """The number before each line that is not blank; ``None`` if one has none, or if they are not ascending."""
    matches = [pattern.match(line) for line in lines]
    if any(match is None for match, line in zip(matches, lines, strict=True) if line.strip()):
        return None
    numbers = [int(match[1]) for match in matches if match is not None]
    return matches if numbers and all(one < other for one, other in pairwise(numbers)) else None


def _after(line: str, match: re.Match[str] | None, *, blanks: bool) -> str:
    if match is None:
        return line
    mark = match["mark"]
    kept = mark[len(mark.rstrip(" \t")) :] if not blanks and mark.strip() else ""
    return kept + line[match.end() :]


def _common(code: str, present: list[str]) -> int:
    """The number of lines that are in the asked code, each counted at most as often as there."""
    left: dict[str, int] = {}
    for line in present:
        if line.strip():
            left[line.rstrip()] = left.get(line.rstrip(), 0) + 1
    common = 0
    for line in code.split("\n"):
        if left.get(line.rstrip(), 0) > 0:
            left[line.rstrip()] -= 1
            common += 1
    return common


def _begins_with_number(lines: list[str]) -> bool:
    filled = [line for line in lines if line.strip()]
    return sum(1 for line in filled if re.match(r"\s*\[?\d", line)) * 2 >= len(filled)


def _counts_by_one(numbers: list[int]) -> bool:
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _ratio(code: str, asked: str) -> float:
    matcher = SequenceMatcher(None, asked[:_MOST_CHARACTERS], code[:_MOST_CHARACTERS], autojunk=True)
    return matcher.quick_ratio()
