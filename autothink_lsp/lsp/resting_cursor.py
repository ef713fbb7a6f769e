"""Asks the editor for signatures of names near a cursor that rests, as context of later suggestions.

At most one request is in flight, and only for a text that has not changed for a moment: language servers have work to
do while the user types. A cursor that moved on meanwhile is asked for next. A client that does not answer several times
in a row is not asked for a while: language servers answer late until they have read a large project.
"""

from __future__ import annotations

import asyncio
import logging

from attrs import define, field

from autothink_lsp.context.context_provider import ContextProvider
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.lsp.client import Client
from autothink_lsp.values import Position

logger = logging.getLogger(__name__)

REST_S = 0.3
PAUSE_S = 60.0  # after several failures
_MOST_FAILURES = 3  # in a row


@define(eq=False)
class RestingCursor:
    """The cursor of one client, wherever it is."""

    client: Client
    documents: DocumentStore
    context_provider: ContextProvider
    rest_s: float = REST_S
    pause_s: float = PAUSE_S
    _latest: tuple[str, Position] | None = field(default=None, init=False)  # not asked for yet
    _is_asking: bool = field(default=False, init=False)
    _failures: int = field(default=0, init=False)
    _pauses_until_s: float = field(default=0.0, init=False)  # by the event loop's clock

    def rests(self, uri: str, position: Position) -> None:
        """The cursor has stopped there."""
        if not self.client.features.definitions or asyncio.get_running_loop().time() < self._pauses_until_s:
            return
        self._latest = uri, position
        if not self._is_asking:
            self._is_asking = True
            self.client.spawn(self._ask_for_latest(), "asking for definitions near the cursor")

    async def _ask_for_latest(self) -> None:
        try:
            while self._latest is not None:
                place, self._latest = self._latest, None
                await self._ask(*place)
        finally:
            self._is_asking = False

    async def _ask(self, uri: str, position: Position) -> None:
        snapshot = self.documents.snapshot(uri)
        await asyncio.sleep(self.rest_s)
        if self._latest is not None or snapshot is None or self.documents.snapshot(uri) is not snapshot:
            return
        places = self.context_provider.names_to_ask(snapshot, snapshot.point(position))
        if not places:
            return
        found = await self.client.definitions(snapshot, [point for _, point in places])
        if found is None:
            self._failures += 1
            self.context_provider.ask_names_again(uri, [name for name, _ in places])
            if self._failures == _MOST_FAILURES:
                self._failures = 0
                self._pauses_until_s = asyncio.get_running_loop().time() + self.pause_s
                logger.info("the client is not asked for definitions near the cursor for %.0f s", self.pause_s)
            return
        self._failures = 0
        answers = [(places[one.number][0], one.uri, one.signature) for one in found if one.number < len(places)]
        self.context_provider.learn_signatures(uri, answers)
