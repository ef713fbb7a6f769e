"""Equivalent comparisons and strings that a linter prefers: ``not x in y``, ``== None``, ``f"text"``.

Only exact equivalents. ``== None`` is not rewritten if a library overloads ``==``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from autothink_lsp.features.assist.repairs.repair import Repair, RepairContext, source_of

if TYPE_CHECKING:
    import tree_sitter

_OWN_EQUALITY = re.compile(r"\b(?:numpy|pandas|polars|sqlalchemy|sqlmodel|peewee|django|pyspark|sympy|dask|torch)\b")
_CONDITIONS = frozenset(
    {"if_statement", "elif_clause", "while_statement", "assert_statement", "conditional_expression"}
)
_TRANSPARENT = frozenset({"boolean_operator", "not_operator", "parenthesized_expression"})


def rewording(case: RepairContext) -> Repair | None:
    """Rewrite the code; ``None`` for messages other than E711, E713, E714, F541 and F632, or if the code does not
    match."""
    if case.language != "python":
        return None
    rule = _RULES.get(case.diagnostic.code)
    if rule is None:
        message = case.diagnostic.message
        rule = next((rule for words, rule in _WORDS if words.search(message)), None)
    return rule(case) if rule is not None else None


def _around(case: RepairContext, node_type: str) -> tree_sitter.Node | None:
    node = case.node(case.diagnostic.start, case.diagnostic.start)
    start = case.text.byte_offset(case.diagnostic.start)
    end = case.text.byte_offset(case.diagnostic.end)
    while node is not None and node.type != node_type:
        node = node.parent
    if node is None or not node.start_byte <= start <= node.end_byte or end > node.end_byte:
        return None
    return node


def _not_in(case: RepairContext) -> Repair | None:
    node = _around(case, "not_operator")
    compared = node.child_by_field_name("argument") if node else None
    while compared is not None and compared.type == "parenthesized_expression" and compared.named_child_count == 1:
        compared = compared.named_children[0]
    if node is None or compared is None or compared.type != "comparison_operator" or compared.named_child_count != 2:
        return None
    operator = [child for child in compared.children if not child.is_named]
    old = " ".join(source_of(case.text, child) for child in operator)
    new = {"in": "not in", "is": "is not"}.get(old)
    if new is None or "#" in source_of(case.text, node):
        return None
    left, right = (source_of(case.text, child) for child in compared.named_children)
    return Repair(
        (case.replace(node, f"{left} {new} {right}"),),
        f"Write `{new}`",
        f"`not … {old} …` and `… {new} …` mean the same; the second is how Python says it.",
        "not-in",
    )


def _none(case: RepairContext) -> Repair | None:
    node = _around(case, "comparison_operator")
    if node is None or len(node.children) != 3 or node.children[2].type != "none":
        return None
    outside = node.parent
    while outside is not None and outside.type in _TRANSPARENT:
        outside = outside.parent
    if outside is None or outside.type not in _CONDITIONS or _OWN_EQUALITY.search(str(case.text)):
        return None
    operator = node.children[1]
    new = {"==": "is", "!=": "is not"}.get(source_of(case.text, operator))
    if new is None:
        return None
    return Repair(
        (case.replace(operator, new),),
        f"Compare with `{new} None`",
        f"There is only one `None`, so `{new}` asks what is meant and no class can answer otherwise.",
        "compare-none",
    )


def _no_placeholders(case: RepairContext) -> Repair | None:
    node = _around(case, "string")
    if node is None or any(child.type == "interpolation" for child in node.children):
        return None
    source = source_of(case.text, node)
    prefix = re.match(r"[A-Za-z]*", source)
    letters = prefix[0] if prefix else ""
    if "f" not in letters.lower() or "{" in source or "}" in source:
        return None
    kept = letters.replace("f", "").replace("F", "")
    return Repair(
        (case.replace_bytes(node.start_byte, node.start_byte + len(letters), kept),),
        "Remove the `f` prefix",
        "The text has no placeholders, so the `f` before it does nothing and is removed.",
        "f-string-without-placeholder",
    )


def _is_literal(case: RepairContext) -> Repair | None:
    """Replace ``is`` with a string or number by ``==``: identity is never intended there."""
    line = case.diagnostic.start.line
    found = [
        node
        for node in _comparisons(case, line)
        if any(child.type in {"string", "integer", "float", "concatenated_string"} for child in node.named_children)
    ]
    if len(found) != 1 or found[0].named_child_count != 2:
        return None
    operator = [child for child in found[0].children if not child.is_named]
    new = {"is": "==", "is not": "!="}.get(" ".join(source_of(case.text, child) for child in operator).strip())
    if new is None:
        return None
    return Repair(
        (case.replace_bytes(operator[0].start_byte, operator[-1].end_byte, new),),
        f"Compare with `{new}`",
        f"`is` asks whether both are the same object; `{new}` asks whether they are equal.",
        "is-literal",
    )


def _comparisons(case: RepairContext, line: int) -> list[tree_sitter.Node]:
    pending, found = [case.tree.root], []
    while pending:
        node = pending.pop()
        if node.start_point[0] <= line <= node.end_point[0]:
            if node.type == "comparison_operator" and node.start_point[0] == line == node.end_point[0]:
                found.append(node)
            pending.extend(node.children)
    return found


_WORDS = (
    (re.compile(r"compare constant literals|\"is(?: not)?\" with |constant literals not 'is"), _is_literal),
    (
        re.compile(r"f-string (?:is missing|without any) placeholders|f-string that does not have any inter"),
        _no_placeholders,
    ),
)
_RULES = {"F632": _is_literal, "E711": _none, "E713": _not_in, "E714": _not_in, "F541": _no_placeholders}
