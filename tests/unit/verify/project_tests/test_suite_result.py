"""What test runners print or write, read: samples of their formats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autothink_lsp.verify.project_tests.comparison import TestedEdit, compare_runs
from autothink_lsp.verify.project_tests.suite_result import WHOLE_COMMAND, SuiteResult, read_suite

JUNIT = """<testsuites><testsuite><testcase classname="tests.test_a" name="test_ok"/>
<testcase classname="tests.test_a" name="test_bad"><failure message="assert 1 == 2">long</failure></testcase>
<testcase classname="tests.test_a" name="test_skip"><skipped/></testcase>
<testcase classname="" name="tests.test_b"><error message="collection failure">ModuleNotFoundError</error></testcase>
</testsuite></testsuites>"""
TRX = """<TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results>
<UnitTestResult testName="A.Ok" outcome="Passed"/><UnitTestResult testName="A.Bad" outcome="Failed"/>
<UnitTestResult testName="A.Not" outcome="NotExecuted"/></Results></TestRun>"""
JEST = json.dumps(
    {
        "testResults": [
            {
                "name": "/x/a.test.js",
                "status": "failed",
                "assertionResults": [
                    {"fullName": "ok", "status": "passed"},
                    {"fullName": "bad", "status": "failed", "failureMessages": ["expected 1"]},
                    {"fullName": "not", "status": "pending"},
                ],
            },
            {"name": "/x/b.test.js", "status": "failed", "message": "Cannot find module", "assertionResults": []},
        ]
    }
)
MOCHA = json.dumps(
    {
        "passes": [{"fullTitle": "ok"}],
        "failures": [{"fullTitle": "bad", "err": {"message": "1"}}],
        "pending": [{"fullTitle": "not"}],
    }
)
GO = "\n".join(
    json.dumps(event)
    for event in (
        {"Action": "pass", "Package": "m/a", "Test": "TestOk"},
        {"Action": "output", "Package": "m/a", "Test": "TestBad", "Output": "got 1\n"},
        {"Action": "fail", "Package": "m/a", "Test": "TestBad"},
        {"Action": "skip", "Package": "m/a", "Test": "TestNot"},
        {"Action": "fail", "Package": "m/a"},
        {"Action": "fail", "Package": "m/b"},
    )
)
TAP = """TAP version 13
# Subtest: group
    # Subtest: ok
    ok 1 - ok
    # Subtest: bad
    not ok 2 - bad
      ---
      error: '1 !== 2'
      ...
    # Subtest: not
    ok 3 - not # SKIP
not ok 1 - group
# Subtest: /x/broken.test.js
not ok 2 - /x/broken.test.js
# Subtest: /x/empty.test.js
ok 3 - /x/empty.test.js
"""
LIBTEST = """running 3 tests
test a::ok ... ok
test a::not ... ignored
test a::bad ... FAILED

failures:

---- a::bad stdout ----
thread 'a::bad' panicked at src/lib.rs:3:5

failures:
    a::bad
error: could not compile `other` (lib test) due to 1 previous error
"""
UNITTEST = """test_ok (t.A.test_ok) ... ok
test_said (t.A.test_said)
Says something. ... a print
ok
test_bad (t.A.test_bad) ... FAIL
test_old (t.A) ... ok
test_not (t.A.test_not) ... skipped 'no'
t_broken (unittest.loader._FailedTest.t_broken) ... ERROR

======================================================================
FAIL: test_bad (t.A.test_bad)
----------------------------------------------------------------------
AssertionError: 1 != 2

======================================================================
ERROR: t_broken (unittest.loader._FailedTest.t_broken)
----------------------------------------------------------------------
ImportError: Failed to import test module: t_broken

----------------------------------------------------------------------
Ran 5 tests in 0.001s
"""
SAMPLES = [
    ("junit", JUNIT, True, {"tests.test_a::test_ok"}, {"tests.test_a::test_bad"}, {"tests.test_b"}),
    ("trx", TRX, True, {"A.Ok"}, {"A.Bad"}, set()),
    ("jest", JEST, True, {"a.test.js > ok"}, {"a.test.js > bad"}, {"b.test.js"}),
    ("mocha", MOCHA, True, {"ok"}, {"bad"}, set()),
    ("go", GO, False, {"m/a.TestOk"}, {"m/a.TestBad"}, {"m/b"}),
    ("tap", TAP, False, {"group > ok"}, {"group > bad"}, {"/x/broken.test.js"}),
    ("libtest", LIBTEST, False, {"a::ok"}, {"a::bad"}, {"other"}),
    ("unittest", UNITTEST, False, {"t.A.test_ok", "t.A.test_said", "t.A.test_old"}, {"t.A.test_bad"}, {"t_broken"}),
]


@pytest.mark.parametrize(("result_format", "text", "is_file", "passed", "failed", "unloaded"), SAMPLES)
def test_each_format_is_read(
    result_format: str, text: str, is_file: bool, passed: set, failed: set, unloaded: set, tmp_path: Path
) -> None:
    file = tmp_path / "results"
    file.write_text(text)
    read = read_suite("" if is_file else text, [file] if is_file else [], result_format, returncode=1, wall_ms=1)
    assert (read.passed, read.failed, read.unloaded) == (passed, failed, unloaded)
    assert len(read.skipped) == (0 if result_format == "unknown" else 1)


@pytest.mark.parametrize("result_format", ["junit", "trx", "jest", "mocha", "go", "tap", "libtest", "unittest"])
@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"testResults": 3}', "<a", "{}\n{", "ok", "not ok"])
def test_damaged_results_are_no_results(result_format: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "results"
    file.write_text(text)
    read = read_suite(text, [file, tmp_path / "missing"], result_format, returncode=0, wall_ms=1)
    assert not read.has_run
    assert read.reason


def test_a_command_without_a_format_is_one_test() -> None:
    assert read_suite("", [], "", returncode=0, wall_ms=1).passed == {WHOLE_COMMAND}
    assert read_suite("", [], "", returncode=2, wall_ms=1).failed == {WHOLE_COMMAND}
    assert not read_suite("", [], "", returncode=None, wall_ms=1).has_run


def ran(
    passed: str = "", failed: str = "", unloaded: str = "", *, ended: bool = True, wall_ms: float = 100
) -> SuiteResult:
    sets = (frozenset(names.split()) for names in (passed, failed, unloaded))
    passed_names, failed_names, unloaded_names = sets
    return SuiteResult(
        passed=passed_names,
        failed=failed_names,
        unloaded=unloaded_names,
        has_ended=ended,
        reason="why",
        wall_ms=wall_ms,
    )


COMPARED = [
    (ran("a", "b"), ran("a b"), "passed", True, "1 test failed before and passes now"),
    (ran("", "a b"), ran("a b"), "passed", True, "2 tests failed before and pass now"),
    (ran("a b"), ran("a b"), "passed", False, "2 tests pass"),
    (ran("a", "b"), ran("b", "a"), "failed", False, "a fails now, and passed before"),
    (ran("a", "b"), ran("a", "b"), "failed", False, "b still fails"),
    (ran("a", "b c"), ran("a b", "c"), "failed", False, "c still fails"),
    (ran("a", "b"), ran("a"), "passed", False, "1 test passes"),
    (ran("a b"), ran("a"), "failed", False, "b no longer runs, and passed before"),
    (ran("a b"), ran(""), "failed", False, "the tests no longer start: why"),
    (ran("a"), ran("", "", "f"), "failed", False, "tests can no longer be loaded: why"),
    (ran("a"), ran(ended=False), "failed", False, "the tests no longer finish (stopped after 10 s)"),
    (ran("a", wall_ms=9_000), ran(ended=False), "skipped", False, "tests could not run: there was no time for them"),
    (ran(ended=False), ran(ended=False), "skipped", False, "tests could not run: they did not finish in 10 s"),
    (ran(""), ran(ended=False), "skipped", False, "tests could not run: they did not finish in 10 s"),
    (ran(ended=False), ran("a"), "passed", False, "1 test passes"),
    (ran(ended=False), ran("", "a"), "failed", False, "a fails"),
    (ran("", "", "f"), ran("a b"), "passed", True, "2 tests that could not be loaded before pass now"),
    (ran("", "", "f"), ran("", "", "f"), "skipped", False, "tests could not run: why"),
    (ran("", "", "f"), ran("a", "b"), "failed", False, "b still fails"),
    (ran(""), ran(""), "skipped", False, "tests could not run: why"),
]


@pytest.mark.parametrize(("before", "after", "verdict", "is_proof", "detail"), COMPARED)
def test_two_runs_together(before: SuiteResult, after: SuiteResult, verdict: str, is_proof: bool, detail: str) -> None:
    edit = TestedEdit(has_open_problem=True, are_tests_related=True, changes_tests=False, after_limit_ms=10_000)
    found = compare_runs(before, after, edit)
    assert (found.verdict, found.is_proof, found.detail) == (verdict, is_proof, detail)


@pytest.mark.parametrize(("before", "after"), [(row[0], row[1]) for row in COMPARED])
def test_an_edit_of_the_tests_or_of_an_unrelated_file_is_never_called_a_failure_for_what_failed_before(
    before: SuiteResult, after: SuiteResult
) -> None:
    unrelated = TestedEdit(has_open_problem=False, are_tests_related=False, changes_tests=False, after_limit_ms=10_000)
    found = compare_runs(before, after, unrelated)
    assert "still" not in found.detail
    of_tests = TestedEdit(has_open_problem=True, are_tests_related=True, changes_tests=True, after_limit_ms=10_000)
    assert not compare_runs(before, after, of_tests).is_proof
