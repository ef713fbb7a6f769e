"""The model behind completion: found, asked once what it is, watched, and given up on politely.

Settings name a backend; a ``Connector`` (built by ``app.py``) turns them into an address, which for the embedded engine
means starting it. The endpoint asks the server's vocabulary which FIM family it speaks, keeps the answer, and when
something fails it tells the listener *once*, answers nothing for a while, and tries again by itself with growing
pauses: a dead backend costs the user suggestions, never the session, and its return is noticed without a restart.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from attrs import frozen

from autothink_lsp.backends.base import Backend
from autothink_lsp.errors import AutothinkError, BackendError
from autothink_lsp.features.completion.answer_times import LatencyTracker
from autothink_lsp.features.completion.reading import PromptThroughput
from autothink_lsp.prompt.detect import FamilyChoice, choose, markers
from autothink_lsp.settings.model import Settings

logger = logging.getLogger(__name__)

FIRST_PAUSE_MS = 500.0
LONGEST_PAUSE_MS = 30_000.0
# What may be over by itself at any moment (nobody listens, the server is loading) is noticed two seconds later at most.
# One request in two seconds, and only while somebody types, is no burden to a server that is in trouble.
LONGEST_PAUSE_OF_OUTAGE_MS = 2_000.0
LONGEST_WISH_MS = 600_000.0


@frozen
class Connected:
    """A backend that answered, and the prompt layout that fits its vocabulary."""

    backend: Backend
    choice: FamilyChoice
    model: str
    context_tokens: int | None


class Connector(Protocol):
    """Turns settings into a backend; may start an engine, ask the user, or download. Raises ``AutothinkError``."""

    async def __call__(self, settings: Settings) -> Backend: ...


class EndpointListener(Protocol):
    """Hears of changes that a user would want to see; each problem once, however many keys run into it."""

    def endpoint_ready(self, connected: Connected) -> None: ...

    def endpoint_failed(self, error: AutothinkError) -> None: ...

    def endpoint_recovered(self) -> None: ...


class CompletionEndpoint:
    """One endpoint for one set of endpoint settings. All times in milliseconds of ``now_ms``."""

    def __init__(
        self, settings: Settings, connector: Connector, listener: EndpointListener, now_ms: Callable[[], float]
    ) -> None:
        self.answer_times = LatencyTracker()
        self.reading = PromptThroughput()
        self._settings = settings
        self._connector = connector
        self._listener = listener
        self._now_ms = now_ms
        self._connected: Connected | None = None
        self._connecting: asyncio.Task[Connected | None] | None = None
        self._told: set[str] = set()  # since it worked last
        self._may_return = False
        self._pause_ms = 0.0
        self._retry_at_ms = 0.0

    @property
    def connected(self) -> Connected | None:
        """The connection if there is one now."""
        return self._connected

    @property
    def may_return(self) -> bool:
        """Whether the latest failure may be over without anybody's doing."""
        return self._may_return

    async def connect(self) -> Connected | None:
        """The connection, made if need be; ``None`` while the endpoint is down. Never raises an error of ours.

        Cancelling the caller does not stop the connecting: it is worth having for the next key.
        """
        if self._connected is not None:
            return self._connected
        if self._connecting is None:
            if self._now_ms() < self._retry_at_ms:
                return None
            self._connecting = asyncio.create_task(self._connect(), name="connect completion endpoint")
        return await asyncio.shield(self._connecting)

    def failed(self, error: AutothinkError) -> None:
        """A request failed: tell it once, pause, and have the next connect look again who is there."""
        backend = self._connected.backend if self._connected else None
        self._connected = None
        self._may_return = _may_be_over(error)
        longest_ms = LONGEST_PAUSE_OF_OUTAGE_MS if self._may_return else LONGEST_PAUSE_MS
        self._pause_ms = min(longest_ms, max(FIRST_PAUSE_MS, self._pause_ms * 2))
        wish_s = getattr(error, "retry_after_s", None)
        pause_ms = max(self._pause_ms, min(LONGEST_WISH_MS, (wish_s or 0.0) * 1_000))
        self._retry_at_ms = self._now_ms() + pause_ms
        logger.info("completion endpoint: %s; next try in %.0f ms", error.for_user(), pause_ms)
        if backend is not None:
            asyncio.get_running_loop().create_task(backend.aclose())
        if error.message not in self._told:
            self._told.add(error.message)
            self._listener.endpoint_failed(error)

    def worked(self) -> None:
        """A request got its answer: whatever was wrong is over."""
        self._pause_ms = 0.0
        if self._told:
            self._told.clear()
            self._listener.endpoint_recovered()

    async def aclose(self) -> None:
        """Stop connecting and close the pool. Idempotent."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._connected is not None:
            await self._connected.backend.aclose()
            self._connected = None

    async def _connect(self) -> Connected | None:
        try:
            backend = await self._connector(self._settings)
            try:
                connected = await self._identify(backend)
            except BaseException:
                await backend.aclose()
                raise
        except AutothinkError as error:
            self.failed(error)
            return None
        finally:
            self._connecting = None
        self._connected = connected
        self.reading.context_tokens = connected.context_tokens
        self._listener.endpoint_ready(connected)
        return connected

    async def _identify(self, backend: Backend) -> Connected:
        completion = self._settings.completion
        description = await backend.describe()
        counts = await backend.token_counts(markers())
        model = completion.model or description.model or ""
        choice = choose(counts, model, "" if completion.fim_family == "auto" else completion.fim_family)
        logger.info("completion endpoint ready: %s, %s", description.server, choice.reason)
        return Connected(backend, choice, model, description.context_tokens)


def _may_be_over(error: AutothinkError) -> bool:
    """Whether nobody has to change anything for it to end."""
    return isinstance(error, BackendError) and error.retryable
