"""The raw events of one HTTP response, passed from the task that reads the connection to its consumer.

Also has the response's headers, error and end, so that closing it can keep or drop the connection.
`features/assist/stream_queue.py` is the queue above it, for chat events.
"""

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
    """The events of one response as they arrive. Filled by ``HttpClient``, read by one consumer."""

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
        self._waiter: asyncio.Future[None] | None = None  # of the one consumer

    async def opened(self) -> None:
        """Wait for status 200. Raises the server's error for another status, or the network's error."""
        while not (self._is_open or self.ended):
            await self._wait()
        if self._error is not None and not self._is_open:
            raise self._error

    async def next_events(self) -> list[SseEvent] | None:
        """Wait for events and return those that have arrived; ``None`` at the end. An error is raised after the events
        before it."""
        while not self._events:
            if self.ended:
                if self._error is not None:
                    raise self._error
                return None
            await self._wait()
        return self._events.popleft()

    def mark_complete(self) -> None:
        """Mark the answer as complete although the HTTP message has not ended: ``aclose`` then keeps the connection."""
        self._complete = True

    async def aclose(self) -> None:
        """Close the connection at once, unless the answer is complete. Idempotent."""
        if self._complete and not self.ended:
            asyncio.get_running_loop().call_later(_DRAIN_S, self._give_up)
        else:
            await self.abort()

    async def abort(self) -> None:
        """Close the connection and wait until it is closed."""
        if self.task is not None and not self.task.done():
            self._give_up()
            closed = asyncio.get_running_loop().create_future()
            self.task.add_done_callback(lambda _: closed.done() or closed.set_result(None))
            await closed

    def open(self, headers: Mapping[str, str]) -> None:
        """Store the response's headers; called when its head has arrived."""
        self.headers = headers
        self._is_open = True
        self._wake()

    def publish(self, events: list[SseEvent]) -> None:
        """Add events for the consumer."""
        self._events.append(events)
        self._wake()

    def end(self, error: BackendError | None = None, cause: BaseException | None = None) -> None:
        """End the response, with ``error`` if it failed."""
        if error is not None and cause is not None:
            error.__cause__ = cause
        self._error = error
        self.ended = True
        self._wake()

    def _give_up(self) -> None:
        if self.scope is not None:
            self.scope.cancel()
        elif self.task is not None:
            self.task.cancel()  # no connection yet

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
