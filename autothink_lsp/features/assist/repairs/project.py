"""Finds names that other open documents define, for imports that a repair adds."""

from __future__ import annotations

from pathlib import PurePosixPath

from attrs import frozen

from autothink_lsp.context.paths import display_path, folder_of
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.assist.actions import AssistRequest
from autothink_lsp.features.assist.repairs.repair import ImportCandidate
from autothink_lsp.syntax.scopes import definitions
from autothink_lsp.syntax.service import Syntax

_MOST_DOCUMENTS = 30


@frozen
class OpenDocumentNames:
    """See ``repair.ProjectNames``. Supports Python modules; files under ``src/`` are imported without that prefix."""

    documents: DocumentStore
    syntax: Syntax

    def find(self, name: str, request: AssistRequest) -> tuple[ImportCandidate, ...]:
        """The modules among the open documents of the same folder that define ``name``; empty for other languages than
        Python."""
        if request.snapshot.language_id != "python":
            return ()
        folder = request.folder.as_uri() if request.folder is not None else None
        found: list[str] = []
        for uri in self.documents.uris()[:_MOST_DOCUMENTS]:
            snapshot = self.documents.snapshot(uri)
            if snapshot is None or uri == request.snapshot.uri or folder_of(uri, [folder] if folder else []) is None:
                continue
            tree = self.syntax.trees.tree(snapshot)
            if tree is None or tree.language.name != "python":
                continue
            if any(one.name == name and one.start.column == 0 for one in definitions(tree)):
                found.append(_module(display_path(uri, folder)))
        return tuple(ImportCandidate(module, name) for module in found)


def _module(path: str) -> str:
    parts = PurePosixPath(path).with_suffix("").parts
    parts = parts[1:] if parts[:1] == ("src",) else parts
    return ".".join(parts[:-1] if parts[-1:] == ("__init__",) else parts)
