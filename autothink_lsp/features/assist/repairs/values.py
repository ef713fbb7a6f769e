"""What a repair is and what the rules are given. Values only; which rule answers is for ``service.py``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from autothink_lsp.document.text import Text
from autothink_lsp.edits.values import Replacement
from autothink_lsp.features.assist.values import AssistRequest, RenamePlan
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Diagnostic, Point

if TYPE_CHECKING:
    import tree_sitter


@frozen
class Repair:
    """An edit that needs no model. ``replacements`` are against the request's text; a rename may have none."""

    replacements: tuple[Replacement, ...]
    title: str  # what will happen, one line
    explanation: str  # what was wrong and what was done
    rule_id: str
    rename: RenamePlan | None = None


@frozen
class ImportCandidate:
    """One way to make a name known. ``name`` is None where the module itself is the name (``import numpy as np``)."""

    module: str  # as it is written in the import: a Python module, or "./y" for TypeScript
    name: str | None = None
    alias: str | None = None


class ProjectNames(Protocol):
    """Where the project defines or imports a name; ``project.OpenDocumentNames`` looks at open documents."""

    def find(self, name: str, request: AssistRequest) -> tuple[ImportCandidate, ...]:
        """Every way to import ``name`` into the request's document; empty when the project does not know it."""
        ...


@frozen(kw_only=True)
class Case:
    """One diagnostic of one document, as the rules see it."""

    request: AssistRequest
    diagnostic: Diagnostic
    tree: SyntaxTree = field(repr=False)
    project: ProjectNames | None = None

    @property
    def text(self) -> Text:
        return self.tree.text

    @property
    def language(self) -> str:
        """The language folder's name."""
        return self.tree.language.name

    def node(self, start: Point, end: Point) -> tree_sitter.Node | None:
        """The smallest node that holds the text from ``start`` to ``end``."""
        text = self.text
        return self.tree.root.descendant_for_byte_range(text.byte_offset(start), text.byte_offset(end))

    def replace(self, node: tree_sitter.Node, new_text: str) -> Replacement:
        """``new_text`` for the whole of ``node``."""
        return self.replace_bytes(node.start_byte, node.end_byte, new_text)

    def replace_bytes(self, start: int, end: int, new_text: str) -> Replacement:
        """The same for UTF-8 offsets."""
        return Replacement(self.text.point_at_byte(start), self.text.point_at_byte(end), new_text)


Rule = Callable[[Case], Repair | None]


def source_of(text: Text, node: tree_sitter.Node | None) -> str:
    """What ``text`` says at a node, empty for None. ``Node.text`` would leak (see ``Grammar.parse``)."""
    return text.bytes_between(node.start_byte, node.end_byte).decode("utf-8", "replace") if node is not None else ""
