"""``autothink-lsp fix FILE[:LINE[:COL]]``: explain and fix, as the light bulb does, from the command line.

The problem is what the language's own checkers say at that line (or first in the file), ``--message`` in their place,
or what you ``--ask`` for. The edit is shown as a diff; ``--apply`` writes it. Only a proved
edit or a certain repair is written, others with ``--unproved``. Exit status: 0 an edit that no check objects to,
1 none or a failed one, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autothink_lsp.commands.assist_session import PLACE, command_session, require_place, show_stage, silent
from autothink_lsp.commands.source_file import SourceFile, read_source_file, require_writable, write_source_file
from autothink_lsp.commands.terminal import printable, printable_json
from autothink_lsp.errors import AutothinkError

if TYPE_CHECKING:
    from autothink_lsp.commands.assist_session import CommandSession
    from autothink_lsp.document.snapshot import Snapshot
    from autothink_lsp.features.assist.actions import AssistResult
    from autothink_lsp.settings.user_actions import UserAction
    from autothink_lsp.values import Diagnostic


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``fix``."""
    parser = subparsers.add_parser("fix", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place", metavar="FILE[:LINE[:COL]]", help="line and column, counted from 1")
    parser.add_argument("--think", choices=("off", "auto", "on"), help="overrides assist.think")
    parser.add_argument("--message", help="message of the problem, instead of the checkers' own")
    parser.add_argument("--action", metavar="NAME", help="run an action of the setting assist.actions")
    parser.add_argument("--ask", metavar="WORDS", help="describe the change in your own words")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--apply", action="store_true", help="write the edit to the file")
    what.add_argument("--diff", action="store_true", help="print the diff (the default)")
    help_unproved = "with --apply: write an edit that is not proved, too (as --unverified)"
    parser.add_argument("--unproved", "--unverified", action="store_true", help=help_unproved)
    parser.add_argument("--explain", action="store_true", help="print the prompt with its sources; no model is used")
    parser.add_argument("--why", action="store_true", help="print whether it would think, with the numbers behind it")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Fix the problem. Exit status 0 with an edit that failed no check, 1 without one."""
    match = PLACE.fullmatch(args.place)
    if match is None:
        raise AutothinkError(f"{args.place!r} is not FILE[:LINE[:COL]].", hint="For example: src/main.py:12.")
    source = read_source_file(Path(match["file"]))
    if args.apply:
        require_writable(source)  # fail before the model works for a minute
    line = int(match["line"]) if match["line"] else None
    return asyncio.run(_fix(args, source, line, int(match["column"] or 1)))


async def _fix(args: argparse.Namespace, source: SourceFile, line: int | None, column: int) -> int:
    from autothink_lsp.edits.replacement import apply_replacements
    from autothink_lsp.features.assist.actions import ActionKind
    from autothink_lsp.features.assist.offers import mode_in_words
    from autothink_lsp.thinking.mode import ThinkMode
    from autothink_lsp.values import Point

    file, text = source.path, source.text
    async with command_session(quiet=args.json) as session:
        snapshot = session.open(file, text)
        if line is not None:
            require_place(file, snapshot, line, column)
        words, requested_mode = mode_in_words(args.ask or "")
        user_action = _user_action(session, args.action) if args.action else None
        action = ActionKind.DESCRIBE if args.ask else ActionKind.FIX
        if user_action is not None:
            action = ActionKind.USER
        diagnostics: tuple[Diagnostic, ...] = ()
        if not args.ask and user_action is None:
            diagnostics = (await _problem(session, file, snapshot, line, column, args.message),)
        place = diagnostics[0].start if diagnostics else Point((line or 1) - 1, column - 1)
        request = session.request(
            action,
            file,
            snapshot,
            place,
            place,
            diagnostics=diagnostics,
            instruction=user_action.prompt if user_action is not None else words,
            think=ThinkMode(think) if (think := args.think or requested_mode or _think_of(user_action)) else None,
            user_action=user_action,
        )
        if args.explain:
            from autothink_lsp.commands.explain_action import explain_prompt

            return await explain_prompt(session.services.assistant, request, as_json=args.json)
        if args.why:
            from autothink_lsp.commands.explain_action import explain_decision

            return await explain_decision(session.services.assistant, request, as_json=args.json)
        result = await session.services.assistant.run(request, silent if args.json else show_stage)
        after = str(apply_replacements(snapshot.text, result.replacements))
        written = False
        if args.apply and result.replacements and (result.may_apply_unasked or args.unproved):
            write_source_file(source, after)
            session.services.assistant.record(result.id, "applied")
            written = True
        _print(args, file, text, after, result, written=written)
        return 0 if result.has_edit and not result.has_failed else 1


def _think_of(action: UserAction | None) -> str:
    return action.think if action is not None else ""


def _user_action(session: CommandSession, name: str) -> UserAction:
    """The user action with that name, ignoring case. Raises ``AutothinkError``."""
    actions = session.settings.assist.actions
    found = next((one for one in actions if one.name.casefold() == name.strip().casefold()), None)
    if found is None:
        known = ", ".join(one.name for one in actions)
        hint = f"There is: {known}." if known else "assist.actions in the settings defines them."
        raise AutothinkError(f"There is no action with the name {name!r}.", hint=hint)
    return found


async def _problem(
    session: CommandSession, file: Path, snapshot: Snapshot, line: int | None, column: int, message: str | None
) -> Diagnostic:
    from autothink_lsp.values import Diagnostic, Point

    if message:
        place = Point((line or 1) - 1, column - 1)
        return Diagnostic(place, Point(place.line, len(snapshot.text.line(place.line))), message)
    found = await session.services.assistant.problems(
        snapshot, file, folder=session.folder, trusted=session.trusted, settings=session.settings
    )
    # Warnings are frequent and often a matter of style: one is fixed only if its line is given.
    here = [one for one in found if (one.severity == "error" if line is None else one.start.line == line - 1)]
    if not here:
        where = f"in line {line} of {file}" if line else f"in {file}"
        raise AutothinkError(
            f"The installed checkers report no problem {where}.",
            hint="Describe the problem with --message, or the change with --ask.",
        )
    return here[0]


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
        print(printable(f"\n{result.title}\n{result.evidence_sentence}".rstrip()))
        for concern in result.concerns:
            print(printable(f"Look first: {concern}"))
    if result.reason:
        print(printable(result.reason))
    if written:
        print(printable(f"Wrote {file}."))
    elif args.apply and result.replacements:
        print(f"Nothing was written: {printable(_why_not_written(result))}. --unproved writes it.", file=sys.stderr)


def _why_not_written(result: AssistResult) -> str:
    if result.has_failed:
        return "a check failed"
    return "the edit should be looked at first" if result.concerns else "the edit is not proved"


def report(result: AssistResult) -> dict[str, Any]:
    """The result as plain values, for ``--json``."""
    from attrs import asdict

    from autothink_lsp.features.assist.decision_text import decision_report

    return {
        "title": result.title,
        "evidence": result.evidence.level.value if result.evidence is not None else None,
        "proved_by": list(result.evidence.proved_by) if result.evidence is not None else [],
        "verified": result.is_proved,  # the key of earlier versions
        "concerns": list(result.concerns),
        "explanation": result.explanation,
        "reason": result.reason,
        "rule": result.rule_id,
        "think_decision": decision_report(result.decision) if result.decision is not None else None,
        "checks": result.evidence_sentence,
        "message": result.message,
        "prompt_sources": [asdict(one) for one in result.prompt_sources],
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
