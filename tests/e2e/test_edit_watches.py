"""After an edit was applied: the client's diagnostics say whether it helped. A real server over its own pipes, for a
client that reports diagnostics and for one that only asks for code actions; the model is a script."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from autothink_lsp.features.statistics.store import FILE_NAME, Statistics
from tests.e2e.conftest import Start, actions_at, shown, until
from tests.support.action_client import BARE, FULL, ActionEditor, choose
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import LspClient

pytestmark = pytest.mark.usefixtures("without_checkers")

CODE = "def total(prices):\n    result = 0\n    for price in prices:\n        result += prices\n    return result\n"
RIGHT = CODE.replace("+= prices", "+= price")
WRONG = CODE.replace("+= prices", "+= list(prices)")
WHERE = {"start": {"line": 3, "character": 8}, "end": {"line": 3, "character": 24}}
PROBLEM = {
    "range": WHERE,
    "message": 'Operator "+=" not supported for types "int" and "list[int]"',
    "severity": 1,
    "source": "Pylance",
    "code": "reportOperatorIssue",
}
REPORTING = deepcopy(FULL)
REPORTING["experimental"]["autothinkDiagnostics"] = True
ASK = "window/showMessageRequest"


def answer(code: str) -> str:
    return f"So.\n\nThe whole edited code:\n```python\n{code.rstrip()}\n```\n"


def thought(code: str) -> str:
    return f"The list is added.\n</think>\n\n<answer>\n{answer(code)}</answer>"


@define(eq=False)
class Watched:
    """An editor, what its user answers to questions, and the model behind the server."""

    client: LspClient
    editor: ActionEditor
    backend: FaultServer
    home: Path
    asked: list[str] = field(factory=list)
    reply: str = ""

    def on_question(self, params: Any) -> Any:
        self.asked.append(params["message"])
        assert [one["title"] for one in params["actions"]] == ["Undo", "Think about it"]
        return {"title": self.reply} if self.reply else None

    def watching(self) -> list[bool]:
        return [params["watch"] for name, params in self.client.notifications if name == "autothink/watchDiagnostics"]

    def outcome_messages(self) -> list[str]:
        return [
            params["reason"]
            for name, params in self.client.notifications
            if name == "autothink/status" and params["state"] == "watched"
        ]

    def report(self, *diagnostics: Any, **more: Any) -> None:
        params = {"uri": self.editor.uri, "version": self.editor.version, "diagnostics": list(diagnostics), **more}
        self.client.notify("autothink/diagnostics", params)

    def will_answer(self, text: str) -> None:
        """The server asks this model for other things besides, so that one answer is not enough."""
        self.backend.chat_answers[:] = [text] * 8

    def prompts(self) -> list[str]:
        """What actions have sent."""
        asked = [body["messages"] for body in self.backend.bodies if "careful programmer" in str(body)]
        return ["\n".join(message["content"] for message in messages) for messages in asked]

    async def fix(self, code: str) -> None:
        """Apply the model's fix. A client that reports says first what is reported before it."""
        self.will_answer(answer(code))
        offered = await self.editor.offers(WHERE, [PROBLEM])
        self.backend.bodies.clear()
        chosen = choose(offered, "Explain and fix")
        if "data" in chosen:
            chosen = await self.editor.resolve(chosen)
            self.report(PROBLEM)
            self.editor.apply(chosen["edit"])
        else:
            command = chosen if isinstance(chosen["command"], str) else chosen["command"]
            arguments = {"command": command["command"], "arguments": command["arguments"]}
            await self.client.request("workspace/executeCommand", arguments)
        await until(lambda: self.editor.text == code)

    async def outcomes(self) -> list[tuple[str, str]]:
        """(outcome, mode), read after the server has ended. The model judges, so the rung varies."""
        await self.client.stop()
        statistics = Statistics(self.home / FILE_NAME)
        try:
            return [row[:2] for row in statistics.applied_outcomes()]
        finally:
            statistics.close()


Begin = Callable[..., Awaitable[Watched]]


@pytest.fixture
async def begin(start: Start, backend: FaultServer, tmp_path: Path) -> Begin:
    async def made(capabilities: Any = REPORTING, **environ: str) -> Watched:
        client = await start(
            url=backend.url,
            capabilities=capabilities,
            folder=tmp_path,
            environ=actions_at(
                backend.url,
                COMPLETION__ENABLED="false",
                ASSIST__THINK_PROFILE="kat-v1",
                ASSIST__RUN_CHECKERS="false",
                **environ,
            ),
        )
        editor = ActionEditor(client, (tmp_path / "a.py").as_uri(), "python", CODE)
        editor.open()
        watched = Watched(client, editor, backend, tmp_path / "home" / "state")
        client._answers[ASK] = watched.on_question
        client._answers["workspace/applyEdit"] = lambda params: editor.apply(params["edit"])
        return watched

    return made


async def test_a_fix_that_helped_is_reported_and_counted(begin: Begin) -> None:
    one = await begin()
    await one.fix(RIGHT)
    assert one.watching() == [True]
    one.report()
    await until(one.outcome_messages)
    assert one.outcome_messages() == ["Pylance no longer reports it."]
    assert one.watching() == [True, False]
    assert one.asked == []
    assert await one.outcomes() == [("gone", "off")]


async def test_undo_reverts_exactly_the_applied_edit(begin: Begin) -> None:
    one = await begin()
    await one.fix(WRONG)
    one.reply = "Undo"
    start = {"line": 0, "character": 0}
    one.editor._replace({"start": start, "end": start}, "# typed elsewhere\n")
    moved = deepcopy(PROBLEM)
    moved["range"]["start"]["line"] = moved["range"]["end"]["line"] = 4
    one.report(moved)
    await until(lambda: one.editor.text == "# typed elsewhere\n" + CODE)
    assert one.asked == [f"AutoThink: Pylance still reports: {PROBLEM['message']}"]
    await asyncio.sleep(0.1)
    assert shown(one.client) == []
    assert await one.outcomes() == [("still reported", "off")]


async def test_undo_of_edited_lines_is_refused_with_a_message(begin: Begin) -> None:
    one = await begin()
    await one.fix(WRONG)
    one.reply = "Undo"
    at = {"line": 3, "character": 20}  # inside of what the edit has put there

    def type_and_undo(params: Any) -> Any:
        one.editor._replace({"start": at, "end": at}, "x")
        return one.on_question(params)

    one.client._answers[ASK] = type_and_undo
    one.report(PROBLEM)
    await until(lambda: shown(one.client, 2))
    assert "was not undone" in shown(one.client, 2)[0]
    assert one.editor.text == WRONG.replace("list(", "lixst(")


async def test_thinking_begins_with_the_failed_edit_and_the_message(begin: Begin) -> None:
    one = await begin()
    await one.fix(WRONG)
    one.reply = "Think about it"
    one.will_answer(thought(RIGHT))
    new = {**PROBLEM, "message": 'Operator "+=" not supported for types "int" and "list[Any]"'}
    one.report(new)
    await until(lambda: one.editor.text == RIGHT)
    (prompt,) = [text for text in one.prompts() if "+= list(prices)" in text]  # no quick attempt and no retry before it
    assert "An earlier attempt is already in the code" in prompt
    assert "It replaced\n```\n        result += prices\n```" in prompt
    assert "by\n```\n        result += list(prices)\n```" in prompt
    assert 'Pylance reports: Operator "+=" not supported for types "int" and "list[Any]"' in prompt
    one.report()
    await until(one.outcome_messages)
    gone, still = sorted(await one.outcomes())
    assert still == ("still reported", "off")
    # The scripted server does not think when it is probed; from then on it gets the retry instead.
    assert gone[0] == "gone"


async def test_a_problem_that_survived_counts_for_the_next_decision(begin: Begin) -> None:
    one = await begin(ASSIST__THINK="auto")
    await one.fix(WRONG)
    one.report(PROBLEM)
    await until(lambda: one.asked)
    one.will_answer(thought(RIGHT))
    offered = await one.editor.offers(WHERE, [PROBLEM])
    resolved = await one.editor.resolve(choose(offered, "Explain and fix"))
    assert resolved["edit"]
    decisions = [p.get("decision") for name, p in one.client.notifications if name == "autothink/status"]
    _, second = [text for text in decisions if text]
    assert not second.startswith("The model did not think"), second


async def test_a_new_error_in_the_changed_lines_is_reported_and_typing_there_is_left_alone(begin: Begin) -> None:
    one = await begin()
    await one.fix(WRONG)
    one.report({**PROBLEM, "message": "Something else", "code": "reportOther"})
    await until(lambda: one.asked)
    assert one.asked == ["AutoThink: Pylance now reports: Something else"]

    other = await begin()
    await other.fix(WRONG)
    at = {"line": 3, "character": 8}
    other.editor._replace({"start": at, "end": at}, "x")
    other.report(PROBLEM)
    await other.editor.offers(WHERE)  # a round trip
    assert other.asked == []
    assert other.watching() == [True, False]
    assert await other.outcomes() == [("edited", "off"), ("new error", "off")]


async def test_undone_edit_is_labelled_in_the_statistics(begin: Begin) -> None:
    one = await begin()
    await one.fix(WRONG)
    line = WRONG.splitlines()[3]
    where = {"start": {"line": 3, "character": 0}, "end": {"line": 3, "character": len(line)}}
    one.editor._replace(where, CODE.splitlines()[3])
    await until(lambda: one.watching() == [True, False])
    assert one.asked == []
    assert await one.outcomes() == [("undone", "off")]


@pytest.mark.parametrize("capabilities", [FULL, BARE], ids=["resolves", "bare"])
async def test_other_clients_are_watched_by_their_requests_for_actions(begin: Begin, capabilities: Any) -> None:
    one = await begin(capabilities)
    await one.fix(RIGHT)
    elsewhere = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
    await one.editor.offers(elsewhere, trigger=2)
    await one.editor.offers(WHERE, [PROBLEM], trigger=2)  # stale: the tool has not looked at the edit yet
    assert one.asked == []
    await one.editor.offers(WHERE, trigger=2)
    logged = [p["message"] for name, p in one.client.notifications if name == "window/logMessage"]
    assert "Pylance no longer reports it." in logged
    assert one.watching() == []
    assert await one.outcomes() == [("gone", "off")]


async def test_other_clients_are_asked_when_the_message_stays(begin: Begin) -> None:
    one = await begin(FULL)
    await one.fix(WRONG)
    one.reply = "Undo"

    async def ask_until_asked() -> None:
        while not one.asked:
            await one.editor.offers(WHERE, [PROBLEM], trigger=2)
            await asyncio.sleep(0.2)

    await asyncio.wait_for(ask_until_asked(), 20)
    await until(lambda: one.editor.text == CODE)


async def test_odd_reports_are_ignored(begin: Begin) -> None:
    one = await begin()
    await one.fix(WRONG)
    for params in (None, [], {"uri": one.editor.uri}, {"uri": 3, "diagnostics": "x"}):
        one.client.notify("autothink/diagnostics", params)
    one.report(None, 3, {"range": "x"}, sources=[1, "Ruff"])
    one.client.notify("autothink/diagnostics", {"uri": "file:///none.py", "diagnostics": [PROBLEM]})
    assert await one.editor.offers(WHERE, [PROBLEM])
