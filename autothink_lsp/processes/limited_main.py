"""The main module of a limited process: sets limits on itself, then replaces itself by the program.

Run as a script: ``python -I limited_main.py '{"cpu_s": 5, …}' program arguments…``. Limits that the platform lacks are
left out; if a limit that it has cannot be set, the program is not run.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
_MS_RDONLY, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
_KEPT_MOUNT_FLAGS = 2 | 4 | 8 | 1024 | 2048  # nosuid, nodev, noexec, noatime, nodiratime: statvfs and mount agree
_SIGKILL = 9
NOT_FOUND, NOT_EXECUTABLE = 127, 126


def main() -> None:
    """Set the limits and execute the program. Never returns."""
    limits = json.loads(sys.argv[1])
    command = sys.argv[2:]
    if os.name == "posix":
        _limit(limits)
        if sys.platform == "linux":
            _isolate(
                network=limits["network"], processes=limits["processes"], read_only_folder=limits["read_only_folder"]
            )
            if os.getppid() != limits["parent_pid"]:  # it ended before the kernel was told: no signal will come
                sys.exit(NOT_EXECUTABLE)
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


def _isolate(*, network: bool, processes: int | None, read_only_folder: str) -> None:
    import ctypes
    import resource

    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    namespaces = (0 if network else _CLONE_NEWNET) | (_CLONE_NEWNS if read_only_folder else 0)
    if namespaces:
        user, group = os.getuid(), os.getgid()
        if libc.unshare(_CLONE_NEWUSER | namespaces) == 0:
            with contextlib.suppress(OSError):
                _write("/proc/self/setgroups", "deny")
                _write("/proc/self/uid_map", f"{user} {user} 1")
                _write("/proc/self/gid_map", f"{group} {group} 1")
            if processes is not None:  # counts the namespace only; outside of one all processes of the user count
                _lower(resource.RLIMIT_NPROC, processes)
            if read_only_folder:
                _make_read_only(libc, os.fsencode(read_only_folder))
    libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


def _make_read_only(libc: Any, folder: bytes) -> None:
    """Mount ``folder`` read-only over itself, for this process and those that it starts. The current folder may be
    another one: it is entered again, for a path to it could lead through the old mount."""
    current = os.getcwd()  # noqa: PTH109 - as few imports as possible
    if libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None) or libc.mount(
        folder, folder, None, _MS_BIND | _MS_REC, None
    ):
        return
    kept = os.statvfs(folder).f_flag & _KEPT_MOUNT_FLAGS
    libc.mount(None, folder, None, _MS_BIND | _MS_REMOUNT | _MS_RDONLY | kept, None)
    os.chdir(current)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:  # noqa: PTH123 - a script that imports as little as it can
        file.write(text)


if __name__ == "__main__":
    main()
