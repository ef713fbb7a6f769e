"""Inserts an import at its place in a document. One function for each language; does not choose the import.

Go: sorted into the group of the standard library. Java, Rust and C: a line in the sorted group of its kind; not in an
unsorted one. JavaScript and TypeScript: a statement, or the name in an existing one. Python has a file of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.repairs.insert_python import insert_python
from autothink_lsp.features.assist.repairs.repair import ImportCandidate, RepairContext, source_of
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

Written = tuple[str, Replacement]  # the statement, for the user, and the edit

_MOST_LINES = 200
_LINE_IMPORTS = frozenset({"import_declaration", "use_declaration", "preproc_include"})


def insert_import(case: RepairContext, candidate: ImportCandidate) -> Written | None:
    """The statement and the edit that adds an import; ``None`` if it cannot be written, for example for an unsupported
    language."""
    writer = _WRITERS.get(case.language)
    return writer(case, candidate) if writer else None


def _insert_go(case: RepairContext, candidate: ImportCandidate) -> Written | None:
    """The import and the edit that adds it; ``None`` if the file has no package clause."""
    path = f'"{candidate.module}"'
    statement = f"import {path}"
    declarations = [node for node in case.tree.root.named_children if node.type == "import_declaration"]
    for node in declarations:
        specs = next((child for child in node.named_children if child.type == "import_spec_list"), None)
        if specs is not None and specs.start_point[0] != specs.end_point[0]:
            return statement, _into_go_list(case, specs, path)
    single = declarations[0] if declarations else None
    if single is not None and len(declarations) == 1 and source_of(case.text, single).startswith('import "'):
        old = source_of(case.text, single).removeprefix("import ")
        if old != '"C"' and _ends_its_line(case, single):
            both = sorted((old, path))
            eol = case.text.eol_at(case.text.point_at_byte(single.start_byte).line)
            return statement, case.replace(single, f"import ({eol}\t{both[0]}{eol}\t{both[1]}{eol})")
    clause = next((node for node in case.tree.root.named_children if node.type == "package_clause"), None)
    above = declarations[-1] if declarations else clause
    if above is None:
        return None
    line = case.text.point_at_byte(above.end_byte).line
    at, eol = Point(line, len(case.text.line(line))), case.text.eol_at(line)
    return statement, Replacement(at, at, (eol if declarations else eol + eol) + statement)


def _ends_its_line(case: RepairContext, node: tree_sitter.Node) -> bool:
    end = case.text.point_at_byte(node.end_byte)
    return not case.text.line(end.line)[end.column :].strip()


def _into_go_list(case: RepairContext, specs: tree_sitter.Node, path: str) -> Replacement:
    """Insert among the standard library's specs (no dot in the first part) of the first group that has some."""
    eol = case.text.eol_at(case.text.point_at_byte(specs.start_byte).line)
    standard = [spec for spec in specs.named_children if spec.type == "import_spec" and _is_of_go_library(case, spec)]
    if not standard:
        line = case.text.point_at_byte(specs.start_byte).line + 1
        has_some = any(spec.type == "import_spec" for spec in specs.named_children)
        return Replacement(Point(line, 0), Point(line, 0), f"\t{path}{eol}" + (eol if has_some else ""))
    before = [spec for spec in standard if source_of(case.text, spec.child_by_field_name("path")) < path]
    if before:
        line = case.text.point_at_byte(before[-1].end_byte).line + 1
    else:
        line = case.text.point_at_byte(standard[0].start_byte).line
    return Replacement(Point(line, 0), Point(line, 0), f"\t{path}{eol}")


def _is_of_go_library(case: RepairContext, spec: tree_sitter.Node) -> bool:
    path = source_of(case.text, spec.child_by_field_name("path")).strip('"`')
    return "." not in path.partition("/")[0]


def _insert_java(case: RepairContext, candidate: ImportCandidate) -> Written | None:
    """The ``import`` of a class and the edit that adds it."""
    root = candidate.module.partition(".")[0]
    return _into_sorted_group(
        case, f"import {candidate.module}.{candidate.name};", re.compile(rf"import {root}\.[\w.]+;")
    )


def _insert_rust(case: RepairContext, candidate: ImportCandidate) -> Written | None:
    """The ``use`` of a name of the standard library and the edit that adds it."""
    path = candidate.module if candidate.name is None else f"{candidate.module}::{candidate.name}"
    return _into_sorted_group(case, f"use {path};", re.compile(r"use std::[\w:]+;"))


def _insert_c(case: RepairContext, candidate: ImportCandidate) -> Written | None:
    """The ``#include`` of a header and the edit that adds it."""
    return _into_sorted_group(case, f"#include <{candidate.module}>", re.compile(r"#include <[\w./]+>"))


def _into_sorted_group(case: RepairContext, statement: str, kind: re.Pattern[str]) -> Written | None:
    """Add the line to the only group of such lines; ``None`` without exactly one, or if it is not sorted."""
    numbers = [
        number
        for number, line in enumerate(case.text.lines(0, min(_MOST_LINES, case.text.line_count)))
        if kind.fullmatch(line.rstrip())
    ]
    if not numbers or numbers[-1] - numbers[0] != len(numbers) - 1:
        return None
    if not all(_is_unconditional(case, number) for number in numbers):
        return None
    group = [case.text.line(number).rstrip() for number in numbers]
    if group != sorted(group) or statement in group:
        return None
    before = sum(one < statement for one in group)
    place = Point(numbers[0] + before, 0)
    return statement, Replacement(place, place, statement + case.text.eol_at(numbers[0]))


def _is_unconditional(case: RepairContext, number: int) -> bool:
    """Whether the line is an import of the whole file, not in an ``#ifdef`` or below an ``#[cfg]``."""
    place = Point(number, 0)
    node = case.node(place, Point(number, 1))
    while node is not None and node.parent is not None and node.type not in _LINE_IMPORTS:
        node = node.parent
    if node is None or node.parent is None:
        return False
    before, around = node.prev_named_sibling, node.parent
    if before is not None and before.type == "attribute_item":
        return False
    if around.type == "preproc_ifdef" and around.parent is not None:  # the guard of a header
        inside = around.named_children
        is_guard = source_of(case.text, around).startswith("#ifndef") and inside[1].type == "preproc_def"
        return is_guard and around.parent.parent is None
    return around.parent is None


def _insert_script(case: RepairContext, candidate: ImportCandidate) -> Written | None:
    """The statement and the edit; ``None`` for an export without a name, and in a CommonJS file."""
    if candidate.name is None or candidate.alias is not None:
        return None
    imports = [node for node in case.tree.root.named_children if node.type == "import_statement"]
    if not imports and "require(" in str(case.text):
        return None
    for node in imports:
        if merged := _into_script_import(case, node, candidate):
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
        if not _is_script_head(node):
            line = case.text.point_at_byte(node.start_byte).line
            break
        line = case.text.point_at_byte(node.end_byte).line + 1
    if line >= case.text.line_count:
        return None
    eol = case.text.eol_at(max(0, line - 1))
    return statement, Replacement(Point(line, 0), Point(line, 0), statement + eol * 2)


def _is_script_head(node: tree_sitter.Node) -> bool:
    """Whether a node must stay above the first import: ``#!``, comments and ``"use strict"``."""
    if node.type in {"comment", "hash_bang_line"}:
        return True
    return node.type == "expression_statement" and [child.type for child in node.named_children] == ["string"]


def _uses_semicolons(case: RepairContext) -> bool:
    return ";" in str(case.text)[:4_000]


def _into_script_import(case: RepairContext, node: tree_sitter.Node, candidate: ImportCandidate) -> Replacement | None:
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


_WRITERS: Mapping[str, Callable[[RepairContext, ImportCandidate], Written | None]] = MappingProxyType(
    {
        "python": insert_python,
        "go": _insert_go,
        "java": _insert_java,
        "rust": _insert_rust,
        "c": _insert_c,
        "javascript": _insert_script,
        "typescript": _insert_script,
        "tsx": _insert_script,
    }
)
