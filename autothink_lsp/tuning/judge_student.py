"""Distils the judgements of a model into a score for requests and models without a judge.

The score is a ridge regression of the judge's log odds on the features. A judge can be systematically wrong, so its
judgements do not determine what the score is worth: the weight of the score for a right edit without thinking, and its
weight for the advantage of thinking, are fitted to the outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, field, frozen

from autothink_lsp.thinking.features import FEATURES, feature_vector, logit
from autothink_lsp.thinking.utility import QUICK, THINK_LOW
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS, PolicyWeights
from autothink_lsp.tuning.outcomes import TaskOutcome
from autothink_lsp.tuning.regression import SparseRow, Vector, cholesky, mode_and_precision, solve

LEAST_JUDGED = 20
LEAST_TO_SHARE = 100  # judgements for a score that other models use too (simulated: 100 to 200 are enough)
LEAST_AUC_TO_SHARE = 0.7  # (chosen)
_JUDGE = FEATURES.index("judge")
_RIDGE = 1.0
_MOST_LOG_ODDS = 4.0
_BIAS_SD, _SCALE_SD = 1.5, 1.0
_FIXED = 1e9  # the prior precision of a weight that is not fitted


@frozen(kw_only=True)
class JudgeStudent:
    """``score`` is a bias and a weight for each feature. ``agreement`` (the share of equal decisions) and ``auc`` (the
    share of pairs in the judge's order; 0.5 is chance) are measured on tasks that the score was not fitted to."""

    score: tuple[float, ...] = field(repr=False)
    labels: int
    agreement: float
    auc: float

    @property
    def can_be_shared(self) -> bool:
        """Whether the score is good enough for other models."""
        return self.labels >= LEAST_TO_SHARE and self.auc >= LEAST_AUC_TO_SHARE


def judge_student(outcomes: Sequence[TaskOutcome]) -> JudgeStudent | None:
    """The score fitted to the judged tasks; ``None`` if there are fewer than ``LEAST_JUDGED``."""
    judged = [
        (feature_vector(one.signals), max(-_MOST_LOG_ODDS, min(_MOST_LOG_ODDS, logit(one.judge))))
        for one in outcomes
        if one.judge is not None
    ]
    if len(judged) < LEAST_JUDGED:
        return None
    held_out: list[tuple[float, float]] = []
    for half in (0, 1):
        weights = _ridge([one for place, one in enumerate(judged) if place % 2 != half])
        held_out += [(_linear(weights, x), wanted) for place, (x, wanted) in enumerate(judged) if place % 2 == half]
    return JudgeStudent(
        score=tuple(_ridge(judged)),
        labels=len(judged),
        agreement=sum((predicted > 0) == (wanted > 0) for predicted, wanted in held_out) / len(held_out),
        auc=_auc(
            [predicted for predicted, wanted in held_out if wanted > 0],
            [predicted for predicted, wanted in held_out if wanted <= 0],
        ),
    )


def calibrated(student: JudgeStudent, outcomes: Sequence[TaskOutcome]) -> PolicyWeights:
    """The shipped weights with the score and its two fitted weights. The level of the outcomes is that of the judging
    model and is not used."""
    shipped = evolve(SHIPPED_WEIGHTS, judge_score=student.score)
    off_judge, on_judge = shipped.off_weights[_JUDGE], shipped.on_weights[_JUDGE]
    rows: list[tuple[SparseRow, float]] = []
    for outcome in outcomes:
        x = feature_vector(outcome.signals, student.score)
        without = (*x[:_JUDGE], 0.0, *x[_JUDGE + 1 :])
        off = _linear((shipped.off_bias, *shipped.off_weights), without)
        on = off + _linear((shipped.on_bias, *shipped.on_weights), without)
        for step, known in ((QUICK, off), (THINK_LOW, on)):
            attempt = outcome.attempt(step)
            if attempt is not None:
                row: SparseRow = [(0, known), (1, 1.0), (2, x[_JUDGE])]
                row += [(3, 1.0), (4, x[_JUDGE])] if step == THINK_LOW else []
                rows.append((row, float(attempt.is_right)))
    bias, scale = 1 / _BIAS_SD**2, 1 / _SCALE_SD**2
    fitted, _ = mode_and_precision(rows, [1.0, 0.0, off_judge, 0.0, on_judge], [_FIXED, bias, scale, bias, scale])
    return evolve(
        shipped,
        off_weights=_with_judge(shipped.off_weights, fitted[2]),
        on_weights=_with_judge(shipped.on_weights, fitted[4]),
    )


def _with_judge(weights: tuple[float, ...], value: float) -> tuple[float, ...]:
    return (*weights[:_JUDGE], value, *weights[_JUDGE + 1 :])


def _auc(high: Sequence[float], low: Sequence[float]) -> float:
    """The area under the ROC curve: the share of pairs whose ``high`` value is larger, ties counted half; 0.5 without
    pairs."""
    if not high or not low:
        return 0.5
    return sum((a > b) + 0.5 * (a == b) for a in high for b in low) / (len(high) * len(low))


def _linear(weights: Sequence[float], x: Sequence[float]) -> float:
    return weights[0] + sum(a * b for a, b in zip(weights[1:], x, strict=True))


def _ridge(pairs: Sequence[tuple[Sequence[float], float]]) -> Vector:
    """The ridge regression of (features, value) pairs: a bias and a weight for each feature."""
    size = 1 + len(FEATURES)
    matrix = [[_RIDGE * (i == j and i > 0) + 1e-6 * (i == j) for j in range(size)] for i in range(size)]
    target = [0.0] * size
    for x, wanted in pairs:
        row = [(0, 1.0), *((1 + index, value) for index, value in enumerate(x) if value)]
        for index, value in row:
            target[index] += value * wanted
            for other, second in row:
                matrix[index][other] += value * second
    return solve(cholesky(matrix), target)
