"""The server that a role's settings name, as an endpoint. Loads backends: to be imported when they are needed."""

from __future__ import annotations

from typing import Any

from autothink_lsp.backends.endpoint import Endpoint, Timeouts
from autothink_lsp.settings.model import EndpointSettings


def endpoint_of(role: EndpointSettings, timeouts: Timeouts, **more: Any) -> Endpoint:
    """``more`` are fields of ``Endpoint``. Raises ``SettingsError`` for a URL that cannot be one."""
    named = {
        "url": role.url,
        "model": role.model,
        "api_key_env": role.api_key_env,
        "api_key_command": role.api_key_command,
        "api_key_keyring": role.api_key_keyring,
        "timeouts": timeouts,
    }
    return Endpoint(**{**named, **more})
