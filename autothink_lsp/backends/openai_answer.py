"""Reads what OpenAI-compatible servers stream: pieces of a completion or of a chat, and what they say besides text."""

from __future__ import annotations

from typing import Any, Literal

from autothink_lsp.backends.answers import count_of, parse_event, parse_logprobs, parse_timings, parse_usage
from autothink_lsp.backends.base import ReasoningDelta, TextDelta, Timings, Usage
from autothink_lsp.backends.http_errors import ErrorTranslator
from autothink_lsp.backends.sse import SseEvent

# Where servers put reasoning: vLLM; SGLang, llama-server, DeepSeek and older vLLM; Ollama.
REASONING_FIELDS = ("reasoning", "reasoning_content", "thinking")


class Answer:
    """One answer, fed event by event. Raises ``BackendError`` for rubbish and for failures that the server reports."""

    def __init__(self, errors: ErrorTranslator) -> None:
        self._errors = errors
        self._begun = False
        self.done = False
        self.reason: Literal["stop", "length"] | None = None
        self.usage = Usage()
        self.timings: Timings | None = None
        self.logprobs: tuple[float, ...] = ()  # of the newest piece of a completion

    def text(self, event: SseEvent) -> str:
        """The text in a piece of a completion."""
        choice = self._choice(event)
        self.logprobs = ()
        if choice is None:
            return ""
        self.logprobs = parse_logprobs(choice.get("logprobs"))
        return self._checked(choice.get("text"), event)

    def deltas(self, event: SseEvent) -> list[TextDelta | ReasoningDelta]:
        """What a piece of a chat adds: reasoning first, then text. Unknown fields are ignored."""
        choice = self._choice(event)
        if choice is None:
            return []
        delta = choice.get("delta")
        if not isinstance(delta, dict):  # a server that does not stream
            delta = choice.get("message")
        if not isinstance(delta, dict):
            if self.reason is None:
                raise self._rubbish(event)
            return []
        # Some gateways send the same reasoning under two names: the first one counts.
        reasoning = next((self._checked(delta.get(name), event) for name in REASONING_FIELDS if delta.get(name)), "")
        text = self._checked(delta.get("content"), event)
        found: list[TextDelta | ReasoningDelta] = [ReasoningDelta(reasoning)] if reasoning else []
        return [*found, TextDelta(text, self.timings)] if text else found

    def final_reason(self) -> Literal["stop", "length"]:
        """Why it ended. Raises ``BackendError`` where it did not end but was cut, or never began."""
        if self.reason is None and not self.done:
            raise self._errors.broke_off()
        if not self._begun:
            raise self._errors.rubbish("an end without an answer", status=200)
        return self.reason or "stop"  # some gateways send only [DONE]

    def _choice(self, event: SseEvent) -> dict[str, Any] | None:
        """Note the rest of the event and give its choice; ``None`` where there is none."""
        if self.done:  # what comes behind the end is not the answer's
            return None
        if event.data.strip() == "[DONE]":
            self.done = True
            return None
        piece = parse_event(event, self._errors)
        self._begun = True
        usage = piece.get("usage")
        self.usage = _with_reasoning(parse_usage(usage), usage) or self.usage
        self.timings = parse_timings(piece.get("timings"), self.usage.prompt_tokens) or self.timings
        choices = piece.get("choices")
        if choices == [] or (choices is None and "usage" in piece):
            return None
        choice = choices[0] if isinstance(choices, list) else None
        if not isinstance(choice, dict):
            raise self._rubbish(event)
        if choice.get("finish_reason"):
            self.reason = "length" if choice["finish_reason"] == "length" else "stop"
        return choice

    def _checked(self, text: object, event: SseEvent) -> str:
        text = text or ""
        if not isinstance(text, str):
            raise self._rubbish(event)
        return text

    def _rubbish(self, event: SseEvent) -> Exception:
        return self._errors.rubbish("something that is not a piece of a completion", event.data, status=200)


def _with_reasoning(usage: Usage | None, value: object) -> Usage | None:
    """OpenAI counts reasoning in ``completion_tokens_details``, SGLang beside the rest."""
    if usage is None or not isinstance(value, dict):
        return usage
    details = value.get("completion_tokens_details")
    told = details.get("reasoning_tokens") if isinstance(details, dict) else value.get("reasoning_tokens")
    return Usage(usage.prompt_tokens, usage.completion_tokens, count_of(told))
