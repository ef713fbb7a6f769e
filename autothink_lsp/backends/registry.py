"""Maps backend names in the settings to their classes. To add a backend: a file beside this one, a line here, a row in
the contract tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from autothink_lsp.backends.base import Backend
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.llama_server import LlamaServerBackend
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.errors import SettingsError

BackendFactory = Callable[[Endpoint], Backend]

FACTORIES: Mapping[str, BackendFactory] = MappingProxyType(
    {
        "openai": OpenAIBackend,
        "llama-server": LlamaServerBackend,
        # With a URL, a running server is used; without one, the connector starts it.
        "vllm": OpenAIBackend,
        "transformers": OpenAIBackend,
    }
)
"""The embedded engine is a ``llama-server`` at the address that ``engines/`` gives, with a ``label``."""


def make_backend(name: str, endpoint: Endpoint, factories: Mapping[str, BackendFactory] = FACTORIES) -> Backend:
    """Make the backend with this name. Opens no connection: the first request does. Raises ``SettingsError`` for an
    unknown name."""
    factory = factories.get(name)
    if factory is None:
        raise SettingsError(f"Unknown backend {name!r}.", hint=f"Valid names: {', '.join(sorted(factories))}.")
    return factory(endpoint)
