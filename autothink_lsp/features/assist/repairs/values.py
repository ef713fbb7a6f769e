"""What a repair without a model is, and what it may know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from attrs import field, frozen

from autothink_lsp.document.text import Text
from autothink_lsp.edits.values import Replacement
from autothink_lsp.features.assist.values import AssistRequest, RenamePlan
from autothink_lsp.syntax.languages import Language
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Diagnostic


@frozen(kw_only=True)
class Repair:
    """A certain edit. ``title`` says what will happen, ``explanation`` what was wrong."""

    replacements: tuple[Replacement, ...]
    title: str
    explanation: str
    rule_id: str
    rename: RenamePlan | None = None


class ProjectNames(Protocol):
    """Where the open documents define a name."""

    def modules_that_define(self, name: str, request: AssistRequest) -> Sequence[str]:
        """Import paths as the language writes them; several where it is not certain."""
        ...


@frozen
class Case:
    """One message about one document."""

    request: AssistRequest
    diagnostic: Diagnostic
    tree: SyntaxTree
    language: Language
    project: ProjectNames | None = field(default=None, repr=False)

    @property
    def text(self) -> Text:
        return self.request.snapshot.text

    @property
    def word(self) -> str:
        """What the message marks."""
        return self.text.between(self.diagnostic.start, self.diagnostic.end)


Maker = Callable[[Case], Repair | None]
