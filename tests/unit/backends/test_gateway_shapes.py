"""What each kind of server streams for a chat that thinks, through the real HTTP client.

Transcribed from the servers' documentation and sources (``docs/reference/autothink-format.md``, sections 5 to 7),
shortened; vLLM's and llama-server's were seen at real ones. A shape is a list of what stands behind ``data: ``, or of
whole comment lines.
"""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import Any

import pytest

from autothink_lsp.backends.base import ChatRequest, Finished, ReasoningDelta, TextDelta
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.errors import BackendError
from autothink_lsp.values import ChatMessage
from tests.support.fault_server import FaultServer
from tests.support.wire_format import closing_reply

pytestmark = pytest.mark.process


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {"id": "x", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **more}


def usage(reasoning: int | None = None, **more: Any) -> dict[str, Any]:
    details = {"completion_tokens_details": {"reasoning_tokens": reasoning}} if reasoning is not None else {}
    return {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16, **details, **more}


def details(text: str) -> list[dict[str, Any]]:
    return [{"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}]


TIMINGS = {"cache_n": 4, "prompt_n": 5, "prompt_ms": 10.0, "predicted_n": 7, "predicted_ms": 70.0}
# Name, what is streamed, tokens of thinking as the server counts them.
SHAPES: list[tuple[str, list[dict[str, Any] | str], int | None]] = [
    (
        "OpenRouter",
        [
            ": OPENROUTER PROCESSING",
            ": OPENROUTER PROCESSING",
            chunk({"role": "assistant", "content": "", "reasoning": "hm", "reasoning_details": details("hm")}),
            chunk({"role": "assistant", "content": "", "reasoning": " so", "reasoning_details": details(" so")}),
            chunk({"role": "assistant", "content": "4", "reasoning": None}, provider="p"),
            chunk({"role": "assistant", "content": "2"}, native_finish_reason="stop"),
            chunk({"role": "assistant", "content": ""}, "stop"),
            chunk({"role": "assistant", "content": ""}, usage=usage(3, cost=0.1)),
        ],
        3,
    ),
    (
        "vLLM",
        [
            chunk({"role": "assistant", "content": ""}),
            chunk({"reasoning": "hm"}),
            chunk({"reasoning": " so"}),
            chunk({"content": "42"}),
            chunk({}, "stop", usage=None),
            {"id": "x", "choices": [], "usage": usage()},
        ],
        None,
    ),
    (
        "SGLang",
        [
            chunk(
                {"role": "assistant", "content": "", "reasoning_content": None, "tool_calls": None}, matched_stop=None
            ),
            chunk({"role": None, "content": None, "reasoning_content": "hm so"}, usage=None),
            chunk({"role": None, "content": "42", "reasoning_content": None}),
            chunk({"role": None, "content": None, "reasoning_content": None}, "stop", matched_stop=151645),
            {"id": "x", "choices": [], "usage": usage(reasoning_tokens=3)},
        ],
        3,
    ),
    (
        "llama-server",
        [
            {**chunk({"role": "assistant", "content": None}), "prompt_progress": {"total": 9, "processed": 5}},
            chunk({"reasoning_content": "hm so"}),
            chunk({"content": "42"}),
            {**chunk({}, "stop"), "timings": TIMINGS},
            {"id": "x", "choices": [], "usage": usage(), "timings": TIMINGS},
        ],
        None,
    ),
    (
        "DeepSeek",
        [
            ": keep-alive",
            chunk({"role": "assistant", "content": None, "reasoning_content": ""}),
            chunk({"content": None, "reasoning_content": "hm so"}),
            chunk({"content": "42", "reasoning_content": None}),
            chunk({"content": "", "reasoning_content": None}, "stop", usage=usage(3)),
        ],
        3,
    ),
    (
        "Ollama",
        [
            chunk({"role": "assistant", "content": "", "reasoning": "hm so"}),
            chunk({"role": "assistant", "content": "42"}),
            chunk({"role": "assistant", "content": ""}, "stop"),
            {"id": "x", "choices": [], "usage": usage()},
        ],
        None,
    ),
    (
        "a gateway with both names",
        [chunk({"reasoning": "hm so", "reasoning_content": "hm so"}), chunk({"content": "42"}), chunk({}, "stop")],
        None,
    ),
]
SILENT = [
    chunk({"role": "assistant", "content": "", "refusal": None}, service_tier="default", obfuscation="xx"),
    chunk({"content": "42"}, obfuscation="x"),
    chunk({}, "stop"),
    {"id": "x", "choices": [], "usage": usage(64)},
]


def stream(shape: list[dict[str, Any] | str]) -> bytes:
    lines = [each if isinstance(each, str) else f"data: {json.dumps(each)}" for each in shape]
    return "\n\n".join([*lines, "data: [DONE]", ""]).encode()


async def answer(shape: list[dict[str, Any] | str], pieces_bytes: int) -> tuple[str, str, Finished]:
    reasoning = text = ""
    end = None
    reply = closing_reply(stream(shape), write_bytes=pieces_bytes)
    async with FaultServer(respond=lambda _: reply) as server:
        backend = OpenAIBackend(Endpoint(f"{server.url}/v1", model="m"))
        try:
            async with aclosing(backend.chat(ChatRequest((ChatMessage("user", "q"),), 64))) as events:
                async for event in events:
                    if isinstance(event, ReasoningDelta):
                        reasoning += event.text
                    elif isinstance(event, TextDelta):
                        text += event.text
                    else:
                        end = event
        finally:
            await backend.aclose()
    assert end is not None
    return reasoning, text, end


@pytest.mark.parametrize("pieces_bytes", [100_000, 7])
@pytest.mark.parametrize(("name", "shape", "thought"), SHAPES, ids=[shape[0] for shape in SHAPES])
async def test_reasoning_and_answer_come_apart(name: str, shape, thought: int | None, pieces_bytes: int) -> None:
    reasoning, text, end = await answer(shape, pieces_bytes)
    assert (reasoning, text, end.reason) == ("hm so", "42", "stop")
    assert end.usage.reasoning_tokens == thought
    if name == "llama-server":
        assert end.timings is not None
        assert end.timings.prompt_cached_tokens == 4


async def test_a_server_that_thinks_in_silence_counts_it() -> None:
    reasoning, text, end = await answer(SILENT, 100_000)
    assert (reasoning, text, end.usage.reasoning_tokens) == ("", "42", 64)


async def test_a_failure_in_mid_stream_is_said() -> None:
    """OpenRouter: the status was 200 already."""
    error = {"code": 502, "message": "Provider disconnected unexpectedly"}
    shape = [*SHAPES[0][1][:4], {**chunk({"content": ""}, "error"), "error": error}]
    with pytest.raises(BackendError, match="Provider disconnected"):
        await answer(shape, 100_000)
