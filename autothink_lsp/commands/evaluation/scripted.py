"""Scripted outcomes as cases: routing is tested where the best policy is known, since small models gain nothing from
thinking (``docs/reference/autothink-format.md``, section 13)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autothink_lsp.commands.evaluation.policies import Case, Outcome
from autothink_lsp.commands.evaluation.tasks import ScriptedTask
from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily
from autothink_lsp.thinking.policy import decide
from autothink_lsp.thinking.signals import Capability, Cost, CursorPlace, RequestKind, ScopeComplexity, Signals

CAPABILITY = Capability()


def scripted_case(task: ScriptedTask) -> Case:
    """Raises ``KeyError`` or ``ValueError`` for signals that do not exist."""
    signals = _signals(task.signals)

    async def attempt(mode: str) -> Outcome:
        row = task.modes[mode]
        return Outcome(
            passed=bool(row["passed"]),
            think_tokens=int(row.get("think_tokens", 0)),
            answer_tokens=int(row.get("answer_tokens", 0)),
            seconds=float(row.get("seconds", 0.0)),
            thought=mode.startswith("on"),
        )

    decision = decide(signals, capability=CAPABILITY)
    return Case(task.id, decision, CAPABILITY, attempt, task.judge_mode, task.judge_tokens)


def _signals(row: Mapping[str, Any]) -> Signals:
    return Signals(
        kind=RequestKind(row.get("kind", "fix")),
        cursor=CursorPlace(row.get("cursor", "code")),
        families=tuple(DiagnosticFamily(one) for one in row.get("families", ())),
        scope=ScopeComplexity(**row.get("scope", {})),
        cost=Cost(decode_tokens_per_s=row.get("decode_tokens_per_s"), deadline_ms=row.get("deadline_ms", 300_000.0)),
    )
