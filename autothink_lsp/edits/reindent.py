"""Puts code into the indentation of the place that it is for. Lines inside strings that span lines stay as they are."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise


def indent_of(line: str) -> str:
    """The white space that the line begins with."""
    return line[: len(line) - len(line.lstrip())]


def reindented(code: list[str], first: str, unit: str, *, frozen: Collection[int] = ()) -> list[str]:
    """``code`` with the indentation ``first`` at its first line that has text, and every level in ``unit``.

    ``frozen`` are numbers of lines that continue a string: their white space is part of it.
    """
    texts = [line for number, line in enumerate(code) if line.strip() and number not in frozen]
    if not texts:
        return code
    base = indent_of(texts[0])
    theirs = _unit_of(texts, base)
    out: list[str] = []
    for number, line in enumerate(code):
        if not line.strip() or number in frozen:
            out.append(line if number in frozen else line.strip())
            continue
        indent = indent_of(line)
        rest = indent[len(base) :] if indent.startswith(base) else ""  # else further left than the first line
        out.append(first + _translated(rest, theirs, unit) + line.lstrip())
    return out


def unit_of(lines: list[str], default: str = "    ") -> str:
    """One level of indentation in these lines: a tab, or the smallest step in blanks."""
    return _unit_of([line for line in lines if line.strip()], "") or default


def _unit_of(lines: list[str], base: str) -> str:
    indents = [indent_of(line)[len(base) :] for line in lines if indent_of(line).startswith(base)]
    deeper = [indent for indent in indents if indent]
    if any("\t" in indent for indent in deeper):
        return "\t"
    steps = sorted({len(indent) for indent in deeper})
    if not steps:
        return ""
    gaps = [steps[0], *(b - a for a, b in pairwise(steps))]
    size = min(gap for gap in gaps if gap)
    return " " * (size if size in {2, 3, 4, 8} else steps[0])


def _translated(rest: str, theirs: str, unit: str) -> str:
    """``rest`` in another unit; what is no whole level (an aligned continuation) keeps its blanks."""
    if not theirs or theirs == unit or not rest:
        return rest
    if theirs == "\t":
        levels, remainder = len(rest) - len(rest.lstrip("\t")), rest.lstrip("\t")
    else:
        levels, over = divmod(len(rest.expandtabs(len(theirs))), len(theirs))
        remainder = " " * over
    return unit * levels + remainder
