"""While a repair is searched for, the server answers other requests. The search waits for a file in a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Start, actions_at, inline, until
from tests.support import gated_repairs_server
from tests.support.action_client import FULL, ActionEditor, choose
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import ServerError

CODE = "def total(prices):\n    return sum(pirces)\n\n\ndef add(a, b):\n    "
WHERE = {"start": {"line": 1, "character": 15}, "end": {"line": 1, "character": 21}}
PROBLEM = {"range": WHERE, "message": '"pirces" is not defined', "severity": 1}
CANCELLED = -32800


class Gate:
    """The files with which a search for a repair and the test wait for each other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def is_entered(self) -> None:
        await until((self._folder / "entered").exists)

    async def is_left(self) -> None:
        await until((self._folder / "left").exists)

    def open(self) -> None:
        (self._folder / "open").touch()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    (tmp_path / "gate").mkdir()
    return Gate(tmp_path / "gate")


async def document(start: Start, backend: FaultServer, tmp_path: Path) -> tuple[ActionEditor, Any]:
    """An open document, and the action that repairs it."""
    client = await start(
        url=backend.url,
        capabilities=FULL,
        command=(str(gated_repairs_server.__file__), "serve"),
        environ={**actions_at(backend.url), gated_repairs_server.GATE: str(tmp_path / "gate")},
    )
    made = ActionEditor(client, (tmp_path / "a.py").as_uri(), "python", CODE)
    made.open()
    return made, choose(await made.offers(WHERE, [PROBLEM]), "Explain and fix")


async def test_a_completion_and_a_menu_are_answered_while_a_repair_is_computed(
    start: Start, backend: FaultServer, tmp_path: Path, gate: Gate
) -> None:
    one, action = await document(start, backend, tmp_path)
    _, reply = one.client.send("codeAction/resolve", action)
    await gate.is_entered()
    (item,) = await inline(one.client, 5, 4, one.uri)
    assert item["insertText"].endswith("return a + b")
    assert await one.offers(WHERE, [PROBLEM])
    assert not reply.done()
    gate.open()
    one.apply((await reply)["edit"])
    assert one.text == CODE.replace("pirces", "prices")
    assert (one.client.unanswered(), one.client.stray) == ([], [])


async def test_a_cancelled_action_ends_its_search_and_gets_one_reply(
    start: Start, backend: FaultServer, tmp_path: Path, gate: Gate
) -> None:
    one, action = await document(start, backend, tmp_path)
    number, reply = one.client.send("codeAction/resolve", action)
    await gate.is_entered()
    one.client.cancel(number)
    with pytest.raises(ServerError) as error:
        await reply
    assert error.value.code == CANCELLED
    await gate.is_left()
    gate.open()
    one.apply((await one.resolve(action))["edit"])
    assert one.text == CODE.replace("pirces", "prices"), "the thread is free again"
    assert (one.client.unanswered(), one.client.stray) == ([], [])
