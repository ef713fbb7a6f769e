"""Finds places that the user has passed by: they lie between changed lines and were left as they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable

LEAST_CHOSEN = 3  # changes after which unchanged places between them show that the user changes only some; chosen


def is_passed(changed: Collection[int], line: int) -> bool:
    """Whether ``line`` lies between the first and the last line of ``changed``."""
    return bool(changed) and min(changed) < line < max(changed)


def is_selective(changed: Collection[int], lines: Iterable[int]) -> bool:
    """Whether the user changes only some of ``lines``: at least ``LEAST_CHOSEN`` were changed, and more were passed by
    than changed."""
    if len(changed) < LEAST_CHOSEN:
        return False
    return sum(is_passed(changed, line) for line in lines) > len(changed)
