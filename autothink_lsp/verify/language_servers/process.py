"""Starts the process of a language server, tied to this process and limited, and ends it.

The process is the leader of a new session, so that its children (tsserver, go) are counted and ended with it. On Linux
the kernel ends it when this process ends for any reason (``processes/limited_main.py``); on other systems it reads the
end of its standard input. It has no network if the platform can block it: a check must not download modules.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Sequence

from autothink_lsp.processes.environment import absolute_entries, minimal_environment, neutral_folder
from autothink_lsp.processes.limited import ProcessLimits, limited_command
from autothink_lsp.processes.spawn import kill_group

# Variables that servers need to find compilers, packages and their caches, besides the minimal environment. No keys.
_KEPT_VARIABLES = (
    *("PATHEXT", "COMSPEC", "PROGRAMFILES", "PROGRAMDATA", "USER", "LOGNAME", "USERNAME"),
    *("GOROOT", "GOPATH", "GOMODCACHE", "GOCACHE", "GOFLAGS", "JAVA_HOME", "CARGO_HOME", "RUSTUP_HOME", "PYENV_ROOT"),
    *("NVM_DIR", "VOLTA_HOME", "VIRTUAL_ENV", "CONDA_PREFIX", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"),
)
_LIMITS = ProcessLimits(cpu_s=None, file_bytes=256 << 20, network=False)
_PATIENCE_S = 1.0


async def start_process(command: Sequence[str]) -> asyncio.subprocess.Process:
    """Start ``command`` with pipes for all three streams. Raises ``OSError`` or ``ValueError`` if it cannot be
    started."""
    is_posix = os.name == "posix"
    return await asyncio.create_subprocess_exec(
        *(limited_command(command, _LIMITS) if is_posix else command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=neutral_folder(),
        env=_environment(),
        start_new_session=is_posix,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


async def end_process(process: asyncio.subprocess.Process) -> None:
    """Close the process's input, wait a moment, then kill its group. Idempotent."""
    if process.stdin is not None:
        process.stdin.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_S):
            await process.wait()
    kill_group(process)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await process.wait()
    except TimeoutError:  # a process that left its group keeps the pipes open
        process._transport.close()  # pyright: ignore[reportAttributeAccessIssue]  # noqa: SLF001 - there is no other way


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    path = absolute_entries(os.environ.get("PATH", os.defpath))
    return {**minimal_environment(), **kept, "PATH": path, "NO_COLOR": "1"}
