"""What looks like a proof and is none: tools that crash, stop early or do not look, messages that are not the one that
was reported, tests that fail at random, do not run, or only print."""
# ruff: noqa: E501 - tables

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.evidence import Evidence, evidence_of
from autothink_lsp.verify.language_servers.compare import is_gone, target_among
from autothink_lsp.verify.language_servers.values import ServerMessage
from autothink_lsp.verify.line_origins import line_origins
from autothink_lsp.verify.project_tests.comparison import TestedEdit, both_runs, compare_runs
from autothink_lsp.verify.project_tests.related_tests import changes_own_tests, decides_tests
from autothink_lsp.verify.project_tests.service import ProjectTests, ProjectTestsRequest
from autothink_lsp.verify.project_tests.suite_result import WHOLE_COMMAND, SuiteResult, read_suite
from autothink_lsp.verify.report import Finding
from autothink_lsp.verify.service import VerificationRequest, Verifier
from autothink_lsp.verify.target_message import reproduced_by, still_there

BEFORE = "def show(items):\n    print(wrong)\n    return items\n"
AFTER = "def show(items):\n    print(right)\n    return items\n"
TARGET = Diagnostic(Point(1, 10), Point(1, 15), "Undefined name `wrong`", code="F821", source="Ruff")
REPORTED = "case.py:2:11: F821 Undefined name `wrong`"
OTHER = "case.py:3:1: E303 too many blank lines"

# What Ruff does with the edited text; in the first row it looks, and has nothing to say.
RUNS: dict[str, tuple[str, bool]] = {
    "is silent": ("exit 0", True),
    "reports something else": (f"echo '{OTHER}'; exit 1", True),
    "reports something else with the status of PHP": (f"echo '{OTHER}'; exit 255", True),
    "still reports it": (f"echo '{REPORTED}'; exit 1", False),
    "fails without a word": ("exit 2", False),
    "fails with status 1 and no finding": ("exit 1", False),
    "says how it is used and ends with 0": ("echo 'Usage: ruff [OPTIONS] <COMMAND>'; exit 0", False),
    "finds no file and ends with 0": ("echo 'warning: No Python files found under the given path(s)'; exit 0", False),
    "ignores the file and ends with 0": ("echo '  0:0  warning  File ignored because of a matching pattern'", False),
    "says that its configuration is broken": ("echo 'error: Failed to parse pyproject.toml'; exit 2", False),
    "crashes after some findings": (f"echo '{OTHER}'; echo 'Traceback (most recent call last):'; exit 1", False),
    "panics after some findings": (f"echo \"{OTHER}\"; echo \"thread 'main' panicked at src/a.rs:1\"; exit 101", False),
    "has an internal error after some findings": (f"echo '{OTHER}'; echo 'error: internal compiler error: x'; exit 1", False),
    "is killed after some findings": (f"echo '{OTHER}'; kill -9 $$", False),
    "is aborted": ("kill -6 $$", False),
    "cannot be started": ("exit 127", False),
    "stops after too many errors": (f"echo '{OTHER}'; echo 'too many errors'; exit 1", False),
    "reports more than is read": (f"i=0; while [ $i -lt 501 ]; do echo '{OTHER}'; i=$((i+1)); done; exit 1", False),
}  # fmt: skip


def ruff(folder: Path, then: str) -> None:
    """A Ruff that reports the name ``wrong``, and behaves as ``then`` says with a text that does not have it."""
    program = folder / "ruff"
    program.write_text(
        f'#!/bin/sh\nfor file; do :; done\ntext=$(while read -r line; do echo "$line"; done < "$file")\n'
        f'case "$text" in *wrong*) echo "{REPORTED.replace("`", chr(92) + "`")}"; exit 1;; esac\n{then}\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


async def evidence() -> Evidence:
    case = VerificationRequest(
        before=Text.from_str(BEFORE),
        after=Text.from_str(AFTER),
        language=LanguageRegistry().by_path("case.py"),
        path="case.py",
        target=TARGET,
        deadline_s=60.0,
    )
    return evidence_of(await Verifier().verify(case))


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="the scripts are of a POSIX shell")
@pytest.mark.usefixtures("only_programs_on_the_path")
@pytest.mark.parametrize("name", RUNS)
async def test_a_tool_proves_only_if_it_looked_to_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    then, is_proof = RUNS[name]
    (tmp_path / "bin").mkdir()
    ruff(tmp_path / "bin", then)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert (await evidence()).is_proved is is_proof


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="the scripts are of a POSIX shell")
@pytest.mark.usefixtures("only_programs_on_the_path")
@pytest.mark.parametrize("end", ["echo 'too many errors'; exit 1", "kill -9 $$", "exit 1"])
async def test_an_error_before_a_tool_gives_up_is_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, end: str
) -> None:
    (tmp_path / "bin").mkdir()
    ruff(tmp_path / "bin", f"echo 'case.py:3:5: F821 Undefined name: other'; {end}")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert (await evidence()).sentence == "Failed: Ruff: line 3: Undefined name: other."


def said(line: int, name: str, code: str = "F821") -> Finding:
    return Finding("ruff", line, f"Undefined name `{name}`", code)


def message(line: int, name: str, code: str = "F821") -> ServerMessage:
    text = f"Undefined name `{name}`"
    return ServerMessage(line=line, end_line=line, message=text, code=code, source="Ruff", severity="error")


# Name: text before, text after, (line, name) of what the tool says before and after, line of the target, is it gone.
PLACES: dict[str, tuple[str, str, list[tuple[int, str]], list[tuple[int, str]], bool]] = {
    "it is fixed": ("a\nx\nc", "a\ny\nc", [(1, "x")], [], True),
    "another use is fixed instead": ("a\nx\nc\nx", "a\nx\nc\ny", [(1, "x"), (3, "x")], [(1, "x")], False),
    "one of two in the line is fixed": ("a\nx x\nc", "a\nx y\nc", [(1, "x"), (1, "x")], [(1, "x")], False),
    "both in the line are fixed": ("a\nx x\nc", "a\ny y\nc", [(1, "x"), (1, "x")], [], True),
    "it is fixed and another use stays": ("a\nx\nc\nx", "a\ny\nc\nx", [(1, "x"), (3, "x")], [(3, "x")], True),
    "an import fixes all uses": ("a\nx\nc\nx", "i\na\nx\nc\nx", [(1, "x"), (3, "x")], [], True),
    "it moves": ("a\nx\nc", "a\nb\nx y\nc", [(1, "x")], [(2, "x")], False),
    "the name is written otherwise and still unknown": ("a\nx\nc", "a\nxx\nc", [(1, "x")], [(1, "xx")], False),
}


@pytest.mark.parametrize("name", PLACES)
def test_only_the_reported_place_counts(name: str) -> None:
    before, after, old, new, gone = PLACES[name]
    origin = line_origins(before.split("\n"), after.split("\n"))
    findings = [said(*one) for one in old], [said(*one) for one in new]
    messages = [message(*one) for one in old], [message(*one) for one in new]
    assert still_there(findings[0][0], *findings, origin) is not gone
    assert is_gone(messages[0][0], *messages, origin) is gone


@pytest.mark.parametrize(
    ("line", "name", "code", "is_same"),
    [
        (1, "wrong", "F821", True),
        (2, "wrong", "F821", True),
        (1, "wrong", "", True),
        (1, "other", "F821", False),  # the message in the editor is stale
        (2, "other", "F821", False),
        (5, "wrong", "F821", False),
    ],
)
def test_a_message_about_another_name_is_not_the_one(line: int, name: str, code: str, is_same: bool) -> None:
    assert (reproduced_by(TARGET, [said(line, name, code)]) is not None) is is_same
    if line < 2:
        assert (target_among(TARGET, [message(line, name, code)]) is not None) is is_same


# Output of a command of which only the exit status is known: is it a result?
COMMANDS = (
    ("", 0, "passed"),
    ("all good", 0, "passed"),
    ("Ran 12 tests in 0.1s\n\nOK", 0, "passed"),
    ("OK (expected failures=1)", 0, "passed"),
    ("12 passed, 1 xfailed in 0.1s", 0, "passed"),
    ("Tests:       3 passed, 3 total", 0, "passed"),
    ("ok  \tm/a\t0.01s\n?   \tm/b\t[no test files]", 0, "passed"),
    ("0 failed, 4 passed", 0, "passed"),
    ("", 1, "failed"),
    ("Ran 0 tests in 0.000s\n\nOK", 0, ""),
    ("collected 0 items\n\nno tests ran in 0.01s", 0, ""),
    ("No tests found, exiting with code 0", 0, ""),
    ("?   \tm/b\t[no test files]", 0, ""),
    ("ok  \tm/a\t0.01s [no tests to run]", 0, ""),
    ("running 0 tests", 0, ""),
    ("  0 passing (2ms)", 0, ""),
    ("make: 'test' is up to date.", 0, ""),
    ("make: Nothing to be done for 'test'.", 0, ""),
    ("2 failed, 3 passed in 0.1s", 0, ""),  # through a pipe into tee
    ("FAILED (failures=1)", 0, ""),
    ("FAIL src/a.test.js", 0, ""),
    ("not ok 1 - adds", 0, ""),
    ("Tests run: 4, Failures: 1, Errors: 0", 0, ""),
)


@pytest.mark.parametrize(("output", "status", "verdict"), COMMANDS)
def test_what_an_exit_status_says(output: str, status: int, verdict: str) -> None:
    ran = read_suite(output, (), "", returncode=status, wall_ms=1.0)
    assert (WHOLE_COMMAND in ran.passed) is (verdict == "passed")
    assert (WHOLE_COMMAND in ran.failed) is (verdict == "failed")
    assert ran.has_run is bool(verdict)


def ran(passed: str = "", failed: str = "") -> SuiteResult:
    return SuiteResult(passed=frozenset(passed.split()), failed=frozenset(failed.split()), wall_ms=100.0)


# Two runs before the edit, two with it: verdict, is it a proof, a part of the sentence.
REPEATED = (
    ((ran("b", "a"), ran("b", "a")), (ran("a b"), ran("a b")), "passed", True, "1 test failed before and passes now"),
    ((ran("b", "a"), ran("a b")), (ran("a b"), ran("a b")), "skipped", False, "a fails at random"),
    ((ran("b", "a"), ran("b", "a")), (ran("a b"), ran("b", "a")), "skipped", False, "a fails at random"),
    ((ran("c", "a b"), ran("a c", "b")), (ran("a b c"), ran("a b c")), "passed", True, "1 test failed before"),
    ((ran("b", "a"), ran("b", "a")), (ran("a b"), ran("a", "b")), "failed", False, "b fails now"),
)


@pytest.mark.parametrize(("before", "after", "verdict", "is_proof", "detail"), REPEATED)
def test_a_test_that_fails_at_random_proves_nothing(
    before: tuple[SuiteResult, SuiteResult],
    after: tuple[SuiteResult, SuiteResult],
    verdict: str,
    is_proof: bool,
    detail: str,
) -> None:
    edit = TestedEdit(has_open_problem=True, are_tests_related=True, changes_tests=False, after_limit_ms=10_000)
    found = compare_runs(both_runs(*before), both_runs(*after), edit)
    assert (found.verdict, found.is_proof) == (verdict, is_proof)
    assert detail in found.detail


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tests/test_a.py", True),
        ("conftest.py", True),
        ("src/conftest.py", True),
        ("pyproject.toml", True),
        ("pytest.ini", True),
        ("package.json", True),
        ("jest.config.mjs", True),
        ("src/__snapshots__/a.test.js.snap", True),
        ("testdata/a.json", True),
        ("Makefile", True),
        ("src/a.py", False),
        ("src/contest.py", False),
        ("src/config.ts", False),
        ("main.go", False),
    ],
)
def test_an_edit_of_what_decides_the_tests_is_not_proved_by_them(name: str, expected: bool) -> None:
    assert decides_tests(name) is expected


# A script of tests, as a shell script ``check``: result for the edit of ``value.txt`` from "bad" to "good".
SCRIPTS: dict[str, tuple[str, str, bool]] = {
    "fails before, passes now": ("grep -q good value.txt", "passed", True),
    "passes before too": ("exit 0", "passed", False),
    "fails as before": ("exit 1", "failed", False),
    "fails only in its first run": ("[ -e $MARK ] || { touch $MARK; exit 1; }", "skipped", False),
    "passes only in its second run": ("n=$(cat $MARK); echo x$n > $MARK; [ \"$n\" = x ]", "skipped", False),
    "runs no test with the edit": ("grep -q good value.txt && echo 'no tests ran'", "failed", False),
    "prints that it fails and ends with 0": ("grep -q good value.txt || exit 1; echo '2 failed, 1 passed'", "failed", False),
    "cannot start": ("./missing", "skipped", False),
}  # fmt: skip


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="the scripts are of a POSIX shell")
@pytest.mark.parametrize("name", SCRIPTS)
async def test_what_a_script_of_tests_proves(tmp_path: Path, name: str) -> None:
    script, verdict, is_proof = SCRIPTS[name]
    project, mark = tmp_path / "project", tmp_path / "mark"
    project.mkdir()
    (project / "value.txt").write_text("bad\n")
    (project / "check").write_text(f"MARK={mark}\n{script}\n")
    if "cat $MARK" in script:
        mark.write_text("")
    request = ProjectTestsRequest(
        command=("sh", "check"),
        folder=project,
        file=project / "value.txt",
        before="bad\n",
        after="good\n",
        has_open_problem=True,
        wall_s=60.0,
    )
    result = await ProjectTests().check(request)
    assert (result.verdict, result.is_proof) == (verdict, is_proof), result.detail


RUST = "fn total(a: i32) -> i32 {\n    a - 1\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn adds() {\n        assert_eq!(total(1), 2);\n    }\n}\n"
DOCTEST = 'def total(a):\n    """Add one.\n\n    >>> total(1)\n    2\n\n    The end.\n    """\n    return a - 1\n'
RUST_DOCTEST = "/// Adds.\n/// ```\n/// assert_eq!(total(1), 2);\n/// ```\nfn total(a: i32) -> i32 {\n    a - 1\n}\n"
BESIDE = "def total(a):\n    return a - 1\n\n\ndef test_total():\n    assert total(1) == 2\n"
IN_SOURCE = (
    "export const total = (a) => a - 1;\nif (import.meta.vitest) {\n  it('adds', () => expect(total(1)).toBe(2));\n}\n"
)
ZIG = 'fn total(a: i32) i32 {\n    return a - 1;\n}\n\ntest "adds" {\n    try expect(total(1) == 2);\n}\n\nfn other() void {}\n'

RUST_ALONE = (
    "fn total(a: i32) -> i32 {\n    a - 1\n}\n\n#[test]\n#[cfg(unix)]\nfn adds() {\n    assert_eq!(total(1), 2);\n}\n"
)
RUST_MOCKED = "#[cfg(test)]\nuse mock::automock;\n\n#[cfg(test)]\nmod other_tests;\n\n" + RUST
RUST_ABOVE = RUST[RUST.index("#[cfg") :] + "\n" + RUST[: RUST.index("#[cfg")]


@pytest.mark.parametrize(
    "text", [RUST, DOCTEST, RUST_DOCTEST, BESIDE, IN_SOURCE, ZIG, RUST_ALONE, RUST_MOCKED, RUST_ABOVE]
)
def test_a_change_of_tests_beside_their_code_proves_nothing(text: str) -> None:
    mended = text.replace("a - 1", "a + 1")
    assert mended != text
    assert not changes_own_tests(text, mended), "only the code"
    for was, now in (("2", "0"), ("total(1", "total(3"), ("== 2", "!= 9")):
        if was in text:
            assert changes_own_tests(text, text.replace(was, now)), now
    without = text.replace("#[test]\n", "").replace("def test_", "def _")
    assert without == text or changes_own_tests(text, without)


def test_new_tests_beside_the_code_are_no_change_of_tests() -> None:
    code = "def total(a):\n    return a - 1\n"
    assert not changes_own_tests(code, BESIDE.replace("a - 1", "a + 1"))
