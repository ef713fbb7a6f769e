"""The other cells of a notebook: one program in several documents."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define

from autothink_lsp.context.snippets import ContextSnippet, Excerpt, SourceQuery
from autothink_lsp.document.notebooks import NotebookStore
from autothink_lsp.document.store import DocumentStore

NAME = "notebook"
_MOST_CELLS = 12
_MOST_LINES = 40


@define(eq=False)
class NotebookCells:
    """Keeps no state."""

    notebooks: NotebookStore
    documents: DocumentStore

    def snippets(self, query: SourceQuery) -> Iterator[ContextSnippet]:
        """The cells before this one that have its language, nearest first."""
        cells = self.notebooks.siblings(query.uri)
        if query.uri not in cells:
            return
        here = cells.index(query.uri)
        for number in range(here - 1, max(-1, here - 1 - _MOST_CELLS), -1):
            cell = self.documents.snapshot(cells[number])
            if cell is None or cell.language_id != query.snapshot.language_id:
                continue
            first = max(0, cell.text.line_count - _MOST_LINES)
            lines = cell.text.lines(first, cell.text.line_count)
            code = "\n".join(lines).strip("\n")
            if code.strip():
                excerpt = Excerpt.of(cell.text, first, cell.text.line_count)
                reason = f"cell {here - number} before this one"
                yield ContextSnippet(NAME, query.path, code, reason, cells[number], excerpts=(excerpt,))
