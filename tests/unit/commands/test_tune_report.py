"""``tune --report``: the last run's result again, without its model and without a change of any file."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.commands.tune import JOURNAL, _last, _last_result, _print_result, _result
from autothink_lsp.errors import AutothinkError
from autothink_lsp.features.assist.tuned_weights import TuneFiles, stored_weights
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS
from autothink_lsp.tuning.journal import Journal
from autothink_lsp.tuning.report import plot_svg
from tests.support.tuning_worlds import WORLDS
from tests.unit.tuning.test_fit_and_gate import SETTING, run_of

DIGEST = "0123456789abcdef"
HEADER = {"model": "m", "folder": "f", "seed": 7, "feature_version": 1}


def arguments(**values: Any) -> argparse.Namespace:
    return argparse.Namespace(**{"report": False, "json": True, "seed": 0, **values})


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> TuneFiles:
    """The files of a run that was adopted, with seed 7, and in ``first`` what it printed. Not to be changed."""
    with io.StringIO() as printed, contextlib.redirect_stdout(printed):
        found = finished_run(tmp_path_factory.mktemp("tuned"), DIGEST, HEADER)
        (found.state_dir / "first").write_text(printed.getvalue())
    assert stored_weights(found.read()) is not None
    return found


@pytest.fixture
def files(tmp_path: Path, finished: TuneFiles) -> TuneFiles:
    """A copy of ``finished``."""
    state = tmp_path / "state"
    shutil.copytree(finished.state_dir, state)
    return TuneFiles(state, DIGEST)


def finished_run(state: Path, digest: str, header: dict[str, Any], tasks: int = 60) -> TuneFiles:
    found = TuneFiles(state, digest)
    journal = Journal.begin(found.folder / JOURNAL, header)
    for one in run_of(WORLDS["hurts"], 1, tasks):
        journal.add(one)
    _result(argparse.Namespace(json=True, seed=7), found, journal, SETTING, SHIPPED_WEIGHTS, None)
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_it_prints_the_run_again_and_writes_nothing(files: TuneFiles, capsys: pytest.CaptureFixture[str]) -> None:
    first = json.loads((files.state_dir / "first").read_text())
    files.write({**files.read(), "date": "2001-02-03"})
    before = contents(files.state_dir)
    for _ in range(2):
        assert _print_result(_last_result(files.state_dir, "f"), None, as_json=True) == 0
        again = json.loads(capsys.readouterr().out)
        assert again == {**first, "date": "2001-02-03"}
        assert contents(files.state_dir) == before


def test_as_text_it_names_the_model_and_the_day(files: TuneFiles, capsys: pytest.CaptureFixture[str]) -> None:
    files.write({**files.read(), "date": "2001-02-03"})
    plot = files.state_dir / "plot.svg"
    assert _print_result(_last_result(files.state_dir, "f"), plot, as_json=False) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("m, 60 tasks, 2001-02-03:\n| tasks |")
    assert printed.rstrip().endswith(files.read()["verdict"]["sentence"])
    assert "m, 60 tasks" in plot.read_text()


def test_it_is_the_newest_run_of_the_folder(files: TuneFiles) -> None:
    newer = finished_run(files.state_dir, "f" * 16, {**HEADER, "model": "newer"}, tasks=12)
    finished_run(files.state_dir, "e" * 16, {**HEADER, "model": "elsewhere", "folder": "g"}, tasks=12)
    os.utime(newer.folder / JOURNAL, (4e9, 4e9))
    assert _last_result(files.state_dir, "f")["model"] == "newer"


def test_a_result_of_another_version_is_no_report(files: TuneFiles) -> None:
    values = dict(files.read())
    del values["rows"]
    files.write(values)
    with pytest.raises(AutothinkError, match="no result of a run in this folder"):
        _last_result(files.state_dir, "f")


def test_a_folder_without_a_run_has_no_report(files: TuneFiles) -> None:
    with pytest.raises(AutothinkError, match="no result of a run in this folder"):
        _last_result(files.state_dir, "g")


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


def test_ways_with_equal_results_have_one_label() -> None:
    same = {"right": 1, "low": 0.0, "high": 0.4, "unseen": 0, "seconds": 20.0, "tokens": 9.0}
    row = {"stratum": "all", "tasks": 9, "off": {**same, "seconds": 9.0}, "today": same, "tuned": same}
    drawn = plot_svg([row], "<title>")
    assert drawn.count("<circle") == 2
    assert ">today = tuned</text>" in drawn
    assert "&lt;title&gt;" in drawn


def test_labels_of_near_points_do_not_touch() -> None:
    way = {"right": 1, "low": 0.1, "high": 0.4, "unseen": 0, "tokens": 9.0}
    row = {"stratum": "all", "tasks": 9} | {
        name: {**way, "seconds": 20.0 + number / 10} for number, name in enumerate(("off", "today", "tuned"))
    }
    found = re.findall(r'y="(\d+)" text-anchor="middle">(?:off|today|tuned)<', plot_svg([row], "title"))
    assert len({int(height) // 15 for height in found}) == 3, found
