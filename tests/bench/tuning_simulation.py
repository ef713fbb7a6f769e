"""``python -m tests.bench tune-worlds``: how often `tune` is right in worlds of which the truth is known.

Each run draws tasks of a world, fits the policy, asks the gate, and judges the policy that is then used by the world's
own probabilities. Aims: a worse policy is adopted in at most 5 % of the runs; in "elsewhere" at least 60 % of the
headroom is taken with 160 tasks; where nothing can be learned at most 10 % of the runs end more than 1 % worse.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from statistics import mean

from attrs import frozen

from autothink_lsp.errors import AutothinkError
from autothink_lsp.tuning.fit import fit
from autothink_lsp.tuning.gate import judge_fit
from tests.support.tuning_worlds import NOTHING_TO_LEARN, SETTING, WORLDS, Sample, World, draw, observe

MOST_FALSE_ADOPTIONS = 0.05
LEAST_SHARE_ELSEWHERE = 0.6
MOST_WORSE = 0.1  # of the runs in which nothing can be learned
WORSE = -0.01  # relative change of the utility


@frozen
class SimulatedRun:
    """The result of one run of ``tune`` in a world. ``change`` is relative to today's utility."""

    is_adopted: bool
    change: float
    gain_share: float  # of the headroom


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``tune-worlds``."""
    parser = subparsers.add_parser("tune-worlds", description=__doc__)
    parser.add_argument("--seeds", type=int, default=40, metavar="N", help="runs of each world (default: 40)")
    parser.add_argument("--tasks", type=int, default=160, metavar="N", help="tasks of a run (default: 160)")
    parser.add_argument("--worlds", nargs="*", default=[*WORLDS], metavar="NAME", help=f"of: {', '.join(WORLDS)}")


def run(args: argparse.Namespace) -> int:
    """Print a row for each world. Exit status 1 if an aim is missed."""
    if unknown := [name for name in args.worlds if name not in WORLDS]:
        raise AutothinkError(f"There is no world {unknown[0]!r}.", hint=f"One of: {', '.join(WORLDS)}.")
    missed: list[str] = []
    print("| world | today | best | adopted | adopted though worse | > 1 % worse | share of the headroom |", flush=True)
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name in args.worlds:
        sample = Sample.of(WORLDS[name])
        runs = [simulated_run(WORLDS[name], sample, seed, args.tasks) for seed in range(args.seeds)]
        print(_row(name, sample, runs), flush=True)
        missed += missed_aims(name, runs)
    print("\n".join(missed) or "All aims are reached.")
    return 1 if missed else 0


def simulated_run(world: World, sample: Sample, seed: int, tasks: int, *, oracle_noise: float = 0.0) -> SimulatedRun:
    """One run of ``tune``: tasks, fit and gate."""
    source = random.Random(f"{world.name} {seed} run")
    outcomes = [observe(draw(world, source), source, number, oracle_noise=oracle_noise) for number in range(tasks)]
    posterior = fit(outcomes)
    if not judge_fit(outcomes, posterior, SETTING, seed=seed).is_adopted:
        return SimulatedRun(is_adopted=False, change=0.0, gain_share=0.0)
    judged = sample.judged(posterior.weights)
    return SimulatedRun(is_adopted=True, change=judged.relative_change, gain_share=judged.gain_share)


def missed_aims(name: str, runs: Sequence[SimulatedRun]) -> list[str]:
    """The aims that the runs of a world miss, as sentences."""
    missed: list[str] = []
    false = sum(one.is_adopted and one.change < 0 for one in runs)
    worse = sum(one.change < WORSE for one in runs)
    if false > MOST_FALSE_ADOPTIONS * len(runs):
        missed.append(f"{name}: a worse policy was adopted in {false} of {len(runs)} runs.")
    if name in NOTHING_TO_LEARN and worse > MOST_WORSE * len(runs):
        missed.append(f"{name}: {worse} of {len(runs)} runs end more than 1 % worse.")
    if name == "elsewhere" and (share := mean(one.gain_share for one in runs)) < LEAST_SHARE_ELSEWHERE:
        missed.append(f"{name}: {share:.0%} of the headroom is taken.")
    return missed


def _row(name: str, sample: Sample, runs: Sequence[SimulatedRun]) -> str:
    adopted = sum(one.is_adopted for one in runs)
    false = sum(one.is_adopted and one.change < 0 for one in runs)
    worse = sum(one.change < WORSE for one in runs)
    share = f"{mean(one.gain_share for one in runs):.0%}"
    return (
        f"| {name} | {sample.today:.3f} | {sample.best:.3f} | {adopted} of {len(runs)} | {false} | {worse} | {share} |"
    )
