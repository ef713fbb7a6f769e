"""Completes with the embedded model while the model server of the settings cannot be reached.

Only if ``completion.fallback`` is "embedded" and the model is installed: nothing is downloaded for it. During an outage
a request gets the settings of the embedded engine, so the engine's window, limits and stored suggestions are used, and
not the server's. The server is tried again after its usual pauses and gets the next request once it is back. An error
that does not pass by itself (wrong key, unknown model) is shown, and the embedded model is not used. A while after the
outage the engine is released, unless other settings complete with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from autothink_lsp.errors import AutothinkError
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.settings.model import CompletionSettings, Settings
from autothink_lsp.values import evolve

logger = logging.getLogger(__name__)

# Settings of the server that the embedded engine must not use.
_SERVER_SETTINGS = ("backend", "url", "model", "fim_family", "prompt_order", "allow_http", "requests_per_minute")


async def _keep(_settings: Settings) -> None:
    """Release nothing."""


class EmbeddedFallback:
    """Decides which settings a request is answered with: its own, or those of the embedded engine.

    ``is_installed(settings)`` returns whether the embedded engine can start without a download; by default it cannot.
    ``release`` is called with the embedded engine's settings after the server has been reachable again for
    ``embedded.idle_minutes``. ``minute_s`` is the length of a minute, which tests shorten."""

    def __init__(self, endpoint_for: Callable[[Settings], CompletionEndpoint], minute_s: float = 60.0) -> None:
        self.is_installed: Callable[[Settings], bool] = lambda _settings: False
        self.release: Callable[[Settings], Awaitable[None]] = _keep
        self._endpoint_for = endpoint_for
        self._minute_s = minute_s
        self._outage: tuple[Settings, Settings] | None = None  # the settings, and those that apply instead
        self._tries: dict[CompletionEndpoint, asyncio.Task[object]] = {}
        self._is_embedded_in_use = False  # by settings whose backend is the embedded engine
        self._releasing: asyncio.TimerHandle | None = None
        self._releases: set[asyncio.Task[None]] = set()

    def routed(self, request: CompletionRequest) -> CompletionRequest:
        """The request itself, or the request with the embedded engine's settings while its server cannot be reached."""
        settings = self._settings_for(request.settings)
        return request if settings is request.settings else evolve(request, settings=settings)

    def _settings_for(self, settings: Settings) -> Settings:
        completion = settings.completion
        if completion.backend == "embedded":
            self._is_embedded_in_use = True
            return settings
        if completion.fallback == "off":
            return settings
        endpoint = self._endpoint_for(settings)
        if endpoint.connection is not None or not endpoint.may_return:
            self._end_outage()
            return settings
        is_due = self._try_again(endpoint)
        # A model may have been installed since the server was tried before.
        is_known = (
            self._outage is not None and self._outage[0] is settings and not (is_due and self._outage[1] is settings)
        )
        if self._outage is None or not is_known:
            self._outage = settings, self._instead_of(settings)
        if self._releasing is not None and self._outage[1] is not settings:
            self._releasing.cancel()
            self._releasing = None
        return self._outage[1]

    def _instead_of(self, settings: Settings) -> Settings:
        """The embedded engine's settings; ``settings`` themselves if its model is not installed."""
        own = CompletionSettings()
        embedded = evolve(settings.completion, **{name: getattr(own, name) for name in _SERVER_SETTINGS})
        instead = evolve(settings, completion=embedded)
        return instead if self.is_installed(instead) else settings

    def _try_again(self, endpoint: CompletionEndpoint) -> bool:
        """Connect in the background, unless the latest failure is too recent. Returns whether it was due."""
        if endpoint in self._tries or endpoint.is_paused:
            return False
        task = asyncio.get_running_loop().create_task(endpoint.connect(), name="try the server again")
        self._tries[endpoint] = task
        task.add_done_callback(lambda _: self._tries.pop(endpoint, None))
        return True

    def _end_outage(self) -> None:
        outage, self._outage = self._outage, None
        if outage is not None and outage[0] is not outage[1] and self._releasing is None:
            after_s = outage[1].embedded.idle_minutes * self._minute_s
            self._releasing = asyncio.get_running_loop().call_later(after_s, self._begin_release, outage[1])

    def _begin_release(self, instead: Settings) -> None:
        """Release the engine in a separate task. A new outage cancels the wait before a release, but not the release
        itself, because its engine would then have no owner."""
        self._releasing = None
        if not self._is_embedded_in_use:
            task = asyncio.get_running_loop().create_task(self._release(instead), name="release the fallback's engine")
            self._releases.add(task)
            task.add_done_callback(self._releases.discard)

    async def _release(self, instead: Settings) -> None:
        try:
            await self._endpoint_for(instead).aclose()
            await self.release(instead)
        except AutothinkError as error:
            logger.warning("the engine of completion is not released: %s", error)

    async def aclose(self) -> None:
        """Stop trying. Idempotent."""
        if self._releasing is not None:
            self._releasing.cancel()
        tasks = [*self._tries.values(), *self._releases]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
