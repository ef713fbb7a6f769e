"""The benchmark of bugs with tests: its journal, what is counted, and that it goes on where it stopped."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.bench import bugs_with_tests
from tests.bench.bugs_with_tests import KINDS, TaskResult, all_journals, kind_of, read_journal, run_tasks, table

ROWS: list[dict[str, Any]] = [{"task_id": f"Python/{number}"} for number in range(5)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the tasks that were run, without a model."""
    names: list[str] = []

    def run_task(row: dict[str, Any], _which: str, _home: Path) -> TaskResult:
        names.append(row["task_id"])
        return TaskResult(row["task_id"], "right, proved", "Proved.", 2.0 * len(names), 30, 1, 1.0, 0.5)

    monkeypatch.setattr(bugs_with_tests, "run_task", run_task)
    return names


def test_a_run_goes_on_where_it_stopped(asked: list[str], tmp_path: Path) -> None:
    journal = tmp_path / "journals" / "a model, all tests.jsonl"
    assert len(run_tasks(ROWS[:2], "all", journal, float("inf"))) == 2
    assert len(run_tasks(ROWS, "all", journal, time.monotonic() - 1)) == 2  # no time: nothing is run
    assert len(run_tasks(ROWS, "all", journal, float("inf"))) == 5
    assert asked == [row["task_id"] for row in ROWS]
    assert {one.name for one in read_journal(journal)} == set(asked)
    assert len(run_tasks(ROWS[:1], "all", journal, float("inf"))) == 1  # only those that were asked for


def test_a_killed_run_loses_its_last_line_only(asked: list[str], tmp_path: Path) -> None:
    journal = tmp_path / "x.jsonl"
    run_tasks(ROWS[:2], "all", journal, float("inf"))
    journal.write_text(journal.read_text()[:-20])
    assert [one.name for one in read_journal(journal)] == ["Python/0"]
    assert len(run_tasks(ROWS[:2], "all", journal, float("inf"))) == 2
    assert asked == ["Python/0", "Python/1", "Python/1"]
    assert len(read_journal(journal)) == 2


def test_the_table_has_a_row_for_each_run(tmp_path: Path) -> None:
    for name, kinds in (("0.5B", KINDS), ("1.5B", KINDS[:1] * 3)):
        lines = [
            json.dumps({"name": str(number), "kind": kind, "sentence": "", "seconds": 10.0 * number, "tokens": 8,
                        "attempts": 2, "cpu_seconds": 4.0, "load": 1.0})
            for number, kind in enumerate(kinds)
        ]  # fmt: skip
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
    head, _, small, large = table(all_journals(tmp_path)).splitlines()
    assert [cell.strip() for cell in head.split("|")][3:9] == list(KINDS)
    assert small == "| 0.5B | 6 | 1 | 1 | 1 | 1 | 1 | 1 | 25 (50) | 4 | 8 | 2.0 | 1.0 |"
    assert large == "| 1.5B | 3 | 3 | 0 | 0 | 0 | 0 | 0 | 10 (20) | 4 | 8 | 2.0 | 1.0 |"
    assert len(table({"nothing": []}).splitlines()) == 3


@pytest.mark.parametrize(
    ("evidence", "right", "kind"),
    [
        ("proved", True, "right, proved"),
        ("nothing found wrong", True, "right, not proved"),
        (None, True, "right, not proved"),
        ("proved", False, "wrong, claimed"),
        ("nothing found wrong", False, "wrong, not said"),
        ("failed", False, "wrong, said so"),
        (None, False, "wrong, said so"),
    ],
)
def test_what_was_claimed(evidence: str | None, right: bool, kind: str) -> None:
    assert kind_of(evidence, right=right) == kind
