"""What became of a model's edits moves the estimates of the next session."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attrs import evolve

from autothink_lsp.features.assist.applied_edit import AppliedOutcome
from autothink_lsp.features.assist.model_records import ModelRecords
from autothink_lsp.features.assist.think_decider import ThinkDecider
from autothink_lsp.features.assist.tuned_weights import FOLDER, TuneFiles
from autothink_lsp.thinking.signals import ModelRecord, ModeRecord
from tests.unit.features.test_assistant import RIGHT, Bench, code, off


async def after(folder: Path, *outcomes: AppliedOutcome | str, statistics: bool = True) -> ThinkDecider:
    """A decider that was told what became of one applied edit each."""
    decider = ThinkDecider(records=ModelRecords(folder / "state"))
    for number, outcome in enumerate(outcomes):
        bench = Bench(folder, [off(code(RIGHT))], think="auto", statistics=statistics)
        bench.service = evolve(bench.service, think_decider=decider)
        result = evolve(await bench.run(), id=str(number))
        decider.on_named(result)
        if isinstance(outcome, AppliedOutcome):
            decider.on_outcome(result.id, outcome)
        else:
            decider.on_feedback(result.id, "undone")
    return decider


def stored(folder: Path) -> list[dict]:
    return [json.loads(file.read_text()) for file in (folder / "state" / FOLDER).glob("*.record.json")]


def good_and_bad(record: dict) -> tuple[int, int]:
    modes = record["off"], record["on"]
    return sum(one["good"] for one in modes), sum(one["bad"] for one in modes)


async def test_the_next_session_knows_what_became_of_the_edits(tmp_path: Path) -> None:
    await after(tmp_path, AppliedOutcome.GONE, AppliedOutcome.STILL_REPORTED, "undone")
    (record,) = stored(tmp_path)
    assert good_and_bad(record) == (1, 2)
    await after(tmp_path, AppliedOutcome.STILL_REPORTED)
    (record,) = stored(tmp_path)
    assert good_and_bad(record) == (1, 3)


async def test_nothing_is_stored_without_statistics(tmp_path: Path) -> None:
    decider = await after(tmp_path, AppliedOutcome.STILL_REPORTED, statistics=False)
    assert stored(tmp_path) == []
    (name,) = decider.records._records
    assert decider.records.in_session(name).off.bad == 1


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"off": 1}', '{"off": {"good": -1, "bad": 0, "expected": 0}, "on": {}, "thinking_tokens": null}'],
)
async def test_a_damaged_file_is_an_empty_record(tmp_path: Path, content: str) -> None:
    await after(tmp_path, AppliedOutcome.GONE)
    (file,) = (tmp_path / "state" / FOLDER).glob("*.record.json")
    file.write_text(content)
    await after(tmp_path, AppliedOutcome.STILL_REPORTED)
    (record,) = stored(tmp_path)
    assert good_and_bad(record) == (0, 1)


async def test_a_full_disk_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / FOLDER).write_text("a file where the folder should be")
    await after(tmp_path, AppliedOutcome.GONE, AppliedOutcome.GONE)
    assert [one.message.partition(":")[0] for one in caplog.records if "cannot be stored" in one.message] == [
        "what became of the model's edits cannot be stored"
    ]


def test_old_edits_weigh_less() -> None:
    records = ModelRecords()
    records.update("m", is_stored=False, off=ModeRecord(good=150, bad=51, expected=100.5))
    assert records.in_session("m") == ModelRecord(off=ModeRecord(good=75, bad=25, expected=50.0))


def test_forgetting_a_model_removes_its_record(tmp_path: Path) -> None:
    files = TuneFiles(tmp_path, "0123")
    files.record.parent.mkdir()
    files.record.write_text("{}")
    assert files.forget()
    assert not files.record.exists()
    assert not files.forget()
