"""Extracts text and reasoning from the content of a chat message, in each of the shapes that servers send. Pure.

Shapes: a string; a list of parts (OpenAI, Mistral, Anthropic-compatible and Gemini-compatible gateways); strings and
lists inside lists; one part without a list. A part whose type is neither text nor reasoning (an image, a tool call, a
reference) adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

# Fields with reasoning: vLLM; SGLang, llama-server, DeepSeek and older vLLM; Ollama; others; OpenRouter; LiteLLM.
REASONING_FIELDS = (
    *("reasoning", "reasoning_content", "thinking", "reasoning_text", "thinking_content", "thought", "thoughts"),
    *("reasoning_details", "thinking_blocks", "reasoningContent", "thinkingContent", "reasoning_summary"),
    *("reason_content", "think_content", "reasoning_delta", "chain_of_thought"),
)
_TEXT_TYPES = frozenset({"", "text", "output_text", "input_text", "text_delta", "markdown", "message"})
_REASONING_WORDS = ("think", "thought", "reason")
# The fields of a part that may contain its text, in the order in which they are tried.
_TEXT_FIELDS = ("text", "output_text", "content", "value", "parts")
_REASONING_TEXT_FIELDS = (
    *("thinking", "reasoning", "text", "content", "summary", "thought", "value"),
    *("reasoningText", "reasoning_text"),  # Bedrock
)
# Members of a delta that say of what kind its content is: of gateways to Gemini, gpt-oss, GLM and others.
_KIND_FIELDS = ("type", "phase", "channel", "role", "status", "content_type", "message_type")
_KIND_FLAGS = ("thought", "thinking", "reasoning", "is_thinking", "is_reasoning", "is_thought")
_OTHER_CHANNELS = frozenset({"analysis", "commentary"})
_DEEPEST = 8

Kind = Literal["text", "reasoning"]
Part = tuple[Kind, str]


def parts_of(content: object) -> list[Part]:
    """The non-empty parts of ``content`` in order. Raises ``TypeError`` for a number or a boolean."""
    if content is None or content == "":
        return []
    if isinstance(content, str):
        return [("text", content)]
    if not isinstance(content, list | dict):
        raise TypeError(f"a content of type {type(content).__name__}")
    return [(kind, text) for kind, text in _walk(content, "text", 0) if text]


def reasoning_of(delta: Mapping[str, object]) -> tuple[str, str]:
    """The reasoning in a separate field of ``delta``, and the field's name; both empty if there is none.

    Some gateways send the same reasoning under two names; only the first one is used.
    """
    for name in REASONING_FIELDS:
        value = delta.get(name)
        if not value:
            continue
        text = value if isinstance(value, str) else "".join(piece for _, piece in _walk(value, "reasoning", 0))
        if text:
            return text, name
    fields = delta.get("provider_specific_fields")  # LiteLLM
    return reasoning_of({**fields, "provider_specific_fields": None}) if isinstance(fields, dict) else ("", "")


def is_reasoning(delta: Mapping[str, object]) -> bool:
    """Whether another member of ``delta`` says that its content is reasoning."""
    extra = delta.get("extra_content")
    vendor = extra.get("google") if isinstance(extra, dict) else None
    if isinstance(vendor, dict) and vendor.get("thought") is True:
        return True
    if any(delta.get(name) is True for name in _KIND_FLAGS):
        return True
    names = [value.lower() for name in _KIND_FIELDS if isinstance(value := delta.get(name), str)]
    return any(name in _OTHER_CHANNELS or any(word in name for word in _REASONING_WORDS) for name in names)


def is_refusal(content: object) -> bool:
    """Whether the model refuses in a part of ``content``."""
    return isinstance(content, list) and any(
        isinstance(part, dict) and part.get("type") == "refusal" for part in content
    )


def _walk(value: object, kind: Kind, depth: int) -> Iterator[Part]:
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        yield kind, value
    elif isinstance(value, list):
        for each in value:
            yield from _walk(each, kind, depth + 1)
    elif isinstance(value, dict):
        own = _kind_of_part(value, kind)
        if own is None:
            return
        for name in _REASONING_TEXT_FIELDS if own == "reasoning" else _TEXT_FIELDS:
            inner = value.get(name)
            if inner and isinstance(inner, str | list | dict):
                yield from _walk(inner, own, depth + 1)
                return


def _kind_of_part(
    part: Mapping[str, object], outer: Literal["text", "reasoning"]
) -> Literal["text", "reasoning"] | None:
    type_name = part.get("type")
    name = type_name.lower() if isinstance(type_name, str) else ""
    if part.get("thought") is True or any(word in name for word in _REASONING_WORDS):  # Gemini marks a part as thought
        return "reasoning"
    return outer if name in _TEXT_TYPES or outer == "reasoning" else None
