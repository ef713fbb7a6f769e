"""When a run ends, and what is left of it."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from autothink_lsp.commands import tune
from autothink_lsp.errors import AutothinkError
from autothink_lsp.tuning import campaign
from autothink_lsp.tuning.campaign import Campaign
from autothink_lsp.tuning.journal import Journal
from autothink_lsp.tuning.outcomes import Setting, TaskOutcome
from autothink_lsp.tuning.tasks import Candidate, candidates_of
from autothink_lsp.tuning.trials import ModelUnreachable, Task
from tests.support.tuning_worlds import WORLDS
from tests.unit.tuning.test_fit_and_gate import run_of
from tests.unit.tuning.test_tasks import source


class SlowTrials:
    """The second candidate takes longer than the run may."""

    def __init__(self) -> None:
        self.prepared = 0
        self.was_cancelled = False

    async def prepare(self, _candidate: Candidate) -> str:
        self.prepared += 1
        if self.prepared > 1:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.was_cancelled = True
                raise
        return "no test and no checker notices it"


async def test_running_task_ends_at_the_time_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "_GRACE_S", -59.9)  # a tenth of a second instead of a minute
    journal = Journal.begin(tmp_path / "journal.jsonl", {"model": "m"})
    trials: Any = SlowTrials()
    run = Campaign(trials=trials, journal=journal, wanted=9, minutes=1, on_progress=lambda _: None, setting=Setting())
    candidates = candidates_of(source(), 0)
    await run.run(candidates)
    assert trials.was_cancelled
    assert run.ended == "the time was over during a task"
    assert len(Journal.resume(journal.file, journal.header).dropped) == 1


class SilentTrials:
    """A model that answers some of the tasks: ``answers`` says of each whether."""

    def __init__(self, answers: str) -> None:
        self.answers = iter(answers)

    async def prepare(self, candidate: Candidate) -> Task:
        return Task(candidate=candidate, diagnostics=(), oracle="tests")

    async def run(self, _task: Task) -> TaskOutcome:
        if next(self.answers) == "-":
            raise ModelUnreachable("The model did not begin to answer in time.")
        return next(OUTCOMES)


OUTCOMES = iter(run_of(WORLDS["useless"], 1, 40))


def in_many_files() -> list[Candidate]:
    first = candidates_of(source(), 0)[0]
    return [evolve(first, id=str(number), path=f"{number}.py") for number in range(9)]


@pytest.mark.parametrize(
    ("answers", "count", "ended"),
    [
        ("+-+--+", 3, "the number of tasks was reached"),
        ("++---+", 2, "the model did not answer 3 tasks in a row (The model did not begin to answer in time)"),
    ],
)
async def test_a_task_without_an_answer_is_left_out(tmp_path: Path, answers: str, count: int, ended: str) -> None:
    journal = Journal.begin(tmp_path / "journal.jsonl", {"model": "m"})
    trials: Any = SilentTrials(answers)
    run = Campaign(trials=trials, journal=journal, wanted=3, minutes=1, on_progress=lambda _: None, setting=Setting())
    await run.run(in_many_files())
    assert (len(journal.outcomes), run.ended) == (count, ended)
    assert not journal.dropped, "--resume tries it again"


async def test_a_model_that_answers_nothing_ends_the_run_with_its_error(tmp_path: Path) -> None:
    journal = Journal.begin(tmp_path / "journal.jsonl", {"model": "m"})
    trials: Any = SilentTrials("---+")
    run = Campaign(trials=trials, journal=journal, wanted=3, minutes=1, on_progress=lambda _: None, setting=Setting())
    with pytest.raises(ModelUnreachable, match="did not begin"):
        await run.run(in_many_files())


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "inf"])
def test_invalid_minutes_are_refused(minutes: str) -> None:
    parser = argparse.ArgumentParser()
    tune.add_parser(parser.add_subparsers())
    with pytest.raises(AutothinkError, match="minutes"):
        tune.run(parser.parse_args(["tune", "/nowhere", f"--minutes={minutes}"]))
