"""A cancelled action changes nothing: its model stream is closed, no edit is sent, its progress ends, and its request
gets one reply.

A real server process and a model server that takes its time; each case is tried at many delays.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Start, actions_at, shown, until
from tests.support.action_client import BARE, FULL, ActionEditor, choose
from tests.support.fault_server import FaultServer, Mode
from tests.support.lsp_client import SILENCE, LspClient, ServerError

pytestmark = pytest.mark.usefixtures("without_checkers")

CANCELLED = -32800
WRONG = "def total(prices):\n    result = 0\n    for price in prices:\n        result += prices\n    return result\n"
RIGHT = WRONG.replace("+= prices", "+= price")
WHERE = {"start": {"line": 3, "character": 8}, "end": {"line": 3, "character": 24}}
PROBLEM = {"range": WHERE, "message": "Unsupported operand types for + (int and list)", "severity": 1}
GOOD = f"So.\n\nThe whole edited code:\n```python\n{RIGHT.rstrip()}\n```\n"
DOES_NOT_PARSE = GOOD.replace("+= price\n", "+= (price\n")
WITHOUT_RESOLVE = deepcopy(FULL)
del WITHOUT_RESOLVE["textDocument"]["codeAction"]["resolveSupport"]
DELAYS_MS = (0, 1, 2, 4, 7, 11, 16, 22, 30, 40, 55, 75, 100, 130, 170, 220, 280, 350, 450, 600, 800)


@asynccontextmanager
async def trickling(backend: FaultServer, answer: str) -> AsyncIterator[None]:
    """The model writes about 12 characters each 20 ms."""
    backend.mode = Mode.SLOW
    backend.chat_answers = [[answer[at : at + 12] for at in range(0, len(answer), 12)] for _ in range(2000)]

    async def drip() -> None:
        while True:
            await asyncio.sleep(0.02)
            if backend.running:
                backend.step()

    task = asyncio.create_task(drip())
    yield
    task.cancel()


class Documents:
    """One server, a fresh document for each try."""

    def __init__(self, client: LspClient, folder: Path) -> None:
        self.client = client
        self._folder = folder
        self._count = 0
        self.all: dict[str, ActionEditor] = {}

    def open(self, text: str = WRONG) -> ActionEditor:
        self._count += 1
        made = ActionEditor(self.client, (self._folder / f"a{self._count}.py").as_uri(), "python", text)
        made.open()
        self.all[made.uri] = made
        return made

    def apply(self, params: Any) -> Any:
        changes = params["edit"].get("changes") or {}
        uris = [*changes, *(one["textDocument"]["uri"] for one in params["edit"].get("documentChanges") or ())]
        return self.all[uris[0]].apply(params["edit"])

    async def command(self, one: ActionEditor) -> Any:
        action = choose(await one.offers(WHERE, [PROBLEM]), "Explain and fix")
        command = action if isinstance(action["command"], str) else action["command"]
        return {"command": command["command"], "arguments": command["arguments"]}


@pytest.fixture
async def begin(start: Start, backend: FaultServer, tmp_path: Path) -> Callable[..., Awaitable[Documents]]:
    async def made(capabilities: Any, **answers: Any) -> Documents:
        client = await start(
            url=backend.url,
            capabilities=capabilities,
            folder=tmp_path,
            answers=answers,
            environ=actions_at(backend.url, COMPLETION__ENABLED="false"),
        )
        documents = Documents(client, tmp_path)
        client._answers.setdefault("workspace/applyEdit", documents.apply)
        return documents

    return made


Begin = Callable[..., Awaitable[Documents]]


def ended_as_begun(client: LspClient) -> bool:
    """Whether each progress that began has ended."""
    kinds = [
        (params["token"], params["value"]["kind"]) for method, params in client.notifications if method == "$/progress"
    ]
    return {token for token, kind in kinds if kind == "begin"} == {token for token, kind in kinds if kind == "end"}


async def outcome(reply: asyncio.Future[Any]) -> int | str:
    """The error's code, or "done"."""
    try:
        await asyncio.wait_for(reply, 30)
    except ServerError as error:
        return error.code
    return "done"


HOW = {
    "command, literals": (WITHOUT_RESOLVE, "request"),
    "command, bare": (BARE, "request"),
    "command, twice": (WITHOUT_RESOLVE, "request twice"),
    "command, by its progress": (WITHOUT_RESOLVE, "progress"),
    "command, by autothink.cancel": (BARE, "command"),
    "command, by closing the document": (BARE, "close"),
    "resolve": (FULL, "request"),
    "resolve, by its progress": (FULL, "progress"),
}


@pytest.mark.parametrize("how", HOW)
async def test_cancellation_at_any_moment_gets_one_reply(begin: Begin, backend: FaultServer, how: str) -> None:
    capabilities, by = HOW[how]
    documents = await begin(capabilities)
    client = documents.client
    outcomes = []
    async with trickling(backend, GOOD):
        for delay_ms in DELAYS_MS:
            one = documents.open()
            if capabilities is FULL:
                action = choose(await one.offers(WHERE, [PROBLEM]), "Explain and fix")
                number, reply = client.send("codeAction/resolve", action)
            else:
                number, reply = client.send("workspace/executeCommand", await documents.command(one))
            await asyncio.sleep(delay_ms / 1000)
            if by.startswith("request"):
                client.cancel(number)
                if by == "request twice":
                    client.cancel(number)
            elif by == "progress":
                for token in [p["token"] for m, p in client.requests if m == "window/workDoneProgress/create"]:
                    client.notify("window/workDoneProgress/cancel", {"token": token})
            elif by == "command":
                await client.request("workspace/executeCommand", {"command": "autothink.cancel"})
            else:
                client.notify("textDocument/didClose", {"textDocument": {"uri": one.uri}})
            if by == "progress" and delay_ms < 100:  # the progress may not have been there yet
                await client.request("workspace/executeCommand", {"command": "autothink.cancel"})
            outcomes.append((delay_ms, await outcome(reply), one))
        await asyncio.sleep(0.5)
        await client.request("workspace/executeCommand", {"command": "autothink.cancel"})  # all before was handled
        for delay_ms, ended, one in outcomes:
            assert ended in (CANCELLED, "done"), (delay_ms, ended)
            if ended == CANCELLED:
                assert (one.text, one.applied) == (WRONG, []), delay_ms
        assert sum(ended == CANCELLED for _, ended, _ in outcomes) >= 8
        await until(lambda: backend.running == 0)
    assert backend.aborted >= 3, "the model's stream was closed"
    assert ended_as_begun(client)
    assert (client.unanswered(), client.stray) == ([], [])


async def test_cancellation_before_the_handler_starts_ends_the_request_and_unknown_ids_are_ignored(
    begin: Begin, backend: FaultServer
) -> None:
    documents = await begin(BARE)
    client = documents.client
    one = documents.open()
    ask = await documents.command(one)
    bodies = len(backend.bodies)
    for odd in (4711, "4711", None, [], {"id": 1}, 1.5, True, -1):
        client.notify("$/cancelRequest", {"id": odd})
    client.notify("$/cancelRequest", None)
    number, reply = client.send("workspace/executeCommand", ask)
    client.cancel(number)
    assert await outcome(reply) == CANCELLED
    client.cancel(number)  # finished
    assert await outcome(client.send("workspace/executeCommand", {"command": "autothink.cancel"})[1]) == "done"
    assert (one.text, client.stray) == (WRONG, [])
    assert [body for body in backend.bodies[bodies:] if body.get("max_tokens", 0) > 1] == []


async def test_a_request_with_a_string_id_is_cancelled(begin: Begin, backend: FaultServer) -> None:
    documents = await begin(BARE)
    client = documents.client
    one = documents.open()
    ask = await documents.command(one)
    async with trickling(backend, GOOD):
        client._write({"jsonrpc": "2.0", "id": "seven", "method": "workspace/executeCommand", "params": ask})
        await until(lambda: backend.running)
        client.notify("$/cancelRequest", {"id": "seven"})
        await until(lambda: client.stray)
        await until(lambda: backend.running == 0)
    (reply,) = client.stray
    assert (reply["id"], reply["error"]["code"], one.text) == ("seven", CANCELLED, WRONG)


@pytest.mark.parametrize("by", ["request", "command", "close"])
async def test_cancellation_during_a_question_withdraws_it(begin: Begin, backend: FaultServer, by: str) -> None:
    """The question is withdrawn, and an answer to it that comes late applies nothing."""
    documents = await begin(BARE, **{"window/showMessageRequest": SILENCE})
    client = documents.client
    backend.chat_answers = [DOES_NOT_PARSE] * 12
    one = documents.open()
    number, reply = client.send("workspace/executeCommand", await documents.command(one))
    asked = []
    take = client._take

    def remember(message: Any) -> None:
        if message.get("method") == "window/showMessageRequest":
            asked.append(message["id"])
        take(message)

    client._take = remember
    await until(lambda: asked)
    if by == "request":
        client.cancel(number)
    elif by == "command":
        assert await client.request("workspace/executeCommand", {"command": "autothink.cancel"}) is True
    else:
        client.notify("textDocument/didClose", {"textDocument": {"uri": one.uri}})
    assert await outcome(reply) == CANCELLED
    client._write({"jsonrpc": "2.0", "id": asked[0], "result": {"title": "Apply"}})
    await client.request("workspace/executeCommand", {"command": "autothink.cancel"})
    assert (one.text, one.applied) == (WRONG, [])
    assert ("$/cancelRequest", {"id": asked[0]}) in client.notifications


ANSWERS = {
    "applied": ({"applied": True}, "done", "was applied"),
    "rejected": ({"applied": False}, CANCELLED, ""),
    "null": (None, "done", "was applied"),
    "never": (SILENCE, "done", "may have been applied"),
}


@pytest.mark.parametrize("answer", ANSWERS)
async def test_cancellation_during_apply_edit_tells_whether_it_was_applied(
    begin: Begin, backend: FaultServer, answer: str
) -> None:
    """It cannot be taken back: the reply is "cancelled" only where the client did not apply it."""
    given, ended, shown_text = ANSWERS[answer]
    documents = await begin(BARE, **{"workspace/applyEdit": SILENCE})
    client = documents.client
    backend.chat_answers = [GOOD] * 12
    one = documents.open()
    sent = []
    take = client._take

    def remember(message: Any) -> None:
        if message.get("method") == "workspace/applyEdit":
            sent.append(message["id"])
        take(message)

    client._take = remember
    number, reply = client.send("workspace/executeCommand", await documents.command(one))
    await until(lambda: sent)
    client.cancel(number)
    client.cancel(number)
    if given is not SILENCE:
        client._write({"jsonrpc": "2.0", "id": sent[0], "result": given})
    assert await outcome(reply) == ended
    assert [text for text in shown(client) if shown_text and shown_text in text] or not shown_text
    assert client.stray == []


async def test_shutdown_cancels_a_running_action(begin: Begin, backend: FaultServer) -> None:
    documents = await begin(BARE)
    client = documents.client
    one = documents.open()
    async with trickling(backend, GOOD):
        _, reply = client.send("workspace/executeCommand", await documents.command(one))
        await until(lambda: backend.running)
        await client.request("shutdown")
        assert await outcome(reply) == CANCELLED
        await until(lambda: backend.running == 0)
        client.notify("exit", None)
        assert await asyncio.wait_for(client.process.wait(), 20) == 0
    assert (one.text, one.applied) == (WRONG, [])


async def test_a_disconnect_ends_a_running_action_without_an_edit(begin: Begin, backend: FaultServer) -> None:
    documents = await begin(BARE)
    client = documents.client
    one = documents.open()
    async with trickling(backend, GOOD):
        client.send("workspace/executeCommand", await documents.command(one))
        await until(lambda: backend.running)
        assert client.process.stdin is not None
        client.process.stdin.close()
        await asyncio.wait_for(client.process.wait(), 20)
        await until(lambda: backend.running == 0)
    assert one.applied == []
