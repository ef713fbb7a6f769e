"""Gathers the signals of a request, asks the policy, remembers what came of it, and feeds the local statistics."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

from attrs import asdict, define, evolve, field

from autothink_lsp.features.assist.endpoint import AssistConnected
from autothink_lsp.features.assist.target import Target
from autothink_lsp.features.assist.values import AssistRequest, AssistResult
from autothink_lsp.features.statistics.store import Recorded, Statistics
from autothink_lsp.syntax.complexity import complexity_at, place_at
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.thinking.calibration import Calibration
from autothink_lsp.thinking.diagnostic_family import diagnostic_family
from autothink_lsp.thinking.policy import Decision, decide
from autothink_lsp.thinking.signals import (
    Capability,
    Cost,
    CursorPlace,
    RequestKind,
    ScopeComplexity,
    Signals,
    TargetHistory,
)
from autothink_lsp.thinking.values import ThinkMode

_REMEMBERED = 200


@define(eq=False)
class Judgement:
    """One for each session. ``threshold`` gives the one that the statistics have moved."""

    threshold: Callable[[], float]
    _history: OrderedDict[object, TargetHistory] = field(factory=OrderedDict)
    _results: OrderedDict[str, object] = field(factory=OrderedDict)
    _last_key: dict[str, object] = field(factory=dict)

    def decide(
        self, request: AssistRequest, target: Target, tree: SyntaxTree | None, connected: AssistConnected
    ) -> tuple[Decision, Capability]:
        """Whether to think, and what the model can do."""
        profile = connected.choice.profile
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
        signals = self._signals(request, target, tree, connected)
        calibration = Calibration(threshold=self.threshold())
        return decide(signals, override=override, capability=capability, calibration=calibration), capability

    def saw(self, request: AssistRequest, target: Target, result: AssistResult) -> None:
        """Remember for the next request about the same place."""
        key = self._last_key[request.snapshot.uri] = _key(request, target)
        while len(self._last_key) > _REMEMBERED:
            del self._last_key[next(iter(self._last_key))]
        old = self._history.get(key, TargetHistory())
        failed = sum(1 for one in result.attempts if one.outcome and one.outcome.effective == "off")
        thought = any(one.outcome and one.outcome.effective == "on" for one in result.attempts)
        new = evolve(old, last_thought=thought, failed_off=0 if result.verified else min(4, old.failed_off + failed))
        self._remember(key, new)

    def heard(self, result_id: str, event: Literal["offered", "applied", "rejected", "undone"]) -> None:
        """A rejected or undone edit counts against the quick way at this place."""
        key = self._results.get(result_id)
        if key is not None and event in {"rejected", "undone"}:
            old = self._history.get(key, TargetHistory())
            self._remember(key, evolve(old, rejected=old.rejected + 1))

    def record(self, statistics: Statistics, result: AssistResult, seconds: float) -> None:
        """Counts only: no code, no paths, no messages."""
        request = result.request
        self._results[result.id] = self._last_key.get(request.snapshot.uri)
        while len(self._results) > _REMEMBERED:
            self._results.popitem(last=False)
        thought = any(one.outcome and one.outcome.effective == "on" for one in result.attempts)
        statistics.record_result(
            Recorded(
                id=result.id,
                action=request.action.value,
                language=request.snapshot.language_id[:40],
                mode="none" if not any(one.outcome for one in result.attempts) else "on" if thought else "off",
                rule=result.rule_id or "none",
                verified=result.verified,
                tokens=sum(one.tokens for one in result.attempts),
                seconds=seconds,
            )
        )

    def _remember(self, key: object, history: TargetHistory) -> None:
        self._history[key] = history
        self._history.move_to_end(key)
        while len(self._history) > _REMEMBERED:
            self._history.popitem(last=False)

    def _signals(
        self, request: AssistRequest, target: Target, tree: SyntaxTree | None, connected: AssistConnected
    ) -> Signals:
        families = tuple(diagnostic_family(one.source, one.code, one.message) for one in request.diagnostics[:4])
        history = self._history.get(_key(request, target), TargetHistory())
        scope = ScopeComplexity() if tree is None else ScopeComplexity(**asdict(complexity_at(tree, request.start)))
        return Signals(
            kind=RequestKind(request.action.value),
            cursor=CursorPlace.CODE if tree is None else CursorPlace(place_at(tree, request.start)),
            selected_lines=abs(request.end.line - request.start.line),
            expected_tokens=len(target.code) // 4,
            families=families,
            survived_fix=bool(families) and history.failed_off > 0,
            scope=scope,
            history=history,
            cost=Cost(
                decode_tokens_per_s=connected.speed.decode_tokens_per_s,
                deadline_ms=request.settings.assist.deadline_s * 1_000,
            ),
        )


def _key(request: AssistRequest, target: Target) -> object:
    """The same place, though lines above it come and go: the definition's name, else the line."""
    return (request.snapshot.uri, target.name or request.start.line, request.action)
