"""What a piece of code defines, and which lines of it belong to which definition. For comparing an answer with what was
asked."""

from __future__ import annotations

from attrs import frozen

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.syntax.scopes import definitions, imports
from autothink_lsp.syntax.trees import SyntaxTree

_NAMED = frozenset({"function", "method", "class", "type"})


@frozen
class Piece:
    """One definition in some lines of code; ``stop`` is one past its last line. ``outer`` is not inside another."""

    name: str
    first: int
    stop: int
    outer: bool


@frozen
class Outline:
    """All definitions of some code, in order; the lines of its imports; lines that continue a string."""

    pieces: tuple[Piece, ...]
    import_lines: frozenset[int]
    string_lines: frozenset[int]

    @property
    def outer(self) -> tuple[Piece, ...]:
        return tuple(piece for piece in self.pieces if piece.outer)

    def named(self, name: str) -> Piece | None:
        """The outermost definition of that name."""
        return next((piece for piece in self.pieces if piece.name == name), None)


def outline(grammar: Grammar | None, code: str) -> Outline | None:
    """``None`` where there is no grammar, or the code took too long."""
    if grammar is None:
        return None
    prefix = grammar.language.prefix_for(code)
    parsed = grammar.parse_source(prefix + code)
    if parsed is None:
        return None
    tree = SyntaxTree(grammar, parsed, Text.from_str(prefix + code))
    skipped = prefix.count("\n")
    lines = code.split("\n")
    found = definitions(tree, kinds=_NAMED)
    pieces: list[Piece] = []
    around: Piece | None = None  # the last outer one; they do not overlap, and come in order
    for one in found:
        first, stop = one.start.line - skipped, one.end.line - skipped + 1
        outer = around is None or not (around.first <= first and stop <= around.stop)
        pieces.append(Piece(one.name, _with_decorators(lines, first), stop, outer))
        around = pieces[-1] if outer else around
    imported = frozenset(
        line - skipped for one in imports(tree) for line in range(one.start.line, one.end.line + (one.end.column > 0))
    )
    return Outline(tuple(pieces), imported, _string_lines(tree, skipped))


def _with_decorators(lines: list[str], first: int) -> int:
    """Decorators and attributes stand before what some grammars call the definition."""
    while first > 0 and lines[first - 1].lstrip().startswith(("@", "#[")):
        first -= 1
    return first


def _string_lines(tree: SyntaxTree, skipped: int) -> frozenset[int]:
    found: set[int] = set()
    pending = [tree.root]
    while pending:
        node = pending.pop()
        if node.start_point[0] == node.end_point[0]:
            continue
        if "string" in node.type or "heredoc" in node.type or "template" in node.type:
            found.update(range(node.start_point[0] + 1 - skipped, node.end_point[0] + 1 - skipped))
        else:
            pending.extend(node.children)
    return frozenset(found)
