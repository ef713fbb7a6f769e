"""Simulated requests with a known truth, and the outcome of each way to answer them.

Signals are drawn first, with the distribution of an editor's. Whether an attempt is right follows from a *world*: two
log odds that depend on the features, plus a difficulty that no feature shows. The policy's weights are not the world's.
A check detects a wrong edit with a given probability, drawn for each attempt, and sometimes rejects a right one. Pure:
a seed gives the same requests, whatever policies are compared.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from attrs import field, frozen

from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily as Family
from autothink_lsp.thinking.features import FEATURES, feature_vector, sigmoid
from autothink_lsp.thinking.signals import Cost, RequestKind, ScopeComplexity, Signals
from autothink_lsp.verify.evidence import ForeseenEvidence

T = TypeVar("T")

FALSE_ALARM = 0.02  # probability that a check rejects a right edit
_DIFFICULTY = 0.8  # standard deviation of the hidden difficulty, in log odds
_RETRY_GAIN = 0.8  # log odds, for a retry with the check's message
_JUDGE_NOISE = 0.9  # noise of a judging model's choice, in log odds
_KINDS = (
    (RequestKind.FIX, 0.62),
    (RequestKind.SIMPLIFY, 0.1),
    (RequestKind.DESCRIBE, 0.1),
    (RequestKind.TYPES, 0.06),
    (RequestKind.DOCSTRING, 0.06),
    (RequestKind.CONVERT, 0.06),
)
_FAMILIES = (
    (Family.UNDEFINED, 0.16),
    (Family.UNUSED, 0.12),
    (Family.ATTRIBUTE, 0.16),
    (Family.ARGUMENTS, 0.1),
    (Family.TYPE, 0.2),
    (Family.NONE, 0.12),
    (Family.WRONG_RESULT, 0.1),
    (Family.RACE, 0.04),
)


@frozen
class World:
    """The truth of a simulated world. ``off`` and ``gain`` are log odds by feature: of a quick attempt, and of the gain
    by thinking."""

    name: str
    about: str
    off_bias: float
    off: Mapping[str, float]
    gain_bias: float
    gain: Mapping[str, float]


def _world(
    name: str, about: str, off_bias: float, off: dict[str, float], gain_bias: float, gain: dict[str, float]
) -> World:
    return World(name, about, off_bias, MappingProxyType(off), gain_bias, MappingProxyType(gain))


_HARD = {"family_logic": -1.6, "family_type": -0.5, "hard_words": -1.2, "functions_touched": -1.0, "branching": -0.6}
_EASY = {"family_trivial": 1.6, "kind_describing": 1.0}
WORLDS: Mapping[str, World] = MappingProxyType(
    {
        world.name: world
        for world in (
            _world("aligned", "thinking helps where it looks hard", 0.9, {**_HARD, **_EASY}, 0.1, {
                "family_logic": 1.4, "hard_words": 1.0, "functions_touched": 0.9, "family_type": 0.5,
                "family_trivial": -0.5}),
            _world("elsewhere", "thinking helps where it looks easy", 0.4, {**_HARD, "kind_describing": 0.4}, -0.2, {
                "family_local": 1.5, "kind_describing": 1.2, "family_logic": -0.4, "hard_words": -0.4}),
            _world("useless", "thinking changes nothing", 0.7, {**_HARD, **_EASY}, 0.0, {}),
            _world("hurts", "thinking breaks what is easy", 0.8, {**_HARD, **_EASY}, -0.7, {"family_logic": 0.6}),
        )
    }
)  # fmt: skip


@frozen(kw_only=True)
class SimulatedAttempt:
    """One attempt at one request."""

    right: bool
    noticed: bool  # a check rejects it
    thinking_tokens: int
    answer_tokens: int
    prompt_tokens: int
    seconds: float


@frozen(kw_only=True)
class SimulatedRequest:
    """A request with the outcome of each rung. ``p_off`` and ``p_on`` are the true probabilities, unknown to the
    policies."""

    signals: Signals
    p_off: float
    p_on: float
    attempts: Mapping[str, SimulatedAttempt] = field(repr=False)
    judged_on: bool


def simulate(
    world: World, count: int, *, detection: float, seed: int, decode_tokens_per_s: float = 50.0
) -> tuple[SimulatedRequest, ...]:
    """Draw ``count`` requests. ``detection`` is the probability that a check rejects a wrong edit."""
    return tuple(
        _request(world, random.Random(f"{world.name} {seed} {number}"), detection, decode_tokens_per_s)  # noqa: S311
        for number in range(count)
    )


def _request(world: World, dice: random.Random, detection: float, speed: float) -> SimulatedRequest:
    signals = _signals(dice, detection, speed)
    x: dict[str, float] = dict(zip(FEATURES, feature_vector(signals), strict=True))
    hidden = dice.gauss(0, _DIFFICULTY)
    off = world.off_bias + sum(weight * x[name] for name, weight in world.off.items()) + hidden
    on = off + world.gain_bias + sum(weight * x[name] for name, weight in world.gain.items())
    judged_on = on - off + dice.gauss(0, _JUDGE_NOISE) > 0.6
    odds = {
        "quick": off,
        "retry": off + _RETRY_GAIN,
        "think-low": on,
        "think-medium": on + 0.2,
        "quick after thinking": off,
    }
    answer_tokens = max(30, round(dice.lognormvariate(5.0, 0.5)))
    prompt_tokens = round(900 + 2.5 * answer_tokens)
    attempts: dict[str, SimulatedAttempt] = {}
    for step, value in odds.items():
        right = dice.random() < sigmoid(value)
        thinking = round(min(1024, dice.lognormvariate(6.0, 0.5))) if step.startswith("think") else 0
        if step == "think-medium":
            thinking *= 2
        # The failed answer and the check's message are part of the prompt, too.
        more = answer_tokens + 60 if step in {"retry", "think-medium", "quick after thinking"} else 0
        attempts[step] = SimulatedAttempt(
            right=right,
            noticed=dice.random() < (FALSE_ALARM if right else detection),
            thinking_tokens=thinking,
            answer_tokens=answer_tokens,
            prompt_tokens=prompt_tokens + more,
            seconds=0.4 + (thinking + answer_tokens) / speed,
        )
    return SimulatedRequest(
        signals=signals,
        p_off=sigmoid(off),
        p_on=sigmoid(on),
        attempts=MappingProxyType(attempts),
        judged_on=judged_on,
    )


def _signals(dice: random.Random, detection: float, speed: float) -> Signals:
    """Draw signals with the distribution of an editor's. The foreseen evidence corresponds to ``detection``."""
    kind = _drawn(dice, _KINDS)
    families = (_drawn(dice, _FAMILIES),) if kind is RequestKind.FIX else ()
    lines = max(3, round(dice.lognormvariate(2.9, 0.7)))
    branches = min(20, round(lines * dice.random() / 5))
    evidence = (
        ForeseenEvidence.TESTS
        if detection > 0.7
        else ForeseenEvidence.SAME_TOOL
        if detection > 0.3
        else ForeseenEvidence.PARSE
    )
    in_words = kind is RequestKind.DESCRIBE
    return Signals(
        kind=kind,
        families=families,
        expected_tokens=9 * lines,
        related_elsewhere=int(dice.random() < 0.15),
        hard_words=dice.choice((0, 0, 1, 2)) if in_words else 0,
        functions_touched=dice.choice((1, 1, 1, 2, 3)) if kind is not RequestKind.FIX else 1,
        scope=ScopeComplexity(lines=lines, branches=branches, loops=branches // 3, nesting=1 + branches // 4),
        cost=Cost(decode_tokens_per_s=speed, first_token_s=0.4, deadline_ms=120_000.0),
        foreseen_evidence=evidence,
    )


def _drawn(dice: random.Random, shares: Sequence[tuple[T, float]]) -> T:
    at = dice.random() * sum(share for _, share in shares)
    for value, share in shares:
        at -= share
        if at <= 0:
            return value
    return shares[-1][0]


Steps = tuple[str, ...]


@frozen(kw_only=True)
class Run:
    """The outcome of one way to answer one request. A wrong edit that no check rejected is ``wrong_unseen``; if all
    attempts were rejected, the user gets no edit."""

    right: bool
    wrong_unseen: bool
    thought_first: bool
    thinking_tokens: int
    answer_tokens: int
    prompt_tokens: int
    seconds: float

    @property
    def tokens(self) -> int:
        """The number of generated tokens."""
        return self.thinking_tokens + self.answer_tokens

    def utility(self, patience_s: float, unseen_loss: float = 0.5) -> float:
        """See `thinking.utility`."""
        return self.right - unseen_loss * self.wrong_unseen - self.seconds / patience_s


def run(request: SimulatedRequest, steps: Steps) -> Run:
    """Make the attempts ``steps`` in order, until no check rejects one."""
    made: list[SimulatedAttempt] = []
    for number, step in enumerate(steps):
        name = "quick after thinking" if step == "quick" and number else step
        made.append(request.attempts[name])
        if not made[-1].noticed:
            break
    last = made[-1]
    return Run(
        right=last.right and not last.noticed,
        wrong_unseen=not last.right and not last.noticed,
        thought_first=steps[0].startswith("think"),
        thinking_tokens=sum(one.thinking_tokens for one in made),
        answer_tokens=sum(one.answer_tokens for one in made),
        prompt_tokens=sum(one.prompt_tokens for one in made),
        seconds=sum(one.seconds for one in made),
    )
