"""Ends a child process when its parent ends, however the parent ended. Runs in the child.

Two mechanisms, because each has a gap:

- End of file on standard input. The parent keeps the other end of the pipe open and writes nothing after the start
  message; the kernel closes it when the parent ends. A thread waits for that. It works on every platform, but the
  thread needs Python's global lock, and native code may hold that for seconds (llama.cpp while it loads a model).
- ``PR_SET_PDEATHSIG`` on Linux, which needs no thread. The signal is sent when the *thread* that started the child
  ends, not the process (prctl(2)). So the parent starts such children from the thread of its event loop, never from a
  short-lived worker; pip and the hub's library, which a worker may start, use the first mechanism only.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

_PR_SET_PDEATHSIG = 1


def read_start_message() -> dict[str, Any]:
    """Read the start message that ``spawn.py`` sends: the first line of standard input, as JSON.

    Reads byte by byte, so that nothing after the line is consumed. Raises ``ValueError``.
    """
    line = bytearray()
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        line += byte
    return json.loads(line.decode("utf-8"))


def exit_when_parent_exits(parent_pid: int, *, death_signal: bool) -> None:
    """End this process when its parent ends, and ignore Ctrl+C, which is for the parent.

    ``death_signal`` adds ``PR_SET_PDEATHSIG`` on Linux.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if death_signal and sys.platform == "linux":
        _set_parent_death_signal(signal.SIGKILL)
        if os.getppid() != parent_pid:  # the parent ended before the call: no signal will come
            os._exit(0)
    on_parent_exit(lambda: os._exit(0))


def on_parent_exit(callback: Callable[[], None]) -> None:
    """Call ``callback`` in a thread when the parent has ended. Standard input must have no other reader."""
    threading.Thread(target=_wait_for_end_of_input, args=(callback,), name="parent-watch", daemon=True).start()


def terminate_with_parent() -> None:
    """A ``preexec_fn`` for Linux: send SIGTERM to a third-party program when the thread that started it ends."""
    _set_parent_death_signal(signal.SIGTERM)


def _set_parent_death_signal(number: signal.Signals) -> None:
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number)


def _wait_for_end_of_input(callback: Callable[[], None]) -> None:
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass
    callback()
