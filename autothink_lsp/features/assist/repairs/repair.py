"""A repair, and the input of a rule. Values only; `rules.py` decides which rule applies."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.actions import AssistRequest, RenamePlan
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Diagnostic, Point

if TYPE_CHECKING:
    import tree_sitter


@frozen
class Repair:
    """An edit that needs no model. ``replacements`` refer to the request's text; a rename may have none."""

    replacements: tuple[Replacement, ...]
    title: str  # the edit in one line
    explanation: str  # the mistake and its correction
    rule_id: str
    rename: RenamePlan | None = None


@frozen
class ImportCandidate:
    """One import that defines a name. ``name`` is ``None`` if the module itself is the name (``import numpy as
    np``)."""

    module: str  # as written in the import: a Python module, or "./y" for TypeScript
    name: str | None = None
    alias: str | None = None


class RepairStopped(Exception):
    """The search for a repair ends without a result: its action was cancelled, or its time is over."""


class ProjectNames(Protocol):
    """Finds definitions of a name in the project; ``project.OpenDocumentNames`` searches open documents."""

    def find(self, name: str, request: AssistRequest) -> tuple[ImportCandidate, ...]:
        """All imports that make ``name`` available in the request's document; empty if there are none."""
        ...


@frozen(kw_only=True)
class RepairContext:
    """One diagnostic of one document, the input of a rule."""

    request: AssistRequest
    diagnostic: Diagnostic
    tree: SyntaxTree = field(repr=False)
    project: ProjectNames | None = None
    check_stop: Callable[[], None] = field(default=lambda: None, repr=False)  # raises ``RepairStopped``

    @property
    def text(self) -> Text:
        """The document's text."""
        return self.tree.text

    @property
    def language(self) -> str:
        """The language folder's name."""
        return self.tree.language.name

    def node(self, start: Point, end: Point) -> tree_sitter.Node | None:
        """The smallest node that contains the text from ``start`` to ``end``."""
        text = self.text
        return self.tree.root.descendant_for_byte_range(text.byte_offset(start), text.byte_offset(end))

    def replace(self, node: tree_sitter.Node, new_text: str) -> Replacement:
        """A replacement of the whole ``node`` by ``new_text``."""
        return self.replace_bytes(node.start_byte, node.end_byte, new_text)

    def replace_bytes(self, start: int, end: int, new_text: str) -> Replacement:
        """A replacement of the UTF-8 offsets ``start`` to ``end`` by ``new_text``."""
        return Replacement(self.text.point_at_byte(start), self.text.point_at_byte(end), new_text)


Rule = Callable[[RepairContext], Repair | None]


def source_of(text: Text, node: tree_sitter.Node | None) -> str:
    """The text of ``node``, empty for ``None``. ``Node.text`` would leak memory (see ``Grammar.parse``)."""
    return text.bytes_between(node.start_byte, node.end_byte).decode("utf-8", "replace") if node is not None else ""
