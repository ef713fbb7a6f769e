"""Mutates source code: each mutation is one small mistake of a kind that people and models make.

The operators work on the syntax tree of any language. Grammars use similar names for similar nodes
(``return_statement``, ``binary_expression``), so nodes are classified by the words in their names. A language's
``mutations.scm`` captures what its grammar names in another way (``@operator``, ``@guard``, ``@return``, ``@await``,
``@negation``, ``@arguments``, ``@identifier``, ``@number``, ``@import``) and what must not be mutated (``@ignore``).
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from autothink_lsp.syntax.captures import captured, text_of
from autothink_lsp.syntax.trees import SyntaxTree

if TYPE_CHECKING:
    import tree_sitter

MOST_NODES = 200_000  # syntax nodes that are visited in one file
_LONGEST_FUNCTION_LINES = 200


class MutationOperator(StrEnum):
    """The kinds of mutations. The value is the operator's name in the journal and in reports."""

    COMPARISON = "comparison"
    ARITHMETIC = "arithmetic"
    BOOLEAN = "boolean"
    OFF_BY_ONE = "off-by-one"
    LOST_NOT = "lost-not"
    LOST_GUARD = "lost-guard"
    LOST_RETURN = "lost-return"
    LOST_AWAIT = "lost-await"
    WRONG_NAME = "wrong-name"
    SWAPPED_ARGUMENTS = "swapped-arguments"
    TYPO = "typo"
    LOST_IMPORT = "lost-import"
    LOST_BRACKET = "lost-bracket"
    LOST_COLON = "lost-colon"
    PAIR = "pair"  # one mistake in a function and one in a function that it calls


SYNTAX_OPERATORS = frozenset({MutationOperator.LOST_BRACKET, MutationOperator.LOST_COLON})

_COMPARISONS: Mapping[str, str] = MappingProxyType(
    {
        "<": "<=",
        "<=": "<",
        ">": ">=",
        ">=": ">",
        "==": "!=",
        "!=": "==",
        "===": "!==",
        "!==": "===",
        "is": "is not",
        "is not": "is",
        "in": "not in",
        "not in": "in",
        "~=": "==",
        "<>": "=",
        "-eq": "-ne",
        "-ne": "-eq",
        "-lt": "-le",
        "-le": "-lt",
        "-gt": "-ge",
        "-ge": "-gt",
    }
)
_ARITHMETIC: Mapping[str, str] = MappingProxyType(
    {
        "+": "-",
        "-": "+",
        "*": "+",
        "/": "*",
        "//": "/",
        "%": "*",
        "<<": ">>",
        ">>": "<<",
        "+=": "-=",
        "-=": "+=",
        "*=": "+=",
        "&": "|",
        "|": "&",
    }
)
_BOOLEAN: Mapping[str, str] = MappingProxyType({"and": "or", "or": "and", "&&": "||", "||": "&&"})
_SPELLINGS: Mapping[str, tuple[str, ...]] = MappingProxyType({"!=": ("~=", "<>")})
_TOKENS = (
    (MutationOperator.COMPARISON, _COMPARISONS),
    (MutationOperator.ARITHMETIC, _ARITHMETIC),
    (MutationOperator.BOOLEAN, _BOOLEAN),
)
# Words of the names of nodes whose operator tokens are operators, not brackets of types or prefixes.
_OPERATIONS = frozenset({"binary", "comparison", "boolean", "logical", "equality", "relational", "additive", "test"})
_MORE_OPERATIONS = frozenset(
    {"multiplicative", "conjunction", "disjunction", "infix", "augmented", "compound", "assignment", "operator"}
)
_SKIPPED = frozenset(
    {"comment", "string", "char", "character", "regex", "type", "types", "import", "annotation", "attribute_item"}
)
_NUMBERS = frozenset({"integer", "number", "int", "decimal"})
_LITERALS = frozenset({"literal"})
_IDENTIFIERS = frozenset({"identifier", "simple_identifier", "variable_name", "local_variable"})
_EXITS = frozenset({"return", "raise", "throw", "continue", "break", "jump", "control"})
_BINDINGS = frozenset({"parameter", "parameters", "declarator", "binding", "lambda_parameters", "formal"})


@frozen
class Span:
    """A replacement: the bytes ``old`` from ``start`` to ``end`` of the original text become ``new``."""

    start: int
    end: int
    old: bytes = field(repr=False)
    new: bytes = field(repr=False)


@frozen(kw_only=True)
class Mutation:
    """One mutation of a text. Similar mistakes in similar surroundings have the same ``key``."""

    operator: MutationOperator
    spans: tuple[Span, ...]  # in the order of the text, not overlapping
    function: str  # the name of the enclosing function; empty outside of functions
    start_line: int  # of the function, zero-based
    end_line: int  # the function's last line, zero-based
    line: int  # of the mistake in the mutated text
    key: str

    def apply(self, source: bytes) -> bytes:
        """The mutated text. Raises ``ValueError`` if ``source`` is not the original text."""
        return _replaced(source, [(span.start, span.old, span.new) for span in self.spans])

    def undo(self, mutated: bytes) -> bytes:
        """The original text. Raises ``ValueError`` if ``mutated`` is not the mutated text."""
        moved, edits = 0, []
        for span in self.spans:
            edits.append((span.start + moved, span.new, span.old))
            moved += len(span.new) - len(span.old)
        return _replaced(mutated, edits)


def mutations(tree: SyntaxTree) -> Iterator[Mutation]:
    """All mutations of the functions in a text, and the removal of each of its imports, in the order of the text.

    A mutation by one of ``SYNTAX_OPERATORS`` breaks the syntax. The others may break it where a grammar is unusual, so
    callers parse the mutated text.
    """
    source = tree.text.bytes_between(0, tree.text.byte_length)
    marks = _marks(tree)
    yield from _lost_imports(tree, source)
    visited = 0
    for function in _functions(tree):
        collector = _Collector(tree, source, function, marks)
        visited += collector.visit(MOST_NODES - visited)
        yield from collector.found
        if visited >= MOST_NODES:
            return


def pairs(found: Iterable[Mutation], source: bytes) -> Iterator[Mutation]:
    """Combinations of two mutations of ``found``: one in a function, one in a function that it calls."""
    by_function: dict[str, list[Mutation]] = {}
    for one in found:
        if one.function and one.operator not in SYNTAX_OPERATORS and one.operator is not MutationOperator.LOST_IMPORT:
            by_function.setdefault(one.function, []).append(one)
    bodies = {name: _lines_of(source, some[0]) for name, some in by_function.items()}
    for caller, first in by_function.items():
        for callee, second in by_function.items():
            if caller == callee or callee.encode() + b"(" not in bodies[caller]:
                continue
            for one, other in zip(first[:3], second[-3:], strict=False):
                early, late = sorted((one, other), key=lambda mutation: mutation.spans[0].start)
                if early.end_line >= late.start_line:
                    continue
                yield Mutation(
                    operator=MutationOperator.PAIR,
                    spans=(*early.spans, *late.spans),
                    function=one.function,
                    start_line=early.start_line,
                    end_line=late.end_line,
                    line=one.line,
                    key=_digest("pair", one.key, other.key),
                )


def _replaced(source: bytes, edits: Iterable[tuple[int, bytes, bytes]]) -> bytes:
    pieces, at = [], 0
    for start, old, new in edits:
        if source[start : start + len(old)] != old or start < at:
            raise ValueError("the text is not the one that the mutation was made for")
        pieces += [source[at:start], new]
        at = start + len(old)
    return b"".join([*pieces, source[at:]])


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _lines_of(source: bytes, mutation: Mutation) -> bytes:
    lines = source.split(b"\n")
    return b"\n".join(lines[mutation.start_line : mutation.end_line + 1])


def _marks(tree: SyntaxTree) -> dict[int, str]:
    """The captures of the language's ``mutations.scm`` by node."""
    return {one.node.id: one.kind for one in captured(tree.grammar, "mutations", tree.root)}


@frozen
class _Function:
    name: str
    node: tree_sitter.Node
    start_line: int
    end_line: int


def _functions(tree: SyntaxTree) -> Iterator[_Function]:
    """The named outermost functions, except very long ones."""
    behind = 0
    found = [one for one in captured(tree.grammar, "scopes", tree.root) if one.kind == "scope.function"]
    for one in sorted(found, key=lambda capture: (capture.node.start_byte, -capture.node.end_byte)):
        name = text_of(tree.text, one.names)
        if one.node.start_byte < behind or not name:
            continue
        behind = one.node.end_byte
        first, last = (tree.text.point_at_byte(byte).line for byte in (one.node.start_byte, one.node.end_byte - 1))
        if last - first < _LONGEST_FUNCTION_LINES:
            yield _Function(name, one.node, first, last)


def _lost_imports(tree: SyntaxTree, source: bytes) -> Iterator[Mutation]:
    seen, seen_lines = set[int](), set[int]()
    imports = [*captured(tree.grammar, "imports", tree.root), *captured(tree.grammar, "mutations", tree.root)]
    for one in sorted(imports, key=lambda capture: capture.node.start_byte):
        node = one.node
        if one.kind != "import" or node.id in seen:
            continue
        seen.add(node.id)
        start, end = _whole_lines(source, node.start_byte, node.end_byte)
        if start is None or end is None or start in seen_lines or source[start:end].count(b"\n") > 1:
            continue
        seen_lines.add(start)
        line = tree.text.point_at_byte(node.start_byte).line
        yield Mutation(
            operator=MutationOperator.LOST_IMPORT,
            spans=(Span(start, end, source[start:end], b""),),
            function="",
            start_line=line,
            end_line=line,
            line=line,
            key=_digest("lost-import", source[start:end].decode("utf-8", "replace")),
        )


def _whole_lines(source: bytes, start: int, end: int) -> tuple[int | None, int | None]:
    """The start and end byte of the whole lines of a range; ``None`` for an end with other code on the same line."""
    if source[end - 1 : end] == b"\n":
        end -= 1
    first = source.rfind(b"\n", 0, start) + 1
    last = source.find(b"\n", end)
    last = len(source) if last < 0 else last + 1
    if source[first:start].strip() or source[end:last].strip(b" \t\r\n;"):
        return None, None
    return first, last


@define
class _Collector:
    """Collects the mutations of one function."""

    tree: SyntaxTree
    source: bytes
    function: _Function
    marks: Mapping[int, str]
    found: list[Mutation] = field(factory=list)
    _uses: list[tuple[tree_sitter.Node, bytes]] = field(factory=list)  # identifiers that are read, in text order
    _local: dict[bytes, int] = field(factory=dict)  # a local name -> the byte of its first binding

    def visit(self, most_nodes: int) -> int:
        """Visit the function's nodes. Returns their number."""
        visited = 0
        pending = [self.function.node]
        while pending and visited < most_nodes:
            node = pending.pop()
            visited += 1
            if self._is_skipped(node):
                continue
            self._at(node)
            pending.extend(reversed(node.children))
        self._wrong_names()
        self.found.sort(key=lambda one: (one.spans[0].start, one.operator))
        return visited

    def _is_skipped(self, node: tree_sitter.Node) -> bool:
        if self.marks.get(node.id) == "ignore" or node.is_error or node.is_missing:
            return True
        if not node.is_named or node.id == self.function.node.id:
            return False
        words = node.type.split("_")
        return node.type in _SKIPPED or bool(_SKIPPED & set(words)) or ("attribute" in words[:1] and "item" in words)

    def _at(self, node: tree_sitter.Node) -> None:
        mark = self.marks.get(node.id, "")
        words = set(node.type.split("_"))
        if not node.is_named or mark == "operator":
            self._token(node)
            return
        if mark == "number" or words & _NUMBERS or words & _LITERALS:
            self._off_by_one(node)
        if mark == "negation" or words & {"not", "unary", "prefix"}:
            self._lost_not(node)
        if mark == "guard" or ("if" in words and words & {"statement", "expression", "modifier"}) or node.type == "if":
            self._lost_guard(node, marked=mark == "guard")
        if mark == "return" or "return" in words or node.type == "jump_expression":
            self._lost_return(node)
        if mark == "await" or "await" in words:
            self._lost_await(node)
        if mark == "arguments" or (words & {"arguments", "argument"} and (words & {"list"} or "arguments" in words)):
            self._swapped_arguments(node)
        if mark == "identifier" or node.type in _IDENTIFIERS:
            self._identifier(node)

    def _token(self, node: tree_sitter.Node) -> None:
        """Mutate an operator, a closing bracket or the colon at the end of a line."""
        parent, word = node.parent, self._text(node).decode("utf-8", "replace")
        if parent is None:
            return
        words = set(parent.type.split("_"))
        if words & (_OPERATIONS | _MORE_OPERATIONS) or self.marks.get(node.id) == "operator":
            for operator, table in _TOKENS:
                other = self._known_token(node, table.get(word, ""))
                if other and node.prev_sibling is not None:
                    self._add(operator, node, other.encode())
        if word == ")" and words & {"arguments", "argument", "call", "parenthesized"}:
            self._add(MutationOperator.LOST_BRACKET, node, b"")
        if word == ":" and self.source[node.end_byte : node.end_byte + 1] in {b"\n", b"\r"}:
            self._add(MutationOperator.LOST_COLON, node, b"")

    def _known_token(self, node: tree_sitter.Node, token: str) -> str:
        """The token that the language uses for ``token``, such as Lua's ``~=`` for ``!=``; empty if it has none."""
        if self.marks.get(node.id) == "operator" or " " in token:
            return token
        language = self.tree.tree.language
        spellings = (token, *_SPELLINGS.get(token, ())) if token else ()
        return next((one for one in spellings if language.id_for_node_kind(one, False) is not None), "")

    def _off_by_one(self, node: tree_sitter.Node) -> None:
        text = self._text(node)
        if text.isdigit() and len(text) <= 4 and (len(text) == 1 or not text.startswith(b"0")):
            self._add(MutationOperator.OFF_BY_ONE, node, str(int(text) + 1).encode())

    def _lost_not(self, node: tree_sitter.Node) -> None:
        first, operand = node.children[0] if node.children else None, node.children[-1] if node.children else None
        if first is None or operand is None or first.id == operand.id or self._text(first) not in {b"!", b"not"}:
            return
        self._add_range(MutationOperator.LOST_NOT, node, first.start_byte, operand.start_byte, b"")

    def _lost_guard(self, node: tree_sitter.Node, *, marked: bool) -> None:
        if not marked:
            if any(self._is_alternative(child) for child in node.children):
                return
            body = node.child_by_field_name("consequence") or node.child_by_field_name("body")
            body = body or (node.named_children[-1] if node.named_children else None)
            if body is None or not self._is_exit(body):
                return
        while node.parent is not None and (
            node.parent.type == "expression_statement"
            or (node.parent.start_byte == node.start_byte and node.parent.end_byte == node.end_byte)
        ):
            node = node.parent
        if node.parent is None or node.parent.named_child_count < 2:
            return
        start, end = _whole_lines(self.source, node.start_byte, node.end_byte)
        if start is not None and end is not None:
            self._add_range(MutationOperator.LOST_GUARD, node, start, end, b"")

    def _is_alternative(self, child: tree_sitter.Node) -> bool:
        words = child.type.split("_")
        return bool({"else", "elif", "elseif", "elsif"} & set(words))

    def _is_exit(self, body: tree_sitter.Node) -> bool:
        """Whether a block consists of one statement that leaves it, possibly nested."""
        for _ in range(4):
            if set(body.type.split("_")) & _EXITS:
                return True
            if body.named_child_count != 1:
                return False
            body = body.named_children[0]
        return False

    def _lost_return(self, node: tree_sitter.Node) -> None:
        value = node.named_children[0] if node.named_children else None
        first = node.children[0] if node.children else None
        if value is None or first is None or self._text(first) != b"return" or value.start_byte == node.start_byte:
            return
        self._add_range(MutationOperator.LOST_RETURN, node, first.start_byte, value.start_byte, b"")

    def _lost_await(self, node: tree_sitter.Node) -> None:
        if not node.named_children:
            return
        value = node.named_children[0]
        if value.start_byte > node.start_byte:
            self._add_range(MutationOperator.LOST_AWAIT, node, node.start_byte, value.start_byte, b"")
        elif value.end_byte < node.end_byte:  # Rust writes it behind
            self._add_range(MutationOperator.LOST_AWAIT, node, value.end_byte, node.end_byte, b"")

    def _swapped_arguments(self, node: tree_sitter.Node) -> None:
        called = node.child_by_field_name("function")
        values = [
            child
            for child in node.named_children
            if child.type != "comment" and (called is None or child.start_byte >= called.end_byte)
        ]
        for first, second in itertools.pairwise(values):
            one, other = self._text(first), self._text(second)
            named = {*first.type.split("_"), *second.type.split("_")} & {"keyword", "named", "splat", "spread", "pair"}
            between = self.source[first.end_byte : second.start_byte]
            labelled = b":" in one[:40] or b"=" in one or b":" in other[:40] or b"=" in other
            if named or labelled or one == other or b"," not in between or len(one) + len(other) > 120:
                continue
            self._add_range(
                MutationOperator.SWAPPED_ARGUMENTS, node, first.start_byte, second.end_byte, other + between + one
            )

    def _identifier(self, node: tree_sitter.Node) -> None:
        name, parent = self._text(node), node.parent
        if parent is None:
            return
        words = set(parent.type.split("_"))
        is_left = any(
            (bound := parent.child_by_field_name(field_name)) is not None and bound.id == node.id
            for field_name in ("left", "pattern", "name")
        )
        is_binding = bool(words & _BINDINGS) or (is_left and "call" not in words and "invocation" not in words)
        if is_binding:
            self._local.setdefault(name, node.start_byte)
            return
        member = any(
            (inner := parent.child_by_field_name(field_name)) is not None and inner.id == node.id
            for field_name in ("attribute", "property", "field", "method", "function")
        )
        if not member and not words & {"keyword", "label", "field", "member", "selector", "navigation", "scoped"}:
            self._uses.append((node, name))

    def _wrong_names(self) -> None:
        """Replace uses of a name by another name of the function, or misspell them."""
        for node, name in self._uses:
            if name not in self._local or self._local[name] > node.start_byte:
                continue
            others = [other for other, at in self._local.items() if other != name and at < node.start_byte]
            if others:
                choice = int(_digest(name.decode("utf-8", "replace"), str(node.start_byte)), 16) % len(others)
                self._add(MutationOperator.WRONG_NAME, node, others[choice])
            if len(name) >= 5:
                middle = len(name) // 2
                misspelt = (
                    name[: middle - 1] + name[middle : middle + 1] + name[middle - 1 : middle] + name[middle + 1 :]
                )
                if misspelt != name and misspelt not in self._local:
                    self._add(MutationOperator.TYPO, node, misspelt)

    def _text(self, node: tree_sitter.Node) -> bytes:
        return self.source[node.start_byte : node.end_byte]

    def _add(self, operator: MutationOperator, node: tree_sitter.Node, new: bytes) -> None:
        self._add_range(operator, node, node.start_byte, node.end_byte, new)

    def _add_range(self, operator: MutationOperator, node: tree_sitter.Node, start: int, end: int, new: bytes) -> None:
        old = self.source[start:end]
        around = node.parent if node.parent is not None else node
        shape = " ".join(child.type for child in around.children[:8])
        line = self.tree.text.point_at_byte(start).line
        if operator is MutationOperator.LOST_GUARD:
            line = min(line, max(self.function.start_line, self.function.end_line - old.count(b"\n")))
        self.found.append(
            Mutation(
                operator=operator,
                spans=(Span(start, end, old, new),),
                function=self.function.name,
                start_line=self.function.start_line,
                end_line=self.function.end_line,
                line=line,
                key=_digest(operator, around.type, shape, old.decode("utf-8", "replace").strip()),
            )
        )
