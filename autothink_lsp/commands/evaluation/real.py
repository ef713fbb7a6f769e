"""Real tasks: the configured model gets a program and its failing test, its edit is applied, and the tests run.

Attempts are stored in a file, so that all policies share them (paired comparison) and an interrupted run can continue.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from attrs import asdict, define, field

from autothink_lsp.commands.assist_session import CommandSession
from autothink_lsp.commands.evaluation.policies import AttemptOutcome, EvaluationCase
from autothink_lsp.commands.evaluation.python_tests import run_python_tests
from autothink_lsp.commands.evaluation.tasks import FixTask
from autothink_lsp.context.redaction import Redaction
from autothink_lsp.document.lines import indent_length
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.edits.replacement import EditRefused, Refusal, apply_replacements
from autothink_lsp.errors import AutothinkError, BackendError
from autothink_lsp.features.assist.actions import ActionKind, Control
from autothink_lsp.features.assist.chat_client import ChatClient
from autothink_lsp.features.assist.conversation import Conversation, build_conversation
from autothink_lsp.features.assist.endpoint import AssistConnection
from autothink_lsp.features.assist.target import Target, choose_target
from autothink_lsp.thinking.budget import DEFAULT_LOW_TOKENS, MEDIUM_FACTOR
from autothink_lsp.thinking.mode import OFF, ThinkMode, ThinkPolicy
from autothink_lsp.values import Diagnostic, Point

# The product's budgets for a fix.
_BUDGETS = {"on-low": DEFAULT_LOW_TOKENS, "on-medium": MEDIUM_FACTOR * DEFAULT_LOW_TOKENS}
_PATIENCE_S = 300.0


@define
class AttemptCache:
    """Outcomes by task and mode, written to ``file`` (if any) after each attempt. ``tasks`` identifies the tasks."""

    file: Path | None
    model: str = ""
    tasks: str = ""
    outcomes: dict[str, dict[str, Any]] = field(factory=dict)

    @classmethod
    def load(cls, file: Path | None, model: str, tasks: str) -> AttemptCache:
        """Read the file. Raises ``AutothinkError`` for a file of another model or other tasks, which is not
        overwritten."""
        memory = cls(file, model, tasks)
        if file is None or not file.exists():
            return memory
        try:
            stored = json.loads(file.read_text(encoding="utf-8"))
            same = (stored["model"], stored["tasks"]) == (model, tasks)
            outcomes = {task: {mode: asdict(AttemptOutcome(**one)) for mode, one in modes.items()}
                        for task, modes in stored["outcomes"].items()}  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise AutothinkError(
                f"{file} is no file of an evaluation's attempts.", hint="Name another --out."
            ) from error
        if not same:
            of = f"{stored['model']}, {str(stored['tasks'])[:24]}"
            raise AutothinkError(f"{file} holds the attempts of another evaluation ({of}).", hint="Name another --out.")
        memory.outcomes = outcomes
        return memory

    def get(self, task: str, mode: str) -> dict[str, Any] | None:
        return self.outcomes.get(task, {}).get(mode)

    def put(self, task: str, mode: str, outcome: dict[str, Any]) -> None:
        self.outcomes.setdefault(task, {})[mode] = outcome
        if self.file is not None:
            stored = {"model": self.model, "tasks": self.tasks, "outcomes": self.outcomes}
            temporary = self.file.with_name(f".{self.file.name}.part")
            try:
                temporary.write_text(json.dumps(stored, indent=1), encoding="utf-8")
                temporary.replace(self.file)
            except OSError as error:
                raise AutothinkError(f"{self.file} cannot be written: {error.strerror}.") from error


@define
class RealTask:
    """One task and its attempts."""

    task: FixTask
    session: CommandSession
    connected: AssistConnection
    memory: AttemptCache
    _replies: dict[str, tuple[str, str, bool]] = field(factory=dict)  # mode -> answer, reason of the failure, unchanged

    async def case(self) -> EvaluationCase:
        """The case for the policies. The failing test is shown like a test runner's message in an editor."""
        message = await self._failure(self.task.program)
        if not message:
            raise AutothinkError(f"The program of {self.task.id} passes its own tests: there is nothing to fix.")
        file = Path(f"{self.task.id.replace('/', '_')}.py")
        snapshot = self.session.open(file, self.task.program.rstrip() + "\n")
        place = self._place(snapshot)
        diagnostic = Diagnostic(place, place, message, source="pytest")
        request = self.session.request(ActionKind.FIX, file, snapshot, place, place, diagnostics=(diagnostic,))
        tree = self.session.services.syntax.trees.tree(snapshot)
        target = choose_target(request, tree)
        decision, capability = self.session.services.assistant.think_decider.decide(
            request, target, tree, self.connected
        )
        budget = self.connected.context_tokens - 2 * self._answer_tokens - 80
        conversation = build_conversation(request, target, tree, Redaction(), budget_tokens=max(256, budget))

        async def attempt(mode: str) -> AttemptOutcome:
            if mode.startswith("on") and not capability.can_on:
                mode = "off"  # for this model both requests are equal
            known = self.memory.get(self.task.id, mode)
            if known is None:
                try:
                    outcome = await self._attempt(mode, snapshot, target, conversation)
                except BackendError as error:
                    # It counts as failed in this table, and the next run repeats it.
                    print(f"  {self.task.id} {mode}: {error.message}", file=sys.stderr)
                    return AttemptOutcome(passed=False)
                known = asdict(outcome)
                self.memory.put(self.task.id, mode, known)
                print(f"  {self.task.id} {mode}: {'passed' if outcome.passed else 'failed'}", file=sys.stderr)
            return AttemptOutcome(**known)

        judge_mode = "judge" if capability.judges and capability.can_auto else "off"
        return EvaluationCase(self.task.id, decision, capability, attempt, judge_mode)

    @property
    def _answer_tokens(self) -> int:
        return min(self.session.settings.assist.max_tokens, self.connected.context_tokens // 4)

    async def _attempt(
        self, mode: str, snapshot: Snapshot, target: Target, conversation: Conversation
    ) -> AttemptOutcome:
        asking = ChatClient(self.connected.backend, self.connected.choice.profile, _now_ms)
        messages = conversation.messages
        if mode == "retry":
            if "off" not in self._replies:
                await self._attempt("off", snapshot, target, conversation)
            answer, why, unchanged = self._replies["off"]
            messages = conversation.after_failure(answer, why, unchanged=unchanged)
        reply = await asking.ask(
            messages,
            _policy(mode),
            answer_tokens=self._answer_tokens,
            control=Control(),
            stop_at_ms=_now_ms() + _PATIENCE_S * 1_000,
        )
        self.connected.speed.observe(reply.tokens, reply.seconds, reply.first_token_s)
        passed, why, unchanged = await self._judged(reply.answer, reply.finished, snapshot, target)
        self._replies[mode] = reply.answer, why, unchanged
        outcome = reply.outcome
        return AttemptOutcome(
            passed=passed,
            judge_tokens=outcome.judge_tokens,
            think_tokens=outcome.think_tokens,
            answer_tokens=outcome.answer_tokens,
            seconds=reply.seconds,
            changed=not unchanged,
            thought=outcome.effective == "on",
        )

    async def _judged(self, answer: str, finished: bool, snapshot: Snapshot, target: Target) -> tuple[bool, str, bool]:
        from autothink_lsp.edits.answer import read_answer
        from autothink_lsp.edits.apply import to_replacements
        from autothink_lsp.edits.code_similarity import AskedCode

        syntax = self.session.services.syntax
        try:
            replacements = to_replacements(
                read_answer(answer, finished=finished, asked=AskedCode(target.code, snapshot.language_id)),
                snapshot.text,
                target.start,
                target.end,
                language=syntax.language(snapshot),
                tree=syntax.trees.tree(snapshot),
            )
        except EditRefused as refused:
            return False, refused.for_model, refused.reason is Refusal.UNCHANGED
        why = await self._failure(str(apply_replacements(snapshot.text, replacements)))
        return not why, why, False

    async def _failure(self, program: str) -> str:
        """The failure message of the tests; empty if they pass."""
        test, name = self.task.test, self.task.entry_point
        if name and "def check(" in test and f"check({name})" not in test:
            test += f"\ncheck({name})\n"
        return (await run_python_tests(program, test)).message

    def _place(self, snapshot: Snapshot) -> Point:
        """The last line of the tested function, which is certainly inside it."""
        lines = snapshot.text.lines(0, snapshot.text.line_count)
        named = [n for n, line in enumerate(lines) if line.startswith(f"def {self.task.entry_point}(")]
        first = named[-1] if self.task.entry_point and named else 0
        last = max((n for n, line in enumerate(lines) if line.strip() and n >= first), default=0)
        return Point(last, indent_length(lines[last]))


def _policy(mode: str) -> ThinkPolicy:
    if mode in _BUDGETS:
        return ThinkPolicy(mode=ThinkMode.ON, budget_tokens=_BUDGETS[mode], source="user", rule_id="eval")
    if mode == "judge":
        return ThinkPolicy(mode=ThinkMode.AUTO, budget_tokens=_BUDGETS["on-low"], source="model", rule_id="eval")
    return OFF


def _now_ms() -> float:
    return time.monotonic() * 1_000
