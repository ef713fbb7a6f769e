"""A request that the scheduler has accepted, and the stream in flight that may answer it.

``InFlightRequest`` answers the questions about texts that ``scheduler.py`` needs before it makes an event: whether the
output serves a cursor, agrees with an edit, has ended a line, shares a prefill, or has stalled. It changes no state of
the slot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from attrs import define, field

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.snapshot import Change
from autothink_lsp.features.completion.endpoint import STALLED_MS, CompletionConnection, CompletionEndpoint
from autothink_lsp.features.completion.metrics import StreamTimes
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.features.completion.prompt_context import shares_prefill
from autothink_lsp.features.completion.slot_values import Purpose, RequestId, Resolution, TextArrived
from autothink_lsp.features.completion.stream import InFlightCompletion
from autothink_lsp.features.completion.type_through import (
    Match,
    RemainingText,
    TypeThroughMatcher,
    remaining_text,
    whole_lines,
)
from autothink_lsp.values import Point, frozen

_UNANSWERED = frozenset({Resolution.DEADLINE, Resolution.NO_BACKEND, Resolution.BACKEND_FAILED})


@frozen
class AssumedText:
    """The text that a prefetch assumes at ``point``: its output follows this text, which is not accepted yet."""

    point: Point
    text: str


class PrefetchListener(Protocol):
    """Receives the result of a prefetch."""

    def on_prefetched(self) -> None:
        """The prefetch ended and its output is stored."""
        ...

    def on_prefetch_used(self) -> None:
        """The output answered an editor request for the first time."""
        ...


@define(eq=False)
class PendingRequest:
    """A request in the scheduler: of the editor, a prefetch, a prewarm or a sample. ``joined``: it waits for a stream
    that was in flight already. ``resolved`` ends when the request can be replied to: with a suggestion, or with the
    reason for none. ``times`` are those of its stream. ``shown_part``: the part of an answer that it was replied to
    with. Only the scheduler sets attributes."""

    id: RequestId
    purpose: Purpose
    request: CompletionRequest
    context: CodeContext
    connected: CompletionConnection | None = None
    joined: bool = False
    temperature: float = 0.0
    assumed: AssumedText | None = None
    listener: PrefetchListener | None = None
    resolved: asyncio.Future[Resolution] = field(factory=lambda: asyncio.get_running_loop().create_future())
    on_end: Callable[[InFlightCompletion], None] | None = None
    is_released: bool = False
    shown_part: str = ""
    timers: list[asyncio.TimerHandle] = field(factory=list)
    times: StreamTimes = field(factory=StreamTimes)

    @property
    def uri(self) -> str:
        """The document's URI."""
        return self.request.snapshot.uri

    @property
    def may_be_answered_late(self) -> bool:
        """Whether it is an automatic request whose wait ended at its deadline, or because its server was away."""
        is_resolved = self.resolved.done() and not self.resolved.cancelled()
        is_automatic = self.request.trigger == "automatic"
        return is_automatic and is_resolved and self.resolved.result() in _UNANSWERED


@define(eq=False)
class InFlightRequest:
    """The stream in the slot, the request that started it and its endpoint. ``matcher`` is ``None`` for a stream
    without text to type through (a prewarm or a sample)."""

    stream: InFlightCompletion
    pending: PendingRequest
    endpoint: CompletionEndpoint
    matcher: TypeThroughMatcher | None
    _newlines: int = field(default=0, init=False)  # in the output so far

    @property
    def is_stalled(self) -> bool:
        """Whether the stream has been silent for longer than its server needs, so that a new request may help."""
        stream = self.stream
        if stream.first_token_ms is not None:
            return stream.idle_ms > STALLED_MS
        return stream.idle_ms > self.endpoint.throughput.longest_silence_ms(stream.window_chars)

    def remaining(self, uri: str, now: CodeContext, output: str) -> RemainingText | None:
        """The part of ``output`` after this cursor (perhaps empty); ``None`` if the stream serves another text."""
        if self.matcher is None or self.stream.uri != uri:
            return None
        left = remaining_text(self.stream.position, now, output, finished=False)
        return left if left.along in {Match.AGREES, Match.PENDING} else None

    def on_text(self) -> TextArrived | None:
        """The event that new output makes: it diverges from the typed text, or has ended a line. ``None`` if neither.

        A piece may end a line and begin the next: some vocabularies have tokens of a newline and indentation, and the
        pieces of fast servers are read together.
        """
        if self.matcher is None:
            return None
        text, first_token_ms = self.stream.raw_text, self.stream.first_token_ms
        diverged, newlines = self.matcher.diverges(text), text.count("\n")
        lines = whole_lines(text) if newlines > self._newlines and first_token_ms is not None else 0
        self._newlines = newlines
        if not diverged and not lines:
            return None
        line_ms = (self.stream.elapsed_ms - (first_token_ms or 0.0)) / max(1, lines)
        return TextArrived(diverged, lines, line_ms)

    def agrees(self, changes: Sequence[Change]) -> bool:
        """Apply an edit to the matcher. Returns whether the typed text still agrees with the output."""
        return self.matcher is not None and self.matcher.follow(changes, self.stream.raw_text)

    def shares_prefill(self, now: CodeContext) -> bool:
        """Whether a prompt for this cursor begins like the one that is being evaluated."""
        return shares_prefill(self.stream.context, now)
