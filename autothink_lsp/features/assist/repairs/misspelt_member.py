"""Repair: a misspelt field, property, method or variant of a type that this file declares, or of a built-in type.

The type is the one that the message names. All of its members must be in the file, so a type that inherits is not
repaired.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from autothink_lsp.features.assist.repairs.near_names import nearest
from autothink_lsp.features.assist.repairs.repair import Repair, RepairContext, source_of
from autothink_lsp.features.assist.repairs.target import name_node

if TYPE_CHECKING:
    import tree_sitter

RULE_ID = "misspelt-member"
_MOST_NODES = 20_000
_MOST_USES = 1  # a member with more uses is not a typing error: its declaration may be
_LEAST_USES = 2  # of the right name, its declaration included
_Q = r"[`'\"‘“]"
_TYPE = (
    rf"{_Q}(?:&(?:mut )?)?(?:(?:struct|enum|class) )?(?P<type>\w+)(?P<list>\[\])?"
    r"(?:<[^`'\"’”]*>|\[[^\]]+\])?\*?[`'\"’”]"
)
_MEMBER = rf"{_Q}(?P<name>\w+)[`'\"’”]"
_MESSAGES: Mapping[str, tuple[re.Pattern[str], ...]] = MappingProxyType(
    {
        "typescript": (re.compile(rf"^Property {_MEMBER} does not exist on type {_TYPE}\.?$"),),  # 2339
        "rust": (
            re.compile(rf"^no (?:method|field) (?:named )?{_MEMBER} (?:found for|on) [\w ]*?{_TYPE}"),
            re.compile(rf"^no (?:variant|associated item|function)[\w, ]* named {_MEMBER} found for \w+ {_TYPE}"),
            re.compile(rf"^struct {_TYPE} has no field named {_MEMBER}"),
        ),
        "go": (re.compile(r"\(type \*?(?P<type>\w+)(?P<list>\[\])? has no field or method (?P<name>\w+)\)$"),),
        "python": (
            re.compile(rf"^Cannot access attribute {_MEMBER} for class {_TYPE}"),  # Pyright
            re.compile(rf"^{_TYPE} has no attribute {_MEMBER}$"),  # mypy
            re.compile(rf"^Object of type {_TYPE} has no attribute {_MEMBER}$"),  # ty
            re.compile(rf"^Instance of {_TYPE} has no {_MEMBER} member$"),  # pylint
        ),
        "java": (
            re.compile(
                r"^cannot find symbol\s+symbol:\s+(?:method|variable) (?P<name>\w+)(?:\([^)]*\))?\s+"
                r"location:\s+(?:variable \w+ of type|class) (?P<type>\w+)(?P<list>\[\])?(?:<.*>)?$"
            ),
        ),
        "c": (
            re.compile(rf"^{_TYPE} has no member named {_MEMBER}$"),  # gcc
            re.compile(rf"^no member named {_MEMBER} in {_TYPE}$"),  # clang
        ),
    }
)
_TYPES = frozenset(
    {"class_declaration", "interface_declaration", "struct_item", "enum_item", "impl_item", "type_spec"}
    | {"class_definition", "struct_specifier", "union_specifier", "method_declaration", "record_declaration"}
    | {"enum_declaration"}
)
_INHERITS = frozenset({"class_heritage", "extends_type_clause", "superclass", "super_interfaces", "extends_interfaces"})
_MEMBER_NODES = frozenset(
    {"public_field_definition", "property_signature", "method_definition", "method_signature", "required_parameter"}
    | {"field_declaration", "function_item", "enum_variant", "function_definition", "method_declaration"}
    | {"variable_declarator", "method_spec", "method_elem", "function_signature_item"}
)
_SCRIPT_MEMBERS = {
    "list": "push pop shift unshift slice splice concat join reverse sort indexOf lastIndexOf includes find findIndex "
    "filter map flatMap forEach reduce every some keys values entries length fill flat",
    "string": "length charAt charCodeAt slice substring split trim trimStart trimEnd toUpperCase toLowerCase includes "
    "startsWith endsWith indexOf lastIndexOf replace replaceAll repeat padStart padEnd concat match matchAll search",
    "Map": "get set has delete clear size keys values entries forEach",
    "Set": "add has delete clear size keys values entries forEach",
    "number": "toFixed toString toPrecision toExponential valueOf",
}
_PYTHON_TYPES: Mapping[str, type] = MappingProxyType(
    {one.__name__: one for one in (str, list, dict, set, tuple, int, float, bytes, frozenset)}
)


def misspelt_member(case: RepairContext) -> Repair | None:
    """Correct the member; ``None`` for other messages, for a type whose members are not all known, or no near one."""
    language = "typescript" if case.language in {"tsx", "javascript"} else case.language
    message = case.diagnostic.message.strip()[:1_000]
    message = message.partition("\n")[0] if language != "java" else message
    found = next((one for pattern in _MESSAGES.get(language, ()) if (one := pattern.search(message))), None)
    if found is None:
        return None
    name, owner = found["name"], "list" if found["list"] else found["type"]
    node = name_node(case, name)
    if node is None:
        return None
    is_own = re.search(rf"\b(?:class|interface|type|enum)\s+{re.escape(owner)}\b", str(case.text)) is not None
    members = None if is_own else _built_in(language, owner)
    if members is None:
        members = _declared(case, owner)
        if members is None:
            return None
        members = frozenset(one for one in members if _uses(case, one) >= _LEAST_USES)
    meant = nearest(name, members) if name not in members else None
    if meant is None or _uses(case, name) > _MOST_USES:
        return None
    return Repair(
        (case.replace(node, meant),),
        f"Change `{name}` to `{meant}`",
        f"`{found['type']}` has no member `{name}`; its only similar member is `{meant}`.",
        RULE_ID,
    )


def _uses(case: RepairContext, name: str) -> int:
    return len(re.findall(rf"(?<![\w$]){re.escape(name)}(?![\w$])", str(case.text)))


def _built_in(language: str, owner: str) -> frozenset[str] | None:
    if language == "typescript" and owner in _SCRIPT_MEMBERS:
        return frozenset(_SCRIPT_MEMBERS[owner].split())
    if language == "python" and owner in _PYTHON_TYPES:
        return frozenset(name for name in dir(_PYTHON_TYPES[owner]) if not name.startswith("_"))
    return None


def _declared(case: RepairContext, owner: str) -> frozenset[str] | None:
    """The members of the type ``owner`` of this file; ``None`` without it, or if it inherits."""
    members: set[str] = set()
    is_declared = False
    for node in _nodes(case.tree.root):
        if node.type not in _TYPES or _own_name(case, node) != owner:
            continue
        if any(child.type in _INHERITS for child in node.named_children):
            return None
        bases = source_of(case.text, node.child_by_field_name("superclasses")).strip("() ")
        if bases not in {"", "object"} and node.type == "class_definition":
            return None
        if node.type == "method_declaration":
            members.add(source_of(case.text, node.child_by_field_name("name")))
            continue
        if node.type == "impl_item" and node.child_by_field_name("trait") is not None:
            continue
        is_declared = is_declared or node.type != "impl_item"
        members.update(_members(case, node))
    return frozenset(members) if is_declared else None


def _own_name(case: RepairContext, node: tree_sitter.Node) -> str:
    """The name of the type that the node declares or adds members to."""
    if node.type == "impl_item":
        return source_of(case.text, node.child_by_field_name("type")).partition("<")[0]
    if node.type == "method_declaration":
        receiver = node.child_by_field_name("receiver")  # Go; a method of Java has none
        return re.sub(r"\[.*\]", "", source_of(case.text, receiver).strip("()").rpartition(" ")[2]).lstrip("*")
    return source_of(case.text, node.child_by_field_name("name"))


def _members(case: RepairContext, owner: tree_sitter.Node) -> Iterator[str]:
    for node in _nodes(owner):
        if node.type == "assignment":  # Python
            left = source_of(case.text, node.child_by_field_name("left"))
            if left.startswith("self.") and left[5:].isidentifier():
                yield left[5:]
            elif node.parent is not None and node.parent.parent is not None and left.isidentifier():
                block = node.parent.parent
                if block.parent is not None and block.parent.id == owner.id:
                    yield left
        if node.type not in _MEMBER_NODES or (node.type == "variable_declarator" and not _is_field(node)):
            continue
        named = node.children_by_field_name("name") or node.children_by_field_name("declarator")
        for name in named:
            match = re.search(r"\w+", source_of(case.text, name))
            if match is not None:
                yield match[0]


def _is_field(node: tree_sitter.Node) -> bool:
    return node.parent is not None and node.parent.type == "field_declaration"


def _nodes(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    pending, count = [root], 0
    while pending and count < _MOST_NODES:
        node = pending.pop()
        count += 1
        yield node
        pending.extend(node.named_children)
