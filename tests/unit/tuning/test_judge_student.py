"""The score distilled from a model's judgements: what it learns, when it replaces the judge, and who uses it.

In the world of the tests thinking pays elsewhere than the shipped policy expects. The judge sees the true gain of
thinking, with noise.
"""

from __future__ import annotations

import random

import pytest
from attrs import evolve

from autothink_lsp.thinking.features import FEATURES, feature_vector, sigmoid
from autothink_lsp.thinking.policy import decide
from autothink_lsp.thinking.signals import Capability, TargetHistory
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS, PolicyWeights
from autothink_lsp.tuning.fit import fit
from autothink_lsp.tuning.gate import SURE, judge_fit, steps_of
from autothink_lsp.tuning.judge_student import LEAST_JUDGED, calibrated, judge_student
from autothink_lsp.tuning.outcomes import Setting, TaskOutcome
from tests.support.tuning_worlds import SETTING, WORLDS, Truth, draw, observe, true_value

JUDGING = Setting(capability=Capability(can_auto=True, judges=True))
JUDGE = FEATURES.index("judge")


def judged_run(
    seed: int, count: int, *, noise: float = 0.1, world: str = "elsewhere"
) -> list[tuple[Truth, TaskOutcome]]:
    source = random.Random(seed)
    found: list[tuple[Truth, TaskOutcome]] = []
    for number in range(count):
        truth = draw(WORLDS[world], source)
        quick, thought = (
            true_value(truth, steps)
            for steps in (("quick", "retry", "think-low", "think-medium"), ("think-low", "think-medium"))
        )
        judge = sigmoid(8 * (thought - quick + source.gauss(0.0, noise)))
        found.append((truth, evolve(observe(truth, source, number), judge=judge)))
    return found


def outcomes_of(run: list[tuple[Truth, TaskOutcome]]) -> list[TaskOutcome]:
    return [outcome for _, outcome in run]


def value(run: list[tuple[Truth, TaskOutcome]], weights: PolicyWeights, setting: Setting) -> float:
    return sum(true_value(truth, steps_of(outcome, weights, setting)) for truth, outcome in run) / len(run)


def test_judge_is_approximated_from_few_judgements():
    outcomes = outcomes_of(judged_run(1, 120))
    student = judge_student(outcomes)
    assert student is not None
    assert student.agreement > 0.8
    assert student.auc > 0.8
    assert student.can_be_shared
    assert judge_student(outcomes[: LEAST_JUDGED - 1]) is None


def test_random_judge_is_not_shared():
    source = random.Random(2)
    outcomes = [evolve(one, judge=source.choice((0.1, 0.9))) for one in outcomes_of(judged_run(1, 120))]
    student = judge_student(outcomes)
    assert student is not None
    assert student.auc < 0.65
    assert not student.can_be_shared


def test_the_score_makes_the_policy_of_a_model_without_a_judge_better():
    outcomes = outcomes_of(judged_run(1, 120))
    student = judge_student(outcomes)
    assert student is not None
    fresh = judged_run(7, 80)
    before = value(fresh, SHIPPED_WEIGHTS, SETTING)
    assert value(fresh, calibrated(student, outcomes), SETTING) > before + 0.05


def test_a_judge_that_is_always_wrong_gets_no_weight():
    outcomes = [evolve(one, judge=1 - (one.judge or 0.0)) for one in outcomes_of(judged_run(1, 120))]
    student = judge_student(outcomes)
    assert student is not None
    shared = calibrated(student, outcomes)
    assert shared.on_weights[JUDGE] < 0.2 < SHIPPED_WEIGHTS.on_weights[JUDGE]
    fresh = judged_run(7, 80)
    assert value(fresh, shared, SETTING) > value(fresh, SHIPPED_WEIGHTS, SETTING) - 0.01


@pytest.mark.exhaustive
@pytest.mark.parametrize(("noise", "is_replaced"), [(0.0, False), (0.6, True)])
def test_judge_decides_unless_the_outcomes_show_it_is_bad(noise: float, is_replaced: bool):
    outcomes = outcomes_of(judged_run(1, 160, noise=noise))
    posterior = fit(outcomes)
    assert not posterior.weights.follows_judge
    assert judge_fit(outcomes, posterior, JUDGING).is_adopted is is_replaced


@pytest.mark.exhaustive
def test_a_judge_that_knows_more_than_the_features_is_not_replaced_by_chance():
    """The posterior is sure and wrong here, and the held-out gain is positive, but no larger than its error."""
    outcomes = outcomes_of(judged_run(5, 160, noise=0.3, world="noisy"))
    verdict = judge_fit(outcomes, fit(outcomes), JUDGING)
    assert verdict.probability >= SURE
    assert verdict.held_out_gain is not None
    assert verdict.held_out_gain > 0
    assert not verdict.is_adopted


def test_a_judgement_at_the_place_goes_before_the_score():
    run = judged_run(1, 40)
    score = (2.0, *[0.0] * len(FEATURES))
    signals = run[0][0].signals
    known = evolve(signals, history=TargetHistory(judge_probability=0.01))
    assert feature_vector(signals)[JUDGE] == 0.0
    assert feature_vector(signals, score)[JUDGE] == pytest.approx(0.5)
    assert feature_vector(known, score)[JUDGE] == -1.0
    weights = evolve(SHIPPED_WEIGHTS, judge_score=score)
    plain, scored = (decide(signals, capability=Capability(), weights=one) for one in (SHIPPED_WEIGHTS, weights))
    assert plain.estimates is not None
    assert scored.estimates is not None
    assert scored.estimates.on - scored.estimates.off > plain.estimates.on - plain.estimates.off
    assert scored.features["judge"] == pytest.approx(0.5)


def test_score_is_unchanged_by_a_json_round_trip():
    weights = fit(outcomes_of(judged_run(3, 40))).weights
    assert weights.judge_score
    assert PolicyWeights.from_json(weights.to_json()) == weights
    with pytest.raises(ValueError, match="no weights"):
        PolicyWeights.from_json({**weights.to_json(), "judge_score": {"bias": 1.0}})
