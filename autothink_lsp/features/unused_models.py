"""Closes the connections and stops the engines that no folder's settings name any more, after a change of settings.

The engine of next edits is stopped at once, because nothing else needs it. The other connections are closed later, when
the requests that were sent under the earlier settings have ended: a closed connection would end them with an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from attrs import define, field

if TYPE_CHECKING:
    from autothink_lsp.features.embedded import EmbeddedModels
    from autothink_lsp.features.endpoints import EndpointPool
    from autothink_lsp.features.model_servers import ModelServers
    from autothink_lsp.features.next_edit.models import NextEditModels
    from autothink_lsp.settings.model import Settings

CLOSE_AFTER_S = 10.0  # longer than a suggestion takes


class Actions(Protocol):
    """The assistant, which may not be built yet."""

    @property
    def endpoints(self) -> EndpointPool[Any] | None: ...

    def is_acting(self) -> bool: ...


@define(eq=False)
class UnusedModels:
    """``settings`` returns those of all folders."""

    settings: Callable[[], Sequence[Settings]]
    completion: EndpointPool[Any]
    actions: Actions
    next_edits: NextEditModels
    embedded: EmbeddedModels
    servers: ModelServers
    close_after_s: float = CLOSE_AFTER_S
    _is_waiting: bool = field(default=False, init=False)

    async def close(self) -> None:
        """Close what the settings do not name. A second call while the first one waits is covered by it."""
        await self.next_edits.close_unused(self.settings())
        if self._is_waiting:
            return
        self._is_waiting = True
        try:
            while True:
                await asyncio.sleep(self.close_after_s)
                if not self.actions.is_acting():
                    break
        finally:
            self._is_waiting = False
        # Settings may change back while something is closed.
        for pool in (self.completion, self.actions.endpoints):
            if pool is not None:
                await pool.close_others(self.settings())
        await self.embedded.close_unused(self.settings())
        await self.servers.close_unused(self.settings())
