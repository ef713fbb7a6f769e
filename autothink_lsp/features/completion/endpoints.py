"""One endpoint for each distinct set of settings that lead to a server: folders with the same settings share it."""

from __future__ import annotations

from collections.abc import Callable

from autothink_lsp.features.completion.endpoint import CompletionEndpoint, Connector, EndpointListener
from autothink_lsp.settings.model import Settings


class EndpointPool:
    """Made at first use, closed together."""

    def __init__(self, connector: Connector, listener: EndpointListener, now_ms: Callable[[], float]) -> None:
        self._connector = connector
        self._listener = listener
        self._now_ms = now_ms
        self._endpoints: dict[object, CompletionEndpoint] = {}

    def get(self, settings: Settings) -> CompletionEndpoint:
        """The endpoint of these settings."""
        completion = settings.completion
        # With the embedded engine the address in the settings means nothing, and the other way round.
        where = (
            (settings.embedded,)
            if completion.backend == "embedded"
            else (
                *(completion.url, completion.model, completion.allow_http),
                *(completion.api_key_env, completion.api_key_command, completion.api_key_keyring),
                # An engine of ours is another one with other settings.
                None if completion.url else settings.vllm if completion.backend == "vllm" else settings.transformers,
            )
        )
        key = (completion.backend, completion.fim_family, settings.privacy.redact_for, *where)
        found = self._endpoints.get(key)
        if found is None:
            found = self._endpoints[key] = CompletionEndpoint(settings, self._connector, self._listener, self._now_ms)
        return found

    async def aclose(self) -> None:
        """Close all. Idempotent."""
        endpoints, self._endpoints = list(self._endpoints.values()), {}
        for endpoint in endpoints:
            await endpoint.aclose()
