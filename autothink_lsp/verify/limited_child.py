"""Sets limits on itself and becomes another program: the first thing that runs in a limited process.

Run as a script (never imported by the server): ``python -I limited_child.py '{"cpu_s": 5, …}' program arguments…``.
What a platform does not have is left out; limits that exist are set or the program is not run.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_SIGKILL = 9
NOT_FOUND, NOT_EXECUTABLE = 127, 126


def main() -> None:
    """Never returns."""
    limits = json.loads(sys.argv[1])
    command = sys.argv[2:]
    if os.name == "posix":
        _limit(limits)
        if sys.platform == "linux":
            _isolate(network=limits["network"], processes=limits["processes"])
    try:
        os.execvp(command[0], command)  # noqa: S606 - this is what it is for
    except FileNotFoundError:
        sys.exit(NOT_FOUND)
    except OSError:
        sys.exit(NOT_EXECUTABLE)


def _limit(limits: dict) -> None:
    import resource

    for name, value in (
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_CORE, 0),
    ):
        if value is not None:
            _lower(name, value)


def _lower(name: int, value: int) -> None:
    import resource

    hard = resource.getrlimit(name)[1]
    wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(name, (wanted, wanted))


def _isolate(*, network: bool, processes: int | None) -> None:
    import ctypes
    import resource

    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if not network:
        user, group = os.getuid(), os.getgid()
        if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
            with contextlib.suppress(OSError):
                _write("/proc/self/setgroups", "deny")
                _write("/proc/self/uid_map", f"{user} {user} 1")
                _write("/proc/self/gid_map", f"{group} {group} 1")
            if processes is not None:  # counted in the namespace alone; elsewhere all of the user's processes count
                _lower(resource.RLIMIT_NPROC, processes)
    libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:  # noqa: PTH123 - a script that imports as little as it can
        file.write(text)


if __name__ == "__main__":
    main()
