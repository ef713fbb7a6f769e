"""Which names can be used at a place: what the document defines, what is bound around it, and the language's own."""
# ruff: noqa: E501 - tables of names

from __future__ import annotations

import builtins
import keyword
import re

from autothink_lsp.features.assist.repairs.values import Case
from autothink_lsp.syntax.scopes import definitions, enclosing_scopes, imports
from autothink_lsp.values import Point

IDENTIFIER = re.compile(r"[^\W\d]\w*")
_PYTHON = frozenset(name for name in dir(builtins) if not name.startswith("_"))
_JS = frozenset(
    [
        "Array",
        "Boolean",
        "Date",
        "Error",
        "JSON",
        "Map",
        "Math",
        "Number",
        "Object",
        "Promise",
        "Proxy",
        "RegExp",
        "Set",
        "String",
        "Symbol",
        "URL",
        "WeakMap",
        "console",
        "document",
        "fetch",
        "globalThis",
        "parseFloat",
        "parseInt",
        "process",
        "setInterval",
        "setTimeout",
        "structuredClone",
        "undefined",
        "window",
        "isNaN",
        "Infinity",
        "NaN",
        "encodeURIComponent",
        "decodeURIComponent",
    ]
)
_GO = frozenset(
    [
        "append",
        "cap",
        "close",
        "copy",
        "delete",
        "error",
        "false",
        "len",
        "make",
        "new",
        "nil",
        "panic",
        "print",
        "println",
        "string",
        "true",
        "int",
        "bool",
    ]
)
_KNOWN = {"python": _PYTHON, "javascript": _JS, "typescript": _JS, "tsx": _JS, "go": _GO}


def names_in_scope(case: Case) -> set[str]:
    """Names that are bound: definitions of the file, imports, the language's own, and every word of the function around
    the place that stands where something is bound (before ``=``, in a parameter list, after ``for``)."""
    names = {one.name for one in definitions(case.tree)}
    for one in imports(case.tree):
        names |= {part for name in one.names for part in IDENTIFIER.findall(name)}
    scope = next((one for one in enclosing_scopes(case.tree, case.diagnostic.start) if one.kind == "function"), None)
    if scope is not None:
        names |= bound_names(case.text.between(scope.start, scope.end))
    # What other functions bind is theirs: of the rest of the file only what stands at its outermost level.
    before = case.text.between(Point(0, 0), case.diagnostic.start)[-20_000:]
    names |= bound_names("\n".join(line for line in before.split("\n") if line[:1].strip()))
    names |= _KNOWN.get(case.language.name, frozenset())
    return {name for name in names if not keyword.iskeyword(name)} - {case.word}


_BINDINGS = (
    re.compile(r"(?<![\w.])([^\W\d]\w*)(?:\s*,\s*[^\W\d]\w*)*\s*(?::\s*[\w\[\], .|]+)?\s*(?::=|=)(?!=)"),
    re.compile(r"(?:\bfor|\bas|\bvar|\blet|\bconst|\blocal|\bdeclare|\bread|\bmut|\bcatch\s*\()\s+([^\W\d]\w*)"),
    re.compile(r"[(,]\s*(?:\*{0,2}|\.\.\.|&?mut\s+|&)?([^\W\d]\w*)\s*(?=[,):=?]|\s[\w\[\]*.]+\s*[,)])"),
    re.compile(r"(?:\bfor|,)\s*([^\W\d]\w*)\s*(?=,|:=|\bin\b|\bof\b)"),
)


def bound_names(code: str) -> set[str]:
    """Names that some code binds, by how binding looks in most languages."""
    found: set[str] = set()
    for pattern in _BINDINGS:
        for match in pattern.finditer(code):
            found |= set(IDENTIFIER.findall(match.group().partition("=")[0])) if pattern is _BINDINGS[0] else {match[1]}
    return found


def near(name: str, names: set[str]) -> str | None:
    """The one name that ``name`` is a slip of: one edit away, two for long names; ``None`` where there is none, or two."""
    limit = 2 if len(name) >= 6 else 1
    if len(name) < 3:
        return None
    scored = sorted(
        (distance(name, other, limit + 1), other) for other in names if abs(len(other) - len(name)) <= limit
    )
    close = [(steps, other) for steps, other in scored if steps <= limit and len(other) >= 2]
    if not close or (len(close) > 1 and close[0][0] == close[1][0]):
        return None
    return close[0][1]


def distance(a: str, b: str, most: int) -> int:
    """Damerau-Levenshtein (neighbours swapped count once); ``most`` where it is at least that."""
    if abs(len(a) - len(b)) >= most:
        return most
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            steps = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                steps = min(steps, before[j - 2] + 1)
            row.append(steps)
        if min(row) >= most:
            return most
        before, last = last, row
    return min(most, last[-1])
