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
    if is_member:  # which class a member belongs to is not known
        yield from (one.at for one in news)
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
            # In a call at the level of the file, the keyword of an argument is a name of the called function.
            is_keyword = function is None and re.search(r"[(,]\s*\Z", line[: match.start()])
            if is_keyword and re.match(r"\s*=(?!=)", line[match.end() :]):
                continue
            yield _Use(at, function)


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
