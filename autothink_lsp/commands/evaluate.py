"""``autothink-lsp eval fix --tasks FILE``: compare think policies on tasks with tests.

FILE is JSON lines (.gz too): HumanEvalPack's or QuixBugs' rows run with the model that the settings name, their
programs in a limited process; rows of scripted outcomes are only counted.
Prints pass rates with 95 % intervals, paired tests
against always-off, all tokens, seconds, how often anything thought, and what a sample of that size can show.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from autothink_lsp.commands.evaluation.policies import POLICIES, Case, PolicyRun, on_rate, run_policy
from autothink_lsp.commands.evaluation.report import plot_svg, render_table, rows_of
from autothink_lsp.commands.evaluation.statistics import power_note
from autothink_lsp.commands.evaluation.tasks import FixTask, ScriptedTask, read_tasks
from autothink_lsp.errors import AutothinkError


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
    """0 when the table was printed."""
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
        runs, model = asyncio.run(_real(real, names, args.seed, args.out))
    rows = rows_of(runs)
    if args.json:
        print(json.dumps({"model": model, "tasks": len(tasks), "policies": rows}, indent=2))
    else:
        print(f"{model}, {len(tasks)} tasks from {args.tasks.name}, seed {args.seed}\n")
        print(render_table(rows))
        print(f"\n{power_note(len(tasks))}")
    if args.plot is not None:
        args.plot.write_text(plot_svg(rows), encoding="utf-8")
        print(f"{args.plot} was written.")
    return 0


async def _scripted(tasks: Sequence[ScriptedTask], names: Sequence[str], seed: int) -> dict[str, list[PolicyRun]]:
    from autothink_lsp.commands.evaluation.scripted import scripted_case

    try:
        cases = [scripted_case(task) for task in tasks]
    except (KeyError, ValueError, TypeError) as error:
        raise AutothinkError(f"A scripted task cannot be used: {error}.") from error
    return await _compare(cases, names, seed)


async def _real(
    tasks: Sequence[FixTask], names: Sequence[str], seed: int, out: Path | None
) -> tuple[dict[str, list[PolicyRun]], str]:
    from autothink_lsp.commands.assist_session import command_session
    from autothink_lsp.commands.evaluation.real import Memory, RealTask

    async with command_session() as session:
        connected = await session.house.assistant.endpoints.get(session.settings)
        model = f"{connected.model or connected.server} ({connected.choice.profile.name})"
        memory = Memory.load(out, model)
        cases = [await RealTask(task, session, connected, memory).case() for task in tasks]
        return await _compare(cases, names, seed), model


async def _compare(cases: Sequence[Case], names: Sequence[str], seed: int) -> dict[str, list[PolicyRun]]:
    """``random`` is matched to the on-rate of ``escalate``, which therefore runs first where both are asked for."""
    runs: dict[str, list[PolicyRun]] = {}
    for name in sorted(names, key=lambda one: one == "random"):
        rate = on_rate(runs["escalate"]) if "escalate" in runs else 0.5
        runs[name] = [await run_policy(name, case, rate=rate, seed=seed) for case in cases]
    return {name: runs[name] for name in names}
