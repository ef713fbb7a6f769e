"""Checks an edit on a copy before the user sees it, and says in words what was and was not checked.

In the order of cost: does it change anything, does it parse no worse, are the public names still there, and then the
language's own checkers on the text before and after: no new complaint, and the message that the edit is for must be
gone. The user's files are never touched, and a check that cannot be made is told as such, never as passed.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import define, evolve, field, frozen

from autothink_lsp.document.text import Text
from autothink_lsp.edits.values import Replacement
from autothink_lsp.syntax.checker_spec import CheckerSpec
from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.languages import Language
from autothink_lsp.values import Diagnostic
from autothink_lsp.verify.checkers import Checked, check, find_program, is_elsewhere, new_findings, same_kind
from autothink_lsp.verify.lines import origins
from autothink_lsp.verify.outside import reads_elsewhere
from autothink_lsp.verify.project import run_tests
from autothink_lsp.verify.target import first_still_there, reproduced_by, still_there
from autothink_lsp.verify.trees import errors_in, gone_by_parsing, names_kept, parses, tree_of
from autothink_lsp.verify.values import CheckReport, CheckResult, Finding
from autothink_lsp.verify.words import for_model, in_words, results_in_words, said

__all__ = ["Verification", "Verifier", "for_model", "in_words", "results_in_words"]

_AT_ONCE = 2
_REMEMBERED = 24
_LEAST_S = 0.1
_CHECKERS_SHARE = 0.6  # of the time, where the user's tests are to run after them


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


@frozen
class _Sides:
    before: str = field(repr=False)
    after: str = field(repr=False)
    origin: Mapping[int, int] = field(repr=False)  # line after -> line before, of lines that the edit did not touch
    hidden: bool  # the text did not parse before, so checkers may not have seen what they see now


@define(eq=False)
class Verifier:
    """Remembers what checkers said of the text before an edit, so that a retry does not pay for it again."""

    grammars: Grammars = field(factory=Grammars)
    _before: OrderedDict[tuple[str, str, int], Checked] = field(factory=OrderedDict)

    async def verify(self, case: Verification) -> CheckReport:
        """Never raises; cancelling ends the programs that run."""
        stop_at = time.monotonic() + case.deadline_s
        has_target = case.target is not None
        before, after = str(case.before), str(case.after)
        if before == after:
            return CheckReport((CheckResult("changed", "failed", "it changes nothing"),), has_target=has_target)
        grammar = self.grammars.load(case.language) if case.language is not None else None
        old, new = tree_of(grammar, case.before), tree_of(grammar, case.after)
        origin = origins(*(text.lines(0, text.line_count) for text in (case.before, case.after)))
        results = [parses(old, new, origin)]
        if case.keep_public_names:
            results.append(names_kept(old, new))
        if (outside := reads_elsewhere(before, after)) is not None:
            results.append(outside)
        if any(result.verdict == "failed" for result in results):
            return CheckReport(tuple(results), has_target=has_target)
        target_gone = gone_by_parsing(case.target, old, new)
        sides = _Sides(before, after, origin, hidden=old is not None and errors_in(old) > 0)
        share = _CHECKERS_SHARE if case.test_command and case.trusted else 1.0
        checked, gone_by_checkers = await self._checkers(case, sides, stop_at - (1 - share) * case.deadline_s)
        results += checked
        target_gone = gone_by_checkers if gone_by_checkers is not None else target_gone
        failed = any(result.verdict == "failed" for result in results)
        if case.test_command and not failed and target_gone is not False:
            results.append(await self._tests(case, (before, after), stop_at))
        return CheckReport(tuple(results), target_gone, has_target)

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

    async def _tests(self, case: Verification, before_and_after: tuple[str, str], stop_at: float) -> CheckResult:
        if not case.trusted:
            return CheckResult("tests", "skipped", "the folder is not trusted, so its tests were not run")
        if case.folder is None or case.file is None:
            return CheckResult("tests", "skipped", "the document is in no folder")
        patience_s = max(1.0, stop_at - time.monotonic())
        return await run_tests(
            case.test_command,
            case.folder,
            case.file,
            before_and_after,
            is_fix=case.target is not None,
            wall_s=patience_s,
        )

    async def _checkers(
        self, case: Verification, sides: _Sides, stop_at: float
    ) -> tuple[list[CheckResult], bool | None]:
        specs = case.language.checkers if case.language is not None and case.run_checkers else ()
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(spec: CheckerSpec) -> tuple[CheckResult, bool | None]:
            async with gate:
                return await self._checker(spec, case, sides, stop_at)

        done = await asyncio.gather(*(one(spec) for spec in specs))
        verdicts = [gone for _, gone in done if gone is not None]
        return [result for result, _ in done], (all(verdicts) if verdicts else None)

    async def _checker(
        self, spec: CheckerSpec, case: Verification, sides: _Sides, stop_at: float
    ) -> tuple[CheckResult, bool | None]:
        program = find_program(spec, case.folder, trusted=case.trusted)
        if program is None:
            return CheckResult(spec.name, "skipped", f"{spec.name} is not installed"), None
        if spec.runs_project_code and not case.trusted:
            return CheckResult(spec.name, "skipped", f"{spec.name} runs code of a folder that is not trusted"), None
        started = time.monotonic()
        name = _name(case)
        old = await self._said_before(spec, program, sides.before, name, (started + stop_at) / 2)
        new = old if old.skipped else await _check(spec, program, sides.after, name, stop_at)
        if new.skipped:
            return CheckResult(spec.name, "skipped", f"{spec.name} {new.skipped}"), None
        return _judged(spec, case.target, sides, old.findings, new.findings, (time.monotonic() - started) * 1_000)

    async def _said_before(self, spec: CheckerSpec, program: str, text: str, name: str, stop_at: float) -> Checked:
        key = (spec.name, program, hash((text, name)))
        if (known := self._before.get(key)) is not None:
            self._before.move_to_end(key)
            return known
        checked = await _check(spec, program, text, name, stop_at)
        if not checked.skipped:  # what had no time now may have it the next time
            self._before[key] = checked
            while len(self._before) > _REMEMBERED:
                self._before.popitem(last=False)
        return checked


async def _check(spec: CheckerSpec, program: str, text: str, name: str, stop_at: float) -> Checked:
    left_s = stop_at - time.monotonic()
    if left_s < _LEAST_S:
        return Checked(skipped="was not run: no time was left")
    return await check(spec, program, text, name, wall_s=left_s)


def _name(case: Verification) -> str:
    """The file's name; checkers go by its extension, and a document that is not saved yet has none."""
    name = Path(case.path).name or "file"
    language = case.language
    if language is None or not language.extensions or name in language.filenames:
        return name
    return name if name.lower().endswith(language.extensions) else name + language.extensions[0]


def _judged(
    spec: CheckerSpec,
    target: Diagnostic | None,
    sides: _Sides,
    old: Sequence[Finding],
    new: Sequence[Finding],
    wall_ms: float,
) -> tuple[CheckResult, bool | None]:
    """Whether there is a new error, and whether the target is gone (``None`` where this checker does not know it)."""
    cause = reproduced_by(target, old) if target is not None else None
    if cause is not None and is_elsewhere(spec, cause):
        cause = None  # it would say so of a good fix too
    gone = None
    if cause is not None and spec.first_only:
        gone = not first_still_there(cause, new, sides.origin)
    elif cause is not None:
        gone = not still_there(cause, old, new)
    if spec.first_only and cause is None and (blind := _stopped_as_before(old, new, sides)) is not None:
        return CheckResult(spec.name, "skipped", f"{spec.name} stops at line {blind.line + 1}, as it did before"), None
    hidden = sides.hidden or (spec.first_only and bool(old))
    fresh = tuple(
        evolve(one, severity="information") if is_elsewhere(spec, one) or (hidden and one.line in sides.origin) else one
        for one in new_findings(old, new)
    )
    errors = [finding for finding in fresh if finding.severity == "error"]
    verdict = "failed" if errors or gone is False else "passed"
    detail = said(errors[0]) if errors else "the message is still there" if gone is False else ""
    return CheckResult(spec.name, verdict, detail, fresh, wall_ms), gone


def _stopped_as_before(old: Sequence[Finding], new: Sequence[Finding], sides: _Sides) -> Finding | None:
    """The mistake that kept a checker from seeing anything behind it, before the edit and after."""
    known = {(same_kind(finding), finding.line) for finding in old}
    return next((one for one in new if (same_kind(one), sides.origin.get(one.line, one.line)) in known), None)
