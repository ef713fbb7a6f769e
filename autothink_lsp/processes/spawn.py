"""Starting modules of this package as child processes, with a start message on standard input.

The child gets one line of JSON on standard input, with the parent's process id in ``parent_pid``. The pipe stays open:
its end tells the child that the parent has ended (``parent_death.py``).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import autothink_lsp
from autothink_lsp.errors import EngineError
from autothink_lsp.processes.environment import clean_environment, minimal_environment, neutral_folder

_BOOT = "import sys; sys.path.extend(sys.argv.pop(1).split({separator!r})); from {module} import main; main()"
_LINE_LIMIT_BYTES = 1 << 20
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)


def module_command(module: str) -> list[str]:
    """Return the command line that runs ``main()`` of one of our modules in a child process of this Python.

    ``-P`` keeps the current folder off the import path and ``-E`` ignores Python's environment variables; both could
    bring in a project's ``json.py``. The folders of this process's packages are appended, not prepended: the child's
    own standard library comes first. Raises ``EngineError`` if Python does not know its executable.
    """
    if not sys.executable:
        raise EngineError(
            "The path of this Python interpreter is unknown.", hint="Run autothink-lsp from a virtual environment."
        )
    package_folder = str(Path(autothink_lsp.__file__).parent.parent)
    current = os.path.realpath(".")
    folders = [folder for folder in sys.path if Path(folder).is_absolute() and os.path.realpath(folder) != current]
    searched = os.pathsep.join(dict.fromkeys([*folders, package_folder]))
    return [sys.executable, "-P", "-E", "-c", _BOOT.format(separator=os.pathsep, module=module), searched]


async def start_async_child(
    command: Sequence[str],
    message: Mapping[str, object],
    *,
    stderr: int = asyncio.subprocess.PIPE,
    is_minimal: bool = False,
) -> asyncio.subprocess.Process:
    """Start ``command`` on the event loop with pipes, and send it ``message``. Raises ``OSError``.

    ``is_minimal`` starts it without API keys and search paths in its environment.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
        limit=_LINE_LIMIT_BYTES,
        start_new_session=True,  # Ctrl+C in a terminal is for the parent only
        creationflags=_NO_WINDOW,
        cwd=neutral_folder(),
        env=minimal_environment() if is_minimal else clean_environment(),
    )
    assert process.stdin is not None  # noqa: S101 - PIPE was asked for
    process.stdin.write(_start_line(message))
    return process


def start_child(
    command: Sequence[str],
    message: Mapping[str, object],
    *,
    output: IO[bytes] | int = subprocess.DEVNULL,
    variables: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``command`` from any thread and send it ``message``. Raises ``OSError``.

    ``output`` receives standard output and standard error. ``variables`` are added to its environment, which is this
    process's cleaned one unless ``environment`` is given. ``folder`` is its current folder if it must not be the
    neutral one. The child keeps running when an event loop is closed.
    """
    child = subprocess.Popen(
        command,
        bufsize=0,  # a message that could not be written must not be written again at close
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=clean_environment(variables) if environment is None else {**environment, **(variables or {})},
        cwd=folder or neutral_folder(),
        start_new_session=True,
        creationflags=_NO_WINDOW,
    )
    assert child.stdin is not None  # noqa: S101 - PIPE was asked for
    with contextlib.suppress(OSError):  # it ended at once; its exit status says so
        child.stdin.write(_start_line(message))
    return child


def kill_group(process: asyncio.subprocess.Process | subprocess.Popen[bytes]) -> None:
    """Kill the process group, also if its first process has ended: its children must not remain."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        elif process.returncode is None:
            process.kill()


def _start_line(message: Mapping[str, object]) -> bytes:
    return json.dumps({**message, "parent_pid": os.getpid()}).encode() + b"\n"
