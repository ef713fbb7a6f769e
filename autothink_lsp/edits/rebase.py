"""Moves an edit to a newer version of its document, if the changes since then do not touch it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import evolve

from autothink_lsp.document.snapshot import Change
from autothink_lsp.edits.replacement import EditRefused, Refusal, Replacement
from autothink_lsp.values import Point


def rebase(replacements: Sequence[Replacement], changes: Iterable[Change]) -> tuple[Replacement, ...]:
    """``replacements`` moved by ``changes``. Raises ``EditRefused`` (STALE) if a change touches a replaced range."""
    moved = tuple(replacements)
    for change in changes:
        moved = tuple(_moved(one, change) for one in moved)
    return moved


def _moved(one: Replacement, change: Change) -> Replacement:
    if change.start > one.end:
        return one
    if change.old_end < one.start:
        return evolve(one, start=_shift(one.start, change), end=_shift(one.end, change))
    raise EditRefused(
        Refusal.STALE,
        "The code was changed in the same place meanwhile, so the edit was not applied.",
        hint="Ask again.",
    )


def _shift(point: Point, change: Change) -> Point:
    line = point.line + change.new_end.line - change.old_end.line
    if point.line != change.old_end.line:
        return Point(line, point.column)
    return Point(line, point.column - change.old_end.column + change.new_end.column)
