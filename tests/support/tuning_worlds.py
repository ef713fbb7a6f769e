"""Made-up worlds in which it is known where thinking pays, for the fit, the gate and the command ``tune``.

Each world draws requests with the product's own signals and says how likely each way to answer is right. ``truth`` is
the value of a policy over a large sample of fresh requests.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from attrs import evolve, frozen

from autothink_lsp.thinking.budget import low_budget
from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily as Family
from autothink_lsp.thinking.features import FEATURES, feature_vector, sigmoid
from autothink_lsp.thinking.signals import Cost, RequestKind, ScopeComplexity, Signals
from autothink_lsp.thinking.utility import ARMS, arm_value, estimate
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS, PolicyWeights
from autothink_lsp.tuning.gate import steps_of
from autothink_lsp.tuning.outcomes import Setting, TaskOutcome, TrialOutcome
from autothink_lsp.verify.evidence import ForeseenEvidence

SETTING = Setting()
SHARED_LUCK = 0.7  # the share of attempts that are right or wrong together with the other attempts at their task
_KINDS = (
    [RequestKind.FIX] * 12
    + [RequestKind.SIMPLIFY, RequestKind.EXTRACT, RequestKind.TYPES, RequestKind.DOCSTRING, RequestKind.CASES]
    + [RequestKind.DESCRIBE] * 3
)
_FAMILIES = [
    Family.TYPE,
    Family.NONE,
    Family.ATTRIBUTE,
    Family.ARGUMENTS,
    Family.WRONG_RESULT,
    Family.WRONG_RESULT,
    Family.UNDEFINED,
    Family.SYNTAX,
    Family.OTHER,
    Family.EXHAUSTIVE,
]

Advantage = Callable[[dict[str, float], random.Random], float]


@frozen(kw_only=True)
class Machine:
    """How fast the model is, and how often a check sees that an edit is wrong."""

    tokens_per_s: float = 50.0
    well_checked: float = 0.4  # the share of requests that tests check; the others have a linter at most


GPU = Machine()
WEAK_CHECKS = Machine(well_checked=0.0)
SLOW = Machine(tokens_per_s=12.0)


@frozen(kw_only=True)
class World:
    """``advantage`` is what thinking adds to the log odds of a request; ``base`` the log odds without it."""

    name: str
    advantage: Advantage
    machine: Machine = GPU
    base: float = 0.9


def _elsewhere(x: dict[str, float], _source: random.Random) -> float:
    """Thinking helps where the shipped policy expects little of it, and not where it expects much."""
    helped = x["kind_describing"] + x["family_local"] + x["family_type"]
    return 2.2 * helped - 0.6 * (1 - min(1.0, helped))


def _stepped(x: dict[str, float], _source: random.Random) -> float:
    return 2.4 if (x["family_type"] or x["family_local"]) and x["log_lines"] > 0.6 else -0.3


WORLDS: dict[str, World] = {
    "aligned": World(
        name="aligned",
        advantage=lambda x, _: (
            SHIPPED_WEIGHTS.on_bias
            + sum(a * x[name] for a, name in zip(SHIPPED_WEIGHTS.on_weights, FEATURES, strict=True))
        ),
    ),
    "elsewhere": World(name="elsewhere", advantage=_elsewhere, machine=WEAK_CHECKS),
    "useless": World(name="useless", advantage=lambda _x, _s: 0.0, machine=SLOW),
    "hurts": World(name="hurts", advantage=lambda _x, _s: -1.0, machine=SLOW),
    "stepped": World(name="stepped", advantage=_stepped, machine=WEAK_CHECKS),
    "noisy": World(name="noisy", advantage=lambda _x, source: source.gauss(0.2, 1.2), machine=WEAK_CHECKS),
}
# Where no policy of these features is better than the shipped one by much.
NOTHING_TO_LEARN = ("aligned", "noisy")


def draw_signals(source: random.Random, machine: Machine) -> Signals:
    """One request."""
    kind = source.choice(_KINDS)
    lines = min(180, max(2, int(source.lognormvariate(2.8, 0.8))))
    families = (source.choice(_FAMILIES),) if kind is RequestKind.FIX else ()
    is_checked = source.random() < machine.well_checked
    weak = source.choice((ForeseenEvidence.PARSE, ForeseenEvidence.OTHER_TOOL))
    return Signals(
        kind=kind,
        families=families,
        expected_tokens=lines * 9,
        hard_words=source.choice((0, 0, 1, 2)) if kind is RequestKind.DESCRIBE else 0,
        functions_touched=source.choice((1, 1, 1, 2)),
        scope=ScopeComplexity(
            lines=lines,
            branches=int(lines * source.random() / 6),
            loops=int(lines * source.random() / 15),
            nesting=source.choice((0, 1, 2, 3)),
            concurrent=source.random() < 0.08,
        ),
        cost=Cost(decode_tokens_per_s=machine.tokens_per_s, first_token_s=0.3),
        foreseen_evidence=ForeseenEvidence.TESTS if is_checked else weak,
    )


@frozen
class Truth:
    """One request of a world, and how likely each answer is right."""

    signals: Signals
    off: float
    on: float
    noticed: float


def draw(world: World, source: random.Random) -> Truth:
    """One request, with the world's own probabilities."""
    signals = draw_signals(source, world.machine)
    x: dict[str, float] = dict(zip(FEATURES, feature_vector(signals), strict=True))
    off = world.base + sum(
        0.9 * weight * x[name] for weight, name in zip(SHIPPED_WEIGHTS.off_weights, FEATURES, strict=True)
    )
    off += source.gauss(0.0, 0.3)
    on = off + world.advantage(x, source)
    noticed = 0.9 if signals.foreseen_evidence is ForeseenEvidence.TESTS else 0.1
    return Truth(signals, sigmoid(off), sigmoid(on), noticed)


def observe(truth: Truth, source: random.Random, number: int, *, oracle_noise: float = 0.0) -> TaskOutcome:
    """What ``tune`` sees of one request: quick and think-low once each, a retry where a check noticed the first."""
    attempts: list[TrialOutcome] = []
    budget = low_budget(truth.signals, SETTING.capability)
    estimates = estimate(truth.signals, SHIPPED_WEIGHTS, budget_tokens=budget)

    luck = source.random()  # a task that is hard without thinking is often hard with it

    def attempt(step: str, probability: float, seconds: float, thinking: int) -> TrialOutcome:
        right = (luck if source.random() < SHARED_LUCK else source.random()) < probability
        noticed = not right and source.random() < truth.noticed
        seen = right if source.random() >= oracle_noise else not right
        passed = "right" if seen else "parses" if source.random() < 0.7 else "nothing new"
        return TrialOutcome(
            step=step,
            passed=passed,
            noticed=noticed,
            seconds=seconds,
            think_tokens=thinking,
            answer_tokens=int(estimates.answer_tokens),
        )

    quick = attempt("quick", truth.off, estimates.off_seconds, 0)
    attempts.append(quick)
    if quick.noticed:
        attempts.append(attempt("retry", truth.off, estimates.off_seconds, 0))
    attempts.append(attempt("think-low", truth.on, estimates.on_seconds, int(estimates.thinking_tokens)))
    return TaskOutcome(
        task=f"t{number}",
        stratum="fix",
        group=f"file{number % 20}",
        source="mutation",
        detail="comparison",
        oracle="tests",
        signals=truth.signals,
        attempts=tuple(attempts),
    )


def true_value(truth: Truth, steps: Sequence[str]) -> float:
    """The expected utility of an arm, by the world's own probabilities."""
    budget = low_budget(truth.signals, SETTING.capability)
    known = estimate(truth.signals, SHIPPED_WEIGHTS, budget_tokens=budget)
    known = evolve(
        known,
        off=truth.off,
        on=truth.on,
        retry=truth.off,
        on_after_failure=truth.on,
        off_after_thinking=truth.off,
        noticed=truth.noticed,
    )
    return arm_value(tuple(steps), known, SHIPPED_WEIGHTS, patience_s=SETTING.patience_s).value


@frozen
class Judged:
    """Mean utilities over fresh requests: of today's policy, of another one, and of the best choice for each."""

    today: float
    other: float
    best: float

    @property
    def gain_share(self) -> float:
        """The share of the headroom that the other policy takes."""
        headroom = self.best - self.today
        return (self.other - self.today) / headroom if headroom > 0 else 0.0

    @property
    def relative_change(self) -> float:
        return (self.other - self.today) / abs(self.today)


@frozen
class Sample:
    """Fresh requests to judge policies by, with the values of today's policy and of the best choice for each."""

    truths: tuple[Truth, ...]
    outcomes: tuple[TaskOutcome, ...]
    old_steps: tuple[tuple[str, ...], ...]
    today: float
    best: float

    @classmethod
    def of(cls, world: World, count: int = 200) -> Sample:
        source = random.Random(f"{world.name} fresh")
        truths = tuple(draw(world, source) for _ in range(count))
        outcomes = tuple(observe(one, source, number) for number, one in enumerate(truths))
        steps = tuple(steps_of(one, SHIPPED_WEIGHTS, SETTING) for one in outcomes)
        today = sum(true_value(truth, some) for truth, some in zip(truths, steps, strict=True)) / count
        best = sum(max(true_value(truth, some) for some in ARMS) for truth in truths) / count
        return cls(truths, outcomes, steps, today, best)

    def judged(self, weights: PolicyWeights) -> Judged:
        """The true value of a policy."""
        change = 0.0
        for truth, outcome, old in zip(self.truths, self.outcomes, self.old_steps, strict=True):
            new = steps_of(outcome, weights, SETTING)
            if new != old:
                change += true_value(truth, new) - true_value(truth, old)
        return Judged(self.today, self.today + change / len(self.truths), self.best)
