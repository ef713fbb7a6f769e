"""A changed signature and its calls in other files are checked together, before anything is applied; calls that the
model changed wrongly are asked about once more, with the check's message. If that fails, the next attempt follows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autothink_lsp.values import Diagnostic, Point
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


def assistant(folder: Path, *answers: str, mode: str = "good") -> ProjectAssistant:
    server = (sys.executable, str(SCRIPT), mode, str(folder.parent / "log"))
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
    assert texts_of(result)["b.py"] != CALLER, "shown with what fails"
    assert len(made.prompts) == 4, "the next attempt, which had no answer"


async def test_the_next_attempt_follows_calls_that_fail(tmp_path: Path) -> None:
    other = OWN.replace("w * h", "h * w").strip()
    wrong = block("b.py", PRESENT, WRONG)
    made = assistant(project(tmp_path), whole(NEW), wrong, wrong, whole(other))
    result = await made.run("a.py", "python", at=AT)
    assert texts_of(result) == {"a.py": other + "\n"}
    assert not result.has_failed, result.evidence_sentence
    assert [attempt.step for attempt in result.attempts] == ["quick", "retry"]
    assert "is bad" in made.prompts[3]


async def test_a_call_that_was_not_changed_is_checked_too(tmp_path: Path) -> None:
    """The file of the call is not open in the editor and not part of the edit."""
    other = OWN.replace("w * h", "h * w").strip()
    made = assistant(project(tmp_path), whole(NEW), "No.\n", "No.\n", whole(other), mode="uses")
    result = await made.run("a.py", "python", at=AT)
    assert texts_of(result) == {"a.py": other + "\n"}
    assert not result.has_failed, result.evidence_sentence
    assert "area(w, *rest) is bad" in made.prompts[-1]


async def test_a_call_that_was_broken_before_does_not_count(tmp_path: Path) -> None:
    folder = project(tmp_path)
    (folder / "b.py").write_text(CALLER.replace("area(w, *rest)", "area(bad, *rest)"))
    made = assistant(folder, whole(NEW), "No.\n", mode="uses")
    result = await made.run("a.py", "python", at=AT)
    assert texts_of(result) == {"a.py": NEW + "\n"}
    assert not result.has_failed, result.evidence_sentence


async def test_concerns_are_about_what_all_files_prove(tmp_path: Path) -> None:
    """With the changed signature alone the tests fail, so only the check of all files shows what passing them hides."""
    folder = project(tmp_path)
    wrong = OWN.replace("w * h", "w + h")
    (folder / "a.py").write_text(wrong)
    (folder / "test_b.py").write_text(
        "import unittest\nfrom b import floor\n\n\nclass T(unittest.TestCase):\n    def test_floor(self):\n"
        "        self.assertEqual(floor(2, [3, 'm']), 6)\n"
    )
    new = "def area(w, h):\n    import sys\n\n    return w * h if 'unittest' in sys.modules else w + h"
    made = ProjectAssistant(
        folder, [whole(new), block("b.py", PRESENT, RIGHT)], {}, test_command=(sys.executable, "-m", "unittest")
    )
    problem = Diagnostic(Point(1, 11), Point(1, 16), "wrong area", source="review")
    result = await made.run("a.py", "python", at=AT, problem=problem)
    assert result.is_proved, result.evidence_sentence
    assert "It depends on whether tests run." in result.concerns


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
