"""The stages that the time of a completion request is divided into, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from autothink_lsp.features.completion.metrics import StageClock, StreamTimes
from autothink_lsp.features.completion.model import CompletionOutcome
from autothink_lsp.lsp import request_log
from autothink_lsp.lsp.handlers.inline_completion import note_outcome
from autothink_lsp.settings.model import CompletionSettings, Settings
from tests.support import virtual_time
from tests.support.completion_harness import CompletionHarness
from tests.support.scripted_backend import Pause, ScriptedBackend

Story = Callable[[CompletionHarness], Awaitable[CompletionOutcome]]
DEBOUNCED = Settings(completion=CompletionSettings(deadline_ms=1_000, debounce_ms=75))


def now_ms() -> float:
    return asyncio.get_running_loop().time() * 1_000


def play(story: Story, *script: Any) -> CompletionOutcome:
    """The outcome of the story, with a model that says ``script``."""

    async def played() -> CompletionOutcome:
        harness = CompletionHarness(ScriptedBackend(script), now_ms=now_ms)
        harness.reached.set()
        try:
            return await story(harness)
        finally:
            await harness.service.aclose()

    return virtual_time.run(played())


async def ask(harness: CompletionHarness, column: int = 4) -> CompletionOutcome:
    query = harness.query(1, column, DEBOUNCED)
    assert query is not None
    return await harness.service.complete(query)


def spent_ms(outcome: CompletionOutcome) -> dict[str, int]:
    """The stages that took time. Their sum is what the outcome says."""
    assert sum(outcome.stages_ms.values()) == pytest.approx(outcome.elapsed_ms)
    return {stage: round(elapsed_ms) for stage, elapsed_ms in outcome.stages_ms.items() if elapsed_ms >= 1}


def test_a_request_that_is_debounced_and_sent() -> None:
    outcome = play(ask, Pause(0.130), "return a", Pause(0.210), " + b")
    assert outcome.suggestion is not None
    assert spent_ms(outcome) == {"wait": 75, "first_token": 130, "output": 210}
    assert list(outcome.stages_ms) == [
        *("gate", "gather", "lookup", "suppression", "wait", "prompt", "first_token", "output", "postprocess")
    ]


def test_a_request_that_joins_a_stream_is_charged_what_it_waits_itself() -> None:
    async def story(harness: CompletionHarness) -> CompletionOutcome:
        first = asyncio.create_task(ask(harness))
        await asyncio.sleep(0.225)  # 50 ms after the first token
        first.cancel()
        harness.edit(1, 4, 4, "r")
        return await ask(harness, 5)

    outcome = play(story, Pause(0.100), "re", Pause(0.100), "turn a", Pause(0.200), " + b")
    assert outcome.suggestion is not None
    assert outcome.suggestion.text == "eturn a + b"
    assert spent_ms(outcome) == {"output": 250}


def test_a_stream_that_is_sent_anew_counts_both_waits() -> None:
    clock_ms = [0.0]
    stages = StageClock(lambda: clock_ms[0], 0.0)
    joined, sent = StreamTimes(sent_ms=-9.0, started_ms=-8.0, first_token_ms=5.0), StreamTimes()
    clock_ms[0] = 7.0
    stages.end_stream(joined)
    assert stages.stages_ms == {"wait": 0, "prompt": 0, "first_token": 5, "output": 2}
    sent.sent_ms, sent.started_ms, clock_ms[0] = 10.0, 11.0, 20.0
    stages.end_stream(sent)
    assert stages.stages_ms == {"wait": 3, "prompt": 1, "first_token": 14, "output": 2}


def test_a_request_past_its_deadline_says_what_it_waited_for() -> None:
    outcome = play(ask, Pause(60), "late")
    assert outcome.suggestion is None
    assert set(spent_ms(outcome)) == {"wait", "first_token"}
    assert "output" not in outcome.stages_ms


def test_a_stored_suggestion_has_no_stage_of_a_model() -> None:
    async def story(harness: CompletionHarness) -> CompletionOutcome:
        await ask(harness)
        return await ask(harness)

    outcome = play(story, "return a + b")
    assert outcome.suggestion is not None
    assert list(outcome.stages_ms) == ["gate", "gather", "lookup", "postprocess"]


async def test_the_closing_line_has_the_stages(caplog: pytest.LogCaptureFixture) -> None:
    query = CompletionHarness(ScriptedBackend([])).query(1, 4)
    assert query is not None
    with caplog.at_level("DEBUG"):
        request_log.begin(1, "textDocument/inlineCompletion")
        note_outcome(query, CompletionOutcome(None, "deadline", elapsed_ms=80.4, stages_ms={"gate": 0.2, "wait": 80.2}))
        request_log.close("answered")
    assert "complete_ms=80 stages_ms=gate:0,wait:80" in caplog.text
