"""What is special about llama.cpp's server: its fields, its timings, its connection that does not stay."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from autothink_lsp.backends.base import FimRequest, Finished, TextDelta, Timings
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.llama_server import LlamaServerBackend, _finished
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.backends.registry import FACTORIES, make_backend
from autothink_lsp.backends.response_fields import parse_timings
from autothink_lsp.backends.stop_text import StopText
from autothink_lsp.errors import SettingsError
from tests.support.fault_server import FaultServer
from tests.support.wire_format import closing_reply


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/completion", "/infill"])
@pytest.mark.process
async def test_request(server: FaultServer, path: str) -> None:
    backend = LlamaServerBackend(Endpoint(server.url + path))
    events = [event async for event in backend.stream(FimRequest("P", 8, ("\n",)))]
    body = server.bodies[0]
    assert list(server.requests) == ["/completion"]
    assert (body["prompt"], body["n_predict"], body["stop"], body["cache_prompt"]) == ("P", 8, ["\n"], True)
    assert body["return_progress"] is True  # or a hang-up during the prompt goes unnoticed
    assert {"stop", "timings"} <= set(body["response_fields"])
    assert server.headers[0]["connection"] == "close"
    assert events[-1] == Finished("stop", events[-1].usage, Timings(3, 7, 20.5, 4, 120.25))
    await backend.aclose()


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        ({"stop_type": "eos"}, "stop"),
        ({"stop_type": "word"}, "stop"),
        ({"stop_type": "limit"}, "length"),
        ({"stopped_eos": True, "stopped_limit": False}, "stop"),
        ({"stopped_limit": True}, "length"),
        ({}, "stop"),
    ],
)
def test_the_last_event_gives_the_finish_reason(piece: dict[str, Any], reason: str) -> None:
    assert _finished(piece).reason == reason


TIMINGS = {"prompt_n": 3, "prompt_ms": 1, "predicted_n": 2, "predicted_ms": 2.5}


@pytest.mark.parametrize(
    ("value", "whole", "cached"),
    [
        (TIMINGS | {"cache_n": 40}, 43, 40),
        (TIMINGS, 43, 40),
        (TIMINGS, None, 0),
        (TIMINGS | {"cache_n": "x"}, 43, None),
        ({"prompt_n": 3}, 43, None),
        (None, 43, None),
        ([], 43, None),
    ],
)
def test_timings_give_prompt_and_cached_tokens(value: object, whole: int | None, cached: int | None) -> None:
    timings = parse_timings(value, whole)
    assert (timings.prompt_cached_tokens if timings else None) == cached


@pytest.mark.process
async def test_describe_without_props(server: FaultServer) -> None:
    server.has_props = False
    backend = LlamaServerBackend(Endpoint(server.url))
    assert (await backend.describe()).model == "qwen"
    await backend.aclose()


@pytest.mark.process
async def test_the_key_is_sent_with_each_request(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.requires_key = "k"
    monkeypatch.setenv("KEY", "k")
    backend = LlamaServerBackend(Endpoint(server.url, api_key_env="KEY"))
    assert (await backend.describe()).context_tokens == 2048
    assert [event async for event in backend.stream(FimRequest("P", 8))]
    await backend.aclose()


# --- the table of backends


def test_registry() -> None:
    assert {name: type(make_backend(name, Endpoint("http://x"))) for name in FACTORIES} == {
        "openai": OpenAIBackend,
        "llama-server": LlamaServerBackend,
        "vllm": OpenAIBackend,
        "transformers": OpenAIBackend,
    }
    for name in FACTORIES:
        speaks = "llama-server" if name == "llama-server" else "openai"
        assert make_backend(name, Endpoint("http://x")).name == speaks
    with pytest.raises(SettingsError) as caught:
        make_backend("scripted", Endpoint("http://x"))
    assert "openai" in caught.value.hint


# --- stops cut on our side


@pytest.mark.parametrize(
    ("stops", "pieces", "shown"),
    [
        (("\n",), ["a", "b\nc", "d"], ["a", "b", ""]),
        (("<|x|>",), ["a<", "|x", "|>b"], ["a", "", ""]),
        (("<|x|>",), ["a<", "|y", "|>b"], ["a", "<|y", "|>b"]),
        (("aab",), ["aaa", "ab"], ["a", "a"]),
        (("b", "ab"), ["xab"], ["x"]),
        (("", "\n"), ["a"], ["a"]),
        ((), ["a"], ["a"]),
    ],
)
def test_text_is_cut_at_the_first_stop_string(stops: tuple[str, ...], pieces: list[str], shown: list[str]) -> None:
    cutter = StopText(stops)
    assert [cutter.feed(piece) for piece in pieces] == shown


@pytest.mark.parametrize(
    "odd",
    [
        b"event: ping\ndata: 2024-02-14\n\n",
        b'event: ping\ndata: {"type": "ping"}\n\n',
        b"data:\n\n",
        b": keep-alive\n\n",
        b"data: null\n\n",
        b"data: OK\n\n",
        b"data: {}\n\n",
        b'data: {"content": null, "stop": false}\n\n',
        b'data: {"prompt_progress": {"total": 9}}\n\n',
        b"id: 3\nretry: 100\n\n",
    ],
)
@pytest.mark.parametrize(
    ("stop_type", "reason"),
    [("eos", "stop"), ("word", "stop"), ("limit", "length"), ("none", "stop"), (None, "stop"), ("abort", "cut")],
)
@pytest.mark.process
async def test_odd_events_and_reasons(server: FaultServer, odd: bytes, stop_type: str | None, reason: str) -> None:
    end = json.dumps({"content": "", "stop": True, "stop_type": stop_type}).encode()
    body = (
        odd + b'data: {"content":"a","stop":false}\r\n\r\n' + odd + b'data: {"content":"b"}\n\ndata: ' + end + b"\n\n"
    )

    server.respond = lambda _: closing_reply(body)
    backend = LlamaServerBackend(Endpoint(server.url))
    events = [event async for event in backend.stream(FimRequest("P", 8))]
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "ab"
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == reason
    await backend.aclose()
