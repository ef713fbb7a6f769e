"""CPU time and memory of another process, as the kernel counts them. Linux only; elsewhere nothing is claimed."""

from __future__ import annotations

import os
import re
from pathlib import Path

_KIB = 1_024
_MIB = 1 << 20


def cpu_s(pid: int) -> float | None:
    """User and system time so far of all threads that live, no children. ``None`` where it cannot be read."""
    return _scheduled_s(pid) or _ticks_s(pid)


def _scheduled_s(pid: int) -> float | None:
    """From the scheduler, in nanoseconds: the first field of schedstat."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
    except (OSError, ValueError, IndexError):
        return None


def _ticks_s(pid: int) -> float | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # proc_pid_stat(5): utime and stime are fields 14 and 15; field 2 is the name in brackets, which may hold anything.
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int, *, peak: bool = False) -> float | None:
    """Resident set now, or the most it ever was. ``None`` where it cannot be read."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    found = re.search(rf"^{'VmHWM' if peak else 'VmRSS'}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found.group(1)) * _KIB / _MIB if found else None
