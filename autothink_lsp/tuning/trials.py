"""Runs the attempts at a task with the product's own prompts, budgets, rungs and checks, and has the oracle judge them.

Each task is tried once without thinking, with the retry that follows if a check notices the mistake, and once with
thinking, so that the outcomes of off, on, off → retry and off → retry → on are all known. A model that judges is also
asked for its judgement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from attrs import define, evolve, field, frozen

from autothink_lsp.document.lines import indent_length
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.errors import AutothinkError
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest, AssistResult, Attempt, Stage
from autothink_lsp.features.assist.service import AssistService
from autothink_lsp.settings.model import Settings
from autothink_lsp.thinking.budget import low_budget
from autothink_lsp.thinking.mode import ThinkMode
from autothink_lsp.thinking.signals import ModelRecord, Signals, TargetHistory
from autothink_lsp.thinking.utility import THINK_LOW
from autothink_lsp.tuning.oracle import TestOracle, is_equal_code
from autothink_lsp.tuning.outcomes import Setting, TaskOutcome, TrialOutcome
from autothink_lsp.tuning.tasks import Candidate, code_tokens, is_broken
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.report import Finding
from autothink_lsp.verify.syntax_checks import error_count, parse_text

_CHECK_S = 60.0  # time limit for the checkers of one file
_MOST_MESSAGES = 3
_TRIVIAL = "trivial"


class ModelUnreachable(AutothinkError):
    """The model does not answer, so that no task can be tried."""


@frozen(kw_only=True)
class Task:
    """A candidate whose mistake was noticed, with the messages that a user would see."""

    candidate: Candidate
    diagnostics: tuple[Diagnostic, ...]
    oracle: str  # "tests", "message", "equal tree"


@define(eq=False)
class Trials:
    """The attempts at tasks of one folder with one model."""

    assistant: AssistService
    documents: DocumentStore
    settings: Settings
    folder: Path
    trusted: bool
    test_command: tuple[str, ...]  # confirmed by the user in the editor; used by the product's own checks
    oracle: TestOracle
    setting: Setting
    _findings: dict[str, Counter[tuple[str, str, str]]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.settings = evolve(self.settings, assist=evolve(self.settings.assist, statistics=False))

    async def prepare(self, candidate: Candidate) -> Task | str:
        """The task, or a sentence that says why the candidate is not one."""
        tree = parse_text(self.assistant.syntax.grammars.load(candidate.language), Text.from_str(candidate.changed))
        if is_broken(candidate, tree):
            return "it does not parse"
        if candidate.action is not ActionKind.FIX:
            return Task(candidate=candidate, diagnostics=(), oracle="equal tree")
        diagnostics = await self._messages(candidate)
        if diagnostics and candidate.group == _TRIVIAL:
            return Task(candidate=candidate, diagnostics=diagnostics, oracle="message")
        failing = await self.oracle.failing(candidate, candidate.changed)
        if failing is not None and failing.names:
            name = min(failing.names)
            failure_text = f"{name} failed: {failing.message}" if failing.message else f"{name} failed"
            shown = diagnostics or (_at_function(candidate, failure_text),)
            return Task(candidate=candidate, diagnostics=shown, oracle="tests")
        if diagnostics:
            return Task(candidate=candidate, diagnostics=diagnostics, oracle="message")
        return "no test and no checker notices it"

    async def run(self, task: Task) -> TaskOutcome | str:
        """The outcome of all attempts, or a sentence that says why there is none. Raises ``ModelUnreachable``."""
        snapshot = self.documents.open(
            task.candidate.file.absolute().as_uri(), task.candidate.language.language_ids[0], 1, task.candidate.changed
        )
        try:
            return await self._run(task, snapshot)
        finally:
            self.documents.close(snapshot.uri)

    async def _run(self, task: Task, snapshot: Snapshot) -> TaskOutcome | str:
        quick = await self._ask(task, snapshot, ThinkMode.OFF)
        decision = quick.decision
        if decision is None and quick.has_edit:
            return "it is repaired without a model"
        if decision is None or not quick.attempts:
            raise ModelUnreachable(quick.message or "The model gave no answer.")
        attempts = [*quick.attempts]
        signals = _of_task(decision.signals)
        judge: float | None = None
        if self.setting.capability.can_on:
            budget = low_budget(signals, self.setting.capability)
            thought = await self._ask(task, snapshot, ThinkMode.ON, budget_tokens=budget)
            attempts += [evolve(one, step=THINK_LOW) for one in thought.attempts[:1]]
        if self.setting.capability.judges and self.setting.capability.can_auto:
            judged = await self._ask(task, snapshot, None)
            outcomes = [one.outcome for one in judged.attempts if one.outcome is not None]
            judge = outcomes[0].judge_probability if outcomes else None
        seen = [await self._outcome(task, one) for one in attempts]
        candidate = task.candidate
        return TaskOutcome(
            task=candidate.id,
            stratum=candidate.stratum,
            group=candidate.path,
            source=candidate.source,
            detail=candidate.detail,
            oracle=task.oracle,
            signals=signals,
            attempts=tuple(seen),
            judge=judge,
        )

    async def _ask(
        self, task: Task, snapshot: Snapshot, think: ThinkMode | None, *, budget_tokens: int = 0
    ) -> AssistResult:
        settings = self.settings
        if budget_tokens:
            settings = evolve(settings, assist=evolve(settings.assist, max_thinking_tokens=budget_tokens))
        candidate = task.candidate
        start, end = _range(task)
        request = AssistRequest(
            action=candidate.action,
            snapshot=snapshot,
            start=start,
            end=end,
            settings=settings,
            path=candidate.path,
            file=candidate.file,
            folder=self.folder,
            trusted=self.trusted,
            test_command=self.test_command,
            diagnostics=task.diagnostics,
            think=think,
            most_attempts=2 if think is ThinkMode.OFF else 1,
        )
        return await self.assistant.run(request, _no_progress)

    async def _outcome(self, task: Task, attempt: Attempt) -> TrialOutcome:
        outcome = attempt.outcome
        return TrialOutcome(
            step=attempt.step,
            passed=await self._passed(task, attempt),
            noticed=not attempt.is_acceptable,
            seconds=attempt.seconds,
            judge_tokens=outcome.judge_tokens if outcome is not None else 0,
            think_tokens=outcome.think_tokens if outcome is not None else 0,
            answer_tokens=outcome.answer_tokens if outcome is not None else 0,
            prompt_tokens=outcome.prompt_tokens if outcome is not None else 0,
        )

    async def _passed(self, task: Task, attempt: Attempt) -> str:
        """The last step that the attempt's edit passed."""
        if not attempt.replacements:
            return ""
        candidate, grammars = task.candidate, self.assistant.syntax.grammars
        grammar = grammars.load(candidate.language)
        edited = apply_replacements(Text.from_str(candidate.changed), attempt.replacements)
        tree, old = parse_text(grammar, edited), parse_text(grammar, Text.from_str(candidate.changed))
        if tree is None or old is None or error_count(tree) > error_count(old):
            return "changed"
        text = str(edited)
        if candidate.action is ActionKind.DOCSTRING:
            return "right" if _adds_text_only(code_tokens(old), code_tokens(tree)) else "parses"
        reached = "nothing new" if attempt.is_acceptable else "parses"
        if is_equal_code(grammars, candidate, text):
            return "right"
        if task.oracle == "tests":
            failing = await self.oracle.failing(candidate, text)
            return "right" if failing is not None and not failing.names else reached
        report = attempt.checks
        is_gone = attempt.is_acceptable and report is not None and report.target_gone is True
        return "right" if is_gone else reached

    async def _messages(self, candidate: Candidate) -> tuple[Diagnostic, ...]:
        """The checkers' errors in the changed text that the original does not have."""
        if not self.settings.assist.run_checkers or not candidate.language.checkers:
            return ()
        known = self._findings.get(candidate.path)
        if known is None:
            known = Counter(_key(one) for one in await self._checked(candidate, candidate.original))
            self._findings[candidate.path] = known
        left = Counter(known)
        new: list[Finding] = []
        for one in await self._checked(candidate, candidate.changed):
            if left[_key(one)]:
                left[_key(one)] -= 1
            elif one.severity == "error":
                new.append(one)
        lines = candidate.changed.split("\n")
        return tuple(_as_diagnostic(one, lines) for one in new[:_MOST_MESSAGES])

    async def _checked(self, candidate: Candidate, text: str) -> tuple[Finding, ...]:
        return await self.assistant.verifier.findings(
            candidate.language, text, candidate.file, folder=self.folder, trusted=self.trusted, wall_s=_CHECK_S
        )


def _no_progress(stage: Stage) -> None:
    """Ignore the stage: a single task shows no progress."""


def _of_task(signals: Signals) -> Signals:
    """The signals without the history and record that earlier tasks left behind."""
    return evolve(signals, history=TargetHistory(), record=ModelRecord())


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.checker, finding.code, finding.message


def _as_diagnostic(finding: Finding, lines: list[str]) -> Diagnostic:
    line = max(0, min(finding.line, len(lines) - 1))
    text = lines[line]
    start = Point(line, indent_length(text))
    severity = "error" if finding.severity == "error" else "warning"
    return Diagnostic(start, Point(line, len(text)), finding.message, severity, finding.code, finding.checker)


def _at_function(candidate: Candidate, message: str) -> Diagnostic:
    """A failing test as a diagnostic at the first line of its function, as the test views of editors show it."""
    lines = candidate.changed.split("\n")
    line = min(candidate.start_line, len(lines) - 1)
    text = lines[line]
    start = Point(line, indent_length(text))
    return Diagnostic(start, Point(line, len(text)), message, "error", "", "test")


def _range(task: Task) -> tuple[Point, Point]:
    if task.diagnostics:
        return task.diagnostics[0].start, task.diagnostics[0].end
    line = task.candidate.start_line
    text = task.candidate.changed.split("\n")[line]
    point = Point(line, indent_length(text))
    return point, point


def _adds_text_only(before: Iterable[tuple[str, bytes]], after: Iterable[tuple[str, bytes]]) -> bool:
    """Whether a string literal was added and no other token changed."""
    old, new = list(before), list(after)
    same = [one for one in old if "string" not in one[0]] == [one for one in new if "string" not in one[0]]
    return same and sum("string" in one[0] for one in new) > sum("string" in one[0] for one in old)
