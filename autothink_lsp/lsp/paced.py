"""Shows something that changes often, not more often than a person reads, and never leaves the last change out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from attrs import define


@define(eq=False)
class Paced:
    """``show`` is called with what is known then: at once where the last time is ``gap_s`` ago, else a little later."""

    gap_s: float
    show: Callable[[], None]
    now_s: Callable[[], float] = time.monotonic
    _shown_at: float = float("-inf")
    _waiting: asyncio.TimerHandle | None = None

    def changed(self, *, at_once: bool = False) -> None:
        """There is something new. Needs a running event loop."""
        wait_s = 0.0 if at_once else self._shown_at + self.gap_s - self.now_s()
        if wait_s <= 0:
            self._show()
        elif self._waiting is None:
            self._waiting = asyncio.get_running_loop().call_later(wait_s, self._show)

    def close(self) -> None:
        """Show nothing any more."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _show(self) -> None:
        self.close()
        self._shown_at = self.now_s()
        self.show()
