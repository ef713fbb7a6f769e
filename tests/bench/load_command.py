"""``python -m tests.bench load``: many editors at one endpoint. Do keystrokes wait behind long fixes?

Each editor types in a document of its own (a new key gives up the one before), while some of them ask for long fixes.
Runs without fixes and with them take turns, so that a busy minute of the machine hits both. Every request that was sent
is accounted for: answered, given up by us, or failed with its reason.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from tests.bench.load import LoadPlan, run_load
from tests.bench.load_report import Phase, is_clean, rows_of, text_of


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``load`` below ``bench``."""
    parser = subparsers.add_parser("load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", required=True, metavar="URL", help="a server's address, or a router's")
    parser.add_argument(
        "--compare", default="", metavar="URL", help="a second one, under the same load in the same run"
    )
    parser.add_argument("--editors", type=int, default=8, metavar="N", help="editors that type (8)")
    parser.add_argument("--fixes", type=int, default=4, metavar="N", help="fixes that run all the time (4)")
    parser.add_argument("--fix-tokens", type=int, default=400, metavar="N", help="length of a fix's answer (400)")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each phase (20)")
    parser.add_argument("--rounds", type=int, default=2, help="how often the phases take turns (2)")
    parser.add_argument("--gap-ms", type=float, default=400.0, help="median time between two keys of an editor (400)")
    parser.add_argument("--model", default="", help="the model to ask, if the server has several")
    parser.add_argument("--api-key-env", default="", metavar="NAME", help="variable that holds the API key")
    parser.add_argument("--no-priority", action="store_true", help="keystrokes and fixes as equals")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(args: argparse.Namespace) -> int:
    """0 where everything was answered, 1 where something failed or stayed unanswered."""
    plan = LoadPlan(
        urls=tuple(url for url in (args.endpoint, args.compare) if url),
        editors=args.editors,
        fixes=args.fixes,
        fix_tokens=args.fix_tokens,
        seconds=args.seconds,
        rounds=args.rounds,
        gap_ms=args.gap_ms,
        model=args.model,
        api_key_env=args.api_key_env,
        priority=not args.no_priority,
    )
    phases = asyncio.run(run_load(plan))
    print(json.dumps(_json(plan, phases), indent=2) if args.json else text_of(plan.urls, phases))
    return 0 if is_clean(phases) else 1


def _json(plan: LoadPlan, phases: list[Phase]) -> dict[str, Any]:
    return {"editors": plan.editors, "fixes": plan.fixes, "rows": [row.as_json() for row in rows_of(plan.urls, phases)]}
