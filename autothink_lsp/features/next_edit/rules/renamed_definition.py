"""Rule: renames the uses of a name that was changed at its definition, in its scope."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.class_objects import ClassObjects
from autothink_lsp.features.next_edit.rules.definition_site import (
    DefinitionSite,
    before,
    definition_site,
    identifier_at,
    is_key,
    is_short_key,
)
from autothink_lsp.features.next_edit.rules.line_edits import line_edits
from autothink_lsp.features.next_edit.token_change import TokenChange
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

RULE_ID = "renamed-definition"
_NAME = re.compile(r"[^\W\d]\w+")
_MOST_USES = 200
_RECENT_HUNKS = 3


@frozen
class _Use:
    """One use of a name. ``is_short_key``: it is also a key of the same name, which must stay (``{name}``)."""

    column: int
    is_short_key: bool = False


def renamed_definition(context: RuleContext) -> Iterator[LineEdit]:
    """The edits of the uses of a name whose definition one of the newest hunks has changed."""
    for change in context.changes(context.hunks[:_RECENT_HUNKS]):
        old, new = change.old_text, change.new_text
        if not _NAME.fullmatch(old) or not _NAME.fullmatch(new) or old.lower() == old[:1].lower() * len(old):
            continue
        tree = context.tree
        if tree is None:
            return
        node = identifier_at(tree, Point(*change.at), len(new))
        site = definition_site(tree, node) if node is not None else None
        if site is None or _is_in_use(context, site, new, change):
            continue
        uses = _uses(context, tree, site, old, Point(*change.at))
        new_lines = {line: _renamed(context.lines[line], places, old, new) for line, places in uses.items()}
        yield from line_edits(context, RULE_ID, f"{old} → {new}", new_lines)


def _renamed(line: str, places: list[_Use], old: str, new: str) -> str:
    for use in sorted(places, key=lambda use: -use.column):
        written = f"{old}: {new}" if use.is_short_key else new
        line = line[: use.column] + written + line[use.column + len(old) :]
    return line


def _is_in_use(context: RuleContext, site: DefinitionSite, new: str, change: TokenChange) -> bool:
    """Whether the new name is in use already: it occurs in lines that were not changed."""
    word = re.compile(rf"(?<!\w){re.escape(new)}(?!\w)")
    lines = context.lines[site.first : site.last + 1]
    return any(
        new in line and site.first + number not in context.changed_lines and word.search(line)
        for number, line in enumerate(lines)
        if site.first + number != change.at[0]
    )


def _uses(context: RuleContext, tree: SyntaxTree, site: DefinitionSite, name: str, at: Point) -> dict[int, list[_Use]]:
    """The uses of ``name`` by line. Empty if the scope has another definition of the name, or too many uses. Of a
    member, only accesses to objects of its class. ``at`` is the position of the changed definition."""
    found: dict[int, list[_Use]] = {}
    objects = ClassObjects.of_class_at(context, at) if site.kind == "member" else None
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    count = 0
    for line in range(site.first, min(site.last + 1, len(context.lines))):
        if name not in context.lines[line]:
            continue
        for match in word.finditer(context.lines[line]):
            node = identifier_at(tree, Point(line, match.start()), len(name))
            count += 1
            if count > _MOST_USES:
                return {}
            if node is None:
                continue  # a comment or a string
            if _is_member(context, node, Point(line, match.start())) != (site.kind == "member"):
                continue
            if objects is not None:
                if objects.has(line, match.start(), name):
                    found.setdefault(line, []).append(_Use(match.start()))
                continue
            if is_key(node):
                continue
            other = definition_site(tree, node)
            if other is not None and other != site:
                return {}  # the name is also another's
            if site.kind == "local" and _names_argument(node):
                continue
            found.setdefault(line, []).append(_Use(match.start(), is_short_key(node)))
    return found


def _is_member(context: RuleContext, node: tree_sitter.Node, point: Point) -> bool:
    return before(context.text, node) in (".", ">", ":") and not _is_type_mark(context, point.line, point.column)


def _names_argument(node: tree_sitter.Node) -> bool:
    """Whether the identifier names a parameter of a called function (``f(name=...)``)."""
    parent = node.parent
    return parent is not None and parent.type == "keyword_argument" and parent.children[0].id == node.id


def _is_type_mark(context: RuleContext, line: int, column: int) -> bool:
    """Whether the text before the position ends with a colon that precedes a type, or with an arrow that is no member
    access."""
    head = context.lines[line][:column].rstrip()
    return (
        (head.endswith(":") and not head.endswith("::"))
        or head.endswith(("=>", "> ", ">>"))
        or (head.endswith(">") and not head.endswith("->"))
        or (head.endswith("->") and context.tree is not None and context.tree.language.name in ("python", "rust"))
    )
