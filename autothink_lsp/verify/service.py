"""Checks an edit on a copy before the user sees it, and reports which checks ran.

Ordered by cost: whether the edit changes anything, parses no worse, keeps public names, and suppresses no message; then
the language's checkers on the text before and after, where no new error may appear and the reported message must be
gone; then the project's tests. The user's files are never touched, and a check that cannot run is reported as skipped,
never as passed.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from attrs import define, evolve, field, frozen

from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.settings.model import VerifySettings
from autothink_lsp.syntax.checker_spec import CheckerSpec
from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.languages import Language
from autothink_lsp.values import Diagnostic
from autothink_lsp.verify.checker_choice import CheckerChoice
from autothink_lsp.verify.checkers import (
    CheckerRun,
    check,
    finding_key,
    needs_other_files,
    new_findings,
    proposed_fixes,
)
from autothink_lsp.verify.evidence import ForeseenEvidence, tool_title
from autothink_lsp.verify.file_inclusion import check_file_inclusion
from autothink_lsp.verify.foreseen import foreseen_evidence
from autothink_lsp.verify.language_servers.pool import ActivityListener, LanguageServerPool, PoolLimits
from autothink_lsp.verify.language_servers.values import OverlayCase, OverlayFile, OverlayResult
from autothink_lsp.verify.line_origins import line_origins
from autothink_lsp.verify.project_command import CheckedFile
from autothink_lsp.verify.project_tests.service import ProjectTests, ProjectTestsRequest
from autothink_lsp.verify.report import CheckReport, CheckResult, Finding
from autothink_lsp.verify.report_text import finding_text
from autothink_lsp.verify.suppressions import check_suppressions
from autothink_lsp.verify.syntax_checks import check_names, check_parse, error_count, is_syntax_error_gone, parse_text
from autothink_lsp.verify.target_message import first_still_there, is_syntax_error_at, reproduced_by, still_there
from autothink_lsp.verify.tool_fixes import ToolFix, replacements_of

_AT_ONCE = 2
_REMEMBERED = 24
_LEAST_S = 0.1
_OTHER_FILES_STAY_S = 60.0  # how long findings that depend on other files of the project are cached
_SERVERS_SHARE = 0.7  # share of the time, if a command line can replace a server that does not answer
_CHECKERS_SHARE = 0.6  # share of the time, if the user's tests run afterwards

_Checked = tuple[list[CheckResult], bool | None]  # results, and whether the target is gone (None: no tool reports it)


@frozen(kw_only=True)
class VerificationRequest:
    """One edit to check. ``deadline_s`` limits all checks together."""

    before: Text = field(repr=False)
    after: Text = field(repr=False)
    language: Language | None
    path: str
    file: Path | None = None
    folder: Path | None = None
    target: Diagnostic | None = None
    replacements: tuple[Replacement, ...] = ()
    keep_public_names: bool = True
    may_suppress: bool = False  # the user asked to suppress the message
    trusted: bool = False
    run_checkers: bool = True
    language_id: str = ""  # the editor's name of the language
    open_files: tuple[OverlayFile, ...] = ()  # other documents of the editor, for language servers
    file_edits: tuple[OverlayFile, ...] = ()  # other files that the edit changes, for language servers and tests
    callers: tuple[OverlayFile, ...] = ()  # unchanged files that use what it changes, for language servers
    on_activity: ActivityListener = lambda _: None
    server_settings: VerifySettings = field(factory=lambda: VerifySettings(language_servers=False))
    test_command: tuple[str, ...] = ()
    deadline_s: float = 20.0


@frozen
class _Versions:
    before: str = field(repr=False)
    after: str = field(repr=False)
    origin: Mapping[int, int] = field(repr=False)  # line after -> line before, for lines that the edit did not change
    hidden: bool  # the text did not parse before, so checkers may report more now


@define(eq=False)
class Verifier:
    """Runs the checks. Caches checkers' findings of the text before an edit, so that a retry does not run them
    again."""

    grammars: Grammars = field(factory=Grammars)
    project_tests: ProjectTests = field(factory=ProjectTests)
    servers: LanguageServerPool = field(factory=LanguageServerPool)
    _before: OrderedDict[tuple[str, str, int], tuple[CheckerRun, float]] = field(factory=OrderedDict)

    async def verify(self, case: VerificationRequest) -> CheckReport:
        """Run all checks and return their report. Does not raise; cancelling ends the programs."""
        stop_at = time.monotonic() + case.deadline_s
        has_target = case.target is not None
        before, after = str(case.before), str(case.after)
        if before == after:
            return CheckReport((CheckResult("changed", "failed", "it changes nothing"),), has_target=has_target)
        grammar = self.grammars.load(case.language) if case.language is not None else None
        old, new = parse_text(grammar, case.before), parse_text(grammar, case.after)
        origin = line_origins(*(text.lines(0, text.line_count) for text in (case.before, case.after)))
        results = [check_parse(old, new, origin)]
        if case.keep_public_names:
            results.append(check_names(old, new))
        if (outside := check_file_inclusion(before, after)) is not None:
            results.append(outside)
        if case.target is not None and not case.may_suppress:
            silent = check_suppressions(before, after, trees=(old, new), message=case.target.message)
            results += [silent] if silent is not None else []
        if any(result.verdict == "failed" for result in results):
            return CheckReport(tuple(results), has_target=has_target)
        target_gone = is_syntax_error_gone(case.target, old, new)
        versions = _Versions(before, after, origin, hidden=old is not None and error_count(old) > 0)
        share = _CHECKERS_SHARE if case.test_command and case.trusted else 1.0
        tools_stop_at = stop_at - (1 - share) * case.deadline_s
        (by_servers, gone_by_servers), (by_checkers, gone_by_checkers) = await self._tools(
            case, versions, tools_stop_at
        )
        stop_at += max(0.0, time.monotonic() - tools_stop_at)  # of servers that waited for a processor
        results += [*by_servers, *by_checkers]
        # A server's verdict takes precedence, because it knows the project; a command line checks one file.
        answers = (gone_by_servers, gone_by_checkers, target_gone)
        target_gone = next((gone for gone in answers if gone is not None), None)
        failed = any(result.verdict == "failed" for result in results)
        if case.test_command and not failed and target_gone is not False:
            has_open_problem = has_target and target_gone is not True
            results.append(await self._tests(case, (before, after), stop_at, has_open_problem=has_open_problem))
        return CheckReport(tuple(results), target_gone, has_target)

    async def findings(
        self,
        language: Language,
        text: str,
        file: Path,
        *,
        folder: Path | None,
        trusted: bool,
        wall_s: float = 20.0,
    ) -> tuple[Finding, ...]:
        """The findings of all installed checkers of ``language`` in ``text``, the text of ``file``."""
        found: list[Finding] = []
        choice = CheckerChoice(known=language.checkers, folder=folder, file=file, trusted=trusted)
        for spec in choice.runnable():
            program = choice.program(spec)
            if program is not None:
                run = await check(
                    spec,
                    program,
                    text,
                    file.name,
                    wall_s=wall_s,
                    project=choice.project,
                    search_path=choice.search_path,
                )
                found += run.findings
        return tuple(found)

    def foreseen(self, case: VerificationRequest) -> ForeseenEvidence:
        """The strongest evidence that ``verify`` could return. Starts nothing."""
        overlay = _overlay(case)
        servers = self.servers.installed(overlay, PoolLimits.from_settings(case.server_settings)) if overlay else ()
        return foreseen_evidence(
            case.target,
            _choice(case),
            (spec.sources for spec in servers),
            has_tests=bool(case.test_command) and case.trusted and case.file is not None,
            has_grammar=case.language is not None and case.language.has_grammar,
        )

    async def server_findings(self, case: VerificationRequest) -> tuple[tuple[Finding, ...], frozenset[str]]:
        """The language servers' findings in the text before the edit, and the names of the command-line checkers with
        the same messages. Empty if the folder is not trusted."""
        overlay = _overlay(case)
        if overlay is None:
            return (), frozenset()
        limits = PoolLimits.from_settings(case.server_settings)
        reports = await self.servers.problems(overlay, limits, deadline_s=case.deadline_s)
        found = [
            Finding(one.source or spec.title, one.line, one.message, one.code, one.severity)
            for spec, messages in reports
            for one in messages
        ]
        return tuple(found), frozenset().union(*(spec.replaces_checkers for spec, _ in reports))

    async def tool_fix(self, case: VerificationRequest) -> ToolFix | None:
        """The certain fix of the tool that reports the target: of a language server, in a trusted folder, else of a
        command-line checker. Not checked yet. ``None`` if there is none. Does not raise; cancelling ends the programs.
        """
        if case.target is None or not case.run_checkers:
            return None
        stop_at = time.monotonic() + case.deadline_s
        overlay = _overlay(case)
        if overlay is not None and case.file is not None:
            limits = PoolLimits.from_settings(case.server_settings)
            found = await self.servers.quick_fix(
                overlay, limits, deadline_s=case.deadline_s, on_activity=case.on_activity
            )
            if found is not None:
                spec, action = found
                replacements = replacements_of(action["edit"], overlay.files[0].path.as_uri(), case.before)
                if replacements:
                    return ToolFix(tool=spec.title, title=str(action.get("title", "")), replacements=replacements)
        return await self._checker_fix(case, stop_at)

    async def _checker_fix(self, case: VerificationRequest, stop_at: float) -> ToolFix | None:
        target, choice = case.target, _choice(case)
        for spec in choice.known:
            has_reported = target is not None and target.source.lower() in spec.names
            if not (has_reported and spec.fix_reader) or choice.why_left_out(spec):
                continue
            program = choice.program(spec)
            if program is None or target is None:
                continue
            wall_s = stop_at - time.monotonic()
            fixes = await proposed_fixes(
                spec,
                program,
                case.before,
                _name(case),
                wall_s=wall_s,
                project=choice.project,
                search_path=choice.search_path,
            )
            cause = reproduced_by(target, [one.finding for one in fixes])
            if cause is not None:
                fix = next(one for one in fixes if one.finding is cause)
                return ToolFix(tool=tool_title(spec.name), title=fix.title, replacements=fix.replacements)
        return None

    def prepare(self, case: VerificationRequest) -> None:
        """Start the language servers that ``verify`` will use, and let them read the text before the edit, in the
        background."""
        overlay = _overlay(case)
        if overlay is not None:
            self.servers.prepare(overlay, PoolLimits.from_settings(case.server_settings))

    def is_ready(self, case: VerificationRequest) -> bool:
        """Whether the language servers that ``verify`` would use are running."""
        overlay = _overlay(case)
        return overlay is None or self.servers.is_ready(overlay, PoolLimits.from_settings(case.server_settings))

    async def aclose(self) -> None:
        """End the language servers. Idempotent."""
        await self.servers.aclose()

    async def _tools(self, case: VerificationRequest, versions: _Versions, stop_at: float) -> tuple[_Checked, _Checked]:
        """Run language servers and command-line checkers at the same time. A checker with the same messages as a server
        runs only if the server has no result."""
        overlay = _overlay(case)
        if overlay is None:
            return ([], None), await self._checkers(case, versions, stop_at, frozenset())
        limits = PoolLimits.from_settings(case.server_settings)
        replaced = frozenset().union(*(spec.replaces_checkers for spec in self.servers.installed(overlay, limits)))
        left_s = max(_LEAST_S, stop_at - time.monotonic())
        share = _SERVERS_SHARE if replaced else 1.0
        server_results, (results, gone) = await asyncio.gather(
            self.servers.check(overlay, limits, deadline_s=share * left_s, on_activity=case.on_activity),
            self._checkers(case, versions, stop_at, replaced),
        )
        if replaced and all(result.skipped for result in server_results):
            stop_at = max(stop_at, time.monotonic() + (1 - share) * left_s)  # servers may have waited for a processor
            more, more_gone = await self._checkers(case, versions, stop_at, replaced, are_left_out=False)
            results, gone = results + more, _all_gone((gone, more_gone))
        return _by_servers(versions, server_results), (results, gone)

    async def _tests(
        self, case: VerificationRequest, before_and_after: tuple[str, str], stop_at: float, *, has_open_problem: bool
    ) -> CheckResult:
        if not case.trusted:
            return CheckResult("tests", "skipped", "the folder is not trusted, so its tests were not run")
        if case.folder is None or case.file is None:
            return CheckResult("tests", "skipped", "tests could not run: the document is in no folder")
        before, after = before_and_after
        request = ProjectTestsRequest(
            command=case.test_command,
            folder=case.folder,
            file=case.file,
            before=before,
            after=after,
            others=tuple((one.path, one.before, one.after) for one in case.file_edits),
            has_open_problem=has_open_problem,
            wall_s=max(1.0, stop_at - time.monotonic()),
        )
        return await self.project_tests.check(request)

    async def _checkers(
        self,
        case: VerificationRequest,
        versions: _Versions,
        stop_at: float,
        named: frozenset[str],
        *,
        are_left_out: bool = True,
    ) -> _Checked:
        """Run the command-line checkers of the language: all except ``named``, or only those."""
        known = case.language.checkers if case.language is not None and case.run_checkers else ()
        specs = [spec for spec in known if (spec.name in named) is not are_left_out]
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(spec: CheckerSpec) -> tuple[CheckResult, bool | None]:
            async with gate:
                return await self._checker(spec, case, versions, stop_at)

        done = await asyncio.gather(*(one(spec) for spec in specs))
        return [result for result, _ in done], _all_gone(gone for _, gone in done)

    async def _checker(
        self, spec: CheckerSpec, case: VerificationRequest, versions: _Versions, stop_at: float
    ) -> tuple[CheckResult, bool | None]:
        choice = _choice(case)
        if reason := choice.why_left_out(spec):
            return CheckResult(spec.name, "skipped", f"{spec.name} {reason}"), None
        program = choice.program(spec)
        if program is None:
            return CheckResult(spec.name, "skipped", f"{spec.name} is not installed"), None
        started = time.monotonic()
        run = _Checker(spec, program, _name(case), choice.project, choice.search_path)
        half_s = (started + stop_at) / 2
        old = await self._findings_before(run, versions.before, half_s)
        stop_at += max(0.0, time.monotonic() - half_s)  # it waited for a processor
        if old.incomplete:
            old = CheckerRun(skipped=old.incomplete)
        new = old if old.skipped else await run.check(versions.after, stop_at)
        if not new.skipped and old.in_project is not new.in_project:  # with and without configuration: not comparable
            new = CheckerRun(skipped="used the project's configuration for one of the two texts only")
        if new.skipped:
            return CheckResult(spec.name, "skipped", f"{spec.name} {new.skipped}"), None
        if new.in_project:  # files reported as missing in a project are missing
            spec = evolve(spec, elsewhere=None)
        result, gone = _compare_findings(
            spec, case.target, versions, old.findings, new.findings, (time.monotonic() - started) * 1_000
        )
        if new.incomplete and result.verdict != "failed":  # what is missing from the findings is not gone
            return CheckResult(spec.name, "skipped", f"{spec.name} {new.incomplete}"), None
        return result, gone

    async def _findings_before(self, run: _Checker, text: str, stop_at: float) -> CheckerRun:
        key = (run.spec.name, run.program, hash((text, run.name, run.project)))
        checked, at = self._before.get(key, (None, 0.0))
        if checked is not None and (not checked.in_project or time.monotonic() - at < _OTHER_FILES_STAY_S):
            self._before.move_to_end(key)
            return checked
        checked = await run.check(text, stop_at)
        if not checked.skipped:  # a check that timed out may have enough time later
            self._before[key] = (checked, time.monotonic())
            while len(self._before) > _REMEMBERED:
                self._before.popitem(last=False)
        return checked


@frozen
class _Checker:
    """An installed checker and the file that it checks."""

    spec: CheckerSpec
    program: str
    name: str
    project: CheckedFile | None
    search_path: str | None

    async def check(self, text: str, stop_at: float) -> CheckerRun:
        left_s = stop_at - time.monotonic()
        if left_s < _LEAST_S:
            return CheckerRun(skipped="was not run: no time was left")
        return await check(
            self.spec,
            self.program,
            text,
            self.name,
            wall_s=left_s,
            project=self.project,
            search_path=self.search_path,
        )


def _choice(case: VerificationRequest) -> CheckerChoice:
    return CheckerChoice(
        known=case.language.checkers if case.language is not None and case.run_checkers else (),
        folder=case.folder,
        file=case.file,
        trusted=case.trusted,
        source=case.target.source if case.target is not None else "",
    )


def _overlay(case: VerificationRequest) -> OverlayCase | None:
    """The case for language servers; ``None`` if none may be started or the document is not in a folder."""
    if not (case.trusted and case.run_checkers and case.server_settings.language_servers):
        return None
    if case.folder is None or case.file is None or not case.language_id:
        return None
    file = OverlayFile(
        path=case.file.absolute(), language_id=case.language_id, before=str(case.before), after=str(case.after)
    )
    files = (file, *case.file_edits, *case.callers)
    known = {one.path for one in files}
    others = (one for one in case.open_files if one.path not in known)
    return OverlayCase(folder=case.folder.absolute(), files=(*files, *others), target=case.target)


def _by_servers(versions: _Versions, server_results: Sequence[OverlayResult]) -> _Checked:
    """The results of language servers, and whether the target is gone (``None`` if no server reports it)."""
    results: list[CheckResult] = []
    for one in server_results:
        if one.skipped:
            results.append(CheckResult(one.title, "skipped", f"{one.server} {one.skipped}", wall_ms=one.wall_ms))
            continue
        findings = tuple(
            evolve(found, severity="information") if versions.hidden and found.line in versions.origin else found
            for found in one.new_findings
        )
        results.append(_tool_result(one.title, findings, one.target_gone, one.wall_ms))
    return results, _all_gone(one.target_gone for one in server_results if not one.skipped)


def _all_gone(answers: Iterable[bool | None]) -> bool | None:
    """Whether the target is gone according to the tools that report it; ``None`` if no tool does."""
    known = [gone for gone in answers if gone is not None]
    return all(known) if known else None


def _tool_result(name: str, new_findings: tuple[Finding, ...], gone: bool | None, wall_ms: float) -> CheckResult:
    """The result of a tool that ran: failed if there is a new error or the target is still reported."""
    errors = [finding for finding in new_findings if finding.severity == "error"]
    is_still_there = gone is False and not errors
    return CheckResult(
        name,
        "failed" if errors or is_still_there else "passed",
        finding_text(errors[0]) if errors else "the message is still there" if is_still_there else "",
        new_findings,
        wall_ms=wall_ms,
        is_proof=gone is True and not errors,
        is_target_still_there=is_still_there,
    )


def _name(case: VerificationRequest) -> str:
    """The file name for checkers, which depend on its extension; an unsaved document gets the language's first one."""
    name = Path(case.path).name or "file"
    language = case.language
    if language is None or not language.extensions or name in language.filenames:
        return name
    return name if name.lower().endswith(language.extensions) else name + language.extensions[0]


def _compare_findings(
    spec: CheckerSpec,
    target: Diagnostic | None,
    versions: _Versions,
    old: Sequence[Finding],
    new: Sequence[Finding],
    wall_ms: float,
) -> tuple[CheckResult, bool | None]:
    """The result of one checker, and whether the target message is gone (``None`` if the checker does not report
    it)."""
    cause = reproduced_by(target, old) if target is not None else None
    if cause is not None and needs_other_files(spec, cause):
        cause = None  # it would be reported for a correct fix, too
    gone = None
    if cause is not None and spec.first_only:
        gone = not first_still_there(cause, new, versions.origin)
    elif cause is not None:
        gone = not still_there(cause, old, new, versions.origin)
    elif spec.first_only and target is not None and not new and is_syntax_error_at(target, old):
        gone = True  # another parser's message for the same mistake, and the whole text is accepted now
    if spec.first_only and cause is None and (blind := _same_first_error(old, new, versions)) is not None:
        return CheckResult(spec.name, "skipped", f"{spec.name} stops at line {blind.line + 1}, as it did before"), None
    hidden = versions.hidden or (spec.first_only and bool(old))
    fresh = tuple(
        evolve(one, severity="information")
        if needs_other_files(spec, one) or (hidden and one.line in versions.origin)
        else one
        for one in new_findings(old, new)
    )
    return _tool_result(spec.name, fresh, gone, wall_ms), gone


def _same_first_error(old: Sequence[Finding], new: Sequence[Finding], versions: _Versions) -> Finding | None:
    """The error, present before and after, at which a checker stopped without checking the code after it."""
    known = {(finding_key(finding), finding.line) for finding in old}
    return next((one for one in new if (finding_key(one), versions.origin.get(one.line, one.line)) in known), None)
