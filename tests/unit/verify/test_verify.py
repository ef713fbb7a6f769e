"""An edit on a copy: what passes, what fails, what cannot be told."""
# ruff: noqa: E501 - tables

from __future__ import annotations

import shutil
import stat
import sys
import tempfile
from pathlib import Path

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.checkers import find_program, new_findings, read_findings
from autothink_lsp.verify.evidence import evidence_of
from autothink_lsp.verify.report import CheckReport, Finding
from autothink_lsp.verify.report_text import report_for_model, result_lines
from autothink_lsp.verify.service import VerificationRequest, Verifier

pytestmark = pytest.mark.process

REGISTRY = LanguageRegistry()
PYTHON = "def total(xs):\n    return sum(xs)\n"


def message(line: int, text: str, code: str = "") -> Diagnostic:
    return Diagnostic(Point(line, 0), Point(line, 1), text, code=code)


def sentence(report: CheckReport) -> str:
    return evidence_of(report).sentence


async def verified(before: str, after: str, language: str = "python", **fields: object) -> CheckReport:
    found = REGISTRY.by_language_id(language)
    path = fields.pop("path", f"x{found.extensions[0]}" if found else "x")
    case = VerificationRequest(
        before=Text.from_str(before), after=Text.from_str(after), language=found, path=path, **fields
    )
    return await Verifier().verify(case)


def verdict(report: CheckReport, name: str) -> str:
    return next((result.verdict for result in report.results if result.name == name), "absent")


async def test_a_change_that_is_none_has_failed() -> None:
    report = await verified(PYTHON, PYTHON)
    assert not report.passed
    assert "changes nothing" in sentence(report)


@pytest.mark.usefixtures("only_programs_on_the_path")
async def test_a_good_edit() -> None:
    report = await verified(PYTHON, PYTHON.replace("xs)\n", "xs, 0)\n"))
    assert report.passed
    assert verdict(report, "parse") == verdict(report, "names") == verdict(report, "compile") == "passed"
    assert "Nothing found wrong (parses, no names lost, compiles" in sentence(report)


async def test_code_that_does_not_parse() -> None:
    report = await verified(PYTHON, PYTHON + "def (:\n")
    assert verdict(report, "parse") == "failed"
    assert "line 3" in sentence(report)
    assert "does not parse" in report_for_model(report)


@pytest.mark.usefixtures("only_programs_on_the_path")
async def test_a_text_that_was_broken_before_may_stay_so() -> None:
    report = await verified("x = (\n" + PYTHON, "x = (\n" + PYTHON.replace("total", "total"), keep_public_names=False)
    assert verdict(report, "changed") == "failed"
    report = await verified("x = 1 +\ny = 2\n", "x = 1 +\ny = 3\n")
    assert verdict(report, "parse") == "passed"


@pytest.mark.usefixtures("only_programs_on_the_path")
async def test_a_lost_name() -> None:
    report = await verified(PYTHON, "def other(xs):\n    return sum(xs)\n")
    assert verdict(report, "names") == "failed"
    assert "`total` was removed" in sentence(report)
    assert (await verified(PYTHON, "def other(xs):\n    return 1\n", keep_public_names=False)).passed


@pytest.mark.usefixtures("only_programs_on_the_path")
async def test_what_only_the_compiler_sees() -> None:
    report = await verified(PYTHON, PYTHON + "return 1\n")
    assert verdict(report, "parse") == "passed"
    assert verdict(report, "compile") == "failed"
    assert "outside function" in report_for_model(report)


@pytest.mark.usefixtures("only_programs_on_the_path")
async def test_a_syntax_message_is_gone_or_not() -> None:
    broken = "def f(:\n    return 1\n"
    target = message(0, "invalid syntax")
    assert (await verified(broken, "def f():\n    return 1\n", target=target)).target_gone is True
    still = await verified(broken, "def f(:\n    return 2\n", target=target)
    assert still.target_gone is False
    assert not still.passed


async def test_a_message_without_a_checker() -> None:
    report = await verified(PYTHON, PYTHON.replace("xs)\n", "xs, 0)\n"), target=message(1, "bad argument type"))
    assert report.target_gone is None
    assert "no tool here could check" in sentence(report)


async def test_bash_is_checked_by_bash() -> None:
    if not shutil.which("bash"):
        pytest.skip("no bash")
    good, bad = "f() {\n  echo 1\n}\n", "f() {\n  echo 1\n  if true; then\n}\n"
    assert (
        await verified(bad, good, "shellscript", target=message(3, "syntax error near unexpected token `}'"))
    ).target_gone
    assert not (await verified(good, bad, "shellscript")).passed


@pytest.mark.parametrize(
    ("language", "good", "bad"),
    [
        ("json", '{"a": 1}', '{"a": 1,}'),
        ("toml", "a = 1\n", "a = 1\na = 2\n"),
        ("javascript", "let a = 1;\n", "let a = 1; let a = 2;\n"),
        ("c", "int f(void) { return 1; }\n", "int f(void) { return g; }\n"),
        ("rust", "pub fn f() -> i32 { 1 }\n", 'pub fn f() -> i32 { "" }\n'),
    ],
)
async def test_other_languages(language: str, good: str, bad: str) -> None:
    found = REGISTRY.by_language_id(language)
    assert found is not None
    if not any(find_program(spec, None, trusted=False) for spec in found.checkers):
        pytest.skip(f"no checker of {language} is installed")
    report = await verified(good, bad, language, keep_public_names=False)
    assert report.failed, result_lines(report.results)
    assert (await verified(bad, good, language, keep_public_names=False)).passed


def tool(folder: Path, name: str, output: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(
        f"#!{sys.executable}\nimport sys\nprint({output!r} if 'bad' in open(sys.argv[-1]).read() else '')\n"
    )
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


@pytest.mark.usefixtures("of_own_programs_only_ruff")
@pytest.mark.parametrize(
    "place", [".venv/bin", "venv/bin", "node_modules/.bin", "vendor/bin", ".venv/Scripts", "venv/Scripts"]
)
def test_a_trusted_projects_tools_are_found(tmp_path: Path, place: str) -> None:
    tool(tmp_path / place, "ruff", "")
    spec = next(spec for spec in REGISTRY.by_language_id("python").checkers if spec.name == "ruff")
    assert find_program(spec, tmp_path, trusted=True) == str(tmp_path / place / "ruff")


@pytest.mark.usefixtures("of_own_programs_only_ruff")
async def test_a_projects_own_tools_run_only_where_it_is_trusted(tmp_path: Path) -> None:
    """A hostile repository must not get its `ruff` run."""
    tool(tmp_path / ".venv/bin", "ruff", "x.py:1:1: F821 Undefined name `bad`")
    spec = next(spec for spec in REGISTRY.by_language_id("python").checkers if spec.name == "ruff")
    assert find_program(spec, tmp_path, trusted=True) == str(tmp_path / ".venv/bin/ruff")
    assert find_program(spec, tmp_path, trusted=False) != str(tmp_path / ".venv/bin/ruff")
    target = message(0, "Undefined name `bad`", "F821")
    report = await verified("bad\n", "good\n", target=target, folder=tmp_path, trusted=True)
    assert report.target_gone is True
    report = await verified("bad\n", "bad + 1\n", target=target, folder=tmp_path, trusted=True)
    assert report.target_gone is False
    assert not report.passed


@pytest.mark.usefixtures("only_programs_on_the_path")
async def test_the_users_tests(tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    file.write_text("def f():\n    return 1\n")
    command = (sys.executable, "-c", "import shop; assert shop.f() == 2, shop.f()")
    common = {"file": file, "folder": tmp_path, "test_command": command, "trusted": True, "path": "shop.py"}
    before = file.read_text()
    assert verdict(await verified(before, "def f():\n    return 2\n", **common), "tests") == "passed"
    before_too = await verified(before, "def f():\n    return 3\n", **common)
    assert verdict(before_too, "tests") == "skipped"
    assert "fail without the edit too" in before_too.results[-1].detail
    fix = await verified(before, "def f():\n    return 3\n", **common, target=message(0, "f() should be 2"))
    assert verdict(fix, "tests") == "failed"
    assert "still fail" in sentence(fix)
    failed = await verified("def f():  # not saved\n    return 2\n", "def f():\n    return 3\n", **common)
    assert verdict(failed, "tests") == "failed"
    assert "AssertionError: 3" in report_for_model(failed)
    assert str(tmp_path) not in report_for_model(failed)
    assert (
        verdict(await verified(before, "def f():\n    return 2\n", **{**common, "trusted": False}), "tests")
        == "skipped"
    )
    assert file.read_text() == before, "the user's files are not touched"
    left_out = {**common, "file": tmp_path / "dist/shop.py", "test_command": (sys.executable, "-c", "import dist.shop")}
    assert verdict(await verified(before, "def f():\n    return 2\n", **left_out), "tests") == "passed"


async def test_without_room_for_copies_what_needs_one_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``tempfile`` finds no folder that it can write to, as on a full disk."""
    file = tmp_path / "shop.py"
    file.write_text(PYTHON)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    more = {"file": file, "folder": tmp_path, "test_command": (sys.executable, "-c", ""), "trusted": True}
    report = await verified(PYTHON, PYTHON.replace("xs)\n", "xs, 0)\n"), **more)
    assert report.passed
    assert verdict(report, "parse") == verdict(report, "names") == "passed"
    assert verdict(report, "compile") == verdict(report, "tests") == "skipped"


OUTPUTS = [
    ("python", "ruff", "x.py:3:5: F821 Undefined name `y`", (2, "F821", "Undefined name `y`", "error")),
    ("python", "ruff", "x.py:3:5: E501 Line too long", (2, "E501", "Line too long", "information")),
    (
        "python",
        "pyright",
        '  /t/x.py:7:1 - error: "y" is not defined (reportUndefinedVariable)',
        (6, "reportUndefinedVariable", '"y" is not defined', "error"),
    ),
    ("typescript", "tsc", "x.ts(4,2): error TS2304: Cannot find name 'y'.", (3, "TS2304", "Cannot find name 'y'.", "error")),
    ("go", "gofmt", "x.go:4:1: expected declaration, found x", (3, "", "expected declaration, found x", "error")),
    ("go", "vet", "vet: ./x.go:4:1: undefined: y", (3, "", "undefined: y", "error")),
    ("rust", "rustc", "x.rs:2:5: error[E0425]: cannot find value `y`", (1, "E0425", "cannot find value `y`", "error")),
    ("c", "clang", "x.c:2:3: error: expected ';'", (1, "", "expected ';'", "error")),
    ("bash", "bash", "x.sh: line 3: syntax error near `}'", (2, "", "syntax error near `}'", "error")),
    ("bash", "shellcheck", "x.sh:2:6: warning: y is referenced but not assigned. [SC2154]",
     (1, "SC2154", "y is referenced but not assigned.", "warning")),
    ("php", "php", "PHP Parse error:  unexpected '}' in x.php on line 3", (2, "", "Parse error:  unexpected '}'", "error")),
]  # fmt: skip


@pytest.mark.parametrize(("language", "checker", "output", "expected"), OUTPUTS)
def test_what_checkers_print_is_read(language: str, checker: str, output: str, expected: tuple) -> None:
    found = next(one for one in REGISTRY.all() if one.name == language)
    spec = next(spec for spec in found.checkers if spec.name == checker)
    (finding,) = read_findings(spec, output + "\nFound 1 error.\n")
    assert (finding.line, finding.code, finding.message, finding.severity) == expected


def test_what_moved_is_not_new() -> None:
    old = [Finding("c", 3, "line 3 is long"), Finding("c", 5, "x")]
    new = [Finding("c", 9, "line 9 is long"), Finding("c", 10, "x"), Finding("c", 11, "x")]
    assert [finding.line for finding in new_findings(old, new)] == [11]
