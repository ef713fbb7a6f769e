"""The progress line of an action never stands still for more than two seconds."""

from __future__ import annotations

from itertools import pairwise

from autothink_lsp.features.assist.actions import Stage
from autothink_lsp.features.assist.chat_client import GenerationProgress
from autothink_lsp.features.assist.progress_reporter import TICK_S, ProgressReporter


class Clock:
    """Virtual time. ``pass_s`` ticks the reporter as the service does."""

    def __init__(self) -> None:
        self.now_ms = 0.0
        self.shown: list[tuple[float, str]] = []
        self.reporter = ProgressReporter(self.show, lambda: self.now_ms, show_thinking=True)

    def show(self, stage: Stage) -> None:
        if not self.shown or self.shown[-1][1] != stage.text:
            self.shown.append((self.now_ms / 1_000, stage.text))

    def pass_s(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK_S)):
            self.now_ms += TICK_S * 1_000
            self.reporter.on_tick()

    def longest_pause_s(self) -> float:
        times_s = [at for at, _ in self.shown] + [self.now_ms / 1_000]
        return max(later - earlier for earlier, later in pairwise(times_s))


def test_no_line_stands_still_for_more_than_two_seconds() -> None:
    clock = Clock()
    reporter = clock.reporter
    reporter.on_repair()
    for step in ("quick", "retry", "think-low"):
        reporter.on_attempt(step)
        clock.pass_s(30)
        reporter.on_generation(GenerationProgress(thinking=step == "think-low", tokens=1))
        clock.pass_s(12)
        reporter.on_check()
        clock.pass_s(25)
    assert clock.longest_pause_s() <= 2
    reporter.on_done("done")
    shown = len(clock.shown)
    clock.pass_s(5)
    assert len(clock.shown) == shown, "nothing is shown after the end"


def test_the_lines() -> None:
    clock = Clock()
    clock.reporter.on_attempt("quick")
    clock.pass_s(12)
    assert clock.shown[-1][1] == "waiting for the model, 12 s"
    clock.reporter.on_generation(GenerationProgress(thinking=False, tokens=1))
    assert clock.shown[-1][1] == "quick attempt, 1 token, 12 s"
    clock.pass_s(2)
    clock.reporter.on_generation(GenerationProgress(thinking=False, tokens=34))
    assert clock.shown[-1][1] == "quick attempt, 34 tokens, 14 s"
    clock.reporter.on_check()
    clock.pass_s(4)
    assert clock.shown[-1][1] == "checking, 4 s…"
    clock.reporter.on_attempt("think-low")
    clock.reporter.on_generation(GenerationProgress(thinking=True, tokens=210, thought="Hm."))
    assert clock.shown[-1][1] == "thinking, 210 tokens, 0 s"


def test_a_check_says_what_it_waits_for_and_how_long() -> None:
    now = [0.0]
    stages: list[Stage] = []
    reporter = ProgressReporter(stages.append, lambda: now[0], show_thinking=False)
    now[0] = 5_000
    reporter.on_check()
    for after_ms, activity in ((500, "starting Pyright"), (3_400, "starting Pyright"), (4_000, "asking Pyright")):
        now[0] = 5_000 + after_ms
        reporter.on_check(activity)
    assert [(one.name, one.text) for one in stages] == [
        ("checking", "checking…"),
        ("checking", "starting Pyright…"),
        ("checking", "starting Pyright, 3 s…"),
        ("checking", "asking Pyright, 4 s…"),
    ]
