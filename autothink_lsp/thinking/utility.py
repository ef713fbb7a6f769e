"""The expected value of each way to answer a request.

An *arm* is a sequence of attempts (rungs of the ladder), each made only if the checks noticed that the one before was
wrong:

    value = P(right) - unseen_loss * P(wrong and unseen) - seconds / patience

A right edit has the value 1; seconds are the user's waiting time at the measured speeds of this model. Pure.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from attrs import frozen

from autothink_lsp.thinking.features import family_group, feature_vector, logit, sigmoid
from autothink_lsp.thinking.signals import ModeRecord, Signals
from autothink_lsp.thinking.weights import Knots, PolicyWeights
from autothink_lsp.verify.evidence import ForeseenEvidence

QUICK, RETRY, THINK_LOW, THINK_MEDIUM = "quick", "retry", "think-low", "think-medium"
ARMS: tuple[tuple[str, ...], ...] = (
    (QUICK,),
    (QUICK, RETRY),
    (QUICK, THINK_LOW),
    (QUICK, RETRY, THINK_LOW),
    (QUICK, RETRY, THINK_LOW, THINK_MEDIUM),
    (THINK_LOW,),
    (THINK_LOW, THINK_MEDIUM),
)
DEFAULT_DECODE_TOKENS_PER_S = 30.0  # before the first measurement (chosen)
_LEAST_DECODE_TOKENS_PER_S = 0.1  # keeps the seconds of a nearly stopped server finite
_LEAST_ANSWER_TOKENS, _MOST_ANSWER_TOKENS = 40, 800
_RECORD_PRIOR = 12.0  # the number of a model's edits that weighs as much as the expectation (chosen)
_MOST_RECORD_SHIFT = 1.0  # limit in log odds


@frozen(kw_only=True)
class Estimates:
    """The estimates for one request. Probabilities are those of a right edit, except ``noticed``: the probability that
    a wrong edit fails a check. Seconds and tokens are of one attempt."""

    off: float
    on: float
    retry: float  # after a quick attempt that failed a check
    on_after_failure: float
    off_after_thinking: float
    noticed: float
    off_seconds: float
    on_seconds: float
    answer_tokens: float
    thinking_tokens: float

    def right(self, step: str, before: Sequence[str]) -> float:
        """P(right) of ``step`` after the failed steps ``before``."""
        if step == RETRY:
            return self.retry
        if step == QUICK:
            return self.off_after_thinking if before else self.off
        return self.on_after_failure if before else self.on

    def seconds(self, step: str) -> float:
        """The seconds of one attempt; think-medium has twice the budget of think-low."""
        if step == THINK_MEDIUM:
            return 2 * self.on_seconds - self.off_seconds
        return self.on_seconds if step == THINK_LOW else self.off_seconds

    def tokens(self, step: str) -> float:
        """The generated tokens of one attempt."""
        factor = {THINK_LOW: 1.0, THINK_MEDIUM: 2.0}.get(step, 0.0)
        return self.answer_tokens + factor * self.thinking_tokens


@frozen(kw_only=True)
class ArmValue:
    """An arm with its expected value, and what the value consists of."""

    steps: tuple[str, ...]
    value: float
    right: float
    wrong_unseen: float
    seconds: float
    tokens: float

    @property
    def thinks_first(self) -> bool:
        """Whether the first attempt of the arm thinks."""
        return self.steps[0].startswith("think")

    @property
    def thinks(self) -> bool:
        """Whether an attempt of the arm thinks."""
        return any(step.startswith("think") for step in self.steps)


def estimate(signals: Signals, weights: PolicyWeights, *, budget_tokens: int) -> Estimates:
    """The estimates of a request. ``budget_tokens`` is the thinking budget that it would get."""
    x = feature_vector(signals, weights.judge_score)
    off = weights.off_bias + _dot(weights.off_weights, x)
    on = off + weights.on_bias + _dot(weights.on_weights, x)
    off, on = _with_record(off, signals.record.off), _with_record(on, signals.record.on)
    off = logit(calibrated(sigmoid(off), weights.off_calibration))
    on = logit(calibrated(sigmoid(on), weights.on_calibration))
    cost = signals.cost
    speed = max(cost.decode_tokens_per_s or DEFAULT_DECODE_TOKENS_PER_S, _LEAST_DECODE_TOKENS_PER_S)
    answer_tokens = float(min(_MOST_ANSWER_TOKENS, max(_LEAST_ANSWER_TOKENS, signals.expected_tokens)))
    expected = weights.thinking_share * budget_tokens
    measured = signals.record.thinking_tokens
    thinking_tokens = expected if measured is None else min(float(budget_tokens), measured)
    off_seconds = (cost.first_token_s or 0.0) + answer_tokens / speed
    return Estimates(
        off=sigmoid(off),
        on=sigmoid(on),
        retry=sigmoid(off + weights.retry_bias),
        on_after_failure=sigmoid(on + weights.after_failure),
        off_after_thinking=sigmoid(off + weights.after_failure),
        noticed=noticed(signals, weights),
        off_seconds=off_seconds,
        on_seconds=off_seconds + thinking_tokens / speed,
        answer_tokens=answer_tokens,
        thinking_tokens=thinking_tokens,
    )


def noticed(signals: Signals, weights: PolicyWeights) -> float:
    """The probability that the checks that are possible here notice a wrong edit."""
    seen = {
        ForeseenEvidence.TESTS: weights.noticed_by_tests,
        ForeseenEvidence.SAME_TOOL: weights.noticed_by_same_tool,
        ForeseenEvidence.OTHER_TOOL: weights.noticed_by_other_tool,
        ForeseenEvidence.PARSE: weights.noticed_by_parse,
    }
    foreseen = signals.foreseen_evidence
    found = 0.0 if foreseen is None else seen.get(foreseen, 0.0)
    is_logic = not signals.families or family_group(signals.families) == "family_logic"
    return min(found, weights.noticed_logic) if is_logic and foreseen is not ForeseenEvidence.TESTS else found


def arm_value(steps: tuple[str, ...], estimates: Estimates, weights: PolicyWeights, *, patience_s: float) -> ArmValue:
    """The expected value of the attempts ``steps``."""
    reached, right, unseen, seconds, tokens = 1.0, 0.0, 0.0, 0.0, 0.0
    for number, step in enumerate(steps):
        good = estimates.right(step, steps[:number])
        seconds += reached * estimates.seconds(step)
        tokens += reached * estimates.tokens(step)
        right += reached * good
        unseen += reached * (1 - good) * (1 - estimates.noticed)
        reached *= (1 - good) * estimates.noticed
    value = right - weights.unseen_loss * unseen - seconds / max(1.0, patience_s)
    return ArmValue(steps=steps, value=value, right=right, wrong_unseen=unseen, seconds=seconds, tokens=tokens)


def thinking_pays_after_failure(estimates: Estimates, *, patience_s: float) -> bool:
    """Whether thinking is worth its time after quick attempts have failed. The alternative is no edit at all. An edit
    that is not proved is shown before it is applied, so a wrong one costs nothing here."""
    return estimates.on_after_failure > estimates.seconds(THINK_LOW) / max(1.0, patience_s)


def calibrated(probability: float, knots: Knots) -> float:
    """``probability`` mapped by a piecewise linear calibration; unchanged if there is none."""
    if not knots:
        return probability
    if probability <= knots[0][0]:
        return knots[0][1]
    for (low, seen_low), (high, seen_high) in itertools.pairwise(knots):
        if probability <= high:
            share = (probability - low) / (high - low) if high > low else 1.0
            return seen_low + share * (seen_high - seen_low)
    return knots[-1][1]


def _with_record(value: float, record: ModeRecord) -> float:
    """Log odds shifted by the outcomes of this model's edits, by at most ``_MOST_RECORD_SHIFT``."""
    count = record.good + record.bad
    if not count:
        return value
    expected = record.expected / count
    seen = (record.good + _RECORD_PRIOR * expected) / (count + _RECORD_PRIOR)
    return value + max(-_MOST_RECORD_SHIFT, min(_MOST_RECORD_SHIFT, logit(seen) - logit(expected)))


def _dot(weights: Sequence[float], x: Sequence[float]) -> float:
    return sum(weight * number for weight, number in zip(weights, x, strict=True))
