"""Chats over real HTTP: what is sent, what is read, and what a server that refuses or fails makes of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest

from autothink_lsp.backends.base import Backend, ChatRequest, Finished, ReasoningDelta, TextDelta
from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.http_errors import ErrorTranslator
from autothink_lsp.backends.llama_server import LlamaServerBackend
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.backends.openai_stream import OpenAIStreamReader
from autothink_lsp.backends.sse import SseEvent
from autothink_lsp.errors import BackendError, BadResponse
from autothink_lsp.values import ChatMessage
from tests.support.fault_server import FaultServer, Mode
from tests.support.wire_format import closing_reply

pytestmark = pytest.mark.process

Make = Callable[[FaultServer], Backend]
MESSAGES = (ChatMessage("system", "s"), ChatMessage("user", "u"))


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as running:
        yield running


@pytest.fixture(params=[OpenAIBackend, LlamaServerBackend], ids=["openai", "llama-server"])
async def backend(request: pytest.FixtureRequest, server: FaultServer) -> AsyncIterator[Backend]:
    made = request.param(Endpoint(server.url, model="m"))
    yield made
    await made.aclose()


async def read(backend: Backend, **fields: object) -> list[object]:
    request = ChatRequest(messages=MESSAGES, **{"max_tokens": 50, **fields})  # pyright: ignore[reportArgumentType]
    async with aclosing(backend.chat(request)) as stream:
        return [event async for event in stream]


def texts(events: list[object]) -> tuple[str, str]:
    reasoning = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    return reasoning, "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_text_usage_and_end(server: FaultServer, backend: Backend) -> None:
    server.chat_answers = [["a", "b"]]
    events = await read(backend, stop=("</answer>",), fields={"skip_special_tokens": False})
    assert texts(events) == ("", "ab")
    end = events[-1]
    assert isinstance(end, Finished)
    assert (end.reason, end.usage.completion_tokens) == ("stop", 2)
    body = server.bodies[0]
    assert body["messages"] == [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    assert (body["max_tokens"], body["stop"], body["skip_special_tokens"]) == (50, ["</answer>"], False)


async def test_reasoning_under_every_name_once(server: FaultServer, backend: Backend) -> None:
    server.chat_answers = [
        [
            {"role": "assistant", "content": None},
            {"reasoning": "a", "reasoning_content": "a"},
            {"reasoning_content": "b", "unknown": {"x": 1}},
            {"thinking": "c"},
            {"content": "d"},
        ]
    ]
    assert texts(await read(backend)) == ("abc", "d")


async def test_a_length_is_reported(server: FaultServer, backend: Backend) -> None:
    server.chat_answers = [["a", {"finish_reason": "length"}]]
    end = (await read(backend))[-1]
    assert isinstance(end, Finished)
    assert end.reason == "length"


async def test_a_prefill_is_the_last_message(server: FaultServer, backend: Backend) -> None:
    await read(backend, prefill="<judge>")
    body = server.bodies[0]
    assert body["messages"][-1] == {"role": "assistant", "content": "<judge>"}
    assert ("continue_final_message" in body) == (backend.name == "openai")


async def test_warming_says_nothing(server: FaultServer, backend: Backend) -> None:
    events = await read(backend, max_tokens=0)
    assert texts(events) == ("", "")
    assert server.bodies[0]["max_tokens"] == 1


async def test_what_a_server_refuses_is_left_out_and_remembered(server: FaultServer, backend: Backend) -> None:
    server.refused_fields = frozenset({"skip_special_tokens", "temperature"})
    for _ in range(2):
        await read(backend, fields={"skip_special_tokens": False})
    assert len(server.bodies) == 4, "twice refused, then never sent again"
    assert not server.refused_fields & set(server.bodies[-1])


async def test_a_server_that_refuses_everything_is_left_alone(server: FaultServer, backend: Backend) -> None:
    fields = {f"field_{letter}": 1 for letter in "abcdefgh"}
    server.refused_fields = frozenset(fields)
    with pytest.raises(BadResponse):
        await read(backend, fields=fields)
    assert len(server.bodies) <= 5


async def test_a_prefill_that_would_be_lost_is_an_error(server: FaultServer) -> None:
    server.refused_fields = frozenset({"continue_final_message"})
    backend = OpenAIBackend(Endpoint(server.url, model="m"))
    with pytest.raises(BadResponse, match="does not continue"):
        await read(backend, prefill="<judge>")
    await backend.aclose()


async def test_a_server_that_only_says_bad_request(server: FaultServer) -> None:
    server.refuses_stream_options = server.vague_refusals = True
    backend = OpenAIBackend(Endpoint(server.url, model="m"))
    server.chat_answers = [["a"]]
    assert texts(await read(backend)) == ("", "a")
    await backend.aclose()


async def test_reasoning_tokens_are_counted_where_they_are_reported() -> None:
    body = {"usage": {"prompt_tokens": 1, "completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 7}}}
    endpoint = Endpoint("http://127.0.0.1:1")
    answer = OpenAIStreamReader(ErrorTranslator(endpoint, Credentials(endpoint)))
    answer.deltas(SseEvent(json.dumps({**body, "choices": []})))
    assert answer.usage.reasoning_tokens == 7


FAULTS = [
    Mode.CLOSE_BEFORE_HEADERS,
    Mode.CLOSE_MID_STREAM,
    Mode.END_WITHOUT_FINAL,
    Mode.RUBBISH_JSON,
    Mode.WRONG_SHAPE,
    Mode.ERROR_MID_STREAM,
    Mode.NOT_HTTP,
    Mode.HTML,
    Mode.UNAUTHORIZED,
    Mode.RATE_LIMITED,
    Mode.FAILED,
    Mode.LOADING,
    Mode.HUGE_LINE,
]


@pytest.mark.parametrize("mode", FAULTS)
async def test_every_fault_is_an_error_of_ours(server: FaultServer, backend: Backend, mode: Mode) -> None:
    server.mode = mode
    with pytest.raises(BackendError) as caught:
        await read(backend)
    assert caught.value.for_user()


async def test_characters_cut_anywhere(server: FaultServer, backend: Backend) -> None:
    server.mode = Mode.BYTE_BY_BYTE
    server.chat_answers = [["é", "𝕏", "\r\n"]]
    assert texts(await read(backend)) == ("", "é𝕏\r\n")


async def test_leaving_the_stream_closes_the_connection(server: FaultServer, backend: Backend) -> None:
    server.mode = Mode.HANG_MID_STREAM
    task = asyncio.ensure_future(read(backend))
    await server.until(lambda: server.started == 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await server.until(lambda: server.aborted == 1)


@pytest.mark.parametrize(
    ("reason", "tokens", "ours"),
    [
        ("stop", 50, "length"),
        ("stop", 51, "length"),
        ("stop", 49, "stop"),
        ("stop", 900, "stop"),
        ("content_filter", 50, "content_filter"),
    ],
)
async def test_a_server_that_reports_a_good_end_at_the_limit(reason: str, tokens: int, ours: str) -> None:
    events = [
        {"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": reason}]},
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": tokens}},
    ]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    async with FaultServer(respond=lambda _: closing_reply(body.encode())) as server:
        backend = OpenAIBackend(Endpoint(server.url, model="m"))
        end = (await read(backend))[-1]
        await backend.aclose()
    assert isinstance(end, Finished)
    assert end.reason == ours
