"""Rule: awaits the calls of a function that was made ``async``, and makes a function ``async`` that awaits.

A caller that was made ``async`` has callers, which are proposed next. The chain ends where the coroutine is started: a
call whose result is an argument of another call (``asyncio.run(f())``), a call outside of all functions, and one in a
nested callback stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from autothink_lsp.document.lines import indent_length
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.identifier_role import IdentifierRoles
from autothink_lsp.features.next_edit.rules.line_edits import MOST_LINES_AT_ONCE
from autothink_lsp.features.next_edit.token_change import MOST_LINE_CHARACTERS
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

RULE_ID = "awaited-function"
_RECENT_HUNKS = 3
_MOST_CALLS = 60
_JAVASCRIPT = re.compile(
    r"(?P<async>\basync\s{1,9})?"
    r"(?:\bfunction\s{1,9}(?P<name>[\w$]+)|(?<=\s)(?P<method>[\w$]{1,80})\s{0,9}\([^;]{0,200}\{\s{0,9}$)"
)
_HEADERS = {
    "python": re.compile(r"(?P<async>\basync\s+)?\bdef\s+(?P<name>\w+)"),
    "javascript": _JAVASCRIPT,
    "typescript": _JAVASCRIPT,
    "tsx": _JAVASCRIPT,
    "rust": re.compile(r"(?P<async>\basync\s+)?(?:\bunsafe\s+)?\bfn\s+(?P<name>\w+)"),
}
_KEYWORDS = frozenset(["if", "for", "while", "switch", "catch", "with", "function", "return"])
_NAMED_FUNCTIONS = frozenset(["function_definition", "function_declaration", "method_definition", "function_item"])
_NESTED_FUNCTIONS = frozenset(
    ["lambda", "arrow_function", "function_expression", "closure_expression", "generator_function", "async_block"]
)
# What is evaluated at another time than the function around, or may not await: an ``await`` in a generator expression
# makes another kind of generator of it.
_OF_THEIR_OWN = frozenset(
    [
        *("generator_function_declaration", "generator_function", "generator_expression"),
        *("class_definition", "class_declaration", "class"),
    ]
)
_CALLS = frozenset(["call", "call_expression"])
_BINDS_CLOSER = frozenset(  # operators that bind closer than ``await``, so they would belong to its operand
    ["attribute", "member_expression", "subscript", "subscript_expression", "non_null_expression", *_CALLS]
)
_STARTERS = re.compile(  # functions that take a coroutine or promise
    r"(?:\b(?:run|gather|wait|wait_for|shield|create_task|ensure_future|run_until_complete|run_coroutine_threadsafe"
    r"|start_soon|all|allSettled|race|any|resolve|spawn|block_on|join|select|timeout)!?\(|\bvoid\s+|\basync\s+for\b)"
)
_CHAINED = re.compile(r"\s*\??\.(?:then|catch|finally|await)\b")
_NEVER_ASYNC = frozenset(["constructor", "main"])  # Rust's main needs an attribute, too
_AWAIT = re.compile(r"(?<![\w.])await\s|\.await\b")


@frozen
class _Function:
    """A function around a position. ``is_async``: it may contain ``await``."""

    node: tree_sitter.Node
    is_async: bool


def awaited_function(context: RuleContext) -> Iterator[LineEdit]:
    """The edits of the calls of a function that one of the newest hunks made ``async``, and of the header of a function
    to which one of them added an ``await``."""
    if not any("async" in line or "await" in line for hunk in context.hunks[:_RECENT_HUNKS] for line in hunk.new):
        return
    tree = context.tree
    header = _HEADERS.get(tree.language.name) if tree is not None else None
    if tree is None or header is None:
        return
    for hunk in context.hunks[:_RECENT_HUNKS]:
        for number, line in enumerate(hunk.new):
            if line not in hunk.old and _AWAIT.search(line) and not any(_AWAIT.search(old) for old in hunk.old):
                yield from _made_async(context, tree, hunk.line + number)
        before = {name for line in hunk.old for name, is_async in _defined(header, line) if not is_async}
        for number, line in enumerate(hunk.new):
            for name, is_async in _defined(header, line):
                if is_async and name in before:
                    yield from _awaited(context, tree, name, hunk.line + number)


def _defined(header: re.Pattern[str], line: str) -> list[tuple[str, bool]]:
    """The names of the functions that are defined on this line, and whether each is ``async``."""
    if len(line) > MOST_LINE_CHARACTERS:
        return []
    found = ((match, match["name"] or match.groupdict().get("method")) for match in header.finditer(line))
    return [(name, bool(match["async"])) for match, name in found if name and name not in _KEYWORDS]


def _made_async(context: RuleContext, tree: SyntaxTree, line: int) -> Iterator[LineEdit]:
    match = _AWAIT.search(context.lines[line])
    point = Point(line, match.start() if match is not None else 0)
    if match is None or context.kind_at(point) != "code":
        return
    function = _function_around(tree, point)
    header = _async_header(context, tree, function) if function is not None and not function.is_async else None
    if header is not None:
        number, new = header
        yield LineEdit(RULE_ID, "await in async", number, number + 1, (new,))


def _awaited(context: RuleContext, tree: SyntaxTree, name: str, defined: int) -> Iterator[LineEdit]:
    """The edits of the calls. Calls in one function are one edit with its header if they are near it."""
    is_member, roles = _is_member(tree, context, defined), IdentifierRoles(context)
    owner = _owner(roles, Point(defined, _column_of(context.lines[defined], name)), name, is_member=is_member)
    receiver = r"(?<![\w.])(?:self|cls|this)\." if is_member else r"(?<![\w.$])"
    word = re.compile(rf"{receiver}{re.escape(name)}\(")
    new_lines: dict[int, str] = {}
    headers: dict[int, int] = {}
    for match in list(word.finditer(context.source))[:_MOST_CALLS]:
        point = context.point_of(match.start())
        line = new_lines.get(point.line, context.lines[point.line])
        if point.line in new_lines or context.kind_at(point) != "code":
            continue
        call = _call_at(tree, point, match.end() - match.start())
        function = _function_around(tree, point)
        if call is None or function is None or _is_passed_on(line, point.column, call, tree):
            continue
        if _owner(roles, point, name, is_member=is_member) != owner:
            continue
        header = None if function.is_async else _async_header(context, tree, function)
        if header is None and not function.is_async:
            continue
        new = _with_await(line, tree, call, point)
        if new is None:
            continue
        new_lines[point.line] = new
        if header is not None:
            headers[point.line] = header[0]
            if header[0] not in context.changed_lines:
                new_lines.setdefault(header[0], header[1])
    yield from _runs(context, name, new_lines, headers)


def _column_of(line: str, name: str) -> int:
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line)
    return found.start() if found is not None else 0


def _owner(roles: IdentifierRoles, point: Point, name: str, *, is_member: bool) -> object:
    """A key that tells apart functions of one name: the class of a member, or the function in which a local one is
    defined."""
    return roles.class_at(point) if is_member else roles.scope_of(point, (name, name))


def _runs(context: RuleContext, name: str, new_lines: dict[int, str], headers: dict[int, int]) -> Iterator[LineEdit]:
    """The edits of calls and headers: a call and the header above it are one edit if they are near each other;
    otherwise the call comes first."""
    done: set[int] = set()
    edits: list[LineEdit] = []
    calls = [line for line in new_lines if line not in headers.values()]
    for line in sorted(calls):
        first = headers.get(line, line)
        if line in done or first in done:
            first = line
        if line - first >= MOST_LINES_AT_ONCE:
            first = line
        done |= {first, line}
        new = tuple(new_lines.get(number, context.lines[number]) for number in range(first, line + 1))
        edits.append(LineEdit(RULE_ID, f"await {name}(…)", first, line + 1, new))
    by_first = {edit.first: edit for edit in edits}
    for first in context.by_distance(list(by_first)):
        yield by_first[first]


def _is_member(tree: SyntaxTree, context: RuleContext, line: int) -> bool:
    text = context.lines[line]
    node = tree.node_at(Point(line, indent_length(text)))
    while node is not None and node.type not in _NAMED_FUNCTIONS:
        node = node.parent
    if node is None or node.type == "method_definition":
        return node is not None
    owner = node.parent
    while owner is not None and owner.type in ("block", "class_body", "decorated_definition", "declaration_list"):
        owner = owner.parent
    return owner is not None and owner.type.startswith(("class", "impl", "trait"))


def _source(tree: SyntaxTree, start_byte: int, end_byte: int) -> str:
    return tree.text.bytes_between(start_byte, end_byte).decode("utf-8", "replace")


def _function_around(tree: SyntaxTree, point: Point) -> _Function | None:
    """The innermost function around the position; ``None`` outside of all function bodies, and in a callback that is
    not ``async``."""
    child, node = None, tree.node_at(point)
    while node is not None:
        if node.type in _OF_THEIR_OWN:
            return None
        if node.type in _NAMED_FUNCTIONS or node.type in _NESTED_FUNCTIONS:
            body = node.child_by_field_name("body")
            if body is not None and (child is None or child.id != body.id):
                return None  # a default, for example
            is_async = node.type == "async_block" or _has_async(node)
            return _Function(node, is_async) if is_async or node.type in _NAMED_FUNCTIONS else None
        child, node = node, node.parent
    return None


def _has_async(node: tree_sitter.Node) -> bool:
    return any(
        child.type == "async" or (child.type == "function_modifiers" and any(c.type == "async" for c in child.children))
        for child in node.children
    )


def _call_at(tree: SyntaxTree, point: Point, length: int) -> tree_sitter.Node | None:
    """The call of which the called name, with its opening parenthesis, is ``length`` characters from ``point``."""
    node = tree.node_at(Point(point.line, point.column + length - 1))
    while node is not None and node.type not in _CALLS:
        node = node.parent
    return node if node is not None and node.start_byte == tree.text.byte_offset(point) else None


def _is_passed_on(line: str, column: int, call: tree_sitter.Node, tree: SyntaxTree) -> bool:
    """Whether the call is awaited already, or its coroutine is used as a value: its members are accessed, or it is an
    argument of a function that starts it."""
    if re.search(r"\bawait\s+\(?$", line[:column]) or _STARTERS.search(line[:column]):
        return True
    end = tree.text.point_at_byte(call.end_byte)
    behind = tree.text.line(end.line)[end.column :]
    if _CHAINED.match(behind):
        return True
    node = call.parent
    while node is not None and node.type not in _NAMED_FUNCTIONS:
        if node.type in _CALLS:
            head = _source(tree, node.start_byte, node.children[0].end_byte)
            if _STARTERS.search(f"{head}("):
                return True
        node = node.parent
    return False


def _with_await(line: str, tree: SyntaxTree, call: tree_sitter.Node, start: Point) -> str | None:
    """The call's first line with ``await``; ``None`` where the call would have to be wrapped over several lines."""
    end = tree.text.point_at_byte(call.end_byte)
    head, tail = line[: start.column], line[start.column :]
    if tree.language.name == "rust":
        return None if end.line != start.line else f"{line[: end.column]}.await{line[end.column :]}"
    parent = call.parent
    is_power = parent is not None and parent.type == "binary_expression" and parent.children[1].type == "**"
    if parent is None or (parent.type not in _BINDS_CLOSER and not is_power):
        return f"{head}await {tail}"
    if parent.children[0].id != call.id:
        return f"{head}await {tail}"
    if end.line != start.line:
        return None
    return f"{head}(await {line[start.column : end.column]}){line[end.column :]}"


def _async_header(context: RuleContext, tree: SyntaxTree, function: _Function) -> tuple[int, str] | None:
    """The line of the function's header, with ``async``; ``None`` for a function that must not be."""
    node = function.node
    name = node.child_by_field_name("name")
    if name is None or node.type not in _NAMED_FUNCTIONS:
        return None
    text = _source(tree, name.start_byte, name.end_byte)
    if text in _NEVER_ASYNC or text.startswith("__") or _is_special(tree, node):
        return None
    keyword = next((child for child in node.children if child.type in ("def", "function", "fn")), name)
    at = tree.text.point_at_byte(keyword.start_byte)
    line = context.lines[at.line]
    new = f"{line[: at.column]}async {line[at.column :]}"
    returns = node.child_by_field_name("return_type")
    if returns is None or tree.language.name not in ("typescript", "tsx"):
        return at.line, new
    first, last = (tree.text.point_at_byte(byte) for byte in (returns.start_byte, returns.end_byte))
    written = _source(tree, returns.start_byte, returns.end_byte)
    kind = written.removeprefix(":").strip()
    if first.line != at.line or last.line != at.line:
        return None
    if kind.startswith("Promise"):
        return at.line, new
    shift = len("async ")
    return at.line, f"{new[: first.column + shift]}: Promise<{kind}>{new[last.column + shift :]}"


def _is_special(tree: SyntaxTree, node: tree_sitter.Node) -> bool:
    """Whether the function is a getter, a setter, a property or a generator; in Rust a trait's method, a test, or one
    with other modifiers, which have an order."""
    if any(child.type in ("get", "set", "*") for child in node.children):
        return True
    decorated = node.parent if node.parent is not None and node.parent.type == "decorated_definition" else None
    if decorated is not None:
        above = _source(tree, decorated.start_byte, node.start_byte)
        if re.search(r"@(?:\w+\.)*(?:property|cached_property|\w+\.setter)\b", above):
            return True
    if node.type == "function_item" and _is_fixed_in_rust(tree, node):
        return True
    body = node.child_by_field_name("body")
    return body is not None and "yield" in _source(tree, body.start_byte, body.end_byte) and _yields(body)


def _is_fixed_in_rust(tree: SyntaxTree, node: tree_sitter.Node) -> bool:
    block = node.parent.parent if node.parent is not None else None
    if block is not None and block.type == "impl_item" and block.child_by_field_name("trait") is not None:
        return True
    if any(child.type == "function_modifiers" for child in node.children):
        return True
    above = node.prev_sibling
    while above is not None and above.type in ("attribute_item", "line_comment", "block_comment"):
        if _source(tree, above.start_byte, above.end_byte) in ("#[test]", "#[bench]"):
            return True
        above = above.prev_sibling
    return False


def _yields(body: tree_sitter.Node) -> bool:
    waiting = [body]
    while waiting:
        for child in waiting.pop().children:
            if child.type in ("yield", "yield_expression"):
                return True
            if child.type not in _NAMED_FUNCTIONS and child.type not in _NESTED_FUNCTIONS:
                waiting.append(child)
    return False
