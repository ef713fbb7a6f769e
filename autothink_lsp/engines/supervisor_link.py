"""A language server's connection to a supervisor: finds or starts it, authenticates both sides, passes on its events.

The client sends the published token first. The supervisor answers with the published *proof*. A program of another user
that has taken the port of a dead supervisor cannot know the proof, so its answers are never used. Supervisors of
version 0.2.0 and earlier publish no proof and send none.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, field, frozen

from autothink_lsp.engines.base import EngineAddress, EngineState, Readiness, RestartPolicy
from autothink_lsp.engines.supervisor import LOCKED_EXIT_STATUS
from autothink_lsp.engines.supervisor_files import SupervisorAddress, SupervisorFiles
from autothink_lsp.errors import EngineError
from autothink_lsp.processes.spawn import start_child

logger = logging.getLogger(__name__)

_CONNECT_POLL_S = 0.05
_FIRST_EVENT_TIMEOUT_S = 5.0
_LINE_LIMIT_BYTES = 1 << 20


class SupervisorUnavailableError(EngineError):
    """The supervisor cannot be started or reached, or keeps crashing. Says nothing about the model server."""


@frozen
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    first_event: dict[str, Any]
    sent_idle_s: float


@define(eq=False)
class SupervisorLink:
    """Follows one supervisor after the other and reports to ``readiness``.

    ``label`` is the engine's name in messages. ``command`` starts a supervisor, ``message`` is its start message.
    ``idle_s`` is how long the server may keep running for this window after it has disconnected.
    """

    label: str
    files: SupervisorFiles
    command: Sequence[str]
    message: Mapping[str, object]
    idle_s: float
    readiness: Readiness
    environment: Callable[[], Mapping[str, str]] | None = None
    """The environment of the supervisor and its server; ``None`` means this window's."""
    connect_timeout_s: float = 60.0
    """An ending supervisor may take this long to end its server before a new one can take the lock."""
    pid: int | None = field(default=None, init=False)
    server_pid: int | None = field(default=None, init=False)
    windows: int = field(default=0, init=False)
    """The number of windows that use the server, this one included; 0 while not connected or not known."""
    writer: asyncio.StreamWriter | None = field(default=None, init=False)

    async def follow(self) -> None:
        """Follow supervisors until one reports a failure or too many died. Always raises: ``EngineError``, its subclass
        ``SupervisorUnavailableError``, or ``OSError``."""
        restarts = RestartPolicy()
        while True:
            started_at = time.monotonic()
            await self._follow_events(await self._connect())
            self.readiness.reset()
            delay_s = restarts.on_exit(time.monotonic() - started_at)
            if delay_s is None:
                raise SupervisorUnavailableError(
                    f"The {self.label} supervisor keeps crashing.",
                    hint=f"The server's log is {self.files.log}." if self.files.log.exists() else "",
                )
            self.readiness.set_status(
                EngineState.STARTING, f"the {self.label} supervisor ended unexpectedly; restarting it"
            )
            await asyncio.sleep(delay_s)

    def set_idle_s(self, idle_s: float) -> None:
        """Change how long the server may run on after this window has disconnected."""
        if idle_s == self.idle_s:
            return
        self.idle_s = idle_s
        if self.writer is not None:
            self.writer.write(_idle_message(idle_s))

    def request_restart(self) -> None:
        """Tell the supervisor that the server does not answer."""
        if self.writer is not None:
            self.writer.write(b'{"restart": true}\n')

    async def _connect(self) -> _Connection:
        """Connect to the supervisor, and start it if there is none. Raises ``SupervisorUnavailableError``, ``OSError``.

        Two windows may start two supervisors at once; the one without the lock exits.
        """
        started: subprocess.Popen[bytes] | None = None
        try:
            async with asyncio.timeout(self.connect_timeout_s):
                while True:
                    address = self.files.read_address()
                    if address is not None and (connection := await _open_connection(address, self.idle_s)) is not None:
                        self.pid = address.pid
                        return connection
                    if started is None or started.poll() == LOCKED_EXIT_STATUS:
                        started = self._start_supervisor()
                    elif started.returncode is not None:
                        raise SupervisorUnavailableError(
                            f"The {self.label} supervisor did not start (exit status {started.returncode}).",
                            hint=f"Check that the folder {self.files.folder} is writable and the disk is not full.",
                        )
                    await asyncio.sleep(_CONNECT_POLL_S)
        except TimeoutError as error:
            raise SupervisorUnavailableError(
                f"The {self.label} supervisor cannot be reached.",
                hint=f"Another supervisor may hang. Its files are {self.files.folder / self.files.key}.*",
            ) from error

    def _start_supervisor(self) -> subprocess.Popen[bytes]:
        """Start it detached, without this window's terminal and pipes: it outlives the window.

        Not through asyncio, whose transports kill running children when the loop is closed.
        """
        self.files.make_folder()
        message = {**self.message, "folder": str(self.files.folder)}
        environment = None if self.environment is None else self.environment()
        child = start_child(self.command, message, environment=environment, folder=self.files.folder)
        if child.stdin is not None:
            child.stdin.close()
        return child

    async def _follow_events(self, connection: _Connection) -> None:
        """Pass on the supervisor's events until the connection ends. Raises ``EngineError`` on its ``failed`` event."""
        self.writer = connection.writer
        if connection.sent_idle_s != self.idle_s:  # changed while the supervisor was greeted
            self.writer.write(_idle_message(self.idle_s))
        try:
            self._on_event(connection.first_event)
            while line := await connection.reader.readline():
                self._on_event(json.loads(line))
        except (OSError, ValueError) as error:
            logger.debug("connection to the supervisor: %s", error)
        finally:
            self.writer, self.windows = None, 0
            connection.writer.close()

    def _on_event(self, event: dict[str, Any]) -> None:
        if isinstance(windows := event.get("windows"), int):
            self.windows = windows
        match event:
            case {"event": "status", "detail": str(detail), "fraction": fraction}:
                self.readiness.reset()
                self.readiness.set_status(EngineState.STARTING, detail, fraction)
            case {"event": "ready", "url": str(url), "api_key": str(key)}:
                self.server_pid = event.get("pid")
                self.readiness.reset()
                place, places = event.get("place", 0), event.get("places", 1)
                self.readiness.set_ready(EngineAddress(url, key, place, places), f"{self.label} is ready")
            case {"event": "failed", "message": str(message), "hint": str(hint)}:
                raise EngineError(message, hint=hint)
            case {"event": "windows"}:
                pass
            case _:
                logger.debug("unknown event of the supervisor: %r", event)


def _idle_message(idle_s: float) -> bytes:
    return json.dumps({"idle_s": idle_s}).encode() + b"\n"


async def _open_connection(address: SupervisorAddress, idle_s: float) -> _Connection | None:
    """Connect and send the token. Returns ``None`` if no supervisor answers with the published proof."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", address.port, limit=_LINE_LIMIT_BYTES)
    except OSError:
        return None
    try:
        writer.write(json.dumps({"token": address.token, "idle_s": idle_s}).encode() + b"\n")
        async with asyncio.timeout(_FIRST_EVENT_TIMEOUT_S):
            event = json.loads(await reader.readline())
        proof = str(event.get("proof", "")) if isinstance(event, dict) else ""
        if isinstance(event, dict) and hmac.compare_digest(proof.encode(), address.proof.encode()):
            return _Connection(reader, writer, event, idle_s)
        logger.warning("what listens on port %d is not the supervisor that published it", address.port)
    except (OSError, ValueError, TimeoutError, RecursionError) as error:
        logger.debug("greeting of the supervisor: %s", error)
    except asyncio.CancelledError:
        writer.close()
        raise
    writer.close()
    return None
