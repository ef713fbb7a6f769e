"""``autothink-lsp explain FILE[:START[-END]]``: explain lines (counted from 1), or the function at a line.

Prints Markdown. Exit status 1 when there is no explanation.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from pathlib import Path

from autothink_lsp.commands.assist_session import command_session, show_stage, silent
from autothink_lsp.commands.fix import report
from autothink_lsp.commands.source_file import read_source_file
from autothink_lsp.commands.terminal import printable, printable_json
from autothink_lsp.errors import AutothinkError
from autothink_lsp.quantities import counted

_PLACE = re.compile(r"(?P<file>.+?)(?::(?P<start>\d{1,9})(?:-(?P<end>\d{1,9}))?)?", re.DOTALL)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``explain``."""
    parser = subparsers.add_parser("explain", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place", metavar="FILE[:START[-END]]")
    parser.add_argument("--think", choices=("off", "auto", "on"), help="overrides assist.think")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Print the explanation. Exit status 0 with an explanation, 1 without one."""
    match = _PLACE.fullmatch(args.place)
    if match is None:
        raise AutothinkError(f"{args.place!r} is not FILE[:START[-END]].", hint="For example: src/main.py:12-20.")
    file = Path(match["file"])
    start = int(match["start"] or 1)
    return asyncio.run(_explain(args, file, read_source_file(file).text, start, int(match["end"] or start)))


async def _explain(args: argparse.Namespace, file: Path, text: str, start: int, end: int) -> int:
    from autothink_lsp.features.assist.actions import ActionKind
    from autothink_lsp.thinking.mode import ThinkMode
    from autothink_lsp.values import Point

    async with command_session(quiet=args.json) as session:
        snapshot = session.open(file, text)
        if not 1 <= start <= end <= snapshot.text.line_count:
            raise AutothinkError(f"{file} has {counted(snapshot.text.line_count, 'line')}, not {start} to {end}.")
        last = Point(end - 1, len(snapshot.text.line(end - 1))) if end > start else Point(start - 1, 0)
        think = ThinkMode(args.think) if args.think else None
        request = session.request(ActionKind.EXPLAIN, file, snapshot, Point(start - 1, 0), last, think=think)
        result = await session.services.assistant.run(request, silent if args.json else show_stage)
    if args.json:
        print(printable_json(json.dumps(report(result), ensure_ascii=False, indent=2)))
    elif result.explanation:
        print(printable(result.explanation))
    else:
        print(printable(result.message), file=sys.stderr)
    return 0 if result.explanation else 1
