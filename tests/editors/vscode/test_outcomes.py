"""What VS Code's own TypeScript, JSON, CSS and HTML report after an edit: told for a right edit, asked about for a
wrong one. The messages are those of ``tests/servers/messages.json``; ``AUTOTHINK_ALL_MESSAGES=1`` takes all of
them (some minutes) and prints the table. Each measured message is a line of ``build/vscode-outcomes.jsonl``; a later
run measures only those that are not in it, and those that took too long: it can be interrupted and continued."""

from __future__ import annotations

import json
import os
import time

import attrs
import playwright.async_api
import pytest

from tests.editors.vscode.conftest import ROOT, Start, scripted
from tests.editors.vscode.workbench import QUIET, Workbench
from tests.servers.message_table import TOOLS, ToolMessage
from tests.servers.outcome_table import EditOutcome, SeenMessage, answer, measured_messages, table, words_of
from tests.support.fault_server import FaultServer

OWN_TOOLS = ("typescript-language-server", "vtsls", "json", "css", "html")  # their engines are in VS Code
QUICK = ("typescript-language-server-assign", "json-comma")
ALL = bool(os.environ.get("AUTOTHINK_ALL_MESSAGES"))
MEASURE = ALL or bool(os.environ.get("AUTOTHINK_MEASURE_OUTCOMES"))
JOURNAL = ROOT / "build/vscode-outcomes.jsonl"
LEAST_SHARE = 0.9
TOLD_MS = 45_000
_TOLD = r"AutoThink: .*(no longer reports it|(still|now) reports: ).*"


def measured_before() -> dict[str, SeenMessage]:
    """The messages of earlier runs about which something was told."""
    messages = {one.name: one for tool in measured_messages(OWN_TOOLS).values() for one in tool}
    found: dict[str, SeenMessage] = {}
    for line in JOURNAL.read_text(encoding="utf-8").splitlines() if JOURNAL.exists() else ():
        name, right, wrong, seconds = json.loads(line)
        if name in messages and right["told"][:1] != "(" and wrong["told"][:1] != "(":
            outcomes = {"right": EditOutcome(**right), "wrong": EditOutcome(**wrong)}
            found[name] = SeenMessage(message=messages[name], seconds=seconds, **outcomes)
    return found


async def outcome(window: Workbench, backend: FaultServer, message: ToolMessage, code: str) -> EditOutcome:
    """What is told after the message was fixed by an edit that makes the file's text ``code``."""
    (window.folder / message.file).write_text(message.text, encoding="utf-8")
    backend.chat_answers[:] = [answer(code, message.language_id)] * 8
    await window.command("Notifications: Clear All Notifications")
    await window.no_longer_told(_TOLD)
    await window.open_file(message.file)
    try:
        await window.problem(words_of(message)[:40])
        await window.go_to(message.diagnostic["line"] + 1, 1)
        await window.press("Control+Alt+f")
        told = await window.told(_TOLD, TOLD_MS)
        await window.press("Control+s")
        text = (window.folder / message.file).read_text(encoding="utf-8")
        return EditOutcome(told=told, applied=text.rstrip("\n") == code.rstrip("\n"))
    except (AssertionError, playwright.async_api.TimeoutError) as missing:
        return EditOutcome(told=f"({str(missing).splitlines()[0][:120]})", applied=False)
    finally:
        await window.press("Control+s")
        await window.command("View: Close All Editors")


@pytest.mark.skipif(
    not MEASURE, reason="a measurement: AUTOTHINK_MEASURE_OUTCOMES=1, or AUTOTHINK_ALL_MESSAGES=1 for all"
)
@pytest.mark.timeout(1800 if ALL else 600)
async def test_what_the_tools_of_vs_code_report_after_an_edit(start: Start, backend: FaultServer) -> None:
    messages = [one for tool in measured_messages(OWN_TOOLS).values() for one in tool if ALL or one.name in QUICK]
    files = dict(TOOLS["vtsls"].files)
    for one in messages:
        files |= {**one.others, one.file: one.text}
    settings = scripted(
        backend,
        **{
            "autothink.completion.enabled": False,
            "autothink.assist.preview": "never",
            "autothink.assist.run_checkers": False,
        },
    )
    window = await start({messages[0].file: messages[0].text, **files}, settings, ready=QUIET)
    rows: list[SeenMessage] = []
    before = measured_before() if ALL else {}
    for message in messages:
        if message.name in before:
            rows.append(before[message.name])
            continue
        started = time.monotonic()
        right = await outcome(window, backend, message, message.right)
        wrong = await outcome(window, backend, message, message.wrong)
        seconds = time.monotonic() - started
        rows.append(SeenMessage(message=message, right=right, wrong=wrong, seconds=seconds))
        line = json.dumps([message.name, attrs.asdict(right), attrs.asdict(wrong), round(seconds)])
        print(line, flush=True)
        if ALL:
            JOURNAL.parent.mkdir(exist_ok=True)
            with JOURNAL.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
    print(table(rows))
    assert [row.message.name for row in rows if row.is_wrongly_gone] == []
    assert sum(row.is_seen for row in rows) >= LEAST_SHARE * len(rows)
