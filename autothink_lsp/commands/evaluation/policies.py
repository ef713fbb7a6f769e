"""The compared policies. They work with anything that can make one attempt in one mode.

``always-off``, ``always-on``, ``rules`` (the first decision, no check), ``random`` (at the on-rate of ``escalate``),
``judge`` (the model's own choice), ``escalate`` (decision, check, retry, thinking: as in the product), and for scripted
tasks ``oracle`` (the cheapest mode that passes).
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence

from attrs import define, field, frozen

from autothink_lsp.thinking.escalation import FailedAttempt, FailureKind, Rung, next_rung
from autothink_lsp.thinking.mode import ThinkMode
from autothink_lsp.thinking.policy import ThinkDecision
from autothink_lsp.thinking.signals import Capability

POLICIES = ("always-off", "always-on", "rules", "random", "judge", "escalate", "oracle")
_MODE_OF_STEP = {"quick": "off", "retry": "retry", "think-low": "on-low", "think-medium": "on-medium"}


@frozen(kw_only=True)
class AttemptOutcome:
    """One attempt in one mode. ``seconds`` are the model's; ``changed`` is false if it repeated the code."""

    passed: bool
    judge_tokens: int = 0
    think_tokens: int = 0
    answer_tokens: int = 0
    seconds: float = 0.0
    changed: bool = True
    thought: bool = False

    @property
    def tokens(self) -> int:
        return self.judge_tokens + self.think_tokens + self.answer_tokens


Attempt = Callable[[str], Awaitable[AttemptOutcome]]
"""Makes (or remembers) the attempt of a mode: off, retry, on-low, on-medium; judge: the model decides."""


@define
class PolicyRun:
    """The cost of one policy on one task; the tokens of failed attempts are counted in ``wasted_tokens``, too."""

    passed: bool = False
    on: bool = False
    judge_tokens: int = 0
    think_tokens: int = 0
    answer_tokens: int = 0
    wasted_tokens: int = 0
    seconds: float = 0.0
    steps: list[str] = field(factory=list)

    @property
    def tokens(self) -> int:
        return self.judge_tokens + self.think_tokens + self.answer_tokens

    def add(self, mode: str, outcome: AttemptOutcome, *, last: bool) -> None:
        """Add the cost of one attempt."""
        self.steps.append(mode)
        self.on |= outcome.thought
        self.judge_tokens += outcome.judge_tokens
        self.think_tokens += outcome.think_tokens
        self.answer_tokens += outcome.answer_tokens
        self.seconds += outcome.seconds
        if not last:
            self.wasted_tokens += outcome.tokens
        self.passed = outcome.passed


@frozen
class EvaluationCase:
    """The task for a policy: its signals, and a function that makes an attempt.

    ``judge_mode`` is the model's own choice: "on" or "off" if it is known beforehand, "judge" to ask the model.
    """

    id: str
    decision: ThinkDecision
    capability: Capability
    attempt: Attempt
    judge_mode: str = "off"
    judge_tokens: int = 0


async def run_policy(name: str, case: EvaluationCase, *, rate: float = 0.0, seed: int = 0) -> PolicyRun:
    """Run the policy ``name`` on ``case``. ``rate`` is the on-rate for ``random``."""
    if name == "escalate":
        return await _escalate(case)
    if name == "oracle":
        return await _oracle(case)
    run = PolicyRun()
    if name == "judge":
        run.judge_tokens += case.judge_tokens
    mode = _mode(name, case, rate, seed)
    run.add(mode, await case.attempt(mode), last=True)
    return run


def _mode(name: str, case: EvaluationCase, rate: float, seed: int) -> str:
    if name == "always-on":
        return "on-low"
    if name == "rules":
        return "on-low" if case.decision.policy.mode is ThinkMode.ON else "off"
    if name == "random":
        return "on-low" if random.Random(f"{seed} {case.id}").random() < rate else "off"  # noqa: S311 - a baseline
    if name == "judge":
        return {"on": "on-low", "judge": "judge"}.get(case.judge_mode, "off")
    return "off"


async def _escalate(case: EvaluationCase) -> PolicyRun:
    run, taken = PolicyRun(), list[FailedAttempt]()
    remaining_ms = case.decision.signals.cost.deadline_ms
    while isinstance(step := next_rung(taken, case.decision, case.capability, remaining_ms=remaining_ms), Rung):
        mode = _MODE_OF_STEP[step.name]
        outcome = await case.attempt(mode)
        run.add(mode, outcome, last=outcome.passed)
        if outcome.passed:
            break
        failure = FailureKind.CHECK_FAILED if outcome.changed else FailureKind.UNCHANGED
        taken.append(FailedAttempt(step=step.name, failure=failure, seconds=outcome.seconds, tokens=outcome.tokens))
        remaining_ms -= outcome.seconds * 1_000
    return run


async def _oracle(case: EvaluationCase) -> PolicyRun:
    """The cheapest mode that passes, else the cheapest one; can only be determined after all attempts."""
    outcomes = [(mode, await case.attempt(mode)) for mode in ("off", "on-low", "on-medium")]
    good = [pair for pair in outcomes if pair[1].passed] or outcomes[:1]
    mode, outcome = min(good, key=lambda pair: pair[1].tokens)
    run = PolicyRun()
    run.add(mode, outcome, last=True)
    return run


def on_rate(runs: Sequence[PolicyRun]) -> float:
    """The share of tasks on which the model thought."""
    return sum(run.on for run in runs) / max(1, len(runs))
