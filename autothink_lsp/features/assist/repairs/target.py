"""Finds the node of a diagnostic. Returns ``None`` if range and message do not agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from autothink_lsp.features.assist.repairs.repair import RepairContext, source_of
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

_MAX_LINES = 5  # maximum lines of a diagnostic's range that are searched


def name_node(case: RepairContext, name: str) -> tree_sitter.Node | None:
    """The leaf ``name`` at the diagnostic's start, else the only one in its range; ``None`` if there is none."""
    start, end = case.diagnostic.start, case.diagnostic.end
    if not _is_inside(case, start):
        return None
    if node := _leaf(case, start, name):
        return node
    nodes = (_leaf(case, point, name) for point in _places(case, name, start, end))
    found = [node for node in nodes if node is not None]
    return found[0] if len(found) == 1 else None


def _places(case: RepairContext, name: str, start: Point, end: Point) -> Iterator[Point]:
    """Yield the occurrences of the word in the range."""
    for line in range(start.line, min(end.line, start.line + _MAX_LINES) + 1):
        text = case.text.line(line)
        first = start.column if line == start.line else 0
        stop = end.column if line == end.line else len(text)
        for match in re.finditer(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text[:stop]):
            if match.start() >= first:
                yield Point(line, match.start())


def _is_inside(case: RepairContext, point: Point) -> bool:
    return point.line >= 0 and point.column >= 0 and case.text.clamp(point) == point


def _leaf(case: RepairContext, start: Point, name: str) -> tree_sitter.Node | None:
    node = case.node(start, Point(start.line, start.column + len(name)))
    return node if node is not None and node.child_count == 0 and source_of(case.text, node) == name else None
