"""Where the user was last, in the text as it is now. Kept for what is done without a request of the editor."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, evolve, field

from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.features.completion.model import CompletionQuery


@define
class LastPlace:
    """``query`` is ``None`` before the first one, and when its document is closed."""

    query: CompletionQuery | None = field(default=None, init=False)

    def asked(self, query: CompletionQuery) -> None:
        """The editor asked here."""
        self.query = query

    def did_change(self, snapshot: Snapshot, changes: Sequence[Change]) -> None:
        """The cursor is likely behind the newest edit."""
        query = self.query
        if query is not None and query.snapshot.uri == snapshot.uri and changes:
            self.query = evolve(query, snapshot=snapshot, point=changes[-1].new_end)

    def did_close(self, uri: str) -> None:
        """There is no such place any more."""
        if self.query is not None and self.query.snapshot.uri == uri:
            self.query = None
