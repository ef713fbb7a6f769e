"""Asks the editor for signatures of names near a cursor that rests, as context of later suggestions.

At most one request is in flight, and only for a text that has not changed for a moment: language servers have work to
do while the user types.
"""

from __future__ import annotations

import asyncio

from attrs import define, field

from autothink_lsp.context.context_provider import ContextProvider
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.lsp.client import Client
from autothink_lsp.values import Position

REST_S = 0.3


@define(eq=False)
class RestingCursor:
    """The cursor of one client, wherever it is."""

    client: Client
    documents: DocumentStore
    context_provider: ContextProvider
    rest_s: float = REST_S
    _is_asking: bool = field(default=False, init=False)

    def rests(self, uri: str, position: Position) -> None:
        """The cursor has stopped there."""
        if self.client.features.definitions and not self._is_asking:
            self._is_asking = True
            self.client.spawn(self._ask(uri, position), "asking for definitions near the cursor")

    async def _ask(self, uri: str, position: Position) -> None:
        try:
            snapshot = self.documents.snapshot(uri)
            await asyncio.sleep(self.rest_s)
            if snapshot is None or self.documents.snapshot(uri) is not snapshot:
                return
            places = self.context_provider.names_to_ask(snapshot, snapshot.point(position))
            found = await self.client.definitions(snapshot, [point for _, point in places]) if places else ()
            answers = [(places[one.number][0], one.uri, one.signature) for one in found if one.number < len(places)]
            self.context_provider.learn_signatures(uri, answers)
        finally:
            self._is_asking = False
