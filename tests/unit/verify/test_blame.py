"""Whose fault a complaint is: the edit's, the copy's that has one file only, or that of what was wrong before."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.checker_spec import read_checkers
from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify import checkers, service
from autothink_lsp.verify.checkers import find_program, read_findings
from autothink_lsp.verify.evidence import evidence_of
from autothink_lsp.verify.line_origins import line_origins
from autothink_lsp.verify.report import CheckReport, CheckResult, Finding
from autothink_lsp.verify.report_text import report_for_model
from autothink_lsp.verify.service import VerificationRequest, Verifier
from autothink_lsp.verify.syntax_checks import check_names, check_parse, error_lines, is_syntax_error_gone, parse_text
from autothink_lsp.verify.target_message import first_still_there, reproduced_by, still_there

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("only_programs_on_the_path")]

REGISTRY = LanguageRegistry()


def message(line: int, text: str, code: str = "") -> Diagnostic:
    return Diagnostic(Point(line, 0), Point(line, 1), text, code=code)


def tree(text: str, language: str = "python"):
    return parse_text(Grammars().load(REGISTRY.by_language_id(language)), Text.from_str(text))


def sentence(report: CheckReport) -> str:
    return evidence_of(report).sentence


async def verified(before: str, after: str, language: str = "python", **fields: object) -> CheckReport:
    found = REGISTRY.by_language_id(language)
    path = fields.pop("path", f"x{found.extensions[0]}")
    case = VerificationRequest(
        before=Text.from_str(before), after=Text.from_str(after), language=found, path=path, **fields
    )
    return await Verifier().verify(case)


def result(report: CheckReport, name: str) -> CheckResult:
    return next(result for result in report.results if result.name == name)


def fake(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, rules: dict[str, str]) -> None:
    """A program on a PATH of its own that prints a checker's line where it sees a word; the real one is not here."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(
        f"#!{sys.executable}\nimport sys\nrules = {rules!r}\nfailed = False\n"
        "for i, line in enumerate(open(sys.argv[-1]), 1):\n"
        "    for word, said in rules.items():\n"
        "        if word in line:\n            print(said.replace('LINE', str(i)))\n            failed = True\n"
        "sys.exit(failed)\n"
    )
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder))


ORIGINS = [
    ("abc", "abc", {0: 0, 1: 1, 2: 2}),
    ("abc", "axc", {0: 0, 2: 2}),
    ("abc", "abxyc", {0: 0, 1: 1, 4: 2}),
    ("abcd", "ad", {0: 0, 1: 3}),
    ("", "ab", {}),
    ("ab", "", {}),
    ("aa", "aaa", {0: 0, 1: 1}),
    ("abcde", "xbcdy", {1: 1, 2: 2, 3: 3}),
]


@pytest.mark.parametrize(("before", "after", "expected"), ORIGINS)
def test_which_lines_are_untouched(before: str, after: str, expected: dict[int, int]) -> None:
    assert dict(line_origins(before, after)) == expected


async def test_a_mistake_hidden_behind_a_syntax_error_is_not_the_edits() -> None:
    report = await verified("def f(:\n    return y\n", "def f():\n    return y\n", target=message(0, "invalid syntax"))
    assert report.passed, report
    assert report.target_gone is True
    introduced = await verified(
        "def f(:\n    return 1\n", "def f():\n    retur 1\n", target=message(0, "invalid syntax")
    )
    assert not introduced.passed


async def test_the_next_syntax_error_of_the_same_words_is_not_the_first_one() -> None:
    before = "def f(:\n    return 1\n\n\ndef g(:\n    return 2\n"
    target = message(0, "invalid syntax")
    assert (await verified(before, before.replace("f(:", "f():"), target=target)).target_gone is True
    assert (await verified(before, before.replace("g(:", "g():"), target=target)).target_gone is False


async def test_a_checker_that_never_reached_the_edit_has_not_passed() -> None:
    before = "x = (]\n\n\ndef f():\n    return 1\n"
    report = await verified(before, before.replace("return 1", "return 2"))
    assert result(report, "compile").verdict == "skipped"
    assert "stops at line 1" in result(report, "compile").detail


@pytest.mark.skipif(not shutil.which("node"), reason="no node")
async def test_node_sees_modules_too() -> None:
    """`node --check x.js` of a module ends with status 0 whatever is in it (20.20)."""
    before = "import a from 'x';\nexport const b = a;\n"
    bad = await verified(before, before + "let b = 2;\n", "javascript")
    assert result(bad, "node").verdict == "failed"
    assert result(bad, "node").new_findings[0].line == 2
    assert result(await verified(before, before + "let c = 2;\n", "javascript"), "node").verdict == "passed"
    script = await verified("let a = 1;\n", "let a = 1;\nlet a = 2;\n", "javascript")
    assert result(script, "node").new_findings[0].line == 1


@pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc")
async def test_a_compiler_that_lacks_a_header_says_nothing() -> None:
    before = '#include "mine.h"\nint f(void) { return 0; }\n'
    report = await verified(before, before.replace("0", "g"), "c")
    assert result(report, "gcc").verdict == "skipped"
    assert "gcc" not in sentence(report)


MISSING = {"import missing": '/t/x.py:LINE:1 - error: Import "missing" could not be resolved (reportMissingImports)'}
MISSING |= {"Item": '/t/x.py:LINE:1 - error: "Item" is not defined (reportUndefinedVariable)'}


async def test_an_import_of_the_project_is_no_mistake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake(monkeypatch, tmp_path / "bin", "pyright", MISSING)  # prints what pyright 1.1 prints
    target = message(0, '"Item" is not defined', "reportUndefinedVariable")
    report = await verified("x = Item\n", "import missing\nx = missing.item\n", target=target)
    assert report.target_gone is True
    assert report.passed
    assert "1 new warning" in sentence(report)
    target = message(0, 'Import "missing" could not be resolved', "reportMissingImports")
    report = await verified("import missing\n", "import other\n", target=target)
    assert report.target_gone is None, "it would have said the same of a right name"


async def test_tsc_on_a_document_that_is_not_saved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rules = {"bad": "Untitled-1.ts(LINE,5): error TS2304: Cannot find name 'bad'."}  # tsc 5's format
    fake(monkeypatch, tmp_path / "bin", "tsc", rules)
    target = message(0, "Cannot find name 'bad'.", "2304")
    report = await verified("bad;\n", "let good;\n", "typescript", path="Untitled-1", target=target)
    assert report.target_gone is True
    report = await verified("let x;\n", "let x;\nbad;\n", "typescript", path="Untitled-1")
    assert report_for_model(report, Text.from_str("let x;\nbad;\n")) == "tsc: line 2: Cannot find name 'bad'.\n    bad;"


async def test_warnings_and_style_are_reported_and_do_not_fail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake(monkeypatch, tmp_path / "bin", "ruff", {"long": "x.py:LINE:1: E501 Line too long"})  # ruff's concise format
    report = await verified("x = 1\n", "x = 2  # long\n")
    assert report.passed
    assert sentence(report).endswith("), 1 new warning.")
    fake(monkeypatch, tmp_path / "bin", "ruff", {"name": "x.py:LINE:1: F821 Undefined name"})
    assert not (await verified("x = 1\n", "x = name\n")).passed


def test_programs_are_not_looked_for_where_we_happen_to_stand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = next(spec for spec in REGISTRY.by_language_id("python").checkers if spec.name == "ruff")
    (tmp_path / "ruff").write_text("#!/bin/sh\n")
    (tmp_path / "ruff").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checkers, "OWN_PROGRAMS", str(tmp_path / "none"))
    for path in (".", "", f".{os.pathsep}relative", os.pathsep):
        monkeypatch.setenv("PATH", path)
        assert find_program(spec, tmp_path, trusted=False) is None
    (tmp_path / "bin").mkdir()
    shutil.copy(tmp_path / "ruff", tmp_path / "bin/ruff")
    monkeypatch.setenv("PATH", f".{os.pathsep}{tmp_path / 'bin'}")
    assert find_program(spec, tmp_path / "project", trusted=False) == str(tmp_path / "bin/ruff")
    assert find_program(spec, tmp_path, trusted=True) == str(tmp_path / "bin/ruff")
    assert find_program(spec, tmp_path, trusted=False) is None, "an activated environment of an untrusted project"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_program(spec, None, trusted=False) == str(tmp_path / "ruff")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(checkers, "OWN_PROGRAMS", str(tmp_path / "bin"))
    assert find_program(spec, None, trusted=False) == str(tmp_path / "bin/ruff"), "the extra `checkers`"


async def test_no_time_is_reported_and_not_remembered() -> None:
    verifier = Verifier()
    language = REGISTRY.by_language_id("json")
    case = {"before": Text.from_str("1"), "after": Text.from_str("2"), "language": language, "path": "x.json"}
    report = await verifier.verify(VerificationRequest(**case, deadline_s=0.01))
    assert "no time was left" in result(report, "json").detail
    assert result(await verifier.verify(VerificationRequest(**case)), "json").verdict == "passed"


async def test_a_retry_does_not_pay_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    real = service.check

    async def counted(spec, program, text, name, **more):
        seen.append(text)
        return await real(spec, program, text, name, **more)

    monkeypatch.setattr(service, "check", counted)
    verifier = Verifier()
    common = {"before": Text.from_str("1"), "language": REGISTRY.by_language_id("json"), "path": "x.json"}
    for after in ("2", "3"):
        await verifier.verify(VerificationRequest(**common, after=Text.from_str(after)))
    assert seen == ["1", "2", "3"]


TWO = "class A:\n  x = 1\n  def m(self): ...\nclass B:\n  def m(self): ...\n"
NAMES = [
    ("def f():\n    def g(): pass\n", "def f(): pass\n", ""),
    (TWO, TWO.replace("  def m(self): ...\n", "", 1), "`A.m` was removed"),
    ("class A: pass\ndef f(): pass\n", "x = 1\n", "`A` was removed and 1 more"),
    ("def f(): pass\n", "x = 1\n\n\ndef f(): return 1\n", ""),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), NAMES)
def test_names_that_others_can_use(before: str, after: str, expected: str) -> None:
    assert check_names(tree(before), tree(after)).detail == expected


def test_the_line_that_is_named_is_the_new_mistakes() -> None:
    before, after = "x = (]\ny = 1\n", "x = (]\ny = (]\n"
    parse_check = check_parse(tree(before), tree(after), line_origins(before.splitlines(), after.splitlines()))
    assert parse_check.verdict == "failed"
    assert parse_check.detail == "the changed code does not parse (line 2: `y = (]`)"
    assert error_lines(tree("x = 1\n")) == []


BROKEN, MENDED = "x = (]\n\n\n\n\n\ny = z\n", "x = ()\n\n\n\n\n\ny = z\n"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (message(0, "'(' was never closed"), True),
        (message(0, "Name is not defined"), None),
        (message(6, "unexpected thing"), None),
        (None, None),
    ],
)
def test_parsing_speaks_of_syntax_errors_at_their_place_only(target: Diagnostic | None, expected: bool | None) -> None:
    assert is_syntax_error_gone(target, tree(BROKEN), tree(MENDED)) is expected


def test_of_two_findings_with_the_code_the_nearest_in_words_is_the_message() -> None:
    near, here = Finding("c", 4, "`a` is wrong", "X1"), Finding("c", 5, "`b` is wrong", "X1")
    assert reproduced_by(message(5, "`b` is wrong", "X1"), [near, here]) is here
    assert reproduced_by(message(5, "quite other words", "X1"), [near, here]) is here
    assert reproduced_by(message(9, "`b` is wrong", "X1"), [near, here]) is None


def test_a_first_mistake_is_still_there_where_the_edit_touched() -> None:
    cause = Finding("c", 2, "invalid syntax")
    assert first_still_there(cause, [Finding("c", 3, "invalid syntax")], {4: 3})
    assert first_still_there(cause, [Finding("c", 3, "invalid syntax")], {3: 2})
    assert not first_still_there(cause, [Finding("c", 9, "invalid syntax")], {9: 8})
    assert not first_still_there(cause, [], {})


@pytest.mark.parametrize(
    ("language", "checker", "output", "elsewhere"),
    [
        ("typescript", "tsc", "x.ts(1,2): error TS2307: Cannot find module './y'.", True),
        ("typescript", "tsc", "x.ts(1,2): error TS2304: Cannot find name 'y'.", False),
        ("rust", "rustc", "x.rs:1:5: error[E0432]: unresolved import `crate::y`", True),
        ("rust", "rustc", "x.rs:1:5: error[E0425]: cannot find value `y` in this scope", False),
        ("python", "pyright", '  /t/x.py:1:1 - error: Import "y" could not be resolved (reportMissingImports)', True),
        ("python", "pyright", '  /t/x.py:1:1 - error: "y" is not defined (reportUndefinedVariable)', False),
    ],
)
def test_what_a_copy_of_one_file_cannot_have(language: str, checker: str, output: str, elsewhere: bool) -> None:
    from autothink_lsp.verify.checkers import needs_other_files

    spec = next(spec for spec in REGISTRY.by_language_id(language).checkers if spec.name == checker)
    (finding,) = read_findings(spec, output)
    assert needs_other_files(spec, finding) is elsewhere


@pytest.mark.parametrize(
    "table",
    [{"program": "x", "pattern": "(?P<message>.)", "typo": 1}, {"program": "x", "pattern": "("}, {"program": 1}],
)
def test_a_checker_that_is_written_wrong(table: dict) -> None:
    with pytest.raises(ValueError, match=r"checker\.x"):
        read_checkers({"x": table})


def test_a_report_without_any_check() -> None:
    report = CheckReport((CheckResult("parse", "skipped", "no grammar"),))
    assert sentence(report) == "Not checked: no tool for this language was found here."


def test_a_finding_that_is_only_reworded_is_still_there() -> None:
    """pylint repeats the code in its message: the operands were swapped, nothing else."""
    cause = Finding("pylint", 1, "Comparison 'value != None' should be 'value is not None'", "C0121")
    reworded = Finding("pylint", 1, "Comparison 'None != value' should be 'value is not None'", "C0121")
    assert still_there(cause, [cause], [reworded], {0: 0})
    assert not still_there(cause, [cause], [reworded], {0: 0, 1: 4})  # an unchanged line, which another error hid
    assert not still_there(cause, [cause], [Finding("pylint", 1, "Unused import os", "W0611")], {0: 0})
    assert not still_there(cause, [cause], [], {0: 0})
