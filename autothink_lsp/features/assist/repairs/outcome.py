"""What a text becomes with some replacements, and how many errors it then has. Parses only what changed."""

from __future__ import annotations

from collections.abc import Sequence

from autothink_lsp.document.text import Text
from autothink_lsp.edits.values import Replacement
from autothink_lsp.syntax.health import tree_error_count
from autothink_lsp.syntax.trees import RECHECK_BYTES, SyntaxTree

_LIMIT_MS = 100.0  # a bound: 10,000 lines of Python take 15 to 25 ms, 1,000 lines 2


def applied(text: Text, replacements: Sequence[Replacement]) -> Text:
    """The text with all replacements, which are in its order and do not overlap."""
    for one in reversed(replacements):
        text = text.replace(one.start, one.end, one.new_text)
    return text


def errors_of(tree: SyntaxTree) -> int:
    """Errors of the text as it is."""
    return tree_error_count(tree.grammar, tree.tree)


def errors_with(tree: SyntaxTree, replacements: Sequence[Replacement]) -> int | None:
    """Errors of the text with the replacements; None when it took too long to parse."""
    old, text = tree.tree.copy(), tree.text
    for one in reversed(replacements):
        start, end = text.place(one.start), text.place(one.end)
        after = text.replace(one.start, one.end, one.new_text)
        stop = after.place_at_offset(start.offset + len(one.new_text))
        old.edit(
            *(start.byte, end.byte, stop.byte),
            *(text.row_and_byte_column(start), text.row_and_byte_column(end), after.row_and_byte_column(stop)),
        )
        text = after
    parsed = tree.grammar.parse(text.read_bytes, old, limit_ms=_LIMIT_MS)
    if parsed is not None and parsed.root_node.has_error and text.byte_length <= RECHECK_BYTES:
        parsed = tree.grammar.parse(text.read_bytes, limit_ms=_LIMIT_MS)  # some grammars reuse an old tree wrongly
    return None if parsed is None else tree_error_count(tree.grammar, parsed)
