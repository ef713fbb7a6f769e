"""Logistic regression with a Gaussian prior, in pure Python: its mode by Newton's method, and the linear algebra.

Rows are sparse: pairs of an index and a value. Matrices are lists of rows, symmetric ones of their lower halves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from autothink_lsp.thinking.features import sigmoid

Vector = list[float]
SparseRow = list[tuple[int, float]]
_ITERATIONS = 12
_LEAST_STEP = 1e-4


def dot(row: SparseRow, vector: Sequence[float]) -> float:
    """The dot product of a sparse row and a vector."""
    return sum(value * vector[index] for index, value in row)


def mode_and_precision(
    rows: Sequence[tuple[SparseRow, float]], mean0: Vector, precision0: Vector
) -> tuple[Vector, list[Vector]]:
    """The mode of the posterior, and the Cholesky factor of its precision there."""
    size = len(mean0)
    mean = list(mean0)
    factor = cholesky([[precision0[i] if i == j else 0.0 for j in range(size)] for i in range(size)])
    for _ in range(_ITERATIONS):
        gradient = [p * (m0 - m) for p, m0, m in zip(precision0, mean0, mean, strict=True)]
        hessian = [[precision0[i] if i == j else 0.0 for j in range(i + 1)] for i in range(size)]
        for row, label in rows:
            probability = sigmoid(dot(row, mean))
            residual, weight = label - probability, max(1e-6, probability * (1 - probability))
            for place, (index, value) in enumerate(row):
                gradient[index] += residual * value
                scaled, line = weight * value, hessian[index]
                for other, second in row[: place + 1]:
                    line[other] += scaled * second
        factor = cholesky(hessian)
        step = solve(factor, gradient)
        largest = max(abs(one) for one in step)
        scale = min(1.0, 2.0 / largest) if largest else 1.0
        mean = [m + scale * s for m, s in zip(mean, step, strict=True)]
        if largest < _LEAST_STEP:
            break
    return mean, factor


def solve(factor: list[Vector], vector: Sequence[float]) -> Vector:
    """The solution of factor · factorᵀ · found = ``vector``."""
    return _solve_upper(factor, _solve_lower(factor, vector))


def cholesky(matrix: list[Vector]) -> list[Vector]:
    """The lower Cholesky factor of a positive definite matrix. Only the matrix's lower half is read."""
    factor: list[Vector] = []
    for i, line in enumerate(matrix):
        row: Vector = []
        for j in range(i):
            other = factor[j]
            row.append((line[j] - sum(a * b for a, b in zip(row, other, strict=False))) / other[j])
        row.append(math.sqrt(max(1e-12, line[i] - sum(a * a for a in row))))
        factor.append(row)
    return factor


def _solve_lower(factor: list[Vector], vector: Sequence[float]) -> Vector:
    found: Vector = []
    for row, value in zip(factor, vector, strict=True):
        found.append((value - sum(a * b for a, b in zip(row, found, strict=False))) / row[-1])
    return found


def _solve_upper(factor: list[Vector], vector: Sequence[float]) -> Vector:
    """The solution of ``factor``ᵀ · found = ``vector``."""
    left = list(vector)
    for i in range(len(factor) - 1, -1, -1):
        left[i] /= factor[i][i]
        for j in range(i):
            left[j] -= factor[i][j] * left[i]
    return left


def shift_of(pairs: Sequence[tuple[float, float]], prior: float, deviation: float) -> float:
    """The shift of log odds that fits (log odds, observed) pairs best, with a Gaussian prior."""
    shift, precision = prior, 1 / (deviation * deviation)
    for _ in range(_ITERATIONS):
        gradient, curvature = precision * (prior - shift), precision
        for value, right in pairs:
            probability = sigmoid(value + shift)
            gradient += right - probability
            curvature += probability * (1 - probability)
        step = max(-2.0, min(2.0, gradient / curvature))
        shift += step
        if abs(step) < _LEAST_STEP:
            break
    return shift
