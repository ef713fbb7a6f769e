"""Repair: a misspelt ``return`` that parses as something else, so that a checker calls it an undefined name or type."""

from __future__ import annotations

import re

from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.repairs.messages import unknown_name
from autothink_lsp.features.assist.repairs.near_names import distance
from autothink_lsp.features.assist.repairs.parse_errors import errors_of
from autothink_lsp.features.assist.repairs.repair import Repair, RepairContext
from autothink_lsp.features.assist.repairs.visible_names import visible_names
from autothink_lsp.values import Point

_LANGUAGES = frozenset({"c", "cpp", "java"})
_STATEMENT = re.compile(r"\s*(\w+)\s+[^=\s.(\[,;:*][^=]*;\s*$|\s*(\w+)\s+-?\d+;\s*$")
_NEAR = 2  # errors: a name that is so near may be meant
_FUNCTION = re.compile(r"function_definition|method_declaration|lambda|constructor")


def misspelt_return(case: RepairContext) -> Repair | None:
    """Write ``return``; ``None`` unless the first word of a statement with a value is one error from it."""
    if case.language not in _LANGUAGES or (errors_of(case.tree) > 0 and case.language == "java"):
        return None
    unknown = unknown_name(case.diagnostic.message)
    if unknown is None and case.diagnostic.message.strip() != "cannot find symbol":
        return None
    line = case.diagnostic.start.line
    if not 0 <= line < case.text.line_count:
        return None
    text = case.text.line(line)
    found = _STATEMENT.match(text)
    if found is None:
        return None
    name = found[1] or found[2]
    start = found.start(1 if found[1] else 2)
    if distance(name, "return") != 1 or name == "Return" or case.diagnostic.start.column != start:
        return None
    if unknown is not None and unknown.name != name:
        return None
    node = case.node(case.diagnostic.start, Point(line, start + len(name)))
    visible = visible_names(case.language, case.text, node) if node is not None else None
    if any(distance(name, one) <= _NEAR for one in visible or ()):
        return None
    while node is not None and not _FUNCTION.search(node.type):
        node = node.parent
    if node is None or len(re.findall(rf"\b{name}\b", str(case.text))) != 1:
        return None
    return Repair(
        (Replacement(Point(line, start), Point(line, start + len(name)), "return"),),
        f"Change `{name}` to `return`",
        f"`{name}` is not defined here; the statement is a misspelt `return`.",
        "misspelt-return",
    )
