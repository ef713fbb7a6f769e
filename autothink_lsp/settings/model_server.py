"""The settings by which a model server is reached and paid: one declaration for every section that names a server.

``EndpointSettings`` in ``model.py`` (completion and actions) and ``next_edit.py`` extend it.
"""

from __future__ import annotations

from typing import Annotated

from autothink_lsp.settings.spec import Command, Url, VariableName, setting, settings_section
from autothink_lsp.settings.types.scalar import IntegerType, TextType

MODEL_NAME = TextType("a model's name as the server knows it")
KEYRING_ENTRY = TextType('an entry of the system\'s keyring, "SERVICE" or "SERVICE/USER"')


@settings_section
class ModelServerSettings:
    """Where a model server is, which of its models to request, and its API key."""

    url: Url = setting(
        "",
        "URL of the model server. Leave empty for an engine that is started for you.",
        trust="trusted",
        suggested_for="endpoint base_url api_base address server_url",
    )
    model: Annotated[str, MODEL_NAME] = setting(
        "",
        "Name of the model to request. Empty: the model that the server serves.",
        trust="trusted",
        suggested_for="model_name",
    )
    api_key_env: VariableName = setting(
        "",
        "Name of the environment variable that contains the API key. Do not put the key itself in settings.",
        trust="trusted",
        suggested_for="api_key key token",
    )
    api_key_command: Command = setting(
        (),
        "Command that prints the API key, if the variable is not set. Runs in your home folder, without a shell.",
        trust="trusted",
        suggested_for="api_key_cmd",
    )
    api_key_keyring: Annotated[str, KEYRING_ENTRY] = setting(
        "",
        "Entry of the system keyring that contains the API key. Requires the [keyring] extra.",
        trust="trusted",
        suggested_for="keyring",
    )
    allow_http: bool = setting(
        False,
        "Allow unencrypted http to another machine. Your code and API key can be read on the network.",
        trust="trusted",
        suggested_for="insecure",
    )
    requests_per_minute: Annotated[int, IntegerType(0, 6000)] = setting(
        0,
        "Maximum number of requests a minute to the model server, for one that charges by the request. 0: no limit.",
        trust="trusted",
        suggested_for="rate_limit request_per_minute rpm max_requests_per_minute",
    )
