"""Confidence intervals and paired tests for small samples. Independent of what is measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

from attrs import frozen

_Z = 1.959963984540054


def wilson(successes: int, count: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share; (0, 1) for an empty sample."""
    if not count:
        return 0.0, 1.0
    share = successes / count
    centre = share + _Z * _Z / (2 * count)
    spread = _Z * math.sqrt(share * (1 - share) / count + _Z * _Z / (4 * count * count))
    scale = 1 + _Z * _Z / count
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


@frozen
class Paired:
    """Two policies on the same tasks: the numbers of tasks that only one passed, and the exact two-sided p of McNemar's
    test."""

    only_first: int
    only_second: int
    p: float


def paired(first: Sequence[bool], second: Sequence[bool]) -> Paired:
    """Compare two policies by what each passed of the same tasks."""
    a = sum(x and not y for x, y in zip(first, second, strict=True))
    b = sum(y and not x for x, y in zip(first, second, strict=True))
    return Paired(a, b, mcnemar(a, b))


def mcnemar(only_first: int, only_second: int) -> float:
    """The two-sided p of McNemar's exact test: binomial over the cases that only one of two passed."""
    count = only_first + only_second
    tail = sum(math.comb(count, k) for k in range(min(only_first, only_second) + 1)) / 2**count if count else 0.5
    return min(1.0, 2 * tail)


def power_note(count: int) -> str:
    """The smallest difference that a sample of this size can show: 5 points need about 490 tasks.

    Source: ``docs/reference/autothink-format.md``, section 12.
    """
    least = 5.0 * math.sqrt(490 / max(1, count))
    return (
        f"With {count} tasks, differences of less than about {min(100, least):.0f} points cannot be shown "
        "(paired, 20 % discordant, one-sided 5 %, power 80 %). A wide interval means: not shown, not: equal."
    )
