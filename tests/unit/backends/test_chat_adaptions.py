"""Chat templates that refuse a begun answer, a system role, or neighbours of one role: asked again, and remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any

import pytest

from autothink_lsp.backends.base import Backend, ChatRequest, TextDelta
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.llama_server import LlamaServerBackend
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.errors import BackendError, BadResponse, PrefillRefused
from autothink_lsp.values import ChatMessage
from tests.support.fault_server import FaultServer
from tests.support.wire_format import (
    DONE,
    HttpReply,
    ReceivedRequest,
    Responder,
    chat_event,
    closing_reply,
    error_reply,
    event,
    json_reply,
)

pytestmark = pytest.mark.process

Body = Mapping[str, Any]
SYSTEM, USER = ChatMessage("system", "s"), ChatMessage("user", "u")
TALK = (SYSTEM, USER, ChatMessage("assistant", "a"), ChatMessage("user", "again"))
BACKENDS = [OpenAIBackend, LlamaServerBackend]


def template(refuses: Callable[[Body], str], status: int = 400, *, in_stream: bool = False) -> Responder:
    """A server whose chat template raises what ``refuses`` returns for the request, unless that is empty."""

    def respond(request: ReceivedRequest) -> HttpReply:
        if not request.path.endswith("/chat/completions"):
            return json_reply({}, 404)
        message = refuses(request.body)
        if message and in_stream:
            error = {"message": message, "code": status, "type": "invalid_request_error"}
            return closing_reply(event({"error": error}))
        if message:
            return error_reply(message, status, type="invalid_request_error")
        return closing_reply(chat_event({"content": "x"}, "stop") + DONE)

    return respond


def prefilled(body: Body) -> bool:
    return body["messages"][-1]["role"] == "assistant"


def with_system(body: Body) -> bool:
    return any(message["role"] == "system" for message in body["messages"])


def not_alternating(body: Body) -> bool:
    roles = [message["role"] for message in body["messages"]]
    return roles != ["user" if index % 2 == 0 else "assistant" for index in range(len(roles))]


async def chat(backend: Backend, messages: tuple[ChatMessage, ...] = (SYSTEM, USER), prefill: str = "") -> str:
    request = ChatRequest(messages=messages, max_tokens=9, prefill=prefill)
    async with aclosing(backend.chat(request)) as events:
        return "".join([event.text async for event in events if isinstance(event, TextDelta)])


PREFILL = [
    (400, "Assistant response prefill is incompatible with enable_thinking."),
    (500, "Assistant response prefill is incompatible with enable_thinking."),
    (400, "Cannot set `add_generation_prompt` to True when the last message is from the assistant. Consider using it."),
    (400, "Cannot set add_generation_prompt to True when last message is from assistant"),
    (400, "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"),
    (400, "This model does not support assistant message prefill. The conversation must end with a user message."),
    (
        400,
        "continue_final_message is set but the final message does not appear in the chat after applying it",
    ),
    (422, "Extra inputs are not permitted: continue_final_message"),
    (400, "messages: the final message must be from the user"),
    (400, "Cannot have 2 or more assistant messages at the end of the list."),
    (400, "The last message must have role user or tool"),
    (422, "[{'loc': ['body', 'messages', 1], 'msg': 'last message must be user/tool'}]"),
    (400, "Prefilling assistant messages is not supported for this model"),
    (400, "Pre-filling the assistant response is not supported when extended thinking is enabled"),
    (400, "When `thinking` is enabled, a final `assistant` message must start with a thinking block"),
    (400, "messages[-1].role must be 'user'"),
    (500, "Jinja Exception: Conversation roles must end with a user turn"),
    (400, "Assistant messages are not allowed here"),
    (400, "the message at index 2 must have role user"),
    (400, "partial mode is not supported for this model"),
    (500, "Template error: " + "{{ x }} " * 200 + "raise_exception('last turn must be user')"),
]


@pytest.mark.parametrize("make", BACKENDS)
@pytest.mark.parametrize(("status", "words"), PREFILL, ids=lambda value: str(value)[-40:])
async def test_a_refused_prefill_is_asked_again_without_it(
    status: int, words: str, make: Callable[[Endpoint], Backend]
) -> None:
    async with FaultServer(respond=template(lambda body: words if prefilled(body) else "", status)) as server:
        backend = make(Endpoint(server.url, model="m"))
        with pytest.raises(PrefillRefused):
            await chat(backend, prefill="<think>\n\n</think>\n\n")
        assert await chat(backend) == "x"
        sent = len(server.bodies)
        with pytest.raises(PrefillRefused):
            await chat(backend, prefill="<think>\n\n</think>\n\n")
        assert len(server.bodies) == sent, "it is not tried again"
        assert with_system(server.bodies[-1]), "the roles are left as they were"
        await backend.aclose()


SYSTEM_ROLE = [
    (400, "System role not supported"),
    (500, "System role not supported"),
    (500, "Jinja Exception: System role not supported at row 1, column 72"),
    (400, "system messages are not supported by this model"),
    (400, "Unsupported role: system"),
    (400, "Unknown role 'system'"),
    (400, "Invalid role: system. Must be one of user, assistant"),
    (422, "messages.0.role: Input should be 'user' or 'assistant'"),
    (400, "Only user and assistant roles are supported!"),
    (400, "Role must be in [user, assistant]"),
    (400, "Please use a valid role: user, model."),
    (500, "Jinja Exception: roles must be user or assistant"),
    (400, "Developer instruction is not enabled for models/gemma-3-27b-it"),
    (400, "This model does not support the system role"),
    (400, "The system prompt is not allowed for this model"),
    (500, "Template error: " + "{{ x }} " * 200 + "raise_exception('System role not supported')"),
    (400, "Conversation roles must alternate user/assistant/user/assistant/..."),
]


@pytest.mark.parametrize(
    ("make", "in_stream"), [(OpenAIBackend, False), (OpenAIBackend, True), (LlamaServerBackend, False)]
)
@pytest.mark.parametrize(("status", "words"), SYSTEM_ROLE, ids=lambda value: str(value)[-40:])
async def test_a_template_without_a_system_role(
    status: int, words: str, in_stream: bool, make: Callable[[Endpoint], Backend]
) -> None:
    async with FaultServer(
        respond=template(lambda body: words if with_system(body) else "", status, in_stream=in_stream)
    ) as server:
        backend = make(Endpoint(server.url, model="m"))
        assert await chat(backend) == await chat(backend, TALK) == "x"
        assert len(server.bodies) == 3, "found out once"
        assert server.bodies[1]["messages"] == [{"role": "user", "content": "s\n\nu"}]
        assert [message["content"] for message in server.bodies[2]["messages"]] == ["s\n\nu", "a", "again"]
        assert "stream_options" in server.bodies[2], "nothing else was given up"
        await backend.aclose()


ALTERNATION = [
    "Conversation roles must alternate user/assistant/user/assistant/...",
    "After the optional system message, conversation roles must alternate user and assistant roles",
    "Unexpected role 'user' after role 'user'",
    "roles must be alternating",
    "Consecutive messages of the same role are not allowed",
    "There are two user messages in a row",
    "first message must be from the user",
    "The conversation must start with a user message",
    "Roles must alternate between 'user' and 'assistant'",
    "Jinja Exception: Conversation roles must alternate",
]


@pytest.mark.parametrize("make", BACKENDS)
@pytest.mark.parametrize("words", ALTERNATION, ids=lambda value: value[:40])
async def test_roles_must_alternate(words: str, make: Callable[[Endpoint], Backend]) -> None:
    messages = (SYSTEM, USER, USER, ChatMessage("assistant", "a"), USER)
    async with FaultServer(respond=template(lambda body: words if not_alternating(body) else "", 500)) as server:
        backend = make(Endpoint(server.url, model="m"))
        assert await chat(backend, messages) == "x"
        assert [message["role"] for message in server.bodies[-1]["messages"]] == ["user", "assistant", "user"]
        assert server.bodies[-1]["messages"][0]["content"] == "s\n\nu\n\nu"
        await backend.aclose()


@pytest.mark.parametrize("make", BACKENDS)
async def test_one_thing_after_the_other(make: Callable[[Endpoint], Backend]) -> None:
    """A template that has neither a system role nor continues an answer."""

    def refuses(body: Body) -> str:
        return "System role not supported" if with_system(body) else "No prefill here" if prefilled(body) else ""

    async with FaultServer(respond=template(refuses, 500)) as server:
        backend = make(Endpoint(server.url, model="m"))
        with pytest.raises(PrefillRefused):
            await chat(backend, prefill="<think>")
        assert await chat(backend) == "x"
        assert len(server.bodies) <= 4
        await backend.aclose()


@pytest.mark.parametrize("make", BACKENDS)
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (500, "Internal Server Error"),
        (500, "out of memory: the operating system killed the process"),
        (400, "The model `m` does not exist."),
        (400, "maximum context length is 4096 tokens"),
        (413, "System role not supported"),
    ],
)
async def test_another_refusal_changes_no_roles(status: int, words: str, make: Callable[[Endpoint], Backend]) -> None:
    async with FaultServer(respond=template(lambda _: words, status)) as server:
        backend = make(Endpoint(server.url, model="m"))
        with pytest.raises(BackendError):
            await chat(backend)
        assert all(with_system(body) for body in server.bodies)
        assert len(server.bodies) <= 5
        server.respond = template(lambda _: "")
        await chat(backend)
        assert with_system(server.bodies[-1])
        await backend.aclose()


@pytest.mark.parametrize("make", BACKENDS)
async def test_a_template_that_refuses_everything_is_asked_a_few_times(make: Callable[[Endpoint], Backend]) -> None:
    async with FaultServer(
        respond=template(lambda _: "System role not supported; conversation roles must alternate", 400)
    ) as server:
        backend = make(Endpoint(server.url, model="m"))
        with pytest.raises(BadResponse):
            await chat(backend, TALK)
        assert len(server.bodies) <= 6
        await backend.aclose()


@pytest.mark.parametrize(
    ("words", "refused", "limit"),
    [
        ("Unsupported parameter: 'stop' is not supported with this model.", 1, 0),
        ("stop: Extra inputs are not permitted", 1, 0),
        ("Invalid 'stop': array too long. Expected an array with maximum length 4", 5, 4),
        ("stop must be a string", 2, 0),
    ],
)
async def test_a_server_that_takes_fewer_stops_or_none(words: str, refused: int, limit: int) -> None:
    def refuses(body: Body) -> str:
        return words if len(body.get("stop", ())) >= refused else ""

    async with FaultServer(respond=template(refuses)) as server:
        backend = OpenAIBackend(Endpoint(server.url, model="m"))
        request = ChatRequest((USER,), 9, stop=("a", "b", "c", "d", "e", "f"))
        for _ in range(2):
            async with aclosing(backend.chat(request)) as events:
                assert [event.text async for event in events if isinstance(event, TextDelta)] == ["x"]
        assert len(server.bodies[-1].get("stop", ())) == limit
        assert "stream_options" in server.bodies[-1], "what it did not refuse is still sent"
        await backend.aclose()


@pytest.mark.parametrize(
    "words",
    [
        "max_tokens is too large: 5000. This model supports at most 4096 completion tokens, whereas you provided 5000.",
        "`max_tokens` must be less than or equal to `4096`, the maximum value for `max_tokens` is less than 5000",
        "Invalid max_tokens value, the valid range of max_tokens is [1, 4096]",
        "Range of max_tokens should be [1, 4096]",
        "max_tokens: 5000 > 4096, which is the maximum: max_tokens must be <= 4096",
    ],
)
async def test_a_server_with_a_limit_of_tokens(words: str) -> None:
    async with FaultServer(respond=template(lambda body: words if body["max_tokens"] > 4096 else "")) as server:
        backend = OpenAIBackend(Endpoint(server.url, model="m"))
        for tokens, asked in ((5000, 4096), (6000, 4096), (100, 100)):
            async with aclosing(backend.chat(ChatRequest((USER,), tokens))) as events:
                assert [event.text async for event in events if isinstance(event, TextDelta)] == ["x"]
            assert server.bodies[-1]["max_tokens"] == asked
        assert len(server.bodies) == 4
        await backend.aclose()
