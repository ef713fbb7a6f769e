"""Next edits over the wire, as sidekick.nvim and copilot-lsp ask for them. No model is served."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.e2e.conftest import URI, Start, did_change, did_open
from tests.support.lsp_client import LspClient

NAMES = ("one", "two", "three", "four")
TEXT = "".join(f"{name} = fetch({number})\n\n" for number, name in enumerate(NAMES))


def params(version: int, line: int = 2, *, context: bool = True) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "textDocument": {"uri": URI, "version": version},
        "position": {"line": line, "character": 0},
    }
    return {**asked, "context": {"triggerKind": 2}} if context else asked


async def ask(client: LspClient, version: int, **more: Any) -> Any:
    return await client.request("textDocument/copilotInlineEdit", params(version, **more))


async def edited(start: Start, **environ: str) -> LspClient:
    """Two of the four calls are renamed; the document has version 3."""
    client = await start(environ=environ)
    did_open(client, TEXT)
    did_change(client, 2, 0, 6, 11, "load")
    did_change(client, 3, 2, 6, 11, "load")
    return client


@pytest.mark.parametrize("context", [True, False], ids=["sidekick", "copilot-lsp"])
async def test_one_edit_of_the_requested_version(start: Start, context: bool) -> None:
    client = await edited(start)
    answer = await ask(client, 3, context=context)
    (edit,) = answer["edits"]
    assert edit["text"] == "three = load(2)"
    assert edit["textDocument"] == {"uri": URI, "version": 3}
    assert edit["range"] == {"start": {"line": 4, "character": 0}, "end": {"line": 4, "character": 16}}
    assert edit["command"]["title"] == "Accept inline edit"
    assert edit["command"]["command"] == "autothink.didAcceptNextEdit"
    assert len(edit["command"]["arguments"]) == 1


async def test_a_chain_with_and_without_the_command(start: Start) -> None:
    client = await edited(start)
    (first,) = (await ask(client, 3))["edits"]
    did_change(client, 4, 4, 0, 16, first["text"])  # copilot-lsp sends no command
    (second,) = (await ask(client, 4, line=4))["edits"]
    assert second["range"]["start"]["line"] == 6
    did_change(client, 5, 6, 0, 15, second["text"])
    assert await client.request("workspace/executeCommand", second["command"] | {"title": ""}) is None
    assert await ask(client, 5, line=6) == {"edits": []}


async def test_what_was_dismissed_stays_away(start: Start) -> None:
    client = await edited(start)
    (edit,) = (await ask(client, 3))["edits"]
    client.notify("textDocument/didShowInlineEdit", {"item": {"command": edit["command"]}})
    client.notify("autothink/didDismissNextEdit", {"id": edit["command"]["arguments"][0]})
    assert await ask(client, 3) == {"edits": []}


async def test_an_older_version_gets_nothing(start: Start) -> None:
    client = await edited(start)
    assert await ask(client, 2) == {"edits": []}


async def test_of_a_burst_the_newest_is_answered(start: Start) -> None:
    client = await edited(start)
    answers = await asyncio.gather(*(ask(client, 3) for _ in range(5)))
    assert [len(answer["edits"]) for answer in answers] == [0, 0, 0, 0, 1]


async def test_a_key_during_the_request_makes_it_empty(start: Start) -> None:
    client = await edited(start)
    asked = asyncio.create_task(ask(client, 3))
    await asyncio.sleep(0)
    did_change(client, 4, 1, 0, 0, "x")
    assert await asked == {"edits": []}


async def test_switched_off(start: Start) -> None:
    client = await edited(start, AUTOTHINK_NEXT_EDIT__ENABLED="false")
    assert await ask(client, 3) == {"edits": []}
    assert ("didChangeStatus", {"busy": False, "kind": "Inactive"}) in client.notifications


@pytest.mark.parametrize(
    "odd",
    [None, {}, [], {"textDocument": 3}, {"textDocument": {"uri": URI}, "position": {"line": -1, "character": "x"}}],
)
async def test_odd_parameters_get_no_edit_and_no_error(start: Start, odd: Any) -> None:
    client = await edited(start)
    assert await client.request("textDocument/copilotInlineEdit", odd) == {"edits": []}


async def test_the_companions(start: Start) -> None:
    client = await edited(start)
    for odd in ({}, None, {"textDocument": {"uri": URI}}, {"textDocument": 1}):
        client.notify("textDocument/didFocus", odd)
    for odd in ({}, None, {"item": {"command": {"arguments": ["x"]}}}, {"item": []}):
        client.notify("textDocument/didShowCompletion", odd)
        client.notify("textDocument/didPartiallyAcceptCompletion", odd)
        client.notify("textDocument/didShowInlineEdit", odd)
        client.notify("autothink/didDismissNextEdit", odd)
    assert await client.request("checkStatus", {}) == {"status": "OK", "user": "local"}
    assert await client.request("signIn", {}) == {"status": "AlreadySignedIn", "user": "local"}
    assert await client.request("signOut", {}) == {"status": "NotSignedIn"}
    assert [method for method, _ in client.notifications if method == "didChangeStatus"] == ["didChangeStatus"]
    assert len((await ask(client, 3))["edits"]) == 1
