"""The named rules that settle a request without a score. Each has an id for the log and a sentence for the user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from attrs import frozen

from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily as Family
from autothink_lsp.thinking.signals import KEYSTROKES, RequestKind, Signals

_TRIVIAL = frozenset({Family.FORMAT, Family.UNUSED, Family.IMPORT, Family.UNDEFINED})


@frozen
class Rule:
    """``decides`` where ``applies``."""

    id: str
    decides: Literal["off", "on"]
    sentence: str
    applies: Callable[[Signals], bool]


RULES: tuple[Rule, ...] = (
    Rule("keystroke", "off", "Did not think: a keystroke never does.", lambda s: s.kind in KEYSTROKES),
    Rule("rename", "off", "Did not think: a name needs none.", lambda s: s.kind is RequestKind.RENAME),
    Rule(
        "off-failed-twice",
        "on",
        "Thinks: quick attempts at this place have failed twice.",
        lambda s: s.history.failed_off >= 2,
    ),
    Rule(
        "trivial-message",
        "off",
        "Did not think: messages of this kind are repaired without.",
        lambda s: bool(s.families) and all(family in _TRIVIAL for family in s.families) and not _tried(s),
    ),
    Rule(
        "docstring",
        "off",
        "Did not think: describing code needs none.",
        lambda s: s.kind is RequestKind.DOCSTRING and not _tried(s),
    ),
    Rule(
        "race",
        "on",
        "Thinks: mistakes of concurrent code are not found at a glance.",
        lambda s: Family.RACE in s.families,
    ),
)


def matching_rule(signals: Signals) -> Rule | None:
    """The first that applies."""
    return next((rule for rule in RULES if rule.applies(signals)), None)


def _tried(signals: Signals) -> bool:
    return bool(signals.history.failed_off or signals.history.rejected or signals.survived_fix)
