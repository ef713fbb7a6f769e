"""Runs ``tune``: prepares, tries and judges the candidates one after the other, and writes each outcome to the journal.

A run ends when the candidates or the time are used up, when it has the requested number of tasks, or when the gate is
sure of its verdict. It pauses while the user works with the assistant.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from attrs import define, field, frozen

from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS, PolicyWeights
from autothink_lsp.tuning.fit import fit
from autothink_lsp.tuning.gate import judge_fit
from autothink_lsp.tuning.journal import Journal
from autothink_lsp.tuning.outcomes import Setting
from autothink_lsp.tuning.tasks import Candidate, Limits
from autothink_lsp.tuning.trials import ModelUnreachable, Task, Trials

_QUIET_S = 20.0  # the run continues this long after the user's last action
_LOOK_EVERY_S = 2.0
_GRACE_S = 30.0  # what the current task may take beyond the run's time; --resume repeats a task that was cut off
_LONGEST_PAUSE_S = 600.0
_SURE_FROM, _SURE_EVERY = 80, 20  # number of tasks before the gate is asked first, and between two questions
_VERY_SURE = 0.995
_MOST_UNANSWERED = 3  # consecutive tasks without an answer of the model


@frozen(kw_only=True)
class Progress:
    """The state of a run, for a progress line."""

    tasks: int
    wanted: int
    dropped: int
    seconds: float
    left_s: float | None  # estimated; None before the first task
    detail: str


@define(eq=False)
class Campaign:
    """One run. ``activity`` are files whose modification time changes when the user works with the assistant."""

    trials: Trials
    journal: Journal
    wanted: int
    minutes: float
    on_progress: Callable[[Progress], None]
    setting: Setting
    today: PolicyWeights = SHIPPED_WEIGHTS
    activity: tuple[Path, ...] = ()
    ended: str = ""  # the reason of the end, for the user
    paused_s: float = 0.0
    _started: float = field(factory=time.monotonic)

    async def run(self, candidates: Iterable[Candidate]) -> None:
        """Try candidates until the run ends. A cancelled run keeps every finished task.

        A task that the model did not answer in time is left for the next run. After ``_MOST_UNANSWERED`` of them in a
        row the run ends; it raises ``ModelUnreachable`` if the journal has no task that was answered.
        """
        limits = Limits(self.wanted)
        unanswered = 0
        done = self.journal.done
        self._started = time.monotonic()
        new = 0
        for candidate in candidates:
            if not limits.admits(candidate) or candidate.id in done:
                continue
            if len(self.journal.outcomes) >= self.wanted:
                self.ended = "the number of tasks was reached"
                return
            if self._seconds > 60 * self.minutes:
                self.ended = "the time was over"
                return
            await self._pause()
            self._report_progress(f"{candidate.detail} in {candidate.path}", new)
            try:
                async with asyncio.timeout(60 * self.minutes - self._seconds + _GRACE_S):
                    prepared = await self.trials.prepare(candidate)
                    outcome = await self.trials.run(prepared) if isinstance(prepared, Task) else prepared
            except TimeoutError:
                self.ended = "the time was over during a task"
                return
            except ModelUnreachable as error:
                unanswered += 1
                if unanswered < _MOST_UNANSWERED:
                    continue
                if not self.journal.outcomes:
                    raise
                self.ended = f"the model did not answer {unanswered} tasks in a row ({error.message.rstrip('.')})"
                return
            unanswered = 0
            if isinstance(outcome, str):
                self.journal.drop(candidate.id, outcome)
                continue
            self.journal.add(outcome)
            new += 1
            if self._is_sure():
                self.ended = "the result is sure"
                return
        self.ended = "there are no more tasks"

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._started - self.paused_s

    def _is_sure(self) -> bool:
        count = len(self.journal.outcomes)
        if count < _SURE_FROM or count % _SURE_EVERY or count >= self.wanted:
            return False
        outcomes = self.journal.outcomes
        verdict = judge_fit(outcomes, fit(outcomes), self.setting, today=self.today)
        return verdict.is_adopted and verdict.probability >= _VERY_SURE

    def _report_progress(self, detail: str, new: int) -> None:
        count = len(self.journal.outcomes)
        left_s: float | None = None
        if new:
            by_tasks = (self.wanted - count) * self._seconds / new
            left_s = max(0.0, min(by_tasks, 60 * self.minutes - self._seconds))
        self.on_progress(
            Progress(
                tasks=count,
                wanted=self.wanted,
                dropped=len(self.journal.dropped),
                seconds=self._seconds,
                left_s=left_s,
                detail=detail,
            )
        )

    async def _pause(self) -> None:
        """Wait while the user works, and needs the model and the processor."""
        began = time.monotonic()
        while self._is_user_active() and time.monotonic() - began < _LONGEST_PAUSE_S:
            self._report_progress("paused while you work", 0)
            await asyncio.sleep(_LOOK_EVERY_S)
        self.paused_s += time.monotonic() - began

    def _is_user_active(self) -> bool:
        newest = 0.0
        for file in self.activity:
            try:
                newest = max(newest, file.stat().st_mtime)
            except OSError:
                continue
        return time.time() - newest < _QUIET_S
