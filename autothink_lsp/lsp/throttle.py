"""Limits how often something is done: updates at a rate, never dropping the last one; work for the newest value once
there is no newer one for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from attrs import define, field

T = TypeVar("T")


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


@define(eq=False)
class WhenQuiet(Generic[T]):
    """Calls ``act`` with the newest value, some time after it was set. Of many values only one in that time costs a
    timer: one that ends too early is set again."""

    act: Callable[[T], None]
    _newest: T | None = field(default=None, init=False)
    _due_s: float = field(default=0.0, init=False)
    _timer: asyncio.TimerHandle | None = field(default=None, init=False)

    def set(self, value: T, quiet_s: float) -> None:
        """Replace the value, and act ``quiet_s`` from now. Needs a running event loop."""
        loop = asyncio.get_running_loop()
        self._newest, self._due_s = value, loop.time() + quiet_s
        if self._timer is not None and self._timer.when() > self._due_s:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = loop.call_at(self._due_s, self._at_time)

    def hasten(self, quiet_s: float) -> None:
        """Act ``quiet_s`` from now at the latest, if there is a value."""
        if self._newest is not None and self._due_s > asyncio.get_running_loop().time() + quiet_s:
            self.set(self._newest, quiet_s)

    @property
    def waiting(self) -> T | None:
        """The value that ``act`` has not been called with yet."""
        return self._newest

    def close(self) -> None:
        """Drop the value."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._newest = None

    def _at_time(self) -> None:
        loop, self._timer = asyncio.get_running_loop(), None
        if self._due_s > loop.time():
            self._timer = loop.call_at(self._due_s, self._at_time)
            return
        newest, self._newest = self._newest, None
        if newest is not None:
            self.act(newest)
