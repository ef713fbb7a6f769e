"""One run of a third-party model server (vLLM, transformers) as a child process: start, hear that it is ready, end it.

Runs in the keeper's process. Tied to it twice: on Linux the kernel sends SIGTERM when the keeper's main thread is gone,
which makes vLLM end its own workers too; and whatever is left of its process group is killed when it ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Callable
from pathlib import Path

from attrs import define

from autothink_lsp.engines.health import is_well
from autothink_lsp.engines.server_spec import ServerSpec
from autothink_lsp.processes import clean_environment

POLL_S = 0.5
_EXIT_POLL_S = 0.1
TERMINATE_PATIENCE_S = 15.0
_LINE_BYTES = 1 << 20
_PR_SET_PDEATHSIG = 1


class EndedError(Exception):
    """The server ended before it was ready. ``returncode`` as in ``subprocess``."""

    def __init__(self, returncode: int) -> None:
        super().__init__(f"returncode {returncode}")
        self.returncode = returncode


@define
class Served:
    """A server that was started. ``end`` must follow in any case."""

    url: str
    spec: ServerSpec
    _process: Process
    _reading: asyncio.Task[None]

    @classmethod
    async def run(
        cls, spec: ServerSpec, port: int, api_key: str, folder: Path, on_line: Callable[[str], None]
    ) -> Served:
        """Start it in ``folder``. ``on_line`` gets each line that it writes. Raises ``OSError``."""
        environment = {**spec.environment, **clean_environment()}
        if spec.key_variable:
            environment[spec.key_variable] = api_key
        process = await asyncio.create_subprocess_exec(
            *spec.on_port(port).command,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            env=environment,
            cwd=folder,
            limit=_LINE_BYTES,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
        reading = asyncio.create_task(_read_lines(process, on_line), name="server-log")
        return cls(f"http://127.0.0.1:{port}", spec, process, reading)

    @property
    def pid(self) -> int:
        """The leader of its process group."""
        return self._process.pid

    async def ready(self, last_word_s: Callable[[], float], now_s: Callable[[], float]) -> None:
        """Wait until it is well. Raises ``EndedError``, or ``TimeoutError`` when it wrote nothing for ``silence_s``."""
        while not await is_well(self.url, self.spec.health_path, patience_s=2.0):
            if self._process.returncode is not None:
                raise EndedError(self._process.returncode)
            if now_s() - last_word_s() > self.spec.silence_s:
                raise TimeoutError
            await asyncio.sleep(POLL_S)

    async def wait(self) -> int:
        """Wait for its end and for its last words."""
        returncode = await self._exited()
        await asyncio.wait([self._reading], timeout=1.0)
        return returncode

    async def _exited(self) -> int:
        """asyncio's own ``wait`` returns when the pipes are closed too, and workers of a killed server hold them."""
        while self._process.returncode is None:  # noqa: ASYNC110 - asyncio has no event for it
            await asyncio.sleep(_EXIT_POLL_S)
        return self._process.returncode

    async def end(self) -> None:
        """Ask it to end, then kill what is left of its process group."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TERMINATE_PATIENCE_S):
                    await self._exited()
        self.kill()
        await self._exited()
        self._reading.cancel()

    def kill(self) -> None:
        """End it and every process that it started, at once."""
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        elif self._process.returncode is None:
            self._process.kill()


def free_port() -> int:
    """A port of 127.0.0.1 without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    """Whether this port of 127.0.0.1 has a listener already."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def _read_lines(process: Process, on_line: Callable[[str], None]) -> None:
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for
    while True:
        try:
            line = await process.stdout.readline()
        except ValueError:  # a line beyond the limit, which asyncio has dropped
            continue
        if not line:
            return
        # Progress bars go back to the start of their line instead of beginning a new one.
        on_line(line.decode("utf-8", "replace").rstrip().rpartition("\r")[2])


def _end_with_parent() -> None:
    """Between fork and exec, in the child."""
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
