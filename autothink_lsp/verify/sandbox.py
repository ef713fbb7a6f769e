"""Runs one program with limits: CPU time, memory, size of files, wall time, size of output; without the user's
environment, without a shell, and without a network where the platform can take it away.

The program gets a process group of its own that is killed as a whole, when its time is over and when the caller is
cancelled; on Linux also what left the group (a daemon of a build tool), known by a mark in its environment. Nothing
here is a fence against a determined attacker: programs are the user's own tools, or code of a model in an evaluation
that the user started.
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

from attrs import asdict, field, frozen

from autothink_lsp.processes import clean_environment

_CHILD = Path(__file__).with_name("limited_child.py")
_KEPT_VARIABLES = (
    *("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "PATHEXT", "COMSPEC"),
    *("GOROOT", "JAVA_HOME", "PYENV_ROOT", "RUSTUP_HOME", "NVM_DIR"),  # where tools find themselves
)
_MARK = "AUTOTHINK_RUN"  # in the environment of everything that one run starts
_REAP_S = 2.0
_SWEEPS = 5  # a process may start another one while we look


@frozen(kw_only=True)
class Limits:
    """``None`` is no limit. ``wall_s`` and ``output_bytes`` are ours, the rest the system's."""

    cpu_s: int | None = 20
    wall_s: float = 30.0
    memory_bytes: int | None = None  # of addresses: node reserves far more than it uses
    file_bytes: int | None = 64 << 20
    processes: int | None = 512  # and threads; not for root, and only where it gets a user namespace of its own
    output_bytes: int = 200_000
    network: bool = False


@frozen
class Ran:
    """How it ended. ``returncode`` is negative for a signal, ``None`` where it was killed for its wall time."""

    returncode: int | None
    output: str = field(repr=False)
    timed_out: bool
    wall_ms: float

    @property
    def not_found(self) -> bool:
        return self.returncode == 127


async def run_limited(
    command: Sequence[str],
    *,
    cwd: Path,
    limits: Limits | None = None,
    environ: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
) -> Ran:
    """Standard output and error together. Never raises for what the program does; cancelling kills it."""
    limits = limits or Limits()
    started = time.monotonic()
    mark = token_hex()
    message = {name: value for name, value in asdict(limits).items() if name not in {"wall_s", "output_bytes"}}
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(_CHILD), json.dumps(message), *command),
            cwd=cwd,
            env={**_environment(cwd, environ), _MARK: mark},
            stdin=asyncio.subprocess.PIPE if stdin is not None else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # no processes left, or a NUL in an argument
        return Ran(126, str(error), timed_out=False, wall_ms=0.0)
    output = bytearray()
    timed_out = False
    try:
        async with asyncio.timeout(limits.wall_s):
            if await _talk(process, stdin, output, limits.output_bytes):
                await process.wait()
    except TimeoutError:
        timed_out = True
    finally:
        _kill_group(process)
        await asyncio.shield(_reaped(process, mark))
    return Ran(
        None if timed_out else process.returncode,
        output.decode("utf-8", "replace"),
        timed_out=timed_out,
        wall_ms=(time.monotonic() - started) * 1_000,
    )


async def _talk(process: asyncio.subprocess.Process, stdin: bytes | None, output: bytearray, output_bytes: int) -> bool:
    """Whether its output came to an end; a program that floods is to be killed."""
    if process.stdin is not None:
        with contextlib.suppress(ConnectionError):
            process.stdin.write(stdin or b"")
            await process.stdin.drain()
        process.stdin.close()
    if process.stdout is None:
        return True
    while piece := await process.stdout.read(1 << 16):
        room = output_bytes - len(output)
        output += piece[: max(0, room)]
        if room <= 0:
            return False
    return True


def _kill_group(process: asyncio.subprocess.Process) -> None:
    """The whole group, also when its first process has ended: what it left behind must not stay."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        elif process.returncode is None:
            process.kill()


async def _reaped(process: asyncio.subprocess.Process, mark: str) -> None:
    """asyncio sees the end of a process only when its output has been read to the end. What left the group may hold
    that open, so it is killed first, and where it cannot be found we wait a moment and go on without it."""
    if sys.platform == "linux":
        await asyncio.to_thread(_kill_marked, f"{_MARK}={mark}".encode())
    try:
        async with asyncio.timeout(_REAP_S):
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
    # Tools write caches to HOME: here they vanish with the temporary folder.
    ours = {"HOME": str(cwd), "TMPDIR": str(cwd), "TEMP": str(cwd), "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
    ours |= {"GOCACHE": str(cwd / ".gocache"), "CI": "1"}
    rustup = Path.home() / ".rustup"
    if "RUSTUP_HOME" not in kept and rustup.is_dir():
        ours["RUSTUP_HOME"] = str(rustup)
    return {**kept, **ours, **(environ or {})}
