"""What each setting type accepts, rejects, reads from text, masks and combines."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from autothink_lsp.context.exclusion import Exclusion
from autothink_lsp.settings.model import CompletionSettings
from autothink_lsp.settings.secret_files import SECRET_FILES
from autothink_lsp.settings.spec import setting_type
from autothink_lsp.settings.types.address import (
    CommandTableType,
    CommandType,
    FilePathType,
    UrlType,
    VariableNameType,
    is_loopback,
)
from autothink_lsp.settings.types.base import SettingType
from autothink_lsp.settings.types.collection import IgnorePatternsType, LanguageSwitchesType, SubsetType, is_on
from autothink_lsp.settings.types.scalar import AutoOrIntegerType, BooleanType, ChoiceType, IntegerType, TextType

SWITCH, NUMBER, PAUSE = BooleanType(), IntegerType(1, 2048), AutoOrIntegerType(IntegerType(0, 100))
LEVEL, NAME = ChoiceType(("error", "info")), TextType("a name")
URL, VARIABLE, COMMAND, FILE = UrlType(), VariableNameType(), CommandType(), FilePathType()
COMMANDS = CommandTableType()
PATTERNS, LANGUAGES = IgnorePatternsType(), LanguageSwitchesType()


@pytest.mark.parametrize(
    ("setting_type", "raw", "value"),
    [
        (SWITCH, True, True),
        (NUMBER, 1, 1),
        (NUMBER, 2048, 2048),
        (NUMBER, 64.0, 64),
        (PAUSE, "auto", "auto"),
        (PAUSE, " AUTO ", "auto"),
        (PAUSE, 0, 0),
        (LEVEL, "INFO", "info"),
        (NAME, " qwen ", "qwen"),
        (NAME, "", ""),
        (URL, "", ""),
        (URL, " http://127.0.0.1:8000/v1 ", "http://127.0.0.1:8000/v1"),
        (URL, "HTTPS://example.org", "HTTPS://example.org"),
        (URL, "http://[::1]:8080", "http://[::1]:8080"),
        (VARIABLE, "", ""),
        (VARIABLE, "MY_KEY_2", "MY_KEY_2"),
        (VARIABLE, "AZURE_OPENAI_PRODUCTION_KEY_2", "AZURE_OPENAI_PRODUCTION_KEY_2"),
        (COMMAND, "", ()),
        (COMMAND, 'pass show "my key"', ("pass", "show", "my key")),
        (COMMAND, ["op", "read", "a b"], ("op", "read", "a b")),
        (COMMANDS, {}, {}),
        (COMMANDS, {"ty": "ty server", "ruff": []}, {"ty": ("ty", "server"), "ruff": ()}),
        (FILE, "", ""),
        (FILE, "/a/b.gguf", "/a/b.gguf"),
        (FILE, "models/b.gguf", "/where/it/stands/models/b.gguf"),
        (FILE, "~/b.gguf", str(Path.home() / "b.gguf")),
        (PATTERNS, [], ()),
        (PATTERNS, [" dist/ ", "!a"], ("dist/", "!a")),
        (LANGUAGES, {"Python": False, "*": True, "go": None}, {"python": False, "*": True}),
        (LANGUAGES, ["go", "rust"], {"*": False, "go": True, "rust": True}),
        (LANGUAGES, [], {}),
        (LANGUAGES, {}, {}),
    ],
)
def test_valid_values_are_accepted(setting_type: SettingType[Any], raw: object, value: object) -> None:
    parsed = setting_type.parse(raw, Path("/where/it/stands"))
    assert parsed.value == value
    assert parsed.problems == ()


@pytest.mark.parametrize(
    ("setting_type", "raw", "sentence"),
    [
        (SWITCH, "yes", 'must be true or false "yes"'),
        (SWITCH, 1, "must be true or false 1"),
        (NUMBER, True, "must be a whole number from 1 to 2048 true"),
        (NUMBER, 0, "must be a whole number from 1 to 2048 0"),
        (NUMBER, 2049, "must be a whole number from 1 to 2048 2049"),
        (NUMBER, 64.5, "must be a whole number from 1 to 2048 64.5"),
        (NUMBER, math.inf, "must be a whole number from 1 to 2048 Infinity"),
        pytest.param(NUMBER, 10**5000, "must be a whole number from 1 to 2048 a huge number", id="huge"),
        (NUMBER, "64", 'must be a whole number from 1 to 2048 "64"'),
        (PAUSE, "fast", 'must be "auto" or a whole number from 0 to 100 "fast"'),
        (PAUSE, -1, 'must be "auto" or a whole number from 0 to 100 -1'),
        (LEVEL, "warn", 'must be one of "error", "info" "warn"'),
        (LEVEL, {"a": 1}, 'must be one of "error", "info" a table'),
        (NAME, "two\nlines", 'must be a name "two\\nlines"'),
        (NAME, "\ud800", 'must be a name "\\ud800"'),
        (URL, "localhost:8080", "must be an http:// or https:// address: put http:// or https:// before it"),
        (URL, "ftp://example.org", "must be an http:// or https:// address"),
        (URL, "http://", "must be an http:// or https:// address"),
        (URL, "http://a:99999", "must be an http:// or https:// address"),
        (URL, "http://[bad", "must be an http:// or https:// address"),
        (URL, 8080, "must be an http:// or https:// address"),
        (VARIABLE, "sk-abc", "must be the name of an environment variable, not the key itself"),
        (VARIABLE, "hf_AbCdEfGhIjKlMnOpQrStUv1234", "must be the name of an environment variable, not the key itself"),
        (VARIABLE, "A" * 300, "must be the name of an environment variable, not the key itself"),
        (COMMAND, 'echo "open', "has a quotation mark that is never closed"),
        (COMMAND, ["a", 1], "must be a command line, or a list with the program and its arguments"),
        (COMMANDS, "ty server", "must be a table of names with command lines"),
        (COMMANDS, {"ty": 7}, "must be a command line, or a list with the program and its arguments"),
        (COMMAND, ["a\0b"], "must be a command line, or a list with the program and its arguments"),
        (FILE, "a\0b", 'must be the path of a file "a\\u0000b"'),
        (FILE, "~no-such-user-here/x", 'must be the path of a file "~no-such-user-here/x"'),
        (PATTERNS, "*.sql", 'must be a list of patterns as in .gitignore "*.sql"'),
        (LANGUAGES, 3, LANGUAGES.accepts.join(("must be ", " 3"))),
        (LANGUAGES, [5], "must be a language id 5"),
    ],
)
def test_an_invalid_value_is_refused_with_a_sentence(
    setting_type: SettingType[Any], raw: object, sentence: str
) -> None:
    parsed = setting_type.parse(raw, Path("/where"))
    assert parsed.value in (None, {})
    assert f"{parsed.problems[0].requirement} {parsed.problems[0].got}".strip() == sentence


@pytest.mark.parametrize(
    ("setting_type", "raw", "value", "parts"),
    [
        (PATTERNS, ["a", 5, "!", "/", "b\\", "c"], ("a", "c"), ["[1]", "[2]", "[3]", "[4]"]),
        (LANGUAGES, {"go": "no", "rust": False}, {"rust": False}, [".go"]),
        (LANGUAGES, ["go", 5], {"*": False, "go": True}, ["[1]"]),
    ],
)
def test_the_good_part_is_kept(setting_type: SettingType[Any], raw: object, value: object, parts: list[str]) -> None:
    parsed = setting_type.parse(raw, None)
    assert parsed.value == value
    assert [problem.part for problem in parsed.problems] == parts


@pytest.mark.parametrize(
    ("setting_type", "text", "value"),
    [
        (SWITCH, "1", True),
        (SWITCH, "Off", False),
        (NUMBER, " 12 ", 12),
        (PAUSE, "auto", "auto"),
        (PAUSE, "15", 15),
        (LEVEL, "info", "info"),
        (NAME, "123", "123"),
        (NAME, '"quoted"', "quoted"),
        (URL, "http://a/?b=c", "http://a/?b=c"),
        (COMMAND, "pass show key", ("pass", "show", "key")),
        (COMMAND, '["pass", "a b"]', ("pass", "a b")),
        (COMMAND, '"my prog" x', ("my prog", "x")),
        (PATTERNS, "a, b ,,", ("a", "b")),
        (PATTERNS, '["a,b"]', ("a,b",)),
        (LANGUAGES, "go,rust", {"*": False, "go": True, "rust": True}),
        (LANGUAGES, "{go = false}", {"go": False}),
    ],
)
def test_text_of_an_environment_variable(setting_type: SettingType[Any], text: str, value: object) -> None:
    assert setting_type.parse(setting_type.from_text(text), None).value == value


@pytest.mark.parametrize("setting_type", [SWITCH, NUMBER, PAUSE, LEVEL])
@pytest.mark.parametrize("text", ["many", "", "[[[", "9" * 5000, "1\nx = 2", '"'])
def test_text_that_is_no_value(setting_type: SettingType[Any], text: str) -> None:
    assert setting_type.parse(setting_type.from_text(text), None).value is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://a:1/v1", "http://a:1/v1"),
        ("http://me:secret@a/v1", "http://***@a/v1"),
        ("http://sk-key@a", "http://***@a"),
        ("http://a/p@th", "http://a/p@th"),
        ("http://a/v1?key=secret&api-version=2", "http://a/v1?key=***&api-version=***"),
    ],
)
def test_addresses_are_shown_without_secrets(url: str, shown: str) -> None:
    assert URL.masked(url) == shown
    assert f"url={shown!r}" in repr(CompletionSettings(url=url))


def test_a_command_is_shown_without_a_key_in_it() -> None:
    assert COMMAND.masked(("echo", "sk-AbCdEfGhIjKlMnOpQrStUv1234", "plain")) == ["echo", "sk-***", "plain"]


@pytest.mark.parametrize(
    ("url", "is_local"),
    [
        ("http://localhost:1/", True),
        ("http://127.0.0.1", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:1", True),
        ("http://localhost.example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("http://127.0.0.1@example.org", False),
        ("http://10.0.0.1", False),
        ("http://[bad", False),
        ("", False),
    ],
)
def test_only_loopback_urls_are_this_machine(url: str, *, is_local: bool) -> None:
    assert is_loopback(url) is is_local


def test_patterns_add_up_and_the_last_of_equal_ones_stays() -> None:
    assert PATTERNS.merge(("a", "!b", "c"), ("a", "d")) == ("!b", "c", "a", "d")
    assert PATTERNS.merge(SECRET_FILES, SECRET_FILES) == SECRET_FILES


def test_untrusted_patterns_take_nothing_back() -> None:
    assert PATTERNS.narrow((".env",), ("!.env", "dist")) == (".env", "dist")


@pytest.mark.parametrize(
    ("below", "above", "merged", "narrowed"),
    [
        ({}, {"go": False}, {"go": False}, {"go": False}),
        ({}, {"*": False, "go": True}, {"*": False, "go": True}, {"*": False, "go": True}),
        ({"go": False}, {"rust": False}, {"go": False, "rust": False}, {"go": False, "rust": False}),
        ({"go": False}, {"go": True}, {"go": True}, {"*": True, "go": False}),
        ({"go": False}, {"*": True}, {"*": True}, {"*": True, "go": False}),
        ({"*": False, "go": True}, {"*": True}, {"*": True}, {"*": False, "go": True}),
        (
            {"*": False, "go": True},
            {"*": False, "rust": True},
            {"*": False, "rust": True},
            {"*": False, "go": False, "rust": False},
        ),
    ],
)
def test_languages_of_two_layers(
    below: dict[str, bool], above: dict[str, bool], merged: dict[str, bool], narrowed: dict[str, bool]
) -> None:
    assert LANGUAGES.merge(below, above) == merged
    assert LANGUAGES.narrow(below, above) == narrowed


@pytest.mark.parametrize(
    ("switches", "language", "on"),
    [
        ({}, "python", True),
        ({"python": False}, "python", False),
        ({"python": False}, "Python", False),
        ({"python": False}, "go", True),
        ({"*": False, "go": True}, "go", True),
        ({"*": False, "go": True}, "python", False),
    ],
)
def test_a_named_language_goes_before_the_star(switches: dict[str, bool], language: str, *, on: bool) -> None:
    assert is_on(switches, language) is on
    assert CompletionSettings(languages=switches).allows_language(language) is on


@pytest.mark.parametrize(
    ("path", "excluded"),
    [
        (".env", True),
        ("service/.env.production", True),
        ("prod.env", True),
        (".env.example", False),
        ("certs/server.pem", True),
        ("tls.key", True),
        ("id_rsa", True),
        ("home/.ssh/config", True),
        (".aws/credentials", True),
        ("credentials.json", True),
        ("secrets.yaml", True),
        (".npmrc", True),
        ("infra/prod.tfvars", True),
        ("keyboard.py", False),
        ("environment.ts", False),
        ("credentials_service.ts", False),
        ("src/main.rs", False),
    ],
)
def test_secret_file_names_are_excluded(path: str, *, excluded: bool) -> None:
    assert Exclusion().excluded(path, SECRET_FILES) is excluded


Fruit = Literal["apple", "pear"]


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (bool, BooleanType()),
        (Fruit, ChoiceType(("apple", "pear"))),
        (tuple[Fruit, ...], SubsetType(("apple", "pear"))),
        (Annotated[int, IntegerType(1, 2)], IntegerType(1, 2)),
        (Annotated[int, "a comment", IntegerType(1, 2)], IntegerType(1, 2)),
        (Annotated[bool, "a comment"], BooleanType()),
    ],
    ids=["bool", "literal", "tuple", "annotated", "annotated twice", "annotated without a type"],
)
def test_the_annotation_gives_the_type(annotation: Any, expected: SettingType[Any]) -> None:
    found = setting_type(annotation, {}, is_ranked=False)
    assert type(found) is type(expected)
    assert found.schema() == expected.schema()


@pytest.mark.parametrize("annotation", [int, str, tuple[str, ...], tuple[Fruit], Literal[1, 2], list[Fruit]], ids=str)
def test_an_annotation_without_a_type_is_an_error(annotation: Any) -> None:
    with pytest.raises(TypeError, match="no setting type"):
        setting_type(annotation, {}, is_ranked=False)


def test_each_word_has_a_description_or_none_has() -> None:
    described = setting_type(Fruit, {"pear": "Green.", "apple": "Red."}, is_ranked=True)
    assert described.schema() == {"type": "string", "enum": ["apple", "pear"], "enumDescriptions": ["Red.", "Green."]}
    assert described.narrow("pear", "apple") == "apple"
    several = setting_type(tuple[Fruit, ...], {"pear": "Green.", "apple": "Red."}, is_ranked=False)
    assert several.schema()["items"]["enumDescriptions"] == ["Red.", "Green."]
    with pytest.raises(TypeError, match="descriptions of"):
        setting_type(Fruit, {"pear": "Green."}, is_ranked=False)
