"""Actions that are one question to the model and no edit of the code at hand: explain, write tests, find a name."""

from __future__ import annotations

from attrs import define, evolve

from autothink_lsp.edits.values import EditRefused, Refusal
from autothink_lsp.features.assist.ask import Asking
from autothink_lsp.features.assist.gather import Conversation
from autothink_lsp.features.assist.outcome import message_result
from autothink_lsp.features.assist.prose import new_test_file, rename_plan, with_line_links
from autothink_lsp.features.assist.repairs.service import repair
from autothink_lsp.features.assist.reply import Reply
from autothink_lsp.features.assist.safe_markdown import safe_markdown
from autothink_lsp.features.assist.stages import Stages
from autothink_lsp.features.assist.values import ActionKind, AssistRequest, AssistResult, Attempt, Control
from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.languages import Language
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.thinking.policy import Decision

_QUESTIONS = frozenset({ActionKind.EXPLAIN, ActionKind.TESTS, ActionKind.RENAME})
_NAME_TOKENS = 24


def is_question(action: ActionKind) -> bool:
    """Whether the answer is prose, a new file or a name."""
    return action in _QUESTIONS


@define(eq=False)
class Question:
    """Asks once. Raises ``BackendError``."""

    asking: Asking
    stages: Stages
    control: Control
    conversation: Conversation
    language: Language | None
    grammars: Grammars
    tree: SyntaxTree | None

    async def ask(
        self, request: AssistRequest, decision: Decision, *, answer_tokens: int, stop_at_ms: float
    ) -> AssistResult:
        """The result; an answer that cannot be used is its ``message``."""
        step = "think-low" if decision.policy.mode == "on" else "quick"
        self.stages.begins(step)
        naming = request.action is ActionKind.RENAME
        reply = await self.asking.ask(
            self.conversation.messages,
            decision.policy,
            answer_tokens=_NAME_TOKENS if naming else answer_tokens,
            control=self.control,
            stop_at_ms=stop_at_ms,
        )
        try:
            answer = self._with_secrets(reply.answer, prose=request.action is ActionKind.EXPLAIN)
            result = self._result(request, answer, why_cut=reply.why_cut)
            outcome = "answered"
        except EditRefused as refused:
            result, outcome = message_result(request, refused.for_user()), refused.message
        attempt = _attempt(step, reply, outcome)
        return evolve(result, reason=decision.sentence, rule_id=decision.rule_id, attempts=(attempt,))

    def _with_secrets(self, answer: str, *, prose: bool) -> str:
        """What was taken out is put back where code is written, never in prose. Raises ``EditRefused``."""
        redaction = self.conversation.redaction
        if prose:
            return safe_markdown(redaction.for_reading(answer))
        restored = redaction.restore(answer)
        if redaction.unresolved(restored):
            raise EditRefused(Refusal.OTHER_CODE, "The model made up a placeholder for a secret.")
        return restored

    def _result(self, request: AssistRequest, answer: str, *, why_cut: str) -> AssistResult:
        """``why_cut``: why the answer is not whole, or an empty text. Raises ``EditRefused``."""
        finished = not why_cut
        if request.action is ActionKind.TESTS:
            if why_cut:
                raise EditRefused(Refusal.TRUNCATED, f"{why_cut} No file was created.")
            new_file = new_test_file(request, answer, self.grammars.load(self.language), finished=finished)
            return AssistResult(request=request, title=f"Create {new_file.path.name}", new_file=new_file)
        if request.action is ActionKind.RENAME:
            if why_cut:
                raise EditRefused(Refusal.TRUNCATED, f"{why_cut} Nothing was renamed.")
            return self._renamed(request, answer)
        if not answer.strip():
            return message_result(request, why_cut or "The model gave no explanation. Ask again, or with (think).")
        cut = "" if finished else f"\n\n*(cut: {why_cut})*"
        return AssistResult(request=request, title="Explanation", explanation=with_line_links(answer, request) + cut)

    def _renamed(self, request: AssistRequest, answer: str) -> AssistResult:
        plan = rename_plan(request, answer)
        title = f"Rename `{plan.old_name}` to `{plan.new_name}`"
        # A local name we can rename ourselves; others need the editor's own language server.
        local = repair(evolve(request, instruction=plan.new_name), self.tree, self.language)
        if local is not None and local.replacements:
            return AssistResult(
                request=request,
                title=title,
                replacements=local.replacements,
                rename=plan,
                explanation=local.explanation,
                verified=True,
            )
        said = f"The model proposes `{plan.new_name}` instead of `{plan.old_name}`."
        return AssistResult(request=request, title=title, rename=plan, explanation=said)


def _attempt(step: str, reply: Reply, outcome: str) -> Attempt:
    return Attempt(
        step=step,
        outcome=reply.outcome,
        result=outcome,
        thinking=reply.thinking,
        judge=reply.judge,
        seconds=reply.seconds,
        tokens=reply.tokens,
    )
