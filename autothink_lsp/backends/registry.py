"""Which backend a setting's name means. To add one: a file beside this, a line here, a row in the contract tests."""

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
        # With a url they are attached to; without one the connector starts them.
        "vllm": OpenAIBackend,
        "transformers": OpenAIBackend,
    }
)
"""The embedded engine is a ``llama-server`` at the address that ``engines/`` gives, with a ``label``."""


def make_backend(name: str, endpoint: Endpoint, factories: Mapping[str, BackendFactory] = FACTORIES) -> Backend:
    """Raises ``SettingsError`` for a name that is not in the table. Opens nothing: the first request does."""
    factory = factories.get(name)
    if factory is None:
        raise SettingsError(f"There is no backend {name!r}.", hint=f"There are {', '.join(sorted(factories))}.")
    return factory(endpoint)
