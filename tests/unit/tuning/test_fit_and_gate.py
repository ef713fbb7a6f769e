"""The fit and the gate in worlds of which the truth is known (``tests/support/tuning_worlds.py``)."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS, PolicyWeights
from autothink_lsp.tuning.fit import fit, isotonic
from autothink_lsp.tuning.gate import LEAST_TASKS, judge_fit
from autothink_lsp.tuning.outcomes import (
    TaskOutcome,
    outcome_from_json,
    outcome_to_json,
    realised,
)
from tests.support.tuning_worlds import SETTING, WORLDS, Sample, World, draw, observe

TASKS = 160


def run_of(world: World, seed: int, count: int = TASKS, *, oracle_noise: float = 0.0) -> list[TaskOutcome]:
    source = random.Random(f"{world.name} {seed} run")
    return [observe(draw(world, source), source, number, oracle_noise=oracle_noise) for number in range(count)]


def test_few_tasks_are_not_enough_to_adopt_weights():
    outcomes = run_of(WORLDS["hurts"], 1, LEAST_TASKS - 1)
    verdict = judge_fit(outcomes, fit(outcomes), SETTING)
    assert not verdict.is_adopted
    assert "too few" in verdict.sentence


@pytest.mark.exhaustive
def test_policy_learns_not_to_think_where_thinking_hurts():
    sample = Sample.of(WORLDS["hurts"], 60)
    for noise in (0.0, 0.1):
        outcomes = run_of(WORLDS["hurts"], 1, 120, oracle_noise=noise)
        posterior = fit(outcomes)
        verdict = judge_fit(outcomes, posterior, SETTING)
        assert verdict.is_adopted, verdict
        assert sample.judged(posterior.weights).gain_share > 0.6


def test_without_outcomes_the_fit_is_the_shipped_policy():
    posterior = fit([])
    assert posterior.weights == SHIPPED_WEIGHTS
    assert not judge_fit([], posterior, SETTING).is_adopted


@pytest.mark.exhaustive
def test_a_fit_depends_on_its_outcomes_alone():
    outcomes = run_of(WORLDS["stepped"], 3, 60)
    again = [outcome_from_json(outcome_to_json(one)) for one in outcomes]
    assert again == outcomes
    assert fit(again).weights == fit(outcomes).weights
    assert judge_fit(again, fit(again), SETTING) == judge_fit(outcomes, fit(outcomes), SETTING)


def test_weights_are_unchanged_by_a_json_round_trip():
    weights = fit(run_of(WORLDS["elsewhere"], 2, 60)).weights
    assert PolicyWeights.from_json(weights.to_json()) == weights


def test_a_retry_is_made_only_where_a_check_noticed_the_mistake():
    outcome = next(one for one in run_of(WORLDS["useless"], 4) if one.attempt("retry") is not None)
    once = realised(outcome, ("quick",), unseen_loss=0.5, patience_s=150)
    twice = realised(outcome, ("quick", "retry"), unseen_loss=0.5, patience_s=150)
    assert twice.seconds > once.seconds
    unseen = next(
        one
        for one in run_of(WORLDS["useless"], 4)
        if (quick := one.attempt("quick")) and not quick.is_right and not quick.noticed
    )
    ladder = realised(unseen, ("quick", "retry", "think-low"), unseen_loss=0.5, patience_s=150)
    assert ladder == realised(unseen, ("quick",), unseen_loss=0.5, patience_s=150)
    assert ladder.value < 0


def test_calibration_is_increasing_and_follows_the_outcomes():
    source = random.Random(1)
    pairs = [(p, float(source.random() < p / 2)) for p in (source.random() for _ in range(800))]
    knots = isotonic(pairs)
    assert all(low[0] <= high[0] and low[1] <= high[1] for low, high in pairwise(knots))
    assert knots[-1][1] == pytest.approx(0.47, abs=0.1)
