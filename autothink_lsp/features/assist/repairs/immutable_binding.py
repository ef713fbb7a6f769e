"""Repair: the declaration of a variable that is assigned again, or borrowed as mutable, although its declaration
forbids it.

TypeScript and JavaScript: ``const`` becomes ``let``. Rust: ``mut`` is added, as the compiler itself proposes.
"""

from __future__ import annotations

import re

from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.repairs.repair import Repair, RepairContext
from autothink_lsp.values import Point

_CONST = re.compile(r"^Cannot assign to '([\w$]+)' because it is a constant|^'([\w$]+)' is constant")
_MUT = re.compile(
    r"^cannot (?:assign twice to immutable variable|borrow|assign to) `(\w+)`"
    r"(?:$|\n| as mutable, as it is not declared)"
)
_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_FUNCTIONS = frozenset(
    {"function_item", "function_declaration", "method_definition", "arrow_function", "function_expression"}
)
_MOST_LINES = 2_000


def immutable_binding(case: RepairContext) -> Repair | None:
    """Change the declaration; ``None`` unless the name is declared once in the file, by a single declaration."""
    if case.language in _SCRIPTS:
        found = _CONST.search(case.diagnostic.message)
        name = found and (found[1] or found[2])
        before, after, keyword = r"\bconst(?=\s+)", "let", "const"
    elif case.language == "rust":
        found = _MUT.search(case.diagnostic.message)
        name = found and found[1]
        before, after, keyword = r"\blet(?=\s+)", "let mut", "let"
    else:
        return None
    if not name or case.text.line_count > _MOST_LINES:
        return None
    declared = re.compile(rf"^\s*(?:export\s+)?({before})\s+{re.escape(name)}\s*(?::[^=;]+)?=(?![=>])")
    bound = re.compile(
        rf"\b(?:const|let|var|mut|for|fn|function|static)\s+{re.escape(name)}\b"
        rf"|[(|,]\s*(?:mut\s+|&)?{re.escape(name)}\s*(?:[:|]|=>|\)\s*=>)"
    )
    at = case.diagnostic.start.line
    places: list[tuple[int, re.Match[str]]] = []
    for line in _lines(case):
        text = case.text.line(line)
        if (match := declared.match(text)) and line < at and text.count(keyword) == 1 and not _binds_several(text):
            places.append((line, match))
        elif bound.search(text):
            return None
    if len(places) != 1:
        return None
    line, match = places[0]
    start, end = match.span(1)
    return Repair(
        (Replacement(Point(line, start), Point(line, end), after),),
        f"Declare `{name}` with `{after}`",
        f"`{name}` is changed after its declaration, which `{keyword}` does not allow.",
        "immutable-binding",
    )


def _lines(case: RepairContext) -> range:
    """The lines of the outermost function around the message, else of the file."""
    node, outermost = case.node(case.diagnostic.start, case.diagnostic.start), None
    while node is not None:
        if node.type in _FUNCTIONS:
            outermost = node
        node = node.parent
    if outermost is None:
        return range(case.text.line_count)
    return range(outermost.start_point[0], outermost.end_point[0] + 1)


def _binds_several(text: str) -> bool:
    """Whether a comma outside brackets may begin another declaration."""
    return "," in re.sub(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}", "", text)
