"""The settings of next edits. See ``model.py``, which has the whole tree."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

from autothink_lsp.settings.model_server import ModelServerSettings
from autothink_lsp.settings.spec import LanguageSwitches, setting, settings_section_with
from autothink_lsp.settings.types.collection import is_on

NextEditBackend = Literal["none", "embedded", "openai", "llama-server"]


@settings_section_with(
    {
        "url": "URL of the next-edit model's server.",
        "model": "Name of the next-edit model to request. Empty: the model that the server serves.",
        "api_key_env": "Name of the environment variable that contains the next-edit server's API key.",
        "api_key_command": "Command that prints the next-edit server's API key, if the variable is not set. Runs in "
        "your home folder, without a shell.",
        "api_key_keyring": "Entry of the system keyring that contains the next-edit server's API key. Requires the "
        "[keyring] extra.",
        "allow_http": "Allow unencrypted http to a next-edit server on another machine. Your code can be read on the "
        "network.",
        "requests_per_minute": "Maximum number of requests a minute to the next-edit model's server, for one that "
        "charges by the request. 0: no limit.",
    }
)
class NextEditSettings(ModelServerSettings):
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
            "none": "No model: rules only.",
            "embedded": "Built-in engine, with its next-edit model.",
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

    def allows_language(self, language_id: str) -> bool:
        """Whether to propose edits in documents of this language."""
        return is_on(self.languages, language_id)
