"""The supervisor process: keeps one model server running for all editor windows of a user.

A model of forty gigabytes is loaded once for all windows and must outlive the window that first requested it. So the
server is the supervisor's child, and the supervisor lives as long as it has *clients*: each language server holds a
connection to it, which the kernel closes however that process ends. ``idle_s`` after the last connection was closed,
the supervisor ends the model server and itself; if the supervisor is killed, the kernel ends the model server.

Standard input: one line of JSON, the ``ServerSpec`` and the ``folder`` of its files (``supervisor_files.py``). A second
supervisor of the same key cannot take the lock and exits with ``LOCKED_EXIT_STATUS``.

A client connects to the published port and sends ``{"token": …}``, optionally followed by ``{"restart": true}``. It
receives one JSON object per line: ``status`` (detail, fraction), ``ready`` (url, api_key) or ``failed`` (message,
hint).
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import secrets
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define, field

from autothink_lsp.engines.base import RestartPolicy
from autothink_lsp.engines.failures import is_port_conflict, server_failure
from autothink_lsp.engines.server_process import (
    ServerExitedError,
    ServerProcess,
    ServerSpec,
    free_port,
    is_port_open,
    progress_in_log_line,
)
from autothink_lsp.engines.supervisor_files import SupervisorFiles
from autothink_lsp.errors import EngineError

LOCKED_EXIT_STATUS = 75  # os.EX_TEMPFAIL, which Windows lacks
FIRST_CLIENT_TIMEOUT_S = 30.0
_TOKEN_TIMEOUT_S = 5.0
_FLUSH_S = 0.1
_LOG_LINES = 400


@define(eq=False)
class EngineSupervisor:
    """Accepts clients, sends them the server's events, and ends when there are no clients."""

    spec: ServerSpec
    files: SupervisorFiles
    loop: SupervisorLoop = field(init=False)
    _token: str = field(factory=lambda: secrets.token_urlsafe(32), init=False)
    _clients: set[asyncio.StreamWriter] = field(factory=set, init=False)
    _has_had_client: asyncio.Event = field(factory=asyncio.Event, init=False)
    _idle_since_s: float = field(factory=time.monotonic, init=False)
    _idle_timeout_s: float = field(default=FIRST_CLIENT_TIMEOUT_S, init=False)

    def __attrs_post_init__(self) -> None:
        self.loop = SupervisorLoop(self.spec, self.files, self._on_event)

    async def run(self) -> None:
        """Run until no client needs the server, the server cannot run, or a signal arrives."""
        signalled = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):  # Windows
                asyncio.get_running_loop().add_signal_handler(number, signalled.set)
        listener = await asyncio.start_server(self._serve_client, "127.0.0.1", 0)
        self.files.publish(listener.sockets[0].getsockname()[1], self._token)
        loop_task = asyncio.create_task(self.loop.run(), name="supervisor-loop")
        signal_task = asyncio.create_task(signalled.wait(), name="signal")
        try:
            while not (signalled.is_set() or loop_task.done() or self._is_idle()):
                poll_s = min(1.0, max(0.05, self._idle_timeout_s / 4))
                await asyncio.wait({loop_task, signal_task}, timeout=poll_s, return_when=asyncio.FIRST_COMPLETED)
            await self._deliver_failure()
        finally:
            self.files.unpublish()
            listener.close()
            loop_task.cancel()
            signal_task.cancel()
            await asyncio.gather(loop_task, signal_task, return_exceptions=True)
            for client in self._clients:  # close() flushes the last event
                client.close()
            await asyncio.sleep(_FLUSH_S)

    async def _deliver_failure(self) -> None:
        """Wait for the first client if the server failed before that client connected: it must get the reason."""
        if self.loop.latest_event["event"] == "failed":
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._has_had_client.wait(), timeout=_TOKEN_TIMEOUT_S)

    def _is_idle(self) -> bool:
        return not self._clients and time.monotonic() - self._idle_since_s > self._idle_timeout_s

    async def _serve_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection: check its token, send the latest event, read its messages until it ends."""
        try:
            async with asyncio.timeout(_TOKEN_TIMEOUT_S):
                greeting = _parse_message(await reader.readline())
            if not hmac.compare_digest(str(greeting.get("token", "")), self._token):
                return
            self._clients.add(writer)
            self._has_had_client.set()
            _send(writer, self.loop.latest_event)
            while line := await reader.readline():
                if _parse_message(line).get("restart"):
                    self.loop.restart_server()
        except (TimeoutError, OSError, ValueError):
            pass
        finally:
            self._clients.discard(writer)
            if not self._clients:
                self._idle_since_s, self._idle_timeout_s = time.monotonic(), self.spec.idle_s
            writer.close()

    def _on_event(self, event: dict[str, Any]) -> None:
        if event["event"] == "failed" and self._clients:
            self.files.unpublish()  # a client that retries must not find this supervisor, which is about to end
        for client in self._clients:
            _send(client, event)


@define(eq=False)
class SupervisorLoop:
    """Starts the model server, restarts it when it dies, and gives up when a restart would not help.

    ``on_event`` gets every event; ``latest_event`` is the one that a new client gets first.
    """

    spec: ServerSpec
    files: SupervisorFiles
    on_event: Callable[[dict[str, Any]], None]
    latest_event: dict[str, Any] = field(init=False)
    _api_key: str = field(factory=lambda: secrets.token_urlsafe(32), init=False)
    _log: deque[str] = field(factory=lambda: deque(maxlen=_LOG_LINES), init=False)
    _last_output_s: float = field(factory=time.monotonic, init=False)
    _server: ServerProcess | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.latest_event = _status(f"starting {self.spec.label}")

    def restart_server(self) -> None:
        """Kill a ready server on behalf of a client that got no answer from it; ``run`` starts the next one."""
        if self._server is not None and self.latest_event["event"] == "ready":
            self._emit(_status(f"{self.spec.label} does not answer; restarting it"))
            self._server.kill()

    async def run(self) -> None:
        """Run one server after the other, until one cannot start or too many died. Returns after a failure."""
        restarts = RestartPolicy()
        self.files.start_log()
        while True:
            started_at = time.monotonic()
            try:
                returncode, was_ready = await self._run_server()
            except EngineError as failure:
                return self._emit_failure(failure)
            delay_s = restarts.on_exit(time.monotonic() - started_at)
            failure = server_failure(self.spec, list(self._log), returncode)
            if delay_s is None or (not was_ready and not self._has_port_conflict()):
                return self._emit_failure(failure)
            self._emit(_status(f"{self.spec.label} ended unexpectedly ({returncode}); restarting it"))
            await asyncio.sleep(delay_s)

    async def _run_server(self) -> tuple[int, bool]:
        """Run one server until it ends unexpectedly. Returns its return code and whether it had been ready."""
        port = self.spec.port or free_port()
        if self.spec.port and is_port_open(port):
            raise EngineError(
                f"Port {port} is in use by another program, so {self.spec.label} cannot listen on it.",
                hint=f"Set {self.spec.kind}.port to another port or to 0, or stop that program. If it is the model "
                f"server that you want to use, set url to http://127.0.0.1:{port}.",
            )
        self._log.clear()
        self._last_output_s = time.monotonic()
        try:
            server = await ServerProcess.start(self.spec, port, self._api_key, self.files.folder, self._on_line)
        except OSError as error:
            raise EngineError(
                f"{self.spec.label} could not be started: {error}.", hint=f"Check {self.spec.kind}.python."
            ) from error
        self._server, was_ready = server, False
        try:
            await server.wait_until_ready(lambda: self._last_output_s, time.monotonic)
            was_ready = True
            key = self._api_key if self.spec.key_variable else ""
            self._emit({"event": "ready", "url": server.url, "api_key": key})
            return await server.wait(), True
        except ServerExitedError:
            return await server.wait(), was_ready
        except TimeoutError as error:
            raise EngineError(
                f"{self.spec.label} is not ready and has written no output for {self.spec.silence_s:.0f} s.",
                hint=f"Its log is {self.files.log}.",
            ) from error
        finally:
            self._server = None
            await server.end()

    def _has_port_conflict(self) -> bool:
        """Return whether another program took the free port before the server did: then choose another one."""
        return not self.spec.port and is_port_conflict(list(self._log))

    def _on_line(self, line: str) -> None:
        self._last_output_s = time.monotonic()
        self._log.append(line)
        self.files.append_log(line)
        if self.latest_event["event"] == "status" and (progress := progress_in_log_line(line)) is not None:
            self._emit(_status(f"{self.spec.label}: {progress.text}", progress.fraction))

    def _emit_failure(self, failure: EngineError) -> None:
        self._emit({"event": "failed", "message": failure.message, "hint": failure.hint})

    def _emit(self, event: dict[str, Any]) -> None:
        self.latest_event = event
        self.on_event(event)


def _status(detail: str, fraction: float | None = None) -> dict[str, Any]:
    return {"event": "status", "detail": detail, "fraction": fraction}


def _send(writer: asyncio.StreamWriter, event: dict[str, Any]) -> None:
    with contextlib.suppress(OSError, RuntimeError):
        writer.write(json.dumps(event).encode() + b"\n")


def _parse_message(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def main() -> None:
    """Supervise one server. Exits with ``LOCKED_EXIT_STATUS`` if another supervisor of the same key is running."""
    message = json.loads(sys.stdin.readline())
    spec = ServerSpec.from_message(message["spec"])
    files = SupervisorFiles(Path(message["folder"]), spec.key)
    os.chdir(files.folder)
    if not files.lock():
        sys.exit(LOCKED_EXIT_STATUS)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(EngineSupervisor(spec, files).run())
