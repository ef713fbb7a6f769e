"""The assistant: one action from request to checked result.

The order of an edit: a repair that needs no model; else whether to think is decided, the model is asked, the answer
becomes an edit, the edit is checked on a copy, and evidence decides whether a better attempt pays. Explanations, tests
and names are one question each. Every error of ours becomes the result's ``message``; only cancellation is raised.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Literal
from uuid import uuid4

from attrs import define, evolve, field

from autothink_lsp.context.privacy import PrivacyGate, redacts
from autothink_lsp.context.redaction import Redaction, SecretNames
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.errors import AutothinkError, BackendError
from autothink_lsp.features.assist.ask import Asking, Progress
from autothink_lsp.features.assist.candidate import Workbench
from autothink_lsp.features.assist.climb import Climb
from autothink_lsp.features.assist.endpoint import AssistConnected, AssistEndpoints
from autothink_lsp.features.assist.gather import Conversation, gather
from autothink_lsp.features.assist.judgement import Judgement
from autothink_lsp.features.assist.outcome import edit_result, give_up_result, message_result, repair_result
from autothink_lsp.features.assist.questions import Question, is_question
from autothink_lsp.features.assist.repairs.service import repair
from autothink_lsp.features.assist.repairs.values import ProjectNames
from autothink_lsp.features.assist.stages import Stages
from autothink_lsp.features.assist.target import Target, choose_target
from autothink_lsp.features.assist.values import ActionKind, AssistRequest, AssistResult, Control, StageListener
from autothink_lsp.features.statistics.store import Statistics
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.thinking.values import OFF
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.service import Verifier
from autothink_lsp.verify.values import Finding

logger = logging.getLogger(__name__)

_REPAIR_CHECK_S = 5.0  # a repair is instant; its check must nearly be
_TEMPLATE_TOKENS = 80


@define(eq=False)
class AssistService:
    """See ``values.Assistant``."""

    endpoints: AssistEndpoints
    syntax: Syntax
    verifier: Verifier
    judgement: Judgement
    statistics: Statistics
    project_names: ProjectNames | None
    now_ms: Callable[[], float]
    privacy: PrivacyGate = field(factory=PrivacyGate)
    names: SecretNames = field(factory=SecretNames)
    running: int = 0  # actions under way
    _offered: Counter[tuple[str, str]] = field(factory=Counter)

    async def run(
        self, request: AssistRequest, on_stage: StageListener, control: Control | None = None
    ) -> AssistResult:
        """See ``Assistant``."""
        stages = Stages(on_stage, self.now_ms, show_thinking=request.settings.assist.show_thinking != "hide")
        self.running += 1
        try:
            result = await self._run(request, stages, control or Control())
        except AutothinkError as error:
            if isinstance(error, BackendError):
                await self.endpoints.failed(request.settings)
            result = message_result(request, error.for_user())
        except Exception:
            logger.exception("the assistant failed")
            result = message_result(request, "The assistant failed. The log says why.")
        finally:
            self.running -= 1
        result = evolve(result, id=uuid4().hex)
        self._record_result(result, stages.elapsed_s)
        stages.done(result.title or result.message or "done")
        return result

    async def warm(self, request: AssistRequest) -> None:
        """See ``Assistant``."""
        if self._refusal(request):
            return
        try:
            tree = self.syntax.tree_within(request.snapshot, budget_ms=50)
            target = choose_target(request, tree)
            connected = await self.endpoints.get(request.settings)
            conversation = self._conversation(request, target, tree, connected)
            await self._asking(request, connected).warm(conversation.messages, OFF)
        except AutothinkError as error:
            logger.debug("not warmed: %s", error.message)

    async def problems(
        self, snapshot: Snapshot, name: str, *, folder: Path | None, trusted: bool, settings: Settings
    ) -> tuple[Diagnostic, ...]:
        """What the language's own checkers say of a document, errors first: for those who have no editor to ask."""
        language = self.syntax.language(snapshot)
        if language is None or not settings.assist.run_checkers:
            return ()
        text = str(snapshot.text)
        findings = await self.verifier.findings(language, text, name, folder=folder, trusted=trusted)
        found = [_as_diagnostic(finding, snapshot) for finding in findings if finding.severity != "information"]
        return tuple(sorted(found, key=lambda one: (one.severity != "error", one.start)))

    def record(self, result_id: str, event: Literal["offered", "applied", "rejected", "undone"]) -> None:
        """See ``Assistant``."""
        self.statistics.record_event(result_id, event)
        self.judgement.heard(result_id, event)

    async def aclose(self) -> None:
        """Hang up. Idempotent."""
        await self.endpoints.aclose()
        self._record_offered()
        self.statistics.close()

    def offered(self, request: AssistRequest, actions: Iterable[ActionKind]) -> None:
        """Actions were shown in a menu. Counted in memory; written with the next result."""
        if request.settings.assist.statistics:
            self._offered.update({(action.value, request.snapshot.language_id[:40]) for action in actions})

    def _record_offered(self) -> None:
        offered, self._offered = self._offered, Counter()
        self.statistics.record_offered(offered)

    def _refusal(self, request: AssistRequest) -> str:
        """Why nothing may be done with this document, or an empty text."""
        if not request.settings.assist.enabled:
            return "The assistant is switched off (assist.enabled)."
        snapshot, settings = request.snapshot, request.settings
        folder = request.folder.as_uri() if request.folder is not None else None
        excluded = self.privacy.refusal(snapshot.uri, folder, snapshot.text, settings, settings.assist)
        if excluded:
            return f"{request.path} is excluded from this model, so nothing was sent: {excluded}."
        return ""

    async def _run(self, request: AssistRequest, stages: Stages, control: Control) -> AssistResult:
        if refusal := self._refusal(request):
            return message_result(request, refusal)
        stop_at_ms = self.now_ms() + request.settings.assist.deadline_s * 1_000
        tree = self.syntax.trees.tree(request.snapshot)
        target = choose_target(request, tree)
        bench = Workbench(request, target, self.syntax.language(request.snapshot), tree, self.verifier)
        if request.action in {ActionKind.FIX, ActionKind.RENAME}:
            repaired = await self._repair(request, bench, stages)
            if repaired is not None:
                return repaired
        connected = await self.endpoints.get(request.settings)
        conversation = self._conversation(request, target, tree, connected)
        asking = self._asking(request, connected, stages.progress)
        decision, capability = self.judgement.decide(request, target, tree, connected)
        logger.info("%s: rule %s: %s", request.action.value, decision.rule_id, decision.sentence)
        answer_tokens = self._answer_tokens(request, connected)
        if is_question(request.action):
            question = Question(asking, stages, control, conversation, bench.language, self.syntax.grammars, tree)
            result = await question.ask(request, decision, answer_tokens=answer_tokens, stop_at_ms=stop_at_ms)
            self._learn(connected, result)
            return result
        climb = Climb(
            asking=asking,
            bench=bench,
            conversation=conversation,
            stages=stages,
            control=control,
            decision=decision,
            capability=capability,
            now_ms=self.now_ms,
            stop_at_ms=stop_at_ms,
            answer_tokens=answer_tokens,
        )
        candidate = await climb.run()
        result = (
            edit_result(request, target, candidate, climb, verified=True)
            if candidate is not None
            else give_up_result(request, target, climb)
        )
        self._learn(connected, result)
        self.judgement.saw(request, target, result)
        return result

    async def _repair(self, request: AssistRequest, bench: Workbench, stages: Stages) -> AssistResult | None:
        stages.repairing()
        found = repair(request, bench.tree, bench.language, project=self.project_names)
        if found is None:
            return None
        if not found.replacements:
            return repair_result(request, found, None)
        stages.checking()
        candidate = await bench.checked(found.replacements, found.explanation, deadline_s=_REPAIR_CHECK_S)
        if not candidate.verified:
            logger.info("repair %s did not pass its check", found.rule_id)
            return None
        return repair_result(request, found, candidate)

    def _conversation(
        self, request: AssistRequest, target: Target, tree: SyntaxTree | None, connected: AssistConnected
    ) -> Conversation:
        """What is sent; room is left for the answer and, once, for what an attempt and its check said."""
        answer_tokens = self._answer_tokens(request, connected)
        budget_tokens = connected.context_tokens - 2 * answer_tokens - _TEMPLATE_TOKENS
        redaction = Redaction(self.names, active=redacts(request.settings, request.settings.assist))
        return gather(request, target, tree, redaction, budget_tokens=max(256, budget_tokens))

    def _asking(
        self,
        request: AssistRequest,
        connected: AssistConnected,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> Asking:
        lost = partial(self.endpoints.prefill_lost, request.settings)
        return Asking(connected.backend, connected.choice.profile, self.now_ms, on_progress, lost)

    @staticmethod
    def _answer_tokens(request: AssistRequest, connected: AssistConnected) -> int:
        """The setting, but never more than a quarter of a small context."""
        return max(64, min(request.settings.assist.max_tokens, connected.context_tokens // 4))

    def _learn(self, connected: AssistConnected, result: AssistResult) -> None:
        for attempt in result.attempts:
            connected.speed.observe(attempt.tokens, attempt.seconds)
        self.endpoints.answered(result.request.settings, connected)

    def _record_result(self, result: AssistResult, seconds: float) -> None:
        if result.request.settings.assist.statistics:
            self._record_offered()
            self.judgement.record(self.statistics, result, seconds)


def _as_diagnostic(finding: Finding, snapshot: Snapshot) -> Diagnostic:
    line = max(0, finding.line)
    text = snapshot.text.line(line)
    start = Point(line, len(text) - len(text.lstrip()))
    severity = "error" if finding.severity == "error" else "warning"
    return Diagnostic(start, Point(line, len(text)), finding.message, severity, finding.code, finding.checker)
