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
_MOST_CLASS_LINES = 600
# Members of several words that objects of standard libraries have.
_OF_LIBRARIES = frozenset(
    [
        *("read_text", "write_text", "read_bytes", "write_bytes", "is_file", "is_dir", "add_argument", "parse_args"),
        *("with_suffix", "with_name", "relative_to", "removeprefix", "removesuffix", "splitlines", "startswith"),
        *("set_defaults", "to_thread", "create_task", "run_until_complete", "assert_called_once", "side_effect"),
        *("return_value", "call_count", "mock_calls", "total_seconds", "from_dict", "to_dict", "as_dict", "as_posix"),
        *("getElementById", "querySelector", "querySelectorAll", "addEventListener", "removeEventListener"),
        *("appendChild", "removeChild", "setAttribute", "getAttribute", "innerHTML", "textContent", "className"),
        *("classList", "parentNode", "preventDefault", "stopPropagation", "getContext", "toString", "forEach"),
        *("indexOf", "lastIndexOf", "toLowerCase", "toUpperCase", "charAt", "charCodeAt", "hasOwnProperty"),
        *("startsWith", "endsWith", "localeCompare", "toFixed", "toISOString", "getTime", "toLocaleString"),
        *("hashCode", "getClass", "isEmpty", "containsKey", "containsValue", "entrySet", "keySet", "getOrDefault"),
        *("putIfAbsent", "computeIfAbsent", "getName", "getMessage", "getValue", "getKey", "toArray", "addAll"),
        *("printStackTrace", "compareTo", "equalsIgnoreCase", "parseInt", "valueOf", "nextInt", "nextLine"),
        *("ToString", "GetType", "GetHashCode", "CompareTo", "ToList", "ToArray", "FirstOrDefault", "AddRange"),
        *("ContainsKey", "TryGetValue", "StartsWith", "EndsWith", "ToLower", "ToUpper", "WriteLine", "ReadLine"),
        *("to_string", "to_owned", "as_str", "as_ref", "as_mut", "as_bytes", "is_empty", "is_some", "is_none"),
        *("is_ok", "is_err", "unwrap_or", "unwrap_or_else", "unwrap_or_default", "map_err", "and_then", "ok_or"),
        *("into_iter", "iter_mut", "push_str", "to_vec", "starts_with", "ends_with", "contains_key", "get_mut"),
        *("or_insert", "or_insert_with", "read_line", "read_to_string", "write_all", "push_back", "pop_back"),
        *("c_str", "emplace_back", "find_first_of", "each_with_index", "each_with_object", "to_sym", "to_json"),
        *("start_with", "end_with", "read_lines", "instance_variable_get", "method_missing", "respond_to"),
    ]
)
_IMPORT = re.compile(
    r"[ \t]*+(?:import|from|use|using|require|require_relative|\"[\w./-]+\"[ \t]*\Z"
    r"|(?:const|let|var|local)\b[^=]*+=[ \t]*+(?:await[ \t]+)?(?:require|import)\b)"
)
_IMPORT_WORDS = (
    "import",
    "from",
    "as",
    "use",
    "using",
    "const",
    "let",
    "var",
    "require",
    "type",
    "self",
    "this",
    "await",
)
_MOST_IMPORT_CHARACTERS = 400
# ``from a.b import``, ``'./a'``; in Go the last part of a path is the name.
_MODULE_PATH = re.compile(r"\A[ \t]*+from[ \t]+[\w.]++(?=[ \t]+import\b)|\"[^\"\n]*+\"|'[^'\n]*+'")
_GO_PATH = re.compile(r"(?<=\")[^\"\n]*/")
_WORD = re.compile(r"[^\W\d]\w*")
_SEVERAL_WORDS = re.compile(r"[^\W_]_[^\W_]|[a-z\d][A-Z]")


@define(eq=False)
class ClassObjects:
    """The objects of the class ``name``."""

    context: RuleContext
    roles: IdentifierRoles
    name: str
    _known: dict[str, bool] = field(factory=dict, init=False)
    _shared: dict[str, bool] = field(factory=dict, init=False)
    _others: dict[str, bool] = field(factory=dict, init=False)
    _words: frozenset[str] | None = field(default=None, init=False)
    _import_words: frozenset[str] | None = field(default=None, init=False)

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
            self._known[receiver] = self._is_declared(receiver) or (
                not self._is_made_by_import(receiver) and self._is_object(receiver)
            )
        if self._known[receiver]:
            return True
        if not _SEVERAL_WORDS.search(member.strip("_")) or member in _OF_LIBRARIES or self._is_of_another(member):
            return False
        if receiver not in self._others:
            self._others[receiver] = self._is_other_object(receiver, member)
        return not self._others[receiver]

    def _is_other_object(self, receiver: str, member: str) -> bool:
        """Whether the file shows that the object is of another class: by the type of the variable, by the call that it
        is assigned from, or by members that this class does not have."""
        if (root := re.match(r"\$?([^\W\d]\w*)", receiver)) is None:
            return False
        if root[1] in self._imported() or self._is_made_by_import(receiver):
            return True
        if not re.fullmatch(r"[^\W\d]\w*", receiver):
            return False
        name = re.escape(receiver)
        declared = rf"(?<![\w.]){name}\s*:\s*[&*]*(?:mut\s+)?([A-Z]\w*)"
        declared += rf"|(?<![\w.])([A-Z]\w*)(?:<[^<>\n]{{0,80}}>)?[ \t*&]+{name}(?=[ \t]*[=;,)])"
        made = rf"(?<![\w.]){name}\s*(?::=|=)\s*(?:new\s+|await\s+|&)?([A-Z]\w*)\s*[({{]"
        found = islice(re.finditer(rf"{declared}|{made}", self.context.source), _MOST_PLACES)
        classes = {next(filter(None, match.groups()), "") for match in found}
        if classes and not classes <= self._names():
            return True
        own = self._members()
        used = re.finditer(rf"(?<![\w.]){name}(?:\?\.|\.|->)([^\W\d]\w*)", self.context.source)
        return bool(own) and any(match[1] not in own and match[1] != member for match in islice(used, _MOST_PLACES))

    def _is_made_by_import(self, receiver: str) -> bool:
        """Whether the variable or attribute is assigned from a call of a name, or of a part of it, that is imported. A
        call that gets the class itself does not count: ``cast(A, x)``."""
        if not re.fullmatch(r"[$@]?\w+(?:(?:\?\.|\.|->)\w+)*", receiver):
            return False
        last = re.split(r"\W+", receiver)[-1]
        names = {receiver, f"this.{receiver}", f"self.{receiver}", last} if receiver == last else {receiver}
        name = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        own = re.escape(self.name or "\n")
        assigned = rf"(?<![\w.$])(?:{name})[ \t]*(?::[^=\n]{{1,80}})?(?::=|=)[ \t]*"
        made = rf"{assigned}(?:new[ \t]+|await[ \t]+|&)?([^\W\d]\w*)[.:\w]{{0,80}}\((?![^()\n]{{0,80}}(?<!\w){own}\b)"
        used = rf"\bwith[ \t]+([^\W\d]\w*)[^\n]{{0,200}}[ \t]as[ \t]+(?:{name})(?!\w)"
        found = islice(re.finditer(rf"{made}|{used}", self.context.source), _MOST_PLACES)
        makers = {next(filter(None, match.groups()), "") for match in found}
        return bool(makers) and makers <= self._imported()

    def _imported(self) -> frozenset[str]:
        """The words that imports have, without the class itself and the paths of modules."""
        if self._import_words is None:
            paths = _GO_PATH if self.context.snapshot.language_id == "go" else _MODULE_PATH
            lines = (
                paths.sub("", line[:_MOST_IMPORT_CHARACTERS]) for line in self.context.lines if _IMPORT.match(line)
            )
            words = {word for line in islice(lines, _MOST_PLACES) for word in _WORD.findall(line)}
            self._import_words = frozenset(words - {self.name, *_IMPORT_WORDS})
        return self._import_words

    def _names(self) -> frozenset[str]:
        """The class and those of this file that inherit from it, as far as their heads show it."""
        heirs = re.findall(rf"\bclass\s+(\w+)\b[^\n{{:]{{0,80}}\b{re.escape(self.name)}\b", self.context.source)
        return frozenset((self.name, *heirs))

    def _members(self) -> frozenset[str]:
        """The words of the class; none if it inherits from another one, whose members are not known."""
        if self._words is None:
            self._words = frozenset()
            head = re.search(
                rf"\b(?:class|struct|interface)\s+{re.escape(self.name)}\b(.{{0,200}})", self.context.source
            )
            is_alone = head is not None and not re.match(r"\s*(?:\(\s*\w|extends|:\s*\w|<\s*\w)", head[1])
            if head is not None and is_alone and self.name:
                first = self.context.point_of(head.start()).line
                last = first
                while (
                    last + 1 < len(self.context.lines)
                    and last - first < _MOST_CLASS_LINES
                    and (
                        last == first
                        or self.is_inside(self.context.first_character(last))
                        or not self.context.lines[last].strip()
                    )
                ):
                    last += 1
                self._words = frozenset(re.findall(r"\w+", "\n".join(self.context.lines[first : last + 1])))
        return self._words

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

    def _is_declared(self, receiver: str) -> bool:
        """Whether a variable or a parameter of this name is declared with the class as its type."""
        if not self.name or not re.fullmatch(r"[^\W\d]\w*", receiver):
            return False
        name, owner = re.escape(receiver), re.escape(self.name)
        declared = rf"(?<![\w.]){name}(?:\s*:\s*|[ \t]+)[&*]*(?:mut\s+)?{owner}\b"
        blanks = r"(?:[ \t]++(?:[&*]++[ \t]++)?|[&*]++[ \t]++)"
        declared_before = rf"(?<!\w){owner}(?:<[^<>\n]*>)?{blanks}[&*]*+{name}(?!\w)"
        return any(re.search(pattern, self.context.source) for pattern in (declared, declared_before))

    def _is_object(self, receiver: str) -> bool:
        """Whether the receiver is named as the class, or is assigned from its constructor or one of its functions."""
        if not self.name or not re.fullmatch(r"[^\W\d]\w*", receiver):
            return receiver.startswith((f"{self.name}(", f"new{self.name}(")) if self.name else False
        if receiver.replace("_", "").lower() == self.name.lower():
            return True
        name, owner = re.escape(receiver), re.escape(self.name)
        made = (
            rf"(?<![\w.]){name}\s*(?::[^=\n]{{0,80}})?(?::=|=)\s*[&*]?(?:new\s+|await\s+)?{owner}\s*(?:::\w+\s*)?[({{]"
        )
        return re.search(made, self.context.source) is not None
