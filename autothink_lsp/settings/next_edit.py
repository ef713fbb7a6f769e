"""The settings of next edits. See ``model.py``, which has the whole tree."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Literal

from autothink_lsp.settings.spec import Command, LanguageSwitches, Url, VariableName, setting, settings_section
from autothink_lsp.settings.types.collection import is_on
from autothink_lsp.settings.types.scalar import IntegerType, TextType

NextEditBackend = Literal["none", "embedded", "openai", "llama-server"]


@settings_section
class NextEditSettings:
    """What you will change next, proposed where you will change it."""

    enabled: bool = setting(
        True,
        "Propose the next edit after an edit: by rules that need no model, and by a next-edit model if one is set.",
        trust="narrows",
        narrowest=False,
        suggested_for="next_edit_suggestions nes",
    )
    languages: LanguageSwitches = setting(
        MappingProxyType({}),
        'Languages with next edits: language IDs with true or false ("*": all others), or a list of IDs.',
        trust="narrows",
    )

    backend: NextEditBackend = setting(
        "none",
        "The server of a next-edit model (Sweep, Zeta, Instinct), which is asked where the rules find nothing.",
        trust="narrows",
        narrowest="none",
        suggested_for="provider server",
        choices={
            "none": "No model: rules alone.",
            "embedded": "Built-in engine with `embedded.next_edit_model`.",
            "openai": "Any OpenAI-compatible server.",
            "llama-server": "llama.cpp server.",
        },
    )
    plain_models: bool = setting(
        False,
        "Also use a model that was not trained for next edits (fill-in-the-middle or chat), if it passes the same "
        "tests. Rarely useful; a chat does not think.",
        trust="narrows",
        narrowest=False,
        suggested_for="allow_plain_models any_model",
    )
    url: Url = setting(
        "", "URL of the next-edit model's server.", trust="trusted", suggested_for="endpoint base_url api_base"
    )
    model: Annotated[str, TextType("a model's name as the server knows it")] = setting(
        "",
        "Name of the next-edit model to request. Empty: the model that the server serves.",
        trust="trusted",
        suggested_for="model_name",
    )
    api_key_env: VariableName = setting(
        "",
        "Name of the environment variable that contains the next-edit server's API key.",
        trust="trusted",
        suggested_for="api_key key token",
    )
    api_key_command: Command = setting(
        (),
        "Command that prints the next-edit server's API key, if the variable is not set. Runs in your home folder, "
        "without a shell.",
        trust="trusted",
    )
    api_key_keyring: Annotated[str, TextType('an entry of the system\'s keyring, "SERVICE" or "SERVICE/USER"')] = (
        setting(
            "",
            "Entry of the system keyring that contains the next-edit server's API key. Requires the [keyring] extra.",
            trust="trusted",
        )
    )
    allow_http: bool = setting(
        False,
        "Allow unencrypted http to a next-edit server on another machine. Your code can be read on the network.",
        trust="trusted",
    )
    requests_per_minute: Annotated[int, IntegerType(0, 6000)] = setting(
        0,
        "Maximum number of requests a minute to the next-edit model's server, for one that charges by the request. "
        "0: no limit.",
        trust="trusted",
        suggested_for="rate_limit request_per_minute rpm max_requests_per_minute",
    )

    def allows_language(self, language_id: str) -> bool:
        """Whether to propose edits in documents of this language."""
        return is_on(self.languages, language_id)
