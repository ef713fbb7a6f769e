"""``autothink-lsp eval fix --tasks FILE``: compare think policies on tasks with tests.

FILE is JSON lines (.gz too): HumanEvalPack's or QuixBugs' rows run with the model that the settings name, their
programs in a limited process; rows of scripted outcomes are only counted.
It prints pass rates with 95 % intervals, paired tests against always-off, all tokens, seconds, how often anything
thought, and what a sample of that size can show.
``eval simulated`` uses no model: requests with a known truth, checks that notice a part of the wrong edits, and the
claims that such a comparison can refute.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from autothink_lsp.commands.evaluation.policies import POLICIES, EvaluationCase, PolicyRun, on_rate, run_policy
from autothink_lsp.commands.evaluation.report import plot_svg, render_table, rows_of
from autothink_lsp.commands.evaluation.tasks import FixTask, ScriptedTask, read_tasks
from autothink_lsp.errors import AutothinkError
from autothink_lsp.tuning.significance import power_note

_WORLDS = ("aligned", "elsewhere", "useless", "hurts")  # evaluation/simulation.py, not imported for --help
INTERRUPTED = 130  # the shell's convention, as in cli.py


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``eval``."""
    parser = subparsers.add_parser("eval", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("fix", "simulated"))
    parser.add_argument("--tasks", type=Path, metavar="FILE", help="the tasks of `fix`")
    parser.add_argument("--world", action="append", choices=_WORLDS, help="of `simulated` (repeatable; default: all)")
    parser.add_argument(
        "--detection",
        action="append",
        type=float,
        metavar="SHARE",
        help="of wrong edits, what checks notice in `simulated` (repeatable; default: 0.95, 0.5 and 0.1)",
    )
    parser.add_argument("--count", type=int, default=490, metavar="N", help="requests of `simulated`")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="weights of `tune`, compared as `learned`")
    parser.add_argument("--policy", action="append", choices=("all", *POLICIES), help="policy to compare (repeatable)")
    parser.add_argument("--limit", type=int, metavar="N", help="run only the first N tasks")
    parser.add_argument("--seed", type=int, default=0, help="random seed of the policy `random`")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE.json",
        help="store attempts in this file; an interrupted run continues from it",
    )
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="write a plot of the pass rate against tokens")
    parser.add_argument("--json", action="store_true", help="print the table as JSON")


def run(args: argparse.Namespace) -> int:
    """Compare the policies. Exit status 0 if the table was printed, 130 if Ctrl-C ended the run early."""
    if args.limit is not None and args.limit < 1:
        raise AutothinkError("--limit must be 1 or more.")
    if args.what == "simulated":
        return _simulated(args)
    if args.tasks is None:
        raise AutothinkError("eval fix needs --tasks.", hint="examples/evaluation makes some.")
    tasks = read_tasks(args.tasks, args.limit)
    scripted = isinstance(tasks[0], ScriptedTask)
    asked = args.policy or ["all"]
    names = [name for name in POLICIES if name in asked or ("all" in asked and (scripted or name != "oracle"))]
    if not scripted and "oracle" in names:
        raise AutothinkError(
            "The policy oracle needs the outcome of every mode.", hint="Use it with scripted tasks only."
        )
    if scripted:
        runs = asyncio.run(_scripted([task for task in tasks if isinstance(task, ScriptedTask)], names, args.seed))
        model = "scripted outcomes"
    else:
        real = [task for task in tasks if isinstance(task, FixTask)]
        digest = hashlib.sha256(args.tasks.read_bytes()).hexdigest()
        runs, model = asyncio.run(_real(real, names, args.seed, args.out, digest))
    count = max((len(done) for done in runs.values()), default=0)
    rows = rows_of(runs)
    if args.json:
        print(json.dumps({"model": model, "tasks": count, "policies": rows}, indent=2))
    else:
        print(f"{model}, {count} tasks from {args.tasks.name}, seed {args.seed}\n")
        print(render_table(rows))
        print(f"\n{power_note(count)}")
    if args.plot is not None:
        args.plot.write_text(plot_svg(rows), encoding="utf-8")
        print(f"Wrote {args.plot}.")
    return 0 if count == len(tasks) else INTERRUPTED


def _simulated(args: argparse.Namespace) -> int:
    from autothink_lsp.commands.evaluation.simulated import run_simulated

    detections = args.detection or [0.95, 0.5, 0.1]
    if args.count < 2 or not all(0 <= one <= 1 for one in detections):
        raise AutothinkError("--count must be 2 or more, and --detection between 0 and 1.")
    return run_simulated(
        worlds=args.world or list(_WORLDS),
        detections=detections,
        count=args.count,
        seed=args.seed,
        weights=args.weights,
        as_json=args.json,
    )


async def _scripted(tasks: Sequence[ScriptedTask], names: Sequence[str], seed: int) -> dict[str, list[PolicyRun]]:
    from autothink_lsp.commands.evaluation.tasks import scripted_case

    async def make(task: ScriptedTask) -> EvaluationCase:
        try:
            return scripted_case(task)
        except (KeyError, ValueError, TypeError) as error:
            raise AutothinkError(f"The scripted task {task.id} cannot be used: {error}.") from error

    return await _compare([partial(make, task) for task in tasks], names, seed)


async def _real(
    tasks: Sequence[FixTask], names: Sequence[str], seed: int, out: Path | None, digest: str
) -> tuple[dict[str, list[PolicyRun]], str]:
    from autothink_lsp.commands.assist_session import command_session
    from autothink_lsp.commands.evaluation.real import AttemptCache, RealTask
    from autothink_lsp.features.assist.think_decider import shipped_weights

    async with command_session() as session:
        # Weights learned from the user's code must not influence a comparison.
        session.services.assistant.think_decider.weights_for = shipped_weights
        connected = await session.services.assistant.endpoints.get(session.settings).connect()
        model = f"{connected.model or connected.server} ({connected.choice.profile.name})"
        memory = AttemptCache.load(out, model, digest)
        return await _compare([RealTask(task, session, connected, memory).case for task in tasks], names, seed), model


async def _compare(
    cases: Sequence[Callable[[], Awaitable[EvaluationCase]]], names: Sequence[str], seed: int
) -> dict[str, list[PolicyRun]]:
    """Run all policies task by task, so that after Ctrl-C the finished tasks can be compared.

    ``random`` is matched to the on-rate of ``escalate`` and therefore runs last.
    """
    runs: dict[str, list[PolicyRun]] = {name: [] for name in names}
    done: list[EvaluationCase] = []
    stopped = False
    try:
        for make in cases:
            case = await make()
            of_case = {name: await run_policy(name, case, seed=seed) for name in names if name != "random"}
            for name, run in of_case.items():
                runs[name].append(run)
            done.append(case)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if not done or task is None:
            raise
        task.uncancel()
        stopped = True
        print(f"Stopped after {len(done)} of {len(cases)} tasks.", file=sys.stderr)
    if stopped and not {"always-off", "always-on"} <= set(names):
        runs.pop("random", None)  # it would have to ask the model
    if "random" in runs:
        rate = on_rate(runs["escalate"]) if "escalate" in runs else 0.5
        runs["random"] = [await run_policy("random", case, rate=rate, seed=seed) for case in done]
    return runs
