"""Inserts a Python import into its group of the import block: after docstring and ``__future__``, sorted like the
group.

Only statements at module level count; imports under ``if TYPE_CHECKING`` do not exist at run time.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.repairs.repair import ImportCandidate, RepairContext, source_of
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

_IMPORTS = frozenset({"import_statement", "import_from_statement", "future_import_statement"})
_MAX_WIDTH = 88
_ONE_LINE_FROM = re.compile(r"from\s+\S+\s+import\s+[^()#\\;]+")
_FIRST_PARTY = 3


def insert_python(case: RepairContext, candidate: ImportCandidate) -> tuple[str, Replacement] | None:
    """The statement and the edit that adds it, or that adds the name to an existing import of the same module."""
    statement = _statement(candidate)
    top = [node for node in case.tree.root.named_children if node.type in _IMPORTS]
    if candidate.name and not candidate.alias:
        for node in top:
            if merged := _merged(case, node, candidate):
                return statement, case.replace(node, merged)
    own = [node for node in top if not source_of(case.text, node).startswith("from __future__")]
    block = _block(case, own)
    if not block:
        return statement, _first_import(case, statement)
    return statement, _into_block(case, block, candidate, statement)


def _statement(candidate: ImportCandidate) -> str:
    alias = f" as {candidate.alias}" if candidate.alias else ""
    if candidate.name:
        return f"from {candidate.module} import {candidate.name}{alias}"
    return f"import {candidate.module}{alias}"


def _merged(case: RepairContext, node: tree_sitter.Node, candidate: ImportCandidate) -> str | None:
    source = source_of(case.text, node)
    if (
        node.type != "import_from_statement"
        or source_of(case.text, node.child_by_field_name("module_name")) != candidate.module
    ):
        return None
    if not _ONE_LINE_FROM.fullmatch(source) or "\n" in source or "*" in source:
        return None
    head, _, listed = source.partition(" import ")
    names = [name.strip() for name in listed.split(",") if name.strip()]
    name = candidate.name or ""
    at = len(names)
    for key in (_isort_key, str.lower, str):
        if names == sorted(names, key=key):
            at = next((i for i, other in enumerate(names) if key(other) > key(name)), len(names))
            break
    merged = f"{head} import {', '.join([*names[:at], name, *names[at:]])}"
    return merged if len(merged) <= _MAX_WIDTH else None


def _isort_key(name: str) -> str:
    """The sort key of isort and ruff for the names of one import: constants, then classes, then the rest."""
    rank = "0" if name.isupper() and len(name) > 1 else "1" if name[:1].isupper() else "2"
    return rank + name


def _block(case: RepairContext, imports: list[tree_sitter.Node]) -> list[tree_sitter.Node]:
    """The imports at the head: up to the first statement that is not an import, a comment, a string or a
    conditional."""
    block: list[tree_sitter.Node] = []
    wanted = {node.id for node in imports}
    for node in case.tree.root.named_children:
        if node.id in wanted:
            block.append(node)
        elif node.type not in {"comment", "expression_statement", *_IMPORTS}:
            break
    return [node for node in block if _alone_on_line(case, node)]


def _alone_on_line(case: RepairContext, node: tree_sitter.Node) -> bool:
    start = case.text.point_at_byte(node.start_byte)
    rest = case.text.line(case.text.point_at_byte(node.end_byte).line)[case.text.point_at_byte(node.end_byte).column :]
    return start.column == 0 and (not rest.strip() or rest.lstrip().startswith("#"))


def _rank(module: str) -> int:
    if module.startswith("."):
        return _FIRST_PARTY
    return 1 if module.partition(".")[0] in sys.stdlib_module_names else 2


def _key(case: RepairContext, node: tree_sitter.Node) -> tuple[bool, str]:
    from_it = node.type == "import_from_statement"
    field = node.child_by_field_name("module_name" if from_it else "name")
    if field is not None and field.type == "aliased_import":
        field = field.child_by_field_name("name")
    return from_it, source_of(case.text, field)


def _into_block(
    case: RepairContext, block: list[tree_sitter.Node], candidate: ImportCandidate, statement: str
) -> Replacement:
    eol = case.text.eol_at(case.text.point_at_byte(block[0].start_byte).line)
    rank = _rank(candidate.module)
    if rank == 2 and (own := _group_of_same_root(case, block, candidate.module)):
        group = own
    else:
        group = [node for node in block if _rank(_key(case, node)[1]) == rank]
    if not group:
        above = [node for node in block if _rank(_key(case, node)[1]) < rank]
        if above:
            return _after(case, above[-1], f"{eol}{statement}{eol}")
        return _before(case, block[0], f"{statement}{eol}{eol}")
    new = bool(candidate.name), candidate.module
    keys = [_key(case, node) for node in group]
    by_module = [module.lower() for _, module in keys]
    typed = [(from_it, module.lower()) for from_it, module in keys]
    if typed == sorted(typed):
        behind = [node for node, key in zip(group, typed, strict=True) if key > (new[0], new[1].lower())]
    elif by_module == sorted(by_module):
        behind = [node for node, key in zip(group, by_module, strict=True) if key > new[1].lower()]
    else:
        behind = []
    return _before(case, behind[0], statement + eol) if behind else _after(case, group[-1], statement + eol)


def _group_of_same_root(case: RepairContext, block: list[tree_sitter.Node], module: str) -> list[tree_sitter.Node]:
    """The contiguous imports that contain other modules of this package, third party or the project's."""
    root = module.partition(".")[0]
    same = [index for index, node in enumerate(block) if _key(case, node)[1].partition(".")[0] == root]
    if not same:
        return []
    first = last = same[0]
    while first > 0 and block[first].start_point[0] == block[first - 1].end_point[0] + 1:
        first -= 1
    while last + 1 < len(block) and block[last + 1].start_point[0] == block[last].end_point[0] + 1:
        last += 1
    return block[first : last + 1]


def _before(case: RepairContext, node: tree_sitter.Node, new_text: str) -> Replacement:
    at = Point(case.text.point_at_byte(node.start_byte).line, 0)
    return Replacement(at, at, new_text)


def _after(case: RepairContext, node: tree_sitter.Node, new_text: str) -> Replacement:
    return _below(case, case.text.point_at_byte(node.end_byte).line, new_text)


def _below(case: RepairContext, line: int, new_text: str) -> Replacement:
    if line + 1 < case.text.line_count:
        at = Point(line + 1, 0)
        return Replacement(at, at, new_text)
    at = Point(line, len(case.text.line(line)))
    eol = case.text.eol_at(line)
    return Replacement(at, at, eol + new_text.removesuffix(eol))


def _first_import(case: RepairContext, statement: str) -> Replacement:
    """Insert the first import: below docstring or ``__future__``, else above the first statement and its comments."""
    above: tree_sitter.Node | None = None
    first: tree_sitter.Node | None = None
    for node in case.tree.root.named_children:
        is_text = node.type == "expression_statement" and [child.type for child in node.named_children] == ["string"]
        if (is_text and above is None) or node.type == "future_import_statement":
            above = node
        elif node.type != "comment":
            first = node
            break
    if above is not None:
        line = case.text.point_at_byte(above.end_byte).line
        eol = case.text.eol_at(line)
        blank_follows = line + 1 < case.text.line_count and not case.text.line(line + 1).strip()
        return _below(case, line, f"{eol}{statement}{eol}" + ("" if blank_follows else eol))
    line = case.text.point_at_byte(first.start_byte).line if first is not None else 0
    while line > 0 and case.text.line(line - 1).startswith("#") and not _must_stay_first(case, line - 1):
        line -= 1
    at, eol = Point(line, 0), case.text.eol_at(max(0, line - 1))
    return Replacement(at, at, f"{statement}{eol}{eol}")


def _must_stay_first(case: RepairContext, line: int) -> bool:
    return line < 2 and re.match(r"#!|#.*coding[:=]", case.text.line(line)) is not None
