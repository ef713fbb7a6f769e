"""Runs a benchmark's program and says whether it passes. The program is model output: it gets no network, no files to
write, no other processes, little memory, and CPU time instead of wall time (a busy machine must not make it fail).
"""

from __future__ import annotations

import resource
import subprocess
import sys
from secrets import token_hex

CPU_SECONDS = 5
MEMORY_BYTES = 1 << 30

_RUNNER = """
import sys
program, mark = sys.stdin.read(), sys.argv.pop()
def guard(event, args):
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "os.kill",
                         "os.remove", "os.rename", "os.rmdir", "os.truncate", "ctypes.", "shutil.", "urllib.")):
        raise PermissionError(event)
    if event == "open" and (set(str(args[1] or "r")) & set("wax+") or (args[1] is None and (args[2] or 0) & 3)):
        raise PermissionError(event)
sys.addaudithook(guard)
exec(compile(program, "<program>", "exec"), {"__name__": "__program__"})
sys.stdout.write(mark)
"""


def passes(program: str) -> bool:
    """Whether ``program`` runs to its end without an exception."""
    mark = token_hex()  # the program cannot claim to have passed and leave early
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _RUNNER, mark],
            input=program.encode("utf-8", "replace"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            preexec_fn=_limit,
            timeout=CPU_SECONDS * 20,
            check=False,
        )
    except subprocess.TimeoutExpired:  # it sleeps
        return False
    return done.returncode == 0 and done.stdout.endswith(mark.encode())


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
