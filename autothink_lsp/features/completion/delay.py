"""How long to hold a request back in the hope that the next key makes it superfluous.

Tabby's agent subtracts the backend's latency from its debounce and so sends the most requests to the slowest backend
(measured, facts of this project); Continue always waits 350 ms. Here the wait follows the typist: nothing after a
pause, at the start of a line and for a request by hand; in a burst a little more than the usual gap between two keys,
so that a request goes out when the burst pauses, and never so long that the pause itself is felt.
"""

from __future__ import annotations

from collections import deque
from statistics import median

from attrs import define, field

LONGEST_MS = 120.0
BURST_GAP_MS = 300.0  # a longer gap between two requests is a pause, not typing
GAPS_KEPT = 8
# In a burst the next key is expected after one median gap; waiting slightly longer catches most of them.
MARGIN = 1.15


@define
class AdaptiveDelay:
    """Learns from the times of requests. One per server: a person types in one document at a time."""

    _gaps_ms: deque[float] = field(factory=lambda: deque(maxlen=GAPS_KEPT))
    _last_ms: float | None = None

    def next_ms(self, now_ms: float, *, invoked: bool, line_start: bool) -> float:
        """Milliseconds to wait before sending the request that arrived at ``now_ms``."""
        gap = None if self._last_ms is None else now_ms - self._last_ms
        self._last_ms = now_ms
        if gap is None or gap > BURST_GAP_MS:
            self._gaps_ms.clear()
            return 0.0
        self._gaps_ms.append(gap)
        if invoked or line_start:
            return 0.0
        if len(self._gaps_ms) < 2:  # one gap says nothing of the pace yet
            return 0.0
        return min(LONGEST_MS, MARGIN * median(self._gaps_ms))
