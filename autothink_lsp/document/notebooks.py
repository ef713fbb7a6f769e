"""Keeps the cells of each open notebook in order. The texts of cells are ordinary documents of the store."""

from __future__ import annotations

from collections.abc import Iterable


class NotebookStore:
    """The open notebooks. Messages about unknown notebooks change nothing; ranges outside a notebook are clamped."""

    def __init__(self) -> None:
        self._cells: dict[str, tuple[str, ...]] = {}
        self._notebook_of: dict[str, str] = {}

    def open(self, notebook_uri: str, cell_uris: Iterable[str]) -> None:
        """Add a notebook with these cells; replace it if it is already open."""
        self._set(notebook_uri, tuple(cell_uris))

    def change_structure(self, notebook_uri: str, start: int, delete_count: int, cell_uris: Iterable[str]) -> None:
        """Put ``cell_uris`` in place of ``delete_count`` cells from ``start`` on (LSP ``NotebookCellArrayChange``)."""
        cells = self._cells.get(notebook_uri)
        if cells is None:
            return
        start = max(start, 0)
        self._set(notebook_uri, (*cells[:start], *cell_uris, *cells[start + max(delete_count, 0) :]))

    def close(self, notebook_uri: str) -> None:
        """Remove a notebook; its cells then belong to no notebook."""
        self._set(notebook_uri, ())
        self._cells.pop(notebook_uri, None)

    def siblings(self, cell_uri: str) -> tuple[str, ...]:
        """All cells of this cell's notebook in order, including this one; empty for a document that is not a cell."""
        notebook_uri = self._notebook_of.get(cell_uri)
        return self._cells[notebook_uri] if notebook_uri is not None else ()

    def _set(self, notebook_uri: str, cell_uris: tuple[str, ...]) -> None:
        for uri in self._cells.get(notebook_uri, ()):
            if self._notebook_of.get(uri) == notebook_uri:  # not one that has moved to another notebook
                del self._notebook_of[uri]
        self._cells[notebook_uri] = cell_uris
        for uri in cell_uris:
            self._notebook_of[uri] = notebook_uri
