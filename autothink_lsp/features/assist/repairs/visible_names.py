"""Finds the names in scope at a node: parameters, locals above it, the module's names, imports.

Searches only the path from the node to the root, never other functions, and gives up after ``_MAX_NODES``, so that it
takes a few milliseconds at most. Does not know types and attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import frozen

from autothink_lsp.document.text import Text
from autothink_lsp.features.assist.repairs.binding_rules import RULES, BindingRules
from autothink_lsp.features.assist.repairs.repair import source_of

if TYPE_CHECKING:
    import tree_sitter

_MAX_NODES = 20_000
_BODIES = ("body", "consequence")
_IMPORTS = frozenset({"import_declaration", "import_from_statement", "use_declaration", "using_declaration"})
_STATIC = re.compile(r"import\s+static\b")
_WILDCARD: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "python": re.compile(r"\bimport\s*+(?:\(\s*+)?\*"),
        "java": re.compile(r"\.\s*\*\s*;"),
        "rust": re.compile(r"(?:::|[{,])\s*\*"),
        "go": re.compile(r"(?:\bimport[ \t]++|^[ \t]*+|\([ \t]*+)\.\s+[\"`]", re.MULTILINE),
        "cpp": re.compile(r"\busing\s+namespace\b"),
    }
)


class TooManyNodes(Exception):
    """The scopes around the node are too large to search in time. Caught in this module."""


@frozen
class Bound:
    """The node of a name and the node that binds it."""

    node: tree_sitter.Node
    binder: tree_sitter.Node

    def name(self, text: Text) -> str:
        """The name as written; for a Go import without a name, the last part of its path."""
        return source_of(text, self.node).strip('"`').rpartition("/")[2]


def visible_names(language: str, text: Text, use: tree_sitter.Node) -> frozenset[str] | None:
    """The names in scope at ``use``; ``None`` for an unknown language, too large scopes, or inherited names."""
    rules = RULES.get(language)
    if rules is None:
        return None
    names: set[str] = set()
    left_function = False
    scope = use.parent
    budget = [_MAX_NODES]
    try:
        while scope is not None:
            is_root = scope.parent is None
            if any(child.type in rules.inheriting for child in scope.named_children):
                return None
            if scope.parent is not None and (scope.parent.type, scope.type) in rules.inheriting_bodies:
                return None
            if scope.type in rules.scopes or is_root:
                if not (left_function and scope.type in rules.hidden_from_functions):
                    ordered = not is_root or (rules.late_module and not left_function)
                    ordered = ordered and scope.type not in rules.unordered
                    names.update(b.name(text) for b in bound_in(rules, scope, budget) if _is_known(b, use, ordered))
                left_function = left_function or scope.type in rules.functions
            scope = scope.parent
    except TooManyNodes:
        return None
    return frozenset(names)


def imports_unseen_names(language: str, text: Text, use: tree_sitter.Node) -> bool:
    """Whether an import around ``use`` makes names of another file visible without naming them, as ``import static
    X.*`` does. Of a Java package that are names of types alone."""
    wildcard = _WILDCARD.get(language)
    scope = use if wildcard is not None else None
    while scope is not None:
        for child in scope.named_children:
            if child.type not in _IMPORTS:
                continue
            source = source_of(text, child)
            if language == "java" and not _STATIC.match(source) and not source_of(text, use)[:1].isupper():
                continue
            if wildcard is not None and wildcard.search(source):
                return True
        scope = scope.parent
    return False


def _is_known(bound: Bound, use: tree_sitter.Node, ordered: bool) -> bool:
    if bound.node.start_byte == use.start_byte:
        return False
    binder = bound.binder
    if binder.start_byte <= use.start_byte < binder.end_byte:
        bodies = (binder.child_by_field_name(field) for field in _BODIES)
        if not any(body is not None and body.start_byte <= use.start_byte < body.end_byte for body in bodies):
            return False  # in ``total = totl + 1``, ``totl`` cannot mean ``total``
    return not ordered or bound.node.start_byte < use.start_byte


def bound_in(rules: BindingRules, scope: tree_sitter.Node, budget: list[int]) -> Iterator[Bound]:
    """Yield the names bound directly in ``scope``; of inner scopes only the scope's own name."""
    yield from _bound_by(rules, scope)
    pending = list(scope.children)
    outer = rules.outer.get(scope.type)
    if outer == "name" and (own := scope.child_by_field_name(outer)) is not None:
        pending = [child for child in pending if child.id != own.id]
    while pending:
        node = pending.pop()
        budget[0] -= 1
        if budget[0] < 0:
            raise TooManyNodes
        if node.type in rules.scopes:
            field = rules.outer.get(node.type)
            if field is not None:
                for child in node.children_by_field_name(field):
                    yield from (Bound(leaf, node) for leaf in _leaves(rules, child))
            continue
        yield from _bound_by(rules, node)
        pending.extend(node.named_children)


def _bound_by(rules: BindingRules, node: tree_sitter.Node) -> Iterator[Bound]:
    for field in rules.binders.get(node.type, ()):
        targets = node.named_children if field == "*" else node.children_by_field_name(field)
        for target in targets:
            for leaf in _leaves(rules, target):
                yield Bound(leaf, node)
    if node.type == "import_spec" and node.child_by_field_name("name") is None:  # Go: the last part of the path
        yield Bound(node.child_by_field_name("path") or node, node)
    if node.type == "import_declaration" and node.named_children and node.named_children[0].type == "scoped_identifier":
        imported = node.named_children[0]  # Java
        yield Bound(imported.child_by_field_name("name") or imported, node)


def _leaves(rules: BindingRules, target: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """Yield the names in a pattern: of an import with an alias the alias, of a dotted one the first part."""
    if target.type in rules.names:
        yield target
        return
    if target.type in rules.skipped_types:
        return
    alias = target.child_by_field_name("alias")
    if alias is not None:
        yield from _leaves(rules, alias)
        return
    if target.type == "dotted_name":
        yield from target.named_children[:1]
        return
    for index, child in enumerate(target.children):
        if child.is_named and target.field_name_for_child(index) not in rules.skipped_fields:
            yield from _leaves(rules, child)


def is_name(language: str, node: tree_sitter.Node | None) -> bool:
    """Whether ``node`` is a name, used or bound, and not part of a string or comment."""
    rules = RULES.get(language)
    return rules is not None and node is not None and node.type in rules.names
