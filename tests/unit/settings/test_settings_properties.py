"""Whatever any source says: loading never raises, no setting changes its type, no stranger widens anything."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from autothink_lsp.context.exclusion import Exclusion
from autothink_lsp.settings.load import LoadedSettings, load_settings
from autothink_lsp.settings.model import Settings
from autothink_lsp.settings.toml_file import TomlFile
from autothink_lsp.settings.tree import all_keys
from autothink_lsp.settings.trust import TrustStore
from autothink_lsp.settings.types.collection import is_on
from tests.support.example_counts import examples

WORDS = ["auto", "openai", "embedded", "http://a", "trace", "always", "!.env", " !*", "*", "python", "dist/", "", "A_B"]
NAMES = [
    "autothink",
    *(part for dotted in all_keys() for part in (*dotted.split("."), dotted)),
    "deadlineMs",
    "*",
    "go",
]

any_text = st.text(st.characters(exclude_categories=()), max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | any_text | st.sampled_from(WORDS)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | any_text, inner, max_size=5),
    max_leaves=12,
)
# Mostly the right shape, so that the garbage reaches the setting types.
shaped = st.dictionaries(
    st.sampled_from(["completion", "assist", "embedded", "log"]),
    st.dictionaries(st.sampled_from(NAMES) | any_text, json_values, max_size=6),
    max_size=4,
)
variables = st.dictionaries(
    st.sampled_from([key.variable for key in all_keys().values()])
    | st.text("ABC_LOG", max_size=9).map("AUTOTHINK_".__add__),
    st.sampled_from([*WORDS, "1", "[", "{go=false}", '["a"]', '"']) | any_text,
    max_size=6,
)


def to_toml(value: Any) -> str:
    """A JSON value in TOML; what TOML cannot say (null, lone surrogates) becomes something it can."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{to_toml(str(name))} = {to_toml(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(to_toml(item) for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value.encode("utf-8", "replace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, float):
        return repr(value)
    return "0" if value is None else json.dumps(value)


def to_toml_file(table: Mapping[str, Any]) -> str:
    return "".join(f"{to_toml(str(name))} = {to_toml(value)}\n" for name, value in table.items())


@contextmanager
def a_place(user: bytes, project: bytes) -> Iterator[tuple[Path, TrustStore]]:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "config").mkdir()
        (root / "config" / "config.toml").write_bytes(user)
        (root / "autothink.toml").write_bytes(project)
        yield root, TrustStore(root / "state")


AUTO_OR_NUMBER = {"completion.debounce_ms", "completion.context_tokens"}


def check_types(loaded: LoadedSettings) -> None:
    for dotted, key in all_keys().items():
        value = getattr(getattr(loaded.settings, key.section), key.name)
        allowed = {str, int} if dotted in AUTO_OR_NUMBER else {type(key.default)}
        assert type(value) in allowed, dotted
        assert dotted in loaded.origins
    for warning in loaded.warnings:
        warning.message.encode("utf-8")
        assert "\n" not in warning.message


@settings(max_examples=examples(60))
@given(client=st.lists(json_values | shaped, max_size=2), environ=variables, user=shaped, project=shaped | json_values)
def test_garbage_never_raises_and_never_changes_a_type(
    client: list[Any], environ: Any, user: Any, project: Any
) -> None:
    table = project if isinstance(project, Mapping) else {"x": project}
    with a_place(to_toml_file(user).encode(), to_toml_file(table).encode()) as (root, store):
        environ = {**environ, "AUTOTHINK_HOME": str(root)}
        layers = [("initializationOptions", raw) for raw in client]
        check_types(load_settings(folder=root, environ=environ, client_layers=layers, trust=store))
        store.trust(root, (root / "autothink.toml").read_bytes())
        check_types(load_settings(folder=root, environ=environ, client_layers=layers, trust=store))


@settings(max_examples=examples(50))
@given(content=st.binary(max_size=60) | st.text("ab=\"\n[]{}.,'#", max_size=40).map(str.encode))
def test_any_bytes_as_a_file(content: bytes) -> None:
    with a_place(content, content) as (root, store):
        check_types(load_settings(folder=root, environ={"AUTOTHINK_HOME": str(root)}, trust=store))


@settings(max_examples=examples(50))
@given(table=shaped)
def test_every_key_of_a_valid_file_has_a_line(table: dict[str, Any]) -> None:
    import tomllib

    text = "".join(f"[{name}]\n{to_toml_file(inner)}" for name, inner in table.items())
    lines = TomlFile(Path("x"), text.encode(), tomllib.loads(text)).lines_of_keys()
    rows = text.split("\n")
    for section, inner in table.items():
        assert rows[lines[section,] - 1] == f"[{section}]"
        for name in (name.encode("utf-8", "replace").decode() for name in inner):
            assert rows[lines[section, name] - 1].startswith(f"{to_toml(name)} = ")


PATHS = [".env", "a/.env", "x.pem", "id_rsa", "dist/x", "a.sql", "main.py", ".env.example", "secrets.yaml"]
LANGUAGES = ["python", "go", "rust", "c"]
switches = st.dictionaries(st.sampled_from(["*", *LANGUAGES]), st.booleans()) | st.lists(st.sampled_from(LANGUAGES))
patterns = st.lists(
    st.sampled_from(["!.env", " !.env", "!*", "*", "!/", "*.sql", "!*.sql", "dist/", ".env", "!id_rsa", "\\!x"])
)
completion = st.fixed_dictionaries({}, optional={"enabled": st.booleans(), "languages": switches, "exclude": patterns})


@settings(max_examples=examples(80))
@given(user=completion, project=completion, rest=shaped)
def test_a_stranger_only_narrows(user: dict[str, Any], project: dict[str, Any], rest: dict[str, Any]) -> None:
    mine = to_toml_file({"completion": user}).encode()
    theirs = to_toml_file({**rest, "completion": {**rest.get("completion", {}), **project}}).encode()
    with a_place(mine, theirs) as (root, store):
        environ = {"AUTOTHINK_HOME": str(root)}
        before = load_settings(environ=environ).settings.completion
        loaded = load_settings(folder=root, environ=environ, trust=store)
    after = loaded.settings.completion
    assert before.enabled or not after.enabled
    for language in [*LANGUAGES, "other"]:
        assert is_on(before.languages, language) or not is_on(after.languages, language)
    for path in PATHS:
        assert Exclusion().excluded(path, after.exclude) or not Exclusion().excluded(path, before.exclude)
    safe = Settings()
    assert (after.backend, after.url, after.api_key_env, after.api_key_command) == ("embedded", "", "", ())
    assert (loaded.settings.embedded, loaded.settings.log) == (safe.embedded, safe.log)
