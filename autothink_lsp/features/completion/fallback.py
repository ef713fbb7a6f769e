"""Completes with the embedded model while the model server of the settings cannot be reached.

Only if ``completion.fallback`` is "embedded" and the model is installed: nothing is downloaded for it. During an outage
a request gets the settings of the embedded engine, so the engine's window, limits and stored suggestions are used, and
not the server's. The server is tried again after its usual pauses and gets the next request once it is back. An error
that does not pass by itself (wrong key, unknown model) is shown, and the embedded model is not used.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from attrs import evolve

from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.settings.model import CompletionSettings, Settings

# Settings of the server that the embedded engine must not use.
_SERVER_SETTINGS = ("backend", "url", "model", "fim_family", "prompt_order", "allow_http")


class EmbeddedFallback:
    """Decides by which settings a request is answered. ``is_installed`` tells whether the embedded engine of the given
    settings can start without a download; by default it cannot."""

    def __init__(self, endpoint_for: Callable[[Settings], CompletionEndpoint]) -> None:
        self.is_installed: Callable[[Settings], bool] = lambda _settings: False
        self._endpoint_for = endpoint_for
        self._outage: tuple[Settings, Settings] | None = None  # the settings, and those that apply instead
        self._tries: dict[CompletionEndpoint, asyncio.Task[object]] = {}

    def routed(self, request: CompletionRequest) -> CompletionRequest:
        """The request; with the embedded engine's settings while its server cannot be reached."""
        settings = self._settings_for(request.settings)
        return request if settings is request.settings else evolve(request, settings=settings)

    def _settings_for(self, settings: Settings) -> Settings:
        completion = settings.completion
        if completion.fallback == "off" or completion.backend == "embedded":
            return settings
        endpoint = self._endpoint_for(settings)
        if endpoint.connection is not None or not endpoint.may_return:
            self._outage = None
            return settings
        self._try_again(endpoint)
        if self._outage is None or self._outage[0] is not settings:
            own = CompletionSettings()
            embedded = evolve(completion, **{name: getattr(own, name) for name in _SERVER_SETTINGS})
            instead = evolve(settings, completion=embedded)
            self._outage = settings, instead if self.is_installed(instead) else settings
        return self._outage[1]

    def _try_again(self, endpoint: CompletionEndpoint) -> None:
        if endpoint not in self._tries and not endpoint.is_paused:
            task = asyncio.get_running_loop().create_task(endpoint.connect(), name="try the server again")
            self._tries[endpoint] = task
            task.add_done_callback(lambda _: self._tries.pop(endpoint, None))

    async def aclose(self) -> None:
        """Stop trying. Idempotent."""
        tasks = list(self._tries.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
