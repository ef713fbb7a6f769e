"""Turns what happens during an action into the lines that a user sees. Decides no more than their words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from attrs import define, field

from autothink_lsp.features.assist.ask import Progress
from autothink_lsp.features.assist.values import Stage, StageListener

_WORDS = {
    "quick": "quick attempt",
    "retry": "second attempt, with what the check said",
    "think-low": "thinking",
    "think-medium": "thinking longer",
}


@define
class Stages:
    """One action's. ``now_ms`` is the clock; ``show_thinking`` decides whether the last line of reasoning is told."""

    listener: StageListener
    now_ms: Callable[[], float]
    show_thinking: bool
    _started_ms: float = field(init=False)
    _step: str = field(default="quick", init=False)
    _step_started_ms: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._started_ms = self._step_started_ms = self.now_ms()

    @property
    def elapsed_s(self) -> float:
        return (self.now_ms() - self._started_ms) / 1_000

    def begins(self, step: str) -> None:
        """A request is on its way."""
        self._step, self._step_started_ms = step, self.now_ms()
        self._tell(self._name, f"{_WORDS.get(step, step)}…")

    def progress(self, progress: Progress) -> None:
        """The model writes."""
        seconds = (self.now_ms() - self._step_started_ms) / 1_000
        name = "thinking" if progress.thinking else self._name
        words = (
            "thinking" if progress.thinking else "writing the answer" if self._thinks else _WORDS.get(self._step, "")
        )
        self._tell(name, f"{words} {seconds:.0f} s · {progress.tokens} tokens", progress)

    def checking(self) -> None:
        """The answer is there."""
        self._tell("checking", "checking…")

    def repairing(self) -> None:
        """Step 0."""
        self._tell("repair", "looking for a repair that needs no model…")

    def done(self, words: str) -> None:
        """The last line."""
        self._tell("done", words)

    @property
    def _thinks(self) -> bool:
        return self._step.startswith("think")

    @property
    def _name(self) -> Literal["quick", "retry", "thinking"]:
        return "thinking" if self._thinks else "retry" if self._step == "retry" else "quick"

    def _tell(self, name: str, text: str, progress: Progress | None = None) -> None:
        shown = progress if progress is not None and self.show_thinking else None
        stage = Stage(
            name=name,  # pyright: ignore[reportArgumentType]
            text=text,
            elapsed_s=self.elapsed_s,
            tokens=progress.tokens if progress is not None else 0,
            last_line=shown.last_line if shown is not None and shown.thinking else "",
            thinking=shown.thought if shown is not None else "",
            judge=shown.judge if shown is not None else "",
        )
        self.listener(stage)
