"""Reads a stream in a task of its own, so that its consumer can stop waiting.

A generator of the backends must be read and closed by one task only: its connection is given up through a scope that
belongs to that task.
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
class Pump:
    """``next`` gives events in order."""

    _events: asyncio.Queue[ChatEvent | BaseException | _Ended]

    async def next(self, patience_s: float, interrupt: asyncio.Event | None = None) -> ChatEvent | None:
        """The next event; ``None`` when ``patience_s`` are over or ``interrupt`` is set. Raises what the backend
        raises."""
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
            raise BadResponse("The server ended its answer without saying that it is complete.")
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
async def pumped(stream: AsyncGenerator[ChatEvent, None]) -> AsyncIterator[Pump]:
    """Read ``stream`` while inside; leaving hangs up."""
    events: asyncio.Queue[ChatEvent | BaseException | _Ended] = asyncio.Queue()

    async def read() -> None:
        try:
            async with contextlib.aclosing(stream):
                async for event in stream:
                    events.put_nowait(event)
            events.put_nowait(_Ended())
        except Exception as error:  # noqa: BLE001 - handed to the reader, which raises it
            events.put_nowait(error)

    task = asyncio.create_task(read(), name="read chat")
    try:
        yield Pump(events)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
