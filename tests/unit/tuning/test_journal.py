"""The journal: on the disk before the next task, whatever happens to the process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autothink_lsp.tuning.journal import Journal
from tests.support.tuning_worlds import WORLDS
from tests.unit.tuning.test_fit_and_gate import run_of

HEADER = {"model": "m", "seed": 1}


def test_resumed_journal_equals_an_uninterrupted_one(tmp_path: Path):
    outcomes = run_of(WORLDS["aligned"], 1, 12)
    whole = Journal.begin(tmp_path / "whole.jsonl", HEADER)
    for one in outcomes:
        whole.add(one)
    whole.drop("x", "it does not parse")
    for cut in (0, 5, 12):
        part = Journal.begin(tmp_path / f"part{cut}.jsonl", HEADER)
        for one in outcomes[:cut]:
            part.add(one)
        again = Journal.resume(part.file, HEADER)
        assert again.outcomes == outcomes[:cut]
        for one in outcomes[cut:]:
            again.add(one)
        again.drop("x", "it does not parse")
        assert part.file.read_bytes() == whole.file.read_bytes()
        assert again.done == {*(one.task for one in outcomes), "x"}


def test_truncated_line_is_dropped(tmp_path: Path):
    file = tmp_path / "journal.jsonl"
    journal = Journal.begin(file, HEADER)
    outcomes = run_of(WORLDS["aligned"], 1, 3)
    for one in outcomes:
        journal.add(one)
    content = file.read_bytes()
    file.write_bytes(content[:-20])
    again = Journal.resume(file, HEADER)
    assert again.outcomes == outcomes[:2]
    again.add(outcomes[2])
    assert file.read_bytes() == content


def test_journal_of_another_run_is_kept_beside_the_new_one(tmp_path: Path):
    file = tmp_path / "journal.jsonl"
    Journal.begin(file, HEADER).drop("x", "why")
    other = Journal.resume(file, {**HEADER, "seed": 2})
    assert not other.done
    assert '"why"' in (tmp_path / "journal.jsonl.1").read_text()


def test_reading_writes_nothing_whatever_the_header(tmp_path: Path):
    file = tmp_path / "journal.jsonl"
    assert Journal.read(file) is None
    outcomes = run_of(WORLDS["aligned"], 1, 3)
    journal = Journal.begin(file, HEADER)
    for one in outcomes:
        journal.add(one)
    file.write_bytes(content := file.read_bytes() + b'{"type":"ta')
    found = Journal.read(file)
    assert found is not None
    assert (found.header, found.outcomes) == (HEADER, outcomes)
    assert file.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == [file.name]
    file.write_text("[1]\n")
    assert Journal.read(file) is None


def test_a_journal_of_an_earlier_version_names_more_signals(tmp_path: Path):
    file = tmp_path / "journal.jsonl"
    outcomes = run_of(WORLDS["aligned"], 1, 3)
    journal = Journal.begin(file, HEADER)
    for one in outcomes:
        journal.add(one)
    file.write_text(file.read_text().replace('"expected_tokens"', '"selected_lines":4,"expected_tokens"'))
    assert "selected_lines" in file.read_text()
    assert Journal.resume(file, HEADER).outcomes == outcomes


@pytest.mark.skipif(sys.platform == "win32", reason="mode bits")
def test_journal_is_readable_by_its_owner_only(tmp_path: Path):
    file = tmp_path / "tune" / "journal.jsonl"
    Journal.begin(file, HEADER)
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


WRITER = """
import sys
from pathlib import Path
from autothink_lsp.tuning.journal import Journal
from tests.support.tuning_worlds import WORLDS
from tests.unit.tuning.test_fit_and_gate import run_of
outcomes = run_of(WORLDS["aligned"], 1, 400)
journal = Journal.begin(Path(sys.argv[1]), {"model": "m"})
for number, one in enumerate(outcomes):
    journal.add(one)
    print(number, flush=True)
"""


@pytest.mark.process
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL")
def test_killed_run_keeps_every_reported_task(tmp_path: Path):
    file = tmp_path / "journal.jsonl"
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, text=True, env=environ)
    assert writer.stdout is not None
    told = 0
    for line in writer.stdout:
        told = int(line) + 1
        if told == 20:
            break
    time.sleep(0.01)
    writer.kill()
    writer.wait()
    journal = Journal.resume(file, {"model": "m"})
    assert len(journal.outcomes) >= told
    for line in file.read_text().splitlines():
        json.loads(line)
