"""How long a backend takes to an answer that can be shown, as measured. Decides nothing: ``delay.py`` reads it."""

from __future__ import annotations

from collections import deque
from statistics import median

from attrs import define, field

KEPT = 12


@define
class LatencyTracker:
    """The newest times of one endpoint, in milliseconds."""

    _times_ms: deque[float] = field(factory=lambda: deque(maxlen=KEPT))

    def answered(self, after_ms: float) -> None:
        """An answer was there ``after_ms`` after its request."""
        self._times_ms.append(after_ms)

    def hung_up(self, after_ms: float) -> None:
        """Nobody waited for the answer any longer. That it had not come says something only where it was late."""
        if after_ms > self.typical_ms:
            self._times_ms.append(after_ms)

    @property
    def typical_ms(self) -> float:
        """The median; 0 while nothing is known."""
        return median(self._times_ms) if self._times_ms else 0.0
