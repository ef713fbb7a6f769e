"""Reads an answer for the probe: not only what it says, but in which fields and pieces it comes."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from autothink_lsp.backends.answers import count_of, parse_event
from autothink_lsp.backends.content_parts import Part, parts_of, reasoning_of
from autothink_lsp.backends.http_errors import ErrorTranslator
from autothink_lsp.backends.openai_answer import is_done
from autothink_lsp.backends.probe import Observation
from autothink_lsp.backends.sse import SseEvent


class Reading:
    """Fed event by event. Raises ``BackendError`` for an error in the stream."""

    def __init__(self, errors: ErrorTranslator) -> None:
        self._errors = errors
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._field = ""
        self._first_ms: float | None = None
        self._last_ms = 0.0
        self._done = False
        self._usage: dict[str, Any] | None = None
        self._cached: int | None = None

    def feed(self, events: Sequence[SseEvent], now_ms: float) -> None:
        """Events that came together at ``now_ms`` after the request."""
        for event in events:
            if is_done(event):
                self._done = True
                continue
            value = parse_event(event, self._errors)
            if value is not None:
                self._piece(value, now_ms)

    def _piece(self, value: dict[str, Any], now_ms: float) -> None:
        usage, timings = value.get("usage"), value.get("timings")
        if isinstance(usage, dict):
            self._usage = usage
            details = usage.get("prompt_tokens_details")
            self._cached = count_of(details.get("cached_tokens")) if isinstance(details, dict) else self._cached
        if isinstance(timings, dict) and self._cached is None:
            self._cached = count_of(timings.get("cache_n"))
        choices = value.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        delta = choice.get("delta") or choice.get("message") or {}
        parts: list[Part] = []
        reasoning = ""
        with contextlib.suppress(TypeError):
            parts = parts_of(choice.get("text") or (delta.get("content") if isinstance(delta, dict) else ""))
        if isinstance(delta, dict):
            reasoning, name = reasoning_of(delta)
            self._field = name or self._field
        text = "".join(said for kind, said in parts if kind == "text")
        if inline := "".join(said for kind, said in parts if kind == "reasoning"):
            reasoning, self._field = reasoning + inline, self._field or "content"
        if text or reasoning:
            self._first_ms = now_ms if self._first_ms is None else self._first_ms
            self._last_ms = now_ms
            self._text.append(text)
            self._reasoning.append(reasoning)

    def observation(self, total_ms: float) -> Observation:
        """What it came to."""
        usage = self._usage or {}
        pieces = len(self._text)
        return Observation(
            text="".join(self._text),
            reasoning="".join(self._reasoning),
            pieces=pieces,
            tokens=count_of(usage.get("completion_tokens")) or pieces,
            prompt_tokens=count_of(usage.get("prompt_tokens")),
            cached_tokens=self._cached,
            reasoning_field=self._field,
            first_ms=total_ms if self._first_ms is None else self._first_ms,
            total_ms=total_ms,
            done_marker=self._done,
            usage=bool(self._usage),
        )
