"""A time limit that a busy machine does not use up: time in which the program waits for a processor is added to it.

On a machine where ten programs share two processors a program that needs two seconds takes ten. A fixed limit then says
that it did not answer, and a proof is lost. The extension is bounded, so that a caller still waits for a known time at
most. A program that is idle or computes without end gets nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from attrs import define

MOST_EXTENSION = 2.0  # of the limit (chosen): at most three times as long in all
_LEAST_S = 0.05  # a shorter extension is not worth another wait


@define(eq=False)
class FairLimit:
    """``seconds`` from now on, and at most ``MOST_EXTENSION`` times as much again. ``extension_s`` was added."""

    seconds: float
    extension_s: float = 0.0

    @property
    def longest_s(self) -> float:
        """The seconds after which the time is over in any case."""
        return self.seconds * (1 + MOST_EXTENSION)

    @contextlib.asynccontextmanager
    async def applied(self, waited_s: Callable[[], Awaitable[float]]) -> AsyncIterator[None]:
        """Raise ``TimeoutError`` in the body when the time is over.

        ``waited_s()`` is the time in which the program waited for a processor since the last call. It is called at the
        beginning and when the time is over.
        """
        async with asyncio.timeout(max(0.0, self.longest_s)) as timeout:
            watcher = asyncio.create_task(self._end(timeout, waited_s))
            try:
                yield
            finally:
                watcher.cancel()

    async def _end(self, enforced: asyncio.Timeout, waited_s: Callable[[], Awaitable[float]]) -> None:
        """End the wait when the time is over."""
        left_s = self.seconds
        with_extension_s = self.longest_s - self.seconds
        started_s = asyncio.get_running_loop().time()
        await waited_s()  # what was waited before does not count
        left_s -= asyncio.get_running_loop().time() - started_s
        while left_s > 0:
            await asyncio.sleep(left_s)
            left_s = min(await waited_s(), with_extension_s - self.extension_s)
            if left_s < _LEAST_S:
                break
            self.extension_s += left_s
        if not enforced.expired():
            enforced.reschedule(asyncio.get_running_loop().time())
