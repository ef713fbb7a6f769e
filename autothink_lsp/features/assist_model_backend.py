"""The backend of an embedded model for actions alone, whose engine is loaded only while actions use it.

Each request asks for the engine's address first, which starts an engine that was unloaded; the engine is not unloaded
while a request runs. How long it stays without a request is decided in ``embedded.py``.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

from attrs import define, field

from autothink_lsp.backends.base import (
    Backend,
    ChatEvent,
    ChatRequest,
    FimRequest,
    Finished,
    ServerDescription,
    StreamEvent,
    Timings,
)
from autothink_lsp.engines.base import EngineAddress


@define(eq=False)
class AssistModelBackend:
    """A ``Backend``. ``use`` gives the address of the running engine for one request, ``connect`` its backend;
    ``observe`` is called with the timings of each whole chat.

    Besides ``BackendError`` the methods raise ``EngineError`` and ``ModelError`` if the engine cannot be started.
    """

    use: Callable[[], AbstractAsyncContextManager[EngineAddress]]
    connect: Callable[[EngineAddress], Backend]
    observe: Callable[[Timings], None] = lambda _: None
    _connected: tuple[EngineAddress, Backend] | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        return "llama-server"

    @property
    def url(self) -> str:
        return ""

    async def stream(self, request: FimRequest) -> AsyncGenerator[StreamEvent, None]:
        """The completion of the running engine."""
        async with self._running() as backend, contextlib.aclosing(backend.stream(request)) as events:
            async for event in events:
                yield event

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """The chat of the running engine."""
        async with self._running() as backend, contextlib.aclosing(backend.chat(request)) as events:
            async for event in events:
                if isinstance(event, Finished) and event.timings is not None:
                    self.observe(event.timings)
                yield event

    async def token_counts(self, texts: Sequence[str]) -> Mapping[str, int] | None:
        async with self._running() as backend:
            return await backend.token_counts(texts)

    async def describe(self) -> ServerDescription:
        async with self._running() as backend:
            return await backend.describe()

    async def aclose(self) -> None:
        """Close the connection; the engine is not stopped. Idempotent."""
        connected, self._connected = self._connected, None
        if connected is not None:
            await connected[1].aclose()

    @contextlib.asynccontextmanager
    async def _running(self) -> AsyncIterator[Backend]:
        async with self.use() as address:
            if self._connected is None or self._connected[0] != address:
                await self.aclose()
                self._connected = (address, self.connect(address))
            yield self._connected[1]
