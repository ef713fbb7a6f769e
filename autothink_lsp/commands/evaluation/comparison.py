"""Compares ways to answer on simulated requests, such that a claim can be refuted.

Each policy is compared with a *matched random* one: the same attempts, with the first mode drawn at random at the
policy's on-rate. Its expectation is exact, so the difference is due to the policy's decisions. Compared with always-on,
seconds and tokens count only if the share of right edits is not inferior. Pure, with a seed for the resampling.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from attrs import frozen

from autothink_lsp.commands.evaluation.simulation import Run, SimulatedRequest, Steps, run
from autothink_lsp.thinking.mode import ThinkMode
from autothink_lsp.thinking.policy import decide
from autothink_lsp.thinking.signals import Capability
from autothink_lsp.thinking.utility import QUICK, RETRY, THINK_LOW, THINK_MEDIUM
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS, PolicyWeights
from autothink_lsp.tuning.significance import wilson

T = TypeVar("T")

PATIENCE_S = 150.0
MARGIN = 0.05  # margin of non-inferiority, as a share of right edits; fixed before the runs
NEEDED = 0.15  # thinking is needed if it increases the probability of a right edit by at least this
_RESAMPLES = 400
_FROM_QUICK: Steps = (QUICK, RETRY, THINK_LOW, THINK_MEDIUM)
_FROM_THOUGHT: Steps = (THINK_LOW, THINK_MEDIUM)
_FIXED: Mapping[str, Steps] = MappingProxyType(
    {
        "off": (QUICK,),
        "on": (THINK_LOW,),
        "off → retry": (QUICK, RETRY),
        "off → on": (QUICK, THINK_LOW),
        "on → off": (THINK_LOW, QUICK),
        "off → retry → on": _FROM_QUICK,
    }
)
_ORACLE: tuple[Steps, ...] = ((QUICK,), (QUICK, RETRY), (THINK_LOW,), (QUICK, THINK_LOW), _FROM_QUICK, _FROM_THOUGHT)


@frozen
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


@frozen(kw_only=True)
class PolicyRow:
    """One policy. ``judgement`` is balanced accuracy: the mean share of right first modes among requests that need
    thinking and those that do not; a random choice has 0.5 at any rate."""

    name: str
    right: Interval
    wrong_unseen: float
    on_rate: float
    tokens: float
    prompt_tokens: float
    seconds: float
    regret: Interval
    judgement: Interval | None  # None if the policy always starts with the same mode
    gain_over_random: Interval | None  # of utility


@frozen(kw_only=True)
class Claim:
    """A claim, what was measured, and "shown", "not shown" or "refuted"."""

    text: str
    claimed: float
    measured: Interval
    verdict: str


def policies(learned: PolicyWeights | None = None) -> dict[str, Callable[[SimulatedRequest], Steps]]:
    """The policies by name, those with a fixed first mode first."""

    def fixed(steps: Steps) -> Callable[[SimulatedRequest], Steps]:
        return lambda _request: steps

    found = {name: fixed(steps) for name, steps in _FIXED.items()}
    found["judge"] = lambda request: _FROM_THOUGHT if request.judged_on else _FROM_QUICK
    found["shipped"] = _decided(SHIPPED_WEIGHTS)
    if learned is not None:
        found["learned"] = _decided(learned)
    return found


def _decided(weights: PolicyWeights) -> Callable[[SimulatedRequest], Steps]:
    """The steps of the product's policy and ladder."""

    def steps(request: SimulatedRequest) -> Steps:
        decision = decide(request.signals, capability=Capability(), weights=weights)
        if decision.policy.mode is ThinkMode.ON:
            return _FROM_THOUGHT
        return _FROM_QUICK if decision.thinks_after_failure else (QUICK, RETRY)

    return steps


def compare(
    requests: Sequence[SimulatedRequest], learned: PolicyWeights | None = None, *, seed: int = 0
) -> tuple[list[PolicyRow], list[Claim]]:
    """A row for each policy, the oracle last, and the claims about the shipped (or learned) one."""
    best = [max((run(one, steps) for steps in _ORACLE), key=_utility) for one in requests]
    runs: dict[str, list[Run]] = {}
    rows: list[PolicyRow] = []
    for name, choose in policies(learned).items():
        runs[name] = [run(one, choose(one)) for one in requests]
        gains = _gains_over_random(requests, runs[name], choose)
        rows.append(_row(name, requests, runs[name], best, gains, seed))
    rows.append(_row("oracle", requests, best, best, None, seed))
    subject = "learned" if learned is not None else "shipped"
    return rows, _claims(requests, runs[subject], runs["on"], subject, seed)


def _row(
    name: str,
    requests: Sequence[SimulatedRequest],
    runs: Sequence[Run],
    best: Sequence[Run],
    gains: Sequence[float] | None,
    seed: int,
) -> PolicyRow:
    count = len(runs)
    right = sum(one.right for one in runs)
    regrets = [_utility(top) - _utility(one) for top, one in zip(best, runs, strict=True)]
    has_choice = 0 < sum(one.thought_first for one in runs) < count
    return PolicyRow(
        name=name,
        right=Interval(right / count, *wilson(right, count)),
        wrong_unseen=sum(one.wrong_unseen for one in runs) / count,
        on_rate=sum(one.thought_first for one in runs) / count,
        tokens=sum(one.tokens for one in runs) / count,
        prompt_tokens=sum(one.prompt_tokens for one in runs) / count,
        seconds=sum(one.seconds for one in runs) / count,
        regret=mean_interval(regrets),
        judgement=_judgement(requests, runs, seed) if has_choice else None,
        gain_over_random=mean_interval(gains) if gains is not None and has_choice else None,
    )


def _gains_over_random(
    requests: Sequence[SimulatedRequest], runs: Sequence[Run], choose: Callable[[SimulatedRequest], Steps]
) -> list[float]:
    """The utility of each run minus the expectation of the matched random policy on the same request."""
    rate = sum(one.thought_first for one in runs) / len(runs)
    gains = []
    for request, made in zip(requests, runs, strict=True):
        chosen = choose(request)
        thought = run(request, chosen if made.thought_first else _FROM_THOUGHT)
        quick = run(request, _FROM_QUICK if made.thought_first else chosen)
        gains.append(_utility(made) - rate * _utility(thought) - (1 - rate) * _utility(quick))
    return gains


def _hits(requests: Sequence[SimulatedRequest], runs: Sequence[Run]) -> list[tuple[bool, bool]]:
    """For each request: whether it needs thinking, and whether the first mode was right."""
    needs = [one.p_on - one.p_off >= NEEDED for one in requests]
    return [(need, made.thought_first == need) for need, made in zip(needs, runs, strict=True)]


def _balanced(hits: Sequence[tuple[bool, bool]]) -> float:
    counted = Counter(hits)
    shares = [
        counted[need, True] / (counted[need, True] + counted[need, False])
        for need in (True, False)
        if counted[need, True] + counted[need, False]
    ]
    return sum(shares) / len(shares)


def _judgement(requests: Sequence[SimulatedRequest], runs: Sequence[Run], seed: int) -> Interval:
    return _resampled(_hits(requests, runs), _balanced, seed)


def _claims(
    requests: Sequence[SimulatedRequest], runs: Sequence[Run], always_on: Sequence[Run], name: str, seed: int
) -> list[Claim]:
    pairs = list(zip(runs, always_on, strict=True))
    differences = [float(one.right) - float(other.right) for one, other in pairs]
    quality = mean_interval(differences, one_sided=True)
    is_equal = quality.low > -MARGIN

    def saved(amount: Callable[[Run], float]) -> Interval:
        return _resampled(
            pairs,
            lambda drawn: 1 - sum(amount(one) for one, _ in drawn) / sum(amount(other) for _, other in drawn),
            seed,
        )

    judged = None
    if 0 < sum(one.thought_first for one in runs) < len(runs):
        accuracy = _judgement(requests, runs, seed)
        judged = Interval(*(2 * value - 1 for value in (accuracy.value, accuracy.low, accuracy.high)))
    found = []
    if judged is not None:
        found.append(_claim(f"{name}: difficulty judged better than a coin that thinks as often", 0.27, judged))
    found.append(_claim(f"{name}: faster than always-on", 0.40, saved(lambda one: one.seconds)))
    tokens = _claim(f"{name}: generated tokens saved against always-on", 0.50, saved(lambda one: one.tokens))
    prompts = saved(lambda one: one.prompt_tokens + one.tokens)
    found += [tokens, _claim(f"{name}: all tokens saved, prompts counted", 0.50, prompts)]
    verdict = "not inferior" if is_equal else "inferior" if quality.high < -MARGIN else "not shown"
    text = f"{name}: right edits against always-on (margin {100 * MARGIN:.0f} points, one-sided 95 %)"
    found.append(Claim(text=text, claimed=-MARGIN, measured=quality, verdict=verdict))
    return found


def _claim(text: str, claimed: float, measured: Interval) -> Claim:
    verdict = "shown" if measured.low >= claimed else "refuted" if measured.high < claimed else "not shown"
    return Claim(text=text, claimed=claimed, measured=measured, verdict=verdict)


def mean_interval(values: Sequence[float], *, one_sided: bool = False) -> Interval:
    """The mean with its normal interval: two-sided 95 %, or both one-sided 95 % limits."""
    count = len(values)
    mean = sum(values) / count
    variance = sum((value - mean) ** 2 for value in values) / max(1, count - 1)
    spread = (1.645 if one_sided else 1.96) * math.sqrt(variance / count)
    return Interval(mean, mean - spread, mean + spread)


def _resampled(pairs: Sequence[T], statistic: Callable[[Sequence[T]], float], seed: int) -> Interval:
    """A statistic with its percentile interval over resampled requests."""
    dice = random.Random(seed)  # noqa: S311 - resampling
    drawn = sorted(statistic(dice.choices(pairs, k=len(pairs))) for _ in range(_RESAMPLES))
    return Interval(statistic(pairs), drawn[round(0.025 * _RESAMPLES)], drawn[round(0.975 * _RESAMPLES) - 1])


def _utility(made: Run) -> float:
    return made.utility(PATIENCE_S)
