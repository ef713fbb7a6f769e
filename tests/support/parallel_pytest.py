"""``python -m tests.support.parallel_pytest [--workers N] [--twice] FOLDER ... [PYTEST OPTION ...]``: parallel tests.

Processes of our own instead of pytest-xdist: there each worker collects all 15,000 tests, and each test is reported to
another process in five messages, which together costs more CPU than most of the tests. Here each process collects and
runs files of its own, in a pytest session without a terminal; the parent starts the next one when a worker is free.
Which files a session runs, and in which order sessions start, follows from measured times (``file_times.py``):
``--save-times`` puts those of this run into its table if the run passed.

The package is imported once, before the processes are forked. What a session writes is shown if a test of it failed.
``--twice`` runs what failed once more, and what passes then counts. The last line is like pytest's own.
Where there is no ``fork`` (Windows), pytest-xdist is used after all.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from tests.support import fork_server_main
from tests.support.ci_summary import OUTCOMES, RESULTS, append_session, skipped_cases
from tests.support.example_counts import QUICK
from tests.support.file_times import (
    Batch,
    FileTimer,
    Seconds,
    known_times,
    next_of,
    planned,
    remember,
    save,
    selection_of,
)
from tests.support.hypothesis_constants import collect_constants, draw_constants_of
from tests.support.session_cost import (
    OPTIONS,
    KnownConftests,
    SharedLocations,
    keep_bytecode,
    look_at_few_loggers,
    preset_request_signature,
)

# What each session imports, apart from the package: half of a session's start. And what many test files share.
PRELOADED = ("pytest", "hypothesis.strategies", "pytest_asyncio.plugin", "pytest_timeout")
SHARED = (
    *("completion_harness", "context_harness", "cursor_mark", "fault_server", "filter_cases", "gguf_file"),
    *("keystroke_scenario", "next_edit_session", "scripted_backend", "slot_replay", "tuning_worlds", "wire_format"),
)
# Python's own first threshold is 700 objects: collections were a fifth of the CPU time of `make unit`.
GC_THRESHOLDS = (200_000, 20, 100)
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
NO_PROCESSES = "not process"  # marks of sessions that start none
NOTHING_COLLECTED = 5  # pytest's exit status: none of a batch's tests has the marks


class ForkedProgram(BaseException):
    """Ends what the process did before it was forked, so that its program has a stack of its own and ends as usual."""

    def __init__(self, order: dict[str, Any]) -> None:
        super().__init__(order)
        self.order = order


@dataclass
class Result:
    """What sessions did: counts of outcomes, ids of what failed (tests, or files), and (id, reason) of each skip."""

    counts: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    seconds: float = 0.0
    times: dict[str, Seconds] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return not self.failed and bool(self.counts["passed"])


class Outcomes:
    """A plugin that writes a session's outcomes and the times of its files to a file."""

    def __init__(self, file: Path, timer: FileTimer) -> None:
        self._file = file
        self._timer = timer

    def pytest_collection_finish(self) -> None:
        gc.freeze()  # the tests are no garbage until the session ends

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        stats = terminalreporter.stats
        counts = {name: len(stats[name]) for name in OUTCOMES if name in stats}
        counts["deselected"] = len(stats.get("deselected", ()))
        failed = [report.nodeid for name in ("failed", "error") for report in stats.get(name, ())]
        outcomes = {
            "counts": counts,
            "failed": list(dict.fromkeys(failed)),
            "skipped": skipped_cases(terminalreporter),
            "times": self._timer.times,
        }
        self._file.write_text(json.dumps(outcomes), encoding="utf-8")


def run_batch(tests: Sequence[str], options: Sequence[str], folder: Path, number: int) -> int:
    """Start a process that runs the tests; its number. It writes ``number.txt`` and ``number.json`` into ``folder``.

    Raises ``ForkedProgram`` in each process that the session's fork server starts.
    """
    child = os.fork()
    if child:
        return child
    if not any(NO_PROCESSES in str(one) for one in options):
        order = fork_server_main.fork_nested()  # now, as pytest has threads and hooks of its own
        if order is not None:
            raise ForkedProgram(order)
    return _run_session(tests, options, folder, number)


def _run_session(tests: Sequence[str], options: Sequence[str], folder: Path, number: int) -> NoReturn:
    status = 1
    try:
        out = os.open(folder / f"{number}.txt", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.environ.pop(RESULTS, None)  # the parent records all sessions as one
        import pytest

        arguments = [*tests, *options, *OPTIONS, "-p", "no:xdist", "-p", "no:cacheprovider"]
        arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        gc.set_threshold(*GC_THRESHOLDS)
        preset_request_signature()
        look_at_few_loggers()
        timer = FileTimer()
        plugins = [timer, Outcomes(folder / f"{number}.json", timer), SharedLocations(), KnownConftests()]
        status = int(pytest.main(arguments, plugins=plugins))
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - shown with what the session wrote
        traceback.print_exc()
        sys.stderr.flush()
    finally:  # nothing may run twice: neither the parent's handlers nor its output
        os._exit(status)


def run(parts: Sequence[Batch], options: Sequence[str], workers: int) -> Result:
    """Run each batch in a session of its own, and print the output of those that failed."""
    began_s = time.monotonic()
    left = list(range(len(parts)))
    running: dict[int, int] = {}
    result = Result()
    parent = os.getpid()
    folder = Path(tempfile.mkdtemp(prefix="autothink-tests-"))
    try:
        while left or running:
            while left and len(running) < workers:
                now = [parts[one] for one in running.values()]
                number = left.pop(next_of([parts[one] for one in left], now, CORES))
                running[run_batch(parts[number].tests, options, folder, number)] = number
            child, wait_status = os.wait()
            number = running.pop(child)
            _add(result, parts[number].tests, folder / str(number), os.waitstatus_to_exitcode(wait_status))
    finally:
        if os.getpid() == parent:  # not in a program that was forked
            shutil.rmtree(folder, ignore_errors=True)
    result.seconds = time.monotonic() - began_s
    return result


def _add(result: Result, part: Sequence[str], files: Path, status: int) -> None:
    """Add what a session wrote. Where that is nothing, all of its tests have failed."""
    written = files.with_suffix(".json")
    outcomes = json.loads(written.read_text(encoding="utf-8")) if written.exists() else None
    if outcomes is not None:
        result.counts.update(outcomes["counts"])
        result.skipped += [(nodeid, reason) for nodeid, reason in outcomes["skipped"]]
        result.failed += outcomes["failed"]
        result.times.update({file: Seconds(*seconds) for file, seconds in outcomes["times"].items()})
    if status in {0, NOTHING_COLLECTED} and outcomes is not None:
        return
    print(files.with_suffix(".txt").read_text(encoding="utf-8", errors="replace"), flush=True)
    if outcomes is None:
        print(f"a session ended with status {status}", flush=True)
    if outcomes is None or not outcomes["failed"]:
        result.failed += part


def closing_line(result: Result, workers: int) -> str:
    """``7 passed, 1 skipped in 2.5s (2 processes)``, as pytest's own in the parts that are read by programs."""
    summary = ", ".join(f"{result.counts[name]} {name}" for name in (*OUTCOMES, "deselected") if result.counts[name])
    return f"{summary or 'nothing'} in {result.seconds:.1f}s ({workers} processes)"


def run_and_report(
    folders: Sequence[str], parts: Sequence[Batch], options: Sequence[str], workers: int, *, twice: bool = False
) -> tuple[int, dict[str, Seconds]]:
    """Run the tests, and print what failed, what was skipped and the closing line. Returns the exit status and the
    times of the files."""
    result = run(parts, options, workers)
    times = result.times
    _report(folders, result, workers)
    if result.failed and twice:
        print("== some failed; these once more")
        by_file: dict[str, list[str]] = {}
        for one in result.failed:
            by_file.setdefault(one.partition("::")[0], []).append(one)
        result = run([Batch(tests) for tests in by_file.values()], with_all_plugins(options), workers)
        _report(folders, result, workers)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"CPU time: {used.ru_utime + used.ru_stime:.0f} s")
    return (0 if result.passed else 1), times


def with_all_plugins(options: Sequence[str]) -> list[str]:
    """The options without those that leave a plugin out."""
    left_out = {
        number for number, one in enumerate(options) if str(one).startswith("no:") and options[number - 1] == "-p"
    }
    return [one for number, one in enumerate(options) if not {number, number + 1} & left_out]


def _report(folders: Sequence[str], result: Result, workers: int) -> None:
    append_session(" ".join(folders), result.counts, result.skipped)
    for (reason, file), count in Counter((why, nodeid.partition("::")[0]) for nodeid, why in result.skipped).items():
        print(f"SKIPPED [{count}] {file}: {reason}")
    for one in result.failed:
        print(f"FAILED {one}")
    print(closing_line(result, workers), flush=True)


def files_of(folders: Sequence[str]) -> dict[str, int]:
    """The test files of the folders with their sizes in bytes."""
    return {path.as_posix(): path.stat().st_size for one in folders for path in sorted(Path(one).rglob("test_*.py"))}


def compile_queries() -> None:
    """Compile the queries of all languages: else each session compiles those of most, in 50 ms a language."""
    from autothink_lsp.syntax.grammar import Grammars
    from autothink_lsp.syntax.languages import LanguageRegistry

    grammars = Grammars()
    for language in LanguageRegistry().all():
        grammar = grammars.load(language)
        for name in ("scopes", "definitions", "imports", "errors") if grammar is not None else ():
            grammar.query(name)


def preload_examples() -> None:
    """What each session would look for in the package's sources, unless few examples are tried."""
    if os.environ.get("AUTOTHINK_HYPOTHESIS") != QUICK:
        draw_constants_of("autothink_lsp")
        collect_constants()


def main(arguments: Sequence[str]) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="parallel_pytest", description=__doc__, allow_abbrev=False)
    parser.add_argument("--workers", type=int, default=CORES)
    parser.add_argument("--twice", action="store_true")
    parser.add_argument("--save-times", action="store_true")
    parser.add_argument("folders", nargs="+")
    ours, options = parser.parse_known_args(arguments)
    if not hasattr(os, "fork"):
        import pytest

        return int(pytest.main([*ours.folders, *options, "-n", str(ours.workers)]))
    gc.disable()
    keep_bytecode()
    for module in PRELOADED:
        importlib.import_module(module)
    fork_server_main.preload()
    for module in SHARED:
        importlib.import_module(f"tests.support.{module}")
    preload_examples()
    compile_queries()
    gc.freeze()
    gc.enable()
    selection = selection_of(ours.folders, options)
    parts = planned(files_of(ours.folders), known_times(selection), ours.workers)
    status, times = run_and_report(ours.folders, parts, options, ours.workers, twice=ours.twice)
    remember(selection, times)
    if ours.save_times and status == 0:  # a session that died has no times
        save(selection, times)
    return status


def command_line() -> None:
    """Run ``main``, and in a process that a session's fork server has started, its program instead."""
    try:
        sys.exit(main(sys.argv[1:]))
    except ForkedProgram as forked:
        order = forked.order
    fork_server_main.start_as_module(order)


if __name__ == "__main__":
    command_line()
