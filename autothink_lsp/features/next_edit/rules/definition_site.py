"""Whether an identifier defines a name, and the scope of that name.

Decides by node types and field names that tree-sitter grammars have in common. In a grammar with other names nothing is
found, so nothing wrong either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import frozen

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.scopes import enclosing_scopes
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

_NAMING_FIELDS = ("name", "left", "pattern", "declarator", "alias")
_DEFINING = (
    *("property_signature", "declarat", "definition", "assignment", "let_", "short_var", "_item", "spec"),
    *("class", "method", "enum"),
)
_PARAMETER = ("parameter", "lambda_parameters")
_WRAPPING = (
    "identifier",
    "pattern_list",
    "tuple_pattern",
    "expression_list",
    "pointer_declarator",
    "mut_pattern",
    "variable_name",
)
_MEMBER = ("field_declaration", "property_declaration", "property_signature", "public_field_definition", "method")
_PAIRS = frozenset(["pair", "field_initializer", "keyed_element", "pair_pattern", "property_signature"])
_IMPORT_NAMES = frozenset(
    ["aliased_import", "import_specifier", "use_as_clause", "namespace_import", "import_clause", "use_list"]
)
_CONSTRUCTORS = frozenset(["__init__", "__new__", "constructor", "setUp"])
_MOST_STEPS = 4


@frozen
class DefinitionSite:
    """The scope of a defined name. ``kind``: ``local`` names are valid in the function around the definition, ``file``
    names in the file, ``member`` names after a dot. ``first`` and ``last`` are the scope's lines."""

    kind: Literal["local", "file", "member"]
    first: int
    last: int


def identifier_at(tree: SyntaxTree, point: Point, length: int) -> tree_sitter.Node | None:
    """The identifier of ``length`` characters at ``point``, a leaf of the tree; ``None`` if there is none."""
    start = tree.text.byte_offset(point)
    node = tree.root.descendant_for_byte_range(start, start + 1)
    if node is None or node.start_byte != start or node.child_count or not _is_name(node.type):
        return None
    if node.end_byte - start == length:  # ASCII: no second search in the text
        return node
    return node if node.end_byte == tree.text.byte_offset(Point(point.line, point.column + length)) else None


def _is_name(node_type: str) -> bool:
    return "identifier" in node_type or node_type == "name"  # PHP's variables have a name


def definition_site(tree: SyntaxTree, node: tree_sitter.Node) -> DefinitionSite | None:
    """The scope of the name that ``node`` defines; ``None`` if it only uses a name."""
    if _is_imported(node):
        return _local(tree, node)
    if is_own_field(tree, node):
        return DefinitionSite("member", 0, tree.text.line_count - 1)
    child, parent = node, node.parent
    for _ in range(_MOST_STEPS):
        if parent is None:
            return None
        field = _field_of(parent, child)
        if any(word in parent.type for word in _PARAMETER):
            return None if field == "type" else _local(tree, node)
        is_call = "invocation" in parent.type or "call" in parent.type
        if field in _NAMING_FIELDS and not is_call and any(word in parent.type for word in _DEFINING):
            return _by_owner(tree, node, parent)
        if parent.type.startswith(("for_", "for")) and field in ("left", "pattern"):
            return _local(tree, node)
        if not parent.type.endswith(_WRAPPING) and field != "declarator":
            return None
        child, parent = parent, parent.parent
    return None


def _is_imported(node: tree_sitter.Node) -> bool:
    """Whether the identifier is the name by which something is imported."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type in _IMPORT_NAMES:
        alias = parent.child_by_field_name("alias")
        return alias is None or alias.id == node.id
    if parent.type == "scoped_identifier" and _field_of(parent, node) == "name":
        return parent.parent is not None and parent.parent.type in ("use_declaration", "use_list")
    if parent.type == "dotted_name" and parent.child_count == 1 and parent.parent is not None:
        return parent.parent.type.startswith("import_") and _field_of(parent.parent, parent) == "name"
    return False


def is_own_field(tree: SyntaxTree, node: tree_sitter.Node) -> bool:
    """Whether a constructor assigns this member of its object, and so defines it (``self.name = ...``)."""
    access = node.parent
    if access is None or access.type not in ("attribute", "member_expression") or not access.children:
        return False
    owner, assignment = access.children[0], access.parent
    if assignment is None or "assignment" not in assignment.type or _field_of(assignment, access) != "left":
        return False
    if tree.text.bytes_between(owner.start_byte, owner.end_byte) not in (b"self", b"this"):
        return False
    functions = enclosing_scopes(tree, tree.text.point_at_byte(node.start_byte))
    return next((scope.name for scope in functions if scope.kind == "function"), "") in _CONSTRUCTORS


def _field_of(parent: tree_sitter.Node, child: tree_sitter.Node) -> str | None:
    for number, one in enumerate(parent.children):
        if one.id == child.id:
            return parent.field_name_for_child(number)
    return None


def _local(tree: SyntaxTree, node: tree_sitter.Node) -> DefinitionSite | None:
    point = tree.text.point_at_byte(node.start_byte)
    function = next((scope for scope in enclosing_scopes(tree, point) if scope.kind == "function"), None)
    if function is None:
        return DefinitionSite("file", 0, tree.text.line_count - 1)
    return DefinitionSite("local", function.start.line, function.end.line)


def _by_owner(tree: SyntaxTree, node: tree_sitter.Node, owner: tree_sitter.Node) -> DefinitionSite | None:
    point = tree.text.point_at_byte(node.start_byte)
    around = [scope for scope in enclosing_scopes(tree, point) if scope.kind in ("function", "class")]
    first = owner.start_point[0]
    is_callable = owner.type.startswith(("function", "method", "class", "struct", "enum", "trait", "interface"))
    if around and is_callable and around[0].start.line == first:  # the scope of what is defined is not around it
        around = around[1:]
    whole = DefinitionSite("file", 0, tree.text.line_count - 1)
    if any(word in owner.type for word in _MEMBER) or (around and around[0].kind == "class"):
        return DefinitionSite("member", 0, tree.text.line_count - 1)
    return DefinitionSite("local", around[0].start.line, around[0].end.line) if around else whole


def is_key(node: tree_sitter.Node) -> bool:
    """Whether the identifier is a key of an object, a literal or a pattern, and no use of a variable."""
    if node.type == "shorthand_property_identifier_pattern":
        return True
    child, parent = node, node.parent
    if parent is not None and parent.type == "literal_element":
        child, parent = parent, parent.parent
    if parent is None or parent.type not in _PAIRS or not parent.children or parent.children[0].id != child.id:
        return False
    return node.type != "identifier" or parent.type != "pair"  # Python's keys are variables


def is_short_key(node: tree_sitter.Node) -> bool:
    """Whether the identifier is a variable and a key of the same name (``{name}``)."""
    is_rust = node.parent is not None and node.parent.type == "shorthand_field_initializer"
    return is_rust or node.type == "shorthand_property_identifier"


def before(text: Text, node: tree_sitter.Node) -> str:
    """The character before ``node`` on its line."""
    point = text.point_at_byte(node.start_byte)
    return text.line(point.line)[: point.column].rstrip()[-1:]
