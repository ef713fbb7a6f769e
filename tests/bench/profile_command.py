"""``python -m tests.bench profile``: where the server's CPU time goes while real code is typed in (``make profile``).

The keystroke benchmark's person at the ``latency`` model server, in front of a server that samples its own CPU time.
The sampler itself costs some per cent; the CPU time without it is what ``keystroke`` prints.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.bench.keystroke.pace import Latency
from tests.bench.keystroke.places import real_file
from tests.bench.keystroke.tally import Tally
from tests.bench.keystroke.trial import Target, Trial, run_trial

SAMPLED_SERVER = Path(__file__).with_name("sampled_server.py")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``profile`` below ``bench``."""
    parser = subparsers.add_parser("profile", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=250, metavar="N", help="keys of each run (250)")
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="of the first run; the next ones follow (7)")
    parser.add_argument("--rounds", type=int, default=2, metavar="N", help="runs, at the same time, added up (2)")
    parser.add_argument("--lines", type=int, default=3_500, metavar="N", help="length of the file")
    parser.add_argument("--truth", type=float, default=0.5, metavar="SHARE", help="of lines that the model knows (0.5)")
    parser.add_argument("--functions", type=int, default=25, metavar="N", help="rows of each table (25)")


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    counts: dict[str, Counter[str]] = {"own": Counter(), "within": Counter(), "anywhere": Counter()}
    tallies = asyncio.run(_run_all(args, counts))
    keys = sum(tally.keys for tally in tallies)
    cpu = [tally.cpu_s_per_1000_keys for tally in tallies if tally.cpu_s_per_1000_keys is not None]
    requests = sum(tally.requests for tally in tallies)
    print(f"{keys} keys, {100 * requests / keys:.0f} requests per 100 keys, CPU s per 1,000 keys (sampler included): ")
    print("  " + "  ".join(f"{value:.2f}" for value in cpu))
    total = sum(counts["own"].values())
    for title, rows in (
        ("modules of ours, with what they call outside the package", _by_module(counts["within"])),
        ("functions of ours, with what they call outside the package", counts["within"]),
        ("functions of ours, with all that they call", counts["anywhere"]),
        ("functions alone", counts["own"]),
    ):
        print(f"\n{title}, % of {total} samples from the first counted key on")
        print("\n".join(_rows(rows, total, args.functions)))
    return 0


async def _run_all(args: argparse.Namespace, counts: Mapping[str, Counter[str]]) -> list[Tally]:
    """Play all runs, whose samples are added to ``counts``. Each uses a few per cent of a core."""
    return await asyncio.gather(*(_run(args, args.seed + number, counts) for number in range(args.rounds)))


async def _run(args: argparse.Namespace, seed: int, counts: Mapping[str, Counter[str]]) -> Tally:
    with tempfile.TemporaryDirectory(prefix="autothink-profile-") as folder:
        samples = Path(folder) / "samples.json"
        command = (sys.executable, "-P", str(SAMPLED_SERVER), str(samples), "serve")
        target, file = Target("autothink-lsp", command), real_file(args.lines)
        trial = Trial(target, file, args.keys, seed, "latency", api="openai", known_lines=args.truth)
        tally = await run_trial(trial, Latency(), own_part=False)
        for name, found in json.loads(samples.read_text(encoding="utf-8")).items():
            counts[name].update(found)
    return tally


def _by_module(functions: Mapping[str, int]) -> Counter[str]:
    modules: Counter[str] = Counter()
    for name, count in functions.items():
        modules[name.partition(":")[0]] += count
    return modules


def _rows(counts: Mapping[str, int], total: int, most: int) -> list[str]:
    return [f"{100 * count / max(1, total):6.1f}  {name}" for name, count in Counter(counts).most_common(most)]
