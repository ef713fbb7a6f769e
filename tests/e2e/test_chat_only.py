"""A server without ``/v1/completions`` completes through its chat, over real sockets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import Start, did_change, did_open, inline, shown
from tests.support.fault_server import FaultServer, Mode

ADD = "def add(a, b):\n    "


@pytest.fixture
def chat_only(backend: FaultServer) -> FaultServer:
    backend.has_completions = False
    return backend


def sent(backend: FaultServer) -> str:
    """The code that the latest chat showed."""
    return backend.bodies[-1]["messages"][-1]["content"]


ANSWERS: list[tuple[str, Any, str]] = [
    ("only the code", "return a + b", "return a + b"),
    ("the line again", "    return a + b", "return a + b"),
    ("in a fence", "Here is it:\n```python\n    return a + b\n```\nIt adds.", "return a + b"),
    ("behind thinking", "<think>\nadd them\n</think>\n\nreturn a + b", "return a + b"),
    ("thinking in a field", [{"reasoning_content": "add"}, {"content": "return a + b"}], "return a + b"),
]


@pytest.mark.parametrize(("answer", "expected"), [case[1:] for case in ANSWERS], ids=[case[0] for case in ANSWERS])
async def test_chat_server_completes(start: Start, chat_only: FaultServer, answer: Any, expected: str) -> None:
    chat_only.chat_answers = [answer]
    client = await start(url=chat_only.url)
    did_open(client, ADD)
    (item,) = await inline(client, 1, 4)
    assert item["insertText"] == expected
    assert "def add(a, b):" in sent(chat_only)
    assert shown(client) == []


async def test_missing_completions_route_is_tried_once_and_thinking_is_disabled(
    start: Start, chat_only: FaultServer
) -> None:
    chat_only.models = ["Qwen/Qwen3-8B"]
    chat_only.chat_answers = ["return a + b", "yield a"]
    client = await start(url=chat_only.url)
    did_open(client, ADD)
    assert await inline(client, 1, 4)
    did_change(client, 2, 1, 4, 4, "y")
    (item,) = await inline(client, 1, 5)
    assert item["insertText"] == "ield a"
    assert chat_only.requests["/v1/completions"] == 1
    assert chat_only.bodies[-1]["chat_template_kwargs"]["enable_thinking"] is False


async def test_chat_error_is_reported_with_its_own_message(start: Start, chat_only: FaultServer) -> None:
    chat_only.mode = Mode.UNAUTHORIZED
    client = await start(url=chat_only.url)
    did_open(client, ADD)
    assert await inline(client, 1, 4) == []
    (problem,) = shown(client, 1)
    assert "key" in problem
    assert "/v1" not in problem


async def test_server_without_both_routes_is_reported_as_a_wrong_url(start: Start, chat_only: FaultServer) -> None:
    chat_only.mode = Mode.NOT_FOUND
    client = await start(url=chat_only.url)
    did_open(client, ADD)
    assert await inline(client, 1, 4) == []
    (problem,) = shown(client, 1)
    assert "without /v1" in problem


async def test_a_secret_does_not_leave_and_is_restored(start: Start, chat_only: FaultServer) -> None:
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"

    def answer() -> str:
        code = sent(chat_only)
        assert secret not in code
        return code.split('TOKEN = "')[1].split('"')[0] + '")'

    chat_only.chat_answers = [answer]
    client = await start(url=chat_only.url)
    text = f'TOKEN = "{secret}"\n\nlogin("'
    did_open(client, text)
    items = await inline(client, 2, 7)
    assert all(secret in item["insertText"] for item in items)
    assert all("AUTOTHINK" not in item["insertText"].upper() for item in items)
