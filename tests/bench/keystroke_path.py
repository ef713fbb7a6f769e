"""``python -m tests.bench path``: which files and functions one keystroke runs through.

One edit and one request in the tests' own harness, with a scripted model: no LSP, no HTTP, no process. Every call of a
Python function is seen through ``sys.setprofile``, so the counts are the same on every machine. They show how much code
a reader has to know, not how long it takes.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from attrs import define, field

import autothink_lsp
from autothink_lsp.backends.base import FimRequest, Finished
from tests.support.completion_harness import CompletionHarness
from tests.support.scripted_backend import ScriptedBackend, Step

PACKAGE = Path(autothink_lsp.__file__).parent
COMPLETION = "features/completion/"
FILTERS = f"{COMPLETION}postprocess/"
ANSWER = "    return a + b"


@define
class CallTrace:
    """The calls of the package's functions while ``recorded`` runs. Paths are relative to the package."""

    functions: set[CodeType] = field(factory=set)
    edges: set[tuple[str, str]] = field(factory=set)
    """Pairs of different files: a function of the first called one of the second."""
    calls: int = 0
    _paths: dict[str, str] = field(factory=dict)

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Record this thread's calls, those of its event loop's tasks and timers included."""
        sys.setprofile(self._on_event)
        try:
            yield
        finally:
            sys.setprofile(None)

    @property
    def files(self) -> set[str]:
        """The files of the functions."""
        return {self._path(code) for code in self.functions}

    def row(self) -> dict[str, int]:
        """The counts by their names in the table."""
        own = {file for file in self.files if file.startswith(COMPLETION)}
        filters = {file for file in own if file.startswith(FILTERS)}
        return {
            "files of features/completion": len(own),
            "of these in postprocess/": len(filters),
            "the others": len(own - filters),
            "functions": sum(self._path(code).startswith(COMPLETION) for code in self.functions),
            "calls": self.calls,
            "pairs of files, one calling the other": sum(
                caller.startswith(COMPLETION) and called.startswith(COMPLETION) for caller, called in self.edges
            ),
            "other files of the package": len(self.files - own),
        }

    def _on_event(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event != "call" or not (path := self._path(frame.f_code)):
            return
        if frame.f_code.co_name == "<module>":
            return
        self.functions.add(frame.f_code)
        self.calls += path.startswith(COMPLETION)
        caller = self._path(frame.f_back.f_code) if frame.f_back is not None else ""
        if caller and caller != path:
            self.edges.add((caller, path))

    def _path(self, code: CodeType) -> str:
        """The path in the package; empty for code of others."""
        if code.co_filename not in self._paths:
            file = Path(code.co_filename)
            inside = file.is_relative_to(PACKAGE)
            self._paths[code.co_filename] = file.relative_to(PACKAGE).as_posix() if inside else ""
        return self._paths[code.co_filename]


async def measured() -> dict[str, CallTrace]:
    """A key for which the model is asked, and the next one, which types the suggestion along."""

    def script(request: FimRequest) -> list[Step]:
        is_warm = request.max_tokens <= 1
        return ["x" if is_warm else ANSWER, Finished("stop")]

    harness = CompletionHarness(ScriptedBackend(script))
    harness.reached.set()
    await harness.ask(3, 5)  # connects, and imports what is imported when it is needed
    harness.edit(3, 5, 5, "0")
    await harness.ask(3, 6)
    asked, along = CallTrace(), CallTrace()
    requests = len(harness.backend.requests)
    with asked.recorded():
        harness.edit(1, 0, 4, "   ")
        first = await harness.ask(1, 3)
    assert first.suggestion is not None, first.reason
    assert len(harness.backend.requests) == requests + 1
    with along.recorded():
        harness.edit(1, 3, 3, first.suggestion.text[0])
        second = await harness.ask(1, 4)
    assert second.suggestion is not None, second.reason
    assert len(harness.backend.requests) == requests + 1
    await harness.service.aclose()
    return {"the model is asked": asked, "typed along": along}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``path`` below ``bench``."""
    parser = subparsers.add_parser("path", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", action="store_true", help="name the files, too")


def run(args: argparse.Namespace, show: Callable[[str], object] = print) -> int:
    """Count and print."""
    traces = asyncio.run(measured())
    rows = {name: trace.row() for name, trace in traces.items()}
    names = next(iter(rows.values()))
    show(f"| | {' | '.join(names)} |")
    show(f"|---|{'--:|' * len(names)}")
    for name, row in rows.items():
        show(f"| {name} | {' | '.join(str(count) for count in row.values())} |")
    if args.files:
        for name, trace in traces.items():
            show(f"\n{name}: {' '.join(sorted(trace.files))}")
    return 0
