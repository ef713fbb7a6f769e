"""What comes after an attempt that failed its check: the ladder, decided on evidence only.

quick (off) ─► retry (off, with what the check said) ─► think-low ─► think-medium ─► give up. In public data the check's
message is worth more than the thinking (``docs/decisions/0005-think-ladder.md``), so the retry comes first. A step is
taken only where the model can do it and the time that is left pays for it; a user who said "fast" gets no thinking.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from attrs import evolve, frozen

from autothink_lsp.thinking.budget import effort_of, low_budget, medium_budget
from autothink_lsp.thinking.policy import Decision
from autothink_lsp.thinking.signals import Capability
from autothink_lsp.thinking.values import ThinkMode, ThinkPolicy


class FailureKind(StrEnum):
    """Why an attempt is no result."""

    UNCHANGED = "unchanged"
    REFUSED = "refused"
    CHECK_FAILED = "check_failed"
    ONLY_THINKING = "only_thinking"
    TRUNCATED = "truncated"


@frozen(kw_only=True)
class Evidence:
    """One attempt and what came of it."""

    step: str
    failure: FailureKind
    message_for_model: str = ""
    seconds: float = 0.0
    tokens: int = 0


@frozen
class Step:
    """The next attempt. ``sentence`` is for the user."""

    name: str  # "quick", "retry", "think-low", "think-medium"
    policy: ThinkPolicy
    sentence: str


@frozen
class GiveUp:
    """No further attempt pays, and why."""

    sentence: str


def next_step(
    taken: Sequence[Evidence], decision: Decision, capability: Capability, *, remaining_ms: float
) -> Step | GiveUp:
    """At most four attempts, each name once, all within the deadline that ``remaining_ms`` is left of."""
    if not taken:
        policy = evolve(decision.policy, deadline_ms=remaining_ms)
        first = "quick" if policy.mode is not ThinkMode.ON else "think-low"
        return Step(first, policy, decision.sentence)
    done = {evidence.step for evidence in taken}
    for name in ("retry", "think-low", "think-medium"):
        step = _step(name, decision, capability, remaining_ms)
        if name in done or step is None or (name == "retry" and "think-low" in done):
            continue
        if _expected_ms(step, taken, decision) > remaining_ms:
            return GiveUp("There was no time left for another attempt.")
        return step
    return GiveUp(_why(decision, capability))


def _step(name: str, decision: Decision, capability: Capability, remaining_ms: float) -> Step | None:
    base = decision.policy
    if name == "retry":
        policy = ThinkPolicy(
            mode=ThinkMode.OFF, deadline_ms=remaining_ms, source="escalation", rule_id=base.rule_id, show=base.show
        )
        return Step(name, policy, "The check failed; the model is told why.")
    if base.escalate == "never" or not capability.can_on:
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
    return Step(name, policy, sentence)


def _expected_ms(step: Step, taken: Sequence[Evidence], decision: Decision) -> float:
    """About what the last attempt took, and the thinking at the measured speed."""
    last_ms = taken[-1].seconds * 1_000
    speed = decision.signals.cost.decode_tokens_per_s
    if step.policy.mode is not ThinkMode.ON:
        return 0.8 * last_ms
    thinking_ms = step.policy.budget_tokens / speed * 500 if speed else 0.0  # on average half of a budget is used
    return max(0.5 * last_ms, thinking_ms)


def _why(decision: Decision, capability: Capability) -> str:
    if decision.policy.escalate == "never":
        return "You asked for a fast answer, so the model did not think about it."
    if not capability.can_on:
        return "This model does not think, and its second attempt failed too."
    return "The model has thought about it as long as it may."
