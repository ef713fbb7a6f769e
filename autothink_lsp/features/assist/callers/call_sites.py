"""Finds the calls of a changed function in one file, in every language whose tree has calls with arguments.

For Python, ``python_calls.py`` determines which of them fit the new parameters or can be changed by rule. In other
languages a call is found and left to the model or the user.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.edits.signatures import SignatureChange
from autothink_lsp.features.assist.callers.python_calls import FunctionPlace, fitted_call, python_names
from autothink_lsp.features.assist.repairs.repair import source_of
from autothink_lsp.syntax.grammar import Grammar

if TYPE_CHECKING:
    import tree_sitter

_PARSE_LIMIT_MS = 500.0
_CALLED = re.compile(r"(?<!\w)([^\W\d]\w*+)\s*+(?:[!?]|(?:::)?<[^()]{0,200}>)?\s*+\Z")
_CALLED_FIELDS = ("function", "method", "name", "constructor")


@frozen
class CallSite:
    """One call. ``replacements`` make it fit the new parameters; ``fits``: no change is needed. Neither: only the model
    or the user can decide."""

    line: int
    last_line: int
    fits: bool = False
    replacements: tuple[Replacement, ...] = ()

    @property
    def is_settled(self) -> bool:
        return self.fits or bool(self.replacements)


def call_sites(
    grammar: Grammar, text: Text, change: SignatureChange, place: FunctionPlace, path: str
) -> tuple[CallSite, ...]:
    """The calls of the changed function in ``text``, the file ``path``; empty if it does not parse.

    Calls through another object (``x.name()``) count for members of classes. For other functions, calls that cannot
    refer to the function (the file defines the name itself) do not count.
    """
    tree = grammar.parse_source(str(text), limit_ms=_PARSE_LIMIT_MS)
    if tree is None:
        return ()
    calls = list(_calls(tree.root_node, text, change.name))
    if change.before.member:
        certain, known = frozenset[str](), None
    elif grammar.language.name == "python":
        certain, known = python_names(tree.root_node, text, change.name, place, path)
    else:
        certain, known = frozenset[str](), None
    found: list[CallSite] = []
    for node, called in calls:
        start, end = text.point_at_byte(node.start_byte), text.point_at_byte(node.end_byte)
        if place.is_here and place.skip[0] <= start.line <= place.skip[1]:
            continue
        if known is not None and called not in known and "." not in called:
            continue
        if change.before.member and "." not in called and "->" not in called and "::" not in called:
            continue
        fitted = fitted_call(node, text, change) if called in certain else None
        site = CallSite(start.line, end.line, fits=fitted == (), replacements=fitted or ())
        found.append(site)
    return tuple(sorted(found, key=lambda one: one.line))


def _calls(root: tree_sitter.Node, text: Text, name: str) -> Iterator[tuple[tree_sitter.Node, str]]:
    """Yield every call whose called expression ends with ``name``, with that expression."""
    pending = [root]
    while pending:
        node = pending.pop()
        pending.extend(reversed(node.named_children))
        if "arguments" not in {node.field_name_for_child(number) for number in range(node.child_count)}:
            continue
        called = next((one for one in map(node.child_by_field_name, _CALLED_FIELDS) if one is not None), None)
        if called is None:
            continue
        written = source_of(text, called)
        receiver = node.child_by_field_name("object") or node.child_by_field_name("receiver")
        if receiver is not None and "." not in written:
            written = f"{source_of(text, receiver)}.{written}"
        match = _CALLED.search(written)
        has_alias = called.type == "identifier" and f"{name} as " in str(text)
        if match is not None and (match[1] == name or has_alias):
            yield node, written
