"""Fixes over a real server process with a scripted model: retries, thinking, settings, statistics and offers.

Stories of one diagnostic and one edit are in ``tests/scenarios/fixes``; a real model answers in ``tests/engines``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.features.statistics.store import FILE_NAME, Statistics
from tests.e2e.conftest import Start, actions_at, until
from tests.support.action_client import BARE, FULL, ActionEditor, choose, progress_lines
from tests.support.fault_server import FaultServer, Mode
from tests.support.lsp_client import ServerError

BROKEN = Path(__file__).parents[2] / "examples/projects/broken"
PROBLEMS = json.loads((BROKEN / "diagnostics.json").read_text())
PYTHON = (BROKEN / "shop.py").read_text()
PYTHON_PROBLEM, PYTHON_UNDEFINED = PROBLEMS["shop.py"]
PYTHON_FIXED = (
    "def total(prices):\n    result = 0\n    for price in prices:\n        result += price\n    return result"
)


def answer(code: str, language: str = "") -> str:
    return f"The sum adds the list instead of its item.\n\nThe whole edited code:\n```{language}\n{code}\n```\n"


async def editor(
    start: Start,
    backend: FaultServer,
    tmp_path: Path,
    name: str,
    text: str,
    language: str,
    capabilities: Any = FULL,
    environ: dict[str, str] | None = None,
) -> ActionEditor:
    file = tmp_path / "project" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    client = await start(
        url=backend.url,
        capabilities=capabilities,
        folder=file.parent,
        environ={**actions_at(backend.url, COMPLETION__ENABLED="false"), **(environ or {})},
    )
    made = ActionEditor(client, file.as_uri(), language, text)
    made.open()
    return made


async def test_running_action_is_cancelled_by_another_one_at_the_same_place(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    backend.mode = Mode.SLOW
    backend.chat_answers = [["never sent"]] * 12
    one = await editor(start, backend, tmp_path, "shop.py", PYTHON, "python", BARE)
    command = choose(await one.offers(PYTHON_PROBLEM["range"], [PYTHON_PROBLEM]), "Explain and fix")
    ask = {"command": command["command"], "arguments": command["arguments"]}
    _, first = one.client.send("workspace/executeCommand", ask)
    await until(lambda: chats(backend))
    _, second = one.client.send("workspace/executeCommand", ask)
    assert await is_cancelled(first)
    assert not second.done()
    await one.client.request("workspace/executeCommand", {"command": "autothink.cancel"})
    assert await is_cancelled(second)


async def is_cancelled(reply: asyncio.Future[Any]) -> bool:
    with pytest.raises(ServerError) as caught:
        await asyncio.wait_for(reply, 20)
    return caught.value.code == -32800


async def test_undo_of_an_edit_is_noticed(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    one = await editor(start, backend, tmp_path, "shop.py", PYTHON, "python")
    await one.fix(PYTHON_UNDEFINED)
    fixed = one.text
    line = fixed[: fixed.index("min(prices")].count("\n")
    where = {"start": {"line": line, "character": 0}, "end": {"line": line + 1, "character": 0}}
    one._replace(where, "    return min(pricse, default=0)\n")
    assert one.text == PYTHON
    await one.offers(PYTHON_UNDEFINED["range"], [PYTHON_UNDEFINED])  # everything before was handled
    await one.client.stop()
    statistics = Statistics(tmp_path / "home" / "state" / FILE_NAME)
    (row,) = statistics.summary()
    offered = {(action, language): count for action, language, count in statistics.offered()}
    statistics.close()
    assert offered["fix", "python"] == 2
    assert (row.applied, row.undone) == (1, 1)


async def test_retry_prompt_contains_the_failed_check(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    backend.chat_answers = [answer(PYTHON.split("\n\n\n")[1]), answer(PYTHON_FIXED)]
    one = await editor(start, backend, tmp_path, "shop.py", PYTHON, "python")
    await one.fix(PYTHON_PROBLEM)
    assert one.text == PYTHON.replace("+= prices", "+= price")
    first, second = chats(backend)[:2]
    assert second["messages"][: len(first["messages"])] == first["messages"], "the cached prefix is shared"
    assert "without any change" in second["messages"][-1]["content"]


def chats(backend: FaultServer) -> Sequence[Any]:
    """The bodies of the chats that asked for more than a warm-up."""
    return [body for body in backend.bodies if "messages" in body and body.get("max_tokens", 0) > 1]


KAT = {"AUTOTHINK_ASSIST__THINK_PROFILE": "kat-v1"}
ON = "<think_on>\n"


def prefilled(backend: FaultServer) -> list[str]:
    """How the model's turn began in each chat."""
    return [
        body["messages"][-1]["content"] if body["messages"][-1]["role"] == "assistant" else ""
        for body in chats(backend)
    ]


async def test_thinking_comes_after_two_failed_checks_and_is_shown(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    bad = answer(PYTHON_FIXED.replace("+= price", "+= (price")) + "\n</answer>"
    thought = "The list is added, not its item.\n</think>\n\n<answer>\n" + answer(PYTHON_FIXED) + "\n</answer>"
    backend.chat_answers = [bad, bad, thought]
    checked = {**KAT, "AUTOTHINK_ASSIST__RUN_CHECKERS": "true"}
    one = await editor(start, backend, tmp_path, "shop.py", PYTHON, "python", environ=checked)
    one.client._answers["window/showDocument"] = {"success": True}
    await one.fix(PYTHON_PROBLEM)
    assert one.text == PYTHON.replace("+= prices", "+= price")
    first, second, third = prefilled(backend)
    assert first == ""  # the model judges
    assert second.endswith("<think_off>\n<answer>\n")
    assert ON in third
    lines = progress_lines(one.client)
    assert any("quick attempt" in line for line in lines)
    assert any("thinking" in line for line in lines)
    await one.client.request("workspace/executeCommand", {"command": "autothink.showThinking"})
    shown_uri = [params["uri"] for method, params in one.client.requests if method == "window/showDocument"][-1]
    content = await one.client.request("workspace/textDocumentContent", {"uri": shown_uri})
    assert "The list is added, not its item." in content["text"]
    assert "The list is added" not in one.text
    statuses = [params for method, params in one.client.notifications if method == "autothink/status"]
    assert any(params.get("thinking") for params in statuses)


async def test_a_changed_setting_counts_for_the_action_that_is_sent_right_behind_it(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    think = {"mode": "off"}
    capabilities = {**FULL, "workspace": {**FULL["workspace"], "configuration": True}}
    backend.chat_answers = [answer(PYTHON_FIXED) + "\n</answer>"] * 2
    one = await editor(start, backend, tmp_path, "shop.py", PYTHON, "python", capabilities, environ=KAT)
    one.client._answers["workspace/configuration"] = lambda params: [
        {"assist": {"think": think["mode"]}} for _ in params["items"]
    ]
    chosen = choose(await one.offers(PYTHON_PROBLEM["range"], [PYTHON_PROBLEM]), "Explain and fix")
    think["mode"] = "on"
    one.client.notify("workspace/didChangeConfiguration", {"settings": None})
    await one.resolve(chosen)
    assert ON in prefilled(backend)[0]


async def test_answer_now_ends_thinking(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    backend.mode = Mode.SLOW
    backend.chat_answers = [["I think ", "and think ", "never sent"], [answer(PYTHON_FIXED) + "\n</answer>"]]
    one = await editor(start, backend, tmp_path, "shop.py", PYTHON, "python", environ=KAT)
    offered = await one.offers(PYTHON_PROBLEM["range"], [PYTHON_PROBLEM])
    _, reply = one.client.send("codeAction/resolve", choose(offered, "Explain and fix", "(think)"))
    await until(lambda: chats(backend))
    backend.step()
    await until(lambda: any("token" in line for line in progress_lines(one.client)))
    assert await one.client.request("workspace/executeCommand", {"command": "autothink.answerNow"}) is True
    backend.step()
    await until(lambda: len(chats(backend)) == 2)
    backend.step(5)
    resolved = await asyncio.wait_for(reply, 30)
    one.apply(resolved["edit"])
    assert one.text == PYTHON.replace("+= prices", "+= price")
    assert "I think" in prefilled(backend)[1], "what was thought so far is not lost"


async def test_answer_now_does_not_wait_for_a_model_that_is_silent(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    """Long prompts are read for a while before anything is thought at all."""
    backend.mode = Mode.HANG_BEFORE_HEADERS
    one = await editor(start, backend, tmp_path, "shop.py", PYTHON, "python", environ=KAT)
    offered = await one.offers(PYTHON_PROBLEM["range"], [PYTHON_PROBLEM])
    _, reply = one.client.send("codeAction/resolve", choose(offered, "Explain and fix", "(think)"))
    await until(lambda: chats(backend))
    backend.mode = Mode.OK
    backend.chat_answers = [answer(PYTHON_FIXED) + "\n</answer>"]
    assert await one.client.request("workspace/executeCommand", {"command": "autothink.answerNow"}) is True
    resolved = await asyncio.wait_for(reply, 30)
    one.apply(resolved["edit"])
    assert one.text == PYTHON.replace("+= prices", "+= price")
    assert "think_off" in prefilled(backend)[1], "nothing was thought, so it is told not to"


async def test_opened_menu_prefills_the_prompt_and_a_moving_cursor_does_not(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    one = await editor(start, backend, tmp_path, "shop.py", PYTHON, "python")
    automatic = await one.offers(PYTHON_PROBLEM["range"], [PYTHON_PROBLEM], trigger=2)
    assert {action["kind"] for action in automatic} == {"quickfix"}
    await asyncio.sleep(0.6)
    assert backend.warm_ups == 0
    await one.offers(PYTHON_PROBLEM["range"], [PYTHON_PROBLEM])
    await until(lambda: backend.warm_ups == 1)
    assert chats(backend) == [], "nothing is generated before a choice"


async def test_offered_actions_follow_problem_kind_and_privacy(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    one = await editor(start, backend, tmp_path, "shop.py", PYTHON, "python")
    titles = [action["title"] for action in await one.offers(PYTHON_PROBLEM["range"], [PYTHON_PROBLEM])]
    assert sum("Explain and fix" in title for title in titles) == 2
    only = await one.offers(PYTHON_PROBLEM["range"], [PYTHON_PROBLEM], only=["refactor.extract"])
    assert [action["kind"] for action in only] == ["refactor.extract"]
    secret = ActionEditor(one.client, one.uri.replace("shop.py", ".env"), "plaintext", "TOKEN=1\n")
    secret.open()
    assert await secret.offers({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}) == []
