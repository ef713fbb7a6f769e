"""Repairs that a compiler's message fully determines: the operator or word that it names, at the position that it
names.

For Rust, C and Go. Each function checks that the code at the position is what the message describes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from autothink_lsp.features.assist.repairs.near_names import distance
from autothink_lsp.features.assist.repairs.repair import Repair, RepairContext, source_of
from autothink_lsp.features.assist.repairs.visible_names import visible_names
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

_Match = re.Match[str]


def compiler_words(case: RepairContext) -> Repair | None:
    """The edit that the message describes; ``None`` for other messages, or if the code is not what the message
    describes."""
    message = case.diagnostic.message.strip()[:1_000]
    for pattern, rule in _RULES.get(case.language, ()):
        if (match := pattern.search(message)) is not None:
            return rule(case, match)
    return None


def _repair(case: RepairContext, start: int, end: int, new: str, title: str, why: str) -> Repair:
    return Repair((case.replace_bytes(start, end, new),), title, why, "compiler-words")


def _offset(case: RepairContext) -> int | None:
    start = case.diagnostic.start
    if start.line < 0 or start.column < 0 or case.text.clamp(start) != start:
        return None
    return case.text.byte_offset(start)


def _node_at(case: RepairContext, *types: str) -> tree_sitter.Node | None:
    """The innermost node of one of the types that begins at the diagnostic's start."""
    at = _offset(case)
    if at is None:
        return None
    node = case.node(case.diagnostic.start, case.diagnostic.start)
    found = None
    while node is not None and node.start_byte == at:
        if node.type in types and found is None:
            found = node
        node = node.parent
    return found


def _pointer_member(case: RepairContext, match: _Match) -> Repair | None:
    """Write ``a->b`` for ``a.b`` of a pointer, or ``a.b`` for ``a->b`` of a structure, as the compiler proposes."""
    new = match[1]
    old = "." if new == "->" else "->"
    at = _offset(case)
    node = case.node(case.diagnostic.start, case.diagnostic.start) if at is not None else None
    while node is not None and node.type != "field_expression":
        node = node.parent
    operator = node.child_by_field_name("operator") if node is not None else None
    if operator is None or at is None or source_of(case.text, operator) != old:
        return None
    assert node is not None  # noqa: S101 - it has an operator
    if not node.start_byte <= at <= operator.end_byte:
        return None
    title = f"Write `{new}` instead of `{old}`"
    return _repair(
        case, operator.start_byte, operator.end_byte, new, title, f"The compiler asks for `{new}` at this place."
    )


_MUTABLE_NUMBER = re.compile(r"&mut (?:[iu](?:8|16|32|64|128|size)|f32|f64|bool|String)")


def _dereferenced(case: RepairContext, name_node: tree_sitter.Node, what_it_is: str) -> Repair:
    """Insert ``*`` before the name of a reference."""
    name, at = source_of(case.text, name_node), name_node.start_byte
    why = f"`{name}` is a reference; the value behind it is {what_it_is}."
    return _repair(case, at, at, "*", f"Write `*{name}`", why)


def _dereferenced_assignment(case: RepairContext, match: _Match) -> Repair | None:
    """Dereference the target of ``total += 1`` if ``total`` is a reference to a number."""
    node = _node_at(case, "compound_assignment_expr")
    left = node.child_by_field_name("left") if node is not None else None
    if left is None or left.type != "identifier" or not _MUTABLE_NUMBER.fullmatch(match[1]):
        return None
    return _dereferenced(case, left, "what changes")


def _dereferenced_cast(case: RepairContext, match: _Match) -> Repair | None:
    """Dereference the operand of ``amount as i64`` if ``amount`` is a reference to a number."""
    node = _node_at(case, "type_cast_expression")
    value = node.child_by_field_name("value") if node is not None else None
    if value is None or value.type != "identifier" or match[1].startswith("&"):
        return None
    return _dereferenced(case, value, "what can be cast")


# Other macros take literals or nothing, as `env!` and `line!` do: a function was meant.
_CALLED_MACROS = (
    *("assert", "assert_eq", "assert_ne", "debug_assert", "debug_assert_eq", "debug_assert_ne", "eprint", "eprintln"),
    *("format", "matches", "panic", "print", "println", "todo", "unimplemented", "unreachable", "vec", "dbg"),
)


def _macro(case: RepairContext, match: _Match) -> Repair | None:
    """Write ``format!("…")`` for ``format("…")`` if only the macro exists."""
    node = _node_at(case, "identifier")
    if node is None or source_of(case.text, node) != match[1] or node.parent is None:
        return None
    if node.parent.type != "call_expression":
        return None
    if match[1] not in _CALLED_MACROS and f"macro_rules! {match[1]} " not in str(case.text):
        return None
    return _repair(
        case, node.end_byte, node.end_byte, "!", f"Call the macro `{match[1]}!`", f"`{match[1]}` is a macro here."
    )


_WRAPPERS = re.compile(r"(Ok|Err|Some)\(")
_RETURNS_WRAPPED = {"Ok": "Result", "Err": "Result", "Some": "Option"}
_COMPARES = frozenset({"==", "!=", "<", ">", "<=", ">=", "&&", "||"})


def _lost_value(case: RepairContext, _match: _Match) -> Repair | None:
    """Remove the semicolon after the last expression of a function that must return a value."""
    node = case.node(case.diagnostic.start, case.diagnostic.start)
    while node is not None and node.type != "function_item":
        node = node.parent
    promised = node.child_by_field_name("return_type") if node is not None else None
    body = node.child_by_field_name("body") if node is not None else None
    at = _offset(case)
    if promised is None or body is None or at != promised.start_byte or not body.named_children:
        return None
    last = [child for child in body.named_children if "comment" not in child.type][-1:]
    if not last or last[0].type != "expression_statement" or last[0].named_child_count != 1:
        return None
    value = last[0].named_children[0]
    if not _may_return(case, value, source_of(case.text, promised)):
        return None
    end = last[0].end_byte
    if source_of(case.text, last[0])[-1:] != ";":
        return None
    return _repair(
        case,
        end - 1,
        end,
        "",
        "Remove the semicolon",
        "The function returns a value; the semicolon discards it.",
    )


def _may_return(case: RepairContext, value: tree_sitter.Node, promised: str) -> bool:
    """Whether the form of the value agrees with the promised type."""
    if value.type == "call_expression":
        wrapper = _WRAPPERS.match(source_of(case.text, value))
        return wrapper is not None and _RETURNS_WRAPPED[wrapper[1]] in promised
    if value.type == "binary_expression":
        compares = source_of(case.text, value.child_by_field_name("operator")) in _COMPARES
        return compares is (promised == "bool")
    return value.type in {"identifier", "field_expression"}


def _mutable_receiver(case: RepairContext, _match: _Match) -> Repair | None:
    """Write ``&mut self`` for ``&self`` of a method that changes a field; not in a trait, whose signatures are
    fixed."""
    node = case.node(case.diagnostic.start, case.diagnostic.start)
    while node is not None and node.type != "function_item":
        if node.type == "closure_expression":
            return None
        node = node.parent
    owner = node.parent.parent if node is not None and node.parent is not None else None
    parameters = node.child_by_field_name("parameters") if node is not None else None
    if owner is None or owner.type != "impl_item" or owner.child_by_field_name("trait") is not None:
        return None
    receiver = (
        next((one for one in parameters.named_children if one.type == "self_parameter"), None) if parameters else None
    )
    if receiver is None or source_of(case.text, receiver) != "&self":
        return None
    name, text = source_of(case.text, node.child_by_field_name("name")) if node is not None else "", str(case.text)
    shared = source_of(case.text, owner.child_by_field_name("type")).partition("<")[0]
    if re.search(rf"\b(?:Rc|Arc)<\s*{re.escape(shared)}\b", text) or re.search(rf"\bself\.{re.escape(name)}\(", text):
        return None  # the value is shared, or a method calls this one: that one would have to change, too
    return _repair(
        case,
        receiver.start_byte,
        receiver.end_byte,
        "&mut self",
        "Take `&mut self`",
        "The method changes a field, which `&self` does not allow.",
    )


def _comparison(case: RepairContext, _match: _Match) -> Repair | None:
    """Write ``==`` for ``=`` in a condition of Go, unless the right side is a call, whose result may be meant to be
    stored."""
    line = case.diagnostic.start.line
    text = case.text.line(line)
    found = re.match(
        r"^\s*+(?:\}\s*+else\s++)?(?:if|for)\s++[^=;{},\"'`]++(?<![!<>:+\-*/%&|^])(=)(?!=)[^=;{}()]*+\{\s*+$", text
    )
    if found is None:
        return None
    start, end = (case.text.byte_offset(Point(line, column)) for column in found.span(1))
    return _repair(case, start, end, "==", "Compare with `==`", "A condition compares; `=` assigns.")


_RECEIVER_TYPE = re.compile(r"(?<!\w)(\w++)(?>(?:\[[^\]]{0,200}\])?)\s*+\)$")
_UNDEFINED = re.compile(r"^(?:undefined|undeclared name): (\w+)$")


def _short_declaration(case: RepairContext, match: _Match) -> Repair | None:
    """Write ``:=`` for ``=`` if the name is declared nowhere and only the following statements use it."""
    name = match[1]
    node = _node_at(case, "identifier")
    if node is None or source_of(case.text, node) != name:
        return None
    targets = node.parent
    statement = targets.parent if targets is not None else None
    if targets is None or statement is None or targets.type != "expression_list":
        return None
    left = statement.child_by_field_name("left")
    if left is None or left.id != targets.id or any(one.type != "identifier" for one in targets.named_children):
        return None
    if statement.type == "assignment_statement":
        operator = statement.child_by_field_name("operator")
        block = statement.parent
        if block is not None and block.type == "statement_list":
            block = block.parent
    elif statement.type == "range_clause":
        operator = next((one for one in statement.children if one.type in {"=", ":="}), None)
        block = statement.parent
    else:
        return None
    if operator is None or block is None or source_of(case.text, operator) != "=":
        return None
    visible = visible_names(case.language, case.text, node)
    others = {source_of(case.text, one) for one in targets.named_children} - {"_", name}
    if visible is None or others & visible or any(_is_near(name, one) for one in visible):
        return None
    reported = {found[1] for one in case.request.diagnostics if (found := _UNDEFINED.match(one.message.strip()))}
    field = rf"\w\.{re.escape(name)}\b|(?m:(?:^[ \t]+|[{{;][ \t]*){re.escape(name)}[ \t]+[\w*\[])"
    if others - reported or re.search(field, str(case.text)):
        return None  # ``:=`` would hide a variable of another file, or a field is meant
    if _has_unseen_fields(case, block):
        return None
    if not all(_is_used_only_behind(case, one, statement, block) for one in (name, *others)):
        return None
    return _repair(
        case,
        operator.start_byte,
        operator.end_byte,
        ":=",
        f"Declare `{name}` with `:=`",
        f"`{name}` is declared nowhere, and this is its first value.",
    )


def _has_unseen_fields(case: RepairContext, node: tree_sitter.Node | None) -> bool:
    """Whether ``node`` is in a method of a type of another file: one of its fields may be meant."""
    while node is not None and node.type != "method_declaration":
        node = node.parent
    if node is None:
        return False
    receiver = _RECEIVER_TYPE.search(source_of(case.text, node.child_by_field_name("receiver")))
    return receiver is None or not re.search(rf"(?m)^(?:type[ \t]+|\t){receiver[1]}\b", str(case.text))


def _is_near(name: str, other: str) -> bool:
    return min(len(name), len(other)) > 2 and distance(name, other) <= (1 if len(name) < 6 else 2)


def _is_used_only_behind(case: RepairContext, name: str, statement: tree_sitter.Node, block: tree_sitter.Node) -> bool:
    """Whether the name is used in ``block`` after ``statement``, and nowhere else in the function."""
    function = block
    while function.parent is not None and function.type not in {"function_declaration", "method_declaration"}:
        function = function.parent
    before, inside, behind = 0, 0, 0
    first, end = statement.start_byte, statement.end_byte
    code = case.text.bytes_between(function.start_byte, function.end_byte)
    for found in re.finditer(rf"(?<![\w.]){re.escape(name)}(?!\w)".encode(), code):
        place = found.start() + function.start_byte
        if first <= place < end:
            inside += 1
        elif end <= place < block.end_byte:
            behind += 1
        else:
            before += 1
    return before == 0 and inside == 1 and behind > 0


_TYPE_WORDS = ("int", "char", "void", "float", "double", "long", "short", "unsigned", "signed")


def _c_type(case: RepairContext, match: _Match) -> Repair | None:
    """Correct a built-in type with two swapped letters."""
    name = match[1]
    meant = [word for word in _TYPE_WORDS if sorted(word) == sorted(name) and distance(word, name) == 1]
    node = _node_at(case, "type_identifier", "identifier")
    if len(meant) != 1 or node is None or source_of(case.text, node) != name:
        return None
    if len(re.findall(rf"\b{re.escape(name)}\b", str(case.text))) != 1:
        return None
    title, why = f"Change `{name}` to `{meant[0]}`", f"No type is called `{name}`; `{meant[0]}` has the same letters."
    return _repair(case, node.start_byte, node.end_byte, meant[0], title, why)


def _rust_string(case: RepairContext, _match: _Match) -> Repair | None:
    """Write ``String`` for the type ``string``, unless it is borrowed."""
    node = _node_at(case, "type_identifier")
    if node is None or node.parent is None or node.parent.type == "reference_type":
        return None
    owner = node.parent.parent if node.parent.type == "type_arguments" else None
    if source_of(case.text, node) != "string" or source_of(case.text, owner).startswith("Cow<"):
        return None
    return _repair(case, node.start_byte, node.end_byte, "String", "Write `String`", "The owned text type is `String`.")


_C: tuple[tuple[re.Pattern[str], Callable[[RepairContext, _Match], Repair | None]], ...] = (
    (re.compile(r"^unknown type name [‘'`\"](\w+)"), _c_type),
    (re.compile(r"is a pointer; did you mean to use [‘'\"`](->)"), _pointer_member),
    (re.compile(r"is not a pointer; did you mean to use [‘'\"`](\.)"), _pointer_member),
)
_RULES: Mapping[str, tuple[tuple[re.Pattern[str], Callable[[RepairContext, _Match], Repair | None]], ...]] = (
    MappingProxyType(
        {
            "c": _C,
            "cpp": _C,
            "rust": (
                (
                    re.compile(r"^binary assignment operation `[-+*/%&|^]+=` cannot be applied to type `([^`]+)`"),
                    _dereferenced_assignment,
                ),
                (re.compile(r"^casting `&([iuf]\w+)` as `[iuf]\w+` is invalid"), _dereferenced_cast),
                (re.compile(r"^cannot find type `string` in this scope"), _rust_string),
                (re.compile(r"^expected function, found macro `(\w+)`"), _macro),
                (re.compile(r"^mismatched types"), _lost_value),
                (
                    re.compile(
                        r"^cannot (?:borrow|assign to) `self\.[^`]*`(?: as mutable)?, "
                        r"(?:as it|which) is behind a `&` reference"
                    ),
                    _mutable_receiver,
                ),
            ),
            "go": (
                (
                    re.compile(r"expected boolean expression, found assignment|cannot use assignment .* as value"),
                    _comparison,
                ),
                (_UNDEFINED, _short_declaration),
            ),
        }
    )
)
