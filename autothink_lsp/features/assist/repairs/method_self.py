"""Repair: a missing first parameter ``self`` of a Python method."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from autothink_lsp.document.lines import indent_length
from autothink_lsp.features.assist.repairs.repair import Repair, RepairContext, source_of
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

_MESSAGE = re.compile(
    r"should (?:take a|have) .?self|should be named .?self|has no (?:argument|parameter)|forget the .self. argument"
    r"|(?:[Uu]ndefined name|[Uu]ndefined variable|[Nn]ame) .self.|^.self. is not defined"
)


def method_self(case: RepairContext) -> Repair | None:
    """Insert ``self`` as the first parameter; ``None`` unless the method's own body uses ``self`` and it has no
    decorator."""
    if case.language != "python" or not _MESSAGE.search(case.diagnostic.message.replace("\n", " ")[:500]):
        return None
    node = _function(case)
    if node is None or node.parent is None or node.parent.type != "block":  # a decorator would be its parent
        return None
    owner = node.parent.parent
    parameters = node.child_by_field_name("parameters")
    body = node.child_by_field_name("body")
    if owner is None or owner.type != "class_definition" or parameters is None or body is None:
        return None
    names = source_of(case.text, parameters)
    if not re.search(r"(?<![\w.\"'])self\.", source_of(case.text, body)) or re.search(r"\b(?:self|cls)\b", names):
        return None
    start = parameters.start_byte + 1
    separator = ", " if parameters.named_child_count else ""
    return Repair(
        (case.replace_bytes(start, start, f"self{separator}"),),
        "Add the missing `self`",
        "The method uses `self` but has no such parameter; it is added as the first one.",
        "missing-self",
    )


def _function(case: RepairContext) -> tree_sitter.Node | None:
    line = case.diagnostic.start.line
    if not 0 <= line < case.text.line_count:
        return None
    text = case.text.line(line)
    start = case.diagnostic.start
    if start.column >= len(text.rstrip()):
        start = Point(line, indent_length(text))
    node = case.node(start, start)
    while node is not None and node.type != "function_definition":
        node = node.parent
    return node
