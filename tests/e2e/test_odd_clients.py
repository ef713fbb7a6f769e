"""Clients that send odd values: each request gets one reply, and what can be answered is answered."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import URI, Start, actions_at, did_open, inline, shown, until
from tests.support.action_client import FULL, ActionEditor, choose
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import REFUSED, SILENCE, ServerError
from tests.unit.lsp.test_tolerant_params import CONTEXTS, FIELDS, GOOD, WHERE

CODE = "def add(a, b):\n    return a - b\n"
FIXED = "So.\n\nThe whole edited code:\n```python\ndef add(a, b):\n    return a + b\n```\n"


async def test_code_actions_with_odd_values_are_offered_or_refused(start: Start, backend: FaultServer) -> None:
    client = await start(capabilities=FULL, environ=actions_at(backend.url))
    did_open(client, CODE)
    bad = [{**GOOD, **odd} for odd, _ in FIELDS.values()]
    contexts = [{"diagnostics": [one, GOOD], "triggerKind": 1} for one in bad]
    contexts += [given for given, _ in CONTEXTS.values() if given is not ...]
    for context in contexts:
        params = {"textDocument": {"uri": URI}, "range": WHERE, "context": context}
        offered = await client.request("textDocument/codeAction", params)
        diagnostics = context.get("diagnostics") if isinstance(context, dict) else None
        if isinstance(diagnostics, list) and GOOD in diagnostics:
            assert any("Explain and fix: add subtracts" in action["title"] for action in offered), context
        assert isinstance(offered, list)
    for odd in ({"range": None}, {"textDocument": {}}, {"textDocument": None}):
        with pytest.raises(ServerError, match=r"cannot be used: (range|textDocument)") as caught:
            await client.request("textDocument/codeAction", {**params, **odd})
        assert caught.value.code == -32602
    assert client.stray == []


async def test_an_action_with_altered_fields_is_resolved(start: Start, backend: FaultServer) -> None:
    backend.chat_answers = [FIXED] * 40
    client = await start(capabilities=FULL, environ=actions_at(backend.url))
    one = ActionEditor(client, URI, "python", CODE)
    one.open()
    action = choose(await one.offers(WHERE, [GOOD]), "Explain and fix")
    for odd in (
        {"diagnostics": [{**GOOD, "severity": 0}, None]},
        {"diagnostics": "x"},
        {"kind": 3},
        {"title": None},
        {"isPreferred": "no", "disabled": True},
        {"edit": {"changes": 7}},
        {"command": {"command": None}},
        {"tags": ["x"]},
    ):
        resolved = await one.resolve({**action, **odd})
        assert resolved["edit"]["documentChanges"], odd
    nowhere = {**action["data"], "action": "simplify", "range": {"start": 3}}
    for data in (None, 3, "x", [], {}, {"action": "fly"}, {**action["data"], "uri": 1}, nowhere):
        assert not (await one.resolve({**action, "data": data})).get("edit"), data
    assert client.stray == []


async def test_changes_with_odd_values_never_suggest_for_another_text(start: Start, backend: FaultServer) -> None:
    """The text is followed as far as it is known; where it is not, nothing is suggested for another text."""
    client = await start(url=backend.url)
    did_open(client, "x\n")

    def change(changes: Any, version: Any = 2) -> None:
        params = {"textDocument": {"uri": URI, "version": version}, "contentChanges": changes}
        client.notify("textDocument/didChange", params)

    change([{"range": None, "text": "def add(a, b):\nreturn x"}], None)
    change([{"range": {"start": {"line": 1, "character": 8}, "end": {"line": 1, "character": 0}}, "text": ""}], "3")
    change(
        [{"range": {"start": {"line": 1.0, "character": 0}, "end": {"line": 1, "character": -3}}, "text": "    "}], 4
    )
    (item,) = await inline(client, 1, 4)
    assert item["insertText"] == "return a + b"
    for lost in ([{"range": {}, "text": "y"}], [{"text": None}], None, [3]):
        change(lost, 5)
        assert await inline(client, 1, 4) == []
        await until(lambda: any("invalid change" in text for text in shown(client)))
        client.notifications.clear()
        change([{"text": "def add(a, b):\n    "}], 6)
        assert await inline(client, 1, 4)


CONFIGURATIONS: dict[str, Any] = {
    "null": None,
    "empty": [],
    "nulls": [None, None],
    "too short": [{"completion": {"enabled": True}}],
    "too long": [None, {}, {}, {}, 3],
    "a bare section": {"completion": {"enabled": True}},
    "a text": "x",
    "a number": 0,
    "texts": ["x", 3],
    "an error": REFUSED,
    "never": SILENCE,
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
async def test_any_reply_to_workspace_configuration_is_survived(
    start: Start, backend: FaultServer, tmp_path: Path, name: str
) -> None:
    """The first key waits for it, but not for long, and the other layers of settings count."""
    given = CONFIGURATIONS[name]
    client = await start(
        url=backend.url,
        capabilities={"textDocument": {"inlineCompletion": {}}, "workspace": {"configuration": True}},
        answers={"workspace/configuration": given if given in (SILENCE, REFUSED) else (lambda _params: given)},
        folder=tmp_path,
    )
    if given is None:  # the client of the tests would answer for each item
        client._answer = lambda message: client._write({"jsonrpc": "2.0", "id": message["id"], "result": None})
    did_open(client, "def add(a, b):\n    ")
    async with asyncio.timeout(20):
        assert await inline(client, 1, 4)


async def test_valid_setting_of_a_partly_invalid_reply_applies(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    for number, given in enumerate([{"completion": {"enabled": False}}, [{"completion": {"enabled": False}}]]):
        client = await start(
            url=backend.url,
            capabilities={"textDocument": {"inlineCompletion": {}}, "workspace": {"configuration": True}},
            answers={"workspace/configuration": lambda _params, given=given: given},
            folder=tmp_path,
        )
        did_open(client, "def add(a, b):\n    ")
        assert await inline(client, 1, 4) == [], number


@pytest.mark.parametrize("process_id", [2**22 + 11, 2**31 - 1])
async def test_a_process_id_that_does_not_exist_ends_the_server(start: Start, process_id: int) -> None:
    """As vscode-languageserver: the server is there, and ends when it has looked for the process."""
    client = await start(initialize=False)
    await client.request("initialize", {"processId": process_id, "rootUri": None, "capabilities": {}})
    client.notify("initialized", {})
    did_open(client, "x = ")
    assert await inline(client, 0, 4) == []
    await asyncio.wait_for(client.process.wait(), 20)
    assert client.unanswered() == []


async def test_an_invalid_process_id_is_ignored(start: Start) -> None:
    clients = []
    for process_id in (None, 0, -1, "7", 7.5, True, [], 2**40):
        client = await start(initialize=False)
        await client.request("initialize", {"processId": process_id, "rootUri": None, "capabilities": {}})
        client.notify("initialized", {})
        clients.append(client)
    await asyncio.sleep(4)
    assert [client.process.returncode for client in clients] == [None] * len(clients)


async def test_an_invoked_request_in_an_excluded_file_reports_the_reason_once(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    """The reason is told once for a file, and only to those who asked."""
    client = await start(url=backend.url, folder=tmp_path, environ=actions_at(backend.url))
    uri = (tmp_path / ".env").as_uri()
    did_open(client, "def add(a, b):\n    ", uri)
    assert await inline(client, 1, 4, uri) == []
    assert shown(client) == []
    for _ in range(3):
        assert await inline(client, 1, 4, uri, trigger=1) == []
    params = {"textDocument": {"uri": uri}, "range": WHERE, "context": {"diagnostics": [], "triggerKind": 1}}
    assert await client.request("textDocument/codeAction", params) == []
    (text,) = shown(client)
    assert ".env" in text
    assert "secrets" in text


async def test_client_with_a_status_line_gets_no_duplicate_message(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    client = await start(url=backend.url, folder=tmp_path, capabilities=FULL)
    uri = (tmp_path / ".env").as_uri()
    did_open(client, "def add(a, b):\n    ", uri)
    assert await inline(client, 1, 4, uri, trigger=1) == []
    status = await client.request("autothink/documentStatus", {"uri": uri})
    assert "secrets" in status["reason"]
    assert shown(client) == []
