"""``make unit`` runs every test file once, in batches of about equal size, and a failure in any of them is its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.parallel_unit import batches

ROOT = Path(__file__).parents[2]
PASSES, FAILS, ENDS = (
    "def test_it(): pass\n",
    "def test_it(): assert 1 == 2\n",
    "import os\ndef test_it(): os._exit(0)\n",
)


@given(st.dictionaries(st.text(min_size=1), st.integers(0, 10_000)), st.integers(1, 9))
def test_every_file_is_in_one_batch(sizes: dict[str, int], count: int) -> None:
    found = batches(sizes, count)
    assert sorted(file for batch in found for file in batch) == sorted(sizes)
    assert all(found)
    totals = [sum(sizes[file] for file in batch) for batch in found]
    if len(found) == count:
        assert max(totals) - min(totals) <= max(sizes.values(), default=0)


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
@pytest.mark.parametrize(
    ("files", "status", "shown"),
    [
        ({"a": PASSES, "b": PASSES, "c": PASSES}, 0, "3 passed"),
        ({"a": PASSES, "b": FAILS}, 1, "assert 1 == 2"),
        ({"a": PASSES, "b": ENDS}, 1, "a session ended with status 0"),
        ({"a": "import nothing_of_this_name\n", "b": PASSES}, 1, "nothing_of_this_name"),
        ({"a": PASSES, "b": "def other(): pass\n"}, 0, "1 passed"),
        ({}, 1, "nothing"),
    ],
    ids=["all pass", "one fails", "one ends its process", "one cannot be imported", "one has no tests", "no file"],
)
def test_a_failure_in_any_file_is_the_runs(tmp_path: Path, files: dict[str, str], status: int, shown: str) -> None:
    for name, text in files.items():
        (tmp_path / f"test_{name}.py").write_text(text, encoding="utf-8")
    configuration = tmp_path / "none.ini"
    configuration.write_text("[pytest]\n", encoding="utf-8")
    arguments = [sorted(path.as_posix() for path in tmp_path.glob("test_*.py")), ["-q", "-c", str(configuration)], 2]
    program = f"import sys; from tests.support.parallel_unit import run; sys.exit(run(*{arguments!r}))"
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=100)
    assert (done.returncode, shown in done.stdout) == (status, True), done.stdout + done.stderr


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_what_ends_a_session_from_outside_of_its_tests_is_shown(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(PASSES, encoding="utf-8")
    arguments = [[(tmp_path / "test_a.py").as_posix()], ["-q", 5], 1]  # no option is a number
    program = f"import sys; from tests.support.parallel_unit import run; sys.exit(run(*{arguments!r}))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 1
    assert "TypeError" in done.stdout
    assert "a session ended with status 1" in done.stdout
