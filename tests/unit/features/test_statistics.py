"""Counts on this machine: kept, reset, and never in the way of an action."""

from __future__ import annotations

from pathlib import Path

import pytest

from autothink_lsp.features.statistics import store
from autothink_lsp.features.statistics.store import ResultRecord, Statistics


def recorded(number: int, mode: str = "off", *, verified: bool = True) -> ResultRecord:
    return ResultRecord(
        id=str(number), action="fix", language="python", mode=mode, rule="r", verified=verified, tokens=10, seconds=1.0
    )


def test_counting_and_forgetting(tmp_path: Path) -> None:
    statistics = Statistics(tmp_path / "new" / "s.sqlite3")
    assert statistics.summary() == ()
    for number in range(3):
        statistics.record_result(recorded(number))
    statistics.record_event("1", "applied")
    statistics.record_event("1", "undone")
    statistics.record_event("unknown", "applied")
    (row,) = statistics.summary()
    assert (row.count, row.verified, row.applied, row.undone, row.tokens) == (3, 3, 1, 1, 30)
    other = Statistics(tmp_path / "new" / "s.sqlite3")
    other.record_result(recorded(9, "on"))
    assert sum(row.count for row in statistics.summary()) == 4, "several servers count into one file"
    assert statistics.reset()
    assert other.summary() == ()


def test_the_file_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.sqlite3"
    monkeypatch.setattr(store, "_PRUNE", store._PRUNE.replace(str(store._MOST_ACTIONS), "5"))
    times = iter(range(100))
    statistics = Statistics(path, now_s=lambda: float(next(times)))
    for number in range(20):
        statistics.record_result(recorded(number))
    statistics.record_suggestions({("2000-01-01", "python", "offered"): 3, ("2999-01-01", "python", "offered"): 4})
    statistics.close()
    later = Statistics(path)
    assert sum(row.count for row in later.summary()) == 6
    assert later.suggestions() == (("python", "offered", 4),)


def test_a_damaged_file_is_moved_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "s.sqlite3"
    path.write_bytes(b"this is no database" * 100)
    statistics = Statistics(path)
    statistics.record_result(recorded(1))
    statistics.record_result(recorded(2))
    assert sum(row.count for row in statistics.summary()) == 1
    assert path.with_suffix(".damaged").exists()
    assert len([one for one in caplog.records if "damaged" in one.message]) == 1


def test_a_folder_that_cannot_be_written_is_reported_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    statistics = Statistics(tmp_path / "file" / "s.sqlite3")
    for number in range(3):
        statistics.record_result(recorded(number))
    assert statistics.summary() == ()
    assert not statistics.reset()
    assert len([one for one in caplog.records if "no statistics" in one.message]) == 1
