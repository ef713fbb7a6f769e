"""Document synchronisation: ``textDocument/did…``, ``notebookDocument/did…`` and workspace folders, without LSP types.

pygls handles these messages in its protocol class, which keeps a workspace of its own. ``protocol.py`` replaces those
handlers and passes the messages on to a ``DocumentSync``. Notebook cells are documents like any other, kept in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from lsprotocol import types

from autothink_lsp.lsp.convert import content_changes

if TYPE_CHECKING:
    from autothink_lsp.document.snapshot import ContentChange


class DocumentSync(Protocol):
    """Receives documents, notebooks and workspace folders. Positions are in the units of the client."""

    def did_open(self, uri: str, language_id: str, version: int, text: str) -> None:
        """A document was opened."""
        ...

    def did_change(self, uri: str, version: int | None, changes: Sequence[ContentChange]) -> None:
        """A document was changed. Each change applies to the text after the previous one. ``version`` is ``None`` if
        the client sent none."""
        ...

    def did_close(self, uri: str) -> None:
        """A document was closed."""
        ...

    def did_lose_change(self, uri: str) -> None:
        """A change could not be parsed, so the document's text is unknown until it is opened again."""
        ...

    def did_open_notebook(self, uri: str, cells: Sequence[str]) -> None:
        """A notebook with these cells (URIs, in order) was opened. The cells are opened as documents as well."""
        ...

    def did_change_cells(self, uri: str, start: int, delete_count: int, cells: Sequence[str]) -> None:
        """``delete_count`` cells from index ``start`` on were replaced by ``cells``."""
        ...

    def did_close_notebook(self, uri: str) -> None:
        """A notebook was closed. Its cells are closed as documents as well."""
        ...

    def did_change_folders(self, *, added: Sequence[str], removed: Sequence[str]) -> None:
        """Workspace folders (URIs) were added and removed."""
        ...


def open_notebook(sync: DocumentSync, params: types.DidOpenNotebookDocumentParams) -> None:
    """Open a notebook and each of its cells."""
    sync.did_open_notebook(params.notebook_document.uri, [cell.document for cell in params.notebook_document.cells])
    for document in params.cell_text_documents:
        sync.did_open(document.uri, document.language_id, document.version, document.text)


def change_notebook(sync: DocumentSync, params: types.DidChangeNotebookDocumentParams) -> None:
    """Apply the change of the structure first, then those of the texts, as LSP orders them."""
    cells = params.change.cells
    if cells is None:
        return
    if cells.structure is not None:
        array = cells.structure.array
        new_cells = [cell.document for cell in array.cells or ()]
        sync.did_change_cells(params.notebook_document.uri, array.start, array.delete_count, new_cells)
        for document in cells.structure.did_open or ():
            sync.did_open(document.uri, document.language_id, document.version, document.text)
        for closed in cells.structure.did_close or ():
            sync.did_close(closed.uri)
    for change in cells.text_content or ():
        sync.did_change(change.document.uri, change.document.version, content_changes(change.changes))


def close_notebook(sync: DocumentSync, params: types.DidCloseNotebookDocumentParams) -> None:
    """Close a notebook and the cells that the client names, which are all of them (LSP 3.18)."""
    sync.did_close_notebook(params.notebook_document.uri)
    for cell in params.cell_text_documents:
        sync.did_close(cell.uri)
