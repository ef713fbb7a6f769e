"""Which optional fields one OpenAI-compatible server takes, learned from its refusals. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import evolve, frozen

from autothink_lsp.backends.base import ChatRequest
from autothink_lsp.backends.http_errors import names_no_model
from autothink_lsp.errors import BadResponse

STOP_LIMIT = 4
"""OpenAI's own limit on ``stop``; servers that copy it refuse longer lists."""

_ABOUT_STOP = re.compile(r"\bstop\b", re.IGNORECASE)
# What every chat needs; anything else in a body may be left out.
_ESSENTIAL = frozenset({"model", "messages", "prompt", "stream", "max_tokens", "max_completion_tokens", "stop"})


@frozen
class Dialect:
    """``refused`` are fields that the server does not take; ``completion_limit`` says ``max_completion_tokens``.
    ``priority`` is sent where it is not 0: to vLLM, which heeds it where its scheduler has the policy for it.
    """

    usage: bool = True
    stop_limit: int | None = None
    llama_cpp: bool = False
    refused: frozenset[str] = frozenset()
    completion_limit: bool = False
    priority: int = 0


MOST_TRIES = 5
"""Requests for one answer: the first, and some with fewer optional fields."""


def refuse_lost_prefill(request: ChatRequest, dialect: Dialect) -> None:
    """Raises ``BadResponse`` where the server would take the begun answer for a whole one."""
    if request.prefill and "continue_final_message" in dialect.refused:
        raise BadResponse(
            "The model server does not continue an answer that was begun, so the model cannot be told to think or not.",
            hint='Set assist.think_profile to "plain", or use a server with continue_final_message (vLLM, SGLang).',
        )


def chat_body(request: ChatRequest, model: str | None, dialect: Dialect, stop: tuple[str, ...]) -> dict[str, object]:
    """The body of ``/v1/chat/completions``."""
    messages = [{"role": message.role, "content": message.content} for message in request.messages]
    body: dict[str, object] = {"messages": messages, "temperature": request.temperature, "stream": True}
    if request.prefill:
        messages.append({"role": "assistant", "content": request.prefill})
        if not dialect.llama_cpp:  # which continues the last message by itself
            body |= {"continue_final_message": True, "add_generation_prompt": False}
    limit = "max_completion_tokens" if dialect.completion_limit else "max_tokens"
    body[limit] = max(1, request.max_tokens)
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
    """What to try after a refusal; ``None`` where our optional fields are not the reason."""
    if error.status not in {400, 422}:
        return None
    said = error.message
    stop = body.get("stop")
    if dialect.usage and ("stream_options" in said or "include_usage" in said):
        return evolve(dialect, usage=False)
    if "max_completion_tokens" in said and "max_tokens" in body:
        return evolve(dialect, completion_limit=True)
    if isinstance(stop, tuple) and len(stop) > STOP_LIMIT and _ABOUT_STOP.search(said):
        return evolve(dialect, stop_limit=STOP_LIMIT)
    optional = set(body) - _ESSENTIAL - {"stream_options"}
    named = {name for name in optional if re.search(rf"\b{re.escape(name)}\b", said)}
    if named:
        return evolve(dialect, refused=dialect.refused | named)
    if dialect.usage and not names_no_model(said):
        return evolve(dialect, usage=False)  # one of the servers that only say "bad request"
    extra = optional - {"temperature"}
    if extra and not names_no_model(said):
        return evolve(dialect, refused=dialect.refused | extra)
    return None
