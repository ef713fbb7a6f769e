"""Moves the threshold of the score slowly by what became of the actions: down where quick attempts go wrong, up where
thinking is not worth its time. Bounded, and only on enough evidence."""

from __future__ import annotations

from autothink_lsp.features.statistics.store import Statistics
from autothink_lsp.thinking.calibration import CEILING, DEFAULT_THRESHOLD, FLOOR

STEP = 0.02
LEAST_ACTIONS = 20
_WINDOW_S = 14 * 86_400
_DAY_S = 86_400
# A quick attempt (with its retry) that is good in fewer cases than this should have been a thought.
_WANTED_OFF = 0.6
_MARGIN = 0.1


def moved(threshold: float, off: tuple[int, int], on: tuple[int, int]) -> float:
    """The threshold after a day. ``off`` and ``on`` are (actions, good ones). Never moves by more than ``STEP``."""
    if off[0] < LEAST_ACTIONS:
        return threshold
    off_rate = off[1] / off[0]
    on_rate = on[1] / on[0] if on[0] >= LEAST_ACTIONS else None
    if off_rate < _WANTED_OFF - _MARGIN and (on_rate is None or on_rate > off_rate):
        threshold -= STEP
    elif off_rate > _WANTED_OFF + _MARGIN or (on_rate is not None and on_rate < off_rate):
        threshold += STEP
    return min(CEILING, max(FLOOR, threshold))


def current_threshold(statistics: Statistics) -> float:
    """The stored one, moved at most once a day."""
    threshold = statistics.value("threshold", DEFAULT_THRESHOLD)
    now_s = statistics.now_s()
    if now_s - statistics.value("threshold_moved_at", 0.0) < _DAY_S:
        return threshold
    since_s = now_s - _WINDOW_S
    off, on = statistics.outcomes("off", since_s=since_s), statistics.outcomes("on", since_s=since_s)
    fresh = moved(threshold, off, on)
    if off[0] >= LEAST_ACTIONS:
        statistics.store_value("threshold_moved_at", now_s)
        statistics.store_value("threshold", fresh)
    return fresh
