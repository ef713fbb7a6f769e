"""The threshold of the score: from a wanted share of requests that think, with some inertia for a target that was asked
about before."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

DEFAULT_THRESHOLD = 0.55
FLOOR, CEILING = 0.2, 0.8


@frozen
class Calibration:
    """Think above ``threshold``; within ``grey`` of it a model that can judge is asked to. ``hysteresis`` is how far a
    score must pass the threshold to turn an earlier decision about the same target."""

    threshold: float = DEFAULT_THRESHOLD
    grey: float = 0.15
    hysteresis: float = 0.05


def threshold_for_rate(scores: Sequence[float], rate: float) -> float:
    """The threshold above which the share ``rate`` (0 to 1) of ``scores`` lies, kept between floor and ceiling.

    The default where there are too few scores (under 20) to say anything.
    """
    if len(scores) < 20:
        return DEFAULT_THRESHOLD
    ordered = sorted(scores, reverse=True)
    count = round(min(1.0, max(0.0, rate)) * len(ordered))
    if count == 0:
        return CEILING
    if count == len(ordered):
        return FLOOR
    return min(CEILING, max(FLOOR, (ordered[count - 1] + ordered[count]) / 2))
