"""Checks an edit on a copy before anybody sees it, and says in words what was and was not checked.

In the order of cost: does it change anything, does it parse no worse, are the public names still there, and then the
language's own checkers on the text before and after: no new complaint, and the message that the edit is for must be
gone. The user's files are never touched, and a check that cannot be made is told as such, never as passed.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from attrs import define, field, frozen

from autothink_lsp.document.text import Text
from autothink_lsp.edits.values import Replacement
from autothink_lsp.syntax.checker_spec import CheckerSpec
from autothink_lsp.syntax.grammar import Grammar, Grammars
from autothink_lsp.syntax.health import tree_error_count
from autothink_lsp.syntax.languages import Language
from autothink_lsp.syntax.scopes import definitions
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Diagnostic
from autothink_lsp.verify.checkers import Checked, check, find_program, new_findings
from autothink_lsp.verify.project import run_tests
from autothink_lsp.verify.target import reproduced_by, still_there
from autothink_lsp.verify.values import CheckReport, CheckResult, Finding

_AT_ONCE = 2
_REMEMBERED = 24
_NAMED = frozenset({"function", "method", "class", "type"})


@frozen(kw_only=True)
class Verification:
    """One edit to be checked. ``deadline_s`` is for all checks together."""

    before: Text = field(repr=False)
    after: Text = field(repr=False)
    language: Language | None
    path: str
    file: Path | None = None
    folder: Path | None = None
    target: Diagnostic | None = None
    replacements: tuple[Replacement, ...] = ()
    keep_public_names: bool = True
    trusted: bool = False
    run_checkers: bool = True
    test_command: tuple[str, ...] = ()
    deadline_s: float = 20.0


@define(eq=False)
class Verifier:
    """Remembers what checkers said of the text before an edit, so that a retry does not pay for it again."""

    grammars: Grammars = field(factory=Grammars)
    _before: OrderedDict[tuple[str, str, int], Checked] = field(factory=OrderedDict)

    async def verify(self, case: Verification) -> CheckReport:
        """Never raises; cancelling ends the programs that run."""
        stop_at = time.monotonic() + case.deadline_s
        before, after = str(case.before), str(case.after)
        if before == after:
            return CheckReport((CheckResult("changed", "failed", "it changes nothing"),))
        grammar = self.grammars.load(case.language) if case.language is not None else None
        old, new = _tree(grammar, before), _tree(grammar, after)
        results = [_parses(old, new)]
        if case.keep_public_names:
            results.append(_names_kept(old, new))
        if any(result.verdict == "failed" for result in results):
            return CheckReport(tuple(results), target_gone=None)
        target_gone = _gone_by_parsing(case.target, old, new)
        checked, gone_by_checkers = await self._checkers(case, before, after, stop_at)
        results += checked
        target_gone = gone_by_checkers if gone_by_checkers is not None else target_gone
        failed = any(result.verdict == "failed" for result in results)
        if case.test_command and not failed and target_gone is not False:
            results.append(await self._tests(case, after, stop_at))
        return CheckReport(tuple(results), target_gone)

    async def findings(
        self, language: Language, text: str, name: str, *, folder: Path | None, trusted: bool, wall_s: float = 20.0
    ) -> tuple[Finding, ...]:
        """What all checkers of the language that are installed say of a text."""
        found: list[Finding] = []
        for spec in language.checkers:
            program = find_program(spec, folder, trusted=trusted)
            if program is not None and (trusted or not spec.runs_project_code):
                found += (await check(spec, program, text, name, wall_s=wall_s)).findings
        return tuple(found)

    async def _tests(self, case: Verification, after: str, stop_at: float) -> CheckResult:
        if not case.trusted:
            return CheckResult("tests", "skipped", "the folder is not trusted, so its tests were not run")
        if case.folder is None or case.file is None:
            return CheckResult("tests", "skipped", "the document is in no folder")
        patience_s = max(1.0, stop_at - time.monotonic())
        return await run_tests(case.test_command, case.folder, case.file, after, wall_s=patience_s)

    async def _checkers(
        self, case: Verification, before: str, after: str, stop_at: float
    ) -> tuple[list[CheckResult], bool | None]:
        specs = case.language.checkers if case.language is not None and case.run_checkers else ()
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(spec: CheckerSpec) -> tuple[CheckResult, bool | None]:
            async with gate:
                return await self._checker(spec, case, before, after, stop_at)

        done = await asyncio.gather(*(one(spec) for spec in specs))
        verdicts = [gone for _, gone in done if gone is not None]
        return [result for result, _ in done], (all(verdicts) if verdicts else None)

    async def _checker(
        self, spec: CheckerSpec, case: Verification, before: str, after: str, stop_at: float
    ) -> tuple[CheckResult, bool | None]:
        program = find_program(spec, case.folder, trusted=case.trusted)
        if program is None:
            return CheckResult(spec.name, "skipped", f"{spec.name} is not installed"), None
        if spec.runs_project_code and not case.trusted:
            return CheckResult(spec.name, "skipped", f"{spec.name} runs code of a folder that is not trusted"), None
        started = time.monotonic()
        name = Path(case.path).name
        old = await self._said_before(spec, program, before, name, stop_at)
        if old.skipped:
            return CheckResult(spec.name, "skipped", f"{spec.name} {old.skipped}"), None
        new = await check(spec, program, after, name, wall_s=max(1.0, stop_at - time.monotonic()))
        if new.skipped:
            return CheckResult(spec.name, "skipped", f"{spec.name} {new.skipped}"), None
        fresh = new_findings(old.findings, new.findings)
        gone = None
        if case.target is not None:
            cause = reproduced_by(case.target, old.findings)
            if cause is not None:
                gone = not still_there(cause, old.findings, new.findings)
        errors = [finding for finding in fresh if finding.severity == "error"]
        verdict = "failed" if errors or gone is False else "passed"
        detail = _said(errors[0]) if errors else "the message is still there" if gone is False else ""
        return CheckResult(spec.name, verdict, detail, fresh, (time.monotonic() - started) * 1_000), gone

    async def _said_before(self, spec: CheckerSpec, program: str, text: str, name: str, stop_at: float) -> Checked:
        key = (spec.name, program, hash((text, name)))
        if key not in self._before:
            self._before[key] = await check(spec, program, text, name, wall_s=max(1.0, stop_at - time.monotonic()))
            while len(self._before) > _REMEMBERED:
                self._before.popitem(last=False)
        return self._before[key]


def in_words(report: CheckReport) -> str:
    """For the user: "diagnostic gone, 0 new (parse, compile, ruff)"."""
    ran = [result.name for result in report.results if result.verdict != "skipped"]
    if report.failed:
        first = report.failed[0]
        return f"{first.name}: {first.detail}" if first.detail else f"{first.name} failed"
    fresh = [finding for result in report.results for finding in result.new_findings]
    errors = sum(finding.severity == "error" for finding in fresh)
    remarks = f", {len(fresh) - errors} remarks" if len(fresh) > errors else ""
    gone = {True: "diagnostic gone", False: "diagnostic still there", None: "the message could not be checked here"}
    return f"{gone[report.target_gone]}, {errors} new{remarks} ({', '.join(ran)})"


def for_model(report: CheckReport) -> str:
    """What a retry is told: the failed checks, with line numbers, without paths."""
    lines: list[str] = []
    for result in report.failed:
        errors = [finding for finding in result.new_findings if finding.severity == "error"][:5]
        lines += [f"{result.name}: {_said(finding)}" for finding in errors] or [f"{result.name}: {result.detail}"]
    if report.target_gone is False and not lines:
        lines.append("The reported problem is still there.")
    return "\n".join(lines)


def _said(finding: Finding) -> str:
    where = f"line {finding.line + 1}: " if finding.line >= 0 else ""
    return f"{where}{finding.message}"


def _tree(grammar: Grammar | None, text: str) -> SyntaxTree | None:
    if grammar is None:
        return None
    parsed = grammar.parse_source(text)
    return SyntaxTree(grammar, parsed, Text.from_str(text)) if parsed is not None else None


def _errors(tree: SyntaxTree) -> int:
    return tree_error_count(tree.grammar, tree.tree)


def _parses(old: SyntaxTree | None, new: SyntaxTree | None) -> CheckResult:
    if old is None or new is None:
        return CheckResult("parse", "skipped", "there is no grammar for this language, or the file is too large")
    if _errors(new) <= _errors(old):
        return CheckResult("parse", "passed")
    line = _first_error_line(new)
    return CheckResult("parse", "failed", f"the changed code does not parse (line {line + 1})")


def _first_error_line(tree: SyntaxTree) -> int:
    node = tree.root
    while True:
        child = next((one for one in node.children if one.has_error or one.is_missing), None)
        if child is None or node.is_error:
            return tree.text.point_at_byte(node.start_byte).line
        node = child


def _names_kept(old: SyntaxTree | None, new: SyntaxTree | None) -> CheckResult:
    if old is None or new is None:
        return CheckResult("names", "skipped", "there is no grammar for this language")
    before = {one.name for one in definitions(old) if one.kind in _NAMED}
    lost = sorted(before - {one.name for one in definitions(new)})
    if not lost:
        return CheckResult("names", "passed")
    return CheckResult("names", "failed", f"`{lost[0]}` has gone" + (f" and {len(lost) - 1} more" if lost[1:] else ""))


def _gone_by_parsing(target: Diagnostic | None, old: SyntaxTree | None, new: SyntaxTree | None) -> bool | None:
    """A syntax error is gone when the text parses; of other messages a grammar knows nothing."""
    if target is None or old is None or new is None or not _errors(old):
        return None
    return _errors(new) < _errors(old)


def results_in_words(results: Sequence[CheckResult]) -> list[str]:
    """One line for each check, for the document that shows everything."""
    marks = {"passed": "✓", "failed": "✗", "skipped": "–"}
    return [
        f"{marks[result.verdict]} {result.name}" + (f": {result.detail}" if result.detail else "") for result in results
    ]
