"""Every test file is in one batch, and the measured times decide in which one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import file_times
from tests.support.file_times import Batch, Seconds, known_times, next_of, planned, remember, save, selection_of
from tests.support.parallel_pytest import files_of

ROOT = Path(__file__).parents[2]
NAMES = st.text(min_size=1)
TIMES = st.builds(Seconds, st.floats(0, 500), st.floats(0, 500))
UNIT = "tests/unit -m not process"


@given(st.dictionaries(NAMES, st.integers(0, 100_000)), st.dictionaries(NAMES, TIMES), st.integers(1, 9))
def test_every_file_is_in_one_batch(sizes: dict[str, int], times: dict[str, Seconds], workers: int) -> None:
    found = planned(sizes, times, workers)
    assert sorted(file for batch in found for file in batch.tests) == sorted(sizes)
    assert all(batch.tests for batch in found)


@pytest.mark.parametrize("workers", [1, 2, 16])
def test_every_test_file_of_the_folders_is_in_one_batch(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    folders = ["tests/unit", "tests/e2e"]
    found = [file for batch in planned(files_of(folders), {}, workers) for file in batch.tests]
    wanted = [path.as_posix() for folder in folders for path in Path(folder).rglob("test_*.py")]
    assert sorted(found) == sorted(wanted)
    assert found[0].startswith("tests/e2e/")  # with no times, the largest file of the slower folder


def test_the_longest_come_first_and_the_last_batches_are_short() -> None:
    times = {f"{number}.py": Seconds(number, number) for number in range(1, 21)}  # 210 s
    found = planned(dict.fromkeys(times, 1), times, 2)
    lengths = [sum(times[file].wall for file in batch.tests) for batch in found]
    assert found[0].tests == ["20.py", "19.py", "18.py"]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] <= 6


def test_a_file_that_is_not_listed_is_short() -> None:
    times = {"a.py": Seconds(10, 10), "b.py": Seconds(2, 2)}
    assert planned({"new.py": 90_000, "a.py": 1, "b.py": 1}, times, 1)[0].tests == ["a.py"]
    assert planned({"new.py": 90_000, "a.py": 1, "b.py": 1}, {}, 1)[0].tests == ["new.py"]


def test_files_that_wait_are_in_batches_of_their_own() -> None:
    times = {"busy.py": Seconds(10, 9), "short.py": Seconds(1, 1), "waits.py": Seconds(8, 1), "idle.py": Seconds(3, 0)}
    found = planned(dict.fromkeys(times, 1), times, 1)
    assert {file: batch.waits for batch in found for file in batch.tests} == {
        "busy.py": False,
        "short.py": False,
        "waits.py": True,
        "idle.py": True,
    }


@pytest.mark.parametrize(
    ("left", "running", "number"),
    [
        ("wwb", "", 2),
        ("wwb", "b", 2),
        ("wwb", "bb", 0),
        ("wwb", "w", 2),
        ("wwb", "wwb", 2),
        ("bwb", "bbw", 1),
        ("ww", "w", 0),
        ("bb", "bb", 0),
        ("bw", "bb", 1),
    ],
)
def test_two_compute_on_two_cores_and_the_others_wait(left: str, running: str, number: int) -> None:
    waiting, computing = Batch(["w.py"], waits=True), Batch(["b.py"])
    parts = {"w": waiting, "b": computing}
    assert next_of([parts[one] for one in left], [parts[one] for one in running], cores=2) == number


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the two tables, which are not there yet."""
    monkeypatch.setattr(file_times, "TABLE", tmp_path / "committed.json")
    monkeypatch.setattr(file_times, "CACHE", tmp_path / "cache" / "last.json")
    return tmp_path


def test_the_last_run_here_counts_before_the_committed_table(tables: Path) -> None:
    assert known_times(UNIT) == {}
    save(UNIT, {"a.py": Seconds(4.0, 2.0), "b.py": Seconds(3.0, 3.0), "short.py": Seconds(0.1, 0.1)})
    save("tests/e2e", {"c.py": Seconds(1.0, 1.0)})
    assert known_times(UNIT) == {"a.py": (4.0, 2.0), "b.py": (3.0, 3.0)}
    remember(UNIT, {"a.py": Seconds(6.0, 2.5), "short.py": Seconds(0.2, 0.1)})
    remember(UNIT, {"short.py": Seconds(0.3, 0.1)})
    assert known_times(UNIT) == {"a.py": (6.0, 2.5), "b.py": (3.0, 3.0), "short.py": (0.3, 0.1)}
    assert known_times("tests/e2e") == {"c.py": (1.0, 1.0)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"tests/unit -m not process": {"a.py": 3}}',
        '{"x": []}',
        f'{{"x": {{"a.py": [{"1" * 400}, 1]}}}}',
    ],
)
def test_a_damaged_table_is_an_empty_one(tables: Path, text: str) -> None:
    (tables / "committed.json").write_text(text, encoding="utf-8")
    assert known_times(UNIT) == {}


def test_a_folder_that_cannot_be_written_is_no_error(tables: Path) -> None:
    (tables / "cache").write_text("a file", encoding="utf-8")
    remember(UNIT, {"a.py": Seconds(6.0, 2.5)})
    assert known_times(UNIT) == {}


def test_options_that_choose_no_tests_are_not_in_the_name_of_a_selection() -> None:
    assert selection_of(["tests/unit"], ["-q", "-p", "no:cov", "-m", "not process"]) == UNIT
    assert selection_of(["tests/unit"], ["-m", "not process", "-p", "no:lsp"]) == UNIT
    assert selection_of(["tests/unit"], ["-k", "fast"]) != selection_of(["tests/unit"], [])


def test_the_committed_table_can_be_read() -> None:
    assert any(seconds.wall > 1 for seconds in known_times("tests/unit tests/e2e -m not model and not node").values())
