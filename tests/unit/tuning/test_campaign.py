"""When a run ends, and what is left of it."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.commands import tune
from autothink_lsp.errors import AutothinkError
from autothink_lsp.tuning import campaign
from autothink_lsp.tuning.campaign import Campaign
from autothink_lsp.tuning.journal import Journal
from autothink_lsp.tuning.outcomes import Setting
from autothink_lsp.tuning.tasks import Candidate, candidates_of
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


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "inf"])
def test_invalid_minutes_are_refused(minutes: str) -> None:
    parser = argparse.ArgumentParser()
    tune.add_parser(parser.add_subparsers())
    with pytest.raises(AutothinkError, match="minutes"):
        tune.run(parser.parse_args(["tune", "/nowhere", f"--minutes={minutes}"]))
