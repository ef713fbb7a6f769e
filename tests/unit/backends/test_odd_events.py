"""What servers, gateways and proxies put between the pieces of an answer: only a reported error ends it."""

from __future__ import annotations

import contextlib
import json
import random
from itertools import pairwise
from typing import Any

import pytest

from autothink_lsp.backends.base import ChatRequest, TextDelta
from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.http import HttpClient
from autothink_lsp.backends.http_errors import ErrorTranslator
from autothink_lsp.backends.joined_events import separated
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.backends.openai_stream import OpenAIStreamReader
from autothink_lsp.backends.sse import SseEvent, SseReader
from autothink_lsp.errors import BackendError
from autothink_lsp.values import ChatMessage
from tests.support.example_counts import cut_places, examples
from tests.support.fault_server import FaultServer
from tests.support.wire_format import HttpReply, closing_reply


def chat(text: str | None, reason: str | None = None, **choice: Any) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason, **choice}]}


def piece(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


A, B, END, DONE = piece(chat("return ä ")), piece(chat("+ b")), piece(chat(None, "stop")), b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 3, "completion_tokens": 4}

# Between the two pieces of an answer.
PASSED_OVER: dict[str, bytes] = {
    "a named ping with a date": b"event: ping\ndata: 2024-02-14 10:00:00.1234\n\n",
    "a named ping with an object": b'event: ping\ndata: {"type": "ping"}\n\n',
    "a named ping with a Python object": b"event: ping\ndata: {'type': 'ping'}\n\n",
    "a named ping without data": b"event: ping\n\n",
    "a heartbeat": b"event: heartbeat\ndata: {}\n\n",
    "keep-alive": b"event: keep-alive\ndata:\n\n",
    "a name that no one knows": b'event: metrics\ndata: {"tokens": 4}\n\n',
    "a name and text": b"event: queue\ndata: position 3\n\n",
    "no data": b"data:\n\n",
    "blank data": b"data:  \n\n",
    "data without a colon": b"data\n\n",
    "several empty lines of data": b"data:\ndata:\ndata:\n\n",
    "a comment": b": keep-alive\n\n",
    "a replica": b"data: failed over to replica 2\n\n",
    "a count of errors": b"data: Errors: 0\n\n",
    "a budget": b"data: error budget ok\n\n",
    "OpenRouter's comment": b": OPENROUTER PROCESSING\n\n",
    "an empty comment": b":\n\n",
    "blank lines": b"\n\n\n\n",
    "an id and a retry": b"id: 7\nretry: 3000\n\n",
    "a field that no one knows": b"foo: bar\n\n",
    "unnamed text": b"data: OK\n\n",
    "an unnamed date": b"data: 2024-02-14 10:00:00\n\n",
    "null": b"data: null\n\n",
    "a place in the queue": piece({"status": "queued", "message": "position 3", "code": 0}),
    "a model that is loaded": piece({"status": "loading", "detail": "loading model"}),
    "progress with a code": piece({"type": "progress", "message": "3 of 5", "code": "LOADING"}),
    "a word of success": piece({"code": "Success", "message": "begun"}),
    "a status of success": piece({"code": 201, "message": "created"}),
    "a named status with a code": b'event: status\ndata: {"code": "QUEUED", "message": "position 3"}\n\n',
    "a named status with a detail": b'event: info\ndata: {"detail": "position 3"}\n\n',
    "text about an error": b"data: no errors so far\n\n",
    "progress as text": b"data: 512 tokens read\n\n",
    "a list": b"data: []\n\n",
    "a number": b"data: 5\n\n",
    "an empty object": b"data: {}\n\n",
    "an object without choices": piece({"type": "ping"}),
    "null choices": piece({"choices": None}),
    "no choices": piece({"choices": []}),
    "Azure's filter results": piece({"choices": [], "prompt_filter_results": [{"prompt_index": 0}]}),
    "a null choice": piece({"choices": [None]}),
    "an empty choice": piece({"choices": [{}]}),
    "a null delta": piece({"choices": [{"index": 0, "delta": None, "finish_reason": None}]}),
    "an empty delta": piece({"choices": [{"index": 0, "delta": {}}]}),
    "null content": piece(chat(None)),
    "an empty content": piece(chat("")),
    "a role": piece({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}),
    "only usage": piece({"usage": USAGE}),
    "usage and null choices": piece({"choices": None, "usage": USAGE}),
    "null usage": piece({"choices": [], "usage": None}),
    "progress of the prompt": piece({"choices": [], "prompt_progress": {"total": 9, "processed": 5}}),
    "another choice": piece({"choices": [{"index": 1, "delta": {"content": "XXX"}}]}),
    "another choice's end": piece({"choices": [{"index": 1, "delta": {}, "finish_reason": "length"}]}),
    "unknown keys": piece({"x": 1, "choices": [{"index": 0, "delta": {"x": [1]}, "y": None}], "error": None}),
    "an error that is none": piece({"error": None, "choices": []}),
    "a tool call": piece({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0}]}}]}),
    "a message without a failure": piece({"message": "failed over to replica 2"}),
    "a count of errors in an object": piece({"message": "0 errors so far", "code": 0}),
    "Azure's results of a filter that let it pass": piece(
        chat(None, content_filter_results={"hate": {"filtered": False, "severity": "safe"}})
    ),
    "a state": piece({**chat(None), "status": "in_progress"}),
    "no flag of a loss": piece({**chat(None), "truncated": False}),
}
# Other spellings of the same stream.
SPELLINGS: dict[str, bytes] = {
    "plain": A + B + END + DONE,
    "CRLF": (A + B + END + DONE).replace(b"\n", b"\r\n"),
    "CR": (A + B + END + DONE).replace(b"\n", b"\r"),
    "mixed line ends": A.replace(b"\n", b"\r\n") + B.replace(b"\n", b"\r") + END + DONE,
    "no blank behind the colon": (A + B + END + DONE).replace(b"data: ", b"data:"),
    "a byte order mark": b"\xef\xbb\xbf" + A + B + END + DONE,
    "names of messages": (A + B + END).replace(b"data:", b"event: message\ndata:") + DONE,
    "names of pieces": (A + B + END).replace(b"data:", b"event: chat.completion.chunk\ndata:") + DONE,
    "ids": (A + B + END).replace(b"data:", b"id: 1\ndata:") + DONE,
    "no end mark": A + B + END,
    "no reason": A + B + DONE,
    "an empty reason": A + B + piece(chat(None, "")) + DONE,
    "no blank line at the end": A + B + END + b"data: [DONE]",
    "a named end": A + B + b"event: done\ndata:\n\n",
    "a lower-case end": A + B + b"data: [done]\n\n",
    "data on several lines": A + b'data: {"choices": [\ndata: {"delta": {"content": "+ b"}}]}\n\n' + END + DONE,
    "several objects in an event": b"".join(line[:-1] for line in (A, B, END, DONE)),
    "two objects and the rest": A[:-1] + B + END[:-1] + DONE,
    "objects on one line": A[:-2] + B.removeprefix(b"data: ") + END[:-2] + b"[DONE]\n\n",
    "lost line ends": A[:-2] + B[:-2] + END[:-2] + DONE,
    "a line of blanks for the blank line": (A + B + END + DONE).replace(b"}\n\n", b"}\ndata: \n\n"),
    "an end in quotes": A + B + END + b'data: "[DONE]"\n\n',
    "an end in quotes, no reason": A + B + b'data: "[DONE]"\n\n',
    "messages in pieces": (A + B + END + DONE).replace(b'"delta"', b'"message"'),
    "messages with all so far": A.replace(b'"delta"', b'"message"')
    + piece({"choices": [{"message": {"content": "return ä + b"}, "finish_reason": "stop"}]}),
    "two choices in one piece": A
    + piece({"choices": [{"index": 1, "delta": {"content": "X"}}, {"index": 0, "delta": {"content": "+ b"}}]})
    + END
    + DONE,
    "no index": (A + B + END + DONE).replace(b'"index": 0, ', b""),
    "an index in quotes": (A + B + END + DONE).replace(b'"index": 0', b'"index": "0"'),
    "another index throughout": (A + B + END + DONE).replace(b'"index": 0', b'"index": 1'),
    "a whole message": piece({"choices": [{"message": {"content": "return ä + b"}, "finish_reason": "stop"}]}),
    "the whole repeated at the end": A
    + B
    + piece({"choices": [{"delta": None, "message": {"content": "return ä + b"}, "finish_reason": "stop"}]})
    + DONE,
    "text of a completion": piece({"choices": [{"text": "return ä + b", "finish_reason": "stop"}]}) + DONE,
    "frames within frames": (A + B + END + DONE).replace(b"data: ", b"data: data: "),
    "an end without brackets": A + B + b"data: DONE\n\n",
    "another end mark": A + B + b"data: [END]\n\n",
    "Groq's beginning": piece({**chat(""), "x_groq": {"id": "r"}}) + A + B + END + DONE,
    "MiniMax's outcome": A + B + piece({"choices": [], "base_resp": {"status_code": 0, "status_msg": ""}}) + END + DONE,
    "behind the end": A + B + END + DONE + piece(chat("XXX")),
    "names of fields in capitals": (A + B + END + DONE).replace(b"data:", b"Data:"),
    "lists of pieces": b"data: " + json.dumps([chat("return ä "), chat("+ b")]).encode() + b"\n\n" + END,
    "an envelope": piece({"code": 0, "data": chat("return ä ")}) + piece({"result": chat("+ b", "stop")}),
    "DashScope's envelope": piece(
        {"output": {"choices": [{"message": {"content": "return ä + b"}, "finish_reason": "stop"}]}, "usage": USAGE}
    ),
    "an object that ends": A + B + piece({"done": True}),
    "a type that ends": A + B + piece({"type": "message_stop"}),
    "an object's name that ends": A + B + piece({"object": "done"}),
    "a reason in the object that ends": A + B + piece({"done": True, "done_reason": "stop"}),
    "an end of the stream": A + B + b"data: [STREAM_END]\n\n",
    "an end as a token": A + B + b"data: <EOS>\n\n",
    "a finish": A + B + b"data: [FINISHED]\n\n",
}
BROKEN: dict[str, tuple[bytes, str]] = {
    "a named error": (A + b'event: error\ndata: {"message": "out of memory"}\n\n', "out of memory"),
    "a named error with text": (A + b"event: error\ndata: out of memory\n\n", "out of memory"),
    "a named error without data": (A + b"event: error\ndata:\n\n", "reported an error"),
    "an object with an error": (A + piece({"error": {"message": "no", "code": 500}}), "no"),
    "an error's text": (A + piece({"error": "no memory"}), "no memory"),
    "an error beside choices": (A + piece({**chat("x"), "error": {"message": "no"}}), "no"),
    "an object called error": (A + piece({"object": "error", "message": "no"}), "no"),
    "a type called error": (A + piece({"type": "error", "error": {"type": "overloaded_error", "message": "no"}}), "no"),
    "llama.cpp's old error": (A + b'error: {"message": "no"}\n\n', "no"),
    "a named exception": (A + b'event: exception\ndata: {"message": "no memory"}\n\n' + DONE, "no memory"),
    "a fatal error's text": (A + b"event: fatal\ndata: no memory\n\n" + DONE, "no memory"),
    "an error as text": (A + b"data: Error: CUDA out of memory\n\n" + DONE, "CUDA out of memory"),
    "an error in words": (A + b"data: An error occurred while computing\n\n" + DONE, "An error occurred"),
    "an error with a status": (A + b"data: server error (503)\n\n" + DONE, "server error"),
    "a failure in words": (A + b"data: failed to allocate memory\n\n" + DONE, "failed to allocate"),
    "an error as text in brackets": (A + b"data: [ERROR] upstream reset\n\n" + DONE, "upstream reset"),
    "an exception as text": (A + b"data: RuntimeError: out of memory\n\n" + DONE, "out of memory"),
    "a proxy's error as text": (A + b"data: 502 Bad Gateway\n\n" + DONE, "Bad Gateway"),
    "an error in a choice": (
        A + piece({"choices": [{"index": 0, "delta": {}, "error": {"message": "no"}}]}) + DONE,
        "no",
    ),
    "a list of errors": (A + piece({"errors": [{"message": "no memory"}]}) + DONE, "no memory"),
    "FastAPI's detail": (A + piece({"detail": "no memory"}) + DONE, "no memory"),
    "a code and a message": (
        A + piece({"code": "Throttling", "message": "too many", "request_id": "x"}) + DONE,
        "too many",
    ),
    "a code and a message, at once": (piece({"code": "Throttling", "message": "too many"}) + DONE, "too many"),
    "Baidu's code": (A + piece({"error_code": 336003, "error_msg": "no memory"}) + DONE, "no memory"),
    "MiniMax's code": (
        A + piece({"choices": [], "base_resp": {"status_code": 1002, "status_msg": "rate limit"}}) + DONE,
        "rate limit",
    ),
    "Groq's reason": (
        A + piece({**chat(None), "x_groq": {"id": "r", "error": "over capacity"}}) + DONE,
        "over capacity",
    ),
    "a failed status": (A + piece({"status": "error", "message": "no memory"}) + DONE, "no memory"),
    "no success": (A + piece({"success": False, "msg": "no memory"}) + DONE, "no memory"),
    "a code that is an object": (A + piece({"code": {"a": 1}, "message": "no memory"}) + DONE, "no memory"),
    "an error in a delta": (A + piece({"choices": [{"index": 0, "delta": {"error": {"message": "no"}}}]}) + DONE, "no"),
    "Spark's code": (A + piece({"header": {"code": 10013, "message": "no memory"}}) + DONE, "no memory"),
    "Apigee's fault": (A + piece({"fault": {"faultstring": "no memory"}}) + DONE, "no memory"),
    "AWS' message": (A + piece({"Message": "Internal server error"}) + DONE, "Internal server error"),
    "only a message": (A + piece({"message": "Endpoint request timed out"}) + DONE, "timed out"),
    "Bedrock's exception": (A + piece({"internalServerException": {"message": "no memory"}}) + DONE, "no memory"),
    "an exception's name": (A + piece({"exception": "RuntimeError: no memory"}) + DONE, "no memory"),
    "a failed state": (A + piece({"status": "failed", "reason": "no memory"}) + DONE, "no memory"),
    "a failed response": (
        A + piece({"type": "response.failed", "response": {"error": {"message": "no memory"}}}) + DONE,
        "no memory",
    ),
    "a status code": (A + piece({"statusCode": 500, "message": "no memory"}) + DONE, "no memory"),
    "a status as a number": (A + piece({"status": 500, "message": "no memory"}) + DONE, "no memory"),
    "a problem (RFC 9457)": (A + piece({"type": "about:blank", "title": "Bad Gateway", "status": 502}) + DONE, "Bad"),
    "an abbreviated error": (A + piece({"err": "no memory"}) + DONE, "no memory"),
    "an error's message": (A + piece({"errorMessage": "no memory"}) + DONE, "no memory"),
    "half an object": (A + b'data: {"choices": [{"delta": {"content": "x\n\n' + B + END + DONE, "not a piece"),
    "choices that are none": (A + piece({"choices": "x"}), "not a piece"),
    "the end of the connection": (A + B, "broke off"),
    "only signs of life": (b"event: ping\ndata: OK\n\n: x\n\n" + DONE, "not a piece"),
    "nothing": (DONE, "an end without an answer"),
}


def read(stream: bytes, cuts: tuple[int, ...] = ()) -> str:
    """The text of a chat. Raises ``BackendError``."""
    endpoint = Endpoint("http://127.0.0.1:1")
    answer, reader, text = OpenAIStreamReader(ErrorTranslator(endpoint, Credentials(endpoint))), SseReader(), ""
    events = [event for a, b in pairwise((0, *cuts, len(stream))) for event in reader.feed(stream[a:b])]
    for event in [*events, *reader.finish()]:
        text += "".join(delta.text for delta in answer.deltas(event) if isinstance(delta, TextDelta))
    assert answer.finished().reason == "stop"
    return text


def read_completion(stream: bytes) -> str:
    """The same stream as pieces of a completion."""
    lines = []
    for one in stream.split(b"\n"):
        line = one
        with contextlib.suppress(ValueError):
            value = json.loads(line.removeprefix(b"data: "))
            for choice in value.get("choices") or [] if isinstance(value, dict) else []:
                if isinstance(choice, dict) and isinstance(choice.get("delta"), dict):
                    choice["text"] = choice.pop("delta").get("content")
            line = b"data: " + json.dumps(value).encode() if line.startswith(b"data: ") else line
        lines.append(line)
    stream = b"\n".join(lines)
    endpoint = Endpoint("http://127.0.0.1:1")
    answer, reader = OpenAIStreamReader(ErrorTranslator(endpoint, Credentials(endpoint))), SseReader()
    text = "".join(answer.text(event) for event in [*reader.feed(stream), *reader.finish()])
    assert answer.finished().reason == "stop"
    return text


USAGE = {"usage": {"prompt_tokens": 7, "completion_tokens": 2}}
TIMINGS = {"timings": {"prompt_n": 7, "prompt_ms": 5.0, "predicted_n": 2, "predicted_ms": 3.0}}


@pytest.mark.parametrize(("beside", "noted"), [(USAGE, "usage"), (TIMINGS, "timings")])
def test_a_piece_with_text_is_read_for_what_else_it_says(beside: dict[str, Any], noted: str) -> None:
    endpoint = Endpoint("http://127.0.0.1:1")
    answers = [OpenAIStreamReader(ErrorTranslator(endpoint, Credentials(endpoint))) for _ in range(2)]
    choice = {"index": 0, "text": "a", "finish_reason": None}
    for answer, said in zip(answers, ({}, beside), strict=True):
        assert answer.text(SseEvent(json.dumps({"choices": [choice], **said}))) == "a"
    assert getattr(answers[0], noted) != getattr(answers[1], noted)


@pytest.mark.parametrize(
    "failure",
    [
        {"error": {"message": "out of memory"}},
        {"x_groq": {"error": "out of memory"}},
        {"base_resp": {"status_code": 1002, "status_msg": "out of memory"}},
    ],
)
def test_a_piece_with_an_error_beside_its_text_is_an_error(failure: dict[str, Any]) -> None:
    endpoint = Endpoint("http://127.0.0.1:1")
    answer = OpenAIStreamReader(ErrorTranslator(endpoint, Credentials(endpoint)))
    piece = {"choices": [{"index": 0, "text": "a"}], **failure}
    with pytest.raises(BackendError, match="out of memory"):
        answer.text(SseEvent(json.dumps(piece)))


PAIRS: dict[str, tuple[list[str], str]] = {
    "a pair in two pieces": (["x \ud83d", "\ude00 y"], "x 😀 y"),
    "each half alone": (["\ud83d", "\ude00"], "😀"),
    "an empty piece in between": (["\ud83d", "", "\ude00"], "😀"),
    "two pairs": (["a\ud83d", "\ude00\ud83d", "\ude01"], "a😀😁"),
    "a half alone": (["a\ud83d", "b"], "a\ud83db"),
    "a half at the end": (["a", "\ud83d"], "a"),
    "whole": (["😀", "é"], "😀é"),
}


@pytest.mark.parametrize("name", PAIRS)
def test_halves_of_a_character_are_joined(name: str) -> None:
    pieces, whole = PAIRS[name]
    stream = b"".join(piece(chat(one)) for one in pieces) + END + DONE
    assert read(stream) == read_completion(stream) == whole


@pytest.mark.parametrize(
    "data",
    [
        '{"a": "}{"}',  # one object, with such a text
        '{"a": 1}{',
        '{"a": 1} and more',
        '{"a": 1}\n5',
        '[{"a": 1}{"b": 2}]',
        "{" * 50_000 + "}{",
    ],
)
def test_what_is_not_several_objects_stays_one_event(data: str) -> None:
    assert separated(data) == [data]


def cuts_of(stream: bytes) -> list[tuple[int, ...]]:
    """Single cuts, every byte alone, and some with several."""
    rng = random.Random(len(stream))
    several = [tuple(sorted(rng.sample(range(1, len(stream)), 5))) for _ in range(examples(20, fewest=4))]
    return [tuple(range(1, len(stream))), *((at,) for at in cut_places(len(stream))), *several]


@pytest.mark.parametrize("name", PASSED_OVER)
def test_events_without_a_piece_are_passed_over(name: str) -> None:
    odd = PASSED_OVER[name]
    # Of several choices the one that speaks first is read.
    first = A + odd if name == "another choice" else odd + A
    for stream in (A + odd + B + END + DONE, first + B + END + DONE, A + B + odd + END + odd + DONE):
        assert read(stream) == "return ä + b"
        assert read_completion(stream) == "return ä + b"
    stream = A + odd + B + END + DONE
    assert all(read(stream, cuts) == "return ä + b" for cuts in cuts_of(stream))


@pytest.mark.parametrize("name", SPELLINGS)
def test_each_spelling_of_a_piece_is_read(name: str) -> None:
    stream = SPELLINGS[name]
    assert read(stream) == "return ä + b"
    assert all(read(stream, cuts) == "return ä + b" for cuts in cuts_of(stream))


@pytest.mark.parametrize("name", BROKEN)
def test_a_reported_error_ends_the_stream(name: str) -> None:
    stream, words = BROKEN[name]
    with pytest.raises(BackendError) as caught:
        read(stream)
    assert words in caught.value.message


WHOLE = {"choices": [{"index": 0, "message": {"content": "return ä + b"}, "finish_reason": "stop"}]}
STREAM = A + B + END + DONE
LINES = (A + B + END).replace(b"data: ", b"").replace(b"\n\n", b"\n")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", json.dumps(WHOLE).encode()),
        ("application/json; charset=utf-8", json.dumps(WHOLE, indent=2).encode()),
        ("application/json", b"\xef\xbb\xbf" + json.dumps(WHOLE).encode()),
        ("application/json", STREAM),
        ("text/html; charset=utf-8", STREAM),  # Flask
        ("text/html", b": connected\n\n" + STREAM),
        ("text/html", b"\n\n" + STREAM),
        ("application/javascript", STREAM),
        ("text/json", json.dumps(WHOLE).encode()),
        ("application/x-ndjson", LINES),
        ("application/json", LINES),
        ("text/event-stream", LINES),
        ("application/json", b": x\n\n" + STREAM),
        ("text/event-stream", json.dumps(WHOLE).encode()),
        ("text/event-stream", json.dumps(WHOLE, indent=2).encode()),
        ("text/plain", json.dumps(WHOLE).encode()),
        ("text/event-stream;charset=UTF-8", STREAM),
        ("text/plain; charset=utf-8", STREAM),
        ("application/octet-stream", STREAM),
        ("TEXT/EVENT-STREAM", STREAM),
    ],
)
@pytest.mark.parametrize("httpx", [False, True])
@pytest.mark.process
async def test_a_stream_and_a_whole_answer_under_any_type(content_type: str, body: bytes, httpx: bool) -> None:
    reply = closing_reply(body, content_type=content_type, write_bytes=40)
    async with FaultServer(respond=lambda _: reply) as server:
        endpoint = Endpoint(server.url, model="m")
        backend = OpenAIBackend(endpoint, HttpClient(endpoint, with_httpx=httpx))
        events = [event async for event in backend.chat(ChatRequest((ChatMessage("user", "u"),), 9))]
        assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "return ä + b"
        await backend.aclose()


@pytest.mark.parametrize("body", [b"<!DOCTYPE html>\n<p>Sign in</p>", b"<p>data: x</p>", b"OK", b"", b"Error: data: x"])
@pytest.mark.process
async def test_a_page_is_no_stream(body: bytes) -> None:
    async with FaultServer(respond=lambda _: closing_reply(body, content_type="text/html", write_bytes=3)) as server:
        backend = OpenAIBackend(Endpoint(server.url, model="m"))
        with pytest.raises(BackendError, match="answered with a web page"):
            _ = [event async for event in backend.chat(ChatRequest((ChatMessage("user", "u"),), 9))]
        await backend.aclose()


@pytest.mark.process
async def test_another_status_of_success() -> None:
    """NestJS answers every POST with 201."""
    head = b"HTTP/1.1 201 Created\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    async with FaultServer(respond=lambda _: HttpReply(head + STREAM, then="close")) as server:
        backend = OpenAIBackend(Endpoint(server.url, model="m"))
        events = [event async for event in backend.chat(ChatRequest((ChatMessage("user", "u"),), 9))]
        assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "return ä + b"
        await backend.aclose()
