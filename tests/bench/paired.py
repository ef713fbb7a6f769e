"""The two statistics that compare layouts on the same holes. Exact, no dependency."""

from __future__ import annotations

from math import comb, sqrt


def wilson(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % score interval of a proportion (E. B. Wilson, 1927)."""
    if not trials:
        return 0.0, 1.0
    share = successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided exact p: holes where both agree say nothing, the others are tosses of a coin."""
    tosses = only_first + only_second
    if not tosses:
        return 1.0
    tail = sum(comb(tosses, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail / 2**tosses)
