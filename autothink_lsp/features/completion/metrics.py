"""What the keystroke path counts. Kept in memory, sent nowhere; each run's part of it is in the log at debug level."""

from __future__ import annotations

import logging

from attrs import define

from autothink_lsp.features.completion.debounce import LatencyTracker
from autothink_lsp.features.completion.endpoint import PromptThroughput
from autothink_lsp.features.completion.stream import Run
from autothink_lsp.settings.local_only import leaves_this_machine


@define
class Counters:
    """Since the start of the server. ``finished`` and ``used`` count answers that came to their end, and those of them
    that answered somebody, be it with nothing to show."""

    queries: int = 0
    sent: int = 0
    from_cache: int = 0
    from_running: int = 0
    aborted: int = 0
    finished: int = 0
    used: int = 0
    speculative: int = 0  # sent before anybody asked; part of ``sent``
    speculative_used: int = 0
    shown: int = 0
    accepted: int = 0

    def answer_used(self) -> None:
        """For the first time."""
        self.used += 1

    @property
    def wasted(self) -> int:
        """Computed to the end for nobody, as far as is known yet: a later key may still use it."""
        return self.finished - self.used


logger = logging.getLogger(__name__)


def note_time(run: Run, times: LatencyTracker) -> None:
    """What it says of the backend's speed; nothing where it failed."""
    if run.usable_ms is not None:
        times.answered(run.usable_ms)
    elif run.aborted and not run.only_read:
        times.hung_up(run.elapsed_ms)


def note_reading(run: Run, reading: PromptThroughput) -> None:
    """What it says of how fast prompts are read, and of how many tokens they are. Of a server elsewhere only what it
    tells itself: it is silent for many reasons."""
    reading.read(run.spent)
    if run.counted is not None:
        reading.counted(*run.counted)
    silent_ms = run.first_ms if run.first_ms is not None else run.elapsed_ms if run.aborted else None
    if silent_ms is not None and not leaves_this_machine(run.query.settings.completion):
        reading.unread(len(run.context.prefix) + len(run.context.suffix), silent_ms)


def log(run: Run, *, warm: bool) -> None:
    """What it came to, in counts: the answer is somebody's code and has no place in a log."""
    end = "aborted" if run.aborted else "failed" if run.error is not None else "ended"
    spent = run.spent
    logger.debug(
        "%s %s: %d tokens generated, %s of the prompt evaluated, %s cached",
        *("warm-up" if warm else "run", end, spent.predicted_tokens),
        *(spent.prompt_evaluated_tokens, spent.prompt_cached_tokens),
    )
