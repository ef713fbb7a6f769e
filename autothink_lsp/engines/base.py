"""The interface of a model server that the language server starts: its address, its status, starting, checking and
stopping it.

Decides what all engines share: one future for the next address, restarts with back-off, the health check before an
address is returned. Subclasses start the processes; completion requests belong to ``backends/``, which gets an
``EngineAddress``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import StrEnum
from urllib.parse import urlsplit

from attrs import define, field, frozen

from autothink_lsp.errors import EngineError

logger = logging.getLogger(__name__)

HEALTH_TIMEOUT_S = 10.0


class EngineState(StrEnum):
    """The state of an engine."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


@frozen
class EngineAddress:
    """The address of a ready engine. ``url`` is a loopback base URL without a trailing slash.

    The slots of an engine that windows share are divided into ``places``, and ``place`` is this window's.
    """

    url: str
    api_key: str = field(repr=False)
    place: int = 0
    places: int = 1


@frozen
class EngineStatus:
    """An engine's state and what it is doing, for an editor's progress display.

    ``detail`` is a sentence for the user. ``fraction`` is the progress from 0 to 1, ``None`` if it is not known.
    """

    state: EngineState
    detail: str
    fraction: float | None = None


StatusListener = Callable[[EngineStatus], None]


@define
class RestartPolicy:
    """Exponential back-off for a child process that keeps dying. Pure.

    A child that dies within ``quick_s`` of its start counts as a quick exit. After ``limit`` quick exits in a row there
    is no further start; a child that lived longer resets the count.
    """

    first_delay_s: float = 0.5
    longest_delay_s: float = 8.0
    quick_s: float = 30.0
    limit: int = 4
    _quick_exits: int = field(default=0, init=False)

    def on_exit(self, lived_s: float) -> float | None:
        """Return the seconds to wait before the next start, or ``None`` to give up."""
        if lived_s >= self.quick_s:
            self._quick_exits = 0
            return self.first_delay_s
        self._quick_exits += 1
        if self._quick_exits >= self.limit:
            return None
        return min(self.first_delay_s * 2 ** (self._quick_exits - 1), self.longest_delay_s)


@define(eq=False)
class Readiness:
    """The engine's status and its listeners, and a future for its address.

    The future is replaced whenever the address is no longer valid.
    """

    status: EngineStatus = field(default=EngineStatus(EngineState.STOPPED, "not started"), init=False)
    _listeners: list[StatusListener] = field(factory=list, init=False)
    _address: asyncio.Future[EngineAddress] | None = field(default=None, init=False)

    def subscribe(self, listener: StatusListener) -> Callable[[], None]:
        """Call ``listener`` on each status from now on. Returns a function that unsubscribes it."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return unsubscribe

    def set_status(self, state: EngineState, detail: str, fraction: float | None = None) -> None:
        """Set the status and notify the listeners. An exception of one listener does not affect the others."""
        self.status = EngineStatus(state, detail, fraction)
        for listener in tuple(self._listeners):
            try:
                listener(self.status)
            except Exception:
                logger.exception("a status listener of the engine failed")

    def reset(self) -> None:
        """Invalidate the address: callers of ``wait`` get the next one. Existing waiters keep waiting."""
        if self._address is None or self._address.done():
            self._address = asyncio.get_running_loop().create_future()

    def set_ready(self, address: EngineAddress, detail: str) -> None:
        """Give ``address`` to all waiters and set the status to ready."""
        if self._address is not None and not self._address.done():
            self._address.set_result(address)
        self.set_status(EngineState.READY, detail)

    def set_failed(self, error: EngineError) -> None:
        """Raise ``error`` in all waiters, present and later ones, and set the status to failed."""
        logger.error("%s", error.for_user())
        self.fail_waiters(error)
        self.set_status(EngineState.FAILED, error.for_user())

    def fail_waiters(self, error: EngineError) -> None:
        """Raise ``error`` in all waiters without a change of the status."""
        if self._address is not None and not self._address.done():
            self._address.set_exception(error)
            self._address.exception()  # marks it as retrieved, because there may be no waiter

    @property
    def current_address(self) -> EngineAddress | None:
        """The address if it is valid now."""
        future = self._address
        if future is None or not future.done() or future.cancelled() or future.exception() is not None:
            return None
        return future.result()

    async def wait(self) -> EngineAddress:
        """Wait for the address. ``reset`` must have been called before. Raises ``EngineError``."""
        assert self._address is not None  # noqa: S101 - reset() has created it
        return await asyncio.shield(self._address)


@define(eq=False)
class Engine(ABC):
    """A model server in a separate process. All methods run on one event loop.

    A subclass runs and restarts the server in ``_run`` and reports to ``_readiness``.
    """

    _readiness: Readiness = field(factory=Readiness, init=False)
    _run_task: asyncio.Task[None] | None = field(default=None, init=False)
    _start_stop_lock: asyncio.Lock = field(factory=asyncio.Lock, init=False)

    @property
    @abstractmethod
    def name(self) -> str:
        """The server's name in messages: ``llama.cpp``, ``vLLM``."""

    @abstractmethod
    def log_tail(self, lines: int = 40) -> str:
        """Return the last lines of the server's log."""

    @abstractmethod
    async def _run(self) -> None:
        """Run the server until it is given up. Sets the status to failed before it returns."""

    @abstractmethod
    async def _is_healthy(self, address: EngineAddress) -> bool:
        """Return whether the server at ``address`` answers."""

    @abstractmethod
    async def _restart(self) -> None:
        """End a server that does not answer; ``_run`` starts the next one."""

    @property
    def status(self) -> EngineStatus:
        """The latest status."""
        return self._readiness.status

    @property
    def state(self) -> EngineState:
        """The state of the latest status."""
        return self._readiness.status.state

    @property
    def current_address(self) -> EngineAddress | None:
        """The address if the server is ready now."""
        return self._readiness.current_address

    def subscribe(self, listener: StatusListener) -> Callable[[], None]:
        """Call ``listener`` on each status from now on. Returns a function that unsubscribes it."""
        return self._readiness.subscribe(listener)

    async def start(self) -> None:
        """Start the server and wait until it is ready. Idempotent; retries after a failure. Raises ``EngineError``."""
        async with self._start_stop_lock:
            if self._run_task is None or self._run_task.done():
                self._readiness.reset()
                self._run_task = asyncio.create_task(self._run(), name="engine")
        await self._readiness.wait()

    async def address(self) -> EngineAddress:
        """Return the address of the ready server; start the server if it was not started.

        Raises ``EngineError``. After a failure it raises the same error again at once, so that no keystroke waits for a
        broken engine; ``start()`` and ``ensure_ready()`` retry.
        """
        if self.state is EngineState.STOPPED:
            await self.start()
        return await self._readiness.wait()

    async def ensure_ready(self) -> EngineAddress:
        """Return the address of a healthy server: retry after a failure, restart one that does not answer.

        Raises ``EngineError``.
        """
        if self.state is EngineState.FAILED:
            await self.start()
        elif self.state is EngineState.READY:
            await self.check()
        return await self.address()

    async def check(self) -> bool:
        """Check the health of a ready server and restart it if it does not answer. Returns whether it was healthy."""
        address = self._readiness.current_address
        if address is None:
            return False
        if await self._is_healthy(address):
            return True
        await self.restart(address)
        return False

    async def restart(self, address: EngineAddress) -> None:
        """Restart the server at ``address``, which does not answer, unless that was done meanwhile."""
        if address == self._readiness.current_address:
            logger.warning("%s does not answer: restarting it", self.name)
            self._readiness.reset()  # no caller gets the old address from now on
            await self._restart()

    async def stop(self) -> None:
        """Stop using the server and end what was started for it. Idempotent, bounded in time, never raises."""
        async with self._start_stop_lock:
            if self._run_task is None:
                return
            self._run_task.cancel()
            await asyncio.wait([self._run_task])
            self._run_task = None
            self._readiness.fail_waiters(EngineError(f"{self.name} was stopped."))
            self._readiness.set_status(EngineState.STOPPED, "stopped")


async def is_healthy(url: str, path: str, *, api_key: str = "", timeout_s: float = HEALTH_TIMEOUT_S) -> bool:
    """Return whether the server at ``url`` answers a GET of ``path`` with 200. Runs in a thread."""
    return await asyncio.to_thread(_get_succeeds, url, path, api_key, timeout_s)


def _get_succeeds(url: str, path: str, api_key: str, timeout_s: float) -> bool:
    # Not httpx: importing it here would block the event loop for 0.3 s, and this request must not go to a proxy.
    import http.client

    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout_s)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {api_key}"} if api_key else {})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException) as error:
        logger.debug("engine health: %s", error)
        return False
    finally:
        connection.close()
