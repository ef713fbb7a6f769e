"""Whether a checker that runs here says the same as the editor's squiggle, so that its silence means something."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from autothink_lsp.values import Diagnostic
from autothink_lsp.verify.values import Finding

_WORD = re.compile(r"\w+")
_NEAR_LINES = 1
_ALIKE = 0.5


def reproduced_by(target: Diagnostic, findings: Sequence[Finding]) -> Finding | None:
    """The finding that is the editor's message, at its line or beside it; ``None`` where none is."""
    near = [finding for finding in findings if abs(finding.line - target.start.line) <= _NEAR_LINES]
    for finding in near:
        if finding.code and finding.code.lower().removeprefix("ts") == target.code.lower().removeprefix("ts"):
            return finding
    alike = [(likeness(finding.message, target.message), finding) for finding in near]
    best = max(alike, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] >= _ALIKE else None


def still_there(cause: Finding, before: Sequence[Finding], after: Sequence[Finding]) -> bool:
    """Whether the text after the edit has as many complaints of this kind as the one before."""
    return Counter(map(_kind, after))[_kind(cause)] >= Counter(map(_kind, before))[_kind(cause)]


def likeness(one: str, other: str) -> float:
    """The share of words that both have, 0 to 1."""
    a, b = set(_WORD.findall(one.lower())), set(_WORD.findall(other.lower()))
    return len(a & b) / max(1, len(a | b))


def _kind(finding: Finding) -> tuple[str, str, str]:
    return finding.checker, finding.code, re.sub(r"\d+", "0", finding.message)
