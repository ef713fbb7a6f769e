"""Inserts ``import { X } from "./y"`` into a TypeScript or JavaScript module, or adds the name to an existing
import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.repairs.repair import ImportCandidate, RepairContext, source_of
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter


def insert_script(case: RepairContext, candidate: ImportCandidate) -> tuple[str, Replacement] | None:
    """The statement and the edit; ``None`` for an export without a name, and in a CommonJS file."""
    if candidate.name is None or candidate.alias is not None:
        return None
    imports = [node for node in case.tree.root.named_children if node.type == "import_statement"]
    if not imports and "require(" in str(case.text):
        return None
    for node in imports:
        if merged := _merged(case, node, candidate):
            return f'import {{ {candidate.name} }} from "{candidate.module}"', merged
    model = source_of(case.text, imports[-1]) if imports else ""
    quote = "'" if model.rstrip("; \n").endswith("'") else '"'
    semicolon = ";" if model.endswith(";") or (not imports and _uses_semicolons(case)) else ""
    statement = f"import {{ {candidate.name} }} from {quote}{candidate.module}{quote}{semicolon}"
    if imports:
        line = case.text.point_at_byte(imports[-1].end_byte).line
        at = Point(line, len(case.text.line(line)))
        return statement, Replacement(at, at, case.text.eol_at(line) + statement)
    line = 0
    for node in case.tree.root.named_children:
        if not _is_head(node):
            line = case.text.point_at_byte(node.start_byte).line
            break
        line = case.text.point_at_byte(node.end_byte).line + 1
    if line >= case.text.line_count:
        return None
    eol = case.text.eol_at(max(0, line - 1))
    return statement, Replacement(Point(line, 0), Point(line, 0), statement + eol * 2)


def _is_head(node: tree_sitter.Node) -> bool:
    """Whether a node must stay above the first import: ``#!``, comments and ``"use strict"``."""
    if node.type in {"comment", "hash_bang_line"}:
        return True
    return node.type == "expression_statement" and [child.type for child in node.named_children] == ["string"]


def _uses_semicolons(case: RepairContext) -> bool:
    return ";" in str(case.text)[:4_000]


def _merged(case: RepairContext, node: tree_sitter.Node, candidate: ImportCandidate) -> Replacement | None:
    if source_of(case.text, node.child_by_field_name("source"))[1:-1] != candidate.module or any(
        child.type in {"type", "typeof"} for child in node.children
    ):
        return None
    clause = next((child for child in node.named_children if child.type == "import_clause"), None)
    named = next((child for child in clause.named_children if child.type == "named_imports"), None) if clause else None
    if named is None:
        return None
    specifiers = [child for child in named.named_children if child.type == "import_specifier"]
    if not specifiers:
        return case.replace(named, f"{{ {candidate.name} }}")
    last = specifiers[-1]
    one_line = named.start_point[0] == named.end_point[0]
    start = case.text.point_at_byte(last.start_byte)
    indent = case.text.line(start.line)[: start.column]
    separator = ", " if one_line or indent.strip() else f",{case.text.eol_at(start.line)}{indent}"
    return case.replace_bytes(last.end_byte, last.end_byte, f"{separator}{candidate.name}")
