"""``python -m tests.bench messages``: messages of real language servers, each with a right and a wrong fix.

    python -m tests.bench messages --servers .venv-servers                       before an edit is applied
    python -m tests.bench messages --servers .venv-servers --nvim .venv-nvim     after it was applied, in Neovim

The messages are those of ``tests/servers/sibling_messages.json``, which the test suite does not run. *Before*: both
fixes go through the checks of an action; the right one is proved, the wrong one must not be. *After*: a scripted model
gives the fix in a real Neovim in which the server reports; the right one is told as "no longer reports it".

The results of a tool are lines of a journal. A later run passes over the tools in it, so a run can be interrupted,
bounded with ``--minutes`` and continued. A message whose texts or diagnostic have changed is measured again.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from tests.servers.message_table import SIBLINGS, TOOLS, ToolMessage, check_tool, load_messages

_JOURNAL = Path("build/server-messages.jsonl")


@frozen(kw_only=True)
class FixResult:
    """What was shown or told about both fixes of a message. ``digest`` is of the message's texts and diagnostic."""

    name: str
    tool: str
    when: str  # "before" or "after"
    digest: str
    is_seen: bool
    is_wrongly_claimed: bool
    right: str
    wrong: str
    seconds: float
    load: float

    @classmethod
    def measured_now(
        cls, message: ToolMessage, when: str, seconds: float, *, seen: bool, claimed: bool, right: str, wrong: str
    ) -> FixResult:
        """What was just measured. ``claimed``: the wrong fix was said to be right."""
        return cls(
            name=message.name,
            tool=message.tool,
            when=when,
            digest=digest(message),
            is_seen=seen,
            is_wrongly_claimed=claimed,
            right=right,
            wrong=wrong,
            seconds=round(seconds, 2),
            load=round(os.getloadavg()[0], 1),
        )


def digest(message: ToolMessage) -> str:
    """A short hash of what a result depends on."""
    parts = [message.text, message.right, message.wrong, dict(message.diagnostic), dict(message.others)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def read_journal(path: Path) -> dict[tuple[str, str], FixResult]:
    """The last result of each message and time. A line that a killed run left unfinished is passed over."""
    found: dict[tuple[str, str], FixResult] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            result = FixResult(**json.loads(line))
        except (ValueError, TypeError):
            continue
        found[result.name, result.when] = result
    return found


def left_to_do(
    messages: Sequence[ToolMessage], done: dict[tuple[str, str], FixResult], when: str
) -> dict[str, list[ToolMessage]]:
    """The messages without a result of their present texts, by tool."""
    found: dict[str, list[ToolMessage]] = {}
    for one in messages:
        result = done.get((one.name, when))
        if result is None or result.digest != digest(one):
            found.setdefault(one.tool, []).append(one)
    return found


def table(messages: Sequence[ToolMessage], done: dict[tuple[str, str], FixResult]) -> str:
    """One line for each tool, the shares, and the messages that were not seen."""
    lines = [
        "| tool | messages | right fix proved before | seen after | wrong fix claimed before | after |",
        "|---|--:|--:|--:|--:|--:|",
    ]

    def row(title: str, names: Sequence[str]) -> str:
        cells = [title, str(len(names))]
        for attribute in ("is_seen", "is_wrongly_claimed"):
            for when in ("before", "after"):
                results = [done[name, when] for name in names if (name, when) in done]
                cells.append(f"{sum(getattr(one, attribute) for one in results)} of {len(results)}")
        return f"| {' | '.join(cells)} |"

    by_tool = {tool: [one.name for one in messages if one.tool == tool] for tool in TOOLS}
    lines += [row(tool, names) for tool, names in by_tool.items() if names]
    lines += [row("all", [one.name for one in messages]), ""]
    results = sorted(done.values(), key=lambda one: (one.when, one.name))
    lines += [f"- {one.name}, {one.when}: right fix: {one.right}" for one in results if not one.is_seen]
    lines += [f"- {one.name}, {one.when}: WRONG FIX: {one.wrong}" for one in results if one.is_wrongly_claimed]
    return "\n".join(lines)


async def before_results(tool: str, messages: Sequence[ToolMessage], servers: Path, folder: Path) -> list[FixResult]:
    """What the checks show of the fixes of one tool's messages."""
    return [
        FixResult.measured_now(
            one.message,
            "before",
            one.seconds,
            seen=one.is_checked_again,
            claimed=one.wrong.is_proved,
            right=one.right.sentence,
            wrong=one.wrong.sentence,
        )
        for one in await check_tool(tool, messages, servers, folder)
    ]


async def after_results(
    tool: str, messages: Sequence[ToolMessage], servers: Path, folder: Path, nvim: Path
) -> list[FixResult]:
    """What a user of Neovim is told about the fixes of one tool's messages."""
    from tests.editors.nvim.outcome_table import check_tool as check_in_neovim

    os.environ["PATH"] = os.pathsep.join([str(servers / "bin"), os.environ["PATH"]])
    return [
        FixResult.measured_now(
            one.message,
            "after",
            one.seconds,
            seen=one.is_seen,
            claimed=one.is_wrongly_gone,
            right=one.right.told,
            wrong=one.wrong.told,
        )
        for one in await check_in_neovim(tool, messages, nvim, servers, folder)
    ]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``messages`` below ``bench``."""
    parser = subparsers.add_parser(
        "messages", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--servers", type=Path, help="the environment of `make test-servers`")
    parser.add_argument("--nvim", type=Path, help="the environment of `make test-nvim`: measure after applying")
    parser.add_argument("--journal", type=Path, default=_JOURNAL)
    parser.add_argument("--minutes", type=float, default=0, help="start no tool after so many minutes; 0: no limit")
    parser.add_argument("--table", action="store_true", help="print the journal's table and run nothing")
    parser.add_argument("tools", nargs="*", help="the tools to measure; all by default")


def run(args: argparse.Namespace, show: Callable[[str], object] = print) -> int:
    """Measure what the journal has not, and print its table. 1 where a wrong fix was claimed to be right."""
    messages = [one for one in load_messages(SIBLINGS) if not args.tools or one.tool in args.tools]
    done = read_journal(args.journal)
    if not args.table:
        if args.servers is None:
            show("--servers is needed: the folder that `make test-servers` makes")
            return 2
        stop_at_s = time.monotonic() + args.minutes * 60 if args.minutes else math.inf
        args.journal.parent.mkdir(parents=True, exist_ok=True)
        for tool, ones in left_to_do(messages, done, "after" if args.nvim else "before").items():
            if time.monotonic() >= stop_at_s:
                print(f"the time is over; {tool} and later tools are left for the next run", file=sys.stderr)
                break
            try:
                results = asyncio.run(_measured(tool, ones, args))
            except (AssertionError, OSError) as failed:  # an editor that does not start, for example
                print(f"{tool}: left for the next run: {str(failed).partition(chr(10))[0]}", file=sys.stderr)
                continue
            for result in results:
                done[result.name, result.when] = result
                _append(args.journal, asdict(result))
                print(f"{result.name}: {result.right} | {result.wrong}", file=sys.stderr, flush=True)
    wanted = {one.name: digest(one) for one in messages}
    current = {key: one for key, one in done.items() if wanted.get(one.name) == one.digest}
    show(table(messages, current))
    return int(any(one.is_wrongly_claimed for one in current.values()))


async def _measured(tool: str, messages: Sequence[ToolMessage], args: argparse.Namespace) -> list[FixResult]:
    servers = args.servers.absolute()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if args.nvim:
            nvim = (args.nvim.absolute() / "bin/nvim").resolve()
            return await after_results(tool, messages, servers, Path(folder), nvim)
        return await before_results(tool, messages, servers, Path(folder))


def _append(journal: Path, row: dict[str, Any]) -> None:
    is_unfinished = journal.exists() and journal.stat().st_size and not journal.read_bytes().endswith(b"\n")
    with journal.open("a", encoding="utf-8") as file:
        file.write(("\n" if is_unfinished else "") + json.dumps(row) + "\n")
