"""One in a hundred close decisions takes the other mode, so that the record of both modes goes on."""

from __future__ import annotations

import random

import pytest
from attrs import evolve

from autothink_lsp.thinking.mode import ThinkMode
from autothink_lsp.thinking.policy import EXPLORED_SHARE, ThinkDecision, decide
from autothink_lsp.thinking.signals import Capability, Cost, RequestKind, Signals, TargetHistory
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS

WEIGHTS = SHIPPED_WEIGHTS


def gap(decision: ThinkDecision) -> float:
    quick, thought = (decision.best(thinks_first=first) for first in (False, True))
    assert quick is not None
    assert thought is not None
    return thought.value - quick.value


def fix(patience_s: float) -> Signals:
    return Signals(
        kind=RequestKind.FIX, expected_tokens=100, cost=Cost(decode_tokens_per_s=30.0, patience_s=patience_s)
    )


def nearest(wanted: float) -> Signals:
    """The request, by how long its user waits, in which thinking is worth ``wanted`` more."""
    requests = [fix(5.0 * step) for step in range(1, 400)]
    return min(requests, key=lambda one: abs(gap(decide(one, capability=Capability())) - wanted))


@pytest.mark.parametrize("wanted", [-0.015, 0.015])
def test_a_close_decision_takes_the_other_mode_below_the_share(wanted: float) -> None:
    signals = nearest(wanted)
    plain = decide(signals, capability=Capability())
    assert abs(gap(plain)) <= WEIGHTS.least_gain
    explored = decide(signals, capability=Capability(), explore=0.99 * EXPLORED_SHARE)
    assert explored.policy.mode is not plain.policy.mode
    assert explored.rule_id == "explored"
    assert "assist.explore" in explored.sentence
    thinks = explored.policy.mode is ThinkMode.ON
    assert explored.sentence.startswith("The model thought" if thinks else "The model did not think")
    assert explored.choice is plain.choice
    assert decide(signals, capability=Capability(), explore=EXPLORED_SHARE) == plain
    assert plain.is_close
    assert not decide(signals, override=ThinkMode.ON, capability=Capability()).is_close


@pytest.mark.parametrize("wanted", [-0.1, 0.05])
def test_a_clear_decision_stays(wanted: float) -> None:
    signals = nearest(wanted)
    plain = decide(signals, capability=Capability())
    assert abs(gap(plain)) > WEIGHTS.least_gain
    assert decide(signals, capability=Capability(), explore=0.0) == plain


@pytest.mark.parametrize(
    ("changes", "override", "capability"),
    [
        ({}, ThinkMode.OFF, Capability()),
        ({}, ThinkMode.ON, Capability()),
        ({}, None, Capability(can_on=False)),
        ({}, None, Capability(can_auto=True, judges=True)),
        ({"kind": RequestKind.RENAME}, None, Capability()),
        ({"kind": RequestKind.COMPLETION}, None, Capability()),
        ({"history": TargetHistory(failed_off=2)}, None, Capability()),
    ],
)
def test_rules_the_user_and_a_judge_go_before(changes, override, capability) -> None:
    signals = evolve(nearest(0.0), **changes)
    plain = decide(signals, override=override, capability=capability)
    assert decide(signals, override=override, capability=capability, explore=0.0) == plain


@pytest.mark.exhaustive
def test_it_is_one_in_a_hundred() -> None:
    source = random.Random(1)
    signals = nearest(0.0)
    count = sum(
        decide(signals, capability=Capability(), explore=source.random()).rule_id == "explored" for _ in range(10_000)
    )
    assert 70 <= count <= 130
