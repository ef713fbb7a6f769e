"""Limits the rate of updates, and never drops the last one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from attrs import define


@define(eq=False)
class Throttle:
    """Calls ``show`` after a change: immediately if the last call was at least ``gap_s`` ago, else after that time."""

    gap_s: float
    show: Callable[[], None]
    now_s: Callable[[], float] = time.monotonic
    _shown_at_s: float = float("-inf")
    _timer: asyncio.TimerHandle | None = None

    def changed(self, *, at_once: bool = False) -> None:
        """Report a change. Needs a running event loop."""
        wait_s = 0.0 if at_once else self._shown_at_s + self.gap_s - self.now_s()
        if wait_s <= 0:
            self._show()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._show)

    def close(self) -> None:
        """Drop a pending update."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _show(self) -> None:
        self.close()
        self._shown_at_s = self.now_s()
        self.show()
