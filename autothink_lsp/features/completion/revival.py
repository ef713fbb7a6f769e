"""After an outage: looks by itself whether the server is back, so that the next key finds a connection and a warm
prompt.

Without it the return is noticed by the next key only, which pays for the connection, and the editor says that there is
no model until then. It looks only for what may be over by itself (never for what would ask the user again), only while
the document of the last request is open, in pauses that double up to a minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from autothink_lsp.features.completion.endpoint import CompletionEndpoint

FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 60.0


class Revival:
    """``warm`` connects and has the server read the prompt at the last place; ``needed`` says whether there is one.
    Belongs to one event loop."""

    def __init__(self, warm: Callable[[], Awaitable[None]], needed: Callable[[], bool]) -> None:
        self._warm = warm
        self._needed = needed
        self._tasks: dict[CompletionEndpoint, asyncio.Task[None]] = {}

    def look_after(self, endpoint: CompletionEndpoint) -> None:
        """It has failed, perhaps."""
        if endpoint.connected is None and endpoint.may_return and endpoint not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._look(endpoint), name="look for the server")
            self._tasks[endpoint] = task
            task.add_done_callback(lambda _: self._tasks.pop(endpoint, None))

    async def aclose(self) -> None:
        """Look no more. Idempotent."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, endpoint: CompletionEndpoint) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            await asyncio.sleep(pause_s)
            if not self._needed() or not endpoint.may_return:
                return
            await self._warm()
            if endpoint.connected is not None:
                return
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
