"""A decision's sentence before the model is asked: no sentence of the policy claims what has not happened yet."""

from __future__ import annotations

import re

import pytest

from autothink_lsp.features.assist.decision_text import in_advance
from autothink_lsp.thinking.mode import ThinkMode
from autothink_lsp.thinking.policy import decide
from autothink_lsp.thinking.signals import Capability, Cost, RequestKind, Signals, TargetHistory

PAST = re.compile(r"\b(?:thought|did|decided)\b", re.IGNORECASE)


@pytest.mark.parametrize("explore", [0.0, 1.0])
@pytest.mark.parametrize("override", [None, ThinkMode.OFF, ThinkMode.ON])
@pytest.mark.parametrize("capability", [Capability(), Capability(can_on=False), Capability(judges=True, can_auto=True)])
@pytest.mark.parametrize("patience_s", [5.0, 60.0, 150.0, 3600.0])
@pytest.mark.parametrize("failures", [0, 2])
def test_nothing_is_claimed_of_a_model_that_was_not_asked(
    failures: int, patience_s: float, capability: Capability, override: ThinkMode | None, explore: float
) -> None:
    signals = Signals(
        kind=RequestKind.FIX,
        expected_tokens=100,
        cost=Cost(decode_tokens_per_s=30.0, patience_s=patience_s),
        history=TargetHistory(failed_off=failures),
    )
    sentence = in_advance(decide(signals, override=override, capability=capability, explore=explore).sentence)
    assert not PAST.search(sentence.replace("had failed", ""))
