"""``autothink-lsp explain FILE[:LINE[:COL]]``: explain the function at a place (counted from 1); ``FILE:START-END``
explains lines.

Prints Markdown. Exit status 1 when there is no explanation.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from pathlib import Path

from autothink_lsp.commands.assist_session import PLACE, command_session, require_place, show_stage, silent
from autothink_lsp.commands.fix import report
from autothink_lsp.commands.source_file import read_source_file
from autothink_lsp.commands.terminal import printable, printable_json
from autothink_lsp.errors import AutothinkError
from autothink_lsp.quantities import counted

_LINES = re.compile(r"(?P<file>.+?):(?P<start>\d{1,9})-(?P<end>\d{1,9})", re.DOTALL)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``explain``."""
    parser = subparsers.add_parser("explain", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place", metavar="FILE[:LINE[:COL]]", help="or FILE:START-END; counted from 1")
    parser.add_argument("--think", choices=("off", "auto", "on"), help="overrides assist.think")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Print the explanation. Exit status 0 with an explanation, 1 without one."""
    match = _LINES.fullmatch(args.place)
    if match is not None:
        file, start, end, column = Path(match["file"]), int(match["start"]), int(match["end"]), 1
    elif (match := PLACE.fullmatch(args.place)) is not None:
        file, column = Path(match["file"]), int(match["column"] or 1)
        start = end = int(match["line"] or 1)
    else:
        raise AutothinkError(f"{args.place!r} is not FILE[:LINE[:COL]].", hint="For example: src/main.py:12.")
    return asyncio.run(_explain(args, file, read_source_file(file).text, start, end, column))


async def _explain(args: argparse.Namespace, file: Path, text: str, start: int, end: int, column: int) -> int:
    from autothink_lsp.features.assist.actions import ActionKind
    from autothink_lsp.thinking.mode import ThinkMode
    from autothink_lsp.values import Point

    async with command_session(quiet=args.json) as session:
        snapshot = session.open(file, text)
        if end != start and not 1 <= start <= end <= snapshot.text.line_count:
            raise AutothinkError(f"{file} has {counted(snapshot.text.line_count, 'line')}, not {start} to {end}.")
        require_place(file, snapshot, start, column)
        first = Point(start - 1, column - 1)
        last = Point(end - 1, len(snapshot.text.line(end - 1))) if end > start else first
        think = ThinkMode(args.think) if args.think else None
        request = session.request(ActionKind.EXPLAIN, file, snapshot, first, last, think=think)
        result = await session.services.assistant.run(request, silent if args.json else show_stage)
    if args.json:
        print(printable_json(json.dumps(report(result), ensure_ascii=False, indent=2)))
    elif result.explanation:
        print(printable(result.explanation))
    else:
        print(printable(result.message), file=sys.stderr)
    return 0 if result.explanation else 1
