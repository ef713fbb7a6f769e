"""Whether an identifier defines a name, and the scope of that name.

Decides by node types and field names that tree-sitter grammars have in common. In a grammar with other names nothing is
found, so nothing wrong either."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from attrs import frozen

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.scopes import enclosing_scopes
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

_NAMING_FIELDS = ("name", "left", "pattern", "declarator", "alias")
_FIRST_NAMED = frozenset(["variable_declaration"])  # Kotlin, Zig: the name has no field
_LISTS = frozenset(["variable_list"])  # Lua: the names in front of the sign
_DEFINING = (
    *("property_signature", "declarat", "definition", "assignment", "let_", "short_var", "_item", "spec"),
    *("class", "method", "enum", "property_element", "container_field"),
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
_MEMBER = (
    "enum_body",
    "enum_assignment",
    "field_declaration",
    "property_signature",
    "public_field_definition",
    "method",
    "container_field",
)
_PAIRS = frozenset(["pair", "field_initializer", "keyed_element", "pair_pattern", "property_signature"])
_IMPORT_NAMES = frozenset(
    ["aliased_import", "import_specifier", "use_as_clause", "namespace_import", "import_clause", "use_list"]
)
_DECLARING = frozenset(
    ["c", "cpp", "csharp", "java", "typescript", "tsx", "dart", "rust"]
)  # assigning declares nothing
_DESTRUCTURING = frozenset(["object_pattern", "pair_pattern", "array_pattern"])
_TYPE_DECLARATIONS = frozenset(
    ["class_declaration", "interface_declaration", "enum_declaration", "record_declaration", "struct_declaration"]
)
_BARE_TYPES = frozenset(["java", "csharp", "kotlin", "scala"])  # languages that name an inner type as any other
_CONSTRUCTORS = frozenset(["__init__", "__new__", "constructor", "setUp", "initialize", "new"])
_ACCESSES = frozenset(["attribute", "member_expression", "dot_index_expression"])
OWN_VARIABLES = frozenset(["instance_variable", "class_variable"])  # Ruby: ``@a``
_MOST_STEPS = 4
_LAST_NAME = re.compile(r"[.:]+")


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
    if node is None or node.child_count or not _is_name(node):
        return None
    if node.start_byte != start and not (node.type in OWN_VARIABLES and start - node.start_byte <= 2):
        return None
    if node.end_byte - start == length:  # ASCII: no second search in the text
        return node
    return node if node.end_byte == tree.text.byte_offset(Point(point.line, point.column + length)) else None


def _is_name(node: tree_sitter.Node) -> bool:
    if node.type == "word":  # Bash
        return node.parent is not None and node.parent.type in ("command_name", "function_definition")
    is_named = node.type in ("name", "variable_name", "constant") or node.type in OWN_VARIABLES  # PHP, Bash, Ruby
    return is_named or "identifier" in node.type


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
        if parent.type == "as_pattern_target":
            return _of_clause(tree, node, parent)
        if any(word in parent.type for word in _PARAMETER):
            return None if field == "type" else _local(tree, node)
        is_call = "invocation" in parent.type or "call" in parent.type
        if field in _NAMING_FIELDS and not is_call and any(word in parent.type for word in _DEFINING):
            is_declared = parent.type == "assignment_expression" and tree.language.name in _DECLARING  # elsewhere
            return _by_owner(tree, node, parent) if not is_declared else None
        if parent.type.startswith("for") and (field in ("left", "pattern") or child.type in _LISTS):
            return _local(tree, node)
        if parent.type.endswith("_index_expression") and field in ("field", "method"):  # Lua: ``function M.a()``
            is_defined = parent.parent is not None and parent.parent.type == "function_declaration"
            return DefinitionSite("member", 0, tree.text.line_count - 1) if is_defined else None
        is_first = parent.type in _FIRST_NAMED and not field and parent.named_children[0].id == child.id
        if is_first or (child.type in _LISTS and parent.type == "assignment_statement"):
            return _by_owner(tree, node, parent)
        if not _is_around_name(parent, field):
            return None
        child, parent = parent, parent.parent
    return None


def _is_around_name(parent: tree_sitter.Node, field: str | None) -> bool:
    """Whether a node that has a name as ``field`` may be one of the nodes between the name and its definition."""
    if parent.type in _DESTRUCTURING:
        return field != "key"
    return parent.type.endswith((*_WRAPPING, *_LISTS)) or parent.type == "pattern" or field == "declarator"


def _of_clause(tree: SyntaxTree, node: tree_sitter.Node, target: tree_sitter.Node) -> DefinitionSite | None:
    """The scope of a name behind ``as`` (Python): the clause of an exception, the function of another one."""
    pattern = target.parent
    clause = pattern.parent if pattern is not None else None
    if clause is None or clause.type != "except_clause":
        return _local(tree, node)
    return DefinitionSite("local", clause.start_point[0], clause.end_point[0])


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
    access = node if node.type in OWN_VARIABLES else node.parent
    if access is None or not (access is node or (access.type in _ACCESSES and access.children)):
        return False
    assignment, left = access.parent, access
    if assignment is not None and assignment.type in _LISTS:
        assignment, left = assignment.parent, assignment
    if assignment is None or "assignment" not in assignment.type or assignment.children[0].id != left.id:
        return False
    owner = access.children[0] if access.children else access
    if access is not node and tree.text.bytes_between(owner.start_byte, owner.end_byte) not in (b"self", b"this"):
        return False
    functions = enclosing_scopes(tree, tree.text.point_at_byte(node.start_byte))
    name = next((scope.name or "" for scope in functions if scope.kind == "function"), "")
    return _LAST_NAME.split(name)[-1] in _CONSTRUCTORS


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
    is_callable = owner.type.startswith(
        ("function", "method", "class", "struct", "enum", "trait", "interface", "type_spec", "property_declaration")
    )
    if around and is_callable and around[0].start.line == first:  # the scope of what is defined is not around it
        around = around[1:]
    whole = DefinitionSite("file", 0, tree.text.line_count - 1)
    if owner.type in _TYPE_DECLARATIONS and around and around[0].kind == "class" and tree.language.name in _BARE_TYPES:
        return whole  # used without an object in front of it
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
