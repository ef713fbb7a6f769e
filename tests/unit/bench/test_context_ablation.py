"""The bench of context sources compares variants whose prompts differ, and fails if they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bench import project_holes
from tests.bench.context_ablation import (
    LEAST_COMPARED,
    difference_interval,
    digest,
    equal_variants,
    fail_if_equal,
    mean_with_interval,
    report,
)
from tests.bench.project_holes import ContextBench, Hole, LikeLines

SOURCE = """from packaging.version import Version

from tiny.other import released


def newest(names):
    found = Version(names[0])
    return released(found)
"""
EXPECTED = "Version(names[0])"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ContextBench:
    """A project of two files, which imports a package that is installed for the tests."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "use.py").write_text(SOURCE)
    (own / "other.py").write_text("def released(version):\n    return not version.is_prerelease\n")
    monkeypatch.setattr(project_holes, "PROJECTS", ("autothink_lsp",))
    return ContextBench(tmp_path / "work", own)


def test_signatures_of_installed_packages_change_the_prompt_whatever_the_order_of_the_variants(
    bench: ContextBench,
) -> None:
    line = SOURCE.split("\n").index(f"    found = {EXPECTED}")
    hole = Hole("1", "autothink_lsp", "autothink_lsp/use.py", line, len("    found = "), EXPECTED, ())
    variants = ["all@512", "all@512@packages"]
    for order in (variants, variants[::-1]):
        contexts = bench.contexts(hole, order)
        texts = {one: "\n".join(block.text for block in contexts[one].blocks) for one in variants}
        assert "class Version" in texts["all@512@packages"]
        assert "class Version" not in texts["all@512"]
        assert len({digest((context, frozenset())) for context in contexts.values()}) == len(variants)


def rows(second: str, *, number: int = LEAST_COMPARED) -> dict[str, Any]:
    """Results of two variants, of which the second has the prompt ``second`` for the last hole."""
    found: dict[str, Any] = {}
    for at in range(number):
        found[f"library|all|{at}"] = {"prompt": f"p{at}"}
        found[f"library|all@packages|{at}"] = {"prompt": second if at == number - 1 else f"p{at}"}
    return found


def test_two_variants_with_nothing_but_equal_prompts_are_an_error() -> None:
    equal = rows(f"p{LEAST_COMPARED - 1}")
    assert equal_variants(equal) == [("all", "all@packages", LEAST_COMPARED)]
    with pytest.raises(SystemExit, match=r"all and all@packages have equal prompts for all 100 holes"):
        fail_if_equal(equal)


def test_one_hole_that_differs_or_few_holes_are_none() -> None:
    fail_if_equal(rows("another"))
    fail_if_equal(rows("p9", number=10))


def judged_row(prompt: str, *, exact: bool, log_p: float) -> dict[str, Any]:
    """A row as the bench keeps it."""
    row = {"exact": exact, "similar": float(exact), "log_p": log_p, "tokens": 100, "prompt": prompt, "asked": True}
    return {**row, "said": "", "expected": "", "sources": []}


def test_holes_that_were_not_asked_count_as_ties(capsys: pytest.CaptureFixture[str]) -> None:
    results: dict[str, Any] = {
        "any-line|none|1": judged_row("a", exact=False, log_p=-5.0),
        "any-line|all|1": judged_row("b", exact=True, log_p=-1.0),
    }
    for number in range(2, 5):
        for variant in ("none", "all"):
            results[f"any-line|{variant}|{number}"] = {"prompt": f"p{number}", "asked": False}
    report(results)
    row = next(line for line in capsys.readouterr().out.split("\n") if line.startswith("| none | all |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[2:6] == ["4", "1", "0, 1", "1 / 0"]  # n, prompts differ, exact, only with / only without
    assert cells[6].startswith("+25.0 (")
    assert cells[9].startswith("+1.00 (")  # 4 of one hole, 0 of three
    assert cells[10:] == ["1 / 0", "1.000"]


def test_intervals_of_paired_differences() -> None:
    low, high = difference_interval(21, 9, 186)  # 53 and 65 of 186 lines
    assert (round(low, 3), round(high, 3)) == (0.006, 0.122)
    low, high = difference_interval(5, 5, 100)
    assert low == -high
    assert mean_with_interval([1.0, 3.0], 2) == "+2.00 (+0.04 to +3.96)"
    assert mean_with_interval([1.0], 1) == "+1.0"


def test_what_was_copied_is_put_into_the_prompt(bench: ContextBench) -> None:
    line = SOURCE.split("\n").index(f"    found = {EXPECTED}")
    copied, unrelated = "    found = Version(texts[0])\n    return found", "for one in many:\n    print(one)"
    hole = Hole(
        "1", "autothink_lsp", "autothink_lsp/use.py", line, len("    found = "), EXPECTED, (), copied, unrelated, 0.9
    )
    variants = ["+clipboard@512@copied", "+clipboard@512@unrelated", "+clipboard@512", "none"]
    contexts = bench.contexts(hole, variants)
    shown = ["\n".join(block.text for block in contexts[one].blocks) for one in variants]
    assert "Version(texts[0])" in shown[0]
    assert "print(one)" in shown[1]
    assert "Version(" not in shown[1]
    assert shown[2:] == ["", ""]


def test_like_lines_are_found_outside_of_the_window_only(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def first(self):\n    total = count(self.names)\n    return total\n")
    (tmp_path / "b.py").write_text("def other(self):\n    total = count(self.items)\n    return total\n")
    (tmp_path / "c.py").write_text("import os\n\n\nclass Empty:\n    pass\n")
    found = LikeLines(tmp_path).like("a.py", 1)
    assert found is not None
    assert "self.items" in found[0]
    assert 0.8 < found[1] < 1
    (tmp_path / "b.py").unlink()
    assert LikeLines(tmp_path).like("a.py", 1) is None  # its own lines stand in the window
