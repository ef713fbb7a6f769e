"""Whether to think, decided before the model is asked.

The order: a hard rule, the user's word, the other rules, the score, and between "surely" and "surely not" the model's
own judgement, if it was trained to judge. What the check of the quick attempt says comes later (``escalation.py``).
"""

from __future__ import annotations

from attrs import frozen

from autothink_lsp.thinking.budget import deep_budget, effort_of, low_budget
from autothink_lsp.thinking.calibration import Calibration
from autothink_lsp.thinking.rules import matching_rule
from autothink_lsp.thinking.score import score
from autothink_lsp.thinking.signals import KEYSTROKES, Capability, Signals
from autothink_lsp.thinking.values import Source, ThinkMode, ThinkPolicy

CANNOT = "This model does not think: a checked attempt and one retry instead."


@frozen
class Decision:
    """``policy`` is for the first request. ``score`` is ``None`` where it was not needed."""

    policy: ThinkPolicy
    signals: Signals
    score: float | None = None

    @property
    def rule_id(self) -> str:
        return self.policy.rule_id

    @property
    def sentence(self) -> str:
        return self.policy.sentence


def decide(
    signals: Signals,
    *,
    override: ThinkMode | None = None,
    capability: Capability,
    calibration: Calibration | None = None,
) -> Decision:
    """Always a decision. A keystroke is always off."""
    calibration = calibration or Calibration()
    if signals.kind in KEYSTROKES:
        return _off(signals, "keystroke", "Did not think: a keystroke never does.", "rule", escalates=False)
    if override is ThinkMode.OFF:
        return _off(signals, "user-off", "Did not think: you asked for a fast answer.", "user", escalates=False)
    if override is ThinkMode.ON:
        return _on(signals, capability, "user-on", "Thinks because you asked for it.", "user", deep=True)
    rule = matching_rule(signals)
    if rule is not None:
        if rule.decides == "off":
            return _off(signals, rule.id, rule.sentence, "rule")
        return _on(signals, capability, rule.id, rule.sentence, "rule")
    return _by_score(signals, capability, calibration)


def _by_score(signals: Signals, capability: Capability, calibration: Calibration) -> Decision:
    value = score(signals)
    threshold = calibration.threshold
    if signals.history.last_thought is not None:
        threshold += calibration.hysteresis * (-1 if signals.history.last_thought else 1)
    if capability.judges and capability.can_auto and abs(value - threshold) <= calibration.grey:
        policy = ThinkPolicy(
            mode=ThinkMode.AUTO,
            budget_tokens=low_budget(signals, capability),
            deadline_ms=signals.cost.deadline_ms,
            source="model",
            rule_id="model-judges",
            sentence="The model decided by itself whether to think.",
        )
        return Decision(policy, signals, value)
    if value > threshold:
        return _on(signals, capability, "score-high", "Thinks: this looks hard.", "score", value=value)
    return _off(signals, "score-low", "Did not think: a quick attempt is checked first.", "score", value=value)


def _off(
    signals: Signals, rule_id: str, sentence: str, source: Source, *, escalates: bool = True, value: float | None = None
) -> Decision:
    policy = ThinkPolicy(
        mode=ThinkMode.OFF,
        deadline_ms=signals.cost.deadline_ms,
        escalate="on_check_failure" if escalates else "never",
        source=source,
        rule_id=rule_id,
        sentence=sentence,
    )
    return Decision(policy, signals, value)


def _on(
    signals: Signals,
    capability: Capability,
    rule_id: str,
    sentence: str,
    source: Source,
    *,
    deep: bool = False,
    value: float | None = None,
) -> Decision:
    budget = deep_budget(signals, capability) if deep else low_budget(signals, capability)
    if not capability.can_on:
        return _off(signals, f"{rule_id}-cannot", CANNOT, source, value=value)
    if not budget:
        slow = "Did not think: at this model's speed a thought would not fit into the deadline."
        return _off(signals, f"{rule_id}-too-slow", slow, source, value=value)
    policy = ThinkPolicy(
        mode=ThinkMode.ON,
        budget_tokens=budget,
        effort=effort_of(budget),
        deadline_ms=signals.cost.deadline_ms,
        source=source,
        rule_id=rule_id,
        sentence=sentence,
    )
    return Decision(policy, signals, value)
