"""The raw events of one HTTP response, with its headers, its error and its end.

``EventStream`` is what backends read. ``QueuedStream`` is filled by a task of its own, for httpx, which may not be
cancelled while it cleans up; a stream from this machine is read by its consumer (``loopback.py``).
`features/assist/stream_queue.py` is the queue above it, for chat events.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

from autothink_lsp.backends.sse import SseEvent
from autothink_lsp.errors import BackendError

if TYPE_CHECKING:
    import anyio

DRAIN_S = 0.5
"""How long a complete answer may take to end its HTTP message, so that the connection can be kept."""


class EventStream(ABC):
    """The events of one response as they arrive, for one consumer. ``headers`` are there once it is opened."""

    def __init__(self) -> None:
        self.headers: Mapping[str, str] = {}
        self.ended = False
        self._is_open = False
        self._complete = False
        self._error: BackendError | None = None
        self._events: deque[list[SseEvent]] = deque()

    async def opened(self) -> None:
        """Wait for status 200. Raises the server's error for another status, or the network's error."""
        while not (self._is_open or self.ended):
            await self._advance()
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
            await self._advance()
        return self._events.popleft()

    def mark_complete(self) -> None:
        """Mark the answer as complete although the HTTP message has not ended: ``aclose`` then keeps the connection."""
        self._complete = True

    @abstractmethod
    async def aclose(self) -> None:
        """Close the connection at once, unless the answer is complete. Idempotent."""

    @abstractmethod
    async def abort(self) -> None:
        """Close the connection; a consumer that waits gets an error."""

    @abstractmethod
    async def _advance(self) -> None:
        """Wait until more of the response has arrived: its head, events, or its end."""


class QueuedStream(EventStream):
    """Filled by ``HttpClient``."""

    def __init__(self) -> None:
        super().__init__()
        self.task: asyncio.Task[None] | None = None
        self.scope: anyio.CancelScope | None = None
        self._waiter: asyncio.Future[None] | None = None  # of the one consumer

    async def aclose(self) -> None:
        if self._complete and not self.ended:
            asyncio.get_running_loop().call_later(DRAIN_S, self._give_up)
        else:
            await self.abort()

    async def abort(self) -> None:
        if self.task is not None and not self.task.done():
            self._give_up()
            closed = asyncio.get_running_loop().create_future()
            self.task.add_done_callback(lambda _: closed.done() or closed.set_result(None))
            await closed

    def open(self, headers: Mapping[str, str]) -> None:
        """Store the response's headers; called when it is known to be an answer."""
        if not self._is_open:
            self.headers = headers
            self._is_open = True
            self._wake()

    def publish(self, events: list[SseEvent]) -> None:
        """Add events for the consumer."""
        if events:
            self._events.append(events)
            self._wake()

    def end(self, error: BackendError | None = None) -> None:
        """End the response, with ``error`` if it failed."""
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

    async def _advance(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
