"""The assistant: one action from request to checked result.

The order of an edit: a repair without a model; the fix of the tool that reports the problem; else the think decision,
the question to the model, the edit from its answer, the check on a copy, and the next rung if the check failed.
Explanations, tests and names take one question each. An ``AutothinkError`` becomes the result's ``message``; only
cancellation is raised.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal
from uuid import uuid4

from attrs import define, evolve, field, frozen

from autothink_lsp.context.compose import tokens_of
from autothink_lsp.context.privacy import PrivacyGate, redacts
from autothink_lsp.context.redaction import Redaction, SecretNames
from autothink_lsp.document.lines import indent_length
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.errors import (
    AutothinkError,
    BackendAuthError,
    BackendError,
    BackendUnavailable,
    EngineError,
    ModelError,
    RequestLimitReached,
)
from autothink_lsp.features.assist.action_context import ActionContextSource
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest, AssistResult, Control, StageListener
from autothink_lsp.features.assist.answer_limit import answer_limit_tokens
from autothink_lsp.features.assist.applied_edit import AppliedVerdict
from autothink_lsp.features.assist.caller_update import CallerUpdate
from autothink_lsp.features.assist.callers.project_files import ProjectFiles
from autothink_lsp.features.assist.chat_client import ChatClient, GenerationProgress
from autothink_lsp.features.assist.conversation import Conversation, build_conversation, continued
from autothink_lsp.features.assist.edit_verifier import EditCandidate, EditVerifier
from autothink_lsp.features.assist.endpoint import AssistConnection, AssistEndpoint
from autothink_lsp.features.assist.escalation_loop import EscalationLoop, failed_before
from autothink_lsp.features.assist.exchange import Exchange
from autothink_lsp.features.assist.fix_all import FixAll
from autothink_lsp.features.assist.progress_reporter import ProgressReporter
from autothink_lsp.features.assist.questions import Question, is_question
from autothink_lsp.features.assist.repairs.repair import Repair
from autothink_lsp.features.assist.repairs.repair_thread import RepairThread
from autothink_lsp.features.assist.results import (
    edit_result,
    give_up_result,
    message_result,
    repair_result,
    tool_fix_result,
)
from autothink_lsp.features.assist.target import Target, choose_target
from autothink_lsp.features.assist.think_decider import ThinkDecider, explores
from autothink_lsp.features.endpoints import EndpointPool
from autothink_lsp.features.statistics.store import Statistics
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.thinking.mode import OFF
from autothink_lsp.thinking.policy import MAY_EXPLORE, ThinkDecision
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.report import Finding
from autothink_lsp.verify.service import VerificationRequest, Verifier

logger = logging.getLogger(__name__)

_UNREACHABLE = (BackendUnavailable, BackendAuthError, EngineError, ModelError)
"""Errors after which the next action cannot ask the model either. A timeout of one request is none of them."""

_REPAIR_CHECK_S = 5.0  # a repair is instant, so its check must be fast, too
_REPAIR_COLD_CHECK_S = 15.0  # the same if a language server has to start, which the user sees
_TEMPLATE_TOKENS = 80
_FIX_ALL_CHECK_S = 20.0
_PROBLEMS_S = 20.0  # time limit for a file's problems, if no editor provides them


@define(eq=False)
class AssistService:
    """The implementation of ``actions.Assistant``."""

    endpoints: EndpointPool[AssistEndpoint]
    syntax: Syntax
    verifier: Verifier
    think_decider: ThinkDecider
    statistics: Statistics
    now_ms: Callable[[], float]
    repairs: RepairThread = field(factory=RepairThread)
    privacy: PrivacyGate = field(factory=PrivacyGate)
    names: SecretNames = field(factory=SecretNames)
    project_files: ProjectFiles | None = None  # without them, callers in other files are not updated
    context_source: ActionContextSource | None = None  # the prompt's context from other files; without it, none
    open_documents: Callable[[], tuple[Snapshot, ...]] = tuple  # the editor's open documents, of all folders
    running: int = 0  # number of running actions
    _offered: Counter[tuple[str, str]] = field(factory=Counter)

    async def run(
        self, request: AssistRequest, on_stage: StageListener, control: Control | None = None
    ) -> AssistResult:
        """See ``Assistant``."""
        reporter = ProgressReporter(
            on_stage, self.now_ms, show_thinking=request.settings.assist.show_thinking != "hide"
        )
        self.running += 1
        try:
            async with reporter.ticking():
                result = await self._run(request, reporter, control or Control())
        except AutothinkError as error:
            result = await self._failed(request, error)
        except Exception:
            logger.exception("the assistant failed")
            result = message_result(request, "The action failed. See the log.")
        finally:
            self.running -= 1
        result = evolve(result, id=uuid4().hex)
        self.think_decider.on_named(result)
        self._record_result(result, reporter.elapsed_s)
        reporter.on_done(result.title or result.message or "done")
        return result

    async def _failed(self, request: AssistRequest, error: AutothinkError) -> AssistResult:
        """The result of an action that ended with an error."""
        if isinstance(error, BackendError) and not isinstance(error, RequestLimitReached):
            await self.endpoints.get(request.settings).on_failed()
        return evolve(message_result(request, error.for_user()), cannot_ask_model=isinstance(error, _UNREACHABLE))

    async def warm(self, request: AssistRequest) -> None:
        """See ``Assistant``."""
        if self._refusal(request):
            return
        try:
            tree = self.syntax.tree_within(request.snapshot, budget_ms=50)
            target = choose_target(request, tree)
            self._edit_verifier(request, target, tree).prepare()
            if request.settings.assist.requests_per_minute:
                return
            connection = await self.endpoints.get(request.settings).connect()
            conversation = await self._conversation(request, target, tree, connection)
            await self._chat_client(request, connection).warm(conversation.messages, OFF)
        except AutothinkError as error:
            logger.debug("not warmed: %s", error.message)

    async def prompt_of(self, request: AssistRequest) -> tuple[str, Conversation | None]:
        """The conversation with which ``run`` would begin, or the reason why there is none. Asks no model. Raises
        ``AutothinkError``."""
        if refusal := self._refusal(request):
            return refusal, None
        tree = self.syntax.trees.tree(request.snapshot)
        connection = await self.endpoints.get(request.settings).connect()
        return "", await self._conversation(request, choose_target(request, tree), tree, connection)

    async def decision_of(self, request: AssistRequest) -> tuple[str, ThinkDecision | None]:
        """The think decision with which ``run`` would begin, and its sentence, or the reason why no model would be
        asked. Asks no model. Of a close decision the sentence says that it may take the other mode. Raises
        ``AutothinkError``."""
        if refusal := self._refusal(request):
            return refusal, None
        tree = self.syntax.trees.tree(request.snapshot)
        target = choose_target(request, tree)
        edit_verifier = self._edit_verifier(request, target, tree)
        if request.action in {ActionKind.FIX, ActionKind.RENAME}:
            found = await self.repairs.find(request, tree, edit_verifier.language)
            if found is not None:
                return f"No model is asked: {found.title}.", None
        connection = await self.endpoints.get(request.settings).connect()
        foreseen = None if is_question(request.action) else edit_verifier.foreseen()
        decision, _ = self.think_decider.decide(request, target, tree, connection, foreseen, draws=False)
        may_change = decision.is_close and explores(request.settings)
        return f"{decision.sentence} {MAY_EXPLORE}" if may_change else decision.sentence, decision

    async def problems(
        self, snapshot: Snapshot, file: Path, *, folder: Path | None, trusted: bool, settings: Settings
    ) -> tuple[Diagnostic, ...]:
        """The findings of the language's servers and checkers in a document, errors first. For commands, which have no
        editor to provide them."""
        language = self.syntax.language(snapshot)
        if language is None or not settings.assist.run_checkers:
            return ()
        text = str(snapshot.text)
        case = VerificationRequest(
            before=snapshot.text,
            after=snapshot.text,
            language=language,
            path=file.name,
            file=file,
            folder=folder,
            trusted=trusted,
            language_id=snapshot.language_id,
            server_settings=settings.verify,
            deadline_s=_PROBLEMS_S,
        )
        (by_servers, replaced), by_checkers = await asyncio.gather(
            self.verifier.server_findings(case),
            self.verifier.findings(language, text, file, folder=folder, trusted=trusted, wall_s=_PROBLEMS_S),
        )
        findings = (*by_servers, *(finding for finding in by_checkers if finding.checker not in replaced))
        found = [_as_diagnostic(finding, snapshot) for finding in findings if finding.severity != "information"]
        return tuple(sorted(found, key=lambda one: (one.severity != "error", one.start)))

    def record(self, result_id: str, event: Literal["offered", "applied", "rejected", "undone"]) -> None:
        """See ``Assistant``."""
        self.statistics.record_event(result_id, event)
        self.think_decider.on_feedback(result_id, event)

    def record_outcome(self, result: AssistResult, verdict: AppliedVerdict) -> None:
        """See ``Assistant``."""
        self.think_decider.on_outcome(result.id, verdict.outcome)
        if result.request.settings.assist.statistics:
            self.think_decider.record_outcome(self.statistics, result, verdict)

    async def aclose(self) -> None:
        """Close the connections, end the language servers and write the statistics. Idempotent."""
        self.repairs.close()
        await self.endpoints.aclose()
        await self.verifier.aclose()
        self._record_offered()
        self.statistics.close()

    def other_mode(self, request: AssistRequest) -> Literal["off", "on"] | None:
        """See ``Assistant``. A model that is not connected yet is assumed to support thinking."""
        profile = self.endpoints.get(request.settings).profile
        if profile is not None and not profile.can_on:
            return None
        return "off" if request.settings.assist.think == "on" else "on"

    def offered(self, request: AssistRequest, actions: Iterable[ActionKind]) -> None:
        """Count ``actions`` as offered in a menu: in memory until the next result is written."""
        if request.settings.assist.statistics:
            self._offered.update({(action.value, request.snapshot.language_id[:40]) for action in actions})

    def _record_offered(self) -> None:
        offered, self._offered = self._offered, Counter()
        self.statistics.record_offered(offered)

    def _refusal(self, request: AssistRequest) -> str:
        """The reason why this document may not be processed; empty if it may."""
        if not request.settings.assist.enabled:
            return "The assistant is switched off (assist.enabled)."
        snapshot, settings = request.snapshot, request.settings
        folder = request.folder.as_uri() if request.folder is not None else None
        excluded = self.privacy.refusal(snapshot.uri, folder, snapshot.text, settings, settings.assist)
        if excluded:
            return f"{request.path} is excluded from this model, so nothing was sent: {excluded}."
        return ""

    async def _run(self, request: AssistRequest, reporter: ProgressReporter, control: Control) -> AssistResult:
        if refusal := self._refusal(request):
            return message_result(request, refusal)
        if request.action is ActionKind.FIX_ALL:
            return await FixAll(request, _FixSteps(self, reporter, control), reporter.on_repairing, self.now_ms).run()
        stop_at_ms = self.now_ms() + request.settings.assist.deadline_s * 1_000
        tree = self.syntax.trees.tree(request.snapshot)
        target = choose_target(request, tree)
        edit_verifier = self._edit_verifier(request, target, tree, reporter.on_check)
        if request.action in {ActionKind.FIX, ActionKind.RENAME} and request.earlier_edit is None:
            repaired = await self._repair(request, edit_verifier, reporter)
            if repaired is None:
                repaired = await self._tool_fix(request, target, edit_verifier, reporter)
            if repaired is not None:
                self.think_decider.on_place(request, target)
                return repaired
        connection = await self.endpoints.get(request.settings).connect()
        conversation = await self._conversation(request, target, tree, connection)
        chat_client = self._chat_client(request, connection, reporter.on_generation)
        foreseen = None if is_question(request.action) else edit_verifier.foreseen()
        decision, capability = self.think_decider.decide(request, target, tree, connection, foreseen)
        logger.info("%s: rule %s: %s", request.action.value, decision.rule_id, decision.sentence)
        answer_tokens = self._answer_tokens(request, target, connection)
        if is_question(request.action):
            question = Question(
                self.verifier.project_tests,
                self.repairs,
                chat_client,
                reporter,
                control,
                conversation,
                edit_verifier.language,
                self.syntax.grammars,
                tree,
                self.now_ms,
            )
            result = await question.ask(request, decision, answer_tokens=answer_tokens, stop_at_ms=stop_at_ms)
            self._learn(connection, result)
            result = evolve(result, prompt_sources=conversation.sources, decision=decision, model=connection.model)
            self.think_decider.on_answer(result)
            return result
        loop = EscalationLoop(
            chat_client=chat_client,
            edit_verifier=edit_verifier,
            conversation=conversation,
            reporter=reporter,
            control=control,
            decision=decision,
            capability=capability,
            now_ms=self.now_ms,
            stop_at_ms=stop_at_ms,
            answer_tokens=answer_tokens,
            failed_before=failed_before(request.earlier_edit, decision),
            most_answer_tokens=self._most_answer_tokens(request, connection),
        )
        update = self._caller_update(request, edit_verifier, chat_client, control, loop, reporter.on_check)
        if update is not None:
            loop.extend = update.extend
        candidate = await loop.run()
        if loop.backend_error is not None:
            await self.endpoints.get(request.settings).on_failed()
        result = (
            edit_result(request, target, candidate, loop)
            if candidate is not None
            else give_up_result(request, target, loop)
        )
        exchange = Exchange(conversation.messages, loop.best_answer, conversation.redaction)
        result = evolve(
            result,
            prompt_sources=conversation.sources,
            exchange=exchange if result.has_edit else None,
            decision=decision,
            model=connection.model,
        )
        self._learn(connection, result)
        self.think_decider.on_result(request, target, result)
        return result

    def _edit_verifier(
        self,
        request: AssistRequest,
        target: Target,
        tree: SyntaxTree | None,
        on_activity: Callable[[str], None] = lambda _: None,
    ) -> EditVerifier:
        language = self.syntax.language(request.snapshot)
        return EditVerifier(request, target, language, tree, self.verifier, self.open_documents(), on_activity)

    async def _repair(
        self, request: AssistRequest, edit_verifier: EditVerifier, reporter: ProgressReporter
    ) -> AssistResult | None:
        reporter.on_repair()
        found = await self.repairs.find(request, edit_verifier.tree, edit_verifier.language)
        if found is None:
            return None
        if not found.replacements:
            return repair_result(request, found, None)
        reporter.on_check()
        deadline_s = _REPAIR_CHECK_S if edit_verifier.is_ready else _REPAIR_COLD_CHECK_S
        candidate = await edit_verifier.verify_edit(found.replacements, found.explanation, deadline_s=deadline_s)
        if not candidate.is_acceptable:
            logger.info("repair %s did not pass its check", found.rule_id)
            return None
        return repair_result(request, found, candidate)

    async def _tool_fix(
        self, request: AssistRequest, target: Target, edit_verifier: EditVerifier, reporter: ProgressReporter
    ) -> AssistResult | None:
        """The fix of the tool that reported the problem; ``None`` if there is none or the user described the fix."""
        if request.action is not ActionKind.FIX or request.instruction or request.follow_up is not None:
            return None
        if not request.diagnostics:
            return None
        reporter.on_check()
        deadline_s = _REPAIR_CHECK_S if edit_verifier.is_ready else _REPAIR_COLD_CHECK_S
        found = await edit_verifier.tool_fix(deadline_s=deadline_s)
        if found is None:
            return None
        fix, candidate = found
        return tool_fix_result(request, target, fix, candidate)

    async def _conversation(
        self, request: AssistRequest, target: Target, tree: SyntaxTree | None, connection: AssistConnection
    ) -> Conversation:
        """The messages to send. Tokens are reserved for the answer and for one failed attempt with its check's
        message."""
        answer_tokens = self._answer_tokens(request, target, connection)
        budget_tokens = connection.context_tokens - 2 * answer_tokens - _TEMPLATE_TOKENS
        if request.follow_up is not None:
            earlier = continued(request, request.follow_up, target)
            if tokens_of("".join(message.content for message in earlier.messages)) <= budget_tokens:
                return earlier
            logger.info("the earlier conversation does not fit; the user's words are a request of their own")
        redaction = self._redaction(request)
        budget_tokens = max(256, budget_tokens)
        context = None
        if self.context_source is not None:
            context = await self.context_source.gather(
                request, target, prompt_tokens=budget_tokens, is_embedded=connection.embedded
            )
        return build_conversation(request, target, tree, redaction, budget_tokens=budget_tokens, context=context)

    def _caller_update(
        self,
        request: AssistRequest,
        edit_verifier: EditVerifier,
        chat_client: ChatClient,
        control: Control,
        loop: EscalationLoop,
        on_check: Callable[[], None],
    ) -> CallerUpdate | None:
        if self.project_files is None:
            return None
        return CallerUpdate(
            files=self.project_files,
            edit_verifier=edit_verifier,
            chat_client=chat_client,
            redaction=self._redaction(request),
            control=control,
            stop_at_ms=loop.stop_at_ms,
            answer_tokens=loop.most_answer_tokens,
            prompt_tokens=2 * loop.most_answer_tokens,
            now_ms=self.now_ms,
            on_check=on_check,
        )

    def _redaction(self, request: AssistRequest) -> Redaction:
        return Redaction(self.names, active=redacts(request.settings, request.settings.assist))

    def _chat_client(
        self,
        request: AssistRequest,
        connection: AssistConnection,
        on_progress: Callable[[GenerationProgress], None] = lambda _: None,
    ) -> ChatClient:
        endpoint = self.endpoints.get(request.settings)
        return ChatClient(
            connection.backend,
            connection.choice.profile,
            self.now_ms,
            on_progress,
            endpoint.on_prefill_lost,
            endpoint.on_form_seen,
        )

    def _answer_tokens(self, request: AssistRequest, target: Target, connection: AssistConnection) -> int:
        most_tokens = self._most_answer_tokens(request, connection)
        return answer_limit_tokens(request.action, target.code, most_tokens=most_tokens, form=target.form)

    @staticmethod
    def _most_answer_tokens(request: AssistRequest, connection: AssistConnection) -> int:
        """``assist.max_tokens``, at most a quarter of a small context."""
        return max(64, min(request.settings.assist.max_tokens, connection.context_tokens // 4))

    def _learn(self, connection: AssistConnection, result: AssistResult) -> None:
        for attempt in result.attempts:
            connection.speed.observe(attempt.tokens, attempt.seconds, attempt.first_token_s)
        self.endpoints.get(result.request.settings).on_answered(connection)

    def _record_result(self, result: AssistResult, seconds: float) -> None:
        if result.request.settings.assist.statistics:
            self._record_offered()
            self.think_decider.record(self.statistics, result, seconds)


@frozen
class _FixSteps:
    """A ``fix_all.FixSteps`` of the service's own steps."""

    service: AssistService
    reporter: ProgressReporter
    control: Control

    async def repair_by_rule(self, request: AssistRequest) -> Repair | None:
        verifier = self._verifier(request)
        return await self.service.repairs.find(request, verifier.tree, verifier.language)

    def target(self, request: AssistRequest) -> Target:
        return choose_target(request, self.service.syntax.trees.tree(request.snapshot))

    async def verify(self, request: AssistRequest, replacements: tuple[Replacement, ...]) -> EditCandidate:
        self.reporter.on_check()
        return await self._verifier(request).verify_edit(replacements, "", deadline_s=_FIX_ALL_CHECK_S)

    async def fix(self, request: AssistRequest) -> AssistResult:
        try:
            return await self.service._run(request, self.reporter, self.control)  # noqa: SLF001 - one module
        except AutothinkError as error:
            result = await self.service._failed(request, error)  # noqa: SLF001 - one module
            return evolve(result, cannot_ask_model=True)

    def _verifier(self, request: AssistRequest) -> EditVerifier:
        tree = self.service.syntax.trees.tree(request.snapshot)
        return self.service._edit_verifier(request, choose_target(request, tree), tree)  # noqa: SLF001 - one module


def _as_diagnostic(finding: Finding, snapshot: Snapshot) -> Diagnostic:
    line = max(0, finding.line)
    text = snapshot.text.line(line)
    start = Point(line, indent_length(text))
    severity = "error" if finding.severity == "error" else "warning"
    return Diagnostic(start, Point(line, len(text)), finding.message, severity, finding.code, finding.checker)
