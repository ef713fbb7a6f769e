"""Decides whether fitted weights replace the weights in use, which they do only if they are very probably better on the
user's own tasks.

The fitted weights are adopted if there are at least ``LEAST_TASKS`` tasks, the expected gain is above ``LEAST_GAIN``,
and either their posterior probability of being better is at least 0.97 and the mean gain on held-out files is positive,
or it is at least 0.9 and the held-out gain is well above its standard error. Weights that replace the judgement of the
model itself always need the latter. Otherwise the weights in use stay.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from attrs import field, frozen

from autothink_lsp.thinking.budget import low_budget
from autothink_lsp.thinking.mode import ThinkMode
from autothink_lsp.thinking.policy import decide
from autothink_lsp.thinking.utility import arm_value, estimate
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS, PolicyWeights
from autothink_lsp.tuning.fit import Posterior, fit
from autothink_lsp.tuning.outcomes import Realised, Setting, TaskOutcome, chosen_steps, realised

SURE = 0.97
NEARLY_SURE = 0.9
LEAST_GAIN = 0.02  # utility for each changed task; a smaller gain does not justify a change of behaviour
LEAST_TASKS = 40
_SAMPLES = 200
_FOLDS = 5
_EVEN = 0.5
_ERRORS = 1.28  # standard errors; the one-sided 90 % limit

Steps = tuple[str, ...]


@frozen(kw_only=True)
class GateVerdict:
    """The verdict of the gate. ``gain`` is the expected gain of utility for each task, where a right edit has a utility
    of 1."""

    is_adopted: bool
    probability: float  # of the fitted policy being better than the policy in use
    gain: float
    held_out_gain: float | None  # the mean observed gain on held-out files; None if it was not needed
    changed: int  # number of tasks for which the two policies choose different attempts
    count: int
    sentence: str = field(repr=False)


def steps_of(outcome: TaskOutcome, weights: PolicyWeights, setting: Setting) -> Steps:
    """The attempts that the product would make at the task with ``weights``. For a model that judges they follow its
    judgement."""
    decision = decide(outcome.signals, capability=setting.capability, weights=weights)
    thinks_first = decision.choice is ThinkMode.ON
    if decision.policy.mode is ThinkMode.AUTO and outcome.judge is not None:
        thinks_first = outcome.judge > _EVEN
    return chosen_steps(
        decision.arms,
        thinks_first=thinks_first,
        pays_after_failure=decision.thinks_after_failure,
    )


def judge_fit(
    outcomes: Sequence[TaskOutcome],
    posterior: Posterior,
    setting: Setting,
    *,
    today: PolicyWeights = SHIPPED_WEIGHTS,
    seed: int = 0,
) -> GateVerdict:
    """Whether the fitted weights are adopted."""
    pairs = [(one, steps_of(one, posterior.weights, setting), steps_of(one, today, setting)) for one in outcomes]
    different = [(one, new, old) for one, new, old in pairs if new != old]
    if not different:
        return GateVerdict(
            is_adopted=False,
            probability=0.0,
            gain=0.0,
            held_out_gain=None,
            changed=0,
            count=len(pairs),
            sentence=f"Today's policy stays: the {len(pairs)} tasks give no reason to behave differently.",
        )
    source = random.Random(seed)  # noqa: S311 - reproducible, not secret
    gains = [_gain(different, posterior.sample(source), setting, len(pairs)) for _ in range(_SAMPLES)]
    probability = sum(gain > 0 for gain in gains) / _SAMPLES
    gain = _gain(different, posterior.weights, setting, len(pairs))
    held_out: float | None = None
    is_adopted = False
    if len(pairs) >= LEAST_TASKS and gain * len(pairs) > LEAST_GAIN * len(different) and probability >= NEARLY_SURE:
        held_out, error = held_out_gain(outcomes, setting, today=today)
        # A judgement may use more than the features, which the posterior cannot show: only observed outcomes can.
        is_judged = setting.capability.judges and today.follows_judge
        is_adopted = held_out > (0.0 if probability >= SURE and not is_judged else _ERRORS * error)
    return GateVerdict(
        is_adopted=is_adopted,
        probability=probability,
        gain=gain,
        held_out_gain=held_out,
        changed=len(different),
        count=len(pairs),
        sentence=_sentence(len(pairs), len(different), probability, gain, is_adopted=is_adopted),
    )


def held_out_gain(
    outcomes: Sequence[TaskOutcome], setting: Setting, *, today: PolicyWeights = SHIPPED_WEIGHTS
) -> tuple[float, float]:
    """The mean observed gain for each task and its standard error. The weights for a task are fitted without the
    outcomes of the task's file."""
    groups = sorted({one.group for one in outcomes})
    folds = [set(groups[first::_FOLDS]) for first in range(_FOLDS)]
    gains: list[float] = []
    for fold in folds:
        tested = [one for one in outcomes if one.group in fold]
        if not tested:
            continue
        weights = fit([one for one in outcomes if one.group not in fold]).weights
        for one in tested:
            new, old = (steps_of(one, some, setting) for some in (weights, today))
            same = new == old
            gains.append(0.0 if same else _observed(one, new, setting).value - _observed(one, old, setting).value)
    count = max(1, len(gains))
    mean = sum(gains) / count
    return mean, math.sqrt(sum((gain - mean) ** 2 for gain in gains)) / count


def _gain(
    different: Sequence[tuple[TaskOutcome, Steps, Steps]], weights: PolicyWeights, setting: Setting, count: int
) -> float:
    """The expected gain for each task if ``weights`` were the true ones."""
    total = 0.0
    for outcome, new, old in different:
        budget = low_budget(outcome.signals, setting.capability)
        estimates = estimate(outcome.signals, weights, budget_tokens=budget)
        values = [arm_value(steps, estimates, weights, patience_s=setting.patience_s).value for steps in (new, old)]
        total += values[0] - values[1]
    return total / max(1, count)


def _observed(outcome: TaskOutcome, steps: Steps, setting: Setting) -> Realised:
    return realised(outcome, steps, unseen_loss=SHIPPED_WEIGHTS.unseen_loss, patience_s=setting.patience_s)


def _sentence(count: int, changed: int, probability: float, gain: float, *, is_adopted: bool) -> str:
    if is_adopted:
        return (
            f"Adopted: of {count} tasks {changed} are answered differently, for an expected gain of {100 * gain:.1f} "
            f"points of utility a task (better with a probability of {100 * probability:.0f} %)."
        )
    if count < LEAST_TASKS:
        return f"Not shown: {count} tasks are too few to judge by ({LEAST_TASKS} are the least). Today's policy stays."
    return (
        f"Not shown: another policy is better with a probability of {100 * probability:.0f} % only, on {count} tasks. "
        "Today's policy stays."
    )
