"""What the processes of one session use: memory, and time spent waiting for a processor. Linux; elsewhere unknown.

A session is a program that was started with ``start_new_session`` and all that it started (setsid(2)).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import define, field

_PROC = Path("/proc")


def resident_bytes(session_id: int) -> int | None:
    """The memory of all processes of the session, in bytes; ``None`` if the system does not report it."""
    if sys.platform != "linux":
        return None
    pages = sum(int(fields[21]) for _, fields in _processes(session_id))
    return pages * os.sysconf("SC_PAGE_SIZE")


@define(eq=False)
class RunQueueTime:
    """How long a session's threads were ready to run and waited for a processor, because others used all of them.

    The time of the thread that waited longest counts: threads of one program wait at the same time. ``session_id``
    returns ``None`` until the program has started.
    """

    session_id: Callable[[], int | None]
    _seen_s: dict[str, float] = field(factory=dict)

    async def since_last_s(self) -> float:
        """The seconds of waiting since the last call, at the first one since the start; 0 if they are unknown."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> float:
        session_id = self.session_id()
        if sys.platform != "linux" or session_id is None:
            return 0.0
        waited_s = {
            str(thread): _run_queue_s(thread)
            for process, _ in _processes(session_id)
            for thread in _entries(process / "task")
        }
        longest_s = max((seconds - self._seen_s.get(thread, 0.0) for thread, seconds in waited_s.items()), default=0.0)
        self._seen_s = waited_s
        return max(0.0, longest_s)


def _processes(session_id: int) -> Iterator[tuple[Path, list[str]]]:
    """The session's processes: their folders in /proc, and the fields of ``stat`` behind the name."""
    for entry in _entries(_PROC):
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):  # the process has ended
                # proc(5): the name is in parentheses and may contain blanks; fields 6 (session) and 24 (rss) follow it.
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                if int(fields[3]) == session_id:
                    yield entry, fields


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _run_queue_s(thread: Path) -> float:
    """The second number of ``schedstat`` (kernel documentation, scheduler/sched-stats): nanoseconds on a run queue."""
    try:
        return int((thread / "schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):  # it has ended, or this kernel does not count
        return 0.0
