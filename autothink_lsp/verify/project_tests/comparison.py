"""Compares two runs of the same tests, without and with an edit.

A proof needs tests that failed without the edit and pass with it, while all that passed still pass; an edit of the
tests themselves proves nothing. Tests that ran before the edit and then hang, cannot start or are missing are a failure
of the edit; if they did not run before either, the check is skipped with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from attrs import evolve, frozen

from autothink_lsp.verify.project_tests.suite_result import WHOLE_COMMAND, SuiteResult
from autothink_lsp.verify.report import CheckResult, Finding, Verdict

_MOST_NAMED = 3
_MOST_MESSAGES = 4
_FOR_MODEL_CHARACTERS = 1_500
_MESSAGE_CHARACTERS = 500
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")


@frozen(kw_only=True)
class TestedEdit:
    """Facts about an edit besides its test runs. ``after_limit_ms`` is the time limit of the run with the edit."""

    __test__ = False

    has_open_problem: bool  # the edit is meant to solve a problem, and no checker has shown that it does
    are_tests_related: bool  # the tests touch the edited file
    changes_tests: bool  # the edited file is a test file, or tests in it are changed
    after_limit_ms: float


def compare_runs(before: SuiteResult, after: SuiteResult, edit: TestedEdit) -> CheckResult:
    """The result of the check "tests" for runs without (``before``) and with (``after``) the edit."""
    if not after.has_ended:
        return _unfinished(before, after, edit)
    new = after.all_failed & before.passed | (after.unloaded - before.all_failed if before.has_run else frozenset())
    new |= {name for name in after.failed - before.all_failed if before.has_run and not before.unloaded}
    new |= after.unsteady & before.passed
    if new and before.has_run:
        names = _names(new)
        if WHOLE_COMMAND in new:
            detail = "the tests fail now"
        elif new <= after.unloaded:
            detail = f"tests can no longer be loaded: {after.reason or names}"
        else:
            detail = f"{names} {_verb(new, 'fails', 'fail')} now, and passed before"
        return _failed(detail, after, new)
    if not after.has_run:
        if before.has_run:
            return _failed(
                "the tests no longer start" + (f": {after.reason}" if after.reason else ""), after, after.unloaded
            )
        return _skipped(f"tests could not run: {after.reason}", after)
    if before.unsteady or after.unsteady:
        unsteady = before.unsteady | after.unsteady
        before = evolve(before, passed=before.passed - unsteady, failed=before.failed - unsteady)
        after = evolve(after, passed=after.passed - unsteady, failed=after.failed - unsteady)
        if not (before.failed & after.passed):
            return _skipped(
                f"tests prove nothing: {_names(unsteady)} {_verb(unsteady, 'fails', 'fail')} at random", after
            )
    lost = before.passed - after.passed
    if lost and not edit.changes_tests:
        return _failed(f"{_names(lost)} no longer {_verb(lost, 'runs', 'run')}, and passed before", after, ())
    still = after.all_failed
    if still:
        return _still_failing(before, after, edit)
    return _passing(before, after, edit)


def both_runs(one: SuiteResult, other: SuiteResult) -> SuiteResult:
    """Two runs of the same text as one. A test with different results is in ``unsteady``, and in none of the others."""
    unsteady = (one.passed & other.all_failed) | (other.passed & one.all_failed) | one.unsteady | other.unsteady
    return evolve(
        other,
        passed=(one.passed & other.passed) - unsteady,
        failed=(one.failed | other.failed) - unsteady,
        unloaded=(one.unloaded | other.unloaded) - unsteady,
        unsteady=unsteady,
        messages={**one.messages, **other.messages},
        wall_ms=max(one.wall_ms, other.wall_ms),
    )


def _unfinished(before: SuiteResult, after: SuiteResult, edit: TestedEdit) -> CheckResult:
    limit = f"{edit.after_limit_ms / 1_000:.0f} s"
    if before.has_run and edit.after_limit_ms >= 2 * before.wall_ms + 1_000:
        return _failed(f"the tests no longer finish (stopped after {limit})", after, ())
    if before.has_run:
        return _skipped("tests could not run: there was no time for them", after)
    return _skipped(f"tests could not run: they did not finish in {limit}", after)


def _still_failing(before: SuiteResult, after: SuiteResult, edit: TestedEdit) -> CheckResult:
    still = after.all_failed
    is_command = WHOLE_COMMAND in still
    if edit.has_open_problem and edit.are_tests_related:
        detail = "the tests still fail" if is_command else f"{_names(still)} still {_verb(still, 'fails', 'fail')}"
        if not before.has_ended:
            detail = detail.replace("still ", "")
        return _failed(detail, after, still)
    if not before.has_ended:
        return _skipped("the tests fail, and there was no time to see whether they did before", after)
    if after.passed and before.has_run:
        as_before = f"{_count(still)} {_verb(still, 'fails', 'fail')} as before"
        return _result("passed", f"{_count(after.passed)} {_verb(after.passed, 'passes', 'pass')}, {as_before}", after)
    return _skipped("the tests fail without the edit too", after)


def _passing(before: SuiteResult, after: SuiteResult, edit: TestedEdit) -> CheckResult:
    """The result if no test fails with the edit."""
    is_command = WHOLE_COMMAND in after.passed
    plain = "the tests pass" if is_command else f"{_count(after.passed)} {_verb(after.passed, 'passes', 'pass')}"
    mended = before.failed & after.passed
    if edit.changes_tests or not before.has_ended or before.failed - after.passed:
        return _result("passed", plain, after)
    if mended:
        count = "the tests" if is_command else _count(mended)
        verb = "pass" if is_command else _verb(mended, "passes", "pass")
        return _result("passed", f"{count} failed before and {verb} now", after, is_proof=True)
    if before.unloaded:
        newly_passed = after.passed - before.passed
        if newly_passed:
            detail = (
                f"{_count(newly_passed)} that could not be loaded before {_verb(newly_passed, 'passes', 'pass')} now"
            )
            return _result("passed", detail, after, is_proof=True)
    return _result("passed", plain, after)


def without_comparison(ran: SuiteResult) -> CheckResult:
    """The result for tests that did not exist before the edit. Passing is no proof, because the same model wrote
    them."""
    if not ran.has_ended:
        return _failed("the tests do not finish", ran, ())
    if not ran.has_run:
        return _failed(f"the tests do not run: {ran.reason}", ran, ran.unloaded)
    if ran.all_failed:
        total = len(ran.all_failed) + len(ran.passed)
        return _failed(f"{len(ran.all_failed)} of {total} tests fail: {_names(ran.all_failed)}", ran, ran.all_failed)
    return _result("passed", f"{_count(ran.passed)} {_verb(ran.passed, 'passes', 'pass')}", ran)


def _result(verdict: Verdict, detail: str, ran: SuiteResult, *, is_proof: bool = False) -> CheckResult:
    return CheckResult("tests", verdict, detail, wall_ms=ran.wall_ms, is_proof=is_proof)


def _skipped(detail: str, ran: SuiteResult) -> CheckResult:
    return _result("skipped", detail, ran)


def _failed(detail: str, ran: SuiteResult, names: Collection[str]) -> CheckResult:
    finding = Finding("tests", -1, f"{detail}\n{failures_text(ran, names)}".strip())
    return CheckResult("tests", "failed", detail, (finding,), ran.wall_ms)


def failures_text(ran: SuiteResult, names: Collection[str]) -> str:
    """The messages of the named failed tests for the model; if the runner has none, the end of its output."""
    messages = [
        f"{name}:\n{ran.messages[name][-_MESSAGE_CHARACTERS:]}" for name in sorted(names) if name in ran.messages
    ]
    text = "\n".join(messages[:_MOST_MESSAGES]) or ran.output_end[-_FOR_MODEL_CHARACTERS:].strip()
    return _ADDRESS.sub("0x…", text)[-_FOR_MODEL_CHARACTERS:]


def _names(names: Collection[str]) -> str:
    """Up to three short names, joined: ``test_total and test_empty``."""
    short = sorted({_short(name) for name in names})
    if len(short) > _MOST_NAMED:
        return f"{', '.join(short[: _MOST_NAMED - 1])} and {len(short) - _MOST_NAMED + 1} more tests"
    return " and ".join([", ".join(short[:-1]), short[-1]] if len(short) > 1 else short)


def _short(name: str) -> str:
    name = re.split(r" > |::", name)[-1].strip()
    if " " in name or "/" in name:
        return f'"{name}"' if " " in name else name
    return re.split(r"\.(?=\w+$)", name)[-1] or name


def _count(names: Collection[str]) -> str:
    return f"{len(names)} test{'s' * (len(names) != 1)}"


def _verb(names: Collection[str], one: str, many: str) -> str:
    return one if len(names) == 1 else many
