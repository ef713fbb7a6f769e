"""The level and the sentence that each report supports."""
# ruff: noqa: E501 - tables

from __future__ import annotations

import pytest

from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.evidence import EvidenceLevel, evidence_of
from autothink_lsp.verify.report import CheckReport, CheckResult, Finding
from autothink_lsp.verify.target_message import is_syntax_message

PARSES = CheckResult("parse", "passed")
NAMES = CheckResult("names", "passed")
COMPILES = CheckResult("compile", "passed")
RUFF = CheckResult("ruff", "passed")
RUFF_PROVES = CheckResult("ruff", "passed", is_proof=True)
PYRIGHT_PROVES = CheckResult("basedpyright", "passed", is_proof=True)
RUFF_STILL = CheckResult("ruff", "failed", "the message is still there", is_target_still_there=True)
TESTS_PROVE = CheckResult("tests", "passed", "2 tests failed before and pass now", is_proof=True)
WARNING = Finding("ruff", 3, "Line too long", "E501", "warning")
NOT_THERE = CheckResult("tsc", "skipped", "tsc is not installed")
PROVED, UNPROVED, FAILED = EvidenceLevel.PROVED, EvidenceLevel.NOTHING_FOUND_WRONG, EvidenceLevel.FAILED


@pytest.mark.parametrize(
    ("results", "target_gone", "has_target", "level", "sentence"),
    [
        ((PARSES, RUFF_PROVES), True, True, PROVED, "Proved: Ruff no longer reports it. No new problems (parses)."),
        ((RUFF_PROVES,), True, True, PROVED, "Proved: Ruff no longer reports it."),
        ((PARSES, RUFF_PROVES, PYRIGHT_PROVES), True, True, PROVED, "Proved: Ruff and basedpyright no longer report it. No new problems (parses)."),
        ((PARSES, NAMES, TESTS_PROVE), None, True, PROVED, "Proved: 2 tests failed before and pass now. No new problems (parses, no names lost)."),
        ((PARSES, TESTS_PROVE), None, False, PROVED, "Proved: 2 tests failed before and pass now. No new problems (parses)."),
        ((PARSES, CheckResult("ruff", "passed", new_findings=(WARNING,), is_proof=True)), True, True, PROVED, "Proved: Ruff no longer reports it. No new errors (parses), 1 new warning."),
        ((PARSES, NAMES, COMPILES), None, True, UNPROVED, "Nothing found wrong (parses, no names lost, compiles), but no tool here could check whether the problem is gone."),
        ((PARSES, NAMES), None, False, UNPROVED, "Nothing found wrong (parses, no names lost)."),
        ((PARSES, RUFF), True, True, UNPROVED, "Nothing found wrong (parses, Ruff); the syntax error is gone, but the tool that reported it was not run again."),
        ((NOT_THERE,), None, True, UNPROVED, "Not checked: no tool for this language was found here."),
        ((), None, False, UNPROVED, "Not checked: no tool for this language was found here."),
        ((PARSES, RUFF_STILL), False, True, FAILED, "Failed: Ruff still reports it."),
        ((PARSES, RUFF_STILL, PYRIGHT_PROVES), False, True, FAILED, "Failed: Ruff still reports it."),
        ((PARSES, RUFF_PROVES, CheckResult("tests", "failed", "the tests fail now")), True, True, FAILED, "Failed: the tests fail now."),
        ((PARSES, CheckResult("tsc", "failed", "line 3: Cannot find name 'x'")), None, True, FAILED, "Failed: TypeScript: line 3: Cannot find name 'x'."),
        ((PARSES, CheckResult("tsc", "failed", "line 3: Cannot find name 'x'.")), None, True, FAILED, "Failed: TypeScript: line 3: Cannot find name 'x'."),
        ((PARSES, CheckResult("gcc", "failed")), None, True, FAILED, "Failed: gcc failed."),
        ((CheckResult("files", "failed", "it makes the compiler read another file"),), None, True, FAILED, "Failed: it makes the compiler read another file."),
        ((PARSES, CheckResult("tests", "skipped", "tests prove nothing: test_a fails at random")), None, False, UNPROVED, "Nothing found wrong (parses). Tests prove nothing: test_a fails at random."),
        ((CheckResult("changed", "failed", "it changes nothing"),), None, True, FAILED, "Failed: it changes nothing."),
    ],
)  # fmt: skip
def test_what_a_report_supports(
    results: tuple[CheckResult, ...],
    target_gone: bool | None,
    has_target: bool,
    level: EvidenceLevel,
    sentence: str,
) -> None:
    evidence = evidence_of(CheckReport(results, target_gone, has_target))
    assert (evidence.level, evidence.sentence) == (level, sentence)


@pytest.mark.parametrize(
    ("message", "code", "expected"),
    [
        ('"(" was not closed', "", True),
        ("Expected expression", "", True),
        ("invalid syntax", "E999", True),
        ("Expected an identifier", "invalid-syntax", True),
        ("';' expected.", "ts1005", True),
        ("Missing argument for parameter x", "reportCallIssue", False),
        ("Argument missing for parameter", "arg-type", False),
        ("Type mismatch", "ts2322", False),
        ("`os` imported but unused", "F401", False),
    ],
)
def test_which_messages_are_about_syntax(message: str, code: str, expected: bool) -> None:
    assert is_syntax_message(Diagnostic(Point(0, 0), Point(0, 1), message, code=code)) is expected
