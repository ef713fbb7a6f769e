"""``python -m tests.bench``: what the server itself costs on this machine, measured against its aims.

The real server process over standard input and output, in front of a model server that is made up here, so that no
model's time is in the numbers. Nothing else needs to be installed, and nothing leaves the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import platform
import sys
from collections.abc import Sequence
from statistics import median
from typing import Any

from attrs import frozen

from autothink_lsp import __version__
from tests.bench.overhead import Overhead, overhead
from tests.bench.report import Row, percentile, table
from tests.bench.session import Session, typing_session
from tests.bench.startup import startup_ms

SMALL, USUAL, HUGE = 300, 3_500, 100_000
SEED = 20


@frozen
class _Plan:
    """``runs`` of everything; each row is the median of its runs."""

    runs: int
    overhead_keys: int
    session_keys: int
    starts: int


FULL = _Plan(runs=3, overhead_keys=200, session_keys=250, starts=9)
QUICK = _Plan(runs=1, overhead_keys=8, session_keys=12, starts=3)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments are needed."""
    parser.add_argument("--quick", action="store_true", help="a few keys of everything: that it works, not how fast")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(args: argparse.Namespace) -> int:
    """Measure and print. Returns 1 where a number is impossible, so that the benchmark itself is wrong; else 0, since
    the numbers depend on what else this machine does."""
    rows = asyncio.run(_measure(QUICK if args.quick else FULL))
    if args.json:
        print(json.dumps({"machine": _machine(), "rows": [row.as_json() for row in rows]}, indent=2))
    else:
        print("\n".join(f"{name}: {value}" for name, value in _machine().items()))
        print(f"\n{table(rows)}")
    return 0 if all(row.is_possible for row in rows) else 1


def _machine() -> dict[str, Any]:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "autothink-lsp": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "load": load,
    }


async def _measure(plan: _Plan) -> list[Row]:
    """The runs of all measurements take turns, so that a busy minute of the machine hits them all."""
    overheads: dict[int, list[Overhead]] = {SMALL: [], USUAL: [], HUGE: []}
    sessions: list[Session] = []
    ours: list[float] = []
    bare: list[float] = []
    for number in range(plan.runs):
        print(f"run {number + 1} of {plan.runs} ...", file=sys.stderr)
        for lines, found in overheads.items():
            found.append(await overhead(lines, plan.overhead_keys, SEED + number))
        sessions.append(await typing_session(USUAL, plan.session_keys, SEED + number))
        more_ours, more_bare = await startup_ms(plan.starts)
        ours += more_ours
        bare += more_bare
    return [*_overhead_rows(overheads), *_session_rows(sessions), *_startup_rows(ours, bare)]


def _overhead_rows(overheads: dict[int, list[Overhead]]) -> list[Row]:
    rows = []
    measured = [median(run.key_ms) for run in overheads[USUAL] if run.key_ms]
    aims = {SMALL: None, USUAL: 3.0, HUGE: 2 * median(measured) if measured else None}
    for lines, runs in overheads.items():
        what, id_ = f"key to backend, {lines:,} lines, delay 0", f"overhead_{lines}"
        medians = [_median(run.key_ms) for run in runs]
        p95s = [percentile(run.key_ms, 0.95) if run.key_ms else None for run in runs]
        rows.append(Row.of(f"{id_}_median", f"{what}: median", medians, "ms", aim=aims[lines], digits=2))
        rows.append(Row.of(f"{id_}_p95", f"{what}: p95", p95s, "ms", digits=2))
    first = [run.first_key_ms for run in overheads[USUAL]]
    rows.append(Row.of("overhead_first_key", f"key to backend, {USUAL:,} lines: the first key", first, "ms"))
    lost = [run.lost for runs in overheads.values() for run in runs]
    rows.append(Row.of("overhead_lost", "prompts that the model did not recognise", lost, digits=0, possible=(0, 0)))
    return rows


def _session_rows(sessions: Sequence[Session]) -> list[Row]:
    def per_1000(session: Session) -> float | None:
        return None if session.cpu_s is None else 1_000 * session.cpu_s / session.key_count

    def of(id_: str, name: str, values: Sequence[float | None], unit: str = "", **more: Any) -> Row:
        return Row.of(f"session_{id_}", name, values, unit, **more)

    def share(counts: Sequence[float]) -> list[float]:
        return [100 * count / session.key_count for count, session in zip(counts, sessions, strict=True)]

    waits = [s.key_to_backend_ms for s in sessions]
    p95s = [percentile(times, 0.95) if times else None for times in waits]
    pauses = [s.pause_to_suggestion_ms for s in sessions]
    return [
        of("cpu", f"CPU per 1,000 keys, {USUAL:,} lines", [per_1000(s) for s in sessions], "s", aim=2.5, digits=2),
        of("requests", "requests per 100 keys", share([s.requests for s in sessions])),
        of("wait_median", "key to backend, default delay: median", [_median(times) for times in waits], "ms"),
        of("wait_p95", "key to backend, default delay: p95", p95s, "ms"),
        of(
            "shown",
            "keys with a suggestion before the next key",
            share([s.shown_in_time for s in sessions]),
            "%",
            possible=(0.0, 100.0),
        ),
        # Less than all where a request is still under way when the next key is pressed.
        of(
            "recognised", "prompts that the model recognised", [s.recognised for s in sessions], "%", possible=(75, 100)
        ),
        of("pause", "pause to suggestion: median", [_median(times) for times in pauses], "ms"),
        of("unanswered", "requests without a reply", [s.unanswered for s in sessions], aim=0, digits=0),
        of("idle", "memory without the engine, idle", [s.idle_mib for s in sessions], "MiB", aim=90.0),
        of("peak", "memory without the engine, peak", [s.peak_mib for s in sessions], "MiB", aim=90.0),
    ]


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def _startup_rows(ours: Sequence[float], bare: Sequence[float]) -> list[Row]:
    return [
        Row.of("start_ours", "process start to the answer to initialize", ours, "ms", digits=0),
        Row.of("start_bare", "the same of a bare pygls server", bare, "ms", digits=0),
        Row("start_ratio", "ratio of the two", median(ours) / median(bare), "", 1.25, 2, possible=(0.5, math.inf)),
    ]
