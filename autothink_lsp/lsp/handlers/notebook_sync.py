"""``notebookDocument/didOpen``, ``didChange``, ``didClose``: cells are documents like any other, kept in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from autothink_lsp.lsp.convert import content_changes

if TYPE_CHECKING:
    from autothink_lsp.lsp.session import Session


def did_open(session: Session, params: types.DidOpenNotebookDocumentParams) -> None:
    """Open every cell."""
    session.notebooks.open(params.notebook_document.uri, [cell.document for cell in params.notebook_document.cells])
    for document in params.cell_text_documents:
        session.did_open(document.uri, document.language_id, document.version, document.text)


def did_change(session: Session, params: types.DidChangeNotebookDocumentParams) -> None:
    """Structure first, then the texts, as LSP orders them."""
    cells = params.change.cells
    if cells is None:
        return
    if cells.structure is not None:
        array = cells.structure.array
        session.notebooks.change_structure(
            params.notebook_document.uri,
            array.start,
            array.delete_count,
            [cell.document for cell in array.cells or ()],
        )
        for document in cells.structure.did_open or ():
            session.did_open(document.uri, document.language_id, document.version, document.text)
        for closed in cells.structure.did_close or ():
            session.documents.close(closed.uri)
    for change in cells.text_content or ():
        session.documents.change(change.document.uri, change.document.version, content_changes(change.changes))


def did_close(session: Session, params: types.DidCloseNotebookDocumentParams) -> None:
    """Close the cells that the client names, which are all of them (LSP 3.18, ``DidCloseNotebookDocumentParams``)."""
    session.notebooks.close(params.notebook_document.uri)
    for cell in params.cell_text_documents:
        session.documents.close(cell.uri)
