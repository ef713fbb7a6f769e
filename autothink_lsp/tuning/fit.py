"""Fits the weights of the think policy to observed outcomes, in pure Python.

    logit P(off) = off_bias + off_weights · x
    logit P(on)  = logit P(off) + on_bias + on_weights · x

All attempts together determine the difficulty of a request, which both modes share; the advantage of thinking has
weights of its own. The prior is the shipped policy. Labels are soft: a wrong edit that parses gets a higher label than
an answer without an edit. Afterwards the level of the probabilities is fitted to the right edits alone.

The posterior is Gaussian. Its covariance is the cluster-robust "sandwich" estimate (the curvature, and the scores
summed by task), because the attempts at one task are correlated: a task that is hard without thinking is often hard
with it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from attrs import evolve, field, frozen

from autothink_lsp.thinking.features import FEATURES, feature_vector, sigmoid
from autothink_lsp.thinking.utility import QUICK, RETRY, THINK_LOW
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS, Knots, PolicyWeights
from autothink_lsp.tuning.judge_student import judge_student
from autothink_lsp.tuning.outcomes import TaskOutcome
from autothink_lsp.tuning.regression import SparseRow, Vector, cholesky, dot, mode_and_precision, shift_of, solve
from autothink_lsp.verify.evidence import ForeseenEvidence

_COUNT = 1 + len(FEATURES)
# Standard deviations of the prior around the shipped weights (chosen by the simulated worlds).
_OFF_BIAS_SD, _OFF_SD, _ON_BIAS_SD, _ON_SD = 1.5, 1.0, 1.0, 1.2
_SCALAR_SD = 0.7
_NOTICED_PRIOR = 12.0  # the number of observed wrong edits that weighs as much as the shipped share
CALIBRATED_FROM = 200  # the least number of outcomes of a mode for a calibration of its probabilities
_BLOCK = 25  # the least number of outcomes for one knot of the calibration


@frozen
class Posterior:
    """The fitted weights and their uncertainty, as lower Cholesky factors of the curvature and of the sum of squared
    scores."""

    weights: PolicyWeights
    mean: Vector = field(repr=False)
    curvature: list[Vector] = field(repr=False)
    scores: list[Vector] = field(repr=False)
    count: int = 0

    def sample(self, source: random.Random) -> PolicyWeights:
        """Weights drawn from the posterior."""
        noise = [source.gauss(0.0, 1.0) for _ in self.mean]
        score = [sum(a * b for a, b in zip(row, noise, strict=False)) for row in self.scores]
        shift = solve(self.curvature, score)
        return _with_vector(self.weights, [a + b for a, b in zip(self.mean, shift, strict=True)])

    def deviations(self) -> Vector:
        """The standard deviation of each weight."""
        size = len(self.mean)
        columns = [solve(self.curvature, [self.scores[i][j] if j <= i else 0.0 for i in range(size)])
                   for j in range(size)]  # fmt: skip
        return [math.sqrt(sum(column[i] * column[i] for column in columns)) for i in range(size)]


def fit(outcomes: Sequence[TaskOutcome], prior: PolicyWeights = SHIPPED_WEIGHTS) -> Posterior:
    """The posterior after ``outcomes``; the prior if there are none.

    If the outcomes contain judgements of the model, the fitted policy uses the score distilled from them instead of the
    judgement.
    """
    student = judge_student(outcomes)
    if student is not None:
        prior = evolve(prior, judge_score=student.score, follows_judge=False)
    rows: list[tuple[SparseRow, float, bool, bool]] = []  # features, label, right, whether it thought
    tasks: list[list[tuple[SparseRow, float]]] = []
    for outcome in outcomes:
        x = feature_vector(outcome.signals, prior.judge_score)
        tasks.append([])
        for step, thinks in ((QUICK, False), (THINK_LOW, True)):
            attempt = outcome.attempt(step)
            if attempt is not None:
                row = _row(x, thinks=thinks)
                rows.append((row, attempt.label, attempt.is_right, thinks))
                tasks[-1].append((row, attempt.label))
    mean0 = [prior.off_bias, *prior.off_weights, prior.on_bias, *prior.on_weights]
    deviations = [_OFF_BIAS_SD, *[_OFF_SD] * len(FEATURES), _ON_BIAS_SD, *[_ON_SD] * len(FEATURES)]
    precision0 = [1 / (deviation * deviation) for deviation in deviations]
    mean, curvature = mode_and_precision([(row, label) for row, label, _, _ in rows], mean0, precision0)
    scores = _scores(tasks, mean, precision0)
    hard = {
        thinks: [(dot(row, mean), float(right)) for row, _, right, thought in rows if thought is thinks]
        for thinks in (False, True)
    }
    off_shift = shift_of(hard[False], 0.0, _OFF_BIAS_SD)
    on_shift = shift_of([(value + off_shift, right) for value, right in hard[True]], 0.0, _ON_BIAS_SD)
    mean[0] += off_shift
    mean[_COUNT] += on_shift
    weights = _with_vector(prior, mean)
    weights = evolve(weights, **_after_failure(outcomes, weights, prior), **_noticed(outcomes, prior))
    for name, thinks, shift in (("off_calibration", False, off_shift), ("on_calibration", True, off_shift + on_shift)):
        if len(hard[thinks]) >= CALIBRATED_FROM:
            knots = isotonic([(sigmoid(value + shift), right) for value, right in hard[thinks]])
            weights = evolve(weights, **{name: knots})
    return Posterior(weights, mean, curvature, scores, len(outcomes))


def isotonic(pairs: Sequence[tuple[float, float]]) -> Knots:
    """The isotonic calibration of (predicted, observed) pairs: blocks of at least ``_BLOCK`` pairs, pooled until the
    observed shares increase."""
    ordered = sorted(pairs)
    blocks: list[list[float]] = []  # count, sum of predicted, sum of observed
    for first in range(0, len(ordered), _BLOCK):
        part = ordered[first : first + _BLOCK]
        blocks.append([float(len(part)), sum(one for one, _ in part), sum(one for _, one in part)])
        while len(blocks) > 1 and (blocks[-1][0] < _BLOCK or _seen(blocks[-2]) >= _seen(blocks[-1])):
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    return tuple((predicted / count, _seen([count, predicted, observed])) for count, predicted, observed in blocks)


def _seen(block: Sequence[float]) -> float:
    """The observed share with one added outcome of each kind, so that a block of right edits alone does not give
    certainty."""
    count, _, observed = block
    return (observed + 1) / (count + 2)


def _row(x: Sequence[float], *, thinks: bool) -> SparseRow:
    row = [(0, 1.0), *((1 + index, value) for index, value in enumerate(x) if value)]
    return row + [(_COUNT + index, value) for index, value in row] if thinks else row


def _with_vector(weights: PolicyWeights, vector: Sequence[float]) -> PolicyWeights:
    return evolve(
        weights,
        off_bias=vector[0],
        off_weights=tuple(vector[1:_COUNT]),
        on_bias=vector[_COUNT],
        on_weights=tuple(vector[_COUNT + 1 :]),
    )


def _scores(tasks: Sequence[Sequence[tuple[SparseRow, float]]], mean: Vector, precision0: Vector) -> list[Vector]:
    """The Cholesky factor of the prior's precision, followed by the scores summed by task."""
    size = len(mean)
    total = [[precision0[i] if i == j else 0.0 for j in range(i + 1)] for i in range(size)]
    for task in tasks:
        score: dict[int, float] = {}
        for row, label in task:
            residual = label - sigmoid(dot(row, mean))
            for index, value in row:
                score[index] = score.get(index, 0.0) + residual * value
        for index, value in score.items():
            line = total[index]
            for other, second in score.items():
                if other <= index:
                    line[other] += value * second
    return cholesky(total)


def _after_failure(outcomes: Sequence[TaskOutcome], weights: PolicyWeights, prior: PolicyWeights) -> dict[str, float]:
    """The fitted biases of a retry and of a thought that follow a wrong quick attempt."""
    retries, thoughts = list[tuple[float, float]](), list[tuple[float, float]]()
    for outcome in outcomes:
        x = feature_vector(outcome.signals, weights.judge_score)
        off = weights.off_bias + sum(a * b for a, b in zip(weights.off_weights, x, strict=True))
        on = off + weights.on_bias + sum(a * b for a, b in zip(weights.on_weights, x, strict=True))
        quick, retry, thought = (outcome.attempt(step) for step in (QUICK, RETRY, THINK_LOW))
        if quick is None or quick.is_right:
            continue
        if retry is not None:
            retries.append((off, float(retry.is_right)))
        if thought is not None:
            thoughts.append((on, float(thought.is_right)))
    return {
        "retry_bias": shift_of(retries, prior.retry_bias, _SCALAR_SD),
        "after_failure": shift_of(thoughts, prior.after_failure, _SCALAR_SD),
    }


def _noticed(outcomes: Sequence[TaskOutcome], prior: PolicyWeights) -> dict[str, float]:
    """The fitted shares of wrong edits that this project's checks notice, and of the thinking budget that is used."""
    counts: dict[str, list[int]] = {}
    for outcome in outcomes:
        foreseen = outcome.signals.foreseen_evidence
        x = dict(zip(FEATURES, feature_vector(outcome.signals), strict=True))
        is_logic = not outcome.signals.families or x["family_logic"] > 0
        name = _NOTICED_BY.get(foreseen) if foreseen is not None else None
        if is_logic and foreseen is not ForeseenEvidence.TESTS and name is not None:
            name = "noticed_logic"
        for attempt in outcome.attempts:
            if name is not None and attempt.step in {QUICK, THINK_LOW} and not attempt.is_right:
                seen = counts.setdefault(name, [0, 0])
                seen[0] += attempt.noticed
                seen[1] += 1
    return {
        name: (seen + _NOTICED_PRIOR * getattr(prior, name)) / (count + _NOTICED_PRIOR)
        for name, (seen, count) in counts.items()
    }


_NOTICED_BY = {
    ForeseenEvidence.TESTS: "noticed_by_tests",
    ForeseenEvidence.SAME_TOOL: "noticed_by_same_tool",
    ForeseenEvidence.OTHER_TOOL: "noticed_by_other_tool",
    ForeseenEvidence.PARSE: "noticed_by_parse",
}
