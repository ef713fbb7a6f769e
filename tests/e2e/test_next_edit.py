"""Next edits over the wire, as sidekick.nvim and copilot-lsp ask for them. One test serves a scripted model."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.e2e.conftest import URI, Start, did_change, did_close, did_open
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import LspClient, ServerError
from tests.support.wire_format import HttpReply, ReceivedRequest, http_message

REQUEST_CANCELLED = -32_800
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
    edit(client)
    return client


def edit(client: LspClient) -> None:
    """See ``edited``."""
    did_open(client, TEXT)
    did_change(client, 2, 0, 6, 11, "load")
    did_change(client, 3, 2, 6, 11, "load")


@pytest.mark.parametrize("context", [True, False], ids=["sidekick", "copilot-lsp"])
async def test_reply_is_one_edit_for_the_requested_version(start: Start, context: bool) -> None:
    client = await edited(start)
    answer = await ask(client, 3, context=context)
    (edit,) = answer["edits"]
    assert edit["text"] == "three = load(2)"
    assert edit["textDocument"] == {"uri": URI, "version": 3}
    assert edit["range"] == {"start": {"line": 4, "character": 0}, "end": {"line": 4, "character": 16}}
    assert edit["command"]["title"] == "Accept inline edit"
    assert edit["command"]["command"] == "autothink.didAcceptNextEdit"
    assert len(edit["command"]["arguments"]) == 1


async def test_accepting_with_or_without_the_command_continues_the_chain(start: Start) -> None:
    client = await edited(start)
    (first,) = (await ask(client, 3))["edits"]
    did_change(client, 4, 4, 0, 16, first["text"])  # copilot-lsp sends no command
    (second,) = (await ask(client, 4, line=4))["edits"]
    assert second["range"]["start"]["line"] == 6
    did_change(client, 5, 6, 0, 15, second["text"])
    assert await client.request("workspace/executeCommand", second["command"] | {"title": ""}) is None
    assert await ask(client, 5, line=6) == {"edits": []}


async def test_dismissed_edit_is_not_proposed_again(start: Start) -> None:
    client = await edited(start)
    (edit,) = (await ask(client, 3))["edits"]
    client.notify("textDocument/didShowInlineEdit", {"item": {"command": edit["command"]}})
    client.notify("autothink/didDismissNextEdit", {"id": edit["command"]["arguments"][0]})
    assert await ask(client, 3) == {"edits": []}


async def test_request_for_an_older_version_gets_no_edit(start: Start) -> None:
    client = await edited(start)
    assert await ask(client, 2) == {"edits": []}


async def test_newest_request_of_a_burst_is_answered(start: Start) -> None:
    client = await edited(start)
    answers = await asyncio.gather(*(ask(client, 3) for _ in range(5)))
    assert [len(answer["edits"]) for answer in answers] == [0, 0, 0, 0, 1]


async def test_a_key_during_the_request_makes_it_empty(start: Start) -> None:
    client = await edited(start)
    asked = asyncio.create_task(ask(client, 3))
    await asyncio.sleep(0)
    did_change(client, 4, 1, 0, 0, "x")
    assert await asked == {"edits": []}


async def test_a_cancelled_request_is_answered_at_once_and_the_next_one_too(start: Start) -> None:
    client = await edited(start)
    number, answer = client.send("textDocument/copilotInlineEdit", params(3))
    client.cancel(number)
    with pytest.raises(ServerError) as raised:
        await asyncio.wait_for(answer, 60)
    assert raised.value.code == REQUEST_CANCELLED
    assert len((await ask(client, 3))["edits"]) == 1
    assert client.unanswered() == []


@pytest.mark.parametrize(("encoding", "first"), [("utf-8", 8), ("utf-16", 6), ("utf-32", 5)])
async def test_positions_count_units_of_the_encoding(start: Start, encoding: str, first: int) -> None:
    """``first`` is the column behind the character of four, two or one units. Line ends are CRLF."""
    client = await start(capabilities={**INLINE, "general": {"positionEncodings": [encoding]}})
    did_open(client, "".join(f"'😀', fetch({n})\r\n\r\n" for n in range(4)))
    did_change(client, 2, 0, first, first + 5, "load")
    did_change(client, 3, 2, first, first + 5, "load")
    (edit,) = (await ask(client, 3))["edits"]
    assert edit["text"] == "'😀', load(2)"
    assert edit["range"] == {"start": {"line": 4, "character": 0}, "end": {"line": 4, "character": first + 8}}


async def test_no_edit_is_proposed_where_next_edits_are_off(start: Start) -> None:
    client = await edited(start, AUTOTHINK_NEXT_EDIT__ENABLED="false")
    assert await ask(client, 3) == {"edits": []}
    assert ("didChangeStatus", {"busy": False, "kind": "Inactive"}) in client.notifications


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "odd",
    [
        *(
            None,
            {},
            [],
            {"textDocument": 3},
            {"textDocument": {"uri": URI}, "position": {"line": -1, "character": "x"}},
        ),
        {"textDocument": {"uri": "file:///p/unknown.py", "version": 1}, "position": {"line": 0, "character": 0}},
        {"textDocument": {"uri": "untitled:", "version": None}, "position": {"line": 0, "character": 0}},
        {"textDocument": {"uri": URI, "version": 4}, "position": {"line": 0, "character": 0}},  # not sent yet
        {"textDocument": {"uri": URI, "version": 3}, "position": {"line": 2**31, "character": 0}},
        {"textDocument": {"uri": URI, "version": 3}, "position": {"line": 0.5, "character": True}},
    ],
)
async def test_odd_parameters_get_no_edit_and_no_error(shared_client: LspClient, odd: Any) -> None:
    edit(shared_client)
    assert await shared_client.request("textDocument/copilotInlineEdit", odd) == {"edits": []}
    did_close(shared_client)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("version", [3, None, "3"], ids=["exact", "null", "a string"])
@pytest.mark.parametrize("place", [(2, 0), (2, 9_999), (9_999, 0)], ids=["inside", "behind a line", "behind the end"])
async def test_parameters_that_may_be_inexact(
    shared_client: LspClient, version: object, place: tuple[int, int]
) -> None:
    edit(shared_client)
    given = {
        "textDocument": {"uri": URI, "version": version},
        "position": {"line": place[0], "character": place[1]},
        "context": None,
    }
    (found,) = (await shared_client.request("textDocument/copilotInlineEdit", given))["edits"]
    assert found["textDocument"] == {"uri": URI, "version": 3}
    did_close(shared_client)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("arguments", [None, [], [None], [[]], [{"id": "next-1"}], ["next-999"], ["next-1", 2]])
async def test_odd_arguments_of_the_command_change_nothing(shared_client: LspClient, arguments: object) -> None:
    given = {"command": "autothink.didAcceptNextEdit", "arguments": arguments}
    assert await shared_client.request("workspace/executeCommand", given) is None


async def test_the_command_is_announced(start: Start) -> None:
    client = await start(initialize=False)
    result = await client.initialize(INLINE)
    assert "autothink.didAcceptNextEdit" in result["capabilities"]["executeCommandProvider"]["commands"]


async def test_notifications_of_copilot_clients_are_accepted(start: Start) -> None:
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


TIMINGS = {"cache_n": 0, "prompt_n": 100, "prompt_ms": 10.0, "predicted_n": 40, "predicted_ms": 40.0}
PRICES = "def total(prices):\n    return sum(prices)\n\n\ndef show(prices):\n    print(total(prices))\n"


def sweep(request: ReceivedRequest) -> HttpReply | None:
    """A server whose model speaks the dialect ``sweep-v2``, as ``prompt/next_edit/dialects.py`` lays it out."""
    if not request.path.endswith("/completions"):
        return None
    prompt = request.body["prompt"]
    said = "What do you mean?"
    if "<|cursor|>" in prompt and "updated/" in prompt:
        current, updated = prompt.split("<|file_sep|>current/")[1].split("<|file_sep|>updated/")
        head = updated.count("\n") - 1  # lines that stand in the prompt already
        window = current.split("\n", 1)[1].replace("<|cursor|>", "")
        window = window.replace("get_user(store", "load_user(store").replace("= limit", "= check(limit)")
        said = "\n".join(window.replace("sum(prices)", "sum(prices, start=0)").split("\n")[head:])
    event = {"choices": [{"index": 0, "text": said, "finish_reason": "stop"}], "timings": TIMINGS}
    data = f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n"
    return HttpReply(http_message(data, content_type="text/event-stream"))


async def test_a_next_edit_model_is_asked_where_the_rules_find_nothing(start: Start) -> None:
    async with FaultServer(respond=sweep) as server:
        client = await start(environ={"AUTOTHINK_NEXT_EDIT__BACKEND": "openai", "AUTOTHINK_NEXT_EDIT__URL": server.url})
        did_open(client, PRICES)
        did_change(client, 2, 4, 4, 8, "show_total")
        assert await ask(client, 2, line=1) == {"edits": []}  # it is connected and probed meanwhile
        async with asyncio.timeout(30):
            while not (edits := (await ask(client, 2, line=1))["edits"]):
                await asyncio.sleep(0.1)
    assert edits[0]["text"] == "    return sum(prices, start=0)"
    assert edits[0]["range"]["start"] == {"line": 1, "character": 0}


async def test_a_request_by_hand_in_an_unchanged_document_goes_on_at_the_cursor(start: Start) -> None:
    cursor = {"line": 1, "character": len("    return sum(prices")}
    async with FaultServer(respond=sweep) as server:
        client = await start(environ={"AUTOTHINK_NEXT_EDIT__BACKEND": "openai", "AUTOTHINK_NEXT_EDIT__URL": server.url})
        did_open(client, PRICES)

        async def asked(kind: int) -> Any:
            given = {"textDocument": {"uri": URI, "version": 1}, "position": cursor, "context": {"triggerKind": kind}}
            return (await client.request("textDocument/copilotInlineEdit", given))["edits"]

        async with asyncio.timeout(30):
            while not (edits := await asked(1)):
                await asyncio.sleep(0.1)
        assert await asked(2) == []
    assert edits[0]["text"] == "    return sum(prices, start=0)"


INLINE = {"textDocument": {"inlineCompletion": {"dynamicRegistration": False}}}
CHECKED = "".join(f"self.{name} = {name}\n" for name in NAMES)


async def ghost(client: LspClient, line: int, character: int) -> Any:
    position = {"textDocument": {"uri": URI}, "position": {"line": line, "character": character}}
    return (await client.request("textDocument/inlineCompletion", {**position, "context": {"triggerKind": 2}}))["items"]


@pytest.mark.parametrize("is_own_plugin", [False, True], ids=["3.18 client", "our plugin"])
async def test_edit_on_the_cursor_line_is_returned_by_inline_completion(start: Start, is_own_plugin: bool) -> None:
    """Where no suggestion comes; not in our plugins, which draw next edits themselves."""
    own = {"experimental": {"autothinkStatus": True}} if is_own_plugin else {}
    client = await start(capabilities={**INLINE, **own})
    did_open(client, CHECKED)
    did_change(client, 2, 0, 11, 14, "check(one)")
    did_change(client, 3, 1, 11, 14, "check(two)")
    assert await ghost(client, 1, 0) == []  # from now on the rules search
    items: list[Any] = []
    for _ in range(3 if is_own_plugin else 100):
        await asyncio.sleep(0.1)
        if items := await ghost(client, 2, 13):
            break
    if is_own_plugin:
        assert items == []
        return
    (item,) = items
    assert item["insertText"] == "check(three)"
    assert item["range"] == {"start": {"line": 2, "character": 13}, "end": {"line": 2, "character": 18}}
    assert item["command"]["command"] == "autothink.didAcceptNextEdit"
    assert await ghost(client, 1, 0) == []  # another line
    did_change(client, 4, 2, 13, 18, item["insertText"])
    assert await client.request("workspace/executeCommand", item["command"] | {"title": ""}) is None
    (edit,) = (await ask(client, 4, line=2))["edits"]  # a client that asks for next edits draws them
    assert edit["range"]["start"]["line"] == 3
    assert await ghost(client, 3, 12) == []
