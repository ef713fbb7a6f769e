"""The three results of checking an edit, and the sentence that states each.

 - *proved*: a tool that reported the problem does not report it in the edited text, or tests that failed pass now;
 - *nothing found wrong*: checks ran and no check failed, but none of them could show that the problem is gone;
 - *failed*: a check failed, or the problem is still reported.

Only a proof, or a repair that is certain by construction, is applied without confirmation.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from attrs import frozen

from autothink_lsp.quantities import counted
from autothink_lsp.verify.report import CheckReport, CheckResult

_PHRASES = {
    "parse": "parses",
    "names": "no names lost",
    "tests": "tests pass",
    "compile": "compiles",
}
# Built-in checks, whose detail is part of a sentence.
_OWN_WORDS = frozenset({"changed", "parse", "names", "suppressions", "files", "tests"})
_TOOLS = {
    "compile": "Python",
    "ruff": "Ruff",
    "tsc": "TypeScript",
    "eslint": "ESLint",
    "cargo": "Cargo",
    "vet": "go vet",
    "clang": "Clang",
}


class EvidenceLevel(StrEnum):
    """The result of checking an edit. The value is the word shown to the user."""

    PROVED = "proved"
    NOTHING_FOUND_WRONG = "nothing found wrong"
    FAILED = "failed"


class ForeseenEvidence(StrEnum):
    """The strongest evidence that is possible, the strongest first. The value is for logs."""

    TESTS = "tests"
    SAME_TOOL = "the tool that reported it"
    OTHER_TOOL = "another tool"
    PARSE = "the grammar"
    NOTHING = "nothing"

    @property
    def is_blind(self) -> bool:
        """Whether no available tool can detect an edit that parses but is wrong."""
        return self in {ForeseenEvidence.PARSE, ForeseenEvidence.NOTHING}


@frozen
class Evidence:
    """The result of checking an edit. ``sentence`` is complete, true and short enough for a status line."""

    level: EvidenceLevel
    sentence: str
    proved_by: tuple[str, ...] = ()  # names of the checks that reported the problem before the edit and not after it
    ran: tuple[str, ...] = ()  # names of all checks that ran

    @property
    def is_proved(self) -> bool:
        return self.level is EvidenceLevel.PROVED

    @property
    def has_failed(self) -> bool:
        return self.level is EvidenceLevel.FAILED


def evidence_of(report: CheckReport) -> Evidence:
    """The strongest level that the report supports."""
    ran = tuple(result.name for result in report.results if result.verdict != "skipped")
    if report.failed:
        return Evidence(EvidenceLevel.FAILED, f"Failed: {_objection(report.failed[0])}", ran=ran)
    if report.target_gone is False:
        return Evidence(EvidenceLevel.FAILED, "Failed: the problem is still reported.", ran=ran)
    proofs = tuple(result for result in report.results if result.is_proof)
    if proofs:
        names = tuple(result.name for result in proofs)
        others = [result for result in report.results if result.name not in names]
        sentence = f"Proved: {_proof_phrase(proofs)}.{_nothing_new(report, others)}{_tests_not_run(report)}"
        return Evidence(EvidenceLevel.PROVED, sentence, names, ran)
    sentence = f"{_nothing_found_wrong(report)}{_tests_not_run(report)}"
    return Evidence(EvidenceLevel.NOTHING_FOUND_WRONG, sentence, ran=ran)


def tool_title(name: str) -> str:
    """The tool's name as its users write it."""
    return _TOOLS.get(name, name)


def _objection(failed: CheckResult) -> str:
    if failed.is_target_still_there:
        return f"{tool_title(failed.name)} still reports it."
    if failed.name in _OWN_WORDS and failed.detail:
        return _as_sentence(failed.detail)
    return _as_sentence(
        f"{tool_title(failed.name)}: {failed.detail}" if failed.detail else f"{tool_title(failed.name)} failed"
    )


def _as_sentence(text: str) -> str:
    """``text`` with a mark at its end: another sentence follows."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _proof_phrase(proofs: Sequence[CheckResult]) -> str:
    tests = [result for result in proofs if result.name == "tests"]
    if tests:
        return tests[0].detail or "tests that failed before pass now"
    titles = [tool_title(result.name) for result in proofs]
    joined = titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"
    return f"{joined} no longer report{'s' * (len(titles) == 1)} it"


def _nothing_found_wrong(report: CheckReport) -> str:
    phrases = _phrases(report.results)
    if not phrases:
        return "Not checked: no tool for this language was found here."
    found = f"Nothing found wrong ({', '.join(phrases)}){_remarks(report)}"
    if not report.has_target:
        return f"{found}."
    if report.target_gone:
        return f"{found}; the syntax error is gone, but the tool that reported it was not run again."
    return f"{found}, but no tool here could check whether the problem is gone."


def _nothing_new(report: CheckReport, others: Sequence[CheckResult]) -> str:
    phrases = _phrases(others)
    remarks = _remarks(report).removeprefix(", ")
    if not phrases:
        return f" {remarks[:1].upper()}{remarks[1:]}." if remarks else ""
    found = "No new errors" if remarks else "No new problems"
    return f" {found} ({', '.join(phrases)})" + (f", {remarks}." if remarks else ".")


def _phrases(results: Sequence[CheckResult]) -> list[str]:
    return [_phrase(one) for one in results if one.verdict == "passed"]


def _phrase(passed: CheckResult) -> str:
    if passed.name == "tests" and passed.detail:
        return passed.detail
    return _PHRASES.get(passed.name, tool_title(passed.name))


def _tests_not_run(report: CheckReport) -> str:
    """A sentence with the reason why the project's tests are no evidence (they hang or cannot start); empty without
    one."""
    details = [one.detail for one in report.results if one.name == "tests" and one.verdict == "skipped" and one.detail]
    return f" {details[0][:1].upper()}{details[0][1:]}." if details else ""


def _remarks(report: CheckReport) -> str:
    """The number of new findings that are not errors: they do not fail an edit, but the user may want to know."""
    count = sum(one.severity != "error" for result in report.results for one in result.new_findings)
    return f", {counted(count, 'new warning')}" if count else ""
