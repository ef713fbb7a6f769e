"""The settings: one frozen tree. Every field has its default, one line of documentation and its type.

The checks, the JSON schema, ``docs/reference/settings.md``, the names of the environment variables and the rules for
project files are generated from this tree. To add a setting, add a field to its section; ``CONTRIBUTING.md`` names
the two tests that list all settings.

A field's ``trust`` says what it may do in a project's ``autothink.toml`` before the user trusts the folder:

    always    It applies. It only affects display, and costs nothing.
    narrows   It applies if it forbids something or lowers the cost of requests: tokens, time, number of requests
              (``narrowest`` is the value that forbids most).
    trusted   It does not apply. It decides where code is sent, which model is asked and how, which programs run, which
              files are read or written, or which resources of this machine are used.

A TCP client with the server's token may set everything that is not ``trusted``; one without a token has the same rights
as an untrusted project.

Importing this module is cheap; it reads nothing.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Literal, get_args

from attrs import evolve, field, frozen

from autothink_lsp.settings.by_language import LanguageTable, LanguageTableType
from autothink_lsp.settings.engines import EmbeddedSettings, TransformersSettings, VllmSettings
from autothink_lsp.settings.model_server import MODEL_NAME, ModelServerSettings
from autothink_lsp.settings.next_edit import NextEditSettings
from autothink_lsp.settings.secret_files import SECRET_FILES
from autothink_lsp.settings.spec import (
    Command,
    CommandTable,
    FilePath,
    IgnorePatterns,
    LanguageSwitches,
    setting,
    settings_section,
    settings_section_with,
)
from autothink_lsp.settings.types.collection import SubsetType, is_on
from autothink_lsp.settings.types.scalar import AutoOrIntegerType, IntegerType, TextType
from autothink_lsp.settings.user_actions import UserAction, UserActionsType

BackendName = Literal["embedded", "openai", "llama-server", "vllm", "transformers"]
# Engines that are started for all windows of a user unless a URL is set.
STARTED_BACKENDS: frozenset[BackendName] = frozenset({"vllm", "transformers"})
Speculate = Literal["auto", "always", "never"]
Fallback = Literal["off", "embedded"]
PromptOrder = Literal["auto", "psm", "spm", "joined", "ctx"]
ThinkChoice = Literal["off", "auto", "on"]
ExploreChoice = Literal["never", "local", "always"]
ShowThinking = Literal["hide", "summary", "full"]
SuppressedText = Literal["comment", "docstring", "string"]
PreviewChoice = Literal["unproved", "failed", "always", "never", "unverified"]
LogLevel = Literal["error", "warning", "info", "debug", "trace"]
Places = Literal["everywhere", "remote"]
ClipboardFor = Literal["none", "local", "everywhere"]
# Upper bounds of "auto" for the debounce (features/completion/debounce.py) and for context (context/compose.py).
AUTO_DEBOUNCE_MOST_MS = 200
AUTO_CONTEXT_MOST_TOKENS = 1024
# Sources of a completion's context; docs/measurements/context.md says what is known of their gain.
ContextSource = Literal["scope", "imports", "definitions", "similar", "edits", "clipboard", "diagnostics", "notebook"]
CONTEXT_SOURCES: tuple[ContextSource, ...] = get_args(ContextSource)

MAX_TOKENS, DEADLINE_MS = IntegerType(1, 2048, "lower"), IntegerType(50, 60_000, "lower")
DEBOUNCE_MS = AutoOrIntegerType(IntegerType(0, 10_000, "higher"), auto_minimum=0, auto_maximum=AUTO_DEBOUNCE_MOST_MS)
CONFIDENCE, SILENT_IN = IntegerType(0, 100, "higher"), SubsetType(get_args(SuppressedText), forbids=True)
BY_LANGUAGE = LanguageTableType(
    MappingProxyType(
        {
            "model": MODEL_NAME,
            "max_tokens": MAX_TOKENS,
            "deadline_ms": DEADLINE_MS,
            "debounce_ms": DEBOUNCE_MS,
            "confidence": CONFIDENCE,
            "silent_in": SILENT_IN,
        }
    )
)


@settings_section_with({})
class EndpointSettings(ModelServerSettings):
    """Which model answers, and how to reach it."""

    backend: BackendName = setting(
        "embedded",
        "The model server: the built-in engine, any OpenAI-compatible server, a llama.cpp server, or vLLM or "
        "transformers, which are started for you if no URL is set.",
        trust="narrows",
        narrowest="embedded",
        suggested_for="provider server engine type",
        choices={
            "embedded": "Built-in engine on this machine.",
            "openai": "Any OpenAI-compatible server.",
            "llama-server": "llama.cpp server.",
            "vllm": "vLLM; started for you if no URL is set.",
            "transformers": "transformers; started for you if no URL is set.",
        },
    )


@settings_section
class CompletionSettings(EndpointSettings):
    """Completion on every keystroke."""

    enabled: bool = setting(
        True,
        "Show inline suggestions while typing.",
        trust="narrows",
        narrowest=False,
        suggested_for="enable on active",
    )
    max_tokens: Annotated[int, MAX_TOKENS] = setting(
        64,
        "Maximum length of a suggestion, in tokens.",
        trust="narrows",
        suggested_for="max_new_tokens n_predict num_predict",
    )
    deadline_ms: Annotated[int, DEADLINE_MS] = setting(
        600,
        "Maximum time, in milliseconds, to wait for an automatic suggestion. A later one is shown if nothing was typed "
        "since.",
        trust="narrows",
        suggested_for="timeout timeout_ms",
    )
    debounce_ms: Annotated[int | Literal["auto"], DEBOUNCE_MS] = setting(
        "auto",
        'Pause in typing, in milliseconds, before a request. "auto": adapts to your typing and the server\'s speed.',
        trust="narrows",
        suggested_for="debounce delay delay_ms throttle",
    )
    speculate: Speculate = setting(
        "auto",
        'Request the next suggestion while you read the current one. "auto": only for a model on this machine.',
        trust="narrows",
        narrowest="never",
        suggested_for="speculative speculation prefetch",
        choices={
            "auto": "Only for a model on this machine.",
            "always": "For every model.",
            "never": "Do not request ahead.",
        },
    )
    fallback: Fallback = setting(
        "off",
        "Model to complete with while the model server cannot be reached. Nothing is downloaded for it.",
        trust="narrows",
        narrowest="off",
        suggested_for="offline fallback_model backup",
        choices={
            "off": "No suggestions until the server is back.",
            "embedded": "The embedded model, if it is installed.",
        },
    )
    languages: LanguageSwitches = setting(
        MappingProxyType({}),
        'Languages with suggestions: language IDs with true or false ("*": all others), or a list of IDs.',
        trust="narrows",
        suggested_for="filetypes language",
    )
    by_language: Annotated[LanguageTable, BY_LANGUAGE] = setting(
        MappingProxyType({}),
        "Completion settings for some languages: tables of language IDs with model, max_tokens, deadline_ms, "
        "debounce_ms, confidence or silent_in.",
        trust="trusted",
        suggested_for="per_language language_overrides overrides filetype_settings",
    )
    silent_in: Annotated[tuple[SuppressedText, ...], SILENT_IN] = setting(
        ("comment", "docstring"),
        "Text in which suggestions are shown only when you request them. A docstring is any string of several lines.",
        trust="narrows",
        other_names="suppress_in",
        suggested_for="disabled_in disable_in edit_predictions_disabled_in",
        choices={
            "comment": "Comments.",
            "docstring": "Strings of several lines.",
            "string": "Strings in one line.",
        },
    )
    confidence: Annotated[int, CONFIDENCE] = setting(
        20,
        "Minimum confidence, in percent, of a suggestion. 0 shows all. Needs a server that returns log-probabilities.",
        trust="narrows",
        suggested_for="threshold min_confidence logprob",
    )
    exclude: IgnorePatterns = setting(
        SECRET_FILES,
        'Files never sent to a model, as .gitignore patterns. Added to the built-in list; "!pattern" includes files.',
        trust="narrows",
        suggested_for="ignore excludes ignored",
    )
    fim_family: Annotated[str, TextType('"auto" or the name of a FIM family')] = setting(
        "auto",
        'Family of fill-in-the-middle (FIM) tokens. "auto": detected from the server\'s vocabulary.',
        trust="trusted",
        suggested_for="family fim fim_template",
    )
    prompt_order: PromptOrder = setting(
        "auto",
        "Order of the code before and after the cursor in the prompt. The default is the model family's own order.",
        trust="trusted",
        suggested_for="order",
        choices={
            "auto": "The order that the model family is trained for or is fastest with.",
            "psm": "Prefix, suffix, middle.",
            "spm": "Suffix, prefix, middle.",
            "joined": "Suffix first, then the prefix directly before the answer.",
            "ctx": "Prefix and suffix with the model's context markers.",
        },
    )
    context_sources: tuple[ContextSource, ...] = setting(
        CONTEXT_SOURCES,
        "Context that is sent in addition to the code around the cursor.",
        trust="narrows",
        suggested_for="context sources context_providers",
    )
    clipboard_for: ClipboardFor = setting(
        "local",
        "Which models may get code that you copied as additional context. It is used for ten minutes and never stored.",
        trust="narrows",
        narrowest="none",
        suggested_for="clipboard yank",
        choices={
            "none": "None.",
            "local": "Models on this machine.",
            "everywhere": "All models.",
        },
    )
    context_tokens: Annotated[
        int | Literal["auto"],
        AutoOrIntegerType(IntegerType(0, 32_768, "lower"), auto_minimum=0, auto_maximum=AUTO_CONTEXT_MOST_TOKENS),
    ] = setting(
        "auto",
        'Maximum tokens of additional context. "auto": 1024, and less or none on slow models.',
        trust="narrows",
        suggested_for="context_size max_context_tokens",
    )

    def allows_language(self, language_id: str) -> bool:
        """Whether to complete in documents of this language."""
        return is_on(self.languages, language_id)


@settings_section
class AssistSettings(EndpointSettings):
    """Explaining, fixing and refactoring on request."""

    enabled: bool = setting(
        True,
        "Offer fixes and refactorings in the light bulb menu.",
        trust="narrows",
        narrowest=False,
        suggested_for="enable code_actions",
    )
    think: ThinkChoice = setting(
        "auto",
        'Whether the model thinks before it answers. "auto": a quick attempt first, thinking if its check fails.',
        trust="narrows",
        suggested_for="thinking reasoning enable_thinking",
        is_ranked=True,
        choices={
            "off": "Never think.",
            "auto": "Try a quick attempt first; think only if its check fails or the request needs it.",
            "on": "Think for every request.",
        },
    )
    think_profile: Annotated[str, TextType('"auto" or the name of a think profile')] = setting(
        "auto",
        'How thinking is switched on and off for the model. "auto": chosen by the model\'s name and its server.',
        trust="trusted",
        suggested_for="profile think_family reasoning_format",
    )
    max_thinking_tokens: Annotated[int, IntegerType(0, 65_536, "lower")] = setting(
        4096,
        "Maximum length of the thinking for one request, in tokens.",
        trust="narrows",
        suggested_for="thinking_budget budget_tokens think_budget",
    )
    max_tokens: Annotated[int, IntegerType(64, 32_768, "lower")] = setting(
        1024,
        "Maximum length of an answer, in tokens, without its thinking.",
        trust="narrows",
        suggested_for="max_new_tokens",
    )
    patience_s: Annotated[int, IntegerType(5, 3600, "lower")] = setting(
        150,
        "How many seconds you would wait for a right answer. With fewer, the model thinks less.",
        trust="narrows",
        suggested_for="patience",
    )
    explore: ExploreChoice = setting(
        "local",
        "Whether 1 in 100 close think decisions takes the other mode, so that both modes continue to be measured.",
        trust="narrows",
        suggested_for="exploration epsilon",
        is_ranked=True,
        choices={
            "never": "Always take the mode with the better expected result.",
            "local": "Explore with a model on this machine only: a remote one may cost money.",
            "always": "Explore with every model.",
        },
    )
    deadline_s: Annotated[int, IntegerType(5, 3600, "lower")] = setting(
        120,
        "Maximum time, in seconds, for an action with all its attempts.",
        trust="narrows",
        suggested_for="timeout",
    )
    show_thinking: ShowThinking = setting(
        "summary",
        "How much of the thinking is shown while an action runs.",
        choices={
            "hide": "Show nothing of the thinking.",
            "summary": "Show the last line of the thinking.",
            "full": "Show all thinking in a document.",
        },
    )
    preview: PreviewChoice = setting(
        "unproved",
        "Which edits must be confirmed before they are applied.",
        trust="trusted",
        choices={
            "unproved": "Confirm edits that are not proved by a tool or a test.",
            "failed": "Confirm edits that failed a check.",
            "always": "Confirm every edit.",
            "never": "Apply every edit without confirmation.",
            "unverified": "The former name of unproved.",
        },
    )
    run_checkers: bool = setting(
        True,
        "Check edits with the language's installed compilers and linters.",
        trust="narrows",
        narrowest=False,
    )
    test_command: Command = setting(
        (),
        "Command that runs the project's tests to check an edit. Runs on a copy of a trusted folder, without a shell.",
        trust="trusted",
        suggested_for="test_cmd tests",
    )
    actions: Annotated[tuple[UserAction, ...], UserActionsType()] = setting(
        (),
        "Actions of your own: tables with name and prompt, and if wanted kind, languages, place (function, selection, "
        "file) and think (on, off).",
        trust="trusted",
        suggested_for="custom_actions prompts custom_commands",
    )
    statistics: bool = setting(
        True, "Count actions and their results. The counts stay on this machine.", trust="narrows", narrowest=False
    )


@settings_section
class PrivacySettings:
    """What models get to see. For models on other machines nothing here can be loosened."""

    exclude_for: Places = setting(
        "everywhere",
        "Which models must not see secret, git-ignored, oversized or externally linked files.",
        trust="narrows",
        narrowest="everywhere",
        choices={
            "everywhere": "All models.",
            "remote": "Only models on other machines.",
        },
    )
    redact_for: Places = setting(
        "everywhere",
        "Which models get placeholders instead of keys and passwords in your code.",
        trust="narrows",
        narrowest="everywhere",
        suggested_for="redact redaction",
        choices={
            "everywhere": "All models.",
            "remote": "Only models on other machines.",
        },
    )
    largest_file_kib: Annotated[int, IntegerType(1, 1_048_576)] = setting(
        8192, "Files larger than this (KiB) are never sent to a model.", trust="trusted", suggested_for="max_file_size"
    )


@settings_section
class VerifySettings:
    """Language servers that check an edit in memory before it is applied. They run in trusted folders only."""

    language_servers: bool = setting(
        True,
        "In trusted folders, check edits with language servers that are installed here, in memory, before they are "
        "applied.",
        trust="narrows",
        narrowest=False,
    )
    servers: CommandTable = setting(
        MappingProxyType({}),
        "Command lines of language servers by name (docs/guide/language-servers.md), for servers that are not found or "
        "to use another program. An empty list switches a server off.",
        trust="trusted",
    )
    server_idle_minutes: Annotated[int, IntegerType(1, 120)] = setting(
        3, "Minutes without use after which a language server is stopped.", trust="trusted"
    )
    server_memory_mib: Annotated[int, IntegerType(128, 65_536)] = setting(
        2048,
        "Maximum memory of a language server, in MiB. One that uses more is stopped (Linux only).",
        trust="trusted",
    )


@settings_section
class LogSettings:
    """What the server writes about its work."""

    level: LogLevel = setting(
        "info",
        'Log level. "trace" contains pieces of your code.',
        trust="trusted",
        suggested_for="log_level verbosity",
        choices={
            "error": "Only errors.",
            "warning": "Errors and warnings.",
            "info": "Also normal events.",
            "debug": "Also details for debugging, without code.",
            "trace": "Everything, including pieces of your code.",
        },
    )
    file: FilePath = setting(
        "", "Log file, in addition to the editor's output panel.", trust="trusted", suggested_for="log_file"
    )


@frozen(kw_only=True)
class Settings:
    """All settings. ``Settings()`` holds the defaults."""

    completion: CompletionSettings = field(factory=CompletionSettings)
    assist: AssistSettings = field(factory=AssistSettings)
    next_edit: NextEditSettings = field(factory=NextEditSettings)
    embedded: EmbeddedSettings = field(factory=EmbeddedSettings)
    vllm: VllmSettings = field(factory=VllmSettings)
    transformers: TransformersSettings = field(factory=TransformersSettings)
    privacy: PrivacySettings = field(factory=PrivacySettings)
    verify: VerifySettings = field(factory=VerifySettings)
    log: LogSettings = field(factory=LogSettings)

    def in_language(self, language_id: str) -> Settings:
        """The settings for documents of a language: these themselves where the language has none of its own."""
        own = self.completion.by_language.get(language_id.lower())
        return evolve(self, completion=evolve(self.completion, **own)) if own else self
