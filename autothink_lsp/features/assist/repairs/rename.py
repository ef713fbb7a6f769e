"""Renames a local name if that is certain: all uses are in one function, without another binding of the same name."""

from __future__ import annotations

import re

from autothink_lsp.edits.replacement import EditRefused, Refusal, Replacement
from autothink_lsp.features.assist.actions import AssistRequest, RenamePlan
from autothink_lsp.features.assist.repairs.bound_names import bound_names
from autothink_lsp.features.assist.repairs.name_conflicts import name_conflict
from autothink_lsp.features.assist.repairs.repair import Repair
from autothink_lsp.syntax.scopes import enclosing_scopes, scope_kind
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

_OTHER_NAME = "Use your editor's rename with another name."


def rename(request: AssistRequest, tree: SyntaxTree, old: str, at: Point) -> Repair | None:
    """The rename of ``old`` at ``at`` to ``request.instruction``; ``None`` without an instruction. Without replacements
    the editor has to rename.

    Raises ``EditRefused`` if the new name is invalid, or taken in this file.
    """
    new = request.instruction.strip()
    if not old or not new:
        return None
    if conflict := name_conflict(tree, at, old, new):
        raise EditRefused(Refusal.OTHER_CODE, f"{conflict}, so `{old}` was not renamed.", hint=_OTHER_NAME)
    replacements = _local(request, tree, old, new)
    return Repair(
        replacements=replacements,
        title=f"Rename `{old}` to `{new}`",
        explanation=f"`{old}` is now `{new}` wherever it is used in this function."
        if replacements
        else f"`{old}` may be used outside of this function.",
        rule_id="rename",
        rename=RenamePlan(at=at, old_name=old, new_name=new),
    )


def _local(request: AssistRequest, tree: SyntaxTree, old: str, new: str) -> tuple[Replacement, ...]:
    """All uses in the function; empty if the name is not bound there or is an attribute, or if the new name exists."""
    text = request.snapshot.text
    functions = [one for one in enclosing_scopes(tree, request.start) if one.kind == "function"]
    if len(functions) != 1:  # nested functions may bind the same name again
        return ()
    start, end = functions[0].start, functions[0].end
    code = text.between(start, end)
    if old not in bound_names(code) or re.search(rf"\b{re.escape(new)}\b", code):
        return ()
    if re.search(rf"\b(?:global|nonlocal)\b[^\n]*\b{re.escape(old)}\b", code) or re.search(
        rf"\.{re.escape(old)}\b", code
    ):
        return ()
    if re.search(rf"[(,]\s*{re.escape(old)}\s*=(?!=)", code.partition("\n")[2]):  # keyword arguments look the same
        return ()
    elsewhere = text.between(Point(0, 0), start) + text.between(end, Point(text.line_count, 0))
    if re.search(rf"[(,]\s*{re.escape(old)}\s*=(?!=)", elsewhere):  # callers may pass the argument by name
        return ()
    found = []
    for number in range(start.line, end.line + 1):
        line = text.line(number)
        found += [
            Replacement(Point(number, match.start()), Point(number, match.end()), new)
            for match in re.finditer(rf"(?<![\w.]){re.escape(old)}(?!\w)", line)
            if scope_kind(tree, Point(number, match.start() + 1)) == "code"
        ]
    return tuple(found)
