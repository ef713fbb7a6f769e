"""When a child that died is started again, and when we stop trying. Pure: it is told how long each one lived."""

from __future__ import annotations

from attrs import define, field


@define
class RestartPolicy:
    """Exponential back-off that forgets once a child has lived long enough.

    A child that dies within ``quick_s`` of its start is a quick death. After ``limit`` of them in a row there is no
    further attempt.
    """

    first_delay_s: float = 0.5
    longest_delay_s: float = 8.0
    quick_s: float = 30.0
    limit: int = 4
    _quick_deaths: int = field(default=0, init=False)

    def died(self, lived_s: float) -> float | None:
        """Seconds to wait before the next start, or ``None`` to give up."""
        if lived_s >= self.quick_s:
            self._quick_deaths = 0
            return self.first_delay_s
        self._quick_deaths += 1
        if self._quick_deaths >= self.limit:
            return None
        return min(self.first_delay_s * 2 ** (self._quick_deaths - 1), self.longest_delay_s)
