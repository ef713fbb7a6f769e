"""How likely it is that thinking pays for a request, from 0 to 1: a logistic sum of hand-set weights.

Version 1: the weights say what the public data say (``docs/reference/autothink-format.md``, sections 9 and 11),
not what was learned here; the local statistics move the threshold, not the weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily as Family
from autothink_lsp.thinking.signals import CursorPlace, RequestKind, Signals

BIAS = -1.6
_KINDS: Mapping[RequestKind, float] = MappingProxyType(
    {
        RequestKind.FIX: 0.0,
        RequestKind.DESCRIBE: 0.8,
        RequestKind.SIMPLIFY: 0.2,
        RequestKind.EXTRACT: 0.0,
        RequestKind.TYPES: -0.6,
        RequestKind.ERRORS: 0.2,
        RequestKind.CASES: 0.5,
        RequestKind.DOCSTRING: -1.5,
        RequestKind.TESTS: 0.4,
        RequestKind.CONVERT: 0.4,
        RequestKind.EXPLAIN: -0.3,
        RequestKind.RENAME: -2.0,
    }
)
_FAMILIES: Mapping[Family, float] = MappingProxyType(
    {
        Family.FORMAT: -2.5,
        Family.UNUSED: -2.5,
        Family.IMPORT: -1.5,
        Family.UNDEFINED: -1.5,
        Family.SYNTAX: -1.2,
        Family.DEPRECATED: -0.8,
        Family.ATTRIBUTE: -0.2,
        Family.ARGUMENTS: -0.2,
        Family.TYPE: 0.4,
        Family.NONE: 0.6,
        Family.EXHAUSTIVE: 0.2,
        Family.OWNERSHIP: 1.0,
        Family.RACE: 2.2,
        Family.WRONG_RESULT: 1.8,
        Family.OTHER: 0.0,
    }
)
_PLACES: Mapping[CursorPlace, float] = MappingProxyType(
    {
        CursorPlace.COMMENT: -1.0,
        CursorPlace.STRING: -0.8,
        CursorPlace.IMPORT: -1.2,
        CursorPlace.ARGUMENTS: -0.3,
        CursorPlace.CONDITION: 0.5,
        CursorPlace.LOOP: 0.5,
        CursorPlace.HANDLER: 0.4,
        CursorPlace.OPERATOR: 0.4,
        CursorPlace.ERROR: -0.2,
        CursorPlace.CODE: 0.0,
    }
)


def score(signals: Signals) -> float:
    """0 to 1."""
    scope = signals.scope
    total = BIAS + _KINDS.get(signals.kind, 0.0) + _PLACES[signals.cursor]
    total += max((_FAMILIES[family] for family in signals.families), default=0.3 if signals.kind == "fix" else 0.0)
    total += 0.25 * max(0, len(signals.families) - 1)
    total += 0.8 * min(1.0, signals.selected_lines / 60) + 0.5 * min(1.0, signals.expected_tokens / 800)
    total += 0.6 * min(1.0, scope.lines / 80) + 0.12 * min(6, scope.branches) + 0.2 * min(3, scope.loops)
    total += 0.25 * max(0, min(4, scope.nesting) - 2) + 0.5 * scope.recursive + 0.9 * scope.concurrent
    total += 0.4 * (signals.references > 3)
    total += 1.6 * min(2, signals.history.failed_off) + 1.0 * min(2, signals.history.rejected)
    total += 1.2 * signals.survived_fix
    total -= 0.6 * signals.cost.on_battery + _slowness(signals)
    return 1 / (1 + math.exp(-total))


def _slowness(signals: Signals) -> float:
    """A slow model makes thinking dear: nothing at 30 tokens a second, 1 at 5."""
    speed = signals.cost.decode_tokens_per_s
    return 0.0 if speed is None else min(1.0, max(0.0, (30 - speed) / 25))
