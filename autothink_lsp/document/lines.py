"""Lines as plain strings: the indentation of one, the blank ones at the ends of several, and those that two sequences
have in common at their ends.

Columns are code points. What a tab is worth is the language's affair: ``syntax/language_style.py``.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence


def indent_of(line: str) -> str:
    """The leading white space of ``line``; all of a blank line."""
    return line[: len(line) - len(line.lstrip())]


def indent_length(line: str) -> int:
    """The number of characters of leading white space: the column of the line's text."""
    return len(line) - len(line.lstrip())


def filled_range(lines: Sequence[str]) -> tuple[int, int]:
    """The range [first, stop) of ``lines`` between the blank lines at both ends; (0, 0) if all are blank."""
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return (filled[0], filled[-1] + 1) if filled else (0, 0)


def trimmed(lines: Sequence[str]) -> list[str]:
    """``lines`` without the blank lines at both ends."""
    first, stop = filled_range(lines)
    return list(lines[first:stop])


def equal_beginning(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """The number of items that are equal at the beginning of both sequences."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def equal_ends(old: Sequence[Hashable], new: Sequence[Hashable]) -> tuple[int, int]:
    """The number of items that are equal at the beginning, and of the rest the number that are equal at the end."""
    head = equal_beginning(old, new)
    longest_tail = min(len(old), len(new)) - head
    tail = 0
    while tail < longest_tail and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return head, tail
