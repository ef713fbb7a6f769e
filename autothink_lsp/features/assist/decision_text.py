"""Formats the numbers of a think decision: for the action's document, ``fix --why`` and ``--json``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autothink_lsp.features.assist.actions import Attempt
from autothink_lsp.thinking.mode import ThinkMode
from autothink_lsp.thinking.policy import UNSEEN, ThinkDecision
from autothink_lsp.thinking.utility import ArmValue

_STEPS = {"quick": "quick", "retry": "retry", "think-low": "think", "think-medium": "think longer"}
_OTHER = {True: "not to think", False: "to think"}  # the model's action -> the policy's choice
_FEATURES = {
    "kind_describing": "the code keeps its behaviour",
    "kind_refactor": "a refactoring",
    "kind_words": "a change in your words",
    "family_trivial": "a message about a detail",
    "family_local": "a message that is fixed where it is reported",
    "family_type": "a message about types or None",
    "family_logic": "a message about what the code does",
    "log_lines": "length of the function",
    "branching": "branches and loops",
    "rewritten_branching": "branches and loops that are rewritten",
    "concurrent": "concurrent code",
    "edit_size": "size of the edit",
    "functions_touched": "several functions",
    "hard_words": "words that announce a hard change",
    "related_elsewhere": "the message names other places",
    "failed_before": "attempts here have failed",
    "judge": "the model's judgement here, or the score distilled from judgements",
}


_IN_ADVANCE = {"thought": "would think", "did not think": "would not think", "decided": "would decide"}


def reason_for(decision: ThinkDecision, attempts: Sequence[Attempt]) -> str:
    """A sentence for the user why the model thought or not, according to what it did, not to what was requested."""
    asked = [attempt for attempt in attempts if attempt.outcome is not None]
    if not asked:
        return decision.sentence
    first = _first_reason(decision, asked[0])
    thought = [attempt for attempt in asked if attempt.outcome is not None and attempt.outcome.effective == "on"]
    if thought and asked[0] is not thought[0]:
        failure = asked[0].result.removeprefix("Failed: ")
        return f"The model thought because the quick attempt failed: {failure}"
    if len(asked) > 1:
        return f"{first} The first attempt failed its check, so the model tried again with the reason."
    return first


def in_advance(reason: str) -> str:
    """The sentence of a decision as a prediction, for ``fix --why``, which asks no model."""
    for past, conditional in _IN_ADVANCE.items():
        reason = reason.replace(f"The model {past}", f"The model {conditional}")
    return reason


def _first_reason(decision: ThinkDecision, first: Attempt) -> str:
    """The reason of the first attempt, corrected by the model's actual mode."""
    outcome = first.outcome
    if outcome is None:
        return decision.sentence
    thought = outcome.effective == "on"
    tail = decision.sentence.partition(f" {UNSEEN}")
    unseen = "".join(tail[1:])
    if decision.policy.mode is ThinkMode.AUTO:
        judged = "and thought." if thought else "and did not think."
        is_agreed = (decision.choice is ThinkMode.ON) == thought
        policy = "" if is_agreed else f" (The policy would have chosen {_OTHER[thought]}.)"
        return f"The model decided by itself {judged}{policy}{unseen}"
    if decision.policy.mode is ThinkMode.OFF and thought:
        return f"The model thought although it was asked not to: it or its server cannot turn thinking off.{unseen}"
    if decision.policy.mode is ThinkMode.ON and not thought:
        return f"The model did not think although it was asked to.{unseen}"
    return decision.sentence


def decision_lines(decision: ThinkDecision) -> tuple[str, ...]:
    """The decision as lines of Markdown: the expectation, the ways to answer, and the features that contributed."""
    expected = decision.estimates
    if expected is None:
        return ()
    signals = decision.signals
    foreseen = "unknown" if signals.foreseen_evidence is None else signals.foreseen_evidence.value
    lines = [
        (
            f"Expected to be right: {_percent(expected.off)} without thinking, {_percent(expected.on)} with. "
            f"A wrong edit would be noticed in {_percent(expected.noticed)} (strongest check here: {foreseen})."
        ),
        (
            f"One attempt: {expected.off_seconds:.0f} s without thinking, {expected.on_seconds:.0f} s with; "
            f"{signals.cost.patience_s:.0f} s of waiting are worth a right edit (assist.patience_s)."
        ),
    ]
    if decision.policy.mode is ThinkMode.AUTO:
        lines.append(f"The model judges itself; without its judgement it would be: {decision.choice.value}.")
    lines += ["", "| attempts, each after a failed check | value | right | wrong, unseen | seconds | tokens |"]
    lines.append("|---|--:|--:|--:|--:|--:|")
    for arm in sorted(decision.arms, key=lambda arm: -arm.value):
        lines.append(
            f"| {_named(arm)} | {arm.value:.2f} | {_percent(arm.right)} | {_percent(arm.wrong_unseen)} "
            f"| {arm.seconds:.0f} | {arm.tokens:.0f} |"
        )
    counted = "; ".join(f"{_FEATURES[name]} {value:.2f}" for name, value in decision.features.items())
    lines += ["", f"What counted: {counted or 'nothing special'}. Weights: {decision.weights.source}."]
    return tuple(lines)


def decision_report(decision: ThinkDecision) -> dict[str, Any]:
    """The decision as plain values, for JSON."""
    expected = decision.estimates
    report: dict[str, Any] = {
        "mode": decision.policy.mode.value,
        "rule": decision.rule_id,
        "sentence": decision.sentence,
        "budget_tokens": decision.policy.budget_tokens,
        "choice": decision.choice.value,
        "features": {name: round(value, 3) for name, value in decision.features.items()},
        "weights": decision.weights.source,
    }
    if expected is not None:
        report |= {
            "right_off": round(expected.off, 3),
            "right_on": round(expected.on, 3),
            "noticed": round(expected.noticed, 3),
            "arms": [
                {
                    "steps": list(arm.steps),
                    "value": round(arm.value, 3),
                    "right": round(arm.right, 3),
                    "wrong_unseen": round(arm.wrong_unseen, 3),
                    "seconds": round(arm.seconds, 1),
                    "tokens": round(arm.tokens),
                }
                for arm in decision.arms
            ],
        }
    return report


def _named(arm: ArmValue) -> str:
    return " → ".join(_STEPS.get(step, step) for step in arm.steps)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
