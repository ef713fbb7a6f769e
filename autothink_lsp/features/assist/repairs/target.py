"""Finds the node that a diagnostic is about. Answers None where the place and the words do not agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from autothink_lsp.features.assist.repairs.values import Case, source_of
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

_MAX_LINES = 5  # of a diagnostic's range that are looked through


def name_node(case: Case, name: str) -> tree_sitter.Node | None:
    """The leaf ``name`` at the diagnostic's start, else the only one within its range; None if there is none."""
    start, end = case.diagnostic.start, case.diagnostic.end
    if not _is_inside(case, start):
        return None
    if node := _leaf(case, start, name):
        return node
    nodes = (_leaf(case, point, name) for point in _places(case, name, start, end))
    found = [node for node in nodes if node is not None]
    return found[0] if len(found) == 1 else None


def _places(case: Case, name: str, start: Point, end: Point) -> Iterator[Point]:
    """Where the word stands in the range."""
    for line in range(start.line, min(end.line, start.line + _MAX_LINES) + 1):
        text = case.text.line(line)
        first = start.column if line == start.line else 0
        stop = end.column if line == end.line else len(text)
        for match in re.finditer(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text[:stop]):
            if match.start() >= first:
                yield Point(line, match.start())


def _is_inside(case: Case, point: Point) -> bool:
    return point.line >= 0 and point.column >= 0 and case.text.clamp(point) == point


def _leaf(case: Case, start: Point, name: str) -> tree_sitter.Node | None:
    node = case.node(start, Point(start.line, start.column + len(name)))
    return node if node is not None and node.child_count == 0 and source_of(case.text, node) == name else None


def ranged_text(case: Case) -> str:
    """What stands in the diagnostic's range, on one line; empty for a range of several lines or outside the text."""
    start, end = case.diagnostic.start, case.diagnostic.end
    if start.line != end.line or not _is_inside(case, start) or not _is_inside(case, end):
        return ""
    return case.text.between(start, end)
