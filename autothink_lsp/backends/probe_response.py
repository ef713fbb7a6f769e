"""Parses a streamed response for the probe: its text, and the fields and pieces in which it arrives."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from autothink_lsp.backends.content_parts import Part, parts_of, reasoning_of
from autothink_lsp.backends.http_errors import ErrorTranslator
from autothink_lsp.backends.openai_stream import is_done
from autothink_lsp.backends.response_fields import count_of, parse_event
from autothink_lsp.backends.sse import SseEvent
from autothink_lsp.values import frozen


@frozen
class ProbeResponse:
    """One streamed response. ``tokens`` is the server's count, else the number of pieces of the stream."""

    text: str = ""
    reasoning: str = ""
    pieces: int = 0
    tokens: int = 0
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_field: str = ""
    first_ms: float = 0.0
    total_ms: float = 0.0
    done_marker: bool = False
    usage: bool = False


class ProbeResponseParser:
    """Collects the events of one response. Raises ``BackendError`` for an error in the stream."""

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
        """Add events that arrived together ``now_ms`` after the request."""
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
        text = "".join(piece for kind, piece in parts if kind == "text")
        if inline := "".join(piece for kind, piece in parts if kind == "reasoning"):
            reasoning, self._field = reasoning + inline, self._field or "content"
        if text or reasoning:
            self._first_ms = now_ms if self._first_ms is None else self._first_ms
            self._last_ms = now_ms
            self._text.append(text)
            self._reasoning.append(reasoning)

    def response(self, total_ms: float) -> ProbeResponse:
        """The response, which took ``total_ms``."""
        usage = self._usage or {}
        pieces = len(self._text)
        return ProbeResponse(
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
