"""Which checkers run for a document, and what ``doctor`` says of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autothink_lsp.commands.doctor.environment import PYTHON_EXTRA, checker_findings
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify import checkers
from autothink_lsp.verify.checker_choice import CheckerChoice
from autothink_lsp.verify.evidence import ForeseenEvidence
from autothink_lsp.verify.foreseen import foreseen_evidence

PYTHON = LanguageRegistry().by_language_id("python")


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The only folder with programs, outside of the document's."""
    folder = tmp_path_factory.mktemp("programs")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(checkers, "OWN_PROGRAMS", str(tmp_path / "none"))
    return folder


def install(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).symlink_to(sys.executable)


def names(folder: Path, *, trusted: bool, source: str = "") -> list[str]:
    file = folder / "a.py"
    choice = CheckerChoice(known=PYTHON.checkers, folder=folder, file=file, trusted=trusted, source=source)
    return [spec.name for spec in choice.runnable()]


def test_two_tools_that_say_the_same_do_not_both_run(programs: Path, tmp_path: Path) -> None:
    install(programs, "basedpyright")
    assert names(tmp_path, trusted=True) == ["compile", "basedpyright"]
    install(programs, "pyright")
    assert names(tmp_path, trusted=True) == ["compile", "pyright"]
    assert names(tmp_path, trusted=True, source="basedpyright") == ["compile", "pyright", "basedpyright"]


def test_some_run_for_their_own_messages_only(programs: Path, tmp_path: Path) -> None:
    install(programs, "mypy", "pylint")
    assert names(tmp_path, trusted=True) == ["compile"]
    assert names(tmp_path, trusted=True, source="Mypy") == ["compile", "mypy"]
    assert names(tmp_path, trusted=True, source="pylint") == ["compile", "pylint"]
    assert names(tmp_path, trusted=False, source="pylint") == ["compile"], "its configuration names plugins"
    (tmp_path / "mypy.ini").touch()
    assert names(tmp_path, trusted=True) == ["compile", "mypy"]
    assert names(tmp_path, trusted=False) == ["compile"]


@pytest.mark.parametrize("trusted", [True, False])
def test_what_doctor_says(programs: Path, tmp_path: Path, trusted: bool) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.py").touch()
    (folder / "b.go").touch()
    found = {finding.text.split(":")[0]: finding for finding in checker_findings(folder, trusted=trusted)}
    assert {name: finding.level for name, finding in found.items()} == {"python": "warning", "go": "warning"}
    assert found["python"].remedy == PYTHON_EXTRA
    install(programs, "ruff", "go")
    found = {finding.text.split(":")[0]: finding for finding in checker_findings(folder, trusted=trusted)}
    assert {name: finding.level for name, finding in found.items()} == {
        "python": "ok",
        "go": "ok" if trusted else "warning",
    }
    assert ("not trusted" in found["python"].text) is not trusted


TYPE = 'Operator "+=" not supported for types "int" and "list[int]"'
FORESEEN = [
    ((), TYPE, "Pylance", ForeseenEvidence.PARSE),
    (("ruff",), TYPE, "Pylance", ForeseenEvidence.PARSE),  # a linter knows no types
    (("ruff",), '"x" is not defined', "Pylance", ForeseenEvidence.OTHER_TOOL),
    (("basedpyright",), TYPE, "Pylance", ForeseenEvidence.OTHER_TOOL),
    (("pyright",), TYPE, "Pylance", ForeseenEvidence.SAME_TOOL),  # the same program under another name
    (("ruff",), "Undefined name `x`", "Ruff", ForeseenEvidence.SAME_TOOL),
    ((), '"(" was not closed', "Pylance", ForeseenEvidence.OTHER_TOOL),  # Python itself
    (("ruff",), "something", "", ForeseenEvidence.OTHER_TOOL),
]


@pytest.mark.parametrize(("installed", "message", "source", "expected"), FORESEEN)
def test_which_evidence_is_possible(
    programs: Path, tmp_path: Path, installed: tuple[str, ...], message: str, source: str, expected: ForeseenEvidence
) -> None:
    install(programs, *installed)
    target = Diagnostic(Point(0, 0), Point(0, 1), message, source=source)
    choice = CheckerChoice(known=PYTHON.checkers, folder=tmp_path, file=tmp_path / "a.py", trusted=False, source=source)
    assert foreseen_evidence(target, choice, has_grammar=True) is expected
    with_tests = foreseen_evidence(target, choice, has_tests=True, has_grammar=True)
    assert with_tests is ForeseenEvidence.TESTS
    if expected is ForeseenEvidence.PARSE:
        assert foreseen_evidence(target, choice) is ForeseenEvidence.NOTHING
        by_server = foreseen_evidence(target, choice, [frozenset({"pylance"})], has_grammar=True)
        assert by_server is ForeseenEvidence.SAME_TOOL


# Languages of one tool: what checks the one checks the other.
SIBLINGS = [("javascript", "typescript", "eslint"), ("typescript", "tsx", "eslint"), ("typescript", "tsx", "tsc")]


@pytest.mark.parametrize(("one", "other", "name"), SIBLINGS)
def test_siblings_have_the_same_checkers(one: str, other: str, name: str) -> None:
    found = [
        next(spec for spec in language.checkers if spec.name == name)
        for language in LanguageRegistry().all()
        if language.name in {one, other}
    ]
    assert len(found) == 2
    for key in ("project_args", "project_files", "sources", "pattern", "runs_project_code", "only_own", "finds"):
        assert getattr(found[0], key) == getattr(found[1], key), key


def test_eslint_runs_for_components(programs: Path, tmp_path: Path) -> None:
    """ESLint's own message in a ``.tsx`` file is checked by ESLint, in a trusted folder."""
    install(programs, "eslint", "tsc")
    for language_id, name in (("typescriptreact", "a.tsx"), ("typescript", "a.ts"), ("javascriptreact", "a.jsx")):
        language = LanguageRegistry().by_language_id(language_id)
        for source, configured, trusted in (("eslint", False, True), ("ts", True, True), ("eslint", False, False)):
            folder = tmp_path / f"{name}-{source}-{configured}-{trusted}"
            folder.mkdir()
            if configured:
                (folder / "eslint.config.mts").touch()
            choice = CheckerChoice(
                known=language.checkers, folder=folder, file=folder / name, trusted=trusted, source=source
            )
            assert ("eslint" in [spec.name for spec in choice.runnable()]) is trusted, (name, source)
