"""``python -m tests.bench --quick`` measures all it promises. Counts only: the numbers are the machine's business."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

ROWS = {
    "overhead_300_median",
    "overhead_300_p95",
    "overhead_3500_median",
    "overhead_3500_p95",
    "overhead_100000_median",
    "overhead_100000_p95",
    "overhead_first_key",
    "overhead_lost",
    "session_cpu",
    "session_requests",
    "session_wait_median",
    "session_wait_p95",
    "session_shown",
    "session_recognised",
    "session_pause",
    "session_unanswered",
    "session_idle",
    "session_peak",
    "start_ours",
    "start_bare",
    "start_ratio",
}
AIMED_AT = {
    "overhead_3500_median",
    "overhead_100000_median",
    "session_cpu",
    "session_unanswered",
    "session_idle",
    "session_peak",
    "start_ratio",
}
NEEDS_PROC = {"session_cpu", "session_idle", "session_peak"}
MAY_BE_MISSED = {"session_pause"}  # so few keys may bring no suggestion before a pause


@pytest.mark.timeout(300)
def test_quick_bench_has_every_row() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    rows = {row["id"]: row for row in report["rows"]}
    assert set(rows) == ROWS
    assert {id_ for id_, row in rows.items() if row["aim"] is not None} == AIMED_AT
    expected = ROWS - MAY_BE_MISSED - (set() if sys.platform == "linux" else NEEDS_PROC)
    assert {id_ for id_ in expected if rows[id_]["value"] is None} == set()
    assert [id_ for id_, row in rows.items() if not row["possible"]] == []
    assert rows["session_unanswered"]["value"] == 0
    assert rows["session_requests"]["value"] > 0


def _steps(*arguments: str) -> str:
    command = [sys.executable, "-m", "tests.bench", "steps", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="sets the size of a pipe")
def test_a_key_wakes_the_server_for_itself_its_delay_and_batches_of_its_answer() -> None:
    """Counted in virtual time, so the same in each run. What is typed is from a file of Python's own: 3.1 to 3.5 with
    those of 3.11 to 3.13, and 4.7 before the batches were fitted to the server's pace."""
    printed = _steps("--keys", "60", "--truth", "0")
    counted = re.search(r"([\d.]+) wake-ups\n", printed)
    assert counted is not None, printed
    assert 2.0 < float(counted[1]) < 3.6


@pytest.mark.skipif(sys.platform != "linux", reason="sets the size of a pipe")
def test_no_next_edit_is_searched_for_between_the_keys_that_type_a_suggestion() -> None:
    """0.04 of the keys wake the server for a search, and 0.21 if it begins as soon as where nothing is shown."""
    printed = _steps("--keys", "150", "--truth", "0.8")
    counted = re.search(r"([\d.]+)  WhenQuiet", printed)
    assert "read_on_loop" in printed
    assert counted is None or float(counted[1]) < 0.12
