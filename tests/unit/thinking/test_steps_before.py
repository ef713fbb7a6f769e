"""With which rung an action begins after an applied edit did not help."""

from __future__ import annotations

import pytest

from autothink_lsp.thinking.escalation import FailedAttempt, FailureKind, Rung, next_rung, steps_before
from autothink_lsp.thinking.mode import ThinkMode
from autothink_lsp.thinking.policy import decide
from autothink_lsp.thinking.signals import Capability, RequestKind, Signals

CASES = {
    ("repair", True): "think-low",
    ("quick", True): "think-low",
    ("retry", True): "think-low",
    ("think-low", True): "think-medium",
    ("think-medium", True): "think-medium",
    ("repair", False): "quick",
    ("quick", False): "retry",
    ("retry", False): "retry",
}


@pytest.mark.parametrize(("step", "can_think"), CASES)
def test_the_next_rung_after_an_edit_that_did_not_help(step: str, can_think: bool) -> None:
    capability = Capability(can_on=can_think)
    decision = decide(Signals(kind=RequestKind.FIX), override=ThinkMode.ON, capability=capability)
    steps = steps_before(step, is_thinking=decision.policy.mode is ThinkMode.ON)
    failed = [FailedAttempt(step=one, failure=FailureKind.CHECK_FAILED, seconds=1.0) for one in steps]
    rung = next_rung(failed, decision, capability, remaining_ms=120_000)
    assert isinstance(rung, Rung)
    assert rung.name == CASES[step, can_think]
