"""The optional fields that one OpenAI-compatible server accepts, learned from its refusals. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from attrs import evolve

from autothink_lsp.backends.base import ChatRequest
from autothink_lsp.backends.http_errors import names_no_model
from autothink_lsp.errors import BadResponse, PrefillRefused
from autothink_lsp.values import frozen

STOP_LIMIT = 4
"""OpenAI's own limit on ``stop``; servers that copy it refuse longer lists."""

_REFUSING = frozenset({400, 409, 415, 422, 500, 501})
"""What servers answer to a request that their chat template cannot render; llama-server says 500."""

_ABOUT_PREFILL = re.compile(
    r"pre-?fill|continue_?final_?message|add_?generation_?prompt|messages?\[-1\]"
    r"|\b(?:last|final)\W+(?:\w+\W+){0,4}?(?:message|role|turn)"
    r"|\b(?:message|role|turn)s?\W+(?:\w+\W+){0,3}?(?:last|final)\b"
    r"|\b(?:end|ends|ending|finish|finishes)\W+with\W+(?:\w+\W+){0,3}?(?:user|tool|assistant)"
    r"|\bmessage at index\b|\bpartial mode\b"
    r"|\bassistant\W+(?:\w+\W+){0,6}?(?:at the end|enable_?thinking|not (?:supported|allowed))",
    re.IGNORECASE,
)
_ABOUT_ALTERNATION = re.compile(
    r"alternat|consecutive|in a row|same role|unexpected role|roles? (?:order|sequence)|conversation roles"
    r"|\bfirst message\b|\bstart\W+with\W+(?:\w+\W+){0,3}?user",
    re.IGNORECASE,
)
_ABOUT_SYSTEM_ROLE = re.compile(
    r"\bsystem\W+(?:\w+\W+){0,5}?(?:role|message|prompt|instruction|unsupported)"
    r"|\b(?:role|message|prompt|instruction)s?\W+(?:\w+\W+){0,5}?system\b|\bdeveloper instruction"
    r"|\bonly\W+(?:\w+\W+){0,3}?user\W+(?:(?:and|or)\W+)?assistant|'user'\W+(?:(?:and|or)\W+)?'assistant'"
    r"|\b(?:unknown|unsupported|invalid|bad) role|\broles?\W+(?:\w+\W+){0,5}?user\b",
    re.IGNORECASE,
)
_ABOUT_TEMPLATE = re.compile(r"\bassistant\b|alternat|chat.?template|jinja|thinking", re.IGNORECASE)
_ABOUT_STOP = re.compile(r"\bstop\b", re.IGNORECASE)
_NO_STOP = re.compile(
    r"unsupported|not supported|not allowed|not permitted|unrecognized|unknown|unexpected", re.IGNORECASE
)
# The most tokens that a server lets a request ask for: OpenAI, Groq, DeepSeek, DashScope, Mistral.
_MOST_TOKENS = re.compile(
    r"max_(?:completion_|new_)?tokens\b.{0,120}?"
    r"(?:at most|less than or equal to|maximum(?: value)?(?: is| of|:)?|<=|up to|\[ ?\d+ ?, ?)"
    r"\W{0,3}(?P<most>[0-9]{2,7})\b(?! tokens? (?:in|and))",
    re.IGNORECASE | re.DOTALL,
)
# The fields that every chat needs; all others may be left out.
_ESSENTIAL = frozenset({"model", "messages", "prompt", "stream", "max_tokens", "max_completion_tokens", "stop"})


@frozen
class Dialect:
    """How to write a request for one server.

    ``refused`` are fields that the server does not accept. With ``completion_limit`` the limit is sent as
    ``max_completion_tokens``; it is not higher than ``most_tokens``. ``priority`` is sent if it is not 0: to vLLM,
    which uses it if its scheduler has the priority policy. ``folds_system``: the chat template has no system role, so
    the system text is put at the beginning of the first user message. ``merges_neighbours``: roles must alternate, so
    consecutive messages of one role are merged. ``refuses_prefill``: an assistant message at the end is refused.
    """

    usage: bool = True
    stop_limit: int | None = None
    llama_cpp: bool = False
    refused: frozenset[str] = frozenset()
    completion_limit: bool = False
    most_tokens: int | None = None
    priority: int = 0
    folds_system: bool = False
    merges_neighbours: bool = False
    refuses_prefill: bool = False


MOST_TRIES = 5
"""Requests for one answer: the first, and some with fewer optional fields."""


def refuse_lost_prefill(request: ChatRequest, dialect: Dialect) -> None:
    """Raise ``PrefillRefused`` if the server refuses a prefill, or would treat it as a complete answer."""
    if request.prefill and (dialect.refuses_prefill or "continue_final_message" in dialect.refused):
        raise PrefillRefused(
            "The model server does not continue an answer that was begun, so the model cannot be told to think or not.",
            hint='Set assist.think_profile to "plain", or use a server with continue_final_message (vLLM, SGLang).',
        )


def chat_body(request: ChatRequest, model: str | None, dialect: Dialect, stop: tuple[str, ...]) -> dict[str, object]:
    """The body of ``/v1/chat/completions``."""
    messages = _messages(request, dialect)
    body: dict[str, object] = {"messages": messages, "temperature": request.temperature, "stream": True}
    if request.top_p is not None:
        body["top_p"] = request.top_p
    if request.prefill:
        messages.append({"role": "assistant", "content": request.prefill})
        if not dialect.llama_cpp:  # llama.cpp continues the last message without it
            body |= {"continue_final_message": True, "add_generation_prompt": False}
    limit = "max_completion_tokens" if dialect.completion_limit else "max_tokens"
    body[limit] = max(1, min(request.max_tokens, dialect.most_tokens or request.max_tokens))
    if model:
        body["model"] = model
    if stop:
        body["stop"] = stop
    if dialect.llama_cpp:
        body |= {"return_progress": True, "timings_per_token": True, "cache_prompt": True}
    if dialect.usage:
        body["stream_options"] = {"include_usage": True}
    if dialect.priority:
        body["priority"] = dialect.priority
    body |= request.fields
    return {name: value for name, value in body.items() if name not in dialect.refused}


def simpler_dialect(dialect: Dialect, error: BadResponse, body: Mapping[str, object]) -> Dialect | None:
    """The dialect to try after a refusal; ``None`` if the optional fields are not its cause."""
    message = f"{error.message} {error.server_message}"
    adapted = adapted_messages(dialect, error, body)
    if adapted is not None or error.status not in {400, 422}:
        return adapted
    stop = body.get("stop")
    if dialect.usage and ("stream_options" in message or "include_usage" in message):
        return evolve(dialect, usage=False)
    if "max_completion_tokens" in message and "max_tokens" in body:
        return evolve(dialect, completion_limit=True)
    if isinstance(stop, tuple) and stop and _ABOUT_STOP.search(message):
        is_limit = len(stop) > STOP_LIMIT and not _NO_STOP.search(message)
        return evolve(dialect, stop_limit=STOP_LIMIT if is_limit else 0)
    most = _most_tokens(message, body)
    if most is not None:
        return evolve(dialect, most_tokens=most)
    optional = set(body) - _ESSENTIAL - {"stream_options"}
    named = {name for name in optional if re.search(rf"\b{re.escape(name)}\b", message)}
    if named:
        return evolve(dialect, refused=dialect.refused | named)
    if dialect.usage and not names_no_model(message):
        return evolve(dialect, usage=False)  # for servers that only report "bad request"
    if _has_prefill(body) and not names_no_model(message):
        return evolve(dialect, refuses_prefill=True)
    extra = optional - {"temperature"}
    if extra and not names_no_model(message):
        return evolve(dialect, refused=dialect.refused | extra)
    return None


def _messages(request: ChatRequest, dialect: Dialect) -> list[dict[str, str]]:
    """The messages with the roles that the server's chat template accepts."""
    messages = [{"role": message.role, "content": message.content} for message in request.messages]
    if dialect.folds_system:
        system = "\n\n".join(message["content"] for message in messages if message["role"] == "system")
        messages = [message for message in messages if message["role"] != "system"]
        first = next((message for message in messages if message["role"] == "user"), None)
        if first is not None and first is messages[0]:
            first["content"] = f"{system}\n\n{first['content']}" if system else first["content"]
        elif system:
            messages.insert(0, {"role": "user", "content": system})
    if not dialect.merges_neighbours:
        return messages
    merged: list[dict[str, str]] = []
    for message in messages:
        if merged and merged[-1]["role"] == message["role"]:
            merged[-1]["content"] += f"\n\n{message['content']}"
        else:
            merged.append(message)
    return merged


def adapted_messages(dialect: Dialect, error: BadResponse, body: Mapping[str, object]) -> Dialect | None:
    """The dialect with other roles or without a prefill, if the server refused those of ``body``; else ``None``."""
    if error.status not in _REFUSING:
        return None
    message = f"{error.message} {error.server_message}"
    if _has_prefill(body) and _ABOUT_PREFILL.search(message):
        return evolve(dialect, refuses_prefill=True)
    roles = [message.get("role") for message in _messages_of(body)]
    has_system = "system" in roles
    if _ABOUT_ALTERNATION.search(message):
        repeated = any(one == other for one, other in pairwise(roles))
        if has_system or (repeated and not dialect.merges_neighbours):
            return evolve(dialect, folds_system=True, merges_neighbours=True)
    if has_system and _ABOUT_SYSTEM_ROLE.search(message):
        return evolve(dialect, folds_system=True)
    # Any other error of the template: the prefill is the one message that can be omitted.
    return evolve(dialect, refuses_prefill=True) if _has_prefill(body) and _ABOUT_TEMPLATE.search(message) else None


def _most_tokens(message: str, body: Mapping[str, object]) -> int | None:
    """The limit that a refusal names, if the request asked for more."""
    found = _MOST_TOKENS.search(message)
    asked = body.get("max_tokens", body.get("max_completion_tokens"))
    if found is None or not isinstance(asked, int) or "context" in message.lower():
        return None
    most = int(found["most"])
    return most if most < asked else None


def _has_prefill(body: Mapping[str, object]) -> bool:
    messages = _messages_of(body)
    return bool(messages) and messages[-1].get("role") == "assistant"


def _messages_of(body: Mapping[str, object]) -> list[dict[str, str]]:
    messages = body.get("messages")
    return messages if isinstance(messages, list) else []
