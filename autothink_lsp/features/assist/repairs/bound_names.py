"""Finds the names that a piece of code binds, by binding patterns common to most languages. For renaming."""

from __future__ import annotations

import re

IDENTIFIER = re.compile(r"[^\W\d]\w*")
_BINDINGS = (
    re.compile(
        r"(?<![\w.])([^\W\d]\w*+)(?>(?:\s*+,\s*+[^\W\d]\w*+){0,30})\s*+(?::\s*+[\w\[\], .|]{1,200}+)?\s*+(?::=|=)(?!=)"
    ),
    re.compile(r"(?:\bfor|\bas|\bvar|\blet|\bconst|\blocal|\bdeclare|\bread|\bmut|\bcatch\s*\()\s+([^\W\d]\w*)"),
    re.compile(r"[(,]\s*(?:\*{0,2}|\.\.\.|&?mut\s+|&)?([^\W\d]\w*)\s*(?=[,):=?]|\s[\w\[\]*.]+\s*[,)])"),
    re.compile(r"(?:\bfor|,)\s*([^\W\d]\w*)\s*(?=,|:=|\bin\b|\bof\b)"),
)


def bound_names(code: str) -> set[str]:
    """The names that ``code`` binds."""
    found: set[str] = set()
    for pattern in _BINDINGS:
        for match in pattern.finditer(code):
            found |= set(IDENTIFIER.findall(match.group().partition("=")[0])) if pattern is _BINDINGS[0] else {match[1]}
    return found
