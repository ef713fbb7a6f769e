"""Starts what a query wants once there is a connection.

One attempt to connect at a time for each endpoint, however many keys come meanwhile: it may mean to ask the user, to
fetch and to load a model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from autothink_lsp.features.completion.endpoint import CompletionEndpoint, Connected
from autothink_lsp.features.completion.ticket import Ticket

Begin = Callable[[Ticket, Connected, CompletionEndpoint], None]


class Connecting:
    """``begin`` sends the request of a ticket that waited, of the newest only; it may find that this has become
    pointless. Belongs to one event loop."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._tasks: dict[CompletionEndpoint, asyncio.Task[None]] = {}
        self._waiting: dict[CompletionEndpoint, Ticket] = {}

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for a connection."""
        return bool(self._waiting)

    def wait(self, ticket: Ticket, endpoint: CompletionEndpoint) -> None:
        """Begin once there is a connection; tell the ticket if there is none to be had."""
        self._waiting[endpoint] = ticket
        if endpoint not in self._tasks:
            self._tasks[endpoint] = asyncio.get_running_loop().create_task(self._connect(endpoint))

    def drop(self, uri: str) -> None:
        """What waits was asked of a text of this document that is gone."""
        for endpoint, ticket in tuple(self._waiting.items()):
            if ticket.uri == uri:
                del self._waiting[endpoint]

    async def aclose(self) -> None:
        """Stop connecting."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connect(self, endpoint: CompletionEndpoint) -> None:
        try:
            connected = await endpoint.connect()
        finally:
            del self._tasks[endpoint]
        ticket = self._waiting.pop(endpoint, None)
        if ticket is None:
            return
        if connected is None:
            ticket.settle("no backend")
        else:
            self._begin(ticket, connected, endpoint)
