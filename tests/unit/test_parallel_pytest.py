"""A failure in any session of ``make unit`` and ``make test`` is the run's own, and what failed is run once more where
that is wanted. Which files a session has is in ``test_file_times.py``."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.ci_summary import RESULTS
from tests.support.parallel_pytest import with_all_plugins

ROOT = Path(__file__).parents[2]
PASSES, FAILS, ENDS, SKIPS = (
    "def test_it(): pass\n",
    "def test_it(): assert 1 == 2\n",
    "import os\ndef test_it(): os._exit(0)\n",
    "import pytest\ndef test_it(): pytest.skip('no Rust here')\n",
)
# Fails at the first call, passes at the second.
LATER = """\
import pathlib, pytest
@pytest.mark.parametrize("name", ["a::b[c]", "d"])
def test_it(name):
    mark = pathlib.Path(__file__).with_suffix(".seen")
    seen = mark.exists()
    mark.write_text("")
    assert seen
def test_other(): pass
"""
# The second of two rows fails, of a function, a method and one with a fixture that reads its request.
ROWS = """\
import pytest
@pytest.fixture
def wanted(request): return request.param
@pytest.mark.parametrize("number", [1, 2])
def test_it(number): assert number == 1
class TestShop:
    @pytest.mark.parametrize("number", [1, 2])
    def test_it(self, number): assert number == 1
@pytest.mark.parametrize("wanted", [1, 2], indirect=True)
def test_last(wanted, request): assert request.node.callspec.params["wanted"] == 1 == wanted
"""

# A logger that does not propagate, which is there from the second test on, and the root's.
LOGS = """\
import logging
def test_before(caplog):
    logging.warning("by the root")
    assert caplog.messages == ["by the root"]
    logging.getLogger("apart").propagate = False
def test_it(caplog):
    logging.warning("by the root")
    logging.getLogger("apart").warning("by itself")
    assert caplog.messages == ["by the root", "by itself"]
def test_last():
    logging.getLogger("apart").warning("in the report")
    assert 1 == 2
"""


def run(folder: Path, files: dict[str, str], options: list[object], **more: object) -> subprocess.CompletedProcess[str]:
    """Run test files, each in a session of its own; two at a time."""
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text, encoding="utf-8")
    configuration = folder / "none.ini"
    configuration.write_text("[pytest]\n", encoding="utf-8")
    parts = [[path.as_posix()] for path in sorted(folder.glob("test_*.py"))]
    arguments = [["-q", "-c", str(configuration), f"--rootdir={folder}", *options], 2]
    program = (
        "import sys; from tests.support.parallel_pytest import Batch, run_and_report as run; "
        f"parts = [Batch(tests, waits) for tests in {parts!r} for waits in [tests[0].endswith('b.py')]]; "
        f"status, times = run(['tests/some'], parts, *{arguments!r}, **{more!r}); "
        "print('times', *sorted(times)); sys.exit(status)"
    )
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", RESULTS: str(folder / "results.jsonl")}
    command = [sys.executable, "-c", program]
    environ["PYTHONPATH"] = str(ROOT)
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=100)


def results(folder: Path) -> list[dict[str, int]]:
    """What is recorded for the summary of ``.ci/run``: counts that are not 0, per line."""
    lines = map(json.loads, (folder / "results.jsonl").read_text("utf-8").splitlines())
    return [{name: count for name, count in line["counts"].items() if count} for line in lines]


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
@pytest.mark.parametrize(
    ("files", "status", "shown", "recorded"),
    [
        ({"a": PASSES, "b": PASSES, "c": PASSES}, 0, "3 passed", {"passed": 3}),
        ({"a": PASSES, "b": FAILS}, 1, "assert 1 == 2", {"passed": 1, "failed": 1}),
        ({"a": PASSES, "b": ENDS}, 1, "a session ended with status 0", {"passed": 1}),
        ({"a": "import nothing_of_this_name\n", "b": PASSES}, 1, "nothing_of_this_name", {"passed": 1, "error": 1}),
        ({"a": PASSES, "b": "def other(): pass\n"}, 0, "1 passed", {"passed": 1}),
        ({"a": PASSES, "b": SKIPS}, 0, "SKIPPED [1] test_b.py: no Rust here", {"passed": 1, "skipped": 1}),
        ({}, 1, "nothing", {}),
    ],
    ids=[
        "all pass",
        "one fails",
        "one ends its process",
        "one cannot be imported",
        "one has no tests",
        "one is skipped",
        "no file",
    ],
)
def test_a_failure_in_any_file_is_the_runs(
    tmp_path: Path, files: dict[str, str], status: int, shown: str, recorded: dict[str, int]
) -> None:
    done = run(tmp_path, files, [])
    assert (done.returncode, shown in done.stdout) == (status, True), done.stdout + done.stderr
    assert results(tmp_path) == [recorded]
    names = [name for name, text in sorted(files.items()) if text != ENDS]
    assert done.stdout.splitlines()[-1].split() == ["times", *(f"test_{name}.py" for name in names)]


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
@pytest.mark.parametrize(
    ("file", "status", "second"),
    [
        (LATER, 0, {"passed": 1}),
        (FAILS, 1, {"failed": 1}),
        (ENDS, 1, {}),
        ("import nothing_of_this_name\n", 1, {"error": 1}),
    ],
    ids=["passes then", "fails again", "ends its process again", "still cannot be imported"],
)
def test_what_failed_is_run_once_more(tmp_path: Path, file: str, status: int, second: dict[str, int]) -> None:
    done = run(tmp_path, {"a": PASSES, "b": file}, [], twice=True)
    assert done.returncode == status, done.stdout + done.stderr
    assert "== some failed; these once more" in done.stdout
    assert len(results(tmp_path)) == 2
    assert results(tmp_path)[1] == second


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_the_closing_line_is_one_that_ci_reads(tmp_path: Path) -> None:
    (pattern,) = re.findall(r"grep -E '(.*passed.*?)'", (ROOT / ".ci/run").read_text("utf-8"))
    lines = run(tmp_path, {"a": PASSES, "b": SKIPS}, []).stdout.splitlines()
    (closing,) = [line for line in lines if re.search(pattern, line)]
    assert closing.startswith("1 passed, 1 skipped in ")


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_what_ends_a_session_from_outside_of_its_tests_is_shown(tmp_path: Path) -> None:
    done = run(tmp_path, {"a": PASSES}, [5])  # no option is a number
    assert done.returncode == 1
    assert "TypeError" in done.stdout
    assert "a session ended with status 1" in done.stdout


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_each_row_of_a_table_is_reported_with_its_own_name_and_line(tmp_path: Path) -> None:
    done = run(tmp_path, {"a": ROWS}, [])
    assert re.findall(r"^_+ (.*?) _+$", done.stdout, re.MULTILINE) == [
        *("test_it[2]", "TestShop.test_it[2]", "test_last[2]"),
    ]
    assert re.findall(r"^test_a.py:(\d+): AssertionError", done.stdout, re.MULTILINE) == ["5", "8", "10"]
    assert results(tmp_path) == [{"passed": 3, "failed": 3}]


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_logs_are_captured(tmp_path: Path) -> None:
    done = run(tmp_path, {"a": LOGS}, [])
    assert results(tmp_path) == [{"passed": 2, "failed": 1}], done.stdout
    assert "in the report" in done.stdout.partition("Captured log call")[2]


@pytest.mark.parametrize(
    ("options", "all_plugins"),
    [
        ("-q -p no:warnings -m fast -p no:cov", "-q -m fast"),
        ("-p other -p no:cov file", "-p other file"),
        ("no:cov -q", "no:cov -q"),
        ("", ""),
    ],
)
def test_the_second_run_has_all_plugins(options: str, all_plugins: str) -> None:
    assert with_all_plugins(options.split()) == all_plugins.split()


@pytest.mark.process
@pytest.mark.parametrize("unset", [True, False], ids=["beside the sources", "without bytecode there"])
def test_bytecode_is_kept(unset: bool, tmp_path: Path) -> None:
    program = "import sys; from tests.support.session_cost import keep_bytecode; keep_bytecode(); import shop"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environ |= {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))}
    if not unset:
        environ["PYTHONDONTWRITEBYTECODE"] = "1"
    (tmp_path / "shop.py").write_text("")
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environ, check=True, timeout=60)
    assert (tmp_path / "__pycache__").is_dir() == unset
    assert bool(list(tmp_path.rglob(".pytest_cache/bytecode/**/shop.*.pyc"))) != unset
