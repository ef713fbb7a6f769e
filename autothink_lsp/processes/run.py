"""Running a program to its end: with a time limit on the event loop, or with polling in a worker thread."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import IO

from attrs import field, frozen

from autothink_lsp.processes.environment import clean_environment, neutral_folder
from autothink_lsp.processes.spawn import kill_group, start_child

_POLL_S = 0.1
_TERMINATE_TIMEOUT_S = 2.0
_NOT_FOUND = 127


@frozen
class ProcessResult:
    """How a program ended. ``returncode`` is as in ``subprocess``, ``None`` if it was killed at its time limit.

    ``output`` is standard output, with standard error in it where ``errors`` is not captured separately.
    """

    returncode: int | None
    output: str = field(default="", repr=False)
    errors: str = field(default="", repr=False)
    wall_ms: float = 0.0

    @property
    def timed_out(self) -> bool:
        """True if the program was killed at its time limit."""
        return self.returncode is None

    @property
    def not_found(self) -> bool:
        """True if a limited process could not find its program (exit status 127, as in a shell)."""
        return self.returncode == _NOT_FOUND


async def run_captured(command: Sequence[str], timeout_s: float, *, folder: str | None = None) -> ProcessResult:
    """Run ``command`` without standard input and capture what it prints.

    ``command`` begins with the absolute path of a program. ``folder`` is its current folder if it must not be the
    neutral one. The program is killed after ``timeout_s`` and when this task is cancelled. Raises ``OSError`` if it
    cannot be started, ``ValueError`` for a NUL character in an argument.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder or neutral_folder(),
        env=clean_environment(),
    )
    try:
        async with asyncio.timeout(timeout_s):
            output, errors = await process.communicate()
    except TimeoutError:
        return ProcessResult(None)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return ProcessResult(process.returncode, output.decode("utf-8", "replace"), errors.decode("utf-8", "replace"))


def run_polled(
    command: Sequence[str],
    message: Mapping[str, object],
    on_poll: Callable[[IO[bytes]], None],
    *,
    variables: Mapping[str, str] | None = None,
) -> ProcessResult:
    """Run a child process to its end and call ``on_poll`` ten times a second. Blocks; raises ``OSError``.

    ``message`` is sent as its start message (``spawn.py``). ``on_poll`` gets the file with the output so far, open for
    reading; an exception that it raises ends the child, as the interrupt key does. The output goes to a file because a
    full pipe would stop the child.
    """
    with tempfile.TemporaryFile() as output:
        child = start_child(command, message, output=output, variables=variables)
        try:
            while True:
                try:
                    returncode = child.wait(timeout=_POLL_S)
                    break
                except subprocess.TimeoutExpired:
                    on_poll(output)
        finally:
            _terminate(child)
        output.seek(0)
        return ProcessResult(returncode, output.read().decode("utf-8", "replace"))


def _terminate(child: subprocess.Popen[bytes]) -> None:
    """End the child if it still runs, and what it has started in any case: pip asks other programs for versions."""
    if child.poll() is None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=_TERMINATE_TIMEOUT_S)
    kill_group(child)
    child.wait()
    if child.stdin is not None:
        child.stdin.close()
