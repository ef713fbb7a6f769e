"""An edit is applied to the text that it was computed for, or moved, or refused; whatever is typed meanwhile.

A real server process; the model's answer does not parse, so that clients without previews are asked before it is
applied, and the typing happens while the question is open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import shown, until
from tests.e2e.test_cancelled_actions import (  # noqa: F401 - ``begin`` is a fixture
    DOES_NOT_PARSE,
    GOOD,
    WHERE,
    WITHOUT_RESOLVE,
    WRONG,
    Begin,
    begin,
)
from tests.support.action_client import BARE, FULL, ActionEditor, choose
from tests.support.fault_server import FaultServer

pytestmark = pytest.mark.usefixtures("without_checkers")

BROKEN = WRONG.replace("+= prices\n", "+= (price\n")


def at(line: int, start: int, end: int, last_line: int | None = None) -> Any:
    last = line if last_line is None else last_line
    return {"start": {"line": line, "character": start}, "end": {"line": last, "character": end}}


def lines_above(one: ActionEditor, count: int = 1) -> None:
    for number in range(count):
        one._replace(at(0, 0, 0), f"import m{number}\n")


def reopen(one: ActionEditor, text: str) -> None:
    one.client.notify("textDocument/didClose", {"textDocument": {"uri": one.uri}})
    one.text, one.version = text, 1
    one.open()


def keep_version(one: ActionEditor) -> None:
    """A client that sends the same version again and again."""
    one.version -= 1
    lines_above(one)


TYPED: dict[str, tuple[Callable[[ActionEditor], None], bool]] = {  # and whether the edit is still possible
    "nothing": (lambda _one: None, True),
    "a line above": (lines_above, True),
    "many lines above": (lambda one: lines_above(one, 30), True),
    "a line below": (lambda one: one._replace(at(5, 0, 0), "x = 1\n"), True),
    "a line above and one below": (lambda one: (one._replace(at(5, 0, 0), "x = 1\n"), lines_above(one)), True),
    "a line above without a new version": (keep_version, True),
    "keys in the line": (lambda one: one._replace(at(3, 18, 18), "x"), False),
    "a key right behind": (lambda one: one._replace(at(3, 24, 24), "x"), False),
    "the lines are gone": (lambda one: one._replace(at(2, 0, 0, 4), ""), False),
    "everything is gone": (lambda one: one._replace(at(0, 0, 0, 5), ""), False),
    "opened again with the same text": (lambda one: reopen(one, WRONG), False),
    "opened again with another text": (lambda one: reopen(one, "import os\n" * 9 + WRONG), False),
}


@pytest.mark.parametrize("typed", TYPED)
async def test_typing_during_a_question_moves_or_refuses_the_edit(
    begin: Begin,  # noqa: F811
    backend: FaultServer,
    typed: str,
) -> None:
    change, is_possible = TYPED[typed]
    after: list[str] = []

    def answer(_params: Any) -> Any:
        change(one)
        after.append(one.text)
        return {"title": "Apply"}

    documents = await begin(BARE, **{"window/showMessageRequest": answer})
    backend.chat_answers = [DOES_NOT_PARSE] * 12
    one = documents.open()
    _, reply = one.client.send("workspace/executeCommand", await documents.command(one))
    await asyncio.wait((reply,), timeout=30)
    assert after, "the user was asked"
    if is_possible:
        assert one.text == after[0].replace("+= prices", "+= (price")
    else:
        assert (one.text, one.applied) == (after[0], [])
        assert shown(one.client, 2) or typed.startswith("opened again")  # closing a document cancels its action


OFFERED: dict[str, tuple[Callable[[ActionEditor], None], bool]] = {
    "nothing": (lambda _one: None, True),
    "a line above": (lines_above, True),
    "a line above without a new version": (keep_version, True),
    "opened again with the same text": (lambda one: reopen(one, WRONG), False),
    "opened again with another text": (lambda one: reopen(one, "import os\n" * 9 + WRONG), False),
    "opened again, shorter": (lambda one: reopen(one, "x = 1\n"), False),
    "opened again and typed": (lambda one: (reopen(one, "import os\n" + WRONG), lines_above(one)), False),
    "opened again twice": (lambda one: (reopen(one, "x = 1\n"), reopen(one, "y = 1\n" + WRONG)), False),
}


@pytest.mark.parametrize("way", ["command", "resolve"])
@pytest.mark.parametrize("typed", OFFERED)
async def test_typing_before_an_action_is_chosen_moves_or_refuses_the_edit(
    begin: Begin,  # noqa: F811
    backend: FaultServer,
    typed: str,
    way: str,
) -> None:
    change, is_possible = OFFERED[typed]
    documents = await begin(FULL if way == "resolve" else WITHOUT_RESOLVE)
    backend.chat_answers = [GOOD] * 12
    one = documents.open()
    problem = {"range": WHERE, "message": "Unsupported operand types for + (int and list)", "severity": 1}
    action = choose(await one.offers(WHERE, [problem]), "Explain and fix")
    change(one)
    before = one.text
    if way == "resolve":
        edit = (await one.resolve(action)).get("edit")
        if edit:
            one.apply(edit)
    else:
        command = action["command"]
        ask = {"command": command["command"], "arguments": command["arguments"]}
        await one.client.request("workspace/executeCommand", ask)
    expected = before.replace("+= prices", "+= price") if is_possible else before
    assert one.text == expected
    assert is_possible or shown(one.client, 2)


async def test_a_client_that_says_that_the_document_has_changed_gets_the_edit_again(
    begin: Begin,  # noqa: F811
    backend: FaultServer,
) -> None:
    """It compared the version: a key was on its way."""

    def apply(params: Any) -> Any:
        (edit,) = params["edit"]["documentChanges"]
        versions.append(edit["textDocument"]["version"])
        if len(versions) == 1:
            lines_above(one)  # typed before the edit arrived
        if edit["textDocument"]["version"] != one.version:
            return {"applied": False}
        return documents.apply(params)

    versions: list[int] = []
    documents = await begin(WITHOUT_RESOLVE, **{"workspace/applyEdit": apply})
    backend.chat_answers = [GOOD] * 12
    one = documents.open()
    await one.client.request("workspace/executeCommand", await documents.command(one))
    assert one.text == "import m0\n" + WRONG.replace("+= prices", "+= price")
    assert versions == [1, 2]
    assert shown(one.client, 2) == []


async def test_an_edit_in_the_wrong_place_is_reported(begin: Begin, backend: FaultServer) -> None:  # noqa: F811
    """A client that compares no versions, and a key that was on its way."""

    def apply(params: Any) -> Any:
        lines_above(one)
        return documents.apply(params)

    documents = await begin(BARE, **{"workspace/applyEdit": apply})
    backend.chat_answers = [GOOD] * 12
    one = documents.open()
    await one.client.request("workspace/executeCommand", await documents.command(one))
    await until(lambda: any("wrong place" in text and "Undo" in text for text in shown(one.client, 2)))


async def test_nothing_is_sent_while_the_user_types(begin: Begin, backend: FaultServer) -> None:  # noqa: F811
    documents = await begin(BARE)
    backend.chat_answers = [GOOD] * 12
    one = documents.open()
    command = await documents.command(one)
    typing = asyncio.create_task(keys(one, 15))
    await one.client.request("workspace/executeCommand", command)
    assert typing.done(), "the edit came after the last key"
    assert one.text.endswith("+= price\n    return result\n")
    assert one.text.count("import") == 15


async def keys(one: ActionEditor, count: int) -> None:
    for _ in range(count):
        lines_above(one)
        await asyncio.sleep(0.1)


APPLY_ANSWERS: dict[str, Any] = {
    "null": None,
    "an empty object": {},
    "applied null": {"applied": None},
    "a bare true": True,
    "a list": [],
    "a text": "ok",
    "a number": 1,
    "applied, with more": {"applied": True, "failureReason": None, "failedChange": -1},
    "an error": {"error": {"code": -32603, "message": "x"}},
    "an odd error": {"error": "no"},
    "result and a null error": {"result": {"applied": True}, "error": None},
    "neither": {},
}


@pytest.mark.parametrize("applies", [True, False])
async def test_any_reply_to_apply_edit_is_survived(
    begin: Begin,  # noqa: F811
    backend: FaultServer,
    applies: bool,
) -> None:
    documents = await begin(BARE)
    client = documents.client
    answering = client._answer

    def answer(message: Any) -> None:
        if message["method"] != "workspace/applyEdit":
            answering(message)
            return
        if applies:
            documents.apply(message["params"])
        given = APPLY_ANSWERS[name]
        is_raw = name in {"an error", "an odd error", "result and a null error", "neither"}
        client._write({"jsonrpc": "2.0", "id": message["id"], **(given if is_raw else {"result": given})})

    client._answer = answer
    backend.chat_answers = [GOOD] * 40
    for name in APPLY_ANSWERS:
        one = documents.open()
        command = await documents.command(one)
        async with asyncio.timeout(20):
            await client.request("workspace/executeCommand", command)
        assert (one.text != WRONG) == applies
        refusals = len([text for text in shown(client) if "does not apply edits" in text])
        client.notifications.clear()
        assert refusals == (name.endswith("error") and "null" not in name and not applies), name
