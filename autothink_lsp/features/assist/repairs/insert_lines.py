"""Inserts an import that is one line (Java, Rust, C) into the sorted group of its kind; not into an unsorted one."""

from __future__ import annotations

import re

from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.repairs.repair import ImportCandidate, RepairContext, source_of
from autothink_lsp.values import Point

_MOST_LINES = 200
_IMPORT_NODES = frozenset({"import_declaration", "use_declaration", "preproc_include"})


def insert_java(case: RepairContext, candidate: ImportCandidate) -> tuple[str, Replacement] | None:
    """The ``import`` of a class and the edit that adds it."""
    root = candidate.module.partition(".")[0]
    return _insert(case, f"import {candidate.module}.{candidate.name};", re.compile(rf"import {root}\.[\w.]+;"))


def insert_rust(case: RepairContext, candidate: ImportCandidate) -> tuple[str, Replacement] | None:
    """The ``use`` of a name of the standard library and the edit that adds it."""
    path = candidate.module if candidate.name is None else f"{candidate.module}::{candidate.name}"
    return _insert(case, f"use {path};", re.compile(r"use std::[\w:]+;"))


def insert_c(case: RepairContext, candidate: ImportCandidate) -> tuple[str, Replacement] | None:
    """The ``#include`` of a header and the edit that adds it."""
    return _insert(case, f"#include <{candidate.module}>", re.compile(r"#include <[\w./]+>"))


def _insert(case: RepairContext, statement: str, kind: re.Pattern[str]) -> tuple[str, Replacement] | None:
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
    while node is not None and node.parent is not None and node.type not in _IMPORT_NODES:
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
