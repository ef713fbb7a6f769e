"""One run of a third-party model server (vLLM, transformers): its specification, its process, the progress in its log.

Runs in the supervisor's process and is tied to it in two ways: on Linux the kernel sends SIGTERM when the supervisor's
main thread has ended, and vLLM then ends its workers; when the server has ended, the rest of its process group is
killed. Decides nothing about restarts; that is ``supervisor.py``.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attrs import asdict, define, evolve, field, frozen

from autothink_lsp.engines.base import is_healthy
from autothink_lsp.processes.environment import clean_environment
from autothink_lsp.processes.parent_death import terminate_with_parent
from autothink_lsp.processes.spawn import kill_group

PORT_PLACEHOLDER = "{port}"
"""Stands in ``ServerSpec.command`` for the port, which is chosen at each start."""
POLL_S = 0.5
TERMINATE_TIMEOUT_S = 15.0
_EXIT_POLL_S = 0.1
_HEALTH_TIMEOUT_S = 2.0
_LINE_LIMIT_BYTES = 1 << 20


@frozen(kw_only=True)
class ServerSpec:
    """How a model server is started. Plain values, sent to the supervisor as JSON.

    ``kind`` is ``vllm`` or ``transformers``, ``label`` the server's name in messages, ``model`` the name in requests.
    ``environment`` is added to the environment. ``key_variable`` is the variable through which the server takes its API
    key; empty if it takes none. ``silence_s`` is how long it may write nothing while it starts, ``idle_s`` how long it
    keeps running without a client.
    """

    kind: str
    label: str
    model: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(factory=dict, repr=False)
    key_variable: str = ""
    health_path: str = "/health"
    port: int = 0
    idle_s: float = 300.0
    silence_s: float = 900.0

    @property
    def key(self) -> str:
        """Identifies the server: equal for two windows whose settings give the same server."""
        parts = (self.kind, self.command, sorted(self.environment.items()), self.port)
        return f"{self.kind}-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]}"

    def with_port(self, port: int) -> ServerSpec:
        """Return it with ``port`` in its command."""
        return evolve(self, command=tuple(word.replace(PORT_PLACEHOLDER, str(port)) for word in self.command))

    def to_message(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> ServerSpec:
        """Build it from the values of ``to_message``."""
        environment = MappingProxyType(dict(message["environment"]))
        return cls(**{**message, "command": tuple(message["command"]), "environment": environment})


class ServerExitedError(Exception):
    """The server ended before it was ready. ``returncode`` is as in ``subprocess``."""

    def __init__(self, returncode: int) -> None:
        super().__init__(f"returncode {returncode}")
        self.returncode = returncode


@define
class ServerProcess:
    """A running server. Every ``start`` must be followed by ``end``."""

    url: str
    spec: ServerSpec
    _process: Process
    _log_task: asyncio.Task[None]

    @classmethod
    async def start(
        cls, spec: ServerSpec, port: int, api_key: str, folder: Path, on_line: Callable[[str], None]
    ) -> ServerProcess:
        """Start the server in ``folder``. ``on_line`` gets each line of its output. Raises ``OSError``."""
        environment = {**spec.environment, **clean_environment()}
        if spec.key_variable:
            environment[spec.key_variable] = api_key
        process = await asyncio.create_subprocess_exec(
            *spec.with_port(port).command,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            env=environment,
            cwd=folder,
            limit=_LINE_LIMIT_BYTES,
            start_new_session=True,
            preexec_fn=terminate_with_parent if sys.platform == "linux" else None,
        )
        log_task = asyncio.create_task(_read_lines(process, on_line), name="server-log")
        return cls(f"http://127.0.0.1:{port}", spec, process, log_task)

    @property
    def pid(self) -> int:
        """The process id, which is also the id of the process group."""
        return self._process.pid

    async def wait_until_ready(self, last_output_s: Callable[[], float], now_s: Callable[[], float]) -> None:
        """Wait until the server is healthy.

        Raises ``ServerExitedError``, or ``TimeoutError`` if it wrote nothing for ``silence_s``.
        """
        while not await is_healthy(self.url, self.spec.health_path, timeout_s=_HEALTH_TIMEOUT_S):
            if self._process.returncode is not None:
                raise ServerExitedError(self._process.returncode)
            if now_s() - last_output_s() > self.spec.silence_s:
                raise TimeoutError
            await asyncio.sleep(POLL_S)

    async def wait(self) -> int:
        """Wait for the end of the process and of its output. Returns the return code."""
        returncode = await self._wait_for_exit()
        await asyncio.wait([self._log_task], timeout=1.0)
        return returncode

    async def end(self) -> None:
        """Terminate the server, then kill what is left of its process group."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TERMINATE_TIMEOUT_S):
                    await self._wait_for_exit()
        self.kill()
        await self._wait_for_exit()
        self._log_task.cancel()

    def kill(self) -> None:
        """Kill the server and every process of its process group."""
        kill_group(self._process)

    async def _wait_for_exit(self) -> int:
        """Poll: asyncio's ``wait`` also waits for the pipes, which workers of a killed server keep open."""
        while self._process.returncode is None:  # noqa: ASYNC110 - asyncio has no event for it
            await asyncio.sleep(_EXIT_POLL_S)
        return self._process.returncode


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_port_open(port: int) -> bool:
    """Return whether a program listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@frozen
class LoadProgress:
    """A step of a server's start. ``fraction`` is the progress of the step from 0 to 1, ``None`` if it is not known."""

    text: str
    fraction: float | None = None


# Lines of vLLM 0.32 and progress bars of Hugging Face's libraries.
_BARS = (
    (re.compile(r"loading .{0,80}?checkpoint shards:\s{1,8}(\d{1,3})%", re.IGNORECASE), "loading the model"),
    (re.compile(r"loading weights:\s{1,8}(\d{1,3})%", re.IGNORECASE), "loading the model"),
    (
        re.compile(r"(?:downloading|fetching \d+ files|\.safetensors)[^|]{0,200}?:\s{1,8}(\d{1,3})%", re.IGNORECASE),
        "downloading the model",
    ),
    (re.compile(r"capturing .{0,40}?graphs?.{0,80}?:\s{1,8}(\d{1,3})%", re.IGNORECASE), "capturing CUDA graphs"),
)
_STEPS = (
    ("initializing a v1 llm engine", "initializing"),
    ("starting to load model", "loading the model"),
    ("loading weights took", "weights loaded"),
    ("dynamo bytecode transform", "compiling the model (first start on this machine only)"),
    ("compiling a graph", "compiling the model (first start on this machine only)"),
    ("gpu kv cache size", "allocating the KV cache"),
    ("cpu kv cache size", "allocating the KV cache"),
    ("init engine (profile", "initialized"),
    ("application startup complete", "ready"),
)


def progress_in_log_line(line: str) -> LoadProgress | None:
    """Return the step that a line of the server's log reports, ``None`` if it reports none."""
    for pattern, text in _BARS:
        if found := pattern.search(line):
            return LoadProgress(text, min(100, int(found.group(1))) / 100)
    low = line.lower()
    return next((LoadProgress(text) for phrase, text in _STEPS if phrase in low), None)


async def _read_lines(process: Process, on_line: Callable[[str], None]) -> None:
    assert process.stdout is not None  # noqa: S101 - PIPE was requested
    while True:
        try:
            line = await process.stdout.readline()
        except ValueError:  # a line beyond the limit, which asyncio has dropped
            continue
        if not line:
            return
        # A progress bar rewrites its line after a carriage return: keep the last version.
        on_line(line.decode("utf-8", "replace").rstrip().rpartition("\r")[2])
