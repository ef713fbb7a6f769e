"""The supervisor process: keeps one model server running for all editor windows of a user.

Decides who is a client and when the supervisor ends. What it keeps running is a ``SupervisedServer``: here a
third-party server, in ``llama_supervisor.py`` the embedded engine.

A model of forty gigabytes is loaded once for all windows and must outlive the window that first requested it. So the
server is the supervisor's child, and the supervisor lives as long as it has *clients*: each language server holds a
connection to it, which the kernel closes however that process ends. ``idle_s`` after the last connection was closed,
the supervisor ends the model server and itself; if the supervisor is killed, the kernel ends the model server.

Standard input: one line of JSON, the ``ServerSpec`` and the ``folder`` of its files (``supervisor_files.py``). A second
supervisor of the same key cannot take the lock and exits with ``LOCKED_EXIT_STATUS``.

A client connects to the published port and sends ``{"token": …, "idle_s": …}``, optionally followed by
``{"restart": true}`` and, when its setting changes, ``{"idle_s": …}``. It receives one JSON object per line: ``status``
(detail, fraction), ``ready`` (url, api_key, place, places), ``failed`` (message, hint) or ``windows``. Each has the
number of clients in ``windows``; the first one has the published ``proof``, by which the client knows the supervisor.
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
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

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


Event = dict[str, Any]


class SupervisedServer(Protocol):
    """What a supervisor keeps running. ``latest_event`` is the one that a new client gets first."""

    latest_event: Event

    async def run(self) -> None:
        """Run the server until it is given up; its last event is then ``failed``."""
        ...

    def restart_server(self) -> None:
        """Check or end the server, because a client gets no answer from it; ``run`` starts the next one."""
        ...


@define(eq=False)
class EngineSupervisor:
    """Accepts clients, sends them the server's events, and ends when there are no clients.

    ``make_server`` gets the listener of the server's events. ``idle_s`` is for clients that do not send
    theirs. ``places`` is the number of clients with slots of their own at the server; further clients share these.
    """

    files: SupervisorFiles
    make_server: Callable[[Callable[[Event], None]], SupervisedServer]
    idle_s: float
    places: int = 1
    server: SupervisedServer = field(init=False)
    _token: str = field(factory=lambda: secrets.token_urlsafe(32), init=False)
    _proof: str = field(factory=lambda: secrets.token_urlsafe(32), init=False)
    _clients: dict[asyncio.StreamWriter, int] = field(factory=dict, init=False)
    _has_had_client: asyncio.Event = field(factory=asyncio.Event, init=False)
    _ends_at_s: float = field(factory=lambda: time.monotonic() + FIRST_CLIENT_TIMEOUT_S, init=False)

    def __attrs_post_init__(self) -> None:
        self.server = self.make_server(self._on_event)

    async def run(self) -> None:
        """Run until no client needs the server, the server cannot run, or a signal arrives. Raises ``OSError``."""
        signalled = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):  # Windows
                asyncio.get_running_loop().add_signal_handler(number, signalled.set)
        listener = await asyncio.start_server(self._serve_client, "127.0.0.1", 0)
        self.files.publish(listener.sockets[0].getsockname()[1], self._token, self._proof)
        server_task = asyncio.create_task(self.server.run(), name="supervised-server")
        signal_task = asyncio.create_task(signalled.wait(), name="signal")
        try:
            while not (signalled.is_set() or server_task.done() or self._is_idle()):
                poll_s = min(1.0, max(0.05, (self._ends_at_s - time.monotonic()) / 4))
                await asyncio.wait({server_task, signal_task}, timeout=poll_s, return_when=asyncio.FIRST_COMPLETED)
            await self._deliver_failure()
        finally:
            self.files.unpublish()
            listener.close()
            server_task.cancel()
            signal_task.cancel()
            await asyncio.gather(server_task, signal_task, return_exceptions=True)
            for client in self._clients:  # close() flushes the last event
                client.close()
            await asyncio.sleep(_FLUSH_S)

    async def _deliver_failure(self) -> None:
        """Wait for the first client if the server failed before that client connected: it must get the reason."""
        if self.server.latest_event["event"] == "failed":
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._has_had_client.wait(), timeout=_TOKEN_TIMEOUT_S)

    def _is_idle(self) -> bool:
        return not self._clients and time.monotonic() > self._ends_at_s

    async def _serve_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection: check its token, send the latest event, read its messages until it ends."""
        idle_s = self.idle_s
        try:
            async with asyncio.timeout(_TOKEN_TIMEOUT_S):
                greeting = _parse_message(await reader.readline())
            if not hmac.compare_digest(str(greeting.get("token", "")).encode(), self._token.encode()):
                return
            idle_s = _idle_s(greeting, self.idle_s)
            self._clients[writer] = self._free_place()
            if not self._has_had_client.is_set():
                self._has_had_client.set()
                self._ends_at_s = 0.0  # from now on the clients' ``idle_s`` counts
            self._send(writer, {**self.server.latest_event, "proof": self._proof})
            self._send_window_count(besides=writer)
            while line := await reader.readline():
                message = _parse_message(line)
                idle_s = _idle_s(message, idle_s)
                if message.get("restart"):
                    self.server.restart_server()
        except (TimeoutError, OSError, ValueError):
            pass
        finally:
            if self._clients.pop(writer, None) is not None:
                self._ends_at_s = max(self._ends_at_s, time.monotonic() + idle_s)
                self._send_window_count()
            writer.close()

    def _free_place(self) -> int:
        """Return the place with the fewest clients, the lowest of these."""
        taken = Counter(self._clients.values())
        return min(range(self.places), key=lambda place: (taken[place], place))

    def _send_window_count(self, besides: asyncio.StreamWriter | None = None) -> None:
        for client in self._clients:
            if client is not besides:
                self._send(client, {"event": "windows"})

    def _send(self, client: asyncio.StreamWriter, event: Event) -> None:
        more = {"place": self._clients[client], "places": self.places} if event["event"] == "ready" else {}
        with contextlib.suppress(OSError, RuntimeError):
            client.write(json.dumps({**event, **more, "windows": len(self._clients)}).encode() + b"\n")

    def _on_event(self, event: Event) -> None:
        if event["event"] == "failed" and self._clients:
            self.files.unpublish()  # a client that retries must not find this supervisor, which is about to end
        for client in self._clients:
            self._send(client, event)


@define(eq=False)
class ThirdPartyServer:
    """Starts a third-party server, restarts it when it dies, and gives up when a restart would not help."""

    spec: ServerSpec
    files: SupervisorFiles
    on_event: Callable[[Event], None]
    latest_event: Event = field(init=False)
    _api_key: str = field(factory=lambda: secrets.token_urlsafe(32), init=False)
    _log: deque[str] = field(factory=lambda: deque(maxlen=_LOG_LINES), init=False)
    _last_output_s: float = field(factory=time.monotonic, init=False)
    _server: ServerProcess | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.latest_event = status_event(f"starting {self.spec.label}")

    def restart_server(self) -> None:
        """Kill a ready server on behalf of a client that got no answer from it; ``run`` starts the next one."""
        if self._server is not None and self.latest_event["event"] == "ready":
            self._emit(status_event(f"{self.spec.label} does not answer; restarting it"))
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
            self._emit(status_event(f"{self.spec.label} ended unexpectedly ({returncode}); restarting it"))
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
            self._emit(status_event(f"{self.spec.label}: {progress.text}", progress.fraction))

    def _emit_failure(self, failure: EngineError) -> None:
        self._emit(failure_event(failure))

    def _emit(self, event: Event) -> None:
        self.latest_event = event
        self.on_event(event)


def status_event(detail: str, fraction: float | None = None) -> Event:
    """Return the event for a step of the server's start."""
    return {"event": "status", "detail": detail, "fraction": fraction}


def failure_event(failure: EngineError) -> Event:
    """Return the event for a server that was given up."""
    return {"event": "failed", "message": failure.message, "hint": failure.hint}


def supervise(supervisor: EngineSupervisor) -> None:
    """Run ``supervisor`` to its end. Exits with ``LOCKED_EXIT_STATUS`` if another one of the same key is running."""
    os.chdir(supervisor.files.folder)
    if not supervisor.files.lock():
        sys.exit(LOCKED_EXIT_STATUS)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(supervisor.run())


def _parse_message(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _idle_s(greeting: dict[str, Any], default_s: float) -> float:
    value = greeting.get("idle_s")
    return float(value) if isinstance(value, int | float) else default_s


def main() -> None:
    """Supervise one third-party server."""
    message = json.loads(sys.stdin.readline())
    spec = ServerSpec.from_message(message["spec"])
    files = SupervisorFiles(Path(message["folder"]), spec.key)
    supervise(EngineSupervisor(files, lambda on_event: ThirdPartyServer(spec, files, on_event), spec.idle_s))
