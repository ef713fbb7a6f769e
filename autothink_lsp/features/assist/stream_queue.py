"""Reads a stream of chat events in a separate task, so that its consumer can wait with a timeout.

One task must read and close a backend's generator, because its connection is aborted through a scope that belongs to
that task; a wait on the generator itself that times out would end the generator. ``backends/event_stream.py`` is the
queue below it: raw events of one HTTP response, with the response's headers and its end.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator

from attrs import define

from autothink_lsp.backends.base import ChatEvent
from autothink_lsp.errors import BadResponse


class _Ended:
    """The stream has no more events."""


@define
class StreamQueue:
    """The events of one stream in their order."""

    _events: asyncio.Queue[ChatEvent | BaseException | _Ended]

    async def next(self, patience_s: float, interrupt: asyncio.Event | None = None) -> ChatEvent | None:
        """The next event; ``None`` after ``patience_s`` or when ``interrupt`` is set. Raises the backend's errors."""
        try:
            async with asyncio.timeout(max(0.0, patience_s)):
                event = await self._get(interrupt)
        except TimeoutError:
            return None
        if event is None:
            return None
        if isinstance(event, BaseException):
            raise event
        if isinstance(event, _Ended):
            raise BadResponse("The server ended its answer without saying that it is complete.", retryable=True)
        return event

    async def _get(self, interrupt: asyncio.Event | None) -> ChatEvent | BaseException | _Ended | None:
        if interrupt is None or not self._events.empty():
            return await self._events.get()
        event, stop = asyncio.ensure_future(self._events.get()), asyncio.ensure_future(interrupt.wait())
        try:
            await asyncio.wait((event, stop), return_when=asyncio.FIRST_COMPLETED)
            return event.result() if event.done() else None
        finally:
            event.cancel()
            stop.cancel()


@contextlib.asynccontextmanager
async def queued_stream(stream: AsyncGenerator[ChatEvent, None]) -> AsyncIterator[StreamQueue]:
    """Read ``stream`` inside the ``async with`` block; leaving the block closes it."""
    events: asyncio.Queue[ChatEvent | BaseException | _Ended] = asyncio.Queue()

    async def read() -> None:
        try:
            async with contextlib.aclosing(stream):
                async for event in stream:
                    events.put_nowait(event)
            events.put_nowait(_Ended())
        except Exception as error:  # noqa: BLE001 - passed to the consumer, which raises it
            events.put_nowait(error)

    task = asyncio.create_task(read(), name="read chat")
    try:
        yield StreamQueue(events)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
