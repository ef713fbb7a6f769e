"""The events of one HTTP answer on their way from the task that reads the connection to the one that uses them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

from autothink_lsp.backends.sse import SseEvent
from autothink_lsp.errors import BackendError

if TYPE_CHECKING:
    import anyio

_DRAIN_S = 0.5
"""How long a complete answer may take to end its HTTP message, so that the connection can be kept."""


class EventStream:
    """The events of one answer as they arrive. Filled by ``HttpClient``, read by one consumer."""

    def __init__(self, *, whole: bool = False) -> None:
        self.whole = whole
        self.headers: Mapping[str, str] = {}
        self.task: asyncio.Task[None] | None = None
        self.scope: anyio.CancelScope | None = None
        self.ended = False
        self._events: deque[list[SseEvent]] = deque()
        self._is_open = False
        self._complete = False
        self._error: BackendError | None = None
        self._changed = asyncio.Event()

    async def opened(self) -> None:
        """Return when the server has begun to answer with a 200; raise what it, or the network, said instead."""
        while not (self._is_open or self.ended):
            await self._wait()
        if self._error is not None and not self._is_open:
            raise self._error

    async def next_events(self) -> list[SseEvent] | None:
        """What has arrived, at least one event; ``None`` at the end. An error comes after the events before it."""
        while not self._events:
            if self.ended:
                if self._error is not None:
                    raise self._error
                return None
            await self._wait()
        return self._events.popleft()

    def mark_complete(self) -> None:
        """The answer is whole, only the end of the HTTP message is left: ``aclose`` then keeps the connection."""
        self._complete = True

    async def aclose(self) -> None:
        """Close the connection at once, unless the answer is complete. Idempotent."""
        if self._complete and not self.ended:
            asyncio.get_running_loop().call_later(_DRAIN_S, self._give_up)
        else:
            await self.abort()

    async def abort(self) -> None:
        """Close the connection and return when it is closed."""
        if self.task is not None and not self.task.done():
            self._give_up()
            await asyncio.wait([self.task])

    def open(self, headers: Mapping[str, str]) -> None:
        self.headers = headers
        self._is_open = True
        self._changed.set()

    def publish(self, events: list[SseEvent]) -> None:
        self._events.append(events)
        self._changed.set()

    def end(self, error: BackendError | None = None, cause: BaseException | None = None) -> None:
        if error is not None and cause is not None:
            error.__cause__ = cause
        self._error = error
        self.ended = True
        self._changed.set()

    def _give_up(self) -> None:
        if self.scope is not None:
            self.scope.cancel()
        elif self.task is not None:
            self.task.cancel()  # no connection yet

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()
