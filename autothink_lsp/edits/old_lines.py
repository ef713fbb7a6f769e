"""Removes the old line that a model keeps as a comment beside its new version: ``# x = 1`` above ``x = 2``, or
``x = 2  # was: x = 1``.

Only where the new version is there: a line that is only commented out may be what was asked for. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from autothink_lsp.edits.alignment import line_similarity

_LABEL = r"(?P<label>(?:was|old|before|previously|originally|formerly|instead[ ]of)\b[ \t]*+:?[ \t]*+)?"
_SIGN = r"(?:\#{1,3}|/{2,3}|--|/\*{1,2}|<!--|;{1,3}|%{1,3})[ \t]*+"
_WHOLE = re.compile(rf"(?:{_SIGN}|[\"'](?=[ \t])[ \t]*+|(?:REM|rem)[ \t]++){_LABEL}", re.IGNORECASE)
_BEHIND = re.compile(rf"(?<![ \t])[ \t]++{_SIGN}{_LABEL}$", re.IGNORECASE)
_ENDS = ("*/", "-->")
_WITH_ENDS = ("/*", "<!--")
_NEAR_LINES = 3  # between the old line and its new version; chosen
_NEW_VERSION = 0.6  # minimum similarity of a line to the old one; chosen
_MOST_LINES = 40  # that are new, or that are missing


def without_old_lines(lines: list[str], present: Sequence[str]) -> list[str]:
    """``lines``, which replace ``present``, without lines of it that became comments beside their new versions."""
    known = Counter(line.strip() for line in present)
    missing = [line for line in (known - Counter(line.strip() for line in lines)) if line]
    added = [number for number, line in enumerate(lines) if line.strip() and line.strip() not in known]
    if len(added) < 1 or max(len(missing), len(added)) > _MOST_LINES:
        return lines
    kept = dict(enumerate(lines))
    alternatives = {_commented(line) for line in present}  # the document keeps such lines in comments itself
    for number in added:
        line = lines[number]
        old = _commented(line)
        around = lines[max(0, number - _NEAR_LINES) : number + _NEAR_LINES + 1]
        if old and known[old] and old in map(str.strip, around):
            del kept[number]  # the line still stands beside it, such as in a new block
        elif old in missing:
            # Another old line that became a comment is no new version, however similar it is.
            near = [n for n in added if abs(n - number) <= _NEAR_LINES and _commented(lines[n]) not in missing]
            near = [n for n in near if lines[n].strip() not in alternatives]
            if near and (
                _is_labelled(line) or any(line_similarity(old, lines[n].strip()) >= _NEW_VERSION for n in near)
            ):
                del kept[number]
        else:
            kept[number] = _without_old_behind(line, missing)
    return [*kept.values()]


def _commented(line: str) -> str:
    """The text of a line that is a comment, without its signs; empty for other lines."""
    text = line.lstrip()
    begin = _WHOLE.match(text)
    if begin is None:
        return ""
    rest = text[begin.end() :].rstrip()
    return _without_end(rest) if text.startswith(_WITH_ENDS) else rest


def _is_labelled(line: str) -> bool:
    """Whether a comment says that it is the old line."""
    begin = _WHOLE.match(line.lstrip())
    return begin is not None and begin["label"] is not None


def _without_old_behind(line: str, missing: Sequence[str]) -> str:
    for text in dict.fromkeys((_without_end(line), line.rstrip())):
        for old in missing:
            begin = _BEHIND.search(text.removesuffix(old)) if text.endswith(old) else None
            if begin is not None and line_similarity(old, text[: begin.start()].strip()) >= _NEW_VERSION:
                return text[: begin.start()]
    return line


def _without_end(text: str) -> str:
    text = text.rstrip()
    end = next((one for one in _ENDS if text.endswith(one)), "")
    return text.removesuffix(end).rstrip()
