"""The think decision before the model is asked.

Rules in this order: a keystroke never thinks; the user's choice; a new name needs no thinking; the limits of the model
and its speed; two failures at this place; a model that was trained to judge decides itself; else the arm with the
largest expected value (`utility.py`). If both modes have nearly the same value, one decision in a hundred takes the
other mode, so that outcomes of both modes stay available. After a failed check `escalation.py` decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import evolve, field, frozen

from autothink_lsp.thinking.budget import deep_budget, effort_of, low_budget
from autothink_lsp.thinking.features import FEATURES, feature_vector
from autothink_lsp.thinking.mode import Source, ThinkMode, ThinkPolicy
from autothink_lsp.thinking.signals import KEYSTROKES, Capability, RequestKind, Signals
from autothink_lsp.thinking.utility import ARMS, ArmValue, Estimates, arm_value, estimate, thinking_pays_after_failure
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS, PolicyWeights

UNSEEN = "No tool here can check this"
ASKED = ", so you are asked before it is applied."
CANNOT = "This model does not think: a checked attempt and one retry instead."
TOO_SLOW = "The model did not think: at its speed, a thought would not fit into the deadline."
_FAILED_TWICE = 2
EXPLORED_SHARE = 0.01  # of the decisions in which both modes have nearly the same value (chosen)
MAY_EXPLORE = (
    f"Both modes are worth about the same here, so 1 in {1 / EXPLORED_SHARE:.0f} such actions takes the other one "
    "(assist.explore)."
)


@frozen(kw_only=True)
class ThinkDecision:
    """The decision about a request. ``policy`` is for the first attempt; ``arms`` and ``estimates`` are the numbers
    behind it, empty if a rule decided. ``choice`` is the mode that the policy takes, or would have taken without
    exploration."""

    policy: ThinkPolicy
    signals: Signals
    weights: PolicyWeights = SHIPPED_WEIGHTS
    estimates: Estimates | None = None
    arms: tuple[ArmValue, ...] = ()
    choice: ThinkMode = ThinkMode.OFF
    thinks_after_failure: bool = True  # whether thinking is worth its time after quick attempts have failed
    is_close: bool = False  # whether both modes have nearly the same value, so that exploration may change it

    @property
    def rule_id(self) -> str:
        """The id of the rule that decided."""
        return self.policy.rule_id

    @property
    def sentence(self) -> str:
        """The reason, for the user."""
        return self.policy.sentence

    @property
    def features(self) -> Mapping[str, float]:
        """The features that are not 0, by name."""
        values = zip(FEATURES, feature_vector(self.signals, self.weights.judge_score), strict=True)
        return MappingProxyType({name: value for name, value in values if value})

    def best(self, *, thinks_first: bool) -> ArmValue | None:
        """The best arm whose first attempt does or does not think."""
        found = [arm for arm in self.arms if arm.thinks_first is thinks_first]
        return max(found, key=lambda arm: arm.value, default=None)


@frozen
class _Deciding:
    """The inputs of one decision, and its intermediate results."""

    signals: Signals
    capability: Capability
    weights: PolicyWeights
    estimates: Estimates | None = None
    arms: tuple[ArmValue, ...] = ()
    pays_after_failure: bool = True
    choice: ThinkMode = field(default=ThinkMode.OFF)
    is_close: bool = False  # the values of both modes differ by no more than ``least_gain``

    @property
    def can_think(self) -> bool:
        """Whether the model can think, and a thought fits into the deadline."""
        return self.capability.can_on and bool(low_budget(self.signals, self.capability))

    @property
    def is_worth_it(self) -> bool:
        """Whether thinking is worth its time, at once or after failed attempts."""
        return self.choice is ThinkMode.ON or self.pays_after_failure

    def decision(self, policy: ThinkPolicy, *, thinks_after_failure: bool | None = None) -> ThinkDecision:
        after = self.pays_after_failure if thinks_after_failure is None else thinks_after_failure
        return ThinkDecision(
            policy=policy,
            signals=self.signals,
            weights=self.weights,
            estimates=self.estimates,
            arms=self.arms,
            choice=self.choice,
            thinks_after_failure=after,
            is_close=self.is_close and policy.source == "value",
        )

    def off(self, rule_id: str, sentence: str, source: Source, *, escalates: bool = True) -> ThinkDecision:
        """A first attempt without thinking."""
        policy = ThinkPolicy(
            mode=ThinkMode.OFF,
            deadline_ms=self.signals.cost.deadline_ms,
            escalate="on_check_failure" if escalates else "never",
            source=source,
            rule_id=rule_id,
            sentence=sentence,
        )
        return self.decision(policy)

    def on(self, rule_id: str, sentence: str, source: Source, *, is_deep: bool = False) -> ThinkDecision:
        """A first attempt that thinks, if the model can think and is fast enough."""
        if not self.capability.can_on:
            return self.off(f"{rule_id}-cannot", CANNOT, source)
        budget = (deep_budget if is_deep else low_budget)(self.signals, self.capability)
        if not budget:
            return self.off(f"{rule_id}-too-slow", TOO_SLOW, source)
        policy = ThinkPolicy(
            mode=ThinkMode.ON,
            budget_tokens=budget,
            effort=effort_of(budget),
            deadline_ms=self.signals.cost.deadline_ms,
            source=source,
            rule_id=rule_id,
            sentence=sentence,
        )
        return self.decision(policy, thinks_after_failure=True)


def decide(
    signals: Signals,
    *,
    override: ThinkMode | None = None,
    capability: Capability,
    weights: PolicyWeights = SHIPPED_WEIGHTS,
    explore: float = 1.0,
) -> ThinkDecision:
    """The think decision for ``signals``. ``override`` is the user's choice. ``explore`` is a random number from 0 to
    1: below ``EXPLORED_SHARE`` a close decision takes the other mode; 1 never explores."""
    decision = _decide(signals, override, capability, weights, explore)
    if not signals.is_blind or signals.kind in KEYSTROKES:
        return decision
    sentence = f"{decision.sentence} {UNSEEN}{ASKED if signals.is_asked else '.'}"
    return evolve(decision, policy=evolve(decision.policy, sentence=sentence))


def _decide(
    signals: Signals, override: ThinkMode | None, capability: Capability, weights: PolicyWeights, explore: float
) -> ThinkDecision:
    made = _Deciding(signals, capability, weights)
    if signals.kind in KEYSTROKES:
        return made.off(
            "keystroke",
            "The model did not think: a suggestion never waits for it.",
            "rule",
            escalates=False,
        )
    if override is ThinkMode.OFF:
        return made.off("user-off", "The model did not think: you asked for a fast answer.", "user", escalates=False)
    made = _weighed(made)
    if override is ThinkMode.ON:
        return made.on("user-on", "The model thought because you asked for it.", "user", is_deep=True)
    if signals.kind is RequestKind.RENAME:
        return made.off("rename", "The model did not think: a new name does not need it.", "rule")
    if signals.history.failures >= _FAILED_TWICE and made.can_think and made.is_worth_it:
        return made.on("failed-twice", f"The model thought: attempts here had failed before. {_reason(made)}", "rule")
    if capability.judges and capability.can_auto and weights.follows_judge:
        return _judged(made)
    return _by_value(made, is_explored=made.is_close and explore < EXPLORED_SHARE)


def _weighed(made: _Deciding) -> _Deciding:
    """``made`` with the value of each arm. A model that cannot think in time has only arms of quick attempts."""
    signals, weights = made.signals, made.weights
    estimates = estimate(signals, weights, budget_tokens=low_budget(signals, made.capability))
    patience_s = signals.cost.patience_s
    arms = tuple(arm_value(steps, estimates, weights, patience_s=patience_s) for steps in ARMS)
    arms = tuple(arm for arm in arms if made.can_think or not arm.thinks)
    best = {
        first: max((arm.value for arm in arms if arm.thinks_first is first), default=None) for first in (False, True)
    }
    quick, thought = best[False] or 0.0, best[True]
    margin = weights.least_gain * (-1 if signals.history.last_thought else 1)
    thinks = thought is not None and thought - quick > margin
    return evolve(
        made,
        estimates=estimates,
        arms=arms,
        pays_after_failure=thinking_pays_after_failure(estimates, patience_s=patience_s),
        choice=ThinkMode.ON if thinks else ThinkMode.OFF,
        is_close=thought is not None and abs(thought - quick) <= weights.least_gain,
    )


def _judged(made: _Deciding) -> ThinkDecision:
    policy = ThinkPolicy(
        mode=ThinkMode.AUTO,
        budget_tokens=low_budget(made.signals, made.capability),
        deadline_ms=made.signals.cost.deadline_ms,
        source="model",
        rule_id="model-judges",
        sentence="The model decided by itself whether to think.",
    )
    return made.decision(policy)


def _by_value(made: _Deciding, *, is_explored: bool) -> ThinkDecision:
    if not made.capability.can_on:
        return made.off("cannot-think", CANNOT, "rule")
    if not low_budget(made.signals, made.capability):
        return made.off("too-slow", TOO_SLOW, "rule")
    if is_explored:
        to_think = made.choice is not ThinkMode.ON
        verb = "thought" if to_think else "did not think"
        sentence = f"The model {verb}, to keep both modes measured (assist.explore): both were worth about the same."
        return made.on("explored", sentence, "value") if to_think else made.off("explored", sentence, "value")
    if made.choice is ThinkMode.ON:
        return made.on("worth-thinking", f"The model thought. {_reason(made)}", "value")
    return made.off("not-worth-thinking", f"The model did not think. {_reason(made)}", "value")


def _reason(made: _Deciding) -> str:
    """The numbers of a decision as a sentence."""
    expected = made.estimates
    assert expected is not None  # noqa: S101 - set by _weighed
    more_s = expected.on_seconds - expected.off_seconds
    off, on = (f"{100 * share:.0f} %" for share in (expected.off, expected.on))
    if made.choice is ThinkMode.ON or made.signals.history.failures >= _FAILED_TWICE:
        return f"With thinking an answer is {on} likely to be right, without {off}; it takes about {more_s:.0f} s more."
    return f"A quick answer is {off} likely to be right; with thinking it is {on}, about {more_s:.0f} s later."
