"""Runs the queries of a language folder and resolves several captures of one node.

The rule for every ``.scm`` file: of the patterns that match one node, the last one in the file counts. So a general
pattern comes first and its special cases after it. Captures that begin with ``_`` are only used by predicates.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.grammar import Grammar, QueryName
from autothink_lsp.values import frozen

if TYPE_CHECKING:
    import tree_sitter

MOST_CHILDREN_OF_ERROR = 4_000
"""A text that is broken as a whole is one ERROR node with all tokens as its children. A query takes the square of their
number (tree-sitter 0.26: 90 s for 100,000 brackets), and stopping it by its progress callback may end the process."""
_NAMES = frozenset({"name", "import.source", "import.name"})


@frozen
class Captured:
    """A captured node: ``kind`` is the capture (``scope.function``), ``parts`` are the other captured nodes of the
    match."""

    kind: str
    node: tree_sitter.Node
    parts: dict[str, list[tree_sitter.Node]]

    @property
    def names(self) -> list[tree_sitter.Node]:
        """The nodes captured as ``@name``; where there are none, the node's own field ``name``, if that is no keyword.

        tree-sitter takes 150 ms to compile a pattern with such a field of Swift's functions.
        """
        captured_names = self.parts.get("name")
        if captured_names:
            return captured_names
        name = self.node.child_by_field_name("name")
        return [name] if name is not None and name.is_named else []


def captured(
    grammar: Grammar, query_name: QueryName, root: tree_sitter.Node, byte_range: tuple[int, int] | None = None
) -> Iterator[Captured]:
    """Yield each capture of each match of the query once; with ``byte_range`` only for nodes that overlap it.

    Empty if the root is an ERROR node with more than ``MOST_CHILDREN_OF_ERROR`` children.
    """
    import tree_sitter

    if root.is_error and root.child_count > MOST_CHILDREN_OF_ERROR:
        return
    query = grammar.query(query_name)
    if query is None:
        return
    cursor = tree_sitter.QueryCursor(query)
    if byte_range is not None:
        cursor.set_byte_range(*byte_range)
    for _, match in sorted(cursor.matches(root), key=lambda found: found[0]):
        parts = {key: nodes for key, nodes in match.items() if key in _NAMES}
        for kind, nodes in match.items():
            if kind not in _NAMES and not kind.startswith("_"):
                for node in nodes:
                    yield Captured(kind, node, parts)


def text_of(text: Text, nodes: list[tree_sitter.Node]) -> str | None:
    """The source from the first to the last of ``nodes`` on one line; ``None`` if there are none.

    ``text`` is the text from which the tree was parsed: ``Node.text`` would leak (see ``Grammar.parse``).
    """
    if not nodes:
        return None
    data = text.bytes_between(nodes[0].start_byte, nodes[-1].end_byte)
    return " ".join(data.decode("utf-8", "replace").split())
