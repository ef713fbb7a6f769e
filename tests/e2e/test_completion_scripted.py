"""Ghost text and menu entries over standard input and output, against a server that speaks both protocols."""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.conftest import URI, Start, ask_params, did_change, did_open, handled, inline
from tests.support.fault_server import FaultServer, Mode

ADD = "def add(a, b):\n    "
PATIENT = {"AUTOTHINK_COMPLETION__DEADLINE_MS": "5000"}  # what has arrived by then is shown, on a busy machine, too
INLINE = {"textDocument": {"inlineCompletion": {}}}


async def test_a_suggestion_is_one_item_on_the_cursor_s_line(start: Start, backend: FaultServer, kind: str) -> None:
    client = await start(backend=kind, url=backend.url)
    did_open(client, ADD)
    (item,) = await inline(client, 1, 4)
    assert item["insertText"].endswith("return a + b")
    assert item["range"]["start"]["line"] == item["range"]["end"]["line"] == 1
    assert item["command"]["command"] == "autothink.accepted"


async def test_accepted_suggestion_is_counted(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    did_open(client, ADD)
    (item,) = await inline(client, 1, 4)
    command = {name: item["command"][name] for name in ("command", "arguments")}
    assert await client.request("workspace/executeCommand", command) is None


async def test_the_announced_capabilities_fit_the_client(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url, initialize=False)
    result = await client.initialize({**INLINE, "notebookDocument": {"synchronization": {}}})
    capabilities = result["capabilities"]
    assert capabilities["inlineCompletionProvider"] == {} or capabilities["inlineCompletionProvider"] is True
    assert capabilities["textDocumentSync"]["change"] == 2
    assert "completionProvider" not in capabilities
    assert capabilities["positionEncoding"] == "utf-16"
    assert capabilities["notebookDocumentSync"]
    assert "autothink.accepted" in capabilities["executeCommandProvider"]["commands"]


async def test_typing_along_sends_no_request(start: Start, backend: FaultServer, kind: str) -> None:
    client = await start(backend=kind, url=backend.url)
    did_open(client, ADD)
    await inline(client, 1, 4)
    for number, key in enumerate("return a + ", start=2):  # up to its last character
        did_change(client, number, 1, 2 + number, 2 + number, key)
        (item,) = await inline(client, 1, 3 + number)
        assert ("return a + "[: number - 1] + item["insertText"]) == "return a + b"
    assert backend.started == 1


async def test_typing_something_else_asks_again(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    did_open(client, ADD)
    await inline(client, 1, 4)
    backend.pieces = ["yield a"]  # the word being typed is left to the model to say
    did_change(client, 2, 1, 4, 4, "y")
    (item,) = await inline(client, 1, 5)
    assert item["insertText"] == "ield a"
    assert backend.started == 2


async def test_typing_along_a_stream_keeps_it(start: Start, backend: FaultServer, kind: str) -> None:
    """The second request arrives while the first is computed and agrees with it: no second request to the model."""
    client = await start(backend=kind, url=backend.url, environ=PATIENT)
    did_open(client, ADD)
    backend.mode = Mode.SLOW
    _, first = client.send("textDocument/inlineCompletion", ask_params(1, 4))
    await backend.until(lambda: backend.started == 1)
    backend.step()
    did_change(client, 2, 1, 4, 4, "r")
    _, second = client.send("textDocument/inlineCompletion", ask_params(1, 5))
    await handled(client)
    backend.step(10)
    assert (await second)["items"][0]["insertText"].endswith("eturn a + b")
    assert (await first)["items"] == []
    assert (backend.started, backend.aborted) == (1, 0)


async def test_a_key_that_types_along_keeps_the_stream_although_it_cancels(
    start: Start, backend: FaultServer, kind: str
) -> None:
    """VS Code cancels the old request with every key, before it tells which key that is. How long the stream is kept
    is tested on a virtual clock (tests/scenarios/keystrokes): here the messages come without a pause."""
    client = await start(backend=kind, url=backend.url, environ=PATIENT)
    did_open(client, ADD)
    backend.mode = Mode.SLOW
    number, first = client.send("textDocument/inlineCompletion", ask_params(1, 4))
    await backend.until(lambda: backend.started == 1)
    backend.step()
    with client.at_once():
        client.cancel(number)
        did_change(client, 2, 1, 4, 4, "r")
        _, second = client.send("textDocument/inlineCompletion", ask_params(1, 5))
    await asyncio.wait([first])
    await handled(client)
    backend.step(10)
    assert (await second)["items"][0]["insertText"].endswith("eturn a + b")
    assert (backend.started, backend.aborted) == (1, 0)


async def test_cancel_reaches_the_backend(start: Start, backend: FaultServer, kind: str) -> None:
    client = await start(backend=kind, url=backend.url)
    did_open(client, ADD)
    backend.mode = Mode.HANG_MID_STREAM
    number, future = client.send("textDocument/inlineCompletion", ask_params(1, 4))
    await backend.until(lambda: backend.started == 1)
    client.cancel(number)
    await asyncio.wait([future])
    assert getattr(future.exception(), "code", None) == -32800
    await backend.until(lambda: backend.aborted == 1)


async def test_contradicting_edit_closes_the_stream(start: Start, backend: FaultServer, kind: str) -> None:
    client = await start(backend=kind, url=backend.url, environ=PATIENT)
    did_open(client, ADD)
    backend.mode = Mode.HANG_MID_STREAM
    _, future = client.send("textDocument/inlineCompletion", ask_params(1, 4))
    await backend.until(lambda: backend.started == 1)
    await backend.until(lambda: backend.hanging == 1)
    await handled(client)  # the first pieces have arrived: they say "return a"
    did_change(client, 2, 1, 4, 4, "x")
    await backend.until(lambda: backend.aborted == 1)
    assert (await future)["items"] == []


async def test_a_cancelled_answer_is_continued(start: Start, backend: FaultServer) -> None:
    """What had arrived is the beginning of the next request's answer."""
    client = await start(url=backend.url, environ=PATIENT)
    did_open(client, ADD)
    backend.mode = Mode.HANG_MID_STREAM
    number, future = client.send("textDocument/inlineCompletion", ask_params(1, 4))
    await backend.until(lambda: backend.hanging == 1)
    await handled(client)
    client.cancel(number)
    await asyncio.wait([future])
    await backend.until(lambda: backend.aborted == 1)
    backend.mode = Mode.OK
    backend.pieces = [" + b"]
    did_change(client, 2, 1, 4, 4, "r")
    (item,) = await inline(client, 1, 5)
    assert item["insertText"].endswith("eturn a + b")
    assert backend.bodies[-1]["prompt"].endswith("eturn a")


async def test_burst_of_keys_leaves_no_open_request(start: Start, backend: FaultServer, kind: str) -> None:
    client = await start(backend=kind, url=backend.url)
    did_open(client, ADD)
    backend.mode = Mode.HANG_MID_STREAM
    futures = []
    for index in range(20):
        did_change(client, 2 + index, 1, 4 + index, 4 + index, "x")
        number, future = client.send("textDocument/inlineCompletion", ask_params(1, 5 + index))
        futures.append(future)
        await asyncio.sleep(0.01)
        client.cancel(number)
    await asyncio.wait(futures, timeout=20)
    assert all(future.done() for future in futures)
    await backend.until(lambda: backend.running == 0)
    assert backend.finished == 0


async def test_without_cancel_older_requests_are_answered(start: Start, backend: FaultServer) -> None:
    """Neovim 0.12 does not cancel while typing: the server itself lets go of what is superseded."""
    client = await start(url=backend.url)
    did_open(client, ADD)
    backend.mode = Mode.HANG_MID_STREAM
    futures = []
    for index in range(9):
        did_change(client, 2 + index, 1, 4 + index, 4 + index, "x")
        futures.append(client.send("textDocument/inlineCompletion", ask_params(1, 5 + index))[1])
        await asyncio.sleep(0.02)
    await asyncio.wait(futures[:-1], timeout=20)
    assert [future.result()["items"] for future in futures[:-1]] == [[]] * 8
    await backend.until(lambda: backend.running == 1)
    did_change(client, 20, 1, 4, 4, "y")
    assert (await asyncio.wait_for(futures[-1], 20))["items"] == []


async def test_request_at_another_place_replaces_the_stream_in_flight(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    did_open(client, ADD)
    did_open(client, ADD, "file:///project/b.py")
    backend.mode = Mode.HANG_MID_STREAM
    _, first = client.send("textDocument/inlineCompletion", ask_params(1, 4))
    await backend.until(lambda: backend.started == 1)
    backend.mode = Mode.OK
    assert await inline(client, 1, 4, "file:///project/b.py")
    assert (await first)["items"] == []
    await backend.until(lambda: backend.aborted == 1)


async def test_deadline_is_kept_and_the_late_answer_is_stored(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url, environ={"AUTOTHINK_COMPLETION__DEADLINE_MS": "300"})
    did_open(client, "x = \n" + ADD)
    while not await inline(client, 0, 4):  # until connected
        pass
    did_change(client, 2, 0, 0, 4, "# adds")
    backend.mode = Mode.SLOW
    started = backend.started
    assert await inline(client, 2, 4) == []
    assert backend.started == started + 1
    backend.step(10)
    await backend.until(lambda: backend.running == 0)
    (item,) = await inline(client, 2, 4)
    assert item["insertText"].endswith("return a + b")
    assert backend.started == started + 1


async def test_at_the_deadline_the_beginning_of_a_line_is_shown(start: Start, backend: FaultServer) -> None:
    """A slow machine has half a line by then. The rest comes up without a request when the half is accepted."""
    client = await start(url=backend.url, environ={"AUTOTHINK_COMPLETION__DEADLINE_MS": "4000"})
    did_open(client, ADD)
    backend.pieces = ["return", " a", " +", " b", "\n"]
    backend.mode = Mode.SLOW
    _, first = client.send("textDocument/inlineCompletion", ask_params(1, 4))
    await backend.until(lambda: backend.started == 1)
    backend.step(3)
    ((item,),) = [(await first)["items"]]
    assert item["insertText"] == "return a"
    backend.step(10)
    await backend.until(lambda: backend.running == 0)
    did_change(client, 2, 1, 4, 4, "return a")
    (item,) = await inline(client, 1, 12)
    assert item["insertText"] == " + b"
    assert backend.started == 1


async def test_an_invoked_request_waits_longer_than_the_deadline(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url, environ={"AUTOTHINK_COMPLETION__DEADLINE_MS": "50"})
    did_open(client, ADD)
    backend.mode = Mode.SLOW
    future = client.send("textDocument/inlineCompletion", ask_params(1, 4, trigger=1))[1]
    await backend.until(lambda: backend.started == 1)
    await asyncio.sleep(0.3)
    backend.step(10)
    assert (await future)["items"]


async def test_a_closed_document_is_answered_and_dropped(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    did_open(client, ADD)
    backend.mode = Mode.HANG_MID_STREAM
    _, future = client.send("textDocument/inlineCompletion", ask_params(1, 4))
    await backend.until(lambda: backend.started == 1)
    client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    assert (await asyncio.wait_for(future, 20))["items"] == []
    await backend.until(lambda: backend.aborted == 1)
    assert await inline(client, 1, 4) == []


@pytest.mark.parametrize(
    ("uri", "language", "text", "position"),
    [
        ("file:///project/.env", "dotenv", "KEY=", (0, 4)),
        ("file:///project/deploy/id_rsa", "plaintext", "x", (0, 1)),
        ("file:///project/a.bin", "plaintext", "\0\0\0x", (0, 4)),
        ("file:///project/a.js", "javascript", "x" * 5_000, (0, 10)),
        ("file:///project/a.py", "python", "counter", (0, 3)),  # inside a word
    ],
)
async def test_excluded_places_send_no_request(
    start: Start, backend: FaultServer, uri: str, language: str, text: str, position: tuple[int, int]
) -> None:
    client = await start(url=backend.url)
    did_open(client, text, uri, language)
    assert await inline(client, *position, uri) == []
    assert backend.started == 0


async def test_documents_of_any_scheme_and_without_a_grammar_are_completed(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    for uri, language in (("untitled:Untitled-1", "python"), ("vscode-vfs://x/a.foo", "no-such-language")):
        did_open(client, ADD, uri, language)
        assert (await inline(client, 1, 4, uri))[0]["insertText"].endswith("return a + b")


async def test_notebook_cells_are_documents(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    cell = "vscode-notebook-cell:/n.ipynb#W0"
    client.notify(
        "notebookDocument/didOpen",
        {
            "notebookDocument": {
                "uri": "file:///n.ipynb", "notebookType": "jupyter-notebook", "version": 1,
                "cells": [{"kind": 2, "document": cell}],
            },
            "cellTextDocuments": [{"uri": cell, "languageId": "python", "version": 1, "text": "def add(a, b):\n"}],
        },
    )  # fmt: skip
    where = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 0}}
    client.notify(
        "notebookDocument/didChange",
        {
            "notebookDocument": {"uri": "file:///n.ipynb", "version": 2},
            "change": {
                "cells": {
                    "textContent": [
                        {"document": {"uri": cell, "version": 2}, "changes": [{"range": where, "text": "    "}]}
                    ]
                }
            },
        },
    )
    (item,) = await inline(client, 1, 4, cell)
    assert item["insertText"].endswith("return a + b")
    client.notify(
        "notebookDocument/didClose",
        {"notebookDocument": {"uri": "file:///n.ipynb"}, "cellTextDocuments": [{"uri": cell}]},
    )
    assert await inline(client, 1, 4, cell) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_positions_are_in_the_negotiated_encoding(start: Start, backend: FaultServer, encoding: str) -> None:
    client = await start(url=backend.url, initialize=False)
    result = await client.initialize({**INLINE, "general": {"positionEncodings": [encoding]}})
    assert result["capabilities"]["positionEncoding"] == encoding
    line = "é𝕏 = add("
    did_open(client, line)
    units = {"utf-8": len(line.encode()), "utf-16": len(line.encode("utf-16-le")) // 2, "utf-32": len(line)}[encoding]
    backend.pieces = ["1, 2)"]
    (item,) = await inline(client, 0, units)
    assert item["range"]["end"]["character"] == units
    assert item["insertText"].endswith("1, 2)")


async def test_suggestions_in_crlf_documents_have_crlf(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    did_open(client, "def add(a, b):\r\n")
    backend.pieces = ["    c = a + b\n", "    return c\n"]
    (item,) = await inline(client, 1, 0)
    assert item["insertText"].endswith("c = a + b\r\n    return c")


async def test_menu_entry_for_editors_without_ghost_text(start: Start, backend: FaultServer, kind: str) -> None:
    client = await start(backend=kind, url=backend.url, initialize=False)
    result = await client.initialize({"textDocument": {"completion": {}}})
    assert result["capabilities"]["completionProvider"]["triggerCharacters"]
    did_open(client, ADD + "re")
    backend.pieces = ["turn a + b"]
    answer = await client.request(
        "textDocument/completion",
        {"textDocument": {"uri": URI}, "position": {"line": 1, "character": 6}, "context": {"triggerKind": 1}},
    )
    (item,) = answer["items"]
    assert answer["isIncomplete"] is True
    assert item["textEdit"]["newText"].endswith("turn a + b")
    assert item["textEdit"]["range"]["start"]["line"] == item["textEdit"]["range"]["end"]["line"] == 1
    assert "AutoThink" in item["detail"]
    assert item["filterText"].startswith("re")


async def test_selected_menu_entry_is_extended(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    did_open(client, "items.ap")
    backend.pieces = ["pend(1)"]
    params = ask_params(0, 8)
    params["context"]["selectedCompletionInfo"] = {
        "range": {"start": {"line": 0, "character": 6}, "end": {"line": 0, "character": 8}},
        "text": "append",
    }
    (item,) = (await client.request("textDocument/inlineCompletion", params))["items"]
    assert item["insertText"] == "append(1)"
    assert item["range"] == {"start": {"line": 0, "character": 6}, "end": {"line": 0, "character": 8}}
    params["context"]["selectedCompletionInfo"]["text"] = "apply"
    assert (await client.request("textDocument/inlineCompletion", params))["items"] == []
