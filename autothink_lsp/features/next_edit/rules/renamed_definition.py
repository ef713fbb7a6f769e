"""Rule: a name that was changed where it is defined is changed where it is used, in its scope."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.definition_site import (
    DefinitionSite,
    before,
    definition_site,
    identifier_at,
    is_key,
    is_short_key,
)
from autothink_lsp.features.next_edit.rules.identifier_role import SELVES, IdentifierRoles, receiver_of
from autothink_lsp.features.next_edit.rules.line_edits import line_edits
from autothink_lsp.features.next_edit.token_change import TokenChange
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

RULE_ID = "renamed-definition"
_NAME = re.compile(r"[^\W\d]\w+")
_SEVERAL_WORDS = re.compile(r"[^\W_]_[^\W_]|[a-z\d][A-Z]")
_MOST_USES = 200
_RECENT_HUNKS = 3


@frozen
class _Use:
    """``is_short_key``: it is the key of an object, too, which keeps its name."""

    column: int
    is_short_key: bool = False


def renamed_definition(context: RuleContext) -> Iterator[LineEdit]:
    """The uses of the name of which one of the newest hunks has changed the definition."""
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
    """Whether the new name means something else already: it stands in lines that were not changed."""
    word = re.compile(rf"(?<!\w){re.escape(new)}(?!\w)")
    lines = context.lines[site.first : site.last + 1]
    return any(
        new in line and site.first + number not in context.changed_lines and word.search(line)
        for number, line in enumerate(lines)
        if site.first + number != change.at[0]
    )


def _uses(context: RuleContext, tree: SyntaxTree, site: DefinitionSite, name: str, at: Point) -> dict[int, list[_Use]]:
    """Where on each line the name that was defined ``at`` a place is used. Nothing where it is still defined
    elsewhere; of a member only the accesses to objects of its class."""
    found: dict[int, list[_Use]] = {}
    objects = _Objects.of_class_at(context, at) if site.kind == "member" else None
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


@define(eq=False)
class _Objects:
    """The objects of a class, as far as a file shows it: by the object itself, a declared type, or a constructor."""

    context: RuleContext
    roles: IdentifierRoles
    name: str
    _known: dict[str, bool] = field(factory=dict, init=False)

    @classmethod
    def of_class_at(cls, context: RuleContext, point: Point) -> _Objects:
        """Those of the class around a place."""
        roles = IdentifierRoles.of(context)
        return cls(context, roles, roles.class_at(point))

    def has(self, line: int, column: int, member: str) -> bool:
        """Whether the member at this place is one of such an object. A member whose name has several words is not
        likely to be another class's."""
        receiver = receiver_of(self.context.lines[line][:column])
        if receiver in SELVES:
            return self.roles.class_at(Point(line, column)) == self.name
        if receiver not in self._known:
            self._known[receiver] = self._is_object(receiver)
        return self._known[receiver] or bool(_SEVERAL_WORDS.search(member.strip("_")))

    def _is_object(self, receiver: str) -> bool:
        if not self.name or not re.fullmatch(r"[^\W\d]\w*", receiver):
            return receiver.startswith((f"{self.name}(", f"new{self.name}(")) if self.name else False
        if receiver.replace("_", "").lower() == self.name.lower():
            return True
        name, owner = re.escape(receiver), re.escape(self.name)
        declared = rf"(?<![\w.]){name}(?:\s*:\s*|[ \t]+)[&*]*(?:mut\s+)?{owner}\b"
        blanks = r"(?:[ \t]++(?:[&*]++[ \t]++)?|[&*]++[ \t]++)"
        declared_before = rf"(?<!\w){owner}(?:<[^<>\n]*>)?{blanks}[&*]*+{name}(?!\w)"
        made = (
            rf"(?<![\w.]){name}\s*(?::[^=\n]{{0,80}})?(?::=|=)\s*[&*]?(?:new\s+|await\s+)?{owner}\s*(?:::\w+\s*)?[({{]"
        )
        return any(re.search(pattern, self.context.source) for pattern in (declared, declared_before, made))


def _is_member(context: RuleContext, node: tree_sitter.Node, point: Point) -> bool:
    return before(context.text, node) in (".", ">", ":") and not _is_type_mark(context, point.line, point.column)


def _names_argument(node: tree_sitter.Node) -> bool:
    """Whether the identifier is the name of another function's parameter."""
    parent = node.parent
    return parent is not None and parent.type == "keyword_argument" and parent.children[0].id == node.id


def _is_type_mark(context: RuleContext, line: int, column: int) -> bool:
    """Whether what stands before is a colon that is followed by a type, or an arrow, and no access to a member."""
    head = context.lines[line][:column].rstrip()
    return (
        (head.endswith(":") and not head.endswith("::"))
        or head.endswith(("=>", "> ", ">>"))
        or (head.endswith(">") and not head.endswith("->"))
        or (head.endswith("->") and context.tree is not None and context.tree.language.name in ("python", "rust"))
    )
