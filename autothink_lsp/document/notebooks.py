"""Knows which cells make up a notebook and in what order. The cells' texts are ordinary documents of the store."""

from __future__ import annotations

from collections.abc import Iterable


class NotebookStore:
    """The open notebooks. Messages about unknown ones change nothing; ranges outside a notebook are clamped."""

    def __init__(self) -> None:
        self._cells: dict[str, tuple[str, ...]] = {}
        self._notebook_of: dict[str, str] = {}

    def open(self, notebook_uri: str, cell_uris: Iterable[str]) -> None:
        """A notebook was opened with these cells. One that is open already is replaced."""
        self._set(notebook_uri, tuple(cell_uris))

    def change_structure(self, notebook_uri: str, start: int, delete_count: int, cell_uris: Iterable[str]) -> None:
        """Put ``cell_uris`` in place of ``delete_count`` cells from ``start`` on (LSP ``NotebookCellArrayChange``)."""
        cells = self._cells.get(notebook_uri)
        if cells is None:
            return
        start = max(start, 0)
        self._set(notebook_uri, (*cells[:start], *cell_uris, *cells[start + max(delete_count, 0) :]))

    def close(self, notebook_uri: str) -> None:
        """A notebook was closed, and its cells belong to none."""
        self._set(notebook_uri, ())
        self._cells.pop(notebook_uri, None)

    def siblings(self, cell_uri: str) -> tuple[str, ...]:
        """All cells of this cell's notebook in order, itself included; none for a document that is no cell."""
        notebook_uri = self._notebook_of.get(cell_uri)
        return self._cells[notebook_uri] if notebook_uri is not None else ()

    def _set(self, notebook_uri: str, cell_uris: tuple[str, ...]) -> None:
        for uri in self._cells.get(notebook_uri, ()):
            if self._notebook_of.get(uri) == notebook_uri:  # not one that has moved to another notebook
                del self._notebook_of[uri]
        self._cells[notebook_uri] = cell_uris
        for uri in cell_uris:
            self._notebook_of[uri] = notebook_uri
