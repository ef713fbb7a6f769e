"""``autothink-lsp fix FILE[:LINE[:COL]]``: explain and fix, as the light bulb does, from the command line.

The problem is what the language's own checkers say at that line (or first in the file), ``--message`` in their place,
or what you ``--ask`` for. The edit is shown as a diff; ``--apply`` writes it. An edit that did not pass its checks is
written only with ``--unverified``. Exit status: 0 a verified edit, 1 none, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autothink_lsp.commands.assist_session import PLACE, command_session, show_stage, silent
from autothink_lsp.commands.source_file import SourceFile, read_source_file, require_writable, write_source_file
from autothink_lsp.commands.terminal import printable, printable_json
from autothink_lsp.errors import AutothinkError

if TYPE_CHECKING:
    from autothink_lsp.commands.assist_session import CommandSession
    from autothink_lsp.document.snapshot import Snapshot
    from autothink_lsp.features.assist.values import AssistResult
    from autothink_lsp.values import Diagnostic


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``fix``."""
    parser = subparsers.add_parser("fix", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place", metavar="FILE[:LINE[:COL]]", help="counted from 1")
    parser.add_argument("--think", choices=("off", "auto", "on"), help="instead of the setting assist.think")
    parser.add_argument("--message", help="the problem, as a checker would say it")
    parser.add_argument("--ask", metavar="WORDS", help="what is to be changed, in your words")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--apply", action="store_true", help="write the edit")
    what.add_argument("--diff", action="store_true", help="print the diff (the default)")
    parser.add_argument("--unverified", action="store_true", help="with --apply: write it though a check failed")
    parser.add_argument("--json", action="store_true", help="everything that is known, for programs")


def run(args: argparse.Namespace) -> int:
    """Fix the problem; 0 with a verified edit, 1 without one."""
    match = PLACE.fullmatch(args.place)
    if match is None:
        raise AutothinkError(f"{args.place!r} is not FILE[:LINE[:COL]].")
    source = read_source_file(Path(match["file"]))
    if args.apply:
        require_writable(source)  # before a model works a minute for nothing
    line = int(match["line"]) if match["line"] else None
    return asyncio.run(_fix(args, source, line, int(match["column"] or 1)))


async def _fix(args: argparse.Namespace, source: SourceFile, line: int | None, column: int) -> int:
    from autothink_lsp.edits.shadow import applied
    from autothink_lsp.features.assist.values import ActionKind
    from autothink_lsp.thinking.values import ThinkMode
    from autothink_lsp.values import Point

    file, text = source.path, source.text
    async with command_session(quiet=args.json) as session:
        snapshot = session.open(file, text)
        _require_place(file, snapshot, line, column)
        action = ActionKind.DESCRIBE if args.ask else ActionKind.FIX
        diagnostics: tuple[Diagnostic, ...] = ()
        if not args.ask:
            diagnostics = (await _problem(session, file, snapshot, line, column, args.message),)
        place = diagnostics[0].start if diagnostics else Point((line or 1) - 1, column - 1)
        request = session.request(
            *(action, file, snapshot, place, place),
            diagnostics=diagnostics,
            instruction=args.ask or "",
            think=ThinkMode(args.think) if args.think else None,
        )
        result = await session.house.assistant.run(request, silent if args.json else show_stage)
        after = str(applied(snapshot.text, result.replacements))
        written = False
        if args.apply and result.replacements and (result.may_apply_unasked or args.unverified):
            write_source_file(source, after)
            session.house.assistant.record(result.id, "applied")
            written = True
        _print(args, file, text, after, result, written=written)
        return 0 if result.verified and result.has_edit else 1


async def _problem(
    session: CommandSession, file: Path, snapshot: Snapshot, line: int | None, column: int, message: str | None
) -> Diagnostic:
    from autothink_lsp.values import Diagnostic, Point

    if message:
        place = Point((line or 1) - 1, column - 1)
        return Diagnostic(place, Point(place.line, len(snapshot.text.line(place.line))), message)
    found = await session.house.assistant.problems(
        snapshot, file.name, folder=session.folder, trusted=session.trusted, settings=session.settings
    )
    # Warnings are many and mostly a matter of taste: one is meant only where its line is named.
    here = [one for one in found if (one.severity == "error" if line is None else one.start.line == line - 1)]
    if not here:
        where = f"in line {line} of {file}" if line else f"in {file}"
        raise AutothinkError(
            f"No checker that is installed here finds a problem {where}.",
            hint="--message says what is wrong, --ask what is to be changed.",
        )
    return here[0]


def _require_place(file: Path, snapshot: Snapshot, line: int | None, column: int) -> None:
    if line is None:
        return
    if not 1 <= line <= snapshot.text.line_count:
        raise AutothinkError(f"{file} has {snapshot.text.line_count} lines; there is no line {line}.")
    length = len(snapshot.text.line(line - 1))
    if not 1 <= column <= length + 1:
        raise AutothinkError(f"Line {line} of {file} has {length} characters; there is no column {column}.")


def _print(
    args: argparse.Namespace, file: Path, before: str, after: str, result: AssistResult, *, written: bool
) -> None:
    diff = _diff(file, before, after)
    if args.json:
        document = json.dumps({**report(result), "diff": diff, "written": written}, ensure_ascii=False, indent=2)
        print(printable_json(document))
        return
    if result.message:
        print(printable(result.message), file=sys.stderr)
    if result.explanation:
        print(f"{printable(result.explanation)}\n")
    print(printable(diff), end="")
    if result.has_edit:
        state = "checked" if result.verified else "NOT VERIFIED"
        print(printable(f"\n{result.title}\n{state}: {result.checks_in_words}"))
        for concern in result.concerns:
            print(printable(f"Look first: {concern}"))
    if result.reason:
        print(printable(result.reason))
    if written:
        print(printable(f"{file} was written."))
    elif args.apply and result.replacements:
        why = "the edit changes more than it was asked to" if result.verified else "a check failed"
        print(f"Nothing was written: {why}. --unverified writes it all the same.", file=sys.stderr)


def report(result: AssistResult) -> dict[str, Any]:
    """A result as plain values: for ``--json``."""
    return {
        "title": result.title,
        "verified": result.verified,
        "concerns": list(result.concerns),
        "explanation": result.explanation,
        "reason": result.reason,
        "rule": result.rule_id,
        "checks": result.checks_in_words,
        "message": result.message,
        "attempts": [
            {
                "step": one.step,
                "result": one.result,
                "seconds": round(one.seconds, 2),
                "tokens": one.tokens,
                "thought": bool(one.outcome and one.outcome.effective == "on"),
                "decided_by": one.outcome.decided_by if one.outcome else None,
            }
            for one in result.attempts
        ],
    }


def _diff(file: Path, before: str, after: str) -> str:
    """A unified diff. Only a line feed ends a line, as in ``patch``; a form feed or U+2028 does not."""
    from difflib import unified_diff

    old, new = (re.findall(r"[^\n]*\n|[^\n]+", text) for text in (before, after))
    lines = unified_diff(old, new, f"a/{file}", f"b/{file}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
