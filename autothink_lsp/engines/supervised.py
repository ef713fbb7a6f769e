"""An engine that all editor windows of a user share: the client side of the connection to its supervisor.

Finds the supervisor (``supervisor.py``) or starts it, passes its events to the listeners, and disconnects at the end. A
supervisor that dies is replaced; restarts of the model server are the supervisor's decision.
"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence

from attrs import define, field

from autothink_lsp.engines.base import Engine, EngineAddress, EngineState, RestartPolicy, is_healthy
from autothink_lsp.engines.server_process import ServerSpec
from autothink_lsp.engines.supervisor import LOCKED_EXIT_STATUS
from autothink_lsp.engines.supervisor_files import SupervisorAddress, SupervisorFiles
from autothink_lsp.errors import EngineError
from autothink_lsp.processes.spawn import module_command, start_child

logger = logging.getLogger(__name__)

_SUPERVISOR_MODULE = "autothink_lsp.engines.supervisor"
_CONNECT_TIMEOUT_S = 60.0
"""An ending supervisor may take this long to end its server before a new one can take the lock."""
_CONNECT_POLL_S = 0.05
_LINE_LIMIT_BYTES = 1 << 20


@define(eq=False)
class SupervisedEngine(Engine):
    """A shared engine. ``prepare`` runs before the first start; it raises ``EngineError`` if a start cannot succeed.

    ``stop`` only disconnects: the server keeps running for other windows, and for ``idle_s`` after the last one.
    """

    spec: ServerSpec
    files: SupervisorFiles
    _prepare: Callable[[], Awaitable[None]] | None = None
    _command: Sequence[str] | None = field(default=None, kw_only=True)
    _writer: asyncio.StreamWriter | None = field(default=None, init=False)
    supervisor_pid: int | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """The server's label: ``vLLM``."""
        return self.spec.label

    def log_tail(self, lines: int = 40) -> str:
        """Return the last lines of the model server's log."""
        return "\n".join(self.files.log_tail(lines))

    async def _run(self) -> None:
        """Follow one supervisor after the other, until one reports a failure or too many died."""
        self._readiness.set_status(EngineState.STARTING, f"starting {self.name}")
        restarts = RestartPolicy()
        try:
            if self._prepare is not None:
                await self._prepare()
            while True:
                started_at = time.monotonic()
                await self._follow_events(*await self._connect())
                self._readiness.reset()
                delay_s = restarts.on_exit(time.monotonic() - started_at)
                if delay_s is None:
                    message = f"The {self.name} supervisor keeps crashing."
                    self._readiness.set_failed(EngineError(message, hint=f"The server's log is {self.files.log}."))
                    return
                self._readiness.set_status(
                    EngineState.STARTING, f"the {self.name} supervisor ended unexpectedly; restarting it"
                )
                await asyncio.sleep(delay_s)
        except EngineError as error:
            self._readiness.set_failed(error)
        except OSError as error:
            self._readiness.set_failed(EngineError(f"{self.name} could not be started: {error}."))

    async def _is_healthy(self, address: EngineAddress) -> bool:
        return await is_healthy(address.url, self.spec.health_path)

    async def _restart(self) -> None:
        if self._writer is not None:
            self._writer.write(b'{"restart": true}\n')

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the supervisor, and start it if there is none. Raises ``EngineError``, ``OSError``.

        Two windows may start two supervisors at once; the one without the lock exits.
        """
        started: subprocess.Popen[bytes] | None = None
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                while True:
                    address = self.files.read_address()
                    if address is not None and (connection := await _open_connection(address)) is not None:
                        self.supervisor_pid = address.pid
                        return connection
                    if started is None or started.poll() == LOCKED_EXIT_STATUS:
                        started = self._start_supervisor()
                    elif started.returncode is not None:
                        raise EngineError(
                            f"The {self.name} supervisor did not start (exit status {started.returncode}).",
                            hint=f"Check that the folder {self.files.folder} is writable.",
                        )
                    await asyncio.sleep(_CONNECT_POLL_S)
        except TimeoutError as error:
            raise EngineError(
                f"The {self.name} supervisor cannot be reached.",
                hint=f"Another supervisor may hang. Its files are {self.files.folder / self.files.key}.*",
            ) from error

    def _start_supervisor(self) -> subprocess.Popen[bytes]:
        """Start it detached, without this window's terminal and pipes: it outlives the window.

        Not through asyncio, whose transports kill running children when the loop is closed.
        """
        self.files.make_folder()
        message = {"spec": self.spec.to_message(), "folder": str(self.files.folder)}
        child = start_child(self._command or module_command(_SUPERVISOR_MODULE), message, folder=self.files.folder)
        if child.stdin is not None:
            child.stdin.close()
        return child

    async def _follow_events(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on the supervisor's events until the connection ends. Raises ``EngineError`` on its ``failed`` event."""
        self._writer = writer
        try:
            while line := await reader.readline():
                match json.loads(line):
                    case {"event": "status", "detail": str(detail), "fraction": fraction}:
                        self._readiness.reset()
                        self._readiness.set_status(EngineState.STARTING, detail, fraction)
                    case {"event": "ready", "url": str(url), "api_key": str(key)}:
                        self._readiness.reset()
                        self._readiness.set_ready(EngineAddress(url, key), f"{self.name} is ready")
                    case {"event": "failed", "message": str(message), "hint": str(hint)}:
                        raise EngineError(message, hint=hint)
                    case _:
                        logger.debug("unknown event of the supervisor: %r", line)
        except (OSError, ValueError) as error:
            logger.debug("connection to the supervisor: %s", error)
        finally:
            self._writer = None
            writer.close()


async def _open_connection(
    address: SupervisorAddress,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    """Connect and send the token. Returns ``None`` if nothing listens there."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", address.port, limit=_LINE_LIMIT_BYTES)
    except OSError:
        return None
    writer.write(json.dumps({"token": address.token}).encode() + b"\n")
    return reader, writer
