"""The features of a request: numbers from 0 to 1 (the judge's: -1 to 1) that the policy's weights multiply.

Names and order are stable: weights that were fitted to a user's code are stored by name, and ``FEATURE_VERSION``
changes with the meaning of any feature. Pure. To add a signal: a field in `signals.py`, its source in
`features/assist/think_signals.py`, a name here with its number, its weights in `weights.py`, its words for users in
`features/assist/decision_text.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import repeat
from types import MappingProxyType

from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily as Family
from autothink_lsp.thinking.signals import RequestKind, ScopeComplexity, Signals

FEATURE_VERSION = 1
FEATURES: tuple[str, ...] = (
    "kind_describing",  # documentation, types, explanation: the code keeps its behaviour
    "kind_refactor",
    "kind_words",  # a change that the user describes in words
    "family_trivial",
    "family_local",  # solved where it is reported: attribute, arguments, deprecated
    "family_type",  # depends on the origin of a value: type, None, cases, ownership
    "family_logic",  # race, wrong result
    "log_lines",  # logarithm of the function's number of lines
    "branching",  # the function's branches, loops and nesting
    "rewritten_branching",  # the same for a refactoring, which rewrites all of it
    "concurrent",
    "edit_size",
    "functions_touched",
    "hard_words",
    "related_elsewhere",
    "failed_before",
    "judge",  # the model's own judgement if its probability is known, else the score distilled from judgements
)

_JUDGE = FEATURES.index("judge")
_DESCRIBING = frozenset({RequestKind.DOCSTRING, RequestKind.TYPES, RequestKind.EXPLAIN, RequestKind.RENAME})
_WORDS = frozenset({RequestKind.DESCRIBE, RequestKind.USER})
_FIXES = frozenset({RequestKind.FIX, RequestKind.FIX_ALL})
_GROUPS: Mapping[Family, str] = MappingProxyType(
    {
        Family.FORMAT: "family_trivial",
        Family.STYLE: "family_trivial",
        Family.UNUSED: "family_trivial",
        Family.IMPORT: "family_trivial",
        Family.UNDEFINED: "family_trivial",
        Family.SYNTAX: "family_trivial",
        Family.DEPRECATED: "family_local",
        Family.ATTRIBUTE: "family_local",
        Family.ARGUMENTS: "family_local",
        Family.TYPE: "family_type",
        Family.NONE: "family_type",
        Family.EXHAUSTIVE: "family_type",
        Family.COMPLEXITY: "family_type",
        Family.OWNERSHIP: "family_type",
        Family.RACE: "family_logic",
        Family.WRONG_RESULT: "family_logic",
    }
)
_GROUP_ORDER = ("family_trivial", "family_local", "", "family_type", "family_logic")
# Words for a change that several places must agree on, or that concerns order, time or all cases.
_HARD_WORDS = re.compile(
    r"\b(re-?factor|re-?structur\w*|redesign|rewrite|race|dead-?lock|thread|concurren\w*|atomic\w*|lock\w*|synchroni[sz]\w*"
    r"|twice|at (the )?same time|simultaneous\w*|in parallel|impossible|invariant|never|always|only once|exactly once"
    r"|every (case|caller|branch)|all (cases|callers)|edge cases?|overflow|off[- ]by[- ]one|leak\w*|cache\w*|recurs\w*"
    r"|algorithm\w*|complexity|performance|faster|slow|optimi[sz]e\w*|wrong (result|order|value)|without changing"
    r"|backwards?[- ]compatib\w*|(two|several) (functions|callers|places))\b",
    re.IGNORECASE,
)


def hard_words(text: str) -> int:
    """The number of distinct words in ``text`` that indicate a difficult change."""
    return len({found.group().lower() for found in _HARD_WORDS.finditer(text[:4_000])})


def feature_vector(signals: Signals, judge_score: Sequence[float] = ()) -> tuple[float, ...]:
    """The features in the order of ``FEATURES``. ``judge_score`` replaces an unknown judgement: the log odds of
    thinking, as a bias and a weight for each feature."""
    kind, scope = signals.kind, signals.scope
    is_refactor = kind not in _DESCRIBING | _WORDS | _FIXES
    branching = _branching(scope)
    probability = signals.history.judge_probability
    values = {
        "kind_describing": float(kind in _DESCRIBING),
        "kind_refactor": float(is_refactor),
        "kind_words": float(kind in _WORDS),
        "log_lines": min(1.0, math.log2(1 + scope.lines) / 8),
        "branching": branching,
        "rewritten_branching": branching if is_refactor or kind in _WORDS else 0.0,
        "concurrent": float(scope.concurrent),
        "edit_size": min(1.0, math.log2(1 + signals.expected_tokens) / 11),
        "functions_touched": min(1.0, max(0, signals.functions_touched - 1) / 2),
        "hard_words": min(1.0, signals.hard_words / 2),
        "related_elsewhere": min(1.0, signals.related_elsewhere / 2),
        "failed_before": min(1.0, signals.history.failures / 2),
        "judge": 0.0 if probability is None else _judge(logit(probability)),
    }
    values[family_group(signals.families)] = 1.0
    x = tuple(map(values.get, FEATURES, repeat(0.0)))
    if probability is not None or not judge_score:
        return x
    log_odds = judge_score[0] + sum(a * b for a, b in zip(judge_score[1:], x, strict=True))
    return (*x[:_JUDGE], _judge(log_odds), *x[_JUDGE + 1 :])


def logit(probability: float) -> float:
    """The log odds of ``probability``, finite for 0 and 1."""
    kept = min(1 - 1e-6, max(1e-6, probability))
    return math.log(kept / (1 - kept))


def sigmoid(value: float) -> float:
    """The probability of log odds."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))


def _judge(log_odds: float) -> float:
    return max(-1.0, min(1.0, log_odds / 4))


def _branching(scope: ScopeComplexity) -> float:
    counted = min(6, scope.branches) + min(3, scope.loops) + max(0, min(3, scope.nesting - 1)) + 2 * scope.recursive
    return min(1.0, counted / 12)


def family_group(families: tuple[Family, ...]) -> str:
    """The group of the most difficult message; empty if there is no message of a known family."""
    groups = {_GROUPS.get(family, "") for family in families}
    return max(groups, key=_GROUP_ORDER.index, default="")
