"""Actions with one question to the model and without an edit of the code: explain, write tests, propose a name."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, evolve

from autothink_lsp.edits.replacement import EditRefused, Refusal
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest, AssistResult, Attempt, Control
from autothink_lsp.features.assist.chat_client import ChatClient
from autothink_lsp.features.assist.conversation import Conversation
from autothink_lsp.features.assist.decision_text import reason_for
from autothink_lsp.features.assist.progress_reporter import ProgressReporter
from autothink_lsp.features.assist.question_results import new_test_file, rename_plan, with_line_links
from autothink_lsp.features.assist.repairs.repair_thread import RepairThread
from autothink_lsp.features.assist.reply import Reply
from autothink_lsp.features.assist.results import message_result
from autothink_lsp.features.assist.safe_markdown import safe_markdown
from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.languages import Language
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.thinking.policy import ThinkDecision
from autothink_lsp.values import ChatMessage
from autothink_lsp.verify.evidence import evidence_of
from autothink_lsp.verify.project_tests.service import ProjectTests
from autothink_lsp.verify.report import CheckReport, CheckResult
from autothink_lsp.verify.report_text import report_for_model

_QUESTIONS = frozenset({ActionKind.EXPLAIN, ActionKind.TESTS, ActionKind.RENAME})
_NAME_TOKENS = 24
_RUN_SHARE = 0.4  # maximum share of the remaining time for one run of the model's tests
_LONGEST_RUN_S = 30.0
_LEAST_RETRY_MS = 3_000.0


def is_question(action: ActionKind) -> bool:
    """Whether the answer is prose, a new file or a name."""
    return action in _QUESTIONS


@define(eq=False)
class Question:
    """Asks the model once, and a second time if the tests that it wrote do not pass. Raises ``BackendError``."""

    project_tests: ProjectTests
    repairs: RepairThread
    chat_client: ChatClient
    reporter: ProgressReporter
    control: Control
    conversation: Conversation
    language: Language | None
    grammars: Grammars
    tree: SyntaxTree | None
    now_ms: Callable[[], float]

    async def ask(
        self, request: AssistRequest, decision: ThinkDecision, *, answer_tokens: int, stop_at_ms: float
    ) -> AssistResult:
        """The result; for an unusable answer its ``message`` is the reason."""
        step = "think-low" if decision.policy.mode == "on" else "quick"
        limits = {"answer_tokens": answer_tokens, "stop_at_ms": stop_at_ms}
        first, answer = await self._ask(request, decision, self.conversation.messages, step, **limits)
        left_ms = stop_at_ms - self.now_ms()
        result, checked = await self._with_tests_run(first, left_ms)
        if checked is None or checked.verdict != "failed":
            return result
        left_ms = stop_at_ms - self.now_ms()
        if left_ms < _LEAST_RETRY_MS:
            return result
        reason = report_for_model(CheckReport((checked,)))
        messages = self.conversation.after_failure(answer, reason, unchanged=False)
        second, _ = await self._ask(request, decision, messages, "retry", **limits)
        attempts = (*result.attempts, *second.attempts)
        if second.new_file is not None:
            retried, checked = await self._with_tests_run(second, stop_at_ms - self.now_ms())
            if checked is not None:
                return evolve(retried, attempts=(*result.attempts, *retried.attempts))
        return evolve(result, attempts=attempts)

    async def _with_tests_run(self, result: AssistResult, left_ms: float) -> tuple[AssistResult, CheckResult | None]:
        """The result with the evidence of its tests, and their check; unchanged if the tests cannot be run: no command,
        no trust, or a command that cannot run one file."""
        request, new_file = result.request, result.new_file
        command = request.test_command or request.settings.assist.test_command
        if new_file is None or request.folder is None or request.file is None or not (command and request.trusted):
            return result, None
        self.reporter.on_check()
        texts = {request.file: str(request.snapshot.text), new_file.path: new_file.text}
        wall_s = min(_LONGEST_RUN_S, max(1.0, left_ms / 1_000 * _RUN_SHARE))
        checked = await self.project_tests.check_new_file(command, request.folder, new_file.path, texts, wall_s=wall_s)
        if checked is None:
            return result, None
        report = CheckReport((checked,), has_target=False)
        evidence = evidence_of(report)
        attempts = tuple(evolve(one, result=evidence.sentence, checks=report) for one in result.attempts)
        return evolve(result, evidence=evidence, attempts=attempts), checked

    async def _ask(
        self,
        request: AssistRequest,
        decision: ThinkDecision,
        messages: tuple[ChatMessage, ...],
        step: str,
        *,
        answer_tokens: int,
        stop_at_ms: float,
    ) -> tuple[AssistResult, str]:
        """The result of one question, and the model's answer, with secrets restored if it is code."""
        self.reporter.on_attempt(step)
        naming = request.action is ActionKind.RENAME
        reply = await self.chat_client.ask(
            messages,
            decision.policy,
            answer_tokens=_NAME_TOKENS if naming else answer_tokens,
            control=self.control,
            stop_at_ms=stop_at_ms,
        )
        answer = ""
        try:
            answer = self._with_secrets(reply.answer, prose=request.action is ActionKind.EXPLAIN)
            result = await self._result(request, answer, why_cut=reply.why_cut)
            outcome = "answered"
        except EditRefused as refused:
            result, outcome = message_result(request, refused.for_user()), refused.message
        attempt = _attempt(step, reply, outcome)
        return evolve(
            result, reason=reason_for(decision, (attempt,)), rule_id=decision.rule_id, attempts=(attempt,)
        ), answer

    def _with_secrets(self, answer: str, *, prose: bool) -> str:
        """Restore redacted secrets in code, never in prose. Raises ``EditRefused``."""
        redaction = self.conversation.redaction
        if prose:
            return safe_markdown(redaction.for_reading(answer))
        restored = redaction.restore(answer)
        if redaction.unresolved(restored):
            raise EditRefused(Refusal.OTHER_CODE, "The model made up a placeholder for a secret.")
        return restored

    async def _result(self, request: AssistRequest, answer: str, *, why_cut: str) -> AssistResult:
        """The result for an answer. ``why_cut`` is the reason why it is incomplete, empty if it is complete. Raises
        ``EditRefused``."""
        finished = not why_cut
        if request.action is ActionKind.TESTS:
            if why_cut:
                raise EditRefused(Refusal.TRUNCATED, f"{why_cut} No file was created.")
            new_file = new_test_file(request, answer, self.grammars.load(self.language), finished=finished)
            return AssistResult(request=request, title=f"Create {new_file.path.name}", new_file=new_file)
        if request.action is ActionKind.RENAME:
            if why_cut:
                raise EditRefused(Refusal.TRUNCATED, f"{why_cut} Nothing was renamed.")
            return await self._renamed(request, answer)
        if not answer.strip():
            return message_result(
                request, why_cut or "The model gave no explanation. Try again, with thinking if possible."
            )
        cut = "" if finished else f"\n\n*(cut: {why_cut})*"
        return AssistResult(request=request, title="Explanation", explanation=with_line_links(answer, request) + cut)

    async def _renamed(self, request: AssistRequest, answer: str) -> AssistResult:
        plan = rename_plan(request, answer)
        title = f"Rename `{plan.old_name}` to `{plan.new_name}`"
        # A local name can be renamed here; others need the editor's language server.
        local = await self.repairs.find(evolve(request, instruction=plan.new_name), self.tree, self.language)
        if local is not None and local.replacements:
            return AssistResult(
                request=request,
                title=title,
                replacements=local.replacements,
                rename=plan,
                explanation=local.explanation,
                is_certain=True,
            )
        explanation = f"The model proposes `{plan.new_name}` instead of `{plan.old_name}`."
        return AssistResult(request=request, title=title, rename=plan, explanation=explanation)


def _attempt(step: str, reply: Reply, outcome: str) -> Attempt:
    return Attempt(
        step=step,
        outcome=reply.outcome,
        result=outcome,
        thinking=reply.thinking,
        judge=reply.judge,
        seconds=reply.seconds,
        first_token_s=reply.first_token_s,
        tokens=reply.tokens,
    )
