"""Queries a tree: whether a place is code, comment or string, its enclosing scopes, definitions and imports.

Everything comes from the queries of the language's folder; no language is named here. ``scope_kind`` and
``enclosing_scopes`` read only the place; ``definitions`` and ``imports`` walk the tree (about 10 ms for 1,000 lines),
so they should run in idle time, and for long files on some lines at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from string import ascii_letters
from typing import TYPE_CHECKING, Literal

from autothink_lsp.document.lines import indent_length
from autothink_lsp.document.text import Text
from autothink_lsp.syntax.captures import Captured, captured, text_of
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point, frozen

if TYPE_CHECKING:
    import tree_sitter

    from autothink_lsp.syntax.grammar import Grammar

ScopeKind = Literal["code", "comment", "string"]
_KINDS: dict[str, ScopeKind] = {"code": "code", "comment": "comment", "string": "string"}

# Node types of attributes before a definition: Rust, C#, PHP, C++. "attribute" alone is a member in Python.
_ATTRIBUTES = frozenset({"attribute_item", "attribute_list", "attribute_group", "attribute_declaration"})
_AROUND_DEFINITION = frozenset({"decorated_definition", "template_declaration", "export_statement"})


@frozen
class Scope:
    """A scope around a place. ``kind`` is ``function``, ``class`` or ``block``; ``name`` is ``None`` for anonymous
    ones."""

    kind: str
    name: str | None
    start: Point
    end: Point


@frozen
class Definition:
    """A definition. ``kind`` is ``function``, ``method``, ``class``, ``type`` or ``variable``; start and end include
    its body."""

    kind: str
    name: str
    start: Point
    end: Point


@frozen
class Import:
    """One imported module. ``source`` is the module as written; ``names`` are the imported names, if they are listed;
    start and end are those of the statement, which may import several (``import a, b``)."""

    source: str | None
    names: tuple[str, ...]
    start: Point
    end: Point


def scope_kind(tree: SyntaxTree, point: Point) -> ScopeKind:
    """Whether a character typed at ``point`` would be code, comment or string.

    Code inside a string (``f"{here}"``) is code. The rest of the line after a line comment is comment.
    """
    found = _text_at(tree, point)
    return _KINDS[found.kind] if found else "code"


def in_long_string(tree: SyntaxTree, point: Point, quotes: Collection[str]) -> bool:
    """Whether ``point`` is in a string that begins with one of ``quotes``, after letters such as Python's ``r``."""
    found = _text_at(tree, point)
    if found is None or _KINDS[found.kind] != "string":
        return False
    start, end = found.node.start_byte, found.node.end_byte
    beginning = tree.text.bytes_between(start, min(end, start + 8)).decode("utf-8", "replace").lstrip(ascii_letters)
    return beginning.startswith(tuple(quotes))


def _text_at(tree: SyntaxTree, point: Point) -> Captured | None:
    """The innermost comment, string or code within a string around ``point``; ``None`` in plain code."""
    byte = tree.text.byte_offset(point)
    row = tree.text.row_and_byte_column(tree.text.place(point))[0]
    innermost: Captured | None = None
    for found in captured(tree.grammar, "scopes", tree.root, (max(0, byte - 1), byte + 1)):
        if found.kind in _KINDS and _holds(tree, found, byte, row):
            size = found.node.end_byte - found.node.start_byte
            if innermost is None or size <= innermost.node.end_byte - innermost.node.start_byte:
                innermost = found
    return innermost


def _holds(tree: SyntaxTree, found: Captured, byte: int, row: int) -> bool:
    node = found.node
    if found.kind == "comment":
        block = tree.language.style.comment_block
        if not (block and begins_with(tree.text, node, block[0])):
            return node.start_byte < byte <= node.end_byte and row == node.start_point[0]
    return node.start_byte < byte < node.end_byte


def begins_with(text: Text, node: tree_sitter.Node, token: str) -> bool:
    """Whether the source of ``node`` begins with ``token``."""
    wanted = token.encode()
    return text.bytes_between(node.start_byte, min(node.end_byte, node.start_byte + len(wanted))) == wanted


def enclosing_scopes(tree: SyntaxTree, point: Point) -> tuple[Scope, ...]:
    """The functions, classes and blocks around ``point``, innermost first. A scope includes its first character."""
    byte = tree.text.byte_offset(point)
    column = tree.text.byte_column(point)
    found: list[Captured] = []
    indented = tree.language.style.blocks == "indent"
    probe = _last_code_byte(tree, point) if indented else byte
    for capture in captured(tree.grammar, "scopes", tree.root, (max(0, probe - 1), max(probe, byte) + 1)):
        node = capture.node
        inside = node.start_byte <= byte < node.end_byte
        # If blocks are formed by indentation, a place belongs to a scope that is less indented, even after the node's
        # end.
        below = indented and node.start_byte < probe <= node.end_byte and column > _indent_of(tree, node)
        if capture.kind.startswith("scope.") and (inside or below):
            found.append(capture)
    return _scopes(tree, found)


def scopes_beginning_on(tree: SyntaxTree, line: int) -> tuple[Scope, ...]:
    """The functions, classes and blocks whose first character is on ``line``, innermost first."""
    text = tree.text
    first, last = text.byte_offset(Point(line, 0)), text.byte_offset(Point(line, len(text.line(line))))
    found = [
        capture
        for capture in captured(tree.grammar, "scopes", tree.root, (first, last + 1))
        if capture.kind.startswith("scope.") and first <= capture.node.start_byte < last
    ]
    return _scopes(tree, found)


def _scopes(tree: SyntaxTree, found: Iterable[Captured]) -> tuple[Scope, ...]:
    """The captures as scopes, innermost first. Of several captures of one node the last counts."""
    ordered = sorted(
        {capture.node.id: capture for capture in found}.values(),
        key=lambda capture: (-capture.node.start_byte, capture.node.end_byte),
    )
    return tuple(
        Scope(
            capture.kind.removeprefix("scope."),
            text_of(tree.text, capture.names),
            *_points(tree, capture.node),
        )
        for capture in ordered
    )


def decorated_start(tree: SyntaxTree, scope: Scope) -> Point:
    """The start of the decorators, attributes or annotations of ``scope``; the scope's start if it has none."""
    first, last = tree.text.byte_offset(scope.start), tree.text.byte_offset(scope.end)
    node = tree.root.descendant_for_byte_range(first, max(first, last - 1))
    while node is not None and node.start_byte > first:
        node = node.parent
    if node is None:
        return scope.start
    # Python, C++, JavaScript: one node contains the decorators and the definition.
    while node.parent is not None and node.parent.type in _AROUND_DEFINITION:
        node = node.parent
    # TypeScript, Rust: siblings before the definition.
    before = node.prev_named_sibling
    while before is not None and _is_decorator(before):
        node, before = before, before.prev_named_sibling
    return min(scope.start, tree.text.point_at_byte(node.start_byte))


def decorator_end(tree: SyntaxTree, point: Point) -> Point | None:
    """The end of the decorator, attribute, annotation or template header at ``point``; ``None`` if there is none."""
    node = tree.node_at(point)
    found: tree_sitter.Node | None = None
    if node is not None and node.type == "template" and node.parent is not None:
        found = node.parent.child_by_field_name("parameters")
    while node is not None:
        found = node if _is_decorator(node) else found
        node = node.parent
    return None if found is None else tree.text.point_at_byte(found.end_byte)


def _is_decorator(node: tree_sitter.Node) -> bool:
    """Whether the node's type is one that grammars use for decorators."""
    return node.type.rpartition("_")[2] in {"decorator", "annotation", "annotations"} or node.type in _ATTRIBUTES


def _last_code_byte(tree: SyntaxTree, point: Point) -> int:
    """The byte after the last non-blank character before ``point``, at most 100 lines back."""
    text = tree.text
    before = text.between(Point(max(0, point.line - 100), 0), point)
    return text.byte_offset(point) - len(before[len(before.rstrip()) :].encode("utf-8", "surrogatepass"))


def _indent_of(tree: SyntaxTree, node: tree_sitter.Node) -> int:
    return indent_length(tree.text.line(tree.text.point_at_byte(node.start_byte).line))


def definitions(
    tree: SyntaxTree, lines: tuple[int, int] | None = None, *, kinds: Collection[str] | None = None
) -> tuple[Definition, ...]:
    """The definitions of a document in order: functions and types at all levels, variables only at the outer ones.

    With ``lines`` (first, and one after the last) only those that overlap them; with ``kinds`` only those kinds.
    """
    found: dict[tuple[int, int], tuple[Captured, str]] = {}
    for capture in captured(tree.grammar, "definitions", tree.root, _byte_range(tree, lines)):
        kind = capture.kind.removeprefix("definition.")
        if kind == capture.kind or not (kinds is None or kind in kinds):
            continue
        if names := capture.names:
            found[capture.node.id, names[0].start_byte] = capture, text_of(tree.text, names) or ""
    ordered = sorted(found.values(), key=lambda item: (item[0].node.start_byte, item[0].names[0].start_byte))
    return tuple(
        Definition(capture.kind.removeprefix("definition."), name, *_points(tree, capture.node))
        for capture, name in ordered
    )


def imports(tree: SyntaxTree, lines: tuple[int, int] | None = None) -> tuple[Import, ...]:
    """The imports of a document in order, one for each source of a statement; with ``lines`` only those that overlap
    them."""
    return imports_below(tree.grammar, tree.text, tree.root, _byte_range(tree, lines))


def imports_below(
    grammar: Grammar, text: Text, root: tree_sitter.Node, byte_range: tuple[int, int] | None = None
) -> tuple[Import, ...]:
    """The imports below ``root``, the tree of ``text``, in order."""
    nodes: dict[int, tree_sitter.Node] = {}
    sources: dict[int, dict[int, tree_sitter.Node]] = {}
    names: dict[int, dict[int, str]] = {}
    for capture in captured(grammar, "imports", root, byte_range):
        if capture.kind != "import":
            continue
        key = capture.node.id
        nodes[key] = capture.node
        for source in capture.parts.get("import.source", []):
            sources.setdefault(key, {})[source.start_byte] = source
        for name in capture.parts.get("import.name", []):
            names.setdefault(key, {})[name.start_byte] = text_of(text, [name]) or ""
    return tuple(
        Import(source, listed, text.point_at_byte(node.start_byte), text.point_at_byte(node.end_byte))
        for key, node in sorted(nodes.items(), key=lambda item: item[1].start_byte)
        for source, listed in _by_source(text, sources.get(key, {}), names.get(key, {}))
    )


def _by_source(
    text: Text, sources: dict[int, tree_sitter.Node], names: dict[int, str]
) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """Each source of one statement, with the names that follow it. The nodes of one source (``a.b``) have no comma
    between them. All names are those of a source that has no other beside it."""
    groups: list[list[tree_sitter.Node]] = []
    for _, node in sorted(sources.items()):
        if groups and b"," not in text.bytes_between(groups[-1][-1].end_byte, node.start_byte):
            groups[-1].append(node)
        else:
            groups.append([node])
    if len(groups) < 2:
        yield text_of(text, groups[0] if groups else []), tuple(name for _, name in sorted(names.items()))
        return
    ends = [*(group[0].start_byte for group in groups[1:]), text.byte_length]
    for group, end in zip(groups, ends, strict=True):
        listed = tuple(name for at, name in sorted(names.items()) if group[0].start_byte <= at < end)
        yield text_of(text, group), listed


def _byte_range(tree: SyntaxTree, lines: tuple[int, int] | None) -> tuple[int, int] | None:
    if lines is None:
        return None
    first, stop = lines
    return tree.text.byte_offset(Point(first, 0)), tree.text.byte_offset(Point(stop, 0))


def _points(tree: SyntaxTree, node: tree_sitter.Node) -> tuple[Point, Point]:
    return tree.text.point_at_byte(node.start_byte), tree.text.point_at_byte(node.end_byte)
