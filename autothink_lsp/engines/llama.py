"""The embedded engine: llama.cpp's own HTTP server in a child process, kept alive while we live.

Decides when the child is started, started again and given up. It never imports xllamacpp: a crash in native code must
not take the language server down, and a model must not be in its memory.

Everything runs on one event loop, and the child is started from that loop's thread (see ``tied_child.py`` for why).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from attrs import define, field

from autothink_lsp.engines.base import EngineAddress, EngineState, EngineStatus, StatusListener
from autothink_lsp.engines.child_command import child_command
from autothink_lsp.engines.failures import gave_up, not_ready, refusal
from autothink_lsp.engines.health import is_well
from autothink_lsp.engines.llama_process import ChildDiedError, LlamaProcess, LoadRefusedError, LogRing
from autothink_lsp.engines.models.gguf import check_gguf
from autothink_lsp.engines.parameters import LlamaParameters
from autothink_lsp.engines.readiness import Readiness
from autothink_lsp.engines.restarts import RestartPolicy
from autothink_lsp.errors import EngineError, ModelError

logger = logging.getLogger(__name__)

_CHILD_MODULE = "autothink_lsp.engines.llama_child"


class Clock(Protocol):
    """Time, so that tests need not wait."""

    def monotonic(self) -> float:
        """Seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The real one."""

    def monotonic(self) -> float:
        """Seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


Answers = Callable[[EngineAddress], Awaitable[bool]]
"""Asks a server whether it is well."""


@define(eq=False)
class LlamaEngine:
    """See ``base.Engine``. ``ready_patience_s`` is the longest silence of a child that loads its model."""

    _parameters: LlamaParameters
    _clock: Clock = field(factory=SystemClock, kw_only=True)
    _restarts: Callable[[], RestartPolicy] = field(default=RestartPolicy, kw_only=True)
    _command: Sequence[str] | None = field(default=None, kw_only=True)
    _answers: Answers | None = field(default=None, kw_only=True)
    _ready_patience_s: float = field(default=120.0, kw_only=True)
    _readiness: Readiness = field(factory=Readiness, init=False)
    _log: LogRing = field(factory=LogRing, init=False)
    _process: LlamaProcess | None = field(default=None, init=False)
    _life: asyncio.Task[None] | None = field(default=None, init=False)
    _turning: asyncio.Lock = field(factory=asyncio.Lock, init=False)

    @property
    def name(self) -> str:
        """For messages."""
        return "llama.cpp"

    @property
    def parameters(self) -> LlamaParameters:
        """What it runs with."""
        return self._parameters

    @property
    def status(self) -> EngineStatus:
        """The latest step."""
        return self._readiness.status

    @property
    def state(self) -> EngineState:
        """``status.state``."""
        return self._readiness.status.state

    @property
    def pid(self) -> int | None:
        """The child's process id while there is one."""
        return self._process.pid if self._process else None

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of its log."""
        return "\n".join(self._log.tail(lines))

    def subscribe(self, listener: StatusListener) -> Callable[[], None]:
        """See ``base.Engine``."""
        return self._readiness.subscribe(listener)

    async def start(self) -> None:
        """See ``base.Engine``."""
        async with self._turning:
            if self._life is None or self._life.done():
                self._readiness.expect()
                self._life = asyncio.create_task(self._live(), name="engine-life")
        await self._readiness.wait()

    async def address(self) -> EngineAddress:
        """See ``base.Engine``."""
        if self.state is EngineState.STOPPED:
            await self.start()
        return await self._readiness.wait()

    async def check(self) -> bool:
        """See ``base.Engine``."""
        address, process = self._readiness.known(), self._process
        if self.state is not EngineState.READY or address is None or process is None:
            return False
        if await (self._answers or _slots_answer)(address):
            return True
        if process is self._process:
            logger.warning("the embedded engine does not answer: ending it")
            self._readiness.expect()  # from here on no caller gets the old address
            await process.end()  # and _live() starts the next one
        return False

    async def stop(self) -> None:
        """See ``base.Engine``."""
        async with self._turning:
            if self._life is None:
                return
            self._life.cancel()
            await asyncio.wait([self._life])
            self._life = None
            self._readiness.disappoint(EngineError("The embedded engine was stopped."))
            self._readiness.say(EngineState.STOPPED, "stopped")

    async def _live(self) -> None:
        """One child after the other, until one refuses or too many died."""
        restarts, deaths = self._restarts(), 0
        while True:
            started_at = self._clock.monotonic()
            try:
                returncode = await self._live_once()
            except (EngineError, ModelError) as error:
                self._fail(error)
                return
            deaths += 1
            delay_s = restarts.died(self._clock.monotonic() - started_at)
            if delay_s is None:
                self._fail(gave_up(returncode, deaths))
                return
            logger.warning("the embedded engine ended (%s), starting it again in %.1f s", returncode, delay_s)
            self._readiness.say(EngineState.STARTING, "the engine ended unexpectedly; starting it again")
            await self._clock.sleep(delay_s)

    async def _live_once(self) -> int:
        """From start to unexpected end. Returns how it ended; raises where another start would not help."""
        path = self._parameters.model_path
        check_gguf(path)
        self._readiness.say(EngineState.STARTING, f"starting {self._parameters.model_name}")
        try:
            process = await LlamaProcess.run(self._command or child_command(_CHILD_MODULE), self._parameters, self._log)
        except OSError as error:
            raise EngineError(f"The embedded engine could not be started: {error}.") from error
        self._process = process
        try:
            address = await process.ready(self._say_loading, self._ready_patience_s)
            if not await (self._answers or _slots_answer)(address):
                raise EngineError("The embedded engine started but does not answer.", hint="See its log.")
            self._readiness.is_ready(address, f"{self._parameters.model_name} is ready")
            return await process.wait()
        except LoadRefusedError as reason:
            raise refusal(str(reason), self._log.tail(60), path) from reason
        except ChildDiedError as death:
            return death.returncode
        except TimeoutError as silence:
            raise not_ready(path) from silence
        finally:
            self._process = None
            self._readiness.expect()
            await process.end()

    def _say_loading(self, fraction: float) -> None:
        self._readiness.say(EngineState.STARTING, f"loading {self._parameters.model_name}", fraction)

    def _fail(self, error: EngineError | ModelError) -> None:
        # A model's file that cannot be used is, for the caller, an engine that cannot start.
        reason = error if isinstance(error, EngineError) else EngineError(error.message, hint=error.hint)
        self._readiness.failed(reason)


async def _slots_answer(address: EngineAddress) -> bool:
    """``/slots`` passes through the loop that computes, where ``/health`` is answered beside it and shows nothing."""
    return await is_well(address.url, "/slots", api_key=address.api_key)
