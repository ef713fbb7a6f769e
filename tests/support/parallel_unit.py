"""``python -m tests.support.parallel_unit FOLDER [PYTEST OPTION ...]``: the tests of a folder, on all cores.

Processes of our own instead of pytest-xdist: there each worker collects all 13,000 tests, and each test is reported to
another process in five messages, which together costs more CPU than most of the tests. Here each process collects and
runs files of its own, in a pytest session without a terminal; the parent starts the next one when a core is free.

The package is imported once, before the processes are forked. What a session writes is shown if a test of it failed.
Where there is no ``fork`` (Windows), pytest-xdist is used after all.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

OUTCOMES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
BATCHES_PER_CORE = 4  # fewer leave a core without work at the end; each costs a start of pytest
# What most tests import; pytest and hypothesis are half of a session's start.
PRELOADED = (
    "pytest",
    "hypothesis.strategies",
    "autothink_lsp.app",
    "autothink_lsp.lsp.server",
    "autothink_lsp.features.completion.service",
)
NOTHING_COLLECTED = 5  # pytest's exit status: none of a batch's tests has the marks


def batches(sizes: dict[str, int], count: int) -> list[list[str]]:
    """Files in ``count`` batches of about equal ``sizes`` (bytes); the largest files stand in different ones."""
    totals, found = [0] * count, [[] for _ in range(count)]
    for file in sorted(sizes, key=lambda name: (-sizes[name], name)):
        least = totals.index(min(totals))
        found[least].append(file)
        totals[least] += sizes[file]
    return [batch for batch in found if batch]


class Outcomes:
    """A plugin that writes a session's counts of outcomes to a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        stats = terminalreporter.stats
        counts = {name: len(stats[name]) for name in OUTCOMES if name in stats}
        counts["deselected"] = len(stats.get("deselected", ()))
        self._file.write_text(json.dumps(counts), encoding="utf-8")


def run_batch(files: Sequence[str], options: Sequence[str], folder: Path, number: int) -> int:
    """Start a process that runs the files; its number. It writes ``number.txt`` and ``number.json`` into ``folder``."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        out = os.open(folder / f"{number}.txt", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        import pytest

        arguments = [*files, *options, "-p", "no:xdist", "-p", "no:cacheprovider"]
        arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        status = int(pytest.main(arguments, plugins=[Outcomes(folder / f"{number}.json")]))
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - shown with what the session wrote
        traceback.print_exc()
        sys.stderr.flush()
    finally:  # nothing may run twice: neither the parent's handlers nor its output
        os._exit(status)


def run(files: Sequence[str], options: Sequence[str], cores: int) -> int:
    """Run the files and print what failed and how many passed. The exit status is pytest's."""
    began_s = time.monotonic()
    waiting = list(enumerate(batches({file: Path(file).stat().st_size for file in files}, cores * BATCHES_PER_CORE)))
    running: dict[int, int] = {}
    counts: Counter[str] = Counter()
    failed = False
    with tempfile.TemporaryDirectory(prefix="autothink-unit-") as name:
        folder = Path(name)
        while waiting or running:
            while waiting and len(running) < cores:
                number, batch = waiting.pop(0)
                running[run_batch(batch, options, folder, number)] = number
            child, wait_status = os.wait()
            number = running.pop(child)
            status = os.waitstatus_to_exitcode(wait_status)
            result = folder / f"{number}.json"
            if result.exists():
                counts.update(json.loads(result.read_text(encoding="utf-8")))
            if status not in {0, NOTHING_COLLECTED} or not result.exists():
                failed = True
                print((folder / f"{number}.txt").read_text(encoding="utf-8", errors="replace"), flush=True)
                if not result.exists():
                    print(f"a session ended with status {status}", flush=True)
    seconds = time.monotonic() - began_s
    summary = ", ".join(f"{counts[name]} {name}" for name in (*OUTCOMES, "deselected") if counts[name])
    print(f"{summary or 'nothing'} in {seconds:.1f}s ({cores} processes)")
    return 1 if failed or not counts["passed"] else 0


def main(arguments: Sequence[str]) -> int:
    """See the module."""
    folder, *options = arguments
    if not hasattr(os, "fork"):
        import pytest

        return int(pytest.main([folder, *options, "-n", "auto"]))
    for module in PRELOADED:
        importlib.import_module(module)
    files = [path.as_posix() for path in sorted(Path(folder).rglob("test_*.py"))]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return run(files, options, cores)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
