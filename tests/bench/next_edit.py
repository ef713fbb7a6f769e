"""Measures the next edits that the rules propose: how many are right, how many come where nothing is to be changed.

``python -m tests.bench next-edit --git REPOSITORY … [--scenarios FOLDER] [--show KIND]``: cases from git histories
(``next_edit_harvest.py``), the scenarios of cursortab, the time that a request takes in a long file, and recorded
answers of models (``next_edit_recordings.py``).
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import cattrs
from attrs import define, field, frozen

from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.features.next_edit.history import without_common_ends
from autothink_lsp.features.next_edit.service import NextEdit
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.tuning.significance import wilson
from autothink_lsp.values import Point
from tests.bench.next_edit_harvest import HarvestedCase, LineHunk, harvest
from tests.bench.next_edit_recordings import load, read_folder, replayed
from tests.bench.next_edit_recordings import report as report_recorded
from tests.bench.next_edit_scenarios import ScenarioResult, replay_scenarios
from tests.support.next_edit_session import NextEditSession

_PER_LANGUAGE = 90
_PER_NEGATIVE_KIND = 120
_LATENCY_LINES = 3_500
RECORDINGS = Path(__file__).parents[1] / "unit" / "features" / "next_edit" / "recordings.json"


@frozen
class CaseResult:
    """``right`` and ``changed`` count lines that a proposal takes away or brings."""

    case: HarvestedCase
    rule: str | None
    is_useful: bool
    right: int
    changed: int
    in_text: bool  # it changes a comment or a string of the trap
    elapsed_ms: float
    note: str = field(default="", repr=False)


def run_case(case: HarvestedCase, syntax: Syntax) -> CaseResult:
    """Make the case's edits, ask, and compare with what the commit did."""
    session = NextEditSession("\n".join(case.text), case.language, "file:///p/case", syntax=syntax)
    syntax.trees.tree(session.snapshot)  # as in an editor, where the first key finds it parsed
    done: list[tuple[LineHunk, int]] = []  # with the lines that it has now
    for edit in case.edits:
        undone = next((one for one, _ in done if (one.first, one.stop) == (edit.first, edit.stop)), None)
        count = len(undone.new) if undone is not None else edit.stop - edit.first
        _replace(session, _moved(edit.first, done), count, edit.new)
        done = [(one, size) for one, size in done if one is not undone] + [(edit, len(edit.new))]
    started = time.perf_counter()
    found = session.next()
    elapsed_ms = (time.perf_counter() - started) * 1_000
    if found is None:
        return CaseResult(case, None, False, 0, 0, False, elapsed_ms)
    return _judged(case, session, found, done, elapsed_ms)


def _moved(line: int, done: Sequence[tuple[LineHunk, int]]) -> int:
    """Where a line of the text before all edits is now."""
    above = [(one, size) for one, size in done if (one.stop <= line and one.first < line) or one.stop < line]
    return line + sum(size - (one.stop - one.first) for one, size in above)


def _replace(session: NextEditSession, first: int, count: int, new: Sequence[str]) -> None:
    text = session.snapshot.text
    stop = first + count
    if stop < text.line_count:
        start, end, written = Point(first, 0), Point(stop, 0), "".join(f"{line}\n" for line in new)
    else:
        before = first > 0
        start = Point(first - 1, len(text.line(first - 1))) if before else Point(0, 0)
        end = Point(text.line_count - 1, len(text.line(text.line_count - 1)))
        written = "".join(f"\n{line}" for line in new) if before else "\n".join(new)
    session.replace_offsets(text.place(start).offset, text.place(end).offset, written)


def _judged(
    case: HarvestedCase,
    session: NextEditSession,
    found: NextEdit,
    done: Sequence[tuple[LineHunk, int]],
    elapsed_ms: float,
) -> CaseResult:
    text = session.snapshot.text
    after = apply_replacements(text, (found.replacement,))
    first, stop = found.replacement.start.line, found.replacement.end.line + 1
    lines_after = after.lines(first, stop + after.line_count - text.line_count)
    old, new, skipped = without_common_ends(text.lines(first, stop), lines_after)
    first += skipped
    right, useful = 0, False
    for hunk in case.truth:
        start = _moved(hunk.first, done)
        end = start + hunk.stop - hunk.first
        shift = after.line_count - text.line_count
        if (start <= first and first + len(old) <= end) or (start == end and start == first and not old):
            wanted = Counter(hunk.new)
            gone = [line for number, line in enumerate(old) if not (wanted[line] and new.count(line))]
            brought = sum((Counter(new) & wanted).values())
            right += len(gone) + brought
            useful = useful or tuple(after.lines(start, end + shift)) == hunk.new
    changed = len(old) + len(new)
    in_text = case.kind == "trap" and first >= text.line_count - 3
    note = "\n".join((*(f"  - {line}" for line in old), *(f"  + {line}" for line in new)))
    return CaseResult(case, found.rule, useful, min(right, changed), changed, in_text, elapsed_ms, note)


def share(successes: int, trials: int) -> str:
    """``41.0 % (123 of 300; 35.6–46.6)``."""
    low, high = wilson(successes, trials)
    return f"{100 * successes / max(trials, 1):.1f} % ({successes} of {trials}; {100 * low:.1f}–{100 * high:.1f})"


@define
class Sample:
    """Cases with at most so many of a language and of a kind."""

    cases: list[HarvestedCase] = field(factory=list)
    _counts: Counter[tuple[str, ...]] = field(factory=Counter)

    def add(self, case: HarvestedCase) -> None:
        """Take the case unless there are enough of its sort."""
        key = ("positive", case.language) if case.kind == "positive" else (case.kind,)
        most = _PER_LANGUAGE if case.kind == "positive" else _PER_NEGATIVE_KIND
        if self._counts[key] < most:
            self._counts[key] += 1
            self.cases.append(case)


def report(results: Sequence[CaseResult], scenarios: Sequence[ScenarioResult], latencies: Sequence[float]) -> str:
    """All figures as text."""
    lines: list[str] = []
    for title, chosen in (
        ("all", results),
        ("looked at while writing", [one for one in results if not one.case.is_held_back]),
        ("held back", [one for one in results if one.case.is_held_back]),
    ):
        positives = [one for one in chosen if one.case.kind == "positive"]
        negatives = [one for one in chosen if one.case.kind != "positive"]
        fired = [one for one in positives if one.rule]
        right, changed = sum(one.right for one in fired), sum(one.changed for one in fired)
        lines += [
            f"{title}: {len(positives)} positives, {len(negatives)} negatives",
            f"  useful        {share(sum(one.is_useful for one in positives), len(positives))}",
            f"  fires         {share(len(fired), len(positives))}",
            f"  line precision {share(right, changed)}",
            f"  wrong fires   {share(sum(bool(one.rule) for one in negatives), len(negatives))}",
            f"  in a trap's comment or string: {sum(one.in_text for one in negatives)}",
        ]
    for key in sorted({one.case.language for one in results}):
        chosen = [one for one in results if one.case.language == key and one.case.kind == "positive"]
        lines.append(f"  {key:12} useful {share(sum(one.is_useful for one in chosen), len(chosen))}")
    for key in sorted({one.case.kind for one in results}):
        chosen = [one for one in results if one.case.kind == key]
        lines.append(f"  {key:12} fires {share(sum(bool(one.rule) for one in chosen), len(chosen))}")
    for key in sorted({one.rule for one in results if one.rule}):
        chosen = [one for one in results if one.rule == key and one.case.kind == "positive"]
        wrong = sum(one.rule == key and one.case.kind != "positive" for one in results)
        lines.append(f"  {key:20} useful {share(sum(one.is_useful for one in chosen), len(chosen))}, wrong {wrong}")
    if scenarios:
        silent = [one for one in scenarios if one.is_silent]
        others = [one for one in scenarios if not one.is_silent]
        lines.append(
            f"scenarios: silent where right {sum(not one.fired for one in silent)} of {len(silent)}; "
            f"fires {sum(one.fired for one in others)}, exact {sum(one.is_exact for one in others)}, lines right "
            f"{sum(one.right for one in others)} of {sum(one.changed for one in others)} ({len(others)} scenarios)"
        )
    if latencies:
        ordered = sorted(latencies)
        lines.append(
            f"latency, {_LATENCY_LINES} lines: p50 {ordered[len(ordered) // 2]:.1f} ms, "
            f"p95 {ordered[int(len(ordered) * 0.95)]:.1f} ms (CPU, {len(ordered)} requests)"
        )
    return "\n".join(lines)


def measured_latencies(syntax: Syntax, requests: int = 60) -> list[float]:
    """CPU milliseconds of requests in a long file of Python, each after two edits in it."""
    body = "".join(
        f"def function_{n}(client, name):\n    result = client.fetch(name, {n})\n    if result is None:\n"
        f"        return default(name)\n    # fetch {n} again\n    return result.value_{n % 40}\n\n"
        for n in range(_LATENCY_LINES // 7)
    )
    chosen, measured = random.Random(7), []
    session = NextEditSession(body, syntax=syntax)
    syntax.trees.tree(session.snapshot)
    for _ in range(requests):
        line = chosen.randrange(session.snapshot.text.line_count - 9)
        for near in (line, line + 7):
            number = near // 7 * 7 + chosen.choice((1, 3, 5))
            old = session.snapshot.text.line(number)
            new = old.replace("fetch", "load").replace("default", "fallback").replace("value_", "item_")
            if new != old:
                _replace(session, number, 1, (new,))
        started = time.thread_time()
        session.next(line)
        measured.append((time.thread_time() - started) * 1_000)
    return measured


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``next-edit`` below ``bench``."""
    parser = subparsers.add_parser("next-edit", description=__doc__)
    parser.add_argument("--git", nargs="*", type=Path, default=[Path()], help="repositories with their history")
    parser.add_argument("--commits", type=int, default=500, help="the newest commits of each (500)")
    parser.add_argument("--cases", type=Path, help="keep the harvested cases in this file, or read them from it")
    parser.add_argument(
        "--half", action="store_true", help="only the half that may be looked at while rules are written"
    )
    parser.add_argument("--scenarios", type=Path, help="a folder of cursortab's .txtar scenarios")
    parser.add_argument("--show", help="print proposals: wrong, missed or a kind, of the half that may be looked at")


def run(args: argparse.Namespace) -> int:
    """Harvest, replay and print."""
    syntax, sample = Syntax(), Sample()
    if args.cases and args.cases.exists():
        sample.cases += cattrs.structure(json.loads(args.cases.read_text(encoding="utf-8")), list[HarvestedCase])
    else:
        for repository in args.git:
            for case in harvest(repository.resolve(), args.commits):
                sample.add(case)
    if args.cases and not args.cases.exists():
        args.cases.write_text(json.dumps(cattrs.unstructure(sample.cases)), encoding="utf-8")
    results = [run_case(case, syntax) for case in sample.cases if not (args.half and case.is_held_back)]
    scenarios = replay_scenarios(args.scenarios, syntax) if args.scenarios else []
    print(report(results, scenarios, measured_latencies(syntax)))
    recordings = read_folder(args.scenarios) if args.scenarios else load(RECORDINGS)
    print(report_recorded(replayed(recordings, syntax)))
    if args.show:
        print("\n".join(_shown(results, args.show)))
    return 0


def _shown(results: Iterable[CaseResult], kind: str) -> Iterable[str]:
    for one in results:
        is_positive = one.case.kind == "positive"
        is_wrong = bool(one.rule) and not one.is_useful
        is_chosen = {"wrong": is_wrong, "missed": is_positive and not one.rule}.get(kind, one.case.kind == kind)
        if is_chosen and not one.case.is_held_back:
            yield f"--- {one.case.id} {one.rule}\n{one.note}"
            for edit in one.case.edits[-2:] if is_wrong or is_positive else ():
                yield "\n".join(f"    < {line}" for line in one.case.text[edit.first : edit.stop])
                yield "\n".join(f"    > {line}" for line in edit.new)
            for hunk in one.case.truth[:2]:
                yield "\n".join(f"    T- {line}" for line in one.case.text[hunk.first : hunk.stop])
                yield "\n".join(f"    T+ {line}" for line in hunk.new)
