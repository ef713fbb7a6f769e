"""Places that the user has passed by: they lie between the lines that he has changed, and he left them as they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable

LEAST_CHOSEN = 3  # changes, before the places between them say that the user changes some, not all; chosen


def is_passed(changed: Collection[int], line: int) -> bool:
    """Whether a line lies between changed ones."""
    return bool(changed) and min(changed) < line < max(changed)


def is_selective(changed: Collection[int], lines: Iterable[int]) -> bool:
    """Whether more of the lines were passed by than changed."""
    if len(changed) < LEAST_CHOSEN:
        return False
    return sum(is_passed(changed, line) for line in lines) > len(changed)
