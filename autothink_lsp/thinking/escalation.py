"""The escalation ladder: which rung follows an attempt that failed its check.

quick (off) ─► retry (off, with the check's message) ─► think-low ─► think-medium ─► give up. In public data the check's
message adds more than thinking (``docs/decisions/0005-think-ladder.md``), so the retry comes first. A rung is taken
only if the model supports it, the remaining time is enough and, for a rung that thinks, its expected value is worth its
time. A user who chose "fast" gets no thinking.

Each attempt must be able to differ from the previous one: all but the first are sampled, and the kind of the last
failure determines the form of the next answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from attrs import evolve, frozen

from autothink_lsp.thinking.budget import effort_of, low_budget, medium_budget
from autothink_lsp.thinking.mode import ThinkMode, ThinkPolicy
from autothink_lsp.thinking.policy import ThinkDecision
from autothink_lsp.thinking.signals import Capability


class FailureKind(StrEnum):
    """Why an attempt failed."""

    UNCHANGED = "unchanged"
    REPEATED = "repeated"  # its edit equals that of an earlier attempt
    REFUSED = "refused"
    CHECK_FAILED = "check_failed"
    ONLY_THINKING = "only_thinking"
    TRUNCATED = "truncated"


@frozen(kw_only=True)
class FailedAttempt:
    """An attempt that failed, with the check's message for the model."""

    step: str
    failure: FailureKind
    message_for_model: str = ""
    seconds: float = 0.0
    tokens: int = 0


@frozen
class Rung:
    """The next attempt of the ladder. ``sentence`` is for the user."""

    name: str  # "quick", "retry", "think-low", "think-medium"
    policy: ThinkPolicy
    sentence: str
    is_sampled: bool = False  # at the profile's temperature instead of 0
    is_in_blocks: bool = False  # the answer is search/replace blocks, whatever form the first attempt requested
    has_full_limit: bool = False  # the answer may take all of ``assist.max_tokens``


@frozen
class GiveUp:
    """The end of the ladder, with the reason for the user."""

    sentence: str


def next_rung(
    failed: Sequence[FailedAttempt], decision: ThinkDecision, capability: Capability, *, remaining_ms: float
) -> Rung | GiveUp:
    """The next rung after the ``failed`` attempts, or ``GiveUp``: at most four attempts, each rung once, within
    ``remaining_ms``."""
    if not failed:
        policy = evolve(decision.policy, deadline_ms=remaining_ms)
        first = "quick" if policy.mode is not ThinkMode.ON else "think-low"
        return Rung(first, policy, decision.sentence)
    done = {evidence.step for evidence in failed}
    for name in ("retry", "think-low", "think-medium"):
        step = _rung(name, decision, capability, remaining_ms)
        if name in done or step is None or (name == "retry" and "think-low" in done):
            continue
        if _expected_ms(step, failed, decision) > remaining_ms:
            return GiveUp("There was no time left for another attempt.")
        return _unlike(step, failed[-1])
    return GiveUp(_why(decision, capability))


def steps_before(step: str, *, is_thinking: bool) -> tuple[str, ...]:
    """The rungs that count as failed after the edit of ``step`` was applied and did not solve the problem.

    If the user asks for thinking and the model can think, the next rung is one that thinks; the last rung is repeated.
    """
    if not is_thinking:
        return () if step == "repair" else ("quick",)
    return ("quick", "retry", "think-low") if step.startswith("think") else ("quick", "retry")


def _rung(name: str, decision: ThinkDecision, capability: Capability, remaining_ms: float) -> Rung | None:
    base = decision.policy
    if name == "retry":
        policy = ThinkPolicy(
            mode=ThinkMode.OFF, deadline_ms=remaining_ms, source="escalation", rule_id=base.rule_id, show=base.show
        )
        return Rung(name, policy, "The check failed; the model is told why.")
    if base.escalate == "never" or not capability.can_on or not decision.thinks_after_failure:
        return None
    low = name == "think-low"
    budget = low_budget(decision.signals, capability) if low else medium_budget(decision.signals, capability)
    if not budget:
        return None
    policy = ThinkPolicy(
        mode=ThinkMode.ON,
        budget_tokens=budget,
        effort=effort_of(budget),
        deadline_ms=remaining_ms,
        source="escalation",
        rule_id="escalate",
        show=base.show,
    )
    sentence = "Quick attempts failed their check, so the model thinks." if low else "It thinks longer."
    return Rung(name, policy, sentence)


def _unlike(step: Rung, last: FailedAttempt) -> Rung:
    """``step``, changed so that its answer can differ from the ``last`` one. A model that repeats all of the code, or
    whose answer is cut off, answers with search/replace blocks instead."""
    is_in_blocks = last.failure in {FailureKind.UNCHANGED, FailureKind.TRUNCATED, FailureKind.REPEATED}
    has_full_limit = last.failure in {FailureKind.TRUNCATED, FailureKind.ONLY_THINKING}
    return evolve(step, is_sampled=True, is_in_blocks=is_in_blocks, has_full_limit=has_full_limit)


def _expected_ms(step: Rung, failed: Sequence[FailedAttempt], decision: ThinkDecision) -> float:
    """The expected time of the rung: the time of the last attempt, or of its thinking at the measured speed."""
    last_ms = failed[-1].seconds * 1_000
    speed = decision.signals.cost.decode_tokens_per_s
    if step.policy.mode is not ThinkMode.ON:
        return 0.8 * last_ms
    thinking_ms = step.policy.budget_tokens / speed * 500 if speed else 0.0  # on average half of a budget is used
    return max(0.5 * last_ms, thinking_ms)


def _why(decision: ThinkDecision, capability: Capability) -> str:
    if decision.policy.escalate == "never":
        return "You asked for a fast answer, so the model did not think about it."
    if not capability.can_on:
        return "This model does not think, and its second attempt failed too."
    if not decision.thinks_after_failure:
        return "Thinking would take longer here than it is likely to be worth (assist.patience_s)."
    return "The model has thought about it as long as it may."
