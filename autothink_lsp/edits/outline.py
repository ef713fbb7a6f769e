"""The definitions in code, with their lines. Used to compare an answer with the asked code."""

from __future__ import annotations

from functools import lru_cache

from attrs import frozen

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.syntax.scopes import definitions, imports
from autothink_lsp.syntax.trees import SyntaxTree

_NAMED = frozenset({"function", "method", "class", "type"})


@frozen
class OutlineItem:
    """One definition; ``stop`` is one past its last line. ``outer``: it is not inside another definition."""

    name: str
    first: int
    stop: int
    outer: bool


@frozen
class Outline:
    """All definitions of some code in order, and the lines of its imports."""

    items: tuple[OutlineItem, ...]
    import_lines: frozenset[int]

    @property
    def outer(self) -> tuple[OutlineItem, ...]:
        """The definitions that are not inside another one."""
        return tuple(piece for piece in self.items if piece.outer)

    def named(self, name: str) -> OutlineItem | None:
        """The outermost definition with that name."""
        return next((piece for piece in self.items if piece.name == name), None)


# The steps of one edit read the same three texts: the piece, the answer, the rest of the document.
@lru_cache(maxsize=6)
def outline(grammar: Grammar | None, code: str) -> Outline | None:
    """The outline of ``code``; ``None`` without a grammar, or if parsing took too long."""
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
    pieces: list[OutlineItem] = []
    around: OutlineItem | None = None  # the last outer one; outer definitions do not overlap and are in order
    for one in found:
        first, stop = one.start.line - skipped, one.end.line - skipped + 1
        outer = around is None or not (around.first <= first and stop <= around.stop)
        pieces.append(OutlineItem(one.name, _with_decorators(lines, first), stop, outer))
        around = pieces[-1] if outer else around
    imported = frozenset(
        line - skipped for one in imports(tree) for line in range(one.start.line, one.end.line + (one.end.column > 0))
    )
    return Outline(tuple(pieces), imported)


def _with_decorators(lines: list[str], first: int) -> int:
    """The first line including decorators and attributes, which some grammars do not include in the definition."""
    while first > 0 and lines[first - 1].lstrip().startswith(("@", "#[")):
        first -= 1
    return first
