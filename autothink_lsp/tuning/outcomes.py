"""The observed attempts at one task, and the value that each sequence of attempts would have had.

Values only, without code or messages: the journal stores them and the fit learns from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import asdict, evolve, field, frozen

from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily
from autothink_lsp.thinking.signals import (
    Capability,
    Cost,
    CursorPlace,
    RequestKind,
    ScopeComplexity,
    Signals,
)
from autothink_lsp.thinking.utility import QUICK, RETRY, THINK_LOW, THINK_MEDIUM, ArmValue
from autothink_lsp.verify.evidence import ForeseenEvidence

# The label of an attempt by the last step that it passed: the more steps a wrong edit passed, the higher.
LABELS: Mapping[str, float] = {"": 0.0, "changed": 0.0, "parses": 0.15, "nothing new": 0.3, "right": 1.0}


@frozen(kw_only=True)
class TrialOutcome:
    """One attempt at a task. ``passed`` is the last step that its edit passed: a key of ``LABELS``. ``noticed``: a
    check of the product failed, so the ladder continues."""

    step: str
    passed: str
    noticed: bool
    seconds: float
    judge_tokens: int = 0
    think_tokens: int = 0
    answer_tokens: int = 0
    prompt_tokens: int = 0

    @property
    def is_right(self) -> bool:
        """Whether the edit is right."""
        return self.passed == "right"

    @property
    def label(self) -> float:
        """The attempt's label for the fit: 1 for a right edit."""
        return LABELS[self.passed]

    @property
    def tokens(self) -> int:
        """All generated tokens."""
        return self.judge_tokens + self.think_tokens + self.answer_tokens


@frozen(kw_only=True)
class TaskOutcome:
    """The attempts at one task: ``quick`` and ``think-low`` start from the request, ``retry`` follows a quick attempt
    whose mistake was noticed.

    ``judge`` is the probability of thinking in the model's own judgement, if it was asked for it.
    """

    task: str
    stratum: str
    group: str  # identifies the file, for cross-validation
    source: str  # "mutation", "history", "refactor"
    detail: str  # the operator, or the refactoring
    oracle: str  # "tests", "message", "equal tree"
    signals: Signals
    attempts: tuple[TrialOutcome, ...]
    judge: float | None = None

    def attempt(self, step: str) -> TrialOutcome | None:
        """The attempt of ``step``; ``None`` if it was not made."""
        return next((one for one in self.attempts if one.step == step), None)


@frozen(kw_only=True)
class Realised:
    """The result of one sequence of attempts at a task."""

    value: float
    is_right: bool
    is_unseen: bool  # a wrong edit that no check noticed
    seconds: float
    tokens: int


def realised(outcome: TaskOutcome, steps: Sequence[str], *, unseen_loss: float, patience_s: float) -> Realised:
    """The result of the attempts ``steps``, each made only if the mistake of the previous one was noticed.

    A thought after a failed attempt counts as the observed thought without one; think-medium counts as think-low with
    twice the thinking tokens.
    """
    right, noticed, seconds, tokens = False, False, 0.0, 0
    for step in steps:
        attempt = outcome.attempt(THINK_LOW if step == THINK_MEDIUM else step)
        if attempt is None and step == RETRY:  # it was noticed in the product's own ladder only if it has a retry
            continue
        if attempt is None:
            break
        quick = outcome.attempt(QUICK)
        more = attempt.seconds - (quick.seconds if quick is not None else 0.0) if step == THINK_MEDIUM else 0.0
        seconds += attempt.seconds + max(0.0, more)
        tokens += attempt.tokens + (attempt.think_tokens if step == THINK_MEDIUM else 0)
        right, noticed = attempt.is_right, attempt.noticed
        if right or not noticed:
            break
    is_unseen = not right and not noticed
    value = float(right) - unseen_loss * is_unseen - seconds / max(1.0, patience_s)
    return Realised(value=value, is_right=right, is_unseen=is_unseen, seconds=seconds, tokens=tokens)


@frozen(kw_only=True)
class Setting:
    """The abilities of the model and the machine, equal for all tasks of a run."""

    capability: Capability = field(factory=Capability)
    patience_s: float = 150.0


def chosen_steps(arms: Sequence[ArmValue], *, thinks_first: bool, pays_after_failure: bool) -> tuple[str, ...]:
    """The attempts that the product's ladder would make."""
    can_think = any(arm.thinks for arm in arms)
    if thinks_first and can_think:
        return (THINK_LOW, THINK_MEDIUM)
    return (QUICK, RETRY, THINK_LOW, THINK_MEDIUM) if can_think and pays_after_failure else (QUICK, RETRY)


def signals_to_json(signals: Signals) -> dict[str, Any]:
    """The signals as plain values, without the history and the record of the session."""
    values = asdict(signals)
    values.pop("history")
    values.pop("record")
    return values


def signals_from_json(values: Mapping[str, Any]) -> Signals:
    """The reverse of ``signals_to_json``. Raises ``ValueError`` for any other values."""
    try:
        foreseen = values["foreseen_evidence"]
        return evolve(
            Signals(kind=RequestKind(values["kind"])),
            cursor=CursorPlace(values["cursor"]),
            families=tuple(DiagnosticFamily(one) for one in values["families"]),
            scope=ScopeComplexity(**values["scope"]),
            cost=Cost(**values["cost"]),
            foreseen_evidence=None if foreseen is None else ForeseenEvidence(foreseen),
            **{
                name: values[name]
                for name in (
                    "expected_tokens",
                    "related_elsewhere",
                    "hard_words",
                    "functions_touched",
                    "is_asked",
                )
            },
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"these are no signals: {error!r}") from error


def outcome_to_json(outcome: TaskOutcome) -> dict[str, Any]:
    """The outcome as plain values."""
    values = {
        name: getattr(outcome, name) for name in ("task", "stratum", "group", "source", "detail", "oracle", "judge")
    }
    attempts = [asdict(one) for one in outcome.attempts]
    return {**values, "signals": signals_to_json(outcome.signals), "attempts": attempts}


def outcome_from_json(values: Mapping[str, Any]) -> TaskOutcome:
    """The reverse of ``outcome_to_json``. Raises ``ValueError`` for any other values."""
    try:
        attempts = tuple(TrialOutcome(**one) for one in values["attempts"])
        if any(one.passed not in LABELS for one in attempts):
            raise ValueError("an attempt has an unknown step")
        known = {name: values[name] for name in ("task", "stratum", "group", "source", "detail", "oracle", "judge")}
        return TaskOutcome(**known, signals=signals_from_json(values["signals"]), attempts=attempts)
    except (KeyError, TypeError) as error:
        raise ValueError(f"this is no outcome: {error!r}") from error
