"""``python -m tests.bench simulate``: the keystroke benchmark in virtual time, as a table.

The same files, strokes and models over the whole keystroke path in one process, a thousand keys in a few seconds
(``tests/support/bench_simulation.py``): what comes of it does not depend on the machine or its load. It says nothing
about CPU time, and nothing of context from other files is in it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from statistics import median

from attrs import field, frozen

from tests.bench.keystroke.pace import Latency, Speed
from tests.bench.keystroke.trace import BURSTY, FAST, SLOW, USUAL
from tests.support.bench_report import Report
from tests.support.bench_simulation import simulate_bench


@frozen
class Case:
    """A column: the model server, and whether it has read anything, is ever right, and is given time in one place."""

    name: str
    pace: Callable[[], Speed | Latency]
    options: Mapping[str, object] = field(factory=dict)


def _slow() -> Speed:
    return Speed(145.0, 33.0)


def _fast() -> Speed:
    return Speed(4_000.0, 100.0)


CASES = (
    Case("145/33", _slow),
    Case("145/33, cold", _slow, {"warm": False}),
    Case("145/33, jump every 40 keys", _slow, {"keys_at_place": 40}),
    Case("the same, the editor tells", _slow, {"keys_at_place": 40, "tells_rest": True}),
    Case("145/33, always wrong", _slow, {"known_lines": 0.0}),
    Case("4000/100", _fast),
    Case("4000/100, always wrong", _fast, {"known_lines": 0.0}),
    Case("latency", Latency),
    Case("latency, always wrong", Latency, {"known_lines": 0.0}),
)


TYPISTS = {"usual": USUAL, "slow": SLOW, "fast": FAST, "bursty": BURSTY}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``simulate`` below ``bench``."""
    parser = subparsers.add_parser(
        "simulate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=8, metavar="N", help="runs of each column, added up (8)")
    parser.add_argument(
        "--first-seed", type=int, default=7, metavar="N", help="of the runs, which count up from it (7)"
    )
    parser.add_argument("--keys", type=int, default=250, metavar="N", help="of each run (250)")
    parser.add_argument("--typist", choices=sorted(TYPISTS), default="usual", help="the rhythm of the keys (usual)")
    parser.add_argument("--lines", type=int, default=3_500, metavar="N", help="length of the file (3500)")


def run(args: argparse.Namespace) -> int:
    """Simulate and print the table."""
    columns: list[list[str]] = []
    for case in CASES:
        print(f"{case.name} ...", file=sys.stderr)
        reports = [
            simulate_bench(
                pace=case.pace(),
                keys=args.keys,
                lines=args.lines,
                seed=args.first_seed + number,
                rhythm=TYPISTS[args.typist],
                **case.options,  # pyright: ignore[reportArgumentType]
            )
            for number in range(args.seeds)
        ]
        columns.append([case.name, *figures(reports)])
    rows = [["", *ROWS], *columns]
    for number in range(len(ROWS) + 1):
        print("| " + " | ".join(row[number] for row in rows) + " |")
        if number == 0:
            print("|---|" + "--:|" * len(CASES))
    return 0


ROWS = (
    "keys",
    "requests per 100 keys",
    "wasted per 100 keys",
    "computed tokens per key",
    "pauses in unfinished code with a suggestion, %",
    "all pauses with a suggestion, %",
    "pause in unfinished code to suggestion: median, ms",
    "the same, 90 %, ms",
    "keys with a suggestion before the next, %",
)


def figures(reports: Sequence[Report]) -> list[str]:
    """The rows of one column."""
    keys = sum(len(report.keys) for report in reports)
    jobs = [job for report in reports for job in report.jobs if not job.is_warm_up]
    wasted = sum(report.service.counters.wasted for report in reports)
    computed = sum(job.computed_tokens or 0 for report in reports for job in report.jobs)
    pauses = [key for report in reports for key in report.pauses]
    open_pauses = [key for report in reports for key in report.open_pauses]
    waits_ms = sorted(key.waited_ms for key in open_pauses if key.shown)
    in_time = sum(bool(key.shown) for report in reports for key in report.keys)
    return [
        f"{keys:,}",
        f"{100 * len(jobs) / keys:.0f}",
        f"{100 * wasted / keys:.1f}",
        f"{computed / keys:.1f}" if computed else "–",
        f"{_share(sum(bool(key.shown) for key in open_pauses), len(open_pauses))} of {len(open_pauses)}",
        f"{_share(sum(bool(key.shown) for key in pauses), len(pauses))} of {len(pauses)}",
        f"{median(waits_ms):.0f}" if waits_ms else "–",
        f"{waits_ms[int(0.9 * (len(waits_ms) - 1))]:.0f}" if waits_ms else "–",
        f"{100 * in_time / keys:.0f}",
    ]


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:.0f}" if of else "–"
