"""Runs the escalation ladder for one edit: quick attempt, check, retry with the check's message, then thinking.

`thinking/escalation.py` decides the next rung; this module makes the attempt and reports its failure. The loop stops at
the first candidate that fails no check. Without one, or if the connection breaks, ``best`` is the most useful
candidate. An edit that equals one of an earlier attempt is not checked again.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from attrs import define, evolve, field

from autothink_lsp.edits.replacement import Refusal, Replacement
from autothink_lsp.errors import BackendError
from autothink_lsp.features.assist.actions import Attempt, Control, EarlierEdit
from autothink_lsp.features.assist.chat_client import ChatClient
from autothink_lsp.features.assist.conversation import Conversation
from autothink_lsp.features.assist.edit_verifier import EditCandidate, EditVerifier
from autothink_lsp.features.assist.progress_reporter import ProgressReporter
from autothink_lsp.features.assist.reply import Reply
from autothink_lsp.features.assist.safe_markdown import safe_markdown
from autothink_lsp.features.assist.target import AnswerForm
from autothink_lsp.thinking.escalation import FailedAttempt, FailureKind, GiveUp, Rung, next_rung, steps_before
from autothink_lsp.thinking.mode import ThinkMode
from autothink_lsp.thinking.policy import ThinkDecision
from autothink_lsp.thinking.signals import Capability

logger = logging.getLogger(__name__)

_CHECK_SHARE, _CHECK_SHARE_WITH_TESTS = 0.4, 0.6  # maximum share of the remaining time for one check
_LONGEST_CHECK_S, _LONGEST_CHECK_WITH_TESTS_S = 30.0, 60.0  # tests run twice, and are the strongest evidence
_LEAST_CHECK_S = 8.0  # also past the deadline: otherwise a late answer would be shown without evidence


@define(eq=False)
class EscalationLoop:
    """The attempts of one action. ``attempts`` is their record, ``best`` the most useful candidate so far."""

    chat_client: ChatClient
    edit_verifier: EditVerifier
    conversation: Conversation
    reporter: ProgressReporter
    control: Control
    decision: ThinkDecision
    capability: Capability
    now_ms: Callable[[], float]
    stop_at_ms: float
    answer_tokens: int
    most_answer_tokens: int  # for the attempt after a cut one
    failed_before: tuple[FailedAttempt, ...] = ()  # those of an earlier action whose edit was applied
    attempts: list[Attempt] = field(factory=list)
    best: EditCandidate | None = None
    why_ended: str = ""
    backend_error: BackendError | None = None  # of an attempt after the first
    extend: Callable[[EditCandidate], Awaitable[EditCandidate]] | None = None
    """Adds the changes of calls in other files and checks all files together, so that another attempt follows if that
    check fails. Also called if only the tests fail, which may call the function there."""
    _failed_attempts: list[FailedAttempt] = field(init=False)
    _failed_edits: list[tuple[Replacement, ...]] = field(factory=list)
    best_answer: str = ""  # of ``best``
    _last_answer: str = ""
    _is_last_answer_cut: bool = False

    def __attrs_post_init__(self) -> None:
        self._failed_attempts = list(self.failed_before)

    async def run(self) -> EditCandidate | None:
        """The first acceptable candidate, or ``None``.

        Raises ``BackendError`` if the first attempt could not be made.
        """
        while True:
            if len(self.attempts) >= self.edit_verifier.request.most_attempts:
                self.why_ended = "No other attempt was requested."
                return None
            step = next_rung(self._failed_attempts, self.decision, self.capability, remaining_ms=self._remaining_ms)
            if isinstance(step, GiveUp):
                self.why_ended = step.sentence
                return None
            try:
                candidate = await self._attempt(step)
            except BackendError as error:
                if not self.attempts:
                    raise
                logger.info("%s: %s", step.name, error.message)
                self.backend_error, self.why_ended = error, error.for_user()
                return None
            if candidate.is_acceptable:
                self.best, self.best_answer = candidate, self._last_answer
                return candidate
            if candidate.replacements:
                self._failed_edits.append(candidate.replacements)
            if self.best is None or candidate.worth > self.best.worth:
                self.best, self.best_answer = candidate, self._last_answer

    async def _attempt(self, step: Rung) -> EditCandidate:
        self.reporter.on_attempt(step.name)
        messages = self.conversation.messages
        if self._failed_attempts and self._last_answer.strip():
            last = self._failed_attempts[-1]
            messages = self.conversation.after_failure(
                self._last_answer,
                last.message_for_model,
                unchanged=last.failure is FailureKind.UNCHANGED,
                form=self._form_after_failure(step),
                is_cut=self._is_last_answer_cut,
            )
        reply = await self.chat_client.ask(
            messages,
            step.policy,
            answer_tokens=self.most_answer_tokens if step.has_full_limit else self.answer_tokens,
            control=self.control,
            stop_at_ms=self.stop_at_ms,
            temperature=self.chat_client.profile.sampling_temperature if step.is_sampled else 0.0,
        )
        answer = self.conversation.redaction.restore(reply.answer)
        self.reporter.on_check()
        if self.conversation.redaction.unresolved(answer):
            candidate = _invented_placeholder()
        else:
            candidate = await self.edit_verifier.verify_answer(
                answer,
                finished=reply.finished,
                deadline_s=self._check_s,
                failed_edits=self._failed_edits,
                is_cut_by_limit=reply.is_cut_by_limit,
            )
            if self.extend is not None and (candidate.is_acceptable or _only_tests_fail(candidate)):
                extended = await self.extend(candidate)
                candidate = extended if candidate.is_acceptable or extended.is_acceptable else candidate
            if candidate.refusal is Refusal.TRUNCATED and reply.why_cut:
                candidate = evolve(candidate, failure=f"{reply.why_cut} Nothing of it was applied.")
        explanation = safe_markdown(self.conversation.redaction.for_reading(candidate.explanation))
        candidate = evolve(candidate, explanation=explanation)
        self._note(step, reply, candidate, answer)
        return candidate

    def _note(self, step: Rung, reply: Reply, candidate: EditCandidate, answer: str) -> None:
        result = candidate.evidence.sentence if candidate.evidence is not None else candidate.failure
        self.attempts.append(
            Attempt(
                step=step.name,
                outcome=reply.outcome,
                result=result,
                checks=candidate.report,
                thinking=reply.thinking,
                judge=reply.judge,
                replacements=candidate.replacements,
                is_acceptable=candidate.is_acceptable,
                seconds=reply.seconds,
                first_token_s=reply.first_token_s,
                tokens=reply.tokens,
            )
        )
        failure = _failure(reply, candidate)
        # The check's message is not logged, because it quotes the code.
        known = candidate.evidence.level if candidate.evidence is not None else failure
        logger.info("%s: %s (%.1f s, %d tokens)", step.name, known, reply.seconds, reply.tokens)
        self._last_answer, self._is_last_answer_cut = answer, not reply.finished
        # A model that judged and thought has used the small budget: the next attempt gets a larger one.
        has_judged_on = step.policy.mode is ThinkMode.AUTO and reply.outcome.effective == "on"
        self._failed_attempts.append(
            FailedAttempt(
                step="think-low" if has_judged_on else step.name,
                failure=failure,
                message_for_model=candidate.for_model,
                seconds=reply.seconds,
                tokens=reply.tokens,
            )
        )

    def _form_after_failure(self, step: Rung) -> AnswerForm:
        form = self.edit_verifier.target.form
        return "blocks" if step.is_in_blocks and form != "comment" else form

    @property
    def _check_s(self) -> float:
        """The time limit of one check, in seconds."""
        has_tests = self.edit_verifier.has_tests
        share = _CHECK_SHARE_WITH_TESTS if has_tests else _CHECK_SHARE
        most_s = _LONGEST_CHECK_WITH_TESTS_S if has_tests else _LONGEST_CHECK_S
        return min(most_s, max(_LEAST_CHECK_S, self._remaining_ms / 1_000 * share))

    @property
    def _remaining_ms(self) -> float:
        return self.stop_at_ms - self.now_ms()


def failed_before(earlier: EarlierEdit | None, decision: ThinkDecision) -> tuple[FailedAttempt, ...]:
    """The failed attempts with which an action begins if an ``earlier`` edit is in the text and did not help."""
    if earlier is None:
        return ()
    steps = steps_before(earlier.step, is_thinking=decision.policy.mode is ThinkMode.ON)
    return tuple(
        FailedAttempt(
            step=step,
            failure=FailureKind.CHECK_FAILED,
            message_for_model=earlier.message,
            seconds=earlier.seconds,
        )
        for step in steps
    )


def _only_tests_fail(candidate: EditCandidate) -> bool:
    return candidate.report is not None and {one.name for one in candidate.report.failed} == {"tests"}


def _invented_placeholder() -> EditCandidate:
    """The refusal of an answer that contains a placeholder without a secret, because it was not in the prompt."""
    return EditCandidate(
        refusal=Refusal.OTHER_CODE,
        failure="The model made up a placeholder for a secret, so its edit was not used.",
        for_model="Names that begin with REDACTED_ stand for secrets. Use only those of the code, exactly as they are.",
    )


def _failure(reply: Reply, candidate: EditCandidate) -> FailureKind:
    """The kind of the attempt's failure, for the choice of the next rung."""
    if reply.only_thinking:
        return FailureKind.ONLY_THINKING
    if candidate.refusal is Refusal.UNCHANGED:
        return FailureKind.UNCHANGED
    if candidate.refusal is Refusal.REPEATED:
        return FailureKind.REPEATED
    if candidate.refusal is Refusal.TRUNCATED or not reply.finished:
        return FailureKind.TRUNCATED
    return FailureKind.REFUSED if candidate.refusal is not None else FailureKind.CHECK_FAILED
