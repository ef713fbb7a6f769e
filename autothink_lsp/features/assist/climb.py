"""The ladder for one edit: a quick attempt, its check, one retry with what the check said, then thinking.

``thinking/escalation.py`` says what comes next; this module does it and brings back the evidence. It stops at the first
candidate that passes its checks. When the ladder ends without one, the best attempt is handed back as what it is: not
verified.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from attrs import define, evolve, field

from autothink_lsp.edits.values import Refusal
from autothink_lsp.features.assist.ask import Asking
from autothink_lsp.features.assist.candidate import Candidate, Workbench
from autothink_lsp.features.assist.gather import Conversation
from autothink_lsp.features.assist.reply import Reply
from autothink_lsp.features.assist.safe_markdown import safe_markdown
from autothink_lsp.features.assist.stages import Stages
from autothink_lsp.features.assist.values import Attempt, Control
from autothink_lsp.thinking.escalation import Evidence, FailureKind, GiveUp, Step, next_step
from autothink_lsp.thinking.policy import Decision
from autothink_lsp.thinking.signals import Capability

logger = logging.getLogger(__name__)

_CHECK_SHARE = 0.4  # of the time that is left, at most this for one check
_LONGEST_CHECK_S = 30.0


@define(eq=False)
class Climb:
    """One action's climb. ``attempts`` tell what happened, ``best`` is the most useful candidate so far."""

    asking: Asking
    bench: Workbench
    conversation: Conversation
    stages: Stages
    control: Control
    decision: Decision
    capability: Capability
    now_ms: Callable[[], float]
    stop_at_ms: float
    answer_tokens: int
    attempts: list[Attempt] = field(factory=list)
    best: Candidate | None = None
    why_ended: str = ""
    _taken: list[Evidence] = field(factory=list)
    _last_answer: str = ""

    async def run(self) -> Candidate | None:
        """The verified candidate, or ``None``. Raises ``BackendError`` where the first attempt could not be made."""
        while True:
            step = next_step(self._taken, self.decision, self.capability, remaining_ms=self._remaining_ms)
            if isinstance(step, GiveUp):
                self.why_ended = step.sentence
                return None
            candidate = await self._attempt(step)
            if candidate.verified:
                self.best = candidate
                return candidate
            if self.best is None or candidate.worth > self.best.worth:
                self.best = candidate

    async def _attempt(self, step: Step) -> Candidate:
        self.stages.begins(step.name)
        messages = self.conversation.messages
        if self._taken and self._last_answer.strip():
            last = self._taken[-1]
            messages = self.conversation.after_failure(
                self._last_answer, last.message_for_model, unchanged=last.failure is FailureKind.UNCHANGED
            )
        reply = await self.asking.ask(
            messages, step.policy, answer_tokens=self.answer_tokens, control=self.control, stop_at_ms=self.stop_at_ms
        )
        answer = self.conversation.redaction.restore(reply.answer)
        self.stages.checking()
        deadline_s = min(_LONGEST_CHECK_S, max(1.0, self._remaining_ms / 1_000 * _CHECK_SHARE))
        if self.conversation.redaction.unresolved(answer):
            candidate = _made_up()
        else:
            candidate = await self.bench.candidate(answer, finished=reply.finished, deadline_s=deadline_s)
            if candidate.refusal is Refusal.TRUNCATED and reply.why_cut:
                candidate = evolve(candidate, failure=f"{reply.why_cut} Nothing of it was applied.")
        explanation = safe_markdown(self.conversation.redaction.for_reading(candidate.explanation))
        candidate = evolve(candidate, explanation=explanation)
        self._note(step, reply, candidate, answer)
        return candidate

    def _note(self, step: Step, reply: Reply, candidate: Candidate, answer: str) -> None:
        result = "verified" if candidate.verified else candidate.failure or "unverified"
        self.attempts.append(
            Attempt(
                step=step.name,
                outcome=reply.outcome,
                result=result,
                checks=candidate.report,
                thinking=reply.thinking,
                judge=reply.judge,
                seconds=reply.seconds,
                tokens=reply.tokens,
            )
        )
        failure = _failure(reply, candidate)
        # Not the check's words: they quote the code.
        known = "verified" if candidate.verified else failure or "unverified"
        logger.info("%s: %s (%.1f s, %d tokens)", step.name, known, reply.seconds, reply.tokens)
        self._last_answer = answer
        self._taken.append(
            Evidence(
                step=step.name,
                failure=failure,
                message_for_model=candidate.for_model,
                seconds=reply.seconds,
                tokens=reply.tokens,
            )
        )

    @property
    def _remaining_ms(self) -> float:
        return self.stop_at_ms - self.now_ms()


def _made_up() -> Candidate:
    """The answer names a secret that was not in its prompt: there is nothing to put back."""
    return Candidate(
        refusal=Refusal.OTHER_CODE,
        failure="The model made up a placeholder for a secret, so its edit was not used.",
        for_model="Names that begin with REDACTED_ stand for secrets. Use only those of the code, exactly as they are.",
    )


def _failure(reply: Reply, candidate: Candidate) -> FailureKind:
    if reply.only_thinking:
        return FailureKind.ONLY_THINKING
    if candidate.refusal is Refusal.UNCHANGED:
        return FailureKind.UNCHANGED
    if candidate.refusal is Refusal.TRUNCATED or not reply.finished:
        return FailureKind.TRUNCATED
    return FailureKind.REFUSED if candidate.refusal is not None else FailureKind.CHECK_FAILED
