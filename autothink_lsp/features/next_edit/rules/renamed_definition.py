"""Rule: renames the uses of a name that was changed at its definition, in its scope."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from attrs import frozen

from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.class_objects import ClassObjects
from autothink_lsp.features.next_edit.rules.definition_site import (
    OWN_VARIABLES,
    DefinitionSite,
    before,
    definition_site,
    identifier_at,
    is_key,
    is_short_key,
)
from autothink_lsp.features.next_edit.rules.identifier_role import SEPARATE_METHODS, opening_bracket
from autothink_lsp.features.next_edit.rules.line_edits import line_edits
from autothink_lsp.features.next_edit.token_change import TokenChange, tokens
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

RULE_ID = "renamed-definition"
_NAME = re.compile(r"[^\W\d]\w*")
_KEY = re.compile(r"[^\W\d]\w*+[ \t]*+(?::(?!:)|=(?!=))")
_NAME_BEFORE = re.compile(r"(?<![\w.])([^\W\d]\w*+)[ \t]*+\Z")
_MOST_LITERAL_LINES = 24
_LEAST_NAME = 2  # characters of a name that is not local
_ADDED_NAME = re.compile(r"(?:\s*:\s*|\s*as\s+)([^\W\d]\w*)\s*")
_REST_OF_NAME = re.compile(r"\A\w*\s*")
_IMPORT = re.compile(r"\s*+(?:import|from|use|using|export)\b")
_MOST_USES = 200
_RECENT_HUNKS = 3
# Languages in which a member of the own object is named without it.
_IMPLICIT_SELF = frozenset(["java", "csharp", "cpp", "kotlin", "scala", "swift", "ruby", "dart", "groovy"])


@frozen
class _Use:
    """One use of a name. ``is_short_key``: it is also a key of the same name, which must stay (``{name}``)."""

    column: int
    is_short_key: bool = False


def renamed_definition(context: RuleContext) -> Iterator[LineEdit]:
    """The edits of the uses of a name whose definition one of the newest hunks has changed."""
    hunks = {hunk.order: hunk for hunk in context.hunks[:_RECENT_HUNKS]}
    for change in context.changes(tuple(hunks.values())):
        old, new, column = _renaming(change)
        if _is_moved(hunks[change.order], old, new) and column == change.at[1]:
            continue
        if not _NAME.fullmatch(old) or not _NAME.fullmatch(new) or (len(old) > 1 and old == old[:1] * len(old)):
            continue
        tree = context.tree
        if tree is None:
            return
        at = Point(change.at[0], column)
        node = identifier_at(tree, at, len(new))
        site = definition_site(tree, node) if node is not None else None
        if site is None or _is_in_use(context, site, new, change):
            continue
        if min(len(old), len(new)) < _LEAST_NAME and site.kind != "local":
            continue
        uses = _uses(context, tree, site, old, at)
        if column != change.at[1]:
            uses.pop(at.line, None)  # the name that got another one
        new_lines = {line: _renamed(context.lines[line], places, old, new) for line, places in uses.items()}
        yield from line_edits(context, RULE_ID, f"{old} → {new}", new_lines)


def _renaming(change: TokenChange) -> tuple[str, str, int]:
    """The old and the new name, and the column of the new one. A name that got another one behind it (``{ a: b }``,
    ``import a as b``) was renamed, too."""
    added = _ADDED_NAME.fullmatch(change.new_text) if not change.old_text.strip() else None
    name = next((token for token in reversed(change.left) if token.strip()), "")
    if added is None or not _NAME.fullmatch(name):
        return change.old_text, change.new_text, change.at[1]
    return name, added[1], change.at[1] + added.start(1)


def _is_moved(hunk: EditHunk, old: str, new: str) -> bool:
    """Whether both names are in the hunk before and after: lines or names changed their places. In an import the new
    one need not be old: a name was taken away next to it."""
    before, after = ({word for line in side for word in tokens(line)} for side in (hunk.old, hunk.new))
    return old in after and (new in before or any(map(_IMPORT.match, hunk.new)))


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
    """The uses of ``name`` by line. Empty if the scope has another definition of the name, or too many uses. ``at`` is
    the position of the changed definition."""
    occurrences = list(islice(_occurrences(context, tree, site, name), _MOST_USES + 1))
    if len(occurrences) > _MOST_USES:
        return {}
    if site.kind == "member":
        return _member_uses(context, tree, occurrences, name, at)
    found: dict[int, list[_Use]] = {}
    for point, node in occurrences:
        if _is_member(context, node, point) or is_key(node):
            continue
        other = definition_site(tree, node)
        if other is not None and other != site and not _is_constructor(node):
            return {}  # the name is also another's
        if site.kind == "file" or not _names_argument(node):
            found.setdefault(point.line, []).append(_Use(point.column, is_short_key(node)))
    return found


def _occurrences(
    context: RuleContext, tree: SyntaxTree, site: DefinitionSite, name: str
) -> Iterator[tuple[Point, tree_sitter.Node]]:
    """The identifiers ``name`` in the lines of ``site``, none in comments and strings."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    for line in range(site.first, min(site.last + 1, len(context.lines))):
        for match in word.finditer(context.lines[line]) if name in context.lines[line] else ():
            point = Point(line, match.start())
            if (node := identifier_at(tree, point, len(name))) is not None:
                yield point, node


def _member_uses(
    context: RuleContext, tree: SyntaxTree, occurrences: list[tuple[Point, tree_sitter.Node]], name: str, at: Point
) -> dict[int, list[_Use]]:
    """The accesses to objects of the class. Where the language allows it, also those in the class that name no object,
    unless the function has a variable of this name."""
    found: dict[int, list[_Use]] = {}
    objects = ClassObjects.of_class_at(context, at)
    local: list[DefinitionSite] = []  # where the name is a variable's
    bare: list[Point] = []
    for point, node in occurrences:
        if _is_member(context, node, point):
            if objects.has(point.line, point.column, name):
                found.setdefault(point.line, []).append(_Use(point.column))
            continue
        other = definition_site(tree, node)
        if other is not None and other.kind == "local":
            local.append(other)
        elif other is not None and point.line != at.line and objects.is_inside(point):
            local.append(DefinitionSite("member", 0, len(context.lines)))  # overloaded
        elif _is_of_literal(context, objects, point):
            found.setdefault(point.line, []).append(_Use(point.column))
        elif not is_key(node) and _is_bare_use(context, at, point, name) and objects.is_inside(point):
            bare.append(point)
    for point in bare:
        if not any(one.first <= point.line <= one.last for one in local):
            found.setdefault(point.line, []).append(_Use(point.column))
    return found


def _is_of_literal(context: RuleContext, objects: ClassObjects, point: Point) -> bool:
    """Whether the key at ``point`` is one of a literal of the class, or the name of an argument of its constructor."""
    if not objects.name or not _KEY.match(context.lines[point.line], point.column):
        return False
    head = "\n".join((*context.lines[max(0, point.line - _MOST_LITERAL_LINES) : point.line], ""))
    head += context.lines[point.line][: point.column]
    at = opening_bracket(head) if head.rstrip().endswith(("{", "(", ",")) else -1
    name = _NAME_BEFORE.search(head[: max(at, 0)]) if at >= 0 else None
    if name is None or name[1] != objects.name:
        return False
    return head[at] == "{" or not _has_constructor(context, objects.name)


def _has_constructor(context: RuleContext, name: str) -> bool:
    """Whether the class writes its constructor, whose parameters are not the fields (Python)."""
    begins = re.compile(
        rf"^([ \t]*)class[ \t]+{re.escape(name)}\b[^\n]*\n(?:\1[ \t]+[^\n]*\n|[ \t]*\n)*?\1[ \t]+def __init__\b",
        re.MULTILINE,
    )
    return begins.search(context.source) is not None


def _is_constructor(node: tree_sitter.Node) -> bool:
    return node.parent is not None and "constructor" in node.parent.type


def _is_bare_use(context: RuleContext, at: Point, point: Point, name: str) -> bool:
    """Whether the name at ``point``, without an object in front of it, may be the member that is defined at ``at``."""
    is_implicit = context.snapshot.language_id in _IMPLICIT_SELF
    if not is_implicit or point.line == at.line or _is_named_argument(context, point, name):
        return False
    if context.snapshot.language_id not in SEPARATE_METHODS:
        return True
    behind = (_REST_OF_NAME.sub("", context.lines[one.line][one.column :]) for one in (at, point))
    return len({text.startswith("(") for text in behind}) == 1


def _is_named_argument(context: RuleContext, point: Point, name: str) -> bool:
    """Whether a name before a sign, in brackets, is that of a parameter of the called function."""
    line = context.lines[point.line]
    behind = line[point.column + len(name) :]
    return (
        re.search(r"[(,]\s*\Z", line[: point.column]) is not None and re.match(r"\s*[=:](?![=:])", behind) is not None
    )


def _is_member(context: RuleContext, node: tree_sitter.Node, point: Point) -> bool:
    if node.type in OWN_VARIABLES:
        return True
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
