"""``python -m tests.bench keystroke`` against the real server. Counts only: times are the machine's business."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SMALL = ("--lines", "300", "--keys", "40")


def bench(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    report = folder / "report.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "keystroke", *arguments, "--json", str(report)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(report.read_text())["rows"]


@pytest.mark.timeout(300)
def test_a_short_run_counts_requests_and_suggestions(tmp_path: Path) -> None:
    picture = tmp_path / "plot.svg"
    again = f"again={sys.executable} -m autothink_lsp serve"
    rows = bench(tmp_path, *SMALL, "--backend", "latency", "--server", again, "--plot", str(picture))
    assert [row["server"] for row in rows] == ["autothink-lsp", "again"]
    for row in rows:
        (run,) = row["runs"]
        assert run["keys"] == 40
        assert run["unanswered"] == 0
        assert 0 < run["requests_per_100_keys"] <= 120  # a key may ask twice: with its word, and without
        assert run["keys_without_request"] > 0
        parts = ("aborted_per_100_keys", "cut_short_per_100_keys", "wasted_per_100_keys")
        assert sum(run[name] for name in parts) <= run["requests_per_100_keys"] + 0.1
        assert run["suggestions"] > 0
        assert run["own_part_ms"] > 0
        assert run["tokens_per_key"] is None  # this model does not count
    assert picture.read_text().startswith("<svg")


@pytest.mark.timeout(300)
def test_a_model_of_known_speed_computes_little_for_a_key_in_place(tmp_path: Path) -> None:
    """The prompt of the next key begins with nearly all of the last one's."""
    (row,) = bench(tmp_path, *SMALL, "--backend", "4000/100")
    (run,) = row["runs"]
    assert run["unanswered"] == 0
    assert run["requests"] > 0
    assert 0 < run["tokens_per_key_in_place"] <= 50  # over 40 keys, one larger window when the speed is known included
    assert run["suggestions"] > 0


def test_server_that_does_not_start_is_reported() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.bench", "keystroke", "--quick", "--only-servers"),
            *("--server", f"broken={sys.executable} -c pass"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "broken has ended." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.model
@pytest.mark.timeout(600)
def test_the_embedded_model_answers_every_key(tmp_path: Path) -> None:
    (row,) = bench(tmp_path, *SMALL, "--engine", "embedded")
    (run,) = row["runs"]
    assert (run["keys"], run["unanswered"]) == (40, 0)
    assert run["suggestions"] > 0  # one may be typed along all the time: then nothing is asked
