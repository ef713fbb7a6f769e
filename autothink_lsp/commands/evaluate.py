"""``autothink-lsp eval fix --tasks FILE``: compare think policies on tasks with tests.

FILE is JSON lines (.gz too): HumanEvalPack's or QuixBugs' rows run with the model that the settings name, their
programs in a limited process; rows of scripted outcomes are only counted.
Prints pass rates with 95 % intervals, paired tests
against always-off, all tokens, seconds, how often anything thought, and what a sample of that size can show.
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

from autothink_lsp.commands.evaluation.policies import POLICIES, Case, PolicyRun, on_rate, run_policy
from autothink_lsp.commands.evaluation.report import plot_svg, render_table, rows_of
from autothink_lsp.commands.evaluation.statistics import power_note
from autothink_lsp.commands.evaluation.tasks import FixTask, ScriptedTask, read_tasks
from autothink_lsp.errors import AutothinkError

INTERRUPTED = 130  # the shell's convention, as in cli.py


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``eval``."""
    parser = subparsers.add_parser("eval", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("fix",))
    parser.add_argument("--tasks", required=True, type=Path, metavar="FILE")
    parser.add_argument("--policy", action="append", choices=("all", *POLICIES), help="may be given several times")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N tasks")
    parser.add_argument("--seed", type=int, default=0, help="of the policy `random`")
    parser.add_argument(
        "--out", type=Path, metavar="FILE.json", help="remember attempts there; a broken-off run goes on"
    )
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="write a picture: pass rate against tokens")
    parser.add_argument("--json", action="store_true", help="the table for programs")


def run(args: argparse.Namespace) -> int:
    """0 when the table was printed, 130 when it is of the tasks that Ctrl-C left."""
    if args.limit is not None and args.limit < 1:
        raise AutothinkError("--limit must be 1 or more.")
    tasks = read_tasks(args.tasks, args.limit)
    scripted = isinstance(tasks[0], ScriptedTask)
    asked = args.policy or ["all"]
    names = [name for name in POLICIES if name in asked or ("all" in asked and (scripted or name != "oracle"))]
    if not scripted and "oracle" in names:
        raise AutothinkError("oracle needs every mode's outcome beforehand.", hint="It exists for scripted tasks only.")
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
        print(f"{args.plot} was written.")
    return 0 if count == len(tasks) else INTERRUPTED


async def _scripted(tasks: Sequence[ScriptedTask], names: Sequence[str], seed: int) -> dict[str, list[PolicyRun]]:
    from autothink_lsp.commands.evaluation.scripted import scripted_case

    async def make(task: ScriptedTask) -> Case:
        try:
            return scripted_case(task)
        except (KeyError, ValueError, TypeError) as error:
            raise AutothinkError(f"The scripted task {task.id} cannot be used: {error}.") from error

    return await _compare([partial(make, task) for task in tasks], names, seed)


async def _real(
    tasks: Sequence[FixTask], names: Sequence[str], seed: int, out: Path | None, digest: str
) -> tuple[dict[str, list[PolicyRun]], str]:
    from autothink_lsp.commands.assist_session import command_session
    from autothink_lsp.commands.evaluation.real import Memory, RealTask
    from autothink_lsp.thinking.calibration import DEFAULT_THRESHOLD

    async with command_session() as session:
        # What the user's own statistics moved must not decide how a comparison ends.
        session.house.assistant.judgement.threshold = lambda: DEFAULT_THRESHOLD
        connected = await session.house.assistant.endpoints.get(session.settings)
        model = f"{connected.model or connected.server} ({connected.choice.profile.name})"
        memory = Memory.load(out, model, digest)
        return await _compare([RealTask(task, session, connected, memory).case for task in tasks], names, seed), model


async def _compare(
    cases: Sequence[Callable[[], Awaitable[Case]]], names: Sequence[str], seed: int
) -> dict[str, list[PolicyRun]]:
    """Task by task, so that what is there at Ctrl-C can be compared: all policies on the tasks that were finished.

    ``random`` is matched to the on-rate of ``escalate`` and therefore runs last.
    """
    runs: dict[str, list[PolicyRun]] = {name: [] for name in names}
    done: list[Case] = []
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
