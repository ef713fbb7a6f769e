"""Metrics of the keystroke path: counters, the stages of each request, and the measurements of ended streams.

Counters are kept in memory and sent nowhere; each stream's part of them is in the log at debug level.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from attrs import define, field

from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.model import CompletionUsage
from autothink_lsp.features.completion.slot import Purpose
from autothink_lsp.features.completion.stream import InFlightCompletion
from autothink_lsp.settings.local_only import leaves_this_machine

logger = logging.getLogger(__name__)


@define
class Counters:
    """Counts since the start of the server. ``finished``: streams that ended by themselves; ``used``: those whose
    output answered a request, even if nothing of it was worth showing."""

    requests: int = 0
    sent: int = 0
    from_cache: int = 0
    from_running: int = 0
    aborted: int = 0
    finished: int = 0
    used: int = 0
    speculative: int = 0  # prefetches; part of ``sent``
    speculative_used: int = 0
    shown: int = 0
    accepted: int = 0

    def answer_used(self) -> None:
        """A finished stream's output answered a request for the first time."""
        self.used += 1

    @property
    def wasted(self) -> int:
        """Streams that finished and are not used yet; a later key may still use them."""
        return self.finished - self.used


@define(eq=False)
class StreamTimes:
    """When a stream reached its steps, in milliseconds of the service's clock; ``None`` before that. Requests that join
    the stream share the object."""

    sent_ms: float | None = None  # debounced and connected; the prompt is rendered next
    started_ms: float | None = None
    first_token_ms: float | None = None


@define(eq=False)
class StageClock:
    """Divides the time of one request into consecutive stages. ``stages_ms`` maps the name of a stage to its
    milliseconds; the sum is the time from ``last_ms`` as given to the latest ``end``."""

    now_ms: Callable[[], float]
    last_ms: float
    stages_ms: dict[str, float] = field(factory=dict)

    def end(self, stage: str, at_ms: float | None = None) -> None:
        """End the stage now or at ``at_ms``. Its time is added to the earlier time of the same stage (of a request that
        is sent again)."""
        ended_ms = self.now_ms() if at_ms is None else at_ms
        self.stages_ms[stage] = self.stages_ms.get(stage, 0.0) + ended_ms - self.last_ms
        self.last_ms = ended_ms

    def end_stream(self, times: StreamTimes) -> None:
        """End the wait for a model now, and divide it into the stages of the stream. Stages that a joined stream
        reached before the wait take no time."""
        now_ms, stage = self.now_ms(), "wait"
        steps = (("prompt", times.sent_ms), ("first_token", times.started_ms), ("output", times.first_token_ms))
        for following, reached_ms in steps:
            if reached_ms is None:
                break
            self.end(stage, min(max(reached_ms, self.last_ms), now_ms))
            stage = following
        self.end(stage, now_ms)


def record_completion(
    stream: InFlightCompletion, endpoint: CompletionEndpoint, purpose: Purpose, *, prefill_only: bool
) -> None:
    """Log an ended stream, and record its endpoint's latency and prompt throughput. ``prefill_only``: its output was
    not wanted, so the time until it was aborted is not a latency."""
    usage, window_chars = stream.usage, stream.window_chars
    _log(stream, purpose, usage)
    throughput = endpoint.throughput
    throughput.record_timings(usage)
    if stream.prompt_size is not None:
        throughput.record_prompt_tokens(*stream.prompt_size)
    silent_ms = stream.first_token_ms
    if silent_ms is None and stream.aborted:
        silent_ms = stream.elapsed_ms
    # For the rate of remote servers use reported timings only: their latency has other causes.
    if leaves_this_machine(stream.request.settings.completion):
        if stream.first_token_ms is not None:
            throughput.record_remote_answer(stream.first_token_ms)
    elif silent_ms is not None:
        throughput.record_silence(window_chars, silent_ms)
        if stream.first_token_ms is not None:
            throughput.record_local_answer(window_chars, stream.first_token_ms)
    if purpose in {Purpose.ANSWER, Purpose.PREFETCH}:
        if stream.usable_ms is not None:
            endpoint.latency.record_answer(stream.usable_ms)
        elif stream.aborted and not prefill_only:
            endpoint.latency.record_abort(stream.elapsed_ms)
    if purpose is Purpose.ANSWER and not prefill_only:
        _record_answer_time(stream, endpoint)


def _record_answer_time(stream: InFlightCompletion, endpoint: CompletionEndpoint) -> None:
    if stream.usable_ms is not None:
        endpoint.on_answer_time(stream.usable_ms)
    elif stream.aborted and stream.elapsed_ms > stream.request.settings.completion.deadline_ms:
        endpoint.on_answer_time(stream.elapsed_ms)  # nothing came in time, and the user typed on


def _log(stream: InFlightCompletion, purpose: Purpose, usage: CompletionUsage) -> None:
    """Log the counts of an ended stream. The output is the user's code and must not be logged."""
    end = "aborted" if stream.aborted else "failed" if stream.error is not None else "ended"
    logger.debug(
        "%s %s: %d tokens generated, %s of the prompt evaluated, %s cached",
        "warm-up" if purpose is Purpose.PREWARM else "run",
        end,
        usage.predicted_tokens,
        usage.prompt_evaluated_tokens,
        usage.prompt_cached_tokens,
    )
