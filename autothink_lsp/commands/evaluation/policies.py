"""The policies that are compared, over anything that can make one attempt in one mode.

``always-off``, ``always-on``, ``rules`` (the first decision, no check), ``random`` (at the on-rate of ``escalate``),
``judge`` (the model's own choice), ``escalate`` (decision, check, retry, thinking: what the product does), and for
scripted tasks ``oracle`` (the cheapest mode that passes).
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence

from attrs import define, field, frozen

from autothink_lsp.thinking.escalation import Evidence, FailureKind, Step, next_step
from autothink_lsp.thinking.policy import Decision
from autothink_lsp.thinking.signals import Capability
from autothink_lsp.thinking.values import ThinkMode

POLICIES = ("always-off", "always-on", "rules", "random", "judge", "escalate", "oracle")
_MODE_OF_STEP = {"quick": "off", "retry": "retry", "think-low": "on-low", "think-medium": "on-medium"}


@frozen(kw_only=True)
class Outcome:
    """One attempt in one mode. ``seconds`` of the model; ``changed`` is false for the commonest failure."""

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


Attempt = Callable[[str], Awaitable[Outcome]]
"""Makes (or remembers) the attempt of a mode: off, retry, on-low, on-medium; judge: the model decides."""


@define
class PolicyRun:
    """One policy on one task: everything that was spent, the attempts that led nowhere as ``wasted``."""

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

    def add(self, mode: str, outcome: Outcome, *, last: bool) -> None:
        """One attempt's cost."""
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
class Case:
    """A task as policies see it: what is known before asking, and how to ask.

    ``judge_mode`` is what the model would choose: "on" or "off" where that is known beforehand, "judge" to ask it.
    """

    id: str
    decision: Decision
    capability: Capability
    attempt: Attempt
    judge_mode: str = "off"
    judge_tokens: int = 0


async def run_policy(name: str, case: Case, *, rate: float = 0.0, seed: int = 0) -> PolicyRun:
    """``rate`` is what ``random`` is matched to."""
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


def _mode(name: str, case: Case, rate: float, seed: int) -> str:
    if name == "always-on":
        return "on-low"
    if name == "rules":
        return "on-low" if case.decision.policy.mode is ThinkMode.ON else "off"
    if name == "random":
        return "on-low" if random.Random(f"{seed} {case.id}").random() < rate else "off"  # noqa: S311 - a baseline
    if name == "judge":
        return {"on": "on-low", "judge": "judge"}.get(case.judge_mode, "off")
    return "off"


async def _escalate(case: Case) -> PolicyRun:
    run, taken = PolicyRun(), list[Evidence]()
    remaining_ms = case.decision.signals.cost.deadline_ms
    while isinstance(step := next_step(taken, case.decision, case.capability, remaining_ms=remaining_ms), Step):
        mode = _MODE_OF_STEP[step.name]
        outcome = await case.attempt(mode)
        run.add(mode, outcome, last=outcome.passed)
        if outcome.passed:
            break
        failure = FailureKind.CHECK_FAILED if outcome.changed else FailureKind.UNCHANGED
        taken.append(Evidence(step=step.name, failure=failure, seconds=outcome.seconds, tokens=outcome.tokens))
        remaining_ms -= outcome.seconds * 1_000
    return run


async def _oracle(case: Case) -> PolicyRun:
    """With hindsight: the cheapest mode that passes, else the cheapest."""
    outcomes = [(mode, await case.attempt(mode)) for mode in ("off", "on-low", "on-medium")]
    good = [pair for pair in outcomes if pair[1].passed] or outcomes[:1]
    mode, outcome = min(good, key=lambda pair: pair[1].tokens)
    run = PolicyRun()
    run.add(mode, outcome, last=True)
    return run


def on_rate(runs: Sequence[PolicyRun]) -> float:
    """The share of tasks at which anything thought."""
    return sum(run.on for run in runs) / max(1, len(runs))
