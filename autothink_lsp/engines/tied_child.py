"""Ties a child process of ours to its parent: no parent, no child, however the parent ended. Runs in the child.

Two ties, because each has a hole:

- End of file on standard input. The parent holds the other end of that pipe open and writes nothing more to it; the
  kernel closes it when the parent is gone. A thread of ours waits for that. Works everywhere, but the thread needs
  Python's lock, and native code may hold that for seconds (llama.cpp while it loads a model).
- ``PR_SET_PDEATHSIG`` on Linux, which the kernel does alone. Its trap: the signal comes when the *thread* that started
  the child ends, not the process (prctl(2)). So the parent starts children from the thread of its event loop, never
  from a short-lived worker, and pip and the hub's library, which a worker may start, get the first tie only.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1


def read_line_from_parent() -> str:
    """The first line of standard input, read byte by byte so that nothing after it is swallowed."""
    line = bytearray()
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        line += byte
    return line.decode("utf-8")


def exit_when_parent_exits(parent_pid: int, *, death_signal: bool) -> None:
    """Arrange both ties (the second only with ``death_signal``). The interrupt key is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if death_signal and sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:  # it ended before the call: no signal will come
            os._exit(0)
    threading.Thread(target=_exit_at_end_of_input, name="parent-watch", daemon=True).start()


def _exit_at_end_of_input() -> None:
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass
    os._exit(0)
