"""Decides whether an action thinks: collects the signals of the place and the model, applies the policy, and stores
results, feedback and the editor's diagnostics for later decisions.

The policy itself is `thinking/`, which knows only values; `think_signals.py` gathers the signals.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

from attrs import define, evolve, field, frozen

from autothink_lsp.features.assist.actions import AssistRequest, AssistResult
from autothink_lsp.features.assist.applied_edit import AppliedOutcome, AppliedVerdict
from autothink_lsp.features.assist.endpoint import AssistConnection
from autothink_lsp.features.assist.model_records import ModelRecords
from autothink_lsp.features.assist.target import Target
from autothink_lsp.features.assist.think_signals import gather_signals
from autothink_lsp.features.statistics.store import OutcomeRecord, ResultRecord, Statistics
from autothink_lsp.settings.local_only import leaves_this_machine
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.thinking.mode import ThinkMode
from autothink_lsp.thinking.policy import ThinkDecision, decide
from autothink_lsp.thinking.signals import Capability, Cost, ModeRecord, TargetHistory
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS, PolicyWeights
from autothink_lsp.verify.evidence import ForeseenEvidence

logger = logging.getLogger(__name__)

_REMEMBERED = 200
_SURVIVED = frozenset({AppliedOutcome.STILL_REPORTED, AppliedOutcome.NEW_ERROR})
_MOST_FAILURES = 4
_NEWEST_WEIGHT = 0.2  # of a new measurement in the average of thinking tokens (chosen)


def shipped_weights(_connection: AssistConnection) -> PolicyWeights:
    """The weights for a model without learned ones."""
    return SHIPPED_WEIGHTS


def _never_explores() -> float:
    return 1.0


@frozen
class _Named:
    """The data for feedback about a result: its place, model, mode, and estimated probability of being right."""

    key: object
    model: str
    thought: bool
    expected: float | None
    is_stored: bool = False


@define(eq=False)
class ThinkDecider:
    """The think decisions of a session, the history of each target and the record of each model. ``weights_for``
    returns the policy's parameters for a model, ``draw`` a random number from 0 to 1."""

    weights_for: Callable[[AssistConnection], PolicyWeights] = shipped_weights
    records: ModelRecords = field(factory=ModelRecords)
    draw: Callable[[], float] = _never_explores
    _history: OrderedDict[object, TargetHistory] = field(factory=OrderedDict)
    _results: OrderedDict[str, _Named] = field(factory=OrderedDict)
    _last_key: dict[str, object] = field(factory=dict)

    def decide(
        self,
        request: AssistRequest,
        target: Target,
        tree: SyntaxTree | None,
        connection: AssistConnection,
        foreseen: ForeseenEvidence | None = None,
        *,
        draws: bool = True,
    ) -> tuple[ThinkDecision, Capability]:
        """The decision for a request, and the model's capability. ``foreseen`` is the strongest possible evidence for
        an edit; ``None`` for questions. Without ``draws`` a close decision never takes the other mode."""
        profile = connection.choice.profile
        settings = request.settings.assist
        capability = Capability(
            can_off=profile.can_off,
            can_on=profile.can_on and settings.max_thinking_tokens > 0,
            can_auto=profile.can_auto,
            judges=profile.judges,
            max_thinking_tokens=settings.max_thinking_tokens,
        )
        override = request.think
        if override is None and settings.think != "auto":
            override = ThinkMode(settings.think)
        signals = gather_signals(
            request,
            target,
            tree,
            history=self._history.get(_key(request, target), TargetHistory()),
            record=self.records.of(connection),
            cost=Cost(
                decode_tokens_per_s=connection.speed.tokens_per_s,
                first_token_s=connection.speed.first_token_s,
                deadline_ms=settings.deadline_s * 1_000,
                patience_s=settings.patience_s,
            ),
            foreseen=foreseen,
        )
        decision = decide(
            signals,
            override=override,
            capability=capability,
            weights=self.weights_for(connection),
            explore=self.draw() if draws and explores(request.settings) else 1.0,
        )
        return decision, capability

    def on_result(self, request: AssistRequest, target: Target, result: AssistResult) -> None:
        """Store the result for the next request at the same place and for the model's record."""
        self.on_place(request, target)
        self.on_answer(result)
        key = _key(request, target)
        old = self._history.get(key, TargetHistory())
        failed = sum(1 for one in result.attempts if one.outcome and one.outcome.effective == "off")
        is_good = result.has_edit and not result.has_failed
        outcomes = [one.outcome for one in result.attempts if one.outcome is not None]
        judged = [one.judge_probability for one in outcomes if one.judge_probability is not None]
        new = evolve(
            old,
            last_thought=_mode(result) == "on",
            failed_off=0 if is_good else min(_MOST_FAILURES, old.failed_off + failed),
            judge_probability=judged[0] if judged else old.judge_probability,
        )
        self._remember(key, new)

    def on_answer(self, result: AssistResult) -> None:
        """Update the record of a result's model."""
        self._note_judgement(result)
        self._note_thinking(result)

    def _note_judgement(self, result: AssistResult) -> None:
        """Log a judging model's decision beside the policy's choice."""
        decision = result.decision
        if decision is None or decision.policy.mode is not ThinkMode.AUTO or not result.attempts:
            return
        outcome = result.attempts[0].outcome
        if outcome is not None:
            p_on = "unknown" if outcome.judge_probability is None else f"{outcome.judge_probability:.2f}"
            logger.info(
                "model judged: %s (P(on) %s); the policy: %s",
                outcome.effective,
                p_on,
                decision.choice.value,
            )

    def _note_thinking(self, result: AssistResult) -> None:
        for attempt in result.attempts:
            outcome = attempt.outcome
            if outcome is None or outcome.effective != "on" or not outcome.think_tokens:
                continue
            known = self.records.in_session(result.model).thinking_tokens
            tokens = float(outcome.think_tokens)
            average = tokens if known is None else known + _NEWEST_WEIGHT * (tokens - known)
            self.records.update(result.model, is_stored=_is_stored(result), thinking_tokens=average)

    def on_place(self, request: AssistRequest, target: Target) -> None:
        """Note the place of the action."""
        self._last_key[request.snapshot.uri] = _key(request, target)
        while len(self._last_key) > _REMEMBERED:
            del self._last_key[next(iter(self._last_key))]

    def on_named(self, result: AssistResult) -> None:
        """Store the result by its id, with which the user's feedback arrives."""
        thought = _mode(result) == "on"
        estimates = result.decision.estimates if result.decision is not None else None
        expected = None if estimates is None else estimates.on if thought else estimates.off
        key = self._last_key.get(result.request.snapshot.uri)
        self._results[result.id] = _Named(key, result.model, thought, expected, _is_stored(result))
        while len(self._results) > _REMEMBERED:
            self._results.popitem(last=False)

    def on_outcome(self, result_id: str, outcome: AppliedOutcome) -> None:
        """Store whether the editor still reports the problem after an edit was applied, for its place and its model."""
        named = self._results.get(result_id)
        if named is None or outcome not in _SURVIVED | {AppliedOutcome.GONE}:
            return
        has_survived = outcome in _SURVIVED
        if named.key is not None:
            old = self._history.get(named.key, TargetHistory())
            survived = min(_MOST_FAILURES, old.survived + 1) if has_survived else 0
            self._remember(named.key, evolve(old, survived=survived))
        self._count(named, is_good=not has_survived)

    def _count(self, named: _Named, *, is_good: bool) -> None:
        """Add an edit's outcome to the record of its model, with the probability that was estimated for it."""
        if named.expected is None:
            return
        name = "on" if named.thought else "off"
        record: ModeRecord = getattr(self.records.in_session(named.model), name)
        record = evolve(
            record,
            good=record.good + is_good,
            bad=record.bad + (not is_good),
            expected=record.expected + named.expected,
        )
        self.records.update(named.model, is_stored=named.is_stored, **{name: record})

    def record_outcome(self, statistics: Statistics, result: AssistResult, verdict: AppliedVerdict) -> None:
        """Write the outcome of an applied edit to the statistics: the tool's name, no message."""
        message = verdict.message
        statistics.record_outcome(
            OutcomeRecord(
                id=result.id,
                outcome=verdict.outcome.value,
                source=message.source[:40] if message is not None else "",
                mode=_mode(result),
                step=result.attempts[-1].step if result.attempts else "none",
            )
        )

    def on_feedback(self, result_id: str, event: Literal["offered", "applied", "rejected", "undone"]) -> None:
        """Count a rejected or undone edit against quick attempts at its place, an undone one also against its model."""
        named = self._results.get(result_id)
        if named is not None and named.key is not None and event in {"rejected", "undone"}:
            old = self._history.get(named.key, TargetHistory())
            self._remember(named.key, evolve(old, rejected=min(_MOST_FAILURES, old.rejected + 1)))
        if named is not None and event == "undone":
            self._count(named, is_good=False)

    def record(self, statistics: Statistics, result: AssistResult, seconds: float) -> None:
        """Write counts to the statistics: no code, no paths, no messages."""
        request = result.request
        statistics.record_result(
            ResultRecord(
                id=result.id,
                action=request.action.value,
                language=request.snapshot.language_id[:40],
                mode=_mode(result),
                rule=result.rule_id or "none",
                verified=result.has_edit and not result.has_failed,
                tokens=sum(one.tokens for one in result.attempts),
                seconds=seconds,
            )
        )

    def _remember(self, key: object, history: TargetHistory) -> None:
        self._history[key] = history
        self._history.move_to_end(key)
        while len(self._history) > _REMEMBERED:
            self._history.popitem(last=False)


def explores(settings: Settings) -> bool:
    """Whether close decisions may take the other mode: a server on another machine may cost money for each token."""
    explore = settings.assist.explore
    return explore == "always" or (explore == "local" and not leaves_this_machine(settings.assist))


def _is_stored(result: AssistResult) -> bool:
    return result.request.settings.assist.statistics


def _mode(result: AssistResult) -> str:
    """The mode for the statistics: "on" if an attempt thought, "off" if none did, "none" without a model."""
    modes = {one.outcome.effective for one in result.attempts if one.outcome}
    return "none" if not modes else "on" if "on" in modes else "off"


def _key(request: AssistRequest, target: Target) -> object:
    """A key for the place that does not depend on line numbers: the definition's name, else the line."""
    return (request.snapshot.uri, target.name or request.start.line, request.action)
