"""Bugs in a project with tests: what ``autothink-lsp fix`` mends, and whether what it claims is true.

    python -m tests.bench.bugs_with_tests --data humanevalpack-python.jsonl.gz --tasks 82 --minutes 20 --model MODEL

Each finished task is a line of a journal in ``build/bugs-with-tests/``. A later run with the same arguments passes over
the tasks in it, so a run can be interrupted, bounded with ``--minutes`` and continued, also on another day. At the end
the table of all journals there is printed; ``--table`` prints it and runs nothing.

``--data`` is HumanEvalPack for Python (bigcode/octopack, MIT): each row has a wrong function and its tests. A task is a
trusted folder with the wrong function and a file of tests, ``all`` of the row's or its ``example`` ones; the command is
run in it as a user does, with the model that is set up here. Whether an edit is right is decided afterwards by all
tests of the row, in a process of its own. With ``--tests example`` an edit can pass the project's tests and be wrong.

    python -m tests.bench.bugs_with_tests --data humanevalpack-python.jsonl.gz --tasks 20 --edits

asks no model: the right solution and wrong edits of the wrong one are checked with the tests, and what is claimed of
each is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import math
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from attrs import asdict, frozen

from autothink_lsp.settings.paths import data_dir
from autothink_lsp.verify.evidence import evidence_of
from autothink_lsp.verify.project_tests.service import ProjectTests, ProjectTestsRequest
from autothink_lsp.verify.report import CheckReport
from tests.bench.sandbox import passes

_TIMEOUT_S = 900
_JOURNALS = Path("build/bugs-with-tests")
KINDS = ("right, proved", "right, not proved", "wrong, said so", "wrong, not said", "wrong, claimed", "no result")


@frozen
class TaskResult:
    """The result of one task. ``kind`` is one of ``KINDS``. ``load`` is the system's load average at its start."""

    name: str
    kind: str
    sentence: str
    seconds: float
    tokens: int
    attempts: int
    cpu_seconds: float = 0.0  # of the command and all that it started: does not depend on what else the machine does
    load: float = 0.0


def project_files(row: dict[str, Any], which: str) -> dict[str, str]:
    """The wrong function and its tests, as files of a small project."""
    name = row["entry_point"]
    tests = row["test"] if which == "all" else row["example_test"]
    defined = re.sub(rf"^check\({name}\)\s*$", "", tests, flags=re.MULTILINE).strip()
    return {
        "solution.py": row["declaration"] + row["buggy_solution"],
        "test_solution.py": f"from solution import {name}\n\n\n{defined}\n\n\ndef test_{name}():\n    check({name})\n",
    }


def is_right(row: dict[str, Any], text: str) -> bool:
    """Whether all tests of the row pass."""
    return passes(f"{text}\n{row['test']}")


def kind_of(evidence: str | None, *, right: bool) -> str:
    """Right or wrong, and what was said of it. Without an edit nothing was claimed."""
    if right:
        return "right, proved" if evidence == "proved" else "right, not proved"
    return {"proved": "wrong, claimed", "nothing found wrong": "wrong, not said"}.get(evidence or "", "wrong, said so")


def run_task(row: dict[str, Any], which: str, home: Path) -> TaskResult:
    """Have the command fix one bug."""
    with tempfile.TemporaryDirectory(prefix="autothink-bug-") as place:
        folder = Path(place) / "project"
        folder.mkdir()
        for name, text in project_files(row, which).items():
            (folder / name).write_text(text)
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
        # An engine that windows share is no child of the command: its processor time would not be counted.
        environ = {**os.environ, "AUTOTHINK_HOME": str(home), "PATH": path, "AUTOTHINK_EMBEDDED__SHARE": "false"}
        command = [sys.executable, "-m", "autothink_lsp"]
        subprocess.run([*command, "trust", "--tests", "use"], cwd=folder, env=environ, check=True, capture_output=True)
        line = 1 + row["declaration"].rstrip("\n").count("\n")
        message = f"AssertionError: a test of `{row['entry_point']}` fails"
        started, cpu_before = time.monotonic(), _cpu_seconds()
        fix = [*command, "fix", f"solution.py:{line}", "--message", message, "--json", "--apply", "--unproved"]
        load = os.getloadavg()[0]
        reply = _reply(fix, folder, environ)
        seconds, cpu_seconds = time.monotonic() - started, _cpu_seconds() - cpu_before
        edited = (folder / "solution.py").read_text()
    sentence = reply.get("checks") or reply.get("message") or ""
    has_result = bool(reply["attempts"]) or reply["evidence"] is not None
    kind = kind_of(reply["evidence"], right=is_right(row, edited)) if has_result else "no result"
    tokens = sum(one["tokens"] for one in reply["attempts"])
    attempts = len(reply["attempts"])
    return TaskResult(row["task_id"], kind, sentence, seconds, tokens, attempts, cpu_seconds, load)


def _reply(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    """What the command prints with ``--json``; without attempts if it failed."""
    try:
        ran = subprocess.run(
            command, cwd=folder, env=environ, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return {"evidence": None, "message": f"the command took longer than {_TIMEOUT_S} s", "attempts": []}
    try:
        return json.loads(ran.stdout)
    except ValueError:
        return {"evidence": None, "message": ran.stderr[-200:], "attempts": []}


def _cpu_seconds() -> float:
    """The processor time of all ended child processes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def wrong_edits(row: dict[str, Any]) -> list[str]:
    """Edits of the wrong function that leave it wrong: one comment, no body, one changed operator, an endless loop."""
    wrong = row["declaration"] + row["buggy_solution"]
    end = "\n" if not wrong.endswith("\n") else ""
    edits = [
        f"{wrong}{end}# checked\n",
        row["declaration"] + "    return None\n",
        row["declaration"] + "    while True:\n        pass\n",
    ]
    for old, new in ((" + ", " - "), (" < ", " <= "), (" > ", " >= "), (" == ", " != "), (" % ", " // "), (" 1", " 2")):
        if old in row["buggy_solution"]:
            edits.append(row["declaration"] + row["buggy_solution"].replace(old, new, 1))
            break
    return [edit for edit in edits if edit != wrong and not is_right(row, edit)]


async def check_edits(row: dict[str, Any], which: str) -> list[TaskResult]:
    """What the tests claim of the right solution and of wrong edits. Each is one task of one attempt."""
    with tempfile.TemporaryDirectory(prefix="autothink-bug-") as place:
        folder = Path(place) / "project"
        folder.mkdir()
        for name, text in project_files(row, which).items():
            (folder / name).write_text(text)
        tests = ProjectTests()
        results = []
        for text in (row["declaration"] + row["canonical_solution"], *wrong_edits(row)):
            started = time.monotonic()
            request = ProjectTestsRequest(
                command=(sys.executable, "-m", "pytest", "-q"),
                folder=folder,
                file=folder / "solution.py",
                before=(folder / "solution.py").read_text(),
                after=text,
                has_open_problem=True,
                wall_s=120.0,
            )
            evidence = evidence_of(CheckReport((await tests.check(request),)))
            kind = kind_of(evidence.level.value, right=is_right(row, text))
            results.append(TaskResult(row["task_id"], kind, evidence.sentence, time.monotonic() - started, 0, 1))
    return results


def read_journal(path: Path) -> list[TaskResult]:
    """The results of earlier runs, the last one of each task. A line that a killed run left unfinished is passed
    over."""
    found: dict[str, TaskResult] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            result = TaskResult(**json.loads(line))
        except (ValueError, TypeError):
            continue
        found[result.name] = result
    return list(found.values())


def table(results_by_run: Mapping[str, Sequence[TaskResult]]) -> str:
    """One row for each run: counts of each kind, and medians and sums of a task's cost."""
    lines = [
        f"| run | tasks | {' | '.join(KINDS)} | s, median (90 %) | processor s, median | tokens | attempts | load |",
        f"|---|--:|{'--:|' * len(KINDS)}--:|--:|--:|--:|--:|",
    ]
    for run, results in results_by_run.items():
        counts = Counter(result.kind for result in results)
        seconds = sorted(one.seconds for one in results) or [0.0]
        count = max(1, len(results))
        cells = [
            run,
            str(len(results)),
            *(str(counts[kind]) for kind in KINDS),
            f"{median(seconds):.0f} ({seconds[math.ceil(0.9 * len(seconds)) - 1]:.0f})",
            f"{median([one.cpu_seconds for one in results] or [0.0]):.0f}",
            f"{sum(one.tokens for one in results) / count:.0f}",
            f"{sum(one.attempts for one in results) / count:.1f}",
            f"{sum(one.load for one in results) / count:.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def all_journals(folder: Path) -> dict[str, list[TaskResult]]:
    """The results of each run, by the name of its journal."""
    return {path.stem: read_journal(path) for path in sorted(folder.glob("*.jsonl"))}


def run_tasks(rows: Sequence[dict[str, Any]], which: str, journal: Path, stop_at_s: float) -> list[TaskResult]:
    """Run the tasks that are not in the journal until ``stop_at_s`` (of ``time.monotonic``). Returns all results of
    ``rows``."""
    wanted = {row["task_id"] for row in rows}
    results = [one for one in read_journal(journal) if one.name in wanted]
    done = {one.name for one in results}
    journal.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="autothink-bench-") as home, journal.open("a", encoding="utf-8") as file:
        if journal.stat().st_size and not journal.read_text(encoding="utf-8").endswith("\n"):
            file.write("\n")  # a killed run left an unfinished line
        (Path(home) / "data").symlink_to(data_dir(), target_is_directory=True)
        for row in rows:
            if row["task_id"] in done:
                continue
            if time.monotonic() >= stop_at_s:
                print(f"the time is over; {len(rows) - len(results)} tasks are left for the next run", flush=True)
                break
            result = run_task(row, which, Path(home))
            results.append(result)
            file.write(json.dumps(asdict(result)) + "\n")
            file.flush()
            print(
                f"{result.name}: {result.kind} ({result.seconds:.0f} s, {result.cpu_seconds:.0f} s of processor time, "
                f"{result.tokens} tokens in {result.attempts} attempts, load {result.load:.1f}): {result.sentence}",
                flush=True,
            )
    return results


def main() -> int:
    """Run the tasks and print a line for each, then the table. 1 where a wrong edit was claimed to be right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="rows of HumanEvalPack for Python, JSON lines, gzip")
    parser.add_argument("--tasks", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=0, help="start no task after so many minutes; 0: no limit")
    parser.add_argument("--tests", choices=("all", "example"), default="all")
    parser.add_argument("--first", type=int, default=0, help="rows to pass over")
    parser.add_argument(
        "--model", default="", help="the embedded model (embedded.model); empty: the one of the settings"
    )
    parser.add_argument("--deadline", type=int, default=120, help="seconds for a fix (assist.deadline_s)")
    parser.add_argument("--journals", type=Path, default=_JOURNALS, help="the folder of the journals")
    parser.add_argument("--table", action="store_true", help="print the table of the journals and run nothing")
    parser.add_argument("--edits", action="store_true", help="check known edits; asks no model")
    args = parser.parse_args()
    if args.table:
        print(table(all_journals(args.journals)))
        return 0
    if args.data is None:
        parser.error("--data is needed")
    with gzip.open(args.data, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file][args.first : args.first + args.tasks]
    if args.edits:
        results: list[TaskResult] = []
        for row in rows:
            for result in asyncio.run(check_edits(row, args.tests)):
                results.append(result)
                print(f"{result.name}: {result.kind} ({result.seconds:.1f} s): {result.sentence}", flush=True)
        print(table({"edits": results}))
        return int(any(result.kind in {"wrong, claimed", "wrong, not said"} for result in results))
    os.environ["AUTOTHINK_ASSIST__DEADLINE_S"] = str(args.deadline)
    if args.model:
        os.environ["AUTOTHINK_EMBEDDED__MODEL"] = args.model
    journal = args.journals / f"{args.model or 'default'}, {args.tests} tests, {args.deadline} s.jsonl"
    stop_at_s = time.monotonic() + args.minutes * 60 if args.minutes else math.inf
    try:
        results = run_tasks(rows, args.tests, journal, stop_at_s)
    except KeyboardInterrupt:
        print("interrupted; the same command continues")
        results = read_journal(journal)
    print(table(all_journals(args.journals)))
    return int(any(result.kind == "wrong, claimed" for result in results) and args.tests == "all")


if __name__ == "__main__":
    sys.exit(main())
