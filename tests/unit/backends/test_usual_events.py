"""Events of a completion that have a text and nothing else to note are read together, with the result of one by one."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import pytest

from autothink_lsp.backends.base import TextDelta, joined_deltas
from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.http_errors import ErrorTranslator
from autothink_lsp.backends.openai_stream import OpenAIStreamReader
from autothink_lsp.backends.sse import SseEvent
from autothink_lsp.errors import BackendError


def event(text: object = " a", *, kind: str = "message", **fields: Any) -> SseEvent:
    beside = {name: fields.pop(name) for name in ("usage", "timings", "object", "error", "id") if name in fields}
    choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": None, **fields}
    return SseEvent(json.dumps({"id": "c", "choices": [choice], **beside}), kind)


PLAIN = event()
SURE = event("b", logprobs={"tokens": ["b"], "token_logprobs": [-0.5]})
USUAL = (PLAIN, SURE, event("("), event("ü😀"), event("c", id="another"), event("\n", logprobs={"content": []}))
OTHERS = {
    "no text": event(""),
    "a list of parts": event([{"type": "text", "text": "x"}]),
    "half a character": event("\ud83d"),
    "the end": event("x", finish_reason="stop"),
    "usage": event("x", usage={"prompt_tokens": 1, "completion_tokens": 2}),
    "timings": event("x", timings={"prompt_n": 7, "prompt_ms": 5.0, "predicted_n": 2, "predicted_ms": 3.0}),
    "another choice": event("x", index=1),
    "an error": event("x", error={"message": "no memory"}),
    "an object of errors": event("x", object="error"),
    "an error of the choice": event("x", type="error"),
    "an error of Groq in the choice": event("x", x_groq={"error": "no memory"}),
    "an error of MiniMax in the choice": event("x", base_resp={"status_code": 1004, "status_msg": "no memory"}),
    "an error in a delta": event("x", delta={"error": "no memory"}),
    "the end in a delta": event("x", delta={"finish_reason": "length"}),
    "another kind": event("x", kind="note"),
    "no JSON": SseEvent("nothing"),
    "something behind it": SseEvent(PLAIN.data + " x"),
    "two choices": SseEvent(json.dumps({"choices": [{"text": "a"}, {"text": "b", "index": 1}]})),
    "a list": SseEvent("[1]"),
    "choices that are texts": SseEvent('{"choices": ["a"]}'),
    "done": SseEvent("[DONE]"),
}


def reader() -> OpenAIStreamReader:
    endpoint = Endpoint("http://127.0.0.1:1")
    return OpenAIStreamReader(ErrorTranslator(endpoint, Credentials(endpoint)))


def one_by_one(answer: OpenAIStreamReader, events: Sequence[SseEvent]) -> TextDelta | str | None:
    """What the events are together, each read by itself; an error's message."""
    deltas: list[TextDelta] = []
    logprobs: tuple[float, ...] = ()
    for one in events:
        try:
            text = answer.text(one)
        except BackendError as error:
            return error.message
        logprobs += answer.logprobs
        if text:
            deltas.append(TextDelta(text, logprobs=logprobs))
            logprobs = ()
    return joined_deltas(deltas) if deltas else None


@pytest.mark.parametrize("seed", range(40))
def test_usual_events_are_what_each_of_them_is(seed: int) -> None:
    dice, together, apart = random.Random(seed), reader(), reader()
    for _ in range(6):
        events = dice.choices(USUAL, k=dice.randrange(1, 5))
        assert together.usual_delta(events) == one_by_one(apart, events)


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("before", [(), (PLAIN,), (PLAIN, SURE)])
@pytest.mark.parametrize("behind", [(), (PLAIN,)])
def test_other_events_are_left_to_the_reader(
    name: str, before: tuple[SseEvent, ...], behind: tuple[SseEvent, ...]
) -> None:
    together, apart = reader(), reader()
    events = (*before, OTHERS[name], *behind)
    assert together.usual_delta(events) is None
    assert one_by_one(together, events) == one_by_one(apart, events)
    assert (together.done, together.reason, together.usage) == (apart.done, apart.reason, apart.usage)


@pytest.mark.parametrize("name", OTHERS)
def test_one_other_event_is_read_in_full(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, full = reader(), reader()
    monkeypatch.setattr(full, "_usual_text", lambda _: None)
    assert one_by_one(usual, [OTHERS[name]]) == one_by_one(full, [OTHERS[name]])
    assert (usual.done, usual.reason, usual.usage) == (full.done, full.reason, full.usage)


def test_nothing_is_read_behind_the_end() -> None:
    answer = reader()
    assert one_by_one(answer, [event("x", finish_reason="stop"), OTHERS["done"]]) == TextDelta("x")
    assert answer.usual_delta([PLAIN]) is None
