"""Has the server evaluate the prompt at a place before anybody asks there, so that the first key is not the expensive
one."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.connecting import Connecting
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.model import CompletionQuery
from autothink_lsp.features.completion.scheduler import Runner
from autothink_lsp.settings.model import Settings


@frozen
class Warming:
    """``permitted`` is asked before anything is done; ``gather`` gives the window, or ``None`` where none may be
    sent."""

    runner: Runner
    connecting: Connecting
    endpoint_for: Callable[[Settings], CompletionEndpoint]
    permitted: Callable[[CompletionQuery], bool]
    gather: Callable[[CompletionQuery], CodeContext | None]

    async def warm(self, asked: Callable[[], CompletionQuery | None]) -> None:
        """``asked`` says which place; it is called again once there is a connection, which may be minutes later: the
        document has changed by then, or is closed."""
        query = asked()
        if query is None or not self.permitted(query):
            return
        endpoint = self.endpoint_for(query.settings)
        connected = await endpoint.connect()
        query = asked()
        if connected is None or query is None or self.runner.busy or self.connecting.awaited:
            return
        if not self.permitted(query) or self.endpoint_for(query.settings) is not endpoint:
            return  # the settings are others by now
        context = self.gather(query)
        if context is not None:
            self.runner.begin(query, context, connected, endpoint, warm=True)
