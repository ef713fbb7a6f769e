"""Tasks with scripted outcomes. They test routing where the best policy is known, because small models gain nothing
from thinking (``docs/reference/autothink-format.md``, section 13)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autothink_lsp.commands.evaluation.policies import AttemptOutcome, EvaluationCase
from autothink_lsp.commands.evaluation.tasks import ScriptedTask
from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily
from autothink_lsp.thinking.policy import decide
from autothink_lsp.thinking.signals import Capability, Cost, CursorPlace, RequestKind, ScopeComplexity, Signals
from autothink_lsp.verify.evidence import ForeseenEvidence

CAPABILITY = Capability()


def scripted_case(task: ScriptedTask) -> EvaluationCase:
    """The case of a scripted task. Raises ``KeyError`` or ``ValueError`` for unknown signals."""
    signals = _signals(task.signals)

    async def attempt(mode: str) -> AttemptOutcome:
        row = task.modes[mode]
        return AttemptOutcome(
            passed=bool(row["passed"]),
            think_tokens=int(row.get("think_tokens", 0)),
            answer_tokens=int(row.get("answer_tokens", 0)),
            seconds=float(row.get("seconds", 0.0)),
            thought=mode.startswith("on"),
        )

    decision = decide(signals, capability=CAPABILITY)
    return EvaluationCase(task.id, decision, CAPABILITY, attempt, task.judge_mode, task.judge_tokens)


def _signals(row: Mapping[str, Any]) -> Signals:
    return Signals(
        kind=RequestKind(row.get("kind", "fix")),
        cursor=CursorPlace(row.get("cursor", "code")),
        families=tuple(DiagnosticFamily(one) for one in row.get("families", ())),
        scope=ScopeComplexity(**row.get("scope", {})),
        foreseen_evidence=ForeseenEvidence.TESTS,  # ``passed`` is the verdict of tests
        cost=Cost(decode_tokens_per_s=row.get("decode_tokens_per_s"), deadline_ms=row.get("deadline_ms", 300_000.0)),
    )
