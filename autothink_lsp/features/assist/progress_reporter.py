"""Formats the events of an action as progress lines for the user. Decides only their text.

A line contains the seconds of its step, and ``on_tick`` updates it, so that it does not stand still during the prefill
or a check.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Literal

from attrs import define, field

from autothink_lsp.features.assist.actions import Stage, StageListener
from autothink_lsp.features.assist.chat_client import GenerationProgress

TICK_S = 1.0
_TEXTS = {
    "quick": "quick attempt",
    "retry": "second attempt, with what the check said",
    "think-low": "thinking",
    "think-medium": "thinking longer",
}


@define
class ProgressReporter:
    """Reports the progress of one action. ``show_thinking``: stages include the model's reasoning."""

    listener: StageListener
    now_ms: Callable[[], float]
    show_thinking: bool
    _started_ms: float = field(init=False)
    _step: str = field(default="quick", init=False)
    _step_started_ms: float = field(init=False)
    _place: str = field(default="", init=False)
    _phase: Literal["", "waiting", "generating", "checking"] = field(default="", init=False)
    _progress: GenerationProgress | None = field(default=None, init=False)
    _activity: str = field(default="", init=False)  # what a check waits for

    def __attrs_post_init__(self) -> None:
        self._started_ms = self._step_started_ms = self.now_ms()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the action began."""
        return (self.now_ms() - self._started_ms) / 1_000

    def on_attempt(self, step: str) -> None:
        """A request was sent; ``step`` is its rung."""
        self._enter("waiting")
        self._step = step
        self._report(self._name, f"{_TEXTS.get(step, step)}…")

    def on_generation(self, progress: GenerationProgress) -> None:
        """The model generated tokens."""
        self._phase, self._progress = "generating", progress
        name = "thinking" if progress.thinking else self._name
        if progress.thinking:
            text = "thinking"
        else:
            has_thought = self._is_thinking_step or bool(progress.thought.strip())
            text = "writing the answer" if has_thought else _TEXTS.get(self._step, self._step)
        self._report(name, f"{text}, {_counted(progress.tokens, 'token')}, {self._step_s:.0f} s", progress)

    def on_check(self, activity: str = "") -> None:
        """The answer is complete and is being checked; ``activity`` is what the check waits for."""
        if not activity:
            self._enter("checking")
        self._activity = activity
        self._report_check()

    def on_repair(self) -> None:
        """Repairs without a model are being tried."""
        self._report("repair", "looking for a repair that needs no model…")

    def on_repairing(self, words: str) -> None:
        """One of several places is being fixed; ``words`` name it and are put before the following lines."""
        self._place = f"{words}: "
        self._report("quick", "quick attempt…")

    def on_done(self, text: str) -> None:
        """The action is finished; ``text`` is the last line."""
        self._enter("")
        self._report("done", text)

    def on_tick(self) -> None:
        """Update the line of the current step after some time has passed."""
        if self._phase == "generating" and self._progress is not None:
            self.on_generation(self._progress)
        elif self._phase == "waiting" and self._step_s >= TICK_S:
            self._report(self._name, f"waiting for the model, {self._step_s:.0f} s")
        elif self._phase == "checking":
            self._report_check()

    @contextlib.asynccontextmanager
    async def ticking(self) -> AsyncIterator[None]:
        """Call ``on_tick`` every second inside the ``async with`` block."""

        async def tick() -> None:
            while True:
                await asyncio.sleep(TICK_S)
                self.on_tick()

        task = asyncio.create_task(tick(), name="renew the progress line")
        try:
            yield
        finally:
            task.cancel()

    def _report_check(self) -> None:
        waited = f", {self._step_s:.0f} s" if self._step_s >= TICK_S else ""
        self._report("checking", f"{self._activity or 'checking'}{waited}…")

    def _enter(self, phase: Literal["", "waiting", "generating", "checking"]) -> None:
        self._phase, self._progress, self._step_started_ms = phase, None, self.now_ms()

    @property
    def _step_s(self) -> float:
        return (self.now_ms() - self._step_started_ms) / 1_000

    @property
    def _is_thinking_step(self) -> bool:
        return self._step.startswith("think")

    @property
    def _name(self) -> Literal["quick", "retry", "thinking"]:
        return "thinking" if self._is_thinking_step else "retry" if self._step == "retry" else "quick"

    def _report(self, name: str, text: str, progress: GenerationProgress | None = None) -> None:
        shown = progress if progress is not None and self.show_thinking else None
        stage = Stage(
            name=name,  # pyright: ignore[reportArgumentType]
            text=text if name == "done" else f"{self._place}{text}",
            elapsed_s=self.elapsed_s,
            tokens=progress.tokens if progress is not None else 0,
            last_line=shown.last_line if shown is not None and shown.thinking else "",
            thinking=shown.thought if shown is not None else "",
            judge=shown.judge if shown is not None else "",
        )
        self.listener(stage)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
