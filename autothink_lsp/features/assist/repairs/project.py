"""Finds names that other open documents define, for imports that a repair adds."""

from __future__ import annotations

from pathlib import PurePosixPath

from attrs import frozen

from autothink_lsp.context.paths import display_path, folder_of
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.document.text import Text
from autothink_lsp.features.assist.actions import AssistRequest
from autothink_lsp.features.assist.repairs.repair import ImportCandidate, ProjectNames
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.syntax.scopes import definitions
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.syntax.trees import MAX_PARSE_BYTES, SyntaxTree

_MOST_DOCUMENTS = 30


@frozen
class OpenDocumentNames:
    """Finds names in the editor's open documents. For the event loop's thread only."""

    documents: DocumentStore
    syntax: Syntax

    def at_present(self, request: AssistRequest) -> ProjectNames:
        """The other open documents of the request's folder as they are now, which another thread may search. Supports
        Python; without documents for other languages."""
        if request.snapshot.language_id != "python":
            return _DocumentNames((), None)
        folder = request.folder.as_uri() if request.folder is not None else None
        found: list[tuple[str, Text, SyntaxTree | None]] = []
        for uri in self.documents.uris()[:_MOST_DOCUMENTS]:
            snapshot = self.documents.snapshot(uri)
            if snapshot is None or uri == request.snapshot.uri or folder_of(uri, [folder] if folder else []) is None:
                continue
            language = self.syntax.language(snapshot)
            if language is not None and language.name == "python":
                ready = self.syntax.trees.ready_tree(snapshot)
                found.append((display_path(uri, folder), snapshot.text, ready))
        grammar = self.syntax.grammars.load(self.syntax.language(request.snapshot))
        return _DocumentNames(tuple(found), grammar.for_other_thread() if grammar is not None else None)


@frozen
class _DocumentNames:
    """See ``repair.ProjectNames``: modules of Python; files under ``src/`` are imported without that prefix."""

    documents: tuple[tuple[str, Text, SyntaxTree | None], ...]  # path, text, and its tree if there was one
    grammar: Grammar | None

    def find(self, name: str, request: AssistRequest) -> tuple[ImportCandidate, ...]:
        """The modules that define ``name``."""
        return tuple(
            ImportCandidate(_module(path), name)
            for path, text, ready in self.documents
            if (tree := ready or self._parsed(text)) is not None
            and any(one.name == name and one.start.column == 0 for one in definitions(tree))
        )

    def _parsed(self, text: Text) -> SyntaxTree | None:
        if self.grammar is None or text.byte_length > MAX_PARSE_BYTES:
            return None
        tree = self.grammar.parse(text.read_bytes)
        return SyntaxTree(self.grammar, tree, text) if tree is not None else None


def _module(path: str) -> str:
    parts = PurePosixPath(path).with_suffix("").parts
    parts = parts[1:] if parts[:1] == ("src",) else parts
    return ".".join(parts[:-1] if parts[-1:] == ("__init__",) else parts)
