"""The role of an identifier: a member of an object, the name of an argument of a call, a key, an import, or a variable
of a scope.

The same word means several things in a file. A change of ``self.name`` applies to other places of ``self.name`` in the
class, but not to ``other.name``, ``f(name=...)``, or a parameter ``name`` of another function. If the user changed the
word in several roles of one kind (two objects, two functions), the change applies to all roles of this kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from attrs import define, evolve, field, frozen

from autothink_lsp.document.lines import indent_length
from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.proposal import RuleContext
from autothink_lsp.features.next_edit.rules.declared_names import keeps_declarations
from autothink_lsp.features.next_edit.rules.definition_site import (
    DefinitionSite,
    definition_site,
    identifier_at,
    is_key,
    is_short_key,
)
from autothink_lsp.features.next_edit.token_change import TokenChange, token_changes
from autothink_lsp.syntax.scopes import enclosing_scopes
from autothink_lsp.values import Point

RoleKind = Literal["member", "argument", "key", "import", "variable"]
_WORD = re.compile(r"[^\W\d]\w*")
_IMPORT = re.compile(r"\s*(?:import|from|use|using|package|#include|export\s*\{|const\s+\{[^}]*\}\s*=\s*require)\b")
_ACCESS = re.compile(r"(?:\?\.|(?<!\.)\.|(?<=[\w)\]])->|::)\s*$")  # " -> " is in front of a type
SELVES = frozenset(["self", "cls", "this", "$this", "super()", "Self", "*self"])
_NO_MEMBER = re.compile(r"(?<![\w.])[^\W\d]\w*")
_RETURNING_CONSTRUCTOR = re.compile(r"\bdef __init__\(.*\) *-> *(?!None\b)")
_VARIABLE = re.compile(r"(?<![\w.$\"'])[^\W\d]\w+(?![\w\"'])")  # of two characters at least
_DEFINES = r"\b(?:def|fn|func|function|class|struct|for|let|const|var|val|as|import|use|with|lambda|catch|except)\b"
SEPARATE_METHODS = frozenset(["java", "csharp"])  # a method and a variable of one name are two things
_ARGUMENT_TYPES = frozenset(["keyword_argument", "named_argument", "named_expression_argument"])
_MOST_BINDINGS = 120  # occurrences of a word that are searched for definitions
_MOST_LEFT = 400  # characters before a word that are read to determine its role
_MOST_BEFORE_CALL = 40
_BEFORE_CALLS = frozenset(
    ["return", "await", "in", "not", "and", "or", "if", "elif", "while", "yield", "throw", "raise", "else", "assert"]
)
_LAST_NAME = re.compile(r"(?<![\w$])[\w$]++!?\Z")
_LAST_PATH = re.compile(r"(?<![\w$.])([\w$.]++)\s*\Z")


@frozen
class IdentifierRole:
    """The role of one occurrence.

    ``owner`` is the object of a member (for ``self`` with the class), or the called function of an argument. ``scope``
    are the lines of the function that defines a variable; ``None`` for a variable of the file. ``is_called``: the
    identifier is called here, or defined as a function.
    """

    kind: RoleKind
    owner: str = ""
    scope: tuple[int, int] | None = None
    is_called: bool = False


@define(eq=False)
class IdentifierRoles:
    """The roles in which the user changed words; decides whether another occurrence of a word has one of them."""

    context: RuleContext
    _scopes: dict[tuple[str, str], list[tuple[int, int]]] = field(factory=dict, init=False)
    _roles: dict[tuple[str, str], list[IdentifierRole]] = field(factory=dict, init=False)
    _changed: dict[tuple[str, str], list[TokenChange]] | None = field(default=None, init=False)
    _bases: dict[str, str] = field(factory=dict, init=False)
    _defined: dict[str, tuple[list[tuple[int, int]], bool]] = field(factory=dict, init=False)

    @classmethod
    def of(cls, context: RuleContext) -> IdentifierRoles:
        """The roles of ``context``, which all rules of a search share."""
        return context.shared.setdefault("roles", cls(context))

    def fits(self, group: Sequence[TokenChange], point: Point) -> bool:
        """Whether the word at ``point`` has one of the roles in which ``group`` has changed it elsewhere."""
        old, new = _first_word(group[0].old_text), _first_word(group[0].new_text)
        if not old or self.context.kind_at(point) != "code":
            return True
        here = self._role(point, old, (old, new))
        same = [role for role in self._changed_roles(group, old, new) if role.kind == here.kind]
        separates_methods = self.context.snapshot.language_id in SEPARATE_METHODS
        if here.kind == "member" or (here.kind == "variable" and separates_methods):
            same = [role for role in same if role.is_called == here.is_called]
        if here.kind == "variable":
            # A scope says nothing about a change that is no rename: the line may be the same in another function.
            is_rename = bool(new) and (old, new) == (group[0].old_text, group[0].new_text)
            return _is_one_of(here.scope, [role.scope for role in same]) if is_rename else bool(same)
        return _is_one_of(here.owner, [role.owner for role in same])

    def fits_lines(self, old: Sequence[str], new: Sequence[str], first: int) -> bool:
        """Whether an edit of lines replaces names only in roles in which the same change was made. Lines that are
        rewritten as a whole are not compared, because the rule has compared their form; the names in them must be known
        there."""
        if not self.knows_names(old, new, first) or not keeps_declarations(self.context, old, new, first):
            return False
        if any(map(_RETURNING_CONSTRUCTOR.search, new)) and not any(map(_RETURNING_CONSTRUCTOR.search, old)):
            return False
        if len(old) != len(new):
            return True
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            changes = changes_of_line(before, after)
            if not all(_WORD.fullmatch(text) for change in changes for text in (change.old_text, change.new_text)):
                continue
            for change in changes:
                group = self._groups().get((change.old_text, change.new_text))
                if group and not self.fits(group, Point(first + number, _column_in(change))):
                    return False
        return True

    def knows_names(self, old: Sequence[str], new: Sequence[str], first: int) -> bool:
        """Whether the variables that an edit brings to these lines are known there. One that other functions define,
        and neither this one nor the file, is not, unless it is the new name of one that is known there."""
        if self.context.tree is None:
            return True
        before = {match[0] for line in old for match in _NO_MEMBER.finditer(line)}
        text = "\n".join(new)
        for match in _VARIABLE.finditer(text):
            name = match[0]
            if name in before or _defines(text, name):
                continue
            scopes, is_everywhere = self._definitions(name)
            if is_everywhere or any(one <= first <= last for one, last in scopes):
                continue
            if any(one <= line <= last for one, last in scopes for line in self.context.changed_lines):
                return any(self._is_local(word, first) for word in before - SELVES - set(_WORD.findall(text)))
        return True

    def _is_local(self, name: str, line: int) -> bool:
        return any(first <= line <= last for first, last in self._definitions(name)[0])

    def _definitions(self, name: str) -> tuple[list[tuple[int, int]], bool]:
        """The functions that define a name, by their lines, and whether the file or a class does."""
        if name not in self._defined:
            sites = [site for site in self._definition_sites([name]) if site is not None]
            local = [(site.first, site.last) for site in sites if site.kind == "local"]
            self._defined[name] = local, len(local) < len(sites)
        return self._defined[name]

    def _definition_sites(self, words: Sequence[str]) -> Iterator[DefinitionSite | None]:
        """What the first occurrences of some words define."""
        tree, source, number = self.context.tree, self.context.source, 0
        for start, end in _occurrences(source, words) if tree is not None else ():
            if _is_call(source, start, end):
                continue
            number += 1
            if number > _MOST_BINDINGS or tree is None:
                return
            node = identifier_at(tree, self.context.point_of(start), end - start)
            if node is not None:
                yield definition_site(tree, node)

    def _groups(self) -> dict[tuple[str, str], list[TokenChange]]:
        if self._changed is None:
            self._changed = {}
            for change in self.context.changes((*self.context.hunks, *self.context.other_hunks)):
                self._changed.setdefault((change.old_text, change.new_text), []).append(change)
        return self._changed

    def _changed_roles(self, group: Sequence[TokenChange], old: str, new: str) -> list[IdentifierRole]:
        key = group[0].old_text, group[0].new_text
        if key not in self._roles:
            self._roles[key] = [self._changed_role(change, old, new) for change in group]
        return self._roles[key]

    def _changed_role(self, change: TokenChange, old: str, new: str) -> IdentifierRole:
        role = _role_in_line("".join((*change.left, old, *change.right)), len("".join(change.left)), len(old))
        if change.uri != self.context.snapshot.uri:
            return role
        return self._exact(role, Point(*change.at), new, (old, new))

    def _role(self, point: Point, word: str, names: tuple[str, str]) -> IdentifierRole:
        role = _role_in_line(self.context.lines[point.line], point.column, len(word))
        return self._exact(role, point, word, names)

    def _exact(self, role: IdentifierRole, point: Point, word: str, names: tuple[str, str]) -> IdentifierRole:
        """The role completed by the syntax tree: the class, the scope, and roles that look the same in a line. ``word``
        is the identifier at ``point``."""
        if role.kind == "member":
            is_own = role.owner in SELVES
            return evolve(role, owner=f"self of {self.class_at(point)}") if is_own else role
        tree = self.context.tree
        if tree is None or role.kind == "import":
            return role
        node = identifier_at(tree, point, len(word)) if word else None
        if node is not None:
            parent = node.parent
            if is_key(node) or is_short_key(node):
                return IdentifierRole("key")
            if parent is not None and parent.type in _ARGUMENT_TYPES and parent.children[0].id == node.id:
                return IdentifierRole("argument", _callee(self.context.lines[point.line][: point.column]))
            site = definition_site(tree, node)
            if site is not None and site.kind == "member":
                return IdentifierRole("member", f"self of {self.class_at(point)}", is_called=role.is_called)
            role = IdentifierRole("variable", is_called=role.is_called)
        return evolve(role, scope=self.scope_of(point, names)) if role.kind == "variable" else role

    def class_at(self, point: Point) -> str:
        """The name of the class around ``point``, or of the topmost class of this file from which it inherits; empty
        outside of classes."""
        if self.context.tree is None:
            return ""
        line = self.context.lines[point.line]
        probe = Point(point.line, max(point.column, indent_length(line)))
        scopes = [scope for scope in enclosing_scopes(self.context.tree, probe) if scope.kind == "class"]
        name = scopes[0].name or "" if scopes else ""
        if name not in self._bases:
            self._bases[name] = self._base(name)
        return self._bases[name]

    def _base(self, name: str) -> str:
        """The topmost class of this file from which the class ``name`` inherits; ``name`` if there is none."""
        seen = set[str]()
        while name and name not in seen:
            seen.add(name)
            base = self.base_of(name)
            if not base:
                break
            name = base
        return name

    def base_of(self, name: str) -> str:
        """The class of this file from which the class ``name`` inherits; empty if there is none."""
        header = re.search(rf"\bclass\s+{re.escape(name)}\b\s*(?:\(|extends|:)\s*([\w$]+)", self.context.source)
        if header is None or not re.search(rf"\bclass\s+{re.escape(header[1])}\b", self.context.source):
            return ""
        return header[1]

    def scope_of(self, point: Point, names: tuple[str, str]) -> tuple[int, int] | None:
        """The lines of the innermost function around ``point`` that defines one of ``names``; ``None`` if none does."""
        if names not in self._scopes:
            self._scopes[names] = self._defining_scopes(names)
        around = [(first, last) for first, last in self._scopes[names] if first <= point.line <= last]
        return min(around, key=lambda lines: lines[1] - lines[0], default=None)

    def _defining_scopes(self, names: tuple[str, str]) -> list[tuple[int, int]]:
        sites = self._definition_sites([name for name in names if name])
        return sorted({(site.first, site.last) for site in sites if site is not None and site.kind == "local"})


def _defines(text: str, name: str) -> bool:
    """Whether lines define a name themselves, as far as their words show it."""
    word = rf"(?<![\w.]){re.escape(name)}(?!\w)"
    arrow = rf"{word}[^=\n(]{{0,120}}\)\s*(?::[^=\n]{{0,120}})?=>"
    defining = rf"{_DEFINES}[^=\n]{{0,300}}?{word}|{word}\s*(?::=|(?::[^=\n]{{0,120}})?=(?![=>])|=>|->)|{arrow}"
    return re.search(defining, text) is not None


def changes_of_line(before: str, after: str) -> tuple[TokenChange, ...]:
    """The token changes between two versions of one line."""
    return token_changes((EditHunk("", 0, (before,), (after,), 0),))


def _column_in(change: TokenChange) -> int:
    """The column of the change in the line's old text."""
    return sum(map(len, change.left))


def _is_one_of(here: object, changed: Sequence[object]) -> bool:
    """Whether ``here`` is in ``changed``, or ``changed`` has several different values already."""
    return here in changed or len(set(changed)) > 1


def _first_word(text: str) -> str:
    found = _WORD.match(text)
    return found[0] if found is not None else ""


def _role_in_line(line: str, column: int, length: int) -> IdentifierRole:
    """The role as far as the line alone shows it."""
    left, right = line[:column], line[column + length :].lstrip()
    is_called = right.startswith("(")
    if _ACCESS.search(left):
        return IdentifierRole("member", receiver_of(left), is_called=is_called)
    if _IMPORT.match(line):
        return IdentifierRole("import")
    if re.search(r"[(,]\s*$", left) and re.match(r"=(?![=>])", right) and not re.search(r"\bdef\b|\bfn\b", left):
        return IdentifierRole("argument", _callee(left))
    return IdentifierRole("variable", is_called=is_called)


def receiver_of(left: str) -> str:
    """The expression before a member access at the end of ``left``, without blanks, including brackets and their
    contents; the end of a long one."""
    left = left[-_MOST_LEFT:]
    rest, end = left, len(left)
    while (access := _ACCESS.search(rest)) is not None:
        end = access.start() if end == len(left) else end
        rest = rest[: access.start()].rstrip()
        while rest.endswith((")", "]")) and (opening := opening_bracket(rest[:-1])) >= 0:
            rest = rest[:opening]
        rest = _LAST_NAME.sub("", rest)
    return "".join(left[len(rest) : end].split())


def _occurrences(source: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The places (start, end) of each word that does not follow a dot. ``str.find`` is much faster than a pattern with
    alternatives."""
    for word in words:
        start = source.find(word)
        while start >= 0:
            end = start + len(word)
            before, behind = source[start - 1 : start] or " ", source[end : end + 1] or " "
            if not _in_word(before) and before != "." and not _in_word(behind):
                yield start, end
            start = source.find(word, end)


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _is_call(source: str, start: int, end: int) -> bool:
    """Whether the name is called, not defined: a bracket follows it, and neither a type nor a keyword of a definition
    precedes it."""
    if not source.startswith("(", end):
        return False
    before = source[max(0, start - _MOST_BEFORE_CALL) : start].rstrip(" \t")
    word = re.search(r"(?<!\w)\w++\Z", before)
    return word is None or word[0] in _BEFORE_CALLS


def opening_bracket(text: str) -> int:
    """The column of the innermost bracket that is open at the end of ``text``; -1 if there is none."""
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        if text[at] in ")]}":
            depth += 1
        elif text[at] in "([{":
            if not depth:
                return at
            depth -= 1
    return -1


def _callee(left: str) -> str:
    """The name before the innermost bracket that is open at the end of ``left``."""
    left = left[-_MOST_LEFT:]
    found = _LAST_PATH.search(left[: max(0, opening_bracket(left))])
    return found[1] if found is not None else ""
