"""Whether a checker that runs here says the same as the editor's squiggle, so that its silence means something."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from autothink_lsp.values import Diagnostic
from autothink_lsp.verify.checkers import same_kind
from autothink_lsp.verify.values import Finding

_WORD = re.compile(r"\w+")
_NEAR_LINES = 1
_ALIKE = 0.5


def reproduced_by(target: Diagnostic, findings: Sequence[Finding]) -> Finding | None:
    """The finding that is the editor's message, at its line or beside it; ``None`` where none is."""
    near = [finding for finding in findings if abs(finding.line - target.start.line) <= _NEAR_LINES]
    ranked = [
        (
            bool(finding.code) and _code(finding.code) == _code(target.code),
            likeness(finding.message, target.message),
            -abs(finding.line - target.start.line),
            finding,
        )
        for finding in near
    ]
    best = max(ranked, key=lambda row: row[:3], default=None)
    return best[3] if best is not None and (best[0] or best[1] >= _ALIKE) else None


def still_there(cause: Finding, before: Sequence[Finding], after: Sequence[Finding]) -> bool:
    """Whether the text after the edit has as many complaints of this kind as the one before."""
    kind = same_kind(cause)
    return Counter(map(same_kind, after))[kind] >= Counter(map(same_kind, before))[kind]


def first_still_there(cause: Finding, after: Sequence[Finding], origin: Mapping[int, int]) -> bool:
    """The same for a checker that stops at the first mistake: another one of the kind, where the edit did not touch,
    was only hidden before."""
    return any(
        same_kind(finding) == same_kind(cause) and origin.get(finding.line, cause.line) == cause.line
        for finding in after
    )


def likeness(one: str, other: str) -> float:
    """The share of words that both have, 0 to 1."""
    a, b = set(_WORD.findall(one.lower())), set(_WORD.findall(other.lower()))
    return len(a & b) / max(1, len(a | b))


def _code(code: str) -> str:
    return code.lower().removeprefix("ts")
