"""Repair: a missing ``return`` before the value at the end of a Python function."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from autothink_lsp.features.assist.repairs.parse_errors import errors_of
from autothink_lsp.features.assist.repairs.repair import Repair, RepairContext, source_of

if TYPE_CHECKING:
    import tree_sitter

_MESSAGE = re.compile(
    r"[Mm]issing return|must return (?:a )?value|implicitly returns?\b|[Ee]xpression value is unused|useless "
    r"|no effect|assigned to nothing|[Pp]ointless (?:statement|comparison|expression)"
)
_UNUSED_VALUE = re.compile(r"unused|useless|effect|nothing|[Pp]ointless")
_VALUES = frozenset(
    {"identifier", "binary_operator", "comparison_operator", "boolean_operator", "not_operator", "list", "dictionary"}
    | {"list_comprehension", "dictionary_comprehension", "integer", "float", "attribute", "subscript", "unary_operator"}
    | {"conditional_expression", "true", "false", "set", "tuple", "parenthesized_expression"}
)
_NO_VALUE = re.compile(
    r"^(?:None|NoReturn|Never|typing\.NoReturn|(?:\w+\.)*(?:Async)?(?:Generator|Iterator|Iterable)\b.*)$"
)


def dropped_return(case: RepairContext) -> Repair | None:
    """Insert ``return`` before the last statement; ``None`` unless it is a value and the annotation declares one."""
    if case.language != "python" or not _MESSAGE.search(case.diagnostic.message) or errors_of(case.tree):
        return None
    node = case.node(case.diagnostic.start, case.diagnostic.start)
    while node is not None and node.type != "function_definition":
        node = node.parent
    body = node.child_by_field_name("body") if node is not None else None
    promised = node.child_by_field_name("return_type") if node is not None else None
    if body is None or promised is None or _NO_VALUE.match(source_of(case.text, promised)):
        return None
    statements = [child for child in body.named_children if child.type != "comment"]
    last = statements[-1] if statements else None
    if last is None or last.type != "expression_statement" or last.named_child_count != 1:
        return None
    value = last.named_children[0]
    if value.type not in _VALUES or _is_lost_assignment(case, value):
        return None
    is_about_value = _UNUSED_VALUE.search(case.diagnostic.message) is not None
    if is_about_value and case.diagnostic.start.line != last.start_point[0]:
        return None
    return Repair(
        (case.replace_bytes(last.start_byte, last.start_byte, "return "),),
        "Add the missing `return`",
        "The function declares a return value, and the value of its last line is not used.",
        "dropped-return",
    )


def _is_lost_assignment(case: RepairContext, value: tree_sitter.Node) -> bool:
    """Whether ``value`` is a statement ``name == value``, which may be a mistyped assignment."""
    if value.type != "comparison_operator":
        return False
    operators = [source_of(case.text, child) for child in value.children if not child.is_named]
    return "==" in operators and value.named_children[0].type in {"identifier", "attribute", "subscript"}
