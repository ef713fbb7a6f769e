"""A request whose handler cannot even begin gets its one reply, in the short way and in the long one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autothink_lsp.lsp.protocol import INTERNAL_ERROR
from autothink_lsp.lsp.register import register_handlers
from autothink_lsp.lsp.server import AutothinkServer

PLACE = {
    "textDocument": {"uri": "file:///a.py"},
    "position": {"line": 0, "character": 0},
    "context": {"triggerKind": 1},
}


class Output:
    def __init__(self) -> None:
        self.messages: list[Any] = []

    def write(self, data: bytes) -> None:
        self.messages.append(json.loads(data.partition(b"\r\n\r\n")[2]))


@pytest.mark.parametrize("more", [{}, {"workDoneToken": "a"}, {"partialResultToken": 3}])
async def test_a_session_that_cannot_be_built(more: dict[str, Any]) -> None:
    def fail(*_args: object) -> Any:
        raise OSError("private")

    server, output = AutothinkServer(fail), Output()
    register_handlers(server)
    server.protocol.set_writer(output)  # pyright: ignore[reportArgumentType]
    start = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"capabilities": {}}}
    server.protocol.receive(json.dumps(start).encode())
    request = {"jsonrpc": "2.0", "id": 1, "method": "textDocument/inlineCompletion", "params": {**PLACE, **more}}
    server.protocol.receive(json.dumps(request).encode())
    replies = [message for message in output.messages if message.get("id") == 1]
    assert [reply["error"]["code"] for reply in replies] == [INTERNAL_ERROR]
    assert "private" not in json.dumps(replies)
