"""The server with a sampler of its main thread's CPU time: ``python sampled_server.py FILE serve ...``.

A timer that counts CPU time interrupts the thread; the handler counts the functions on the stack. No thread, no waiting
and no tracing, so the program runs as it does without. Imports are left out, and all before the ``FIRST_EDIT``-th edit
of a document: starting costs as much as some hundred keys. Written to FILE as JSON when the process ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

EVERY_S = 0.001  # of CPU time; a kernel may count in larger steps
FIRST_EDIT = 16  # the first keys import and compile what all later ones use
_PACKAGE = "autothink_lsp"
_IMPORTING = "<frozen importlib._bootstrap>"


def sample_into(file: Path) -> None:
    """Count from now on; write at exit."""
    own: Counter[str] = Counter()  # function that ran
    within: Counter[str] = Counter()  # function of ours that ran or had called it, the innermost one
    anywhere: Counter[str] = Counter()  # function of ours that was on the stack

    def on_tick(_signal: int, frame: FrameType | None) -> None:
        stack: list[str] = []
        while frame is not None:
            if frame.f_code.co_filename == _IMPORTING:
                return
            stack.append(_name(frame))
            frame = frame.f_back
        ours = list(dict.fromkeys(name for name in stack if name.startswith(_PACKAGE)))
        own.update(stack[:1])
        within.update(ours[:1])
        anywhere.update(ours)

    def write_and_exit(status: int) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        file.write_text(json.dumps({"own": own, "within": within, "anywhere": anywhere}), encoding="utf-8")
        leave(status)

    leave, os._exit = os._exit, write_and_exit  # how ``serve`` ends
    signal.signal(signal.SIGPROF, on_tick)
    _at_edit(FIRST_EDIT, lambda: signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S))


def _at_edit(number: int, begin: Callable[[], object]) -> None:
    """Call ``begin`` before the ``number``-th edit of a document."""
    from autothink_lsp.document.store import DocumentStore

    change, edits = DocumentStore.change, count(1)

    def counted(*args: Any, **kwargs: Any) -> Any:
        if next(edits) == number:
            begin()
        return change(*args, **kwargs)

    DocumentStore.change = counted


def _without_wakeups() -> None:
    """Keep asyncio from waking its loop at each tick, which would be work of its own."""
    set_wakeup_fd = signal.set_wakeup_fd
    signal.set_wakeup_fd = lambda _descriptor, **_options: set_wakeup_fd(-1)


def _name(frame: FrameType) -> str:
    code = frame.f_code
    path = code.co_filename.replace("\\", "/")
    module = f"{_PACKAGE}/{path.rpartition(f'/{_PACKAGE}/')[2]}" if f"/{_PACKAGE}/" in path else path.split("/")[-1]
    return f"{module}:{code.co_qualname}"


if __name__ == "__main__":
    from autothink_lsp.cli import main

    _without_wakeups()
    sample_into(Path(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
