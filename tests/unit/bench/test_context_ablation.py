"""The bench of context sources compares variants whose prompts differ, and fails if they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bench import project_holes
from tests.bench.context_ablation import LEAST_COMPARED, digest, equal_variants, fail_if_equal
from tests.bench.project_holes import ContextBench, Hole

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
