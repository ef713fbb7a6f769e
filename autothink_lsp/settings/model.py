"""The settings: one frozen tree in which every field has its default, one line of documentation and its kind.

Everything else is made from this tree: the checks, the JSON schema, the table in the README, the names of the
environment variables, the rules for project files. To add a setting, add a field here and nothing anywhere else.

A field says in ``trust`` what it may do in a project's ``autothink.toml`` before the user trusts the folder:

    always    it counts: it decides what is shown, and costs nothing
    narrows   it counts as far as it forbids something or lowers what a request costs: tokens, time, how often a model
              is asked (``narrowest`` is the value that forbids most)
    trusted   it does not count: it decides where code goes, which model is asked and how, what is run, read or written,
              or what this machine spends

A client over TCP with the server's token may set what is not ``trusted``; one without a token is bound as a project is.

Importing this module is cheap; it reads nothing.
"""
# ruff: noqa: RUF009 - setting() is attrs' field() with our metadata; ruff only knows the latter

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

from attrs import field, frozen

from autothink_lsp.settings.engines import EmbeddedSettings, TransformersSettings, VllmSettings
from autothink_lsp.settings.kinds import AutoOr, Choice, Switch, Text, WholeNumber
from autothink_lsp.settings.kinds_of_address import CommandLine, Url, VariableName
from autothink_lsp.settings.kinds_of_list import IgnorePatterns, LanguageSwitches, SomeOf, is_on
from autothink_lsp.settings.log_and_privacy import LogSettings, PrivacySettings
from autothink_lsp.settings.secret_files import SECRET_FILES
from autothink_lsp.settings.spec import setting

BackendName = Literal["embedded", "openai", "llama-server", "vllm", "transformers"]
# Engines that we start for all windows of a user where no url says that one runs already.
STARTED_BACKENDS: frozenset[BackendName] = frozenset({"vllm", "transformers"})
Speculate = Literal["auto", "always", "never"]
PromptOrder = Literal["auto", "psm", "spm", "joined", "ctx"]
ThinkChoice = Literal["off", "auto", "on"]
ShowThinking = Literal["hide", "summary", "full"]
PreviewChoice = Literal["unverified", "always", "never"]
# The most that "auto" waits for (features/completion/delay.py) and shows of other places (context/compose.py).
AUTO_DEBOUNCE_MOST_MS = 200
AUTO_CONTEXT_MOST_TOKENS = 1024
# What of other places a completion may see: what each one brings is in docs/context.md.
CONTEXT_SOURCES = ("scope", "imports", "definitions", "similar", "edits", "diagnostics", "notebook")


@frozen(kw_only=True)
class EndpointSettings:
    """Which model answers, and how to reach it."""

    backend: BackendName = setting(
        Choice[BackendName](get_args(BackendName)),
        "embedded",
        "What answers: the embedded engine, any OpenAI-compatible server, llama.cpp's own server, or vLLM or "
        "transformers, which we start where url is empty.",
        trust="narrows",
        narrowest="embedded",
        aliases="provider server engine type",
    )
    url: str = setting(
        Url(),
        "",
        "Base address of the server; an engine that we start needs none.",
        trust="trusted",
        aliases="endpoint base_url api_base address server_url",
    )
    model: str = setting(
        Text("a model's name as the server knows it"),
        "",
        "Name of the model to ask the server for; empty takes what it serves.",
        trust="trusted",
        aliases="model_name",
    )
    api_key_env: str = setting(
        VariableName(),
        "",
        "Environment variable that holds the API key; the key itself has no place in settings.",
        trust="trusted",
        aliases="api_key key token",
    )
    api_key_command: tuple[str, ...] = setting(
        CommandLine(),
        (),
        "Command that prints the API key, run without a shell in your home folder when the variable is not set.",
        trust="trusted",
        aliases="api_key_cmd",
    )
    api_key_keyring: str = setting(
        Text('an entry of the system\'s keyring, "SERVICE" or "SERVICE/USER"'),
        "",
        "Entry of the system's keyring that holds the API key; needs the extra [keyring].",
        trust="trusted",
        aliases="keyring",
    )
    allow_http: bool = setting(
        Switch(),
        False,
        "Allow plain http to another machine: code and key can be read on the way.",
        trust="trusted",
        aliases="insecure",
    )


@frozen(kw_only=True)
class CompletionSettings(EndpointSettings):
    """Completion on every keystroke."""

    enabled: bool = setting(
        Switch(), True, "Complete while typing.", trust="narrows", narrowest=False, aliases="enable on active"
    )
    max_tokens: int = setting(
        WholeNumber(1, 2048, "lower"),
        64,
        "Longest answer, in tokens.",
        trust="narrows",
        aliases="max_new_tokens n_predict num_predict",
    )
    deadline_ms: int = setting(
        WholeNumber(50, 60_000, "lower"),
        600,
        "An automatic suggestion comes within this time of its request, or not at all.",
        trust="narrows",
        aliases="timeout timeout_ms",
    )
    debounce_ms: int | Literal["auto"] = setting(
        AutoOr(WholeNumber(0, 10_000, "higher"), auto_least=0, auto_most=AUTO_DEBOUNCE_MOST_MS),
        "auto",
        'Pause in typing before the model is asked; "auto" follows your typing and the server\'s speed.',
        trust="narrows",
        aliases="debounce delay delay_ms throttle",
    )
    speculate: Speculate = setting(
        Choice[Speculate](get_args(Speculate)),
        "auto",
        'Ask for what follows a suggestion while you read it; "auto": of a model on this machine only.',
        trust="narrows",
        narrowest="never",
        aliases="speculative speculation prefetch",
    )
    languages: Mapping[str, bool] = setting(
        LanguageSwitches(),
        MappingProxyType({}),
        'Where to complete: language ids with true or false, "*" for the rest, or a list of the only ones wanted.',
        trust="narrows",
        aliases="filetypes language",
    )
    silent_in: tuple[str, ...] = setting(
        SomeOf(("comment", "docstring", "string"), forbids=True),
        ("comment", "docstring"),
        "Text in which nothing is suggested unless you ask by hand; a docstring is any string of several lines.",
        trust="narrows",
        aliases="disabled_in disable_in edit_predictions_disabled_in",
    )
    confidence: int = setting(
        WholeNumber(0, 100, "higher"),
        20,
        "How sure the model must be of what is shown, in percent; 0 shows everything. For servers that tell.",
        trust="narrows",
        aliases="threshold min_confidence logprob",
    )
    exclude: tuple[str, ...] = setting(
        IgnorePatterns(),
        SECRET_FILES,
        'Files that no model ever sees, as in .gitignore; added to the built-in list, "!pattern" takes one back.',
        trust="narrows",
        aliases="ignore excludes ignored",
    )
    fim_family: str = setting(
        Text('"auto" or the name of a FIM family'),
        "auto",
        'Family of fill-in-the-middle (FIM) tokens; "auto" asks the server\'s vocabulary.',
        trust="trusted",
        aliases="family fim fim_template",
    )
    prompt_order: PromptOrder = setting(
        Choice[PromptOrder](get_args(PromptOrder)),
        "auto",
        'Order of prefix and suffix in the prompt; "auto" takes the family\'s own.',
        trust="trusted",
        aliases="order",
    )
    context_sources: tuple[str, ...] = setting(
        SomeOf(CONTEXT_SOURCES),
        CONTEXT_SOURCES,
        "What the model sees besides the lines around the cursor.",
        trust="narrows",
        aliases="context sources context_providers",
    )
    context_tokens: int | Literal["auto"] = setting(
        AutoOr(WholeNumber(0, 32_768, "lower"), auto_least=0, auto_most=AUTO_CONTEXT_MOST_TOKENS),
        "auto",
        'Most tokens of it; "auto" is 1024, and for the embedded engine and servers that read slowly less or none.',
        trust="narrows",
        aliases="context_size max_context_tokens",
    )

    def allows_language(self, language_id: str) -> bool:
        """Whether to complete in documents of this language."""
        return is_on(self.languages, language_id)


@frozen(kw_only=True)
class AssistSettings(EndpointSettings):
    """Explaining, fixing and refactoring on request."""

    enabled: bool = setting(
        Switch(), True, "Offer actions.", trust="narrows", narrowest=False, aliases="enable code_actions"
    )
    think: ThinkChoice = setting(
        Choice[ThinkChoice](get_args(ThinkChoice), ranked=True),
        "auto",
        'Whether the model thinks before it answers; "auto" decides for each request and escalates on evidence.',
        trust="narrows",
        aliases="thinking reasoning enable_thinking",
    )
    think_profile: str = setting(
        Text('"auto" or the name of a think profile'),
        "auto",
        'How the model is told to think or not to; "auto" goes by its name and its server.',
        trust="trusted",
        aliases="profile think_family reasoning_format",
    )
    max_thinking_tokens: int = setting(
        WholeNumber(0, 65_536, "lower"),
        4096,
        "Most tokens of thinking for one request.",
        trust="narrows",
        aliases="thinking_budget budget_tokens think_budget",
    )
    max_tokens: int = setting(
        WholeNumber(64, 32_768, "lower"),
        1024,
        "Longest answer, in tokens, thinking not counted.",
        trust="narrows",
        aliases="max_new_tokens",
    )
    deadline_s: int = setting(
        WholeNumber(5, 3600, "lower"),
        120,
        "An action ends within this time, all its attempts together.",
        trust="narrows",
        aliases="timeout",
    )
    show_thinking: ShowThinking = setting(
        Choice[ShowThinking](get_args(ShowThinking)),
        "summary",
        "How much of the thinking is shown while it runs: nothing, its last line, or all in a document.",
    )
    preview: PreviewChoice = setting(
        Choice[PreviewChoice](get_args(PreviewChoice)),
        "unverified",
        "Which edits are shown for confirmation before they are applied.",
        trust="trusted",
    )
    run_checkers: bool = setting(
        Switch(),
        True,
        "Check edits with the language's own tools (compilers, linters) where they are installed.",
        trust="narrows",
        narrowest=False,
    )
    test_command: tuple[str, ...] = setting(
        CommandLine(),
        (),
        "Command that tests the project, run without a shell on a copy of a trusted folder to check an edit.",
        trust="trusted",
        aliases="test_cmd tests",
    )
    statistics: bool = setting(
        Switch(), True, "Keep counts of actions on this machine; they are never sent.", trust="narrows", narrowest=False
    )


@frozen(kw_only=True)
class Settings:
    """All settings. ``Settings()`` holds the defaults."""

    completion: CompletionSettings = field(factory=CompletionSettings)
    assist: AssistSettings = field(factory=AssistSettings)
    embedded: EmbeddedSettings = field(factory=EmbeddedSettings)
    vllm: VllmSettings = field(factory=VllmSettings)
    transformers: TransformersSettings = field(factory=TransformersSettings)
    privacy: PrivacySettings = field(factory=PrivacySettings)
    log: LogSettings = field(factory=LogSettings)
