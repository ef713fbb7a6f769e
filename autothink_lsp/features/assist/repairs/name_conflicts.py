"""Whether a new name is valid, and free where the old one is used: else the rename would change what the code means.

Looks at one file. A name that another file defines or uses is a matter of the language server that renames there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from autothink_lsp.features.assist.repairs.bound_names import bound_names
from autothink_lsp.features.assist.repairs.keywords import KEYWORDS
from autothink_lsp.syntax.scopes import Scope, enclosing_scopes, scope_kind
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

_IDENTIFIER = re.compile(r"[^\W\d]\w*\Z")
_LITERALS = frozenset({"true", "false", "null", "nil", "None", "True", "False", "undefined", "this", "self", "super"})
_KEYWORD_ARGUMENTS = frozenset({"keyword_argument", "named_argument"})
_OF_SELF = re.compile(r"(?<![\w.>])(?:self|this|cls)(?:\.|\?\.|->)$")
_CLASS_HEADER = re.compile(
    r"\s*(?:(?:@?\w+)[ \t]+){0,6}?(?:class|struct|interface|trait|enum|module|object)[ \t]+(\w+)"
)
_HAS_BASE = re.compile(r"[<(][ \t]*\w|\b(?:extends|implements|with|include)\b|:[ \t]*\w")
_MOST_USES = 2_000  # of one name in a file; beyond that the language server alone decides


@frozen
class _Use:
    """A use of a name in code. ``function`` is the outermost function around it."""

    at: Point
    function: Scope | None


def name_conflict(tree: SyntaxTree, at: Point, old: str, new: str) -> str:
    """The reason why ``old`` at ``at`` cannot be named ``new``, as the beginning of a sentence; empty if it can."""
    if not _IDENTIFIER.match(new):
        return f"`{new}` is not a valid name"
    if new == old:
        return f"`{old}` has this name already"
    if new in KEYWORDS.get(tree.language.name, ()) or new in _LITERALS:
        return f"`{new}` is a keyword"
    is_member = _is_member(tree, at)
    taken = next(_taken(tree, at, old, new, is_member=is_member), None)
    return f"`{new}` is already used in line {taken.line + 1}" if taken is not None else ""


def _taken(tree: SyntaxTree, at: Point, old: str, new: str, *, is_member: bool) -> Iterator[Point]:
    """The uses of ``new`` that would mean the same as ``old`` after the rename, or the other way round."""
    news = _uses(tree, new, is_member=is_member)
    if is_member:
        alone = _class_alone(tree, at)
        yield from (one.at for one in news if alone is None or _own_class(tree, one.at) == alone)
        return
    own = _outermost_function(tree, at)
    if own is not None and old in bound_names(tree.text.between(own.start, own.end)):
        yield from (one.at for one in news if one.function is not None and one.function.start == own.start)
        return
    # A name of the file: free are functions that bind the new name for themselves and do not use the old one.
    users = {one.function.start for one in _uses(tree, old, is_member=False) if one.function is not None}
    binds: dict[Point, bool] = {}  # whether the function that starts there binds the new name
    for one in news:
        function = one.function
        if function is None or function.start in users:
            yield one.at
            continue
        if function.start not in binds:
            binds[function.start] = new in bound_names(tree.text.between(function.start, function.end))
        if not binds[function.start]:
            yield one.at


def _uses(tree: SyntaxTree, name: str, *, is_member: bool) -> Iterator[_Use]:
    """The uses of a name in code: of members (after a dot, or defined in a class), or of all others."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    left = _MOST_USES
    for number in range(tree.text.line_count):
        line = tree.text.line(number)
        if name not in line:
            continue
        for match in word.finditer(line):
            left -= 1
            if left < 0:
                return
            at = Point(number, match.start())
            if scope_kind(tree, Point(number, match.start() + 1)) != "code" or _is_member(tree, at) != is_member:
                continue
            function = _outermost_function(tree, at)
            if not is_member and _is_keyword(tree, at):
                continue
            yield _Use(at, function)


def _is_keyword(tree: SyntaxTree, at: Point) -> bool:
    """Whether the name at ``at`` is the keyword of an argument: a name of the called function."""
    node = tree.node_at(at)
    argument = node.parent if node is not None else None
    return argument is not None and argument.type in _KEYWORD_ARGUMENTS and argument.named_child(0) == node


def _own_class(tree: SyntaxTree, at: Point) -> str | None:
    """The name of the class that the member at ``at`` belongs to, as it is defined in its body, or follows ``self``;
    ``None`` if that is not known."""
    line = tree.text.line(at.line)
    before = line[: at.column].rstrip()
    if before.endswith((".", "->")) and not _OF_SELF.search(before):
        return None
    scopes = enclosing_scopes(tree, at)
    if scopes and scopes[0].kind == "class" and scopes[0].start.line == at.line and _names(tree, scopes[0], at):
        scopes = scopes[1:]
    return next((one.name for one in scopes if one.kind == "class"), None)


def _class_alone(tree: SyntaxTree, at: Point) -> str | None:
    """The class of the member at ``at``, if no other class can have or get its members: it has no base, and no class
    of the file names it in its header."""
    name = _own_class(tree, at)
    if name is None:
        return None
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    for number in range(tree.text.line_count):
        line = tree.text.line(number)
        header = _CLASS_HEADER.match(line)
        if header is None or not word.search(line):
            continue
        rest = line[header.end() :].rstrip()
        if not rest and number + 1 < tree.text.line_count and not line.rstrip().endswith(("{", ":")):
            rest = tree.text.line(number + 1).strip()  # ``extends`` may begin the next line
            is_complete = not rest.startswith((":", "(", "<"))
        else:
            is_complete = not rest or rest.endswith((":", "{"))
        if header[1] != name or _HAS_BASE.search(rest) or not is_complete:
            return None
    return name


def _is_member(tree: SyntaxTree, at: Point) -> bool:
    """Whether the name at ``at`` follows a dot or an arrow, or is defined in the body of a class."""
    before = tree.text.line(at.line)[: at.column].rstrip()
    if (before.endswith(".") and not before.endswith("..")) or before.endswith(("->", "?.")):
        return True
    scopes = enclosing_scopes(tree, at)
    # The name of a definition is inside the definition's own scope.
    if scopes and scopes[0].start.line == at.line and _names(tree, scopes[0], at):
        scopes = scopes[1:]
    return bool(scopes) and scopes[0].kind == "class"


def _names(tree: SyntaxTree, scope: Scope, at: Point) -> bool:
    """Whether the name at ``at`` is that of the scope's definition."""
    name = scope.name
    return name is not None and tree.text.line(at.line)[at.column :].startswith(name)


def _outermost_function(tree: SyntaxTree, at: Point) -> Scope | None:
    """The outermost function around the name, without the one that it names."""
    functions = [one for one in enclosing_scopes(tree, at) if one.kind == "function"]
    if functions and functions[-1].start.line == at.line and _names(tree, functions[-1], at):
        functions.pop()
    return functions[-1] if functions else None
