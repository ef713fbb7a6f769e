"""What came of each key that ``bench_simulation.py`` typed, and the numbers of the bench's table from that."""

from __future__ import annotations

import asyncio
from statistics import median
from typing import Any, cast

from attrs import define, frozen

from autothink_lsp.features.completion.model import CompletionOutcome
from autothink_lsp.features.completion.service import CompletionService
from tests.bench.keystroke.jobs import Job
from tests.bench.keystroke.person import code_follows
from tests.bench.keystroke.tally import is_right


@define(eq=False)
class Key:
    """One stroke and what came of it. Times are of the virtual clock."""

    number: int
    kind: str
    pressed_s: float
    line: str
    rest: str | None
    task: asyncio.Task[CompletionOutcome] | None = None
    answered_s: float | None = None
    next_s: float | None = None
    before_pause: bool = False
    in_prose: bool = False
    jumped: bool = False  # the first in code that the model has not read

    @property
    def asked(self) -> Key:
        return self

    @property
    def shown(self) -> str:
        """The suggestion, if it came before the next key."""
        if self.task is None or self.answered_s is None or self.task.cancelled():
            return ""
        if self.next_s is not None and self.answered_s > self.next_s:
            return ""
        suggestion = self.task.result().suggestion
        return suggestion.text if suggestion is not None else ""

    @property
    def waited_ms(self) -> float:
        return ((self.answered_s or self.pressed_s) - self.pressed_s) * 1_000

    @property
    def reason(self) -> str:
        if self.task is None:
            return "not asked"
        if self.answered_s is None or self.task.cancelled():
            return "cancelled"
        return self.task.result().reason


@frozen
class Report:
    """What the table of the bench says, and each key with its reason."""

    keys: list[Key]
    jobs: list[Job]
    service: CompletionService

    @property
    def pauses(self) -> list[Key]:
        return [key for key in self.keys if key.before_pause and key.task is not None]

    @property
    def open_pauses(self) -> list[Key]:
        """Those in which code is still to come on the line."""
        return [key for key in self.pauses if not key.in_prose and code_follows(key.rest)]

    @property
    def answered(self) -> list[Key]:
        return [key for key in self.pauses if key.shown]

    @property
    def row(self) -> str:
        per = 100 / len(self.keys)
        real = [job for job in self.jobs if not job.is_warm_up]
        waits = sorted(key.waited_ms for key in self.answered) or [float("nan")]
        in_time = [key for key in self.keys if key.shown]
        right = sum(is_right(cast("Any", key)) for key in in_time)
        counters = self.service.counters
        characters = [len(key.shown.strip().partition("\n")[0]) for key in self.answered] or [0]
        return (
            f"keys {len(self.keys)} req/100 {len(real) * per:.0f} tokens/key {self.tokens_per_key():.1f}"
            f" wasted/100 {counters.wasted * per:.1f} pauses {len(self.pauses)}"
            f" answered {100 * len(self.answered) / max(1, len(self.pauses)):.0f}% {median(waits):.0f} ms"
            f" (p90 {waits[int(0.9 * (len(waits) - 1))]:.0f}) in time {100 * len(in_time) / len(self.keys):.0f}%"
            f" right {100 * right / max(1, len(in_time)):.0f}% first line {sum(characters) / len(characters):.0f} chars"
        )

    def tokens_per_key(self) -> float:
        return sum(job.computed_tokens or 0 for job in self.jobs) / len(self.keys)
