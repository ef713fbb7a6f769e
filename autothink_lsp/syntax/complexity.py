"""Measures the complexity of the function around a place, and classifies the place, for the decision whether to think.

Grammars use similar names for similar nodes (``if_statement``, ``for_expression``, ``while_loop``), so nodes are
classified by the words in their names. With a grammar that uses other names, code counts as simple, which only leads to
a cheaper first attempt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autothink_lsp.syntax.scopes import begins_with, enclosing_scopes
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point, frozen

if TYPE_CHECKING:
    import tree_sitter

_MOST_NODES = 20_000  # about 10 ms
_BRANCHES = frozenset(
    {"if", "elif", "else", "case", "switch", "match", "conditional", "ternary", "catch", "except", "unless", "when"}
)
_LOOPS = frozenset({"for", "while", "loop", "until", "do"})
_NESTS = frozenset({"statement", "expression", "loop"})
_CONCURRENT = frozenset(
    {"await", "async", "go", "select", "yield", "synchronized", "spawn", "send", "receive", "defer"}
)
_CONCURRENT_NAMES = (b"Lock", b"Mutex", b"mutex", b"Thread", b"threading", b"Semaphore", b"atomic", b"chan ")
_PLACES = (
    ("comment", "comment"),
    ("string", "string"),
    ("import", "import"),
    ("ERROR", "error"),
    ("argument", "arguments"),
    ("parameter", "arguments"),
    ("binary", "operator"),
    ("comparison", "condition"),
    ("boolean", "condition"),
    ("condition", "condition"),
    ("for_", "loop"),
    ("while_", "loop"),
    ("except", "handler"),
    ("catch", "handler"),
)


@frozen(kw_only=True)
class Complexity:
    """The complexity of the innermost function around a place; zeros if there is none."""

    lines: int = 0
    branches: int = 0
    loops: int = 0
    nesting: int = 0
    recursive: bool = False
    concurrent: bool = False


def complexity_at(tree: SyntaxTree, point: Point) -> Complexity:
    """Measure the function around ``point``. Visits at most 20,000 nodes."""
    scope = next((one for one in enclosing_scopes(tree, point) if one.kind == "function"), None)
    if scope is None:
        return Complexity()
    first, last = tree.text.byte_offset(scope.start), tree.text.byte_offset(scope.end)
    node = tree.root.descendant_for_byte_range(first, max(first, last - 1)) or tree.root
    branches = loops = deepest = calls = visited = 0
    source = tree.text.bytes_between(node.start_byte, min(node.end_byte, node.start_byte + 200_000))
    concurrent = any(word in source for word in _CONCURRENT_NAMES)
    pending: list[tuple[tree_sitter.Node, int]] = [(node, 0)]
    while pending and visited < _MOST_NODES:
        current, depth = pending.pop()
        visited += 1
        if not current.is_named:
            concurrent |= current.type in {"async", "go", "await"}
            continue
        words = set(current.type.split("_"))
        if words & _BRANCHES and words & (_NESTS | {"clause", "arm"}):
            branches, depth = branches + 1, depth + 1
        elif words & _LOOPS and words & _NESTS:
            loops, depth = loops + 1, depth + 1
        concurrent |= bool(words & _CONCURRENT)
        if "call" in words and scope.name and begins_with(tree.text, current, f"{scope.name}("):
            calls += 1
        deepest = max(deepest, depth)
        pending += [(child, depth) for child in current.children]
    return Complexity(
        lines=scope.end.line - scope.start.line + 1,
        branches=branches,
        loops=loops,
        nesting=deepest,
        recursive=bool(calls),
        concurrent=concurrent,
    )


def place_at(tree: SyntaxTree, point: Point) -> str:
    """The kind of the smallest significant node at ``point``: a value of ``thinking.signals.CursorPlace``."""
    node = tree.node_at(point)
    for _ in range(6):
        if node is None:
            break
        for sign, place in _PLACES:
            if sign in node.type:
                return place
        node = node.parent
    return "code"
