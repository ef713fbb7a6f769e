"""The embedded engine: llama.cpp's HTTP server in a child process of the language server.

Decides when the child is started, restarted and given up. Must not import xllamacpp: a crash in native code must not
end the language server, and the model must not be in its memory. ``llama_main.py`` is the child's main module.

Everything runs on one event loop, and the child is started from that loop's thread (``processes/parent_death.py`` says
why).
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from asyncio.subprocess import Process
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from attrs import define, field

from autothink_lsp.engines.base import Engine, EngineAddress, EngineState, RestartPolicy, is_healthy
from autothink_lsp.engines.failures import crash_failure, load_failure, ready_timeout
from autothink_lsp.engines.llama_parameters import LlamaParameters
from autothink_lsp.engines.models.gguf import check_gguf
from autothink_lsp.errors import EngineError, ModelError
from autothink_lsp.processes.spawn import module_command, start_async_child

logger = logging.getLogger(__name__)

_MAIN_MODULE = "autothink_lsp.engines.llama_main"
_LOG_LINES = 400
_LOG_LINE_CHARACTERS = 400
_TERMINATE_TIMEOUT_S = 1.0
"""The time for each step of ending the process: close its input, terminate, kill."""


class Clock(Protocol):
    """Time, replaceable in tests."""

    def monotonic(self) -> float:
        """Return seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Sleep for ``seconds``."""
        ...


class SystemClock:
    """The clock of the system."""

    def monotonic(self) -> float:
        """Return seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep for ``seconds``."""
        await asyncio.sleep(seconds)


HealthCheck = Callable[[EngineAddress], Awaitable[bool]]
"""Returns whether the server at an address answers."""


class LoadRefusedError(Exception):
    """The child reported why it cannot serve. Another start would fail the same way."""


class ChildDiedError(Exception):
    """The child ended without a report. ``returncode`` is as in ``subprocess``: minus the number of the signal."""

    def __init__(self, returncode: int) -> None:
        super().__init__(f"returncode {returncode}")
        self.returncode = returncode


@define
class LogRing:
    """The last lines of a child's standard error, of bounded size."""

    _lines: deque[str] = field(factory=lambda: deque(maxlen=_LOG_LINES), init=False)

    def append(self, line: str) -> None:
        """Add one line, cut to a bounded length."""
        self._lines.append(line.rstrip()[:_LOG_LINE_CHARACTERS])

    def tail(self, count: int) -> list[str]:
        """Return the last ``count`` lines, oldest first."""
        return list(self._lines)[-count:] if count > 0 else []


@define(eq=False)
class LlamaEngine(Engine):
    """The embedded engine. ``ready_timeout_s`` is how long a child that loads its model may report nothing."""

    _parameters: LlamaParameters
    _clock: Clock = field(factory=SystemClock, kw_only=True)
    _restart_policy: Callable[[], RestartPolicy] = field(default=RestartPolicy, kw_only=True)
    _command: Sequence[str] | None = field(default=None, kw_only=True, alias="command")
    _health_check: HealthCheck | None = field(default=None, kw_only=True)
    _ready_timeout_s: float = field(default=120.0, kw_only=True)
    _log: LogRing = field(factory=LogRing, init=False)
    _process: LlamaProcess | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """``llama.cpp``."""
        return "llama.cpp"

    @property
    def parameters(self) -> LlamaParameters:
        """The parameters that the server is started with."""
        return self._parameters

    @property
    def windows(self) -> int:
        """The number of windows that use the engine if it is shared; 0 if it is this process's own."""
        return 0

    def set_idle_s(self, idle_s: float) -> None:
        """Change how long the engine may run on after ``stop`` for other windows; no effect if it is not shared."""

    @property
    def pid(self) -> int | None:
        """The child's process id, ``None`` while there is no child."""
        return self._process.pid if self._process else None

    def log_tail(self, lines: int = 40) -> str:
        """Return the last lines of the child's log."""
        return "\n".join(self._log.tail(lines))

    async def _run(self) -> None:
        """Run one child after the other, until one refuses to load or too many died."""
        restarts, exits = self._restart_policy(), 0
        while True:
            started_at = self._clock.monotonic()
            try:
                returncode = await self._run_once()
            except EngineError as error:
                self._readiness.set_failed(error)
                return
            except ModelError as error:  # for callers, an unusable model file is an engine that cannot start
                self._readiness.set_failed(EngineError(error.message, hint=error.hint))
                return
            exits += 1
            delay_s = restarts.on_exit(self._clock.monotonic() - started_at)
            if delay_s is None:
                self._readiness.set_failed(crash_failure(returncode, exits))
                return
            logger.warning("llama.cpp ended (%s), restarting it in %.1f s", returncode, delay_s)
            self._readiness.set_status(EngineState.STARTING, "llama.cpp ended unexpectedly; restarting it")
            await self._clock.sleep(delay_s)

    async def _run_once(self) -> int:
        """Run one child until it ends unexpectedly. Returns its return code; raises if a restart would not help."""
        path, model = self._parameters.model_path, self._parameters.model_name
        check_gguf(path)
        self._readiness.set_status(EngineState.STARTING, f"starting {model}")
        try:
            process = await LlamaProcess.start(
                self._command or module_command(_MAIN_MODULE), self._parameters, self._log
            )
        except OSError as error:
            raise EngineError(f"llama.cpp could not be started: {error}.") from error
        self._process = process
        try:
            address = await process.wait_until_ready(self._on_load_progress, self._ready_timeout_s)
            if not await self._is_healthy(address):
                raise EngineError("llama.cpp started but does not answer.", hint="See its log.")
            self._readiness.set_ready(address, f"{model} is ready")
            return await process.wait()
        except LoadRefusedError as reason:
            raise load_failure(str(reason), self._log.tail(60), path) from reason
        except ChildDiedError as death:
            return death.returncode
        except TimeoutError as silence:
            raise ready_timeout(path) from silence
        finally:
            self._process = None
            self._readiness.reset()
            await process.end()

    async def _is_healthy(self, address: EngineAddress) -> bool:
        return await (self._health_check or _slots_answer)(address)

    async def _restart(self) -> None:
        if self._process is not None:
            await self._process.end()

    def _on_load_progress(self, fraction: float) -> None:
        self._readiness.set_status(EngineState.STARTING, f"loading {self._parameters.model_name}", fraction)


@define
class LlamaProcess:
    """One child process, from its start to its end. Every ``start`` must be followed by ``end``."""

    pid: int
    _process: Process
    _log: LogRing
    _api_key: str
    _log_task: asyncio.Task[None]

    @classmethod
    async def start(cls, command: Sequence[str], parameters: LlamaParameters, log: LogRing) -> LlamaProcess:
        """Start ``command`` and send it ``parameters``. Raises ``OSError``."""
        api_key = secrets.token_urlsafe(32)
        process = await start_async_child(command, {"api_key": api_key, "parameters": parameters.to_message()})
        log_task = asyncio.create_task(_read_log(process, log), name="engine-log")
        return cls(process.pid, process, log, api_key, log_task)

    async def wait_until_ready(self, on_fraction: Callable[[float], None], timeout_s: float) -> EngineAddress:
        """Wait for the ``ready`` event. ``timeout_s`` is the longest time without any event of the child.

        Raises ``LoadRefusedError`` with the child's message, ``ChildDiedError``, or ``TimeoutError``.
        """
        while True:
            async with asyncio.timeout(timeout_s):
                event = await self._next_event()
            match event:
                case {"event": "reading", "fraction": float(fraction)}:
                    on_fraction(fraction)
                case {"event": "ready", "url": str(url)}:
                    return EngineAddress(url, self._api_key)
                case {"event": "failed", "message": str(message)}:
                    await self.wait()  # so that the log is complete
                    raise LoadRefusedError(message)
                case None:
                    raise ChildDiedError(await self.wait())
                case _:
                    logger.debug("unknown event of the engine: %s", event)

    async def wait(self) -> int:
        """Wait for the end of the process and of its log. Returns the return code."""
        returncode = await self._process.wait()
        await asyncio.wait([self._log_task], timeout=_TERMINATE_TIMEOUT_S)
        return returncode

    async def end(self) -> None:
        """Close the child's input, then terminate it, then kill it; takes at most three seconds."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        for next_step in (self._process.terminate, self._process.kill, None):
            try:
                async with asyncio.timeout(_TERMINATE_TIMEOUT_S):
                    await self._process.wait()
                break
            except TimeoutError:
                if next_step is not None:
                    logger.debug("engine %d does not end: %s", self.pid, next_step.__name__)
                    next_step()
        self._log_task.cancel()

    async def _next_event(self) -> dict[str, Any] | None:
        assert self._process.stdout is not None  # noqa: S101 - PIPE was requested
        line = await self._process.stdout.readline()
        if not line:
            return None
        try:
            event = json.loads(line)
        except ValueError:
            event = {}
        return event if isinstance(event, dict) else {}


async def _read_log(process: Process, log: LogRing) -> None:
    assert process.stderr is not None  # noqa: S101 - PIPE was requested
    while True:
        try:
            line = await process.stderr.readline()
        except ValueError:  # a line longer than the reader's limit; asyncio has dropped it
            continue
        if not line:
            return
        text = line.decode("utf-8", "replace")
        log.append(text)
        logger.debug("%s", text.rstrip())


async def _slots_answer(address: EngineAddress) -> bool:
    """Query ``/slots``, which the loop that computes answers; ``/health`` answers even if that loop hangs."""
    return await is_healthy(address.url, "/slots", api_key=address.api_key)
