"""Finds the editor's message (the target) among a checker's findings: only a checker that reported it before the edit
can prove that it is gone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from autothink_lsp.values import Diagnostic
from autothink_lsp.verify.checkers import finding_key, new_findings
from autothink_lsp.verify.report import Finding, ToolMessage
from autothink_lsp.verify.syntax_checks import SYNTAX_WORDS

_WORD = re.compile(r"\w+")
_QUOTED = re.compile(r"[`'\"‘“]([A-Za-z_]\w*)(?:\(\))?[`'\"’”]")
_NEAR_LINES = 1
ALIKE = 0.5  # the minimum share of common words for two messages to be the same
_ALIKE_WITHOUT_CODE = 0.7  # for a tool without codes
# Codes of syntax errors: pycodestyle's and Ruff's, and the range of TypeScript's parser. Pyright gives none.
_SYNTAX_CODES = re.compile(r"(?:e9\d\d|invalid-syntax|syntax-?error|1\d\d\d)?", re.IGNORECASE)


def reproduced_by(target: Diagnostic, findings: Sequence[Finding]) -> Finding | None:
    """The finding that matches ``target``, on its line or next to it; ``None`` if there is none."""
    near = [
        finding
        for finding in findings
        if abs(finding.line - target.start.line) <= _NEAR_LINES
        and not names_something_else(finding.message, target.message)
    ]
    ranked = [
        (
            bool(finding.code) and _code(finding.code) == _code(target.code),
            message_similarity(finding.message, target.message),
            -abs(finding.line - target.start.line),
            finding,
        )
        for finding in near
    ]
    best = max(ranked, key=lambda row: row[:3], default=None)
    return best[3] if best is not None and (best[0] or best[1] >= ALIKE) else None


def quoted_names(message: str) -> tuple[str, ...]:
    """The names that a message quotes, each once, in their order."""
    return tuple(dict.fromkeys(_QUOTED.findall(message)))


def names_something_else(one: str, other: str) -> bool:
    """Whether two messages quote names and have none in common: they are about two things, whatever their code is."""
    names, others = quoted_names(one), quoted_names(other)
    return bool(names and others) and set(names).isdisjoint(others)


def is_syntax_message(target: Diagnostic) -> bool:
    """Whether the message is about syntax, judging by its words; a message with the code of another rule is not."""
    has_words = SYNTAX_WORDS.search(target.message) or "not closed" in target.message.lower()
    return bool(has_words and _SYNTAX_CODES.fullmatch(_code(target.code)))


def is_syntax_error_at(target: Diagnostic, findings: Sequence[Finding]) -> bool:
    """Whether a parser reports an error, in any words, at the place of a message about syntax."""
    near = any(one.severity == "error" and abs(one.line - target.start.line) <= _NEAR_LINES for one in findings)
    return near and is_syntax_message(target)


def still_there(cause: Finding, before: Sequence[Finding], after: Sequence[Finding], origin: Mapping[int, int]) -> bool:
    """Whether the text after the edit has at least as many findings of this kind as before, or a finding with nearly
    the same words on a line that the edit changed. ``origin`` has the unchanged lines."""
    kind = finding_key(cause)
    old, new = ([one.line for one in found if finding_key(one) == kind] for found in (before, after))
    if len(new) >= len(old) or is_at_place(cause.line, old, new, origin):
        return True
    return any(one.line not in origin and is_reworded(cause, one) for one in new_findings(before, after))


def is_at_place(line: int, old: Sequence[int], new: Sequence[int], origin: Mapping[int, int]) -> bool:
    """Whether a message of ``line`` is still at its place. ``old`` and ``new`` are the lines of all messages with its
    words, before and after the edit: another one of them that is gone shows nothing."""
    kept = frozenset(origin.values())
    if line in kept:
        return any(origin.get(one) == line for one in new)
    changed_before = [one for one in old if one not in kept]
    changed_after = [one for one in new if one not in origin]
    if not changed_after:
        return False
    return set(changed_before) == {line} or len(changed_after) >= len(changed_before)


def first_still_there(cause: Finding, after: Sequence[Finding], origin: Mapping[int, int]) -> bool:
    """Like ``still_there``, for a checker that stops at its first error: another finding of the kind, on an unchanged
    line, was only hidden before."""
    return any(
        finding_key(finding) == finding_key(cause) and origin.get(finding.line, cause.line) == cause.line
        for finding in after
    )


def is_reworded(cause: ToolMessage, other: ToolMessage) -> bool:
    """Whether ``other`` has the code and nearly the words of ``cause``, as for a variable that was renamed instead of
    used."""
    least = ALIKE if cause.code else _ALIKE_WITHOUT_CODE
    return other.code == cause.code and message_similarity(other.message, cause.message) >= least


def message_similarity(one: str, other: str) -> float:
    """The share of words that two messages have in common, from 0 to 1."""
    a, b = set(_WORD.findall(one.lower())), set(_WORD.findall(other.lower()))
    return len(a & b) / max(1, len(a | b))


def _code(code: str) -> str:
    return code.lower().removeprefix("ts")
