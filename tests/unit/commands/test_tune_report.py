"""``tune --report``: the last run's result again, whatever its seed, without a change of any file."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.commands.tune import JOURNAL, _last, _result
from autothink_lsp.errors import AutothinkError
from autothink_lsp.features.assist.tuned_weights import TuneFiles, stored_weights
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS
from autothink_lsp.tuning.journal import Journal
from tests.support.tuning_worlds import WORLDS
from tests.unit.tuning.test_fit_and_gate import SETTING, run_of

HEADER = {"model": "m", "folder": "f", "seed": 7, "feature_version": 1}


def arguments(**values: Any) -> argparse.Namespace:
    return argparse.Namespace(**{"report": False, "json": True, "seed": 0, **values})


@pytest.fixture
def files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> TuneFiles:
    """The files of a run that was adopted, with seed 7."""
    found = TuneFiles(tmp_path, "model")
    journal = Journal.begin(found.folder / JOURNAL, HEADER)
    for one in run_of(WORLDS["hurts"], 1, 60):
        journal.add(one)
    _result(arguments(seed=7), found, journal, SETTING, SHIPPED_WEIGHTS, None)
    (tmp_path / "first").write_text(capsys.readouterr().out)
    values = dict(found.read())
    assert stored_weights(values) is not None
    found.write({**values, "date": "2001-02-03"})
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_it_prints_the_run_again_and_writes_nothing(files: TuneFiles, capsys: pytest.CaptureFixture[str]) -> None:
    first = json.loads((files.state_dir / "first").read_text())
    before = contents(files.state_dir)
    active = stored_weights(files.read()) or SHIPPED_WEIGHTS
    for _ in range(2):
        journal = _last(files, {**HEADER, "seed": 0})
        assert _result(arguments(report=True), files, journal, SETTING, active, None) == 0
        again = json.loads(capsys.readouterr().out)
        assert again["date"] == "2001-02-03"
        for name in ("model", "tasks", "verdict", "rows", "tokens", "deviations"):
            assert again[name] == first[name], name
        assert contents(files.state_dir) == before


@pytest.mark.parametrize(("name", "value"), [("folder", "g"), ("feature_version", 2)])
def test_a_run_of_something_else_is_an_error_and_is_kept(tmp_path: Path, name: str, value: object) -> None:
    files = TuneFiles(tmp_path, "model")
    Journal.begin(files.folder / JOURNAL, HEADER)
    before = contents(files.state_dir)
    with pytest.raises(AutothinkError):
        _last(files, {**HEADER, name: value})
    assert contents(files.state_dir) == before


def test_without_a_run_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AutothinkError, match="Nothing was tried"):
        _last(TuneFiles(tmp_path, "model"), HEADER)
    assert contents(tmp_path) == {}
