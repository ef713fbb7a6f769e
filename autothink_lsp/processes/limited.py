"""Running one program with limits: CPU time, memory, file size, wall time, output size.

It runs without the user's environment, without a shell, and without a network where the platform can remove it. It has
a process group of its own, which is killed at the time limit and when the caller is cancelled; on Linux also processes
that left the group (a daemon of a build tool), which are found by a mark in their environment. This is no sandbox
against a determined attacker: the programs are the user's own tools, or a model's code in an evaluation that the user
started.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_hex

from attrs import asdict, frozen

from autothink_lsp.processes.environment import clean_environment
from autothink_lsp.processes.fair_timeout import FairLimit
from autothink_lsp.processes.run import ProcessResult
from autothink_lsp.processes.session_usage import RunQueueTime
from autothink_lsp.processes.spawn import kill_group

_MAIN = Path(__file__).with_name("limited_main.py")
_KEPT_VARIABLES = (
    *("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "PATHEXT", "COMSPEC"),
    *("GOROOT", "JAVA_HOME", "PYENV_ROOT", "RUSTUP_HOME", "NVM_DIR"),  # where tools find their own files
)
_MARK = "AUTOTHINK_RUN"  # in the environment of everything that one run starts
_ENFORCED_HERE = frozenset({"wall_s", "is_wall_fair", "output_bytes"})
_REAP_TIMEOUT_S = 2.0
_QUIET_S = 0.25  # how often it is checked whether a program without output has ended
_SWEEPS = 5  # a process may start another one meanwhile


@frozen(kw_only=True)
class ProcessLimits:
    """``None`` is no limit. ``wall_s`` and ``output_bytes`` are enforced here, the others by the system.

    ``is_wall_fair``: time in which the program waits for a processor is added to ``wall_s`` (``fair_timeout.py``).
    """

    cpu_s: int | None = 20
    wall_s: float = 30.0
    is_wall_fair: bool = False
    memory_bytes: int | None = None  # of address space: node reserves far more than it uses
    file_bytes: int | None = 64 << 20
    processes: int | None = 512  # and threads; not for root, and only with a user namespace of its own
    output_bytes: int = 200_000
    network: bool = False
    read_only_folder: str = ""  # an absolute path that the program cannot write below; Linux with user namespaces only


async def run_limited(
    command: Sequence[str],
    *,
    cwd: Path,
    limits: ProcessLimits | None = None,
    environ: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
) -> ProcessResult:
    """Run ``command`` in ``cwd``; the result has standard output and standard error together.

    ``environ`` is added to the environment, ``stdin`` written to standard input. Never raises for what the program
    does; cancelling kills it.
    """
    limits = limits or ProcessLimits()
    started = time.monotonic()
    mark = token_hex()
    try:
        process = await asyncio.create_subprocess_exec(
            *limited_command(command, limits),
            cwd=cwd,
            env={**_environment(cwd, environ), _MARK: mark},
            stdin=asyncio.subprocess.PIPE if stdin is not None else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # no processes left, or a NUL in an argument
        return ProcessResult(126, str(error))
    output = bytearray()
    timed_out = False
    try:
        async with _wall_limit(limits, process):
            if await _exchange(process, stdin, output, limits.output_bytes) and process.returncode is None:
                await process.wait()
    except TimeoutError:
        timed_out = True
    finally:
        kill_group(process)
        await asyncio.shield(_reap(process, mark))
    return ProcessResult(
        None if timed_out else process.returncode,
        output.decode("utf-8", "replace"),
        wall_ms=(time.monotonic() - started) * 1_000,
    )


def _wall_limit(
    limits: ProcessLimits, process: asyncio.subprocess.Process
) -> contextlib.AbstractAsyncContextManager[object]:
    if not limits.is_wall_fair:
        return asyncio.timeout(limits.wall_s)
    return FairLimit(limits.wall_s).applied(RunQueueTime(lambda: process.pid).since_last_s)


async def _exchange(
    process: asyncio.subprocess.Process, stdin: bytes | None, output: bytearray, output_bytes: int
) -> bool:
    """Write ``stdin`` and read the output. Returns ``False`` if the output exceeds ``output_bytes``.

    The output is complete at its end, or when the program has ended and nothing comes any more: a process that it has
    left behind (the daemon of a build tool, a server that a test started) may hold the output open.
    """
    if process.stdin is not None:
        with contextlib.suppress(ConnectionError):
            process.stdin.write(stdin or b"")
            await process.stdin.drain()
        process.stdin.close()
    if process.stdout is None:
        return True
    while True:
        try:
            async with asyncio.timeout(_QUIET_S):
                piece = await process.stdout.read(1 << 16)
        except TimeoutError:
            if process.returncode is not None:
                return True
            continue
        if not piece:
            return True
        left_bytes = output_bytes - len(output)
        output += piece[: max(0, left_bytes)]
        if left_bytes <= 0:
            return False


def limited_command(command: Sequence[str], limits: ProcessLimits) -> list[str]:
    """The command line that sets the system's limits on itself and then becomes ``command``."""
    message = {name: value for name, value in asdict(limits).items() if name not in _ENFORCED_HERE}
    message["parent_pid"] = os.getpid()
    return [sys.executable, "-I", "-S", str(_MAIN), json.dumps(message), *command]


async def _reap(process: asyncio.subprocess.Process, mark: str) -> None:
    """Wait for the end of the process and of its output.

    A process that left the group may keep the output open, so it is killed first; if it is not found, the wait ends
    after a timeout.
    """
    if sys.platform == "linux":
        await asyncio.to_thread(_kill_marked, f"{_MARK}={mark}".encode())
    try:
        async with asyncio.timeout(_REAP_TIMEOUT_S):
            if process.stdout is not None:
                while await process.stdout.read(1 << 16):
                    pass
            await process.wait()
    except TimeoutError:
        process._transport.close()  # pyright: ignore[reportAttributeAccessIssue]  # noqa: SLF001 - there is no other way


def _kill_marked(mark: bytes) -> None:
    for _ in range(_SWEEPS):
        found = False
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):  # it has ended, or belongs to another user
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    os.kill(int(entry.name), signal.SIGKILL)
                    found = True
        if not found:
            return


def _environment(cwd: Path, environ: Mapping[str, str] | None) -> dict[str, str]:
    inherited = clean_environment()
    kept = {name: inherited[name] for name in _KEPT_VARIABLES if name in inherited}
    # Tools write caches to HOME: here they are deleted with the temporary folder.
    ours = {"HOME": str(cwd), "TMPDIR": str(cwd), "TEMP": str(cwd), "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
    ours |= {"GOCACHE": str(cwd / ".gocache"), "CI": "1"}
    rustup = Path.home() / ".rustup"
    if "RUSTUP_HOME" not in kept and rustup.is_dir():
        ours["RUSTUP_HOME"] = str(rustup)
    return {**kept, **ours, **(environ or {})}
