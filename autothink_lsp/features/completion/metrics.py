"""What the keystroke path counts and learns: counters, and what an ended stream says about its endpoint.

Counters are kept in memory and sent nowhere; each stream's part of them is in the log at debug level.
"""

from __future__ import annotations

import logging

from attrs import define

from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.slot import Purpose
from autothink_lsp.features.completion.stream import InFlightCompletion
from autothink_lsp.settings.local_only import leaves_this_machine

logger = logging.getLogger(__name__)


@define
class Counters:
    """Since the start of the server. ``finished`` counts streams that came to their end, ``used`` those of them whose
    output answered a request, be it with nothing to show."""

    queries: int = 0
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
        """Finished and not used, as far as is known yet: a later key may still use it."""
        return self.finished - self.used


def record_completion(
    stream: InFlightCompletion, endpoint: CompletionEndpoint, purpose: Purpose, *, prefill_only: bool
) -> None:
    """Log an ended stream, and note its endpoint's latency and prompt throughput. ``prefill_only``: its output was not
    wanted, so that it was aborted says nothing about latency."""
    _log(stream, purpose)
    throughput = endpoint.throughput
    throughput.record_timings(stream.usage)
    if stream.prompt_size is not None:
        throughput.record_prompt_tokens(*stream.prompt_size)
    silent_ms = stream.first_token_ms
    if silent_ms is None and stream.aborted:
        silent_ms = stream.elapsed_ms
    # For remote servers use reported timings only: their latency has other causes.
    if silent_ms is not None and not leaves_this_machine(stream.query.settings.completion):
        throughput.record_silence(stream.window_chars, silent_ms)
    if purpose in {Purpose.ANSWER, Purpose.PREFETCH}:
        if stream.usable_ms is not None:
            endpoint.latency.record_answer(stream.usable_ms)
        elif stream.aborted and not prefill_only:
            endpoint.latency.record_abort(stream.elapsed_ms)


def _log(stream: InFlightCompletion, purpose: Purpose) -> None:
    """Counts only: the output is the user's code and has no place in a log."""
    end = "aborted" if stream.aborted else "failed" if stream.error is not None else "ended"
    usage = stream.usage
    logger.debug(
        "%s %s: %d tokens generated, %s of the prompt evaluated, %s cached",
        "warm-up" if purpose is Purpose.PREWARM else "run",
        end,
        usage.predicted_tokens,
        usage.prompt_evaluated_tokens,
        usage.prompt_cached_tokens,
    )
