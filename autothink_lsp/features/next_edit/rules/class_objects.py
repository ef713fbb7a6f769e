"""Whether an expression is an object of a class, as far as the file shows: ``self``, variables with a declared type,
and variables assigned from a constructor call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from attrs import define, field

from autothink_lsp.features.next_edit.proposal import RuleContext
from autothink_lsp.features.next_edit.rules.definition_site import definition_site, identifier_at
from autothink_lsp.features.next_edit.rules.identifier_role import SELVES, IdentifierRoles, receiver_of
from autothink_lsp.syntax.scopes import enclosing_scopes
from autothink_lsp.values import Point

# What stands before the name of a method in Go, ``func (a *A) ``, with the class; group 1 is the class.
GO_RECEIVER = r"\bfunc[ \t]*+\([^()]{0,200}?\b([^\W\d]\w*+)(?:\[[^\]]{0,80}\])?\)[ \t]*+\Z"
_OWNER = re.compile(rf"{GO_RECEIVER}|\bfunction[ \t]++(\w++)[.:]\Z")  # of a function outside of its class
_MOST_PLACES = 200
_SEVERAL_WORDS = re.compile(r"[^\W_]_[^\W_]|[a-z\d][A-Z]")


@define(eq=False)
class ClassObjects:
    """The objects of the class ``name``."""

    context: RuleContext
    roles: IdentifierRoles
    name: str
    _known: dict[str, bool] = field(factory=dict, init=False)
    _shared: dict[str, bool] = field(factory=dict, init=False)

    @classmethod
    def of_class_at(cls, context: RuleContext, point: Point) -> ClassObjects:
        """The objects of the class around ``point``."""
        roles = IdentifierRoles.of(context)
        path = _OWNER.search(context.lines[point.line][: point.column])
        return cls(context, roles, roles.class_at(point) or (path[1] or path[2] if path is not None else ""))

    def is_inside(self, point: Point) -> bool:
        """Whether the position is inside the class, or in one of its functions outside of it (``A::f``, ``M:f``)."""
        if self.roles.class_at(point) == self.name:
            return True
        scopes = enclosing_scopes(self.context.tree, point) if self.context.tree is not None else ()
        return any(
            re.split(r"[.:]+", scope.name or "")[:-1] == [self.name] for scope in scopes if scope.kind == "function"
        )

    def has(self, line: int, column: int, member: str) -> bool:
        """Whether the member at this position belongs to such an object. A member whose name has several words is
        assumed to belong to no other class, unless this file has one that defines it."""
        head = self.context.lines[line][:column]
        receiver = receiver_of(head)
        if receiver in SELVES or head.endswith("@"):
            return self.is_inside(Point(line, column))
        if receiver not in self._known:
            self._known[receiver] = self._is_object(receiver)
        if self._known[receiver]:
            return True
        return bool(_SEVERAL_WORDS.search(member.strip("_"))) and not self._is_of_another(member)

    def _is_of_another(self, member: str) -> bool:
        """Whether another class of this file defines the member too."""
        if member not in self._shared:
            self._shared[member] = any(map(self._defines_elsewhere, self._points_of(member)))
        return self._shared[member]

    def _points_of(self, member: str) -> Iterator[tuple[Point, int]]:
        found = re.finditer(rf"(?<!\w){re.escape(member)}(?!\w)", self.context.source)
        for match in islice(found, _MOST_PLACES):
            yield self.context.point_of(match.start()), len(member)

    def _defines_elsewhere(self, place: tuple[Point, int]) -> bool:
        tree = self.context.tree
        node = identifier_at(tree, *place) if tree is not None else None
        site = definition_site(tree, node) if tree is not None and node is not None else None
        return site is not None and site.kind == "member" and not self.is_inside(place[0])

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
