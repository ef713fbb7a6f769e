"""The order of the layers, the spellings of the sources, and what is said of what cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.settings.layers import MAX_WARNINGS
from autothink_lsp.settings.load import LoadedSettings, load_settings
from autothink_lsp.settings.model import Settings
from autothink_lsp.settings.reports import Origin
from autothink_lsp.settings.secret_files import SECRET_FILES
from autothink_lsp.settings.tree import all_keys


def value_of(loaded: LoadedSettings, dotted: str) -> Any:
    section, name = dotted.split(".")
    return getattr(getattr(loaded.settings, section), name)


def messages(loaded: LoadedSettings) -> list[str]:
    return [warning.message for warning in loaded.warnings]


def test_without_anything_the_defaults_apply(place: Any) -> None:
    loaded = place.load()
    assert loaded == LoadedSettings(Settings(), dict.fromkeys(all_keys(), Origin("default")))


# Each says less than the one before it: an untrusted project's file may lower a deadline only.
LAYERS: dict[str, Any] = {
    "user file": {"user": "completion.deadline_ms = 104"},
    "project file": {"project": "completion.deadline_ms = 103"},
    "environment": {"environ": {"AUTOTHINK_COMPLETION__DEADLINE_MS": "102"}},
    "client": {"client": [("initializationOptions", {"completion": {"deadlineMs": 101}})]},
}


@pytest.mark.parametrize("count", range(1, len(LAYERS) + 1))
def test_each_layer_wins_over_those_before_it(place: Any, count: int) -> None:
    given: dict[str, Any] = {}
    for layer in list(LAYERS.values())[:count]:
        given.update(layer)
    loaded = place.load(**given)
    assert loaded.settings.completion.deadline_ms == 105 - count
    assert loaded.origins["completion.deadline_ms"].kind == list(LAYERS)[count - 1]
    assert loaded.warnings == ()


@pytest.mark.parametrize("name", ["silent_in", "suppress_in"])
def test_a_setting_is_found_by_each_of_its_names(place: Any, name: str) -> None:
    for given in (
        {"user": f"completion.{name} = ['string']"},
        {"project": f"completion.{name} = ['string', 'comment', 'docstring']"},
        {"environ": {f"AUTOTHINK_COMPLETION__{name.upper()}": "string"}},
        {"client": [("initializationOptions", {"completion": {name: ["string"]}})]},
        {"client": [("initializationOptions", {f"completion.{name[:-3]}In": ["string"]})]},
    ):
        loaded = place.load(**given)
        assert "string" in loaded.settings.completion.silent_in
        assert loaded.warnings == ()


def test_a_higher_layer_wins_by_whichever_name(place: Any) -> None:
    loaded = place.load(
        user="completion.silent_in = ['string']", client=[("options", {"completion": {"suppressIn": ["comment"]}})]
    )
    assert loaded.settings.completion.silent_in == ("comment",)


def test_each_value_has_its_origin(place: Any) -> None:
    loaded = place.load(
        user="log.level = 'debug'\ncompletion.exclude = ['*.sql']",
        project="completion.max_tokens = 5\ncompletion.exclude = ['dist/']",
        environ={"AUTOTHINK_COMPLETION__URL": "http://127.0.0.1:1"},
        client=[
            ("initializationOptions", {"log.file": "/x"}),
            ("workspace/configuration", {"completion.backend": "openai"}),
        ],
    )
    assert loaded.origins["log.level"] == Origin("user file", str(place.user_file))
    assert loaded.origins["completion.max_tokens"] == Origin("project file", str(place.project_file))
    assert loaded.origins["completion.url"] == Origin("environment", "AUTOTHINK_COMPLETION__URL")
    assert loaded.origins["log.file"] == Origin("client", "initializationOptions")
    assert loaded.origins["completion.backend"] == Origin("client", "workspace/configuration")
    assert loaded.origins["completion.enabled"] == Origin("default")
    user, default = Origin("user file", str(place.user_file)), Origin("default")
    assert loaded.origins["completion.exclude"] == Origin("project file", str(place.project_file), (user, default))
    assert loaded.settings.completion.exclude == (*SECRET_FILES, "*.sql", "dist/")
    assert str(loaded.origins["completion.exclude"]) == f"project file {place.project_file} + {user} + default"


@pytest.mark.parametrize(
    "sent",
    [
        {"completion": {"debounce_ms": 7}},
        {"completion": {"debounceMs": 7}},
        {"completion": {"debounceMs": 7.0}},
        {"completion.debounceMs": 7},
        {"autothink": {"completion": {"debounceMs": 7}}},
        {"autothink": {"completion.debounce_ms": 7}},
        {"autothink.completion.debounceMs": 7},
        {"completion": {"debounceMs": 7, "url": None, "languages": []}, "assist": [], "embedded": None},
    ],
)
def test_spellings_of_clients(place: Any, sent: object) -> None:
    loaded = place.load(client=[("initializationOptions", sent)])
    assert loaded.settings.completion.debounce_ms == 7
    assert loaded.warnings == ()


@pytest.mark.parametrize("sent", [None, [], {}, {"autothink": None}, {"autothink": []}, {"completion": {"url": None}}])
def test_a_client_that_says_nothing(place: Any, sent: object) -> None:
    loaded = place.load(user="completion.url = 'http://a'\ncompletion.backend = 'openai'", client=[("x", sent)])
    assert loaded.settings.completion.url == "http://a"
    assert loaded.warnings == ()


@pytest.mark.parametrize(
    ("variable", "text", "dotted", "value"),
    [
        ("AUTOTHINK_COMPLETION__PROMPT_ORDER", "PSM", "completion.prompt_order", "psm"),
        ("AUTOTHINK_COMPLETION__ENABLED", "0", "completion.enabled", False),
        ("AUTOTHINK_COMPLETION__MAX_TOKENS", "12", "completion.max_tokens", 12),
        ("AUTOTHINK_COMPLETION__MAX_TOKENS", "", "completion.max_tokens", 64),
        ("AUTOTHINK_COMPLETION__DEBOUNCE_MS", "auto", "completion.debounce_ms", "auto"),
        ("AUTOTHINK_COMPLETION__MODEL", "123", "completion.model", "123"),
        ("AUTOTHINK_COMPLETION__LANGUAGES", "go", "completion.languages", {"*": False, "go": True}),
        ("AUTOTHINK_COMPLETION__LANGUAGES__GO", "off", "completion.languages", {"go": False}),
        ("AUTOTHINK_COMPLETION__EXCLUDE", "a,b", "completion.exclude", (*SECRET_FILES, "a", "b")),
        ("AUTOTHINK_COMPLETION__API_KEY_COMMAND", "pass show x", "completion.api_key_command", ("pass", "show", "x")),
        ("AUTOTHINK_EMBEDDED__MODEL_PATH", "/a.gguf", "embedded.model_path", "/a.gguf"),
    ],
)
def test_a_variable_sets_its_key(place: Any, variable: str, text: str, dotted: str, value: object) -> None:
    loaded = place.load(environ={variable: text})
    assert value_of(loaded, dotted) == value
    assert [message for message in messages(loaded) if variable in message] == []


def test_parts_of_one_setting_add_up(place: Any) -> None:
    loaded = place.load(
        user="completion.languages = { markdown = false }",
        environ={"AUTOTHINK_COMPLETION__LANGUAGES__GO": "0", "AUTOTHINK_COMPLETION__LANGUAGES__RUST": "0"},
        client=[("x", {"completion.languages.c": False, "completion": {"languages": {"markdown": True}}})],
    )
    assert loaded.settings.completion.languages == {"markdown": True, "go": False, "rust": False, "c": False}


def test_relative_paths_are_meant_where_they_stand(place: Any) -> None:
    def path_in(**given: Any) -> str:
        return place.load(**given).settings.embedded.model_path

    assert path_in(environ={"AUTOTHINK_EMBEDDED__MODEL_PATH": "m.gguf"}) == str(place.project / "m.gguf")
    assert path_in(client=[("x", {"embedded.modelPath": "m.gguf"})]) == str(place.project / "m.gguf")
    assert path_in(user="embedded.model_path = 'm.gguf'") == str(place.user_file.parent / "m.gguf")


@pytest.mark.parametrize(
    ("given", "key", "where", "message"),
    [
        (
            {"user": "\n[completion]\nurll = 'http://a'"},
            "completion.urll",
            "{user}:3",
            'Unknown setting "completion.urll" in {user}:3. Did you mean {url}?',
        ),
        (
            {"project": "url = 'http://a'"},
            "url",
            "{project}:1",
            'Unknown setting "url" in {project}:1. Did you mean {url}?',
        ),
        (
            {"user": "[assist]\nkey = 'sk-very-secret'"},
            "assist.key",
            "{user}:2",
            (
                'Unknown setting "assist.key" in {user}:2. Did you mean "assist.api_key_env" '
                "(the name of an environment variable, not the key itself)?"
            ),
        ),
        (
            {"user": "[completion]\nn_ctx = 1"},
            "completion.n_ctx",
            "{user}:2",
            (
                'Unknown setting "completion.n_ctx" in {user}:2. Did you mean "embedded.context_tokens" '
                "(a whole number from 512 to 131072)?"
            ),
        ),
        (
            {"user": '"completion.url" = "http://a"'},
            "completion.url",
            "{user}:1",
            'Unknown setting "completion.url" in {user}:1. Did you mean {url}?',
        ),
        (
            {"user": "[complete]\nx = 1\ny = 1"},
            "complete",
            "{user}:1",
            'Unknown setting "complete" in {user}:1. Did you mean "completion"?',
        ),
        (
            {"user": "[completion.log]\nlevel = 'info'"},
            "completion.log",
            "{user}:1",
            'Unknown setting "completion.log" in {user}:1. Did you mean "log"?',
        ),
        (
            {"user": "[log]\nzzzzzz = 1"},
            "log.zzzzzz",
            "{user}:2",
            'Unknown setting "log.zzzzzz" in {user}:2. "log" has level, file.',
        ),
        (
            {"user": "zzzzzz = 1"},
            "zzzzzz",
            "{user}:1",
            (
                'Unknown setting "zzzzzz" in {user}:1. '
                "There are completion, assist, next_edit, embedded, vllm, transformers, privacy, verify, log; "
                "`autothink-lsp config show` lists all settings."
            ),
        ),
        (
            {"user": "log = 'debug'"},
            "log",
            "{user}:1",
            '"log" in {user}:1 must be a table with any of level, file; it is ignored.',
        ),
        (
            {"project": "completion.max_tokens = 'many'"},
            "completion.max_tokens",
            "{project}:1",
            'Setting "completion.max_tokens" in {project}:1 {tokens}, not "many"; it is ignored.',
        ),
        (
            {"user": "[completion]\nlanguages = { go = 1 }"},
            "completion.languages.go",
            "{user}:2",
            'Setting "completion.languages.go" in {user}:2 must be true or false, not 1; it is ignored.',
        ),
        (
            {"user": "[completion.languages]\nc = true\ngo = 1"},
            "completion.languages.go",
            "{user}:3",
            'Setting "completion.languages.go" in {user}:3 must be true or false, not 1; it is ignored.',
        ),
        (
            {"user": "completion.api_key_env = 'sk-very-secret'"},
            "completion.api_key_env",
            "{user}:1",
            (
                'Setting "completion.api_key_env" in {user}:1 must be the name of an environment variable, '
                "not the key itself; it is ignored."
            ),
        ),
        (
            {"environ": {"AUTOTHINK_COMPLETION__MAX_TOKENS": "many"}},
            "completion.max_tokens",
            "AUTOTHINK_COMPLETION__MAX_TOKENS",
            (
                'Setting "completion.max_tokens" in the environment variable AUTOTHINK_COMPLETION__MAX_TOKENS '
                'must be a whole number from 1 to 2048, not "many"; it is ignored.'
            ),
        ),
        (
            {"environ": {"AUTOTHINK_COMPLETION__MAX_TOKEN": "1"}},
            "completion.max_token",
            "AUTOTHINK_COMPLETION__MAX_TOKEN",
            (
                "The environment variable AUTOTHINK_COMPLETION__MAX_TOKEN sets nothing. "
                "Did you mean AUTOTHINK_COMPLETION__MAX_TOKENS (a whole number from 1 to 2048)?"
            ),
        ),
        (
            {"environ": {"AUTOTHINK_COMPLETION_MAX_TOKENS": "1"}},
            "completion_max_tokens",
            "AUTOTHINK_COMPLETION_MAX_TOKENS",
            (
                "The environment variable AUTOTHINK_COMPLETION_MAX_TOKENS sets nothing. "
                "Did you mean AUTOTHINK_COMPLETION__MAX_TOKENS (a whole number from 1 to 2048)?"
            ),
        ),
        (
            {"environ": {"AUTOTHINK_ZZZ__ZZZ": "1"}},
            "zzz.zzz",
            "AUTOTHINK_ZZZ__ZZZ",
            "The environment variable AUTOTHINK_ZZZ__ZZZ sets nothing. `autothink-lsp config show` lists all settings.",
        ),
        (
            {"client": [("initializationOptions", {"completion": {"debounceMS": "soon"}})]},
            "completion.debounce_ms",
            "initializationOptions",
            (
                'Setting "completion.debounce_ms" in the editor\'s settings (initializationOptions) '
                'must be "auto" or a whole number from 0 to 10000, not "soon"; it is ignored.'
            ),
        ),
        (
            {"client": [("initializationOptions", {"completion": {"debounce": 5}})]},
            "completion.debounce",
            "initializationOptions",
            (
                'Unknown setting "completion.debounce" in the editor\'s settings (initializationOptions). '
                'Did you mean "completion.debounce_ms" ("auto" or a whole number from 0 to 10000)?'
            ),
        ),
        (
            {"client": [("initializationOptions", "debug")]},
            "autothink",
            "initializationOptions",
            (
                '"autothink" in the editor\'s settings (initializationOptions) '
                "must be a table with any of completion, assist, next_edit, embedded, vllm, transformers, "
                "privacy, verify, log; it is ignored."
            ),
        ),
        (
            {"client": [("the editor's settings", {"completion": {"backend": "ollama"}})]},
            "completion.backend",
            "the editor's settings",
            (
                'Setting "completion.backend" in the editor\'s settings must be one of "embedded", "openai", '
                '"llama-server", "vllm", "transformers", not "ollama"; it is ignored.'
            ),
        ),
        (  # one mistake, one warning
            {"environ": {"AUTOTHINK_COMPLETION__BACKEND": "openai", "AUTOTHINK_COMPLETION__URL": "localhost:9"}},
            "completion.url",
            "AUTOTHINK_COMPLETION__URL",
            (
                'Setting "completion.url" in the environment variable AUTOTHINK_COMPLETION__URL must be an http:// or '
                "https:// address: put http:// or https:// before it; it is ignored."
            ),
        ),
        (
            {"environ": {"AUTOTHINK_COMPLETION__BACKEND": "openai"}},
            "completion.backend",
            "AUTOTHINK_COMPLETION__BACKEND",
            (
                'completion.backend (AUTOTHINK_COMPLETION__BACKEND) is "openai", but completion.url is empty: '
                "set it to the server's address."
            ),
        ),
        (
            {"environ": {"AUTOTHINK_ASSIST__URL": "http://a"}},
            "assist.url",
            "AUTOTHINK_ASSIST__URL",
            (
                'assist.url (AUTOTHINK_ASSIST__URL) is not used: assist.backend is "embedded"; '
                'set it to "openai" or "llama-server".'
            ),
        ),
        (
            {"environ": {"AUTOTHINK_NEXT_EDIT__URL": "http://a"}},
            "next_edit.url",
            "AUTOTHINK_NEXT_EDIT__URL",
            (
                'next_edit.url (AUTOTHINK_NEXT_EDIT__URL) is not used: next_edit.backend is "none"; '
                'set it to "openai" or "llama-server".'
            ),
        ),
        (
            {"environ": {"AUTOTHINK_NEXT_EDIT__BACKEND": "embedded"}},
            "next_edit.backend",
            "AUTOTHINK_NEXT_EDIT__BACKEND",
            (
                'next_edit.backend (AUTOTHINK_NEXT_EDIT__BACKEND) is "embedded", but embedded.next_edit_model is empty'
                ": name the model to run."
            ),
        ),
        (
            {"user": "a = = 1"},
            "",
            "{user}:1:5",
            "{user}:1:5 is not valid TOML: Invalid value; nothing in it is used.",
        ),
    ],
)
def test_warnings_name_key_place_and_remedy(
    place: Any, given: dict[str, Any], key: str, where: str, message: str
) -> None:
    names = {
        "user": str(place.user_file),
        "project": str(place.project_file),
        "url": '"completion.url" (an http:// or https:// address)',
        "tokens": "must be a whole number from 1 to 2048",
    }

    def filled(text: str) -> str:
        for name, meaning in names.items():
            text = text.replace(f"{{{name}}}", meaning)
        return text

    [warning] = place.load(**given).warnings
    assert (warning.key, warning.where, warning.message) == (key, filled(where), filled(message))


def test_what_is_wrong_does_not_take_the_rest_along(place: Any) -> None:
    loaded = place.load(
        user="[completion]\nmax_tokens = 0\nx = 1\ndeadline_ms = 100",
        project="a = = 1",
        environ={"AUTOTHINK_LOG__LEVEL": "loud", "AUTOTHINK_LOG__FILE": "/x"},
        client=[("x", {"completion": {"enabled": 3, "debounceMs": 5}})],
    )
    completion = loaded.settings.completion
    assert (completion.max_tokens, completion.deadline_ms, completion.enabled, completion.debounce_ms) == (
        64,
        100,
        True,
        5,
    )
    assert (loaded.settings.log.level, loaded.settings.log.file) == ("info", "/x")
    assert len(loaded.warnings) == 5


@pytest.mark.parametrize("variable", ["AUTOTHINK_FOO", "AUTOTHINK_VLLM", "AUTOTHINK_", "autothink_completion__url"])
def test_variables_of_others_are_left_alone(place: Any, variable: str) -> None:
    assert place.load(environ={variable: "1"}).warnings == ()


def test_a_wrong_file_does_not_bury_the_editor_in_messages(place: Any) -> None:
    loaded = place.load(project="\n".join(f"key{number} = 1" for number in range(1000)))
    assert len(loaded.warnings) == MAX_WARNINGS + 1
    assert loaded.warnings[-1].message == f"980 more settings in {place.project_file} cannot be used."


def test_messages_are_one_line_that_can_be_encoded(place: Any) -> None:
    loaded = place.load(client=[("x", {"a\nb\ud800": 1, "log": {"level": "\ud800\x1b[31m", "c" * 500: 1}})])
    assert len(loaded.warnings) == 3
    for message in messages(loaded):
        message.encode("utf-8")
        assert message.isprintable()
        assert len(message) < 300


def test_no_folder_no_project_file(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place.project_file.write_text("completion.max_tokens = 3")
    monkeypatch.chdir(place.project)
    assert load_settings(environ=place.environ).settings == Settings()


def test_another_user_file(place: Any, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("completion.max_tokens = 3")
    place.user_file.write_text("completion.max_tokens = 4")
    assert load_settings(environ=place.environ, user_file=other).settings.completion.max_tokens == 3
