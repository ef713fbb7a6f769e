"""The content of a chat message in every shape that servers send: text is text, reasoning is reasoning."""

from __future__ import annotations

import json

import pytest

from autothink_lsp.backends.base import ReasoningDelta, TextDelta
from autothink_lsp.backends.content_parts import parts_of
from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.http_errors import ErrorTranslator
from autothink_lsp.backends.openai_stream import OpenAIStreamReader
from autothink_lsp.backends.sse import SseEvent
from autothink_lsp.errors import BadResponse

T, R = "text", "reasoning"
DEEP: object = "a"
for _ in range(30):
    DEEP = [DEEP]
SHAPES: list[tuple[object, list[tuple[str, str]]]] = [
    ("a", [(T, "a")]),
    ("", []),
    (None, []),
    ([], []),
    ([{"type": "text", "text": "a"}], [(T, "a")]),
    ([{"type": "output_text", "text": "a", "annotations": []}], [(T, "a")]),
    ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], [(T, "a"), (T, "b")]),
    (["a", "b"], [(T, "a"), (T, "b")]),
    ([["a", [{"type": "text", "text": "b"}]]], [(T, "a"), (T, "b")]),
    ({"type": "text", "text": "a"}, [(T, "a")]),
    ([{"text": "a"}], [(T, "a")]),
    ([{"type": "text", "text": {"value": "a"}}], [(T, "a")]),
    ([{"type": "text", "content": "a"}], [(T, "a")]),
    ([{"type": "thinking", "thinking": [{"type": "text", "text": "a"}]}], [(R, "a")]),  # Mistral
    ([{"type": "thinking", "thinking": "a", "signature": "x"}, {"type": "text", "text": "b"}], [(R, "a"), (T, "b")]),
    ([{"type": "reasoning", "text": "a"}], [(R, "a")]),
    ([{"type": "reasoning", "summary": [{"type": "summary_text", "text": "a"}]}], [(R, "a")]),
    ([{"type": "reasoning_text", "text": "a"}], [(R, "a")]),
    ([{"type": "thought", "content": "a"}], [(R, "a")]),
    ([{"text": "a", "thought": True}, {"text": "b"}], [(R, "a"), (T, "b")]),  # Gemini
    ({"parts": [{"text": "a", "thought": True}, {"text": "b"}]}, [(R, "a"), (T, "b")]),
    ([{"type": "THINKING", "thinking": "a"}], [(R, "a")]),
    ([{"type": "redacted_thinking", "data": "xyz"}], []),
    ([{"type": "image_url", "image_url": {"url": "data:x"}}, {"type": "text", "text": "a"}], [(T, "a")]),
    ([{"type": "tool_use", "name": "f", "input": {}}], []),
    ([{"type": "reference", "reference_ids": [1]}], []),
    ([{"type": "refusal", "refusal": "no"}], []),
    ([None, 5, {"type": "text", "text": None}, "a"], [(T, "a")]),
    (DEEP, []),
]


@pytest.mark.parametrize(("content", "parts"), SHAPES, ids=lambda value: str(value)[:60])
def test_parts_become_text_and_reasoning(content: object, parts: list[tuple[str, str]]) -> None:
    assert parts_of(content) == parts


@pytest.mark.parametrize("content", [5, True, 1.5])
def test_other_values_give_no_content(content: object) -> None:
    with pytest.raises(TypeError):
        parts_of(content)


def deltas(message: dict[str, object], *, name: str = "delta") -> list[tuple[str, str]]:
    endpoint = Endpoint("http://127.0.0.1:1")
    answer = OpenAIStreamReader(ErrorTranslator(endpoint, Credentials(endpoint)))
    found = answer.deltas(SseEvent(json.dumps({"choices": [{"index": 0, name: message, "finish_reason": "stop"}]})))
    assert all(isinstance(each, TextDelta | ReasoningDelta) for each in found)
    return [(R if isinstance(each, ReasoningDelta) else T, each.text) for each in found]


@pytest.mark.parametrize("name", ["delta", "message"])
@pytest.mark.parametrize(("content", "parts"), SHAPES, ids=lambda value: str(value)[:60])
def test_in_a_piece_and_in_a_whole_message(content: object, parts: list[tuple[str, str]], name: str) -> None:
    assert deltas({"role": "assistant", "content": content}, name=name) == parts


@pytest.mark.parametrize(
    "fields",
    [
        {"reasoning": "a"},
        {"reasoning_content": "a"},
        {"thinking": "a"},
        {"reasoning_text": "a"},
        {"reasoning": None, "reasoning_content": "a"},
        {"reasoning": "", "thinking": "a"},
        {"reasoning": "a", "reasoning_content": "a", "reasoning_details": [{"type": "reasoning.text", "text": "a"}]},
        {"reasoning_details": [{"type": "reasoning.text", "text": "a", "index": 0}]},
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "a"}]},
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}], "thinking": "a"},
        {"thinking_blocks": [{"type": "thinking", "thinking": "a", "signature": ""}]},
        {"reasoning": [{"type": "text", "text": "a"}]},
        {"reasoning_content": {"text": "a"}},
        {"thinking": {"content": "a"}},
        {"provider_specific_fields": {"reasoning_content": "a"}},  # LiteLLM
        {"provider_specific_fields": {"thinking_blocks": [{"type": "thinking", "thinking": "a"}]}},
        {"reasoningContent": {"reasoningText": {"text": "a", "signature": "x"}}},  # Bedrock
        {"thinkingContent": "a"},
        {"reasoning_summary": "a"},
        {"chain_of_thought": "a"},
    ],
    ids=str,
)
def test_reasoning_in_a_field(fields: dict[str, object]) -> None:
    assert deltas({**fields, "content": "b"}) == [(R, "a"), (T, "b")]
    assert deltas({**fields, "content": None}) == [(R, "a")]


def test_a_number_is_an_error() -> None:
    with pytest.raises(BadResponse, match="not a piece of a completion"):
        deltas({"content": 5})


@pytest.mark.parametrize(
    "fields",
    [
        {"extra_content": {"google": {"thought": True}}},  # Gemini
        {"thought": True},
        {"is_thinking": True},
        {"reasoning": True},
        {"type": "reasoning"},
        {"type": "thinking_delta"},
        {"phase": "think"},
        {"phase": "thinking"},
        {"channel": "analysis"},
        {"channel": "commentary"},
        {"role": "thinking"},
        {"message_type": "reasoning"},
    ],
    ids=str,
)
def test_content_that_another_member_marks_as_reasoning(fields: dict[str, object]) -> None:
    assert deltas({"role": "assistant", **fields, "content": "a"}) == [(R, "a")]


@pytest.mark.parametrize(
    "fields",
    [
        {"extra_content": {"google": {"thought_signature": "x"}}},
        {"extra_content": None},
        {"thought": False},
        {"reasoning": False},
        {"type": "text"},
        {"phase": "final_answer"},
        {"channel": "final"},
        {"status": "finished"},
        {"provider_specific_fields": None},
        {"provider_specific_fields": {"refusal": None}},
    ],
    ids=str,
)
def test_content_that_no_member_marks(fields: dict[str, object]) -> None:
    assert deltas({"role": "assistant", **fields, "content": "a"}) == [(T, "a")]


def test_reasoning_beside_the_delta() -> None:
    endpoint = Endpoint("http://127.0.0.1:1")
    answer = OpenAIStreamReader(ErrorTranslator(endpoint, Credentials(endpoint)))
    event = {"choices": [{"index": 0, "delta": {"content": "b"}, "reasoning_content": "a"}]}
    assert [type(each) for each in answer.deltas(SseEvent(json.dumps(event)))] == [ReasoningDelta, TextDelta]


@pytest.mark.parametrize(
    ("beside_delta", "beside_choices"),
    [
        ({"extra_content": {"google": {"thought": True}}}, {}),
        ({}, {"extra_content": {"google": {"thought": True}}}),
        ({"type": "reasoning"}, {}),
        ({"is_thinking": True}, {}),
        ({"channel": "analysis"}, {}),
    ],
    ids=str,
)
def test_content_that_a_member_beside_the_delta_marks(
    beside_delta: dict[str, object], beside_choices: dict[str, object]
) -> None:
    endpoint = Endpoint("http://127.0.0.1:1")
    answer = OpenAIStreamReader(ErrorTranslator(endpoint, Credentials(endpoint)))
    event = {"choices": [{"index": 0, "delta": {"content": "a"}, **beside_delta}], **beside_choices}
    assert [type(each) for each in answer.deltas(SseEvent(json.dumps(event)))] == [ReasoningDelta]
    assert answer.text(SseEvent(json.dumps(event))) == ""
    text = {"choices": [{"index": 0, "delta": {"content": "b"}}]}
    assert [type(each) for each in answer.deltas(SseEvent(json.dumps(text)))] == [TextDelta]
