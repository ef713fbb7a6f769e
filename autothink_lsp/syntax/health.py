"""Counts the errors of a source, as a number that can be compared between variants of the same text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autothink_lsp.syntax.captures import captured
from autothink_lsp.syntax.grammar import PARSE_LIMIT_MS, Grammar

if TYPE_CHECKING:
    import tree_sitter


def error_count(grammar: Grammar | None, source: str, *, limit_ms: float = PARSE_LIMIT_MS) -> int | None:
    """The errors in ``source`` parsed on its own; 0 if it parses, ``None`` without a grammar or if parsing took too
    long.

    Counted are nodes that tree-sitter inserted (MISSING nodes, 1 each), text that it skipped (ERROR nodes, 1 and one
    more for each token or subtree inside: more skipped text means more errors) and additional captures of the
    language's ``errors.scm``.
    """
    if grammar is None:
        return None
    tree = grammar.parse_source(grammar.language.prefix_for(source) + source, limit_ms=limit_ms)
    return None if tree is None else tree_error_count(grammar, tree)


def tree_error_count(grammar: Grammar, tree: tree_sitter.Tree) -> int:
    """The same for a tree. Visits only subtrees with an error."""
    count = 0
    pending = [tree.root_node]
    while pending:
        node = pending.pop()
        if node.is_missing:
            count += 1
        elif node.has_error:
            if node.is_error:
                count += 1 + node.child_count
            pending.extend(node.children)
    return count + sum(1 for _ in captured(grammar, "errors", tree.root_node))
