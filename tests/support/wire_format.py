"""What a model server sends: the events of llama-server, of OpenAI's completions and of its chats, and HTTP messages.

Pure: nothing here opens a connection or decides what a server answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from attrs import frozen

TIMINGS = {"cache_n": 7, "prompt_n": 3, "prompt_ms": 20.5, "predicted_n": 4, "predicted_ms": 120.25}
DONE = b"data: [DONE]\n\n"
CHUNKS_END = b"0\r\n\r\n"


@frozen
class ReceivedRequest:
    """One HTTP request. ``path`` has the query as it was sent; ``headers`` have names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


@frozen
class HttpReply:
    """The bytes of a whole HTTP message, or of a part of one, written ``write_bytes`` at a time.

    Afterwards the connection takes the next request, is closed, or stays open in silence until the client leaves.
    """

    data: bytes
    write_bytes: int = 1 << 16
    then: Literal["next request", "close", "hang"] = "next request"


Responder = Callable[[ReceivedRequest], HttpReply | None]
"""Decides the answer to a request. ``None``: the server answers as it does without a responder."""


def http_message(
    body: bytes | str, *, status: int = 200, content_type: str = "application/json", headers: Mapping[str, str] = {}
) -> bytes:
    """A message with a ``Content-Length``."""
    data = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else body
    every = {"content-type": content_type, "content-length": str(len(data)), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in every.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + data


def json_reply(value: object, status: int = 200) -> HttpReply:
    return HttpReply(http_message(json.dumps(value), status=status))


def error_reply(message: str, status: int, **fields: Any) -> HttpReply:
    """A refusal as vLLM and llama-server write it."""
    return json_reply({"error": {"message": message, "code": status, **fields}}, status)


def closing_reply(
    body: bytes,
    *,
    content_type: str = "text/event-stream",
    write_bytes: int = 1 << 16,
    then: Literal["close", "hang"] = "close",
) -> HttpReply:
    """A message without a length: its end is the end of the connection."""
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n".encode()
    return HttpReply(head + body, write_bytes, then)


def chunk(data: bytes) -> bytes:
    """A part of a body that is sent in chunks."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(value: object) -> bytes:
    """A server-sent event."""
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def chat_event(delta: Mapping[str, Any], finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return event({"object": "chat.completion.chunk", "choices": [choice]})


def usage_event(prompt_tokens: int, completion_tokens: int, **fields: Any) -> bytes:
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, **fields}
    return event({"choices": [], "usage": usage})


class AnswerShape(Protocol):
    """How one API writes an answer: a piece of it, the end of the stream, and the answer as one JSON value."""

    def piece(self, text: Any, logprob: float | None = None) -> bytes: ...
    def end(self, pieces: int) -> bytes: ...
    def whole(self, text: str) -> str: ...


class LlamaShape:
    """llama-server's ``/completion``."""

    def piece(self, text: str, logprob: float | None = None) -> bytes:
        token_logprobs = {} if logprob is None else {"completion_probabilities": [{"token": text, "logprob": logprob}]}
        return event({"index": 0, "content": text, "stop": False, **token_logprobs})

    def end(self, pieces: int) -> bytes:
        return event(json.loads(self.whole("")) | {"tokens_predicted": pieces})

    def whole(self, text: str) -> str:
        return json.dumps(
            {"content": text, "stop": True, "stop_type": "eos", "tokens_evaluated": 10, "tokens_predicted": 4}
            | {"timings": TIMINGS},
            ensure_ascii=False,
        )


class OpenAIShape:
    """OpenAI's ``/v1/completions``."""

    def piece(self, text: str, logprob: float | None = None) -> bytes:
        token_logprobs = {} if logprob is None else {"logprobs": {"tokens": [text], "token_logprobs": [logprob]}}
        choice = {"index": 0, "text": text, "finish_reason": None, **token_logprobs}
        return event({"object": "text_completion", "choices": [choice]})

    def end(self, pieces: int) -> bytes:
        last = event({"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]})
        return last + usage_event(10, pieces) + DONE

    def whole(self, text: str) -> str:
        return json.dumps(
            {
                "choices": [{"text": text, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 4},
            },
            ensure_ascii=False,
        )


class ChatShape:
    """OpenAI's ``/v1/chat/completions``. A piece may be a whole delta, which may hold a ``finish_reason``."""

    def __init__(self) -> None:
        self._has_ended = False

    def piece(self, text: str | dict[str, Any], logprob: float | None = None) -> bytes:
        delta = {"content": text} if isinstance(text, str) else dict(text)
        reason = delta.pop("finish_reason", None)
        self._has_ended = reason is not None
        return chat_event(delta, reason)

    def end(self, pieces: int) -> bytes:
        last = b"" if self._has_ended else event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        return last + usage_event(10, pieces) + DONE

    def whole(self, text: str) -> str:
        return json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": {}})
