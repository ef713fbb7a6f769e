"""``python -m tests.bench keystroke``: real code is typed in, and the cost of each key is counted.

A seeded person (bursts, rests, mistakes, pastes, undo, accepted suggestions) types bodies of functions back into real
files, through the real server over its pipes. Model servers: ``latency`` (60 ms to the first piece, 95 ms to the last),
two of known speed that count computed tokens, and ``embedded``, the real small model in the engine that the server
starts. ``cold``: typing begins a second after the document was opened. Any other language server can be typed at
alike: ``--server 'NAME=COMMAND'``, where ``{url}`` stands for the model server's address. Medians of the rounds, in
which all take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.keystroke.pace import Latency, Pace, Speed
from tests.bench.keystroke.places import RealFile, real_file
from tests.bench.keystroke.plot import svg
from tests.bench.keystroke.report import Column, impossible, markdown, table
from tests.bench.keystroke.tally import Tally
from tests.bench.keystroke.trial import Target, Trial, run_trial

LINES = (300, 3_500, 13_000, 100_000)
COLD = " cold"
BACKENDS = ("latency", "145/33", f"145/33{COLD}", "4000/100", "embedded", f"embedded{COLD}")
SPEED_LINES = 3_500  # what the size costs is seen at one model server, what the speed costs at one size


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``keystroke`` below ``bench``."""
    parser = subparsers.add_parser(
        "keystroke", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keys", type=int, default=250, metavar="N", help="keys of each run (250)")
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="of the person, the places and the model (7)")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="how often all take turns (1)")
    parser.add_argument("--lines", type=_numbers, default=LINES, metavar="N,…", help="lengths of files")
    parser.add_argument("--file", action="append", default=[], metavar="FILE", help="a file of yours; ASCII only")
    parser.add_argument(
        "--backend",
        "--engine",
        action="append",
        choices=BACKENDS,
        default=[],
        help="the model server; may be repeated (all made-up)",
    )
    parser.add_argument(
        "--move-after", type=int, default=0, metavar="N", help="go to code that the model has not read after N keys"
    )
    parser.add_argument(
        "--truth", type=float, default=0.5, metavar="SHARE", help="of lines that the made-up model knows (0.5)"
    )
    parser.add_argument("--server", action="append", default=[], metavar="[NAME=]CMD", help="type at this one, too")
    parser.add_argument("--options", default="", metavar="JSON", help="initializationOptions of --server")
    parser.add_argument("--only-servers", action="store_true", help="not at autothink-lsp itself")
    parser.add_argument("--quick", action="store_true", help="some keys in 3,500 lines: under a minute")
    parser.add_argument("--json", metavar="FILE", default="", help="all numbers of all runs; - for standard output")
    parser.add_argument("--plot", metavar="FILE", default="", help="the main numbers as an SVG picture")
    parser.add_argument("--markdown", action="store_true", help="the table for a page")


def run(args: argparse.Namespace) -> int:
    """0 where every request was answered and every number is possible, else 1; what the numbers mean depends on what
    else the machine does."""
    columns = asyncio.run(_measure(args))
    origin = _origin()
    if args.json:
        text = json.dumps({**origin, "rows": [column.as_json() for column in columns]}, indent=2)
        _write(args.json, text)
    if args.plot:
        _write(args.plot, svg(columns))
    if args.json != "-":
        print("made by `{command}`: {date}, commit {commit}, load {load:.1f}\n".format(**origin))
        print(markdown(columns) if args.markdown else table(columns))
    wrong = impossible(columns)
    print("\n".join(f"IMPOSSIBLE: {line}" for line in wrong), file=sys.stderr, end="\n" if wrong else "")
    return 0 if not wrong and all(run.unanswered == 0 for column in columns for run in column.runs) else 1


def _origin() -> dict[str, Any]:
    """Where a table comes from: it is copied into a page together with this."""
    git = ("git", "-C", str(Path(__file__).parent))
    commit = subprocess.run([*git, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return {
        "command": shlex.join(["python", "-m", "tests.bench", *sys.argv[1:]]),
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit.stdout.strip() or "unknown",
        "load": os.getloadavg()[0],
    }


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part.replace("_", "")) for part in text.split(","))


def _write(place: str, text: str) -> None:
    if place == "-":
        print(text)
    else:
        Path(place).write_text(text, encoding="utf-8")


async def _measure(args: argparse.Namespace) -> list[Column]:
    trials = _trials(args)
    found: dict[Trial, list[Tally]] = {trial: [] for trial in trials}
    for number in range(args.rounds):
        for trial in trials:
            what = f"{trial.target.name}, {trial.file.line_count:,} lines, {trial.pace_name}"
            print(f"round {number + 1} of {args.rounds}: {what} ...", file=sys.stderr)
            found[trial].append(await _run(trial))
    return [
        Column(trial.target.name, trial.file.name, trial.file.line_count, trial.pace_name, tuple(runs))
        for trial, runs in found.items()
    ]


def _trials(args: argparse.Namespace) -> list[Trial]:
    keys = 60 if args.quick else args.keys
    sizes = (SPEED_LINES,) if args.quick else args.lines
    files = [_own(Path(name)) for name in args.file] or [real_file(lines) for lines in sizes]
    backends = args.backend or (["latency"] if args.quick else ["latency", "145/33", f"145/33{COLD}", "4000/100"])
    others = [Target.of(text, args.options) for text in args.server]
    targets = others if args.only_servers else [Target(), *others]
    middle = min(files, key=lambda file: abs(file.line_count - SPEED_LINES))
    return [
        Trial(
            *(target, file, keys, args.seed, backend),
            api="openai" if backend == "latency" else "llama-server",
            keys_at_place=args.move_after,
            known_lines=args.truth,
            is_cold=backend.endswith(COLD),
        )
        for backend in backends
        for file in (files if backend == "latency" else [middle])
        for target in targets
    ]


async def _run(trial: Trial) -> Tally:
    if trial.pace_name.removesuffix(COLD) == "embedded":
        from tests.bench.keystroke.embedded import run_embedded

        return await run_embedded(trial)
    first = trial.pace_name == "latency"
    return await run_trial(trial, _pace(trial.pace_name), own_part=first)


def _pace(name: str) -> Pace:
    if name == "latency":
        return Latency()
    prefill, decode = name.removesuffix(COLD).split("/")
    return Speed(float(prefill), float(decode))


def _own(path: Path) -> RealFile:
    return RealFile(path.name, path.read_text(encoding="ascii"))
