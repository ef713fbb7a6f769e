"""Inserts a Go import into the file's import declaration, sorted into the group of the standard library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.repairs.repair import ImportCandidate, RepairContext, source_of
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter


def insert_go(case: RepairContext, candidate: ImportCandidate) -> tuple[str, Replacement] | None:
    """The import and the edit that adds it; ``None`` if the file has no package clause."""
    path = f'"{candidate.module}"'
    statement = f"import {path}"
    declarations = [node for node in case.tree.root.named_children if node.type == "import_declaration"]
    for node in declarations:
        specs = next((child for child in node.named_children if child.type == "import_spec_list"), None)
        if specs is not None and specs.start_point[0] != specs.end_point[0]:
            return statement, _into_list(case, specs, path)
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


def _into_list(case: RepairContext, specs: tree_sitter.Node, path: str) -> Replacement:
    """Insert among the standard library's specs (no dot in the first part) of the first group that has some."""
    eol = case.text.eol_at(case.text.point_at_byte(specs.start_byte).line)
    standard = [spec for spec in specs.named_children if spec.type == "import_spec" and _is_standard(case, spec)]
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


def _is_standard(case: RepairContext, spec: tree_sitter.Node) -> bool:
    path = source_of(case.text, spec.child_by_field_name("path")).strip('"`')
    return "." not in path.partition("/")[0]
