"""Who waits for an engine, who listens to it, and what they are told: the half of every engine that starts nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from attrs import define, field

from autothink_lsp.engines.base import EngineAddress, EngineState, EngineStatus, StatusListener
from autothink_lsp.errors import EngineError

logger = logging.getLogger(__name__)


@define(eq=False)
class Readiness:
    """The engine's state, and the address as a future that is made anew whenever the old address no longer holds."""

    status: EngineStatus = field(default=EngineStatus(EngineState.STOPPED, "not started"), init=False)
    _listeners: list[StatusListener] = field(factory=list, init=False)
    _ready: asyncio.Future[EngineAddress] | None = field(default=None, init=False)

    def subscribe(self, listener: StatusListener) -> Callable[[], None]:
        """See ``base.Engine``."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return unsubscribe

    def say(self, state: EngineState, detail: str, fraction: float | None = None) -> None:
        """One step. A listener that fails does not affect the others."""
        self.status = EngineStatus(state, detail, fraction)
        for listener in tuple(self._listeners):
            try:
                listener(self.status)
            except Exception:
                logger.exception("a listener of the engine failed")

    def expect(self) -> None:
        """Reset the ready future: later callers wait for the next address, present ones go on waiting."""
        if self._ready is None or self._ready.done():
            self._ready = asyncio.get_running_loop().create_future()

    def is_ready(self, address: EngineAddress, detail: str) -> None:
        """Notify all listeners."""
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(address)
        self.say(EngineState.READY, detail)

    def failed(self, error: EngineError) -> None:
        """Notify all listeners; later callers get the same at once."""
        logger.error("%s", error.for_user())
        self.disappoint(error)
        self.say(EngineState.FAILED, error.for_user())

    def disappoint(self, error: EngineError) -> None:
        """Tell those who wait."""
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(error)
            self._ready.exception()  # there may be no waiter

    def known(self) -> EngineAddress | None:
        """The address if it holds now."""
        ready = self._ready
        if ready is None or not ready.done() or ready.cancelled() or ready.exception() is not None:
            return None
        return ready.result()

    async def wait(self) -> EngineAddress:
        """The address, when there is one. Raises ``EngineError``."""
        assert self._ready is not None  # noqa: S101 - expect() has made it
        return await asyncio.shield(self._ready)
