"""What of an answer that is still coming is fit to be shown, when the deadline is there. Pure.

A slow machine writes twelve tokens in the time that an editor waits. Half a line that ends well is worth showing: the
run goes on, and what it brings comes up at once when the user accepts the half or types along it.
"""

from __future__ import annotations

import re

# An identifier or number at the very end may go on; what is left must end in something that reads as an end.
_LAST_WORD = re.compile(r"(?<!\w)\w++\Z")
_GOOD_END = re.compile(r"[\w)\]}\"'`]")
_WORD = re.compile(r"\w")
_QUOTES = "\"'`"


def whole_lines(answer: str) -> int:
    """Lines with something on them that have come to their end."""
    return sum(bool(line.strip()) for line in answer.split("\n")[:-1])


def presentable(answer: str) -> str:
    """The whole lines if there are any, else the line without its last word, up to a good end; or nothing."""
    lines, newline, _ = answer.rpartition("\n")
    if newline and lines.strip():
        return lines
    text = _LAST_WORD.sub("", answer)
    for end in range(len(text), 0, -1):
        if _GOOD_END.match(text[end - 1]) and not _inside_string(text[:end]):
            return text[:end] if _WORD.search(text, 0, end) else ""
    return ""


def _inside_string(text: str) -> bool:
    return any(text.count(quote) % 2 for quote in _QUOTES)
