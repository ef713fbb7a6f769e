"""Comparisons and texts that say the same in the way the linter wants: ``not x in y``, ``== None``, ``f"text"``.

Only what means exactly the same. ``== None`` is not rewritten where a library gives ``==`` a meaning of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from autothink_lsp.features.assist.repairs.values import Case, Repair, source_of

if TYPE_CHECKING:
    import tree_sitter

_OWN_EQUALITY = re.compile(r"\b(?:numpy|pandas|polars|sqlalchemy|sqlmodel|peewee|django|pyspark|sympy|dask|torch)\b")
_CONDITIONS = frozenset(
    {"if_statement", "elif_clause", "while_statement", "assert_statement", "conditional_expression"}
)
_TRANSPARENT = frozenset({"boolean_operator", "not_operator", "parenthesized_expression"})


def rewording(case: Case) -> Repair | None:
    """None when the diagnostic is none of ruff's E711, E713, E714 or F541, or the code is not what it says."""
    rule = _RULES.get(case.diagnostic.code) if case.language == "python" else None
    return rule(case) if rule is not None else None


def _around(case: Case, node_type: str) -> tree_sitter.Node | None:
    node = case.node(case.diagnostic.start, case.diagnostic.start)
    start = case.text.byte_offset(case.diagnostic.start)
    end = case.text.byte_offset(case.diagnostic.end)
    while node is not None and node.type != node_type:
        node = node.parent
    if node is None or not node.start_byte <= start <= node.end_byte or end > node.end_byte:
        return None
    return node


def _not_in(case: Case) -> Repair | None:
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


def _none(case: Case) -> Repair | None:
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


def _no_placeholders(case: Case) -> Repair | None:
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


_RULES = {"E711": _none, "E713": _not_in, "E714": _not_in, "F541": _no_placeholders}
