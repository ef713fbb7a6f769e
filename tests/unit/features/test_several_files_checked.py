"""A changed signature and its calls in other files are checked together, before anything is applied; calls that the
model changed wrongly are asked about once more, with the check's message."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autothink_lsp.values import Point
from tests.support.project_assistant import ProjectAssistant, block, texts_of, whole

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("only_programs_on_the_path")]

SCRIPT = Path(__file__).parents[2] / "support/scripted_language_server.py"
OWN = "def area(w, h, unit):\n    return w * h\n"
NEW = "def area(w, h):\n    return w * h"
CALLER = "from a import area\n\n\ndef floor(w, rest):\n    return area(w, *rest)\n"
PRESENT = "    return area(w, *rest)"
RIGHT = "    return area(w, rest[0])"
WRONG = "    return area(w, bad)"
AT = Point(0, 4)


def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.py").write_text(OWN)
    (folder / "b.py").write_text(CALLER)
    return folder


def assistant(folder: Path, *answers: str) -> ProjectAssistant:
    server = (sys.executable, str(SCRIPT), "good", str(folder.parent / "log"))
    return ProjectAssistant(folder, answers, {"pyright": server})


async def test_calls_that_pass_the_check_are_used(tmp_path: Path) -> None:
    made = assistant(project(tmp_path), whole(NEW), block("b.py", PRESENT, RIGHT))
    result = await made.run("a.py", "python", at=AT)
    assert texts_of(result) == {"a.py": NEW + "\n", "b.py": CALLER.replace(PRESENT, RIGHT)}
    assert not result.has_failed
    assert len(made.prompts) == 2


async def test_the_model_is_asked_again_with_what_the_check_says(tmp_path: Path) -> None:
    made = assistant(project(tmp_path), whole(NEW), block("b.py", PRESENT, WRONG), block("b.py", PRESENT, RIGHT))
    result = await made.run("a.py", "python", at=AT)
    assert texts_of(result)["b.py"] == CALLER.replace(PRESENT, RIGHT)
    assert not result.has_failed
    assert len(made.prompts) == 3
    assert "is bad" not in made.prompts[1]
    assert "is bad" in made.prompts[2]


@pytest.mark.parametrize("second", [WRONG, WRONG.replace("(w, bad)", "(bad, w)")])
async def test_calls_that_fail_twice_are_told(tmp_path: Path, second: str) -> None:
    made = assistant(project(tmp_path), whole(NEW), block("b.py", PRESENT, WRONG), block("b.py", PRESENT, second))
    result = await made.run("a.py", "python", at=AT)
    assert result.has_failed
    assert "b.py: " in result.evidence_sentence
    assert len(made.prompts) == 3


async def test_the_tests_see_all_files_together(tmp_path: Path) -> None:
    """The test passes before, fails with the changed signature alone, and passes with both files."""
    folder = project(tmp_path)
    (folder / "test_b.py").write_text(
        "import unittest\nfrom b import floor\n\n\nclass T(unittest.TestCase):\n    def test_floor(self):\n"
        "        self.assertEqual(floor(2, [3, 'm']), 6)\n"
    )
    command = (sys.executable, "-m", "unittest")
    made = ProjectAssistant(folder, [whole(NEW), block("b.py", PRESENT, RIGHT)], {}, test_command=command)
    result = await made.run("a.py", "python", at=AT)
    assert texts_of(result)["b.py"] == CALLER.replace(PRESENT, RIGHT)
    assert not result.has_failed, result.evidence_sentence
    assert "1 test passes" in result.evidence_sentence
    assert len(made.prompts) == 2, "no attempt was lost"


async def test_tests_that_fail_with_all_files_fail_the_attempt(tmp_path: Path) -> None:
    folder = project(tmp_path)
    (folder / "test_b.py").write_text(
        "import unittest\nfrom b import floor\n\n\nclass T(unittest.TestCase):\n    def test_floor(self):\n"
        "        self.assertEqual(floor(2, [3, 'm']), 6)\n"
    )
    command = (sys.executable, "-m", "unittest")
    wrong = PRESENT.replace("*rest", "rest[1]")
    answers = [whole(NEW), *[block("b.py", PRESENT, wrong)] * 2, whole(OWN.replace("w * h", "h * w").strip())]
    made = ProjectAssistant(folder, answers, {}, test_command=command)
    result = await made.run("a.py", "python", at=AT)
    assert texts_of(result) == {"a.py": OWN.replace("w * h", "h * w")}
    assert not result.has_failed, result.evidence_sentence
