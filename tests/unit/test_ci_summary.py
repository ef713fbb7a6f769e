"""What ``.ci/run`` prints at its end."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.ci_summary import RESULTS, record, summary

ROOT = Path(__file__).parents[2]
CLOSING = re.compile(r"\d+ (?:passed|failed|skipped|error)")


def test_a_session_is_recorded_with_the_reason_of_each_skip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "results.jsonl"
    monkeypatch.setenv(RESULTS, str(file))
    skip = SimpleNamespace(nodeid="tests/a.py::test_a", longrepr=("a.py", 3, "Skipped: no Rust here"))
    reporter = SimpleNamespace(stats={"passed": [1, 2], "skipped": [skip]})
    record(reporter, ("tests/unit", "-n", "auto"))
    (entry,) = map(json.loads, file.read_text("utf-8").splitlines())
    assert entry["suite"] == "tests/unit"
    assert (entry["counts"]["passed"], entry["counts"]["skipped"]) == (2, 1)
    assert entry["skipped"] == [["tests/a.py::test_a", "no Rust here"]]


def test_nothing_is_recorded_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(RESULTS, raising=False)
    monkeypatch.chdir(tmp_path)
    record(SimpleNamespace(stats={}), ())
    assert list(tmp_path.iterdir()) == []


def test_the_summary_names_steps_minutes_cases_and_skips() -> None:
    entries = [
        {"step": "lint", "at_s": 0},
        {"step": "make test", "at_s": 60},
        {
            "suite": "tests/unit",
            "at_s": 200,
            "counts": {"passed": 7, "failed": 0, "skipped": 1},
            "skipped": [["t::a", "why"]],
        },
    ]
    text = summary([json.dumps(each) for each in entries], 2, 240)
    assert "   1.0 min  lint\n" in text
    assert "   3.0 min  make test   <- ended here\n" in text
    assert "   4.0 min  together\n" in text
    assert "  tests/unit: passed 7, skipped 1\n" in text
    assert "    t::a: why\n" in text
    assert text.endswith("exit status 2")
    assert not [line for line in text.splitlines() if CLOSING.search(line)]


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
@pytest.mark.parametrize("fails", [False, True])
def test_the_run_keeps_its_order_its_last_line_of_pytest_and_its_status(tmp_path: Path, *, fails: bool) -> None:
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci/run").write_bytes((ROOT / ".ci/run").read_bytes())
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    (tmp_path / "tests/support").mkdir(parents=True)
    (tmp_path / "tests/support/ci_summary.py").write_bytes((ROOT / "tests/support/ci_summary.py").read_bytes())
    commands = [
        line for line in (ROOT / ".ci/run").read_text("utf-8").splitlines() if re.match(r"\s*(?:nice .*)?make ", line)
    ]
    targets = [re.search(r"make ([\w-]+)", line)[1] for line in commands]
    fake = tmp_path / "bin/make"
    fake.parent.mkdir()
    last = targets[-1]
    end = f'if [ "$1" = {last} ]; then echo "1 passed in 0.1s"; exit {3 if fails else 0}; fi'
    fake.write_text(f'#!/bin/sh\necho "$1" >> ran\n{end}\n')
    fake.chmod(0o755)
    run = subprocess.run(
        ["bash", ".ci/run"], cwd=tmp_path, env={"PATH": f"{fake.parent}:/usr/bin:/bin"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert run.returncode == (3 if fails else 0)
    ran = (tmp_path / "ran").read_text().split()
    # A failure ends what runs in the background, which may not have begun by then.
    assert set(ran) <= set(targets) if fails else sorted(ran) == sorted(targets)
    lines = run.stdout.splitlines()
    closing = "1 passed in 0.1s"
    assert [line for line in lines if CLOSING.search(line)] == ([closing] if fails else [closing, closing])
    assert lines[-1] == (f"  exit status {run.returncode}" if fails else closing)
    steps = re.findall(r'^step "(.*?)[;"]', (ROOT / ".ci/run").read_text("utf-8"), re.MULTILINE)
    assert len(steps) >= 5
    assert all(any(f"min  {step}" in line for line in lines) for step in steps)
