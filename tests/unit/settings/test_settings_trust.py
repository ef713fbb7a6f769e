"""What a project file may do before and after the user trusts it, and how trust is kept."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.errors import SettingsError
from autothink_lsp.settings.local_only import kept_on_this_machine
from autothink_lsp.settings.reports import Origin
from autothink_lsp.settings.secret_files import SECRET_FILES
from autothink_lsp.settings.tree import all_keys
from autothink_lsp.settings.trust import TrustStore
from autothink_lsp.settings.user_actions import UserAction

REMOTE = "completion.backend = 'openai'\ncompletion.url = 'https://mine.example'\n"
NEXT_EDIT = "next_edit.backend = 'openai'\nnext_edit.url = 'https://mine.example'\n"


def value_of(loaded: Any, dotted: str) -> Any:
    section, name = dotted.split(".")
    return getattr(getattr(loaded.settings, section), name)


Rule = tuple[str, str, str, object, object]


def narrows(dotted: str, below: str, narrower: str, wider: str = "", *, default: bool = False) -> list[Rule]:
    """Rules of one key where the user's file says ``below``, or says nothing and that is the ``default``.

    Of an untrusted project the values in ``narrower`` count and those in ``wider`` do not. All are JSON, parted by
    blanks.
    """
    user = "" if default else f"{dotted} = {below}"
    return [
        (user, f"{dotted} = {written}", dotted, json.loads(counts or written), json.loads(written))
        for values, counts in ((narrower, ""), (wider, below))
        for written in values.split()
    ]


# The user's file, the project's file, the key, its value without trust and with it.
RULES = [
    ("", "completion.url = 'http://evil.example'", "completion.url", "", "http://evil.example"),
    (REMOTE, "completion.url = 'http://evil.example'", "completion.url", "https://mine.example", "http://evil.example"),
    ("", "assist.url = 'http://evil.example'", "assist.url", "", "http://evil.example"),
    ("", "completion.backend = 'openai'", "completion.backend", "embedded", "openai"),
    (REMOTE, "completion.backend = 'llama-server'", "completion.backend", "openai", "llama-server"),
    (REMOTE, "completion.backend = 'embedded'", "completion.backend", "embedded", "embedded"),
    (REMOTE, "completion.model = 'evil/model'", "completion.model", "", "evil/model"),
    (
        REMOTE.replace("https://mine.example", "http://127.0.0.1:8000"),
        "completion.model = 'b'",  # Ollama on this machine passes names that end in -cloud on
        "completion.model",
        "",
        "b",
    ),
    ("", "completion.model = 'b'", "completion.model", "", "b"),
    ("", "completion.api_key_env = 'AWS_SECRET'", "completion.api_key_env", "", "AWS_SECRET"),
    ("", "completion.api_key_command = 'rm -rf x'", "completion.api_key_command", (), ("rm", "-rf", "x")),
    ("", "completion.api_key_keyring = 'mine'", "completion.api_key_keyring", "", "mine"),
    ("", "completion.allow_http = true", "completion.allow_http", False, True),
    ("", "completion.requests_per_minute = 60", "completion.requests_per_minute", 0, 60),
    ("", "embedded.model_path = '/etc/x'", "embedded.model_path", "", "/etc/x"),
    ("", "embedded.download = 'always'", "embedded.download", "ask", "always"),
    ("", "embedded.model = 'big'", "embedded.model", "auto", "big"),
    ("", "embedded.assist_model = 'big'", "embedded.assist_model", "", "big"),
    ("", "embedded.assist_model_path = '/etc/x'", "embedded.assist_model_path", "", "/etc/x"),
    ("", "embedded.assist_context_tokens = 131072", "embedded.assist_context_tokens", 8192, 131072),
    ("", "embedded.idle_minutes = 10080", "embedded.idle_minutes", 5, 10080),
    ("", "embedded.share = false", "embedded.share", True, False),
    ("", "embedded.gpu_layers = 99", "embedded.gpu_layers", "auto", 99),
    ("", "embedded.context_tokens = 131072", "embedded.context_tokens", 2048, 131072),
    ("", "embedded.threads = 64", "embedded.threads", 0, 64),
    ("", "embedded.speculation = 'ngram'", "embedded.speculation", "off", "ngram"),
    ("", "embedded.assist_speculation = 'ngram'", "embedded.assist_speculation", "auto", "ngram"),
    ("", "vllm.python = '/tmp/evil/python'", "vllm.python", "", "/tmp/evil/python"),
    ("", "vllm.extra_args = ['--trust-remote-code']", "vllm.extra_args", (), ("--trust-remote-code",)),
    ("", "vllm.lora = ['a=/x']", "vllm.lora", (), ("a=/x",)),
    ("assist.backend = 'vllm'", "assist.model = 'evil/model'", "assist.model", "", "evil/model"),
    ("", "vllm.port = 8000", "vllm.port", 0, 8000),
    ("", "vllm.idle_minutes = 9", "vllm.idle_minutes", 5, 9),
    ("", "vllm.dtype = 'float32'", "vllm.dtype", "auto", "float32"),
    ("", "vllm.context_tokens = 1048576", "vllm.context_tokens", 16384, 1048576),
    ("", "vllm.gpu_memory_percent = 99", "vllm.gpu_memory_percent", 90, 99),
    ("", "vllm.tensor_parallel = 8", "vllm.tensor_parallel", 1, 8),
    ("", "vllm.max_requests = 4096", "vllm.max_requests", 64, 4096),
    ("", "vllm.quantization = 'fp8'", "vllm.quantization", "", "fp8"),
    ("", "vllm.speculation = 'off'", "vllm.speculation", "ngram", "off"),
    ("", "vllm.speculative_tokens = 32", "vllm.speculative_tokens", 6, 32),
    ("", "vllm.draft_model = 'evil/model'", "vllm.draft_model", "", "evil/model"),
    ("", "vllm.prefix_caching = false", "vllm.prefix_caching", True, False),
    ("", "vllm.reasoning_parser = 'autothink'", "vllm.reasoning_parser", "", "autothink"),
    ("", "transformers.python = '/tmp/evil/python'", "transformers.python", "", "/tmp/evil/python"),
    ("", "transformers.extra_args = ['--trust-remote-code']", "transformers.extra_args", (), ("--trust-remote-code",)),
    ("", "transformers.port = 8000", "transformers.port", 0, 8000),
    ("", "transformers.idle_minutes = 9", "transformers.idle_minutes", 5, 9),
    ("", "transformers.dtype = 'float32'", "transformers.dtype", "auto", "float32"),
    ("", "transformers.device = 'cuda:0'", "transformers.device", "auto", "cuda:0"),
    ("", "log.file = '/home/me/.bashrc'", "log.file", "", "/home/me/.bashrc"),
    ("", "log.level = 'trace'", "log.level", "info", "trace"),
    ("", "completion.enabled = false", "completion.enabled", False, False),
    ("completion.enabled = false", "completion.enabled = true", "completion.enabled", False, True),
    ("", "completion.speculate = 'always'", "completion.speculate", "auto", "always"),
    ("", "completion.speculate = 'never'", "completion.speculate", "never", "never"),
    ("", "completion.fallback = 'embedded'", "completion.fallback", "off", "embedded"),
    ("completion.fallback = 'embedded'", "completion.fallback = 'off'", "completion.fallback", "off", "off"),
    ("", "completion.languages = { go = false }", "completion.languages", {"go": False}, {"go": False}),
    (
        "completion.by_language = { go = { confidence = 40 } }",
        "completion.by_language = { go = { deadline_ms = 90 } }",
        "completion.by_language",
        {"go": {"confidence": 40}},
        {"go": {"confidence": 40, "deadline_ms": 90}},
    ),
    (
        "completion.languages = { go = false }",
        "completion.languages = ['go', 'c']",
        "completion.languages",
        {"*": False, "c": True, "go": False},
        {"*": False, "c": True, "go": True},
    ),
    ("", "completion.exclude = ['dist/']", "completion.exclude", (*SECRET_FILES, "dist/"), (*SECRET_FILES, "dist/")),
    (
        "completion.exclude = ['*.sql']",
        "completion.exclude = ['dist/', ' !.env', '!*.sql']",
        "completion.exclude",
        (*SECRET_FILES, "*.sql", "dist/"),
        (*SECRET_FILES, "*.sql", "dist/", "!.env", "!*.sql"),
    ),
    ("", "privacy.exclude_for = 'remote'", "privacy.exclude_for", "everywhere", "remote"),
    (
        "privacy.exclude_for = 'remote'",
        "privacy.exclude_for = 'everywhere'",
        "privacy.exclude_for",
        *["everywhere"] * 2,
    ),
    ("", "privacy.redact_for = 'remote'", "privacy.redact_for", "everywhere", "remote"),
    ("privacy.redact_for = 'remote'", "privacy.redact_for = 'everywhere'", "privacy.redact_for", *["everywhere"] * 2),
    ("", "privacy.largest_file_kib = 9", "privacy.largest_file_kib", 8192, 9),
    *narrows("completion.max_tokens", "64", "1 5 63", "65 2048", default=True),
    *narrows("completion.deadline_ms", "600", "50 599", "601 60000", default=True),
    *narrows("completion.deadline_ms", "900", "100 600", "901"),
    *narrows("completion.context_tokens", '"auto"', "0", "1 90 1024 32768", default=True),
    *narrows("completion.context_tokens", "90", "0 89", '91 "auto"'),
    *narrows("completion.context_tokens", "4000", '"auto" 0 3999', "4001"),
    *narrows("completion.debounce_ms", '"auto"', "200 10000", "0 199", default=True),
    *narrows("completion.debounce_ms", "90", "91 10000", '0 89 "auto"'),
    *narrows("completion.debounce_ms", "0", '"auto" 1'),
    ("", "completion.context_sources = ['scope']", "completion.context_sources", ("scope",), ("scope",)),
    (
        "completion.context_sources = ['imports', 'scope']",
        "completion.context_sources = ['scope', 'similar']",
        "completion.context_sources",
        ("scope",),
        ("scope", "similar"),
    ),
    ("", "completion.clipboard_for = 'none'", "completion.clipboard_for", "none", "none"),
    ("", "completion.clipboard_for = 'everywhere'", "completion.clipboard_for", "local", "everywhere"),
    (
        "completion.clipboard_for = 'none'",
        "completion.clipboard_for = 'local'",
        "completion.clipboard_for",
        "none",
        "local",
    ),
    (
        "",
        "completion.silent_in = ['string']",
        "completion.silent_in",
        ("comment", "docstring", "string"),
        ("string",),
    ),
    ("", "completion.silent_in = []", "completion.silent_in", ("comment", "docstring"), ()),
    *narrows("completion.confidence", "20", "21 100", "0 19", default=True),
    ("", "completion.fim_family = 'x'", "completion.fim_family", "auto", "x"),
    ("", "completion.prompt_order = 'psm'", "completion.prompt_order", "auto", "psm"),
    ("", "assist.enabled = false", "assist.enabled", False, False),
    *narrows("assist.think", '"auto"', '"off"', '"on"', default=True),
    *narrows("assist.think", '"on"', '"off" "auto"'),
    *narrows("assist.think", '"off"', "", '"on" "auto"'),
    ("", "assist.think_profile = 'kat'", "assist.think_profile", "auto", "kat"),
    *narrows("assist.max_thinking_tokens", "4096", "0 4095", "4097 65536", default=True),
    *narrows("assist.max_thinking_tokens", "10", "9", "11"),
    *narrows("assist.max_tokens", "1024", "64 1023", "1025 32768", default=True),
    *narrows("assist.deadline_s", "120", "5 119", "121 3600", default=True),
    ("", "assist.show_thinking = 'hide'", "assist.show_thinking", "hide", "hide"),
    ("", "assist.preview = 'never'", "assist.preview", "unproved", "never"),
    ("", "assist.run_checkers = false", "assist.run_checkers", False, False),
    *narrows("assist.explore", '"local"', '"never"', '"always"', default=True),
    *narrows("assist.patience_s", "150", "5 149", "151 3600", default=True),
    ("", "next_edit.enabled = false", "next_edit.enabled", False, False),
    ("next_edit.enabled = false", "next_edit.enabled = true", "next_edit.enabled", False, True),
    ("", "next_edit.languages = { go = false }", "next_edit.languages", {"go": False}, {"go": False}),
    ("", "next_edit.backend = 'openai'", "next_edit.backend", "none", "openai"),
    (NEXT_EDIT, "next_edit.backend = 'llama-server'", "next_edit.backend", "openai", "llama-server"),
    (NEXT_EDIT, "next_edit.backend = 'none'", "next_edit.backend", "none", "none"),
    (
        NEXT_EDIT,
        "next_edit.url = 'http://evil.example'",
        "next_edit.url",
        "https://mine.example",
        "http://evil.example",
    ),
    ("", "next_edit.backend = 'embedded'", "next_edit.backend", "none", "embedded"),
    ("", "next_edit.plain_models = true", "next_edit.plain_models", False, True),
    ("next_edit.plain_models = true", "next_edit.plain_models = false", "next_edit.plain_models", False, False),
    ("", "embedded.next_edit_model = 'b'", "embedded.next_edit_model", "", "b"),
    ("", "embedded.next_edit_model_path = '/b'", "embedded.next_edit_model_path", "", "/b"),
    ("", "next_edit.model = 'b'", "next_edit.model", "", "b"),
    ("", "next_edit.api_key_env = 'AWS_SECRET'", "next_edit.api_key_env", "", "AWS_SECRET"),
    ("", "next_edit.api_key_command = 'rm -rf x'", "next_edit.api_key_command", (), ("rm", "-rf", "x")),
    ("", "next_edit.api_key_keyring = 'mine'", "next_edit.api_key_keyring", "", "mine"),
    ("", "next_edit.allow_http = true", "next_edit.allow_http", False, True),
    ("", "next_edit.requests_per_minute = 60", "next_edit.requests_per_minute", 0, 60),
    ("", "assist.test_command = 'rm -rf x'", "assist.test_command", (), ("rm", "-rf", "x")),
    (
        "",
        "[[assist.actions]]\nname = 'x'\nprompt = 'Send it.'",
        "assist.actions",
        (),
        (UserAction(name="x", prompt="Send it."),),
    ),
    ("", "assist.statistics = false", "assist.statistics", False, False),
    ("", "verify.language_servers = false", "verify.language_servers", False, False),
    ("", "verify.servers = {ty = 'x y'}", "verify.servers", {}, {"ty": ("x", "y")}),
    ("", "verify.server_idle_minutes = 1", "verify.server_idle_minutes", 3, 1),
    ("", "verify.server_memory_mib = 128", "verify.server_memory_mib", 2048, 128),
]


@pytest.mark.parametrize(("user", "project", "dotted", "before", "after"), RULES)
def test_what_counts_of_a_project_file(
    place: Any, user: str, project: str, dotted: str, before: object, after: object
) -> None:
    untrusting = place.load(user=user, project=project)
    assert value_of(untrusting, dotted) == before
    assert untrusting.untrusted == (() if before == after else (dotted,))
    waiting = [warning.message for warning in untrusting.warnings if "trust" in warning.message]
    expected = (
        f"{place.project_file} sets {dotted}, which only a trusted folder may set. "
        f"Look at the file, then run: autothink-lsp trust {place.project}"
    )
    assert waiting == ([] if before == after else [expected])

    place.trust()
    trusting = place.load()
    assert value_of(trusting, dotted) == after
    assert trusting.untrusted == ()
    assert trusting.origins[dotted].kind == "project file"


def test_every_setting_is_in_the_table() -> None:
    keys = all_keys()
    covered = [keys[dotted].spec for _, _, dotted, _, _ in RULES]
    assert [dotted for dotted, key in keys.items() if key.spec not in covered] == []


def test_what_always_counts_costs_nothing() -> None:
    """A new setting that an untrusted project may set freely has to be looked at here."""
    assert [dotted for dotted, key in all_keys().items() if key.spec.trust == "always"] == ["assist.show_thinking"]


def test_every_setting_that_narrows_can() -> None:
    """Otherwise it should be ``trusted``: a type narrows nothing unless it says how."""
    for dotted, key in all_keys().items():
        number = getattr(key.spec.type, "number", key.spec.type)
        narrows_by_itself = (
            getattr(number, "narrower", "")
            or getattr(number, "is_ranked", False)
            or isinstance(key.default, tuple | Mapping)
        )
        assert key.spec.trust != "narrows" or key.spec.narrowest is not None or narrows_by_itself, dotted


def test_what_waits_for_trust_leaves_no_trace(place: Any) -> None:
    loaded = place.load(user=REMOTE, project="completion.url = 'http://evil.example'\nlog.level = 'trace'")
    assert loaded.origins["completion.url"] == Origin("user file", str(place.user_file))
    assert loaded.origins["log.level"] == Origin("default")


def test_no_question_where_trust_would_change_nothing(place: Any) -> None:
    loaded = place.load(
        project="completion.url = 'http://evil.example'", environ={"AUTOTHINK_COMPLETION__URL": "http://127.0.0.1:1"}
    )
    assert loaded.untrusted == ()


def test_a_changed_file_asks_again(place: Any) -> None:
    place.load(project="log.level = 'debug'")
    place.trust()
    assert place.load().untrusted == ()
    assert place.load(project="log.level = 'debug' ").untrusted == ("log.level",)


def test_a_folder_inside_a_trusted_one_is_another_folder(place: Any) -> None:
    place.load(project="log.level = 'debug'")
    place.trust()
    inner = place.project / "inner"
    inner.mkdir()
    content = place.project_file.read_bytes()
    assert place.store.trusts(place.project, content)
    assert not place.store.trusts(inner, content)
    assert not place.store.trusts(place.root, content)


def test_a_link_to_a_trusted_folder_is_that_folder(place: Any) -> None:
    link = place.root / "link"
    link.symlink_to(place.project)
    place.store.trust(link, b"x")
    assert place.store.trusts(place.project, b"x")
    assert place.store.trusts(place.project / ".." / "project", b"x")
    link.unlink()
    link.mkdir()
    assert not place.store.trusts(link, b"x")


def test_trust_is_taken_back(place: Any) -> None:
    place.store.trust(place.project, b"x")
    [entry] = place.store.trusted_folders()
    assert entry.folder == place.project
    assert place.store.untrust(place.project)
    assert not place.store.trusts(place.project, b"x")
    assert not place.store.untrust(place.project)
    assert place.store.trusted_folders() == ()


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"5", b'{"folder": 1, "sha256": 2}', b"\xff", b"[" * 100_000])
def test_a_damaged_entry_gives_no_trust_and_can_be_replaced(place: Any, damage: bytes) -> None:
    place.store.trust(place.project, b"x")
    [file] = (place.root / "home" / "state" / "trusted-folders").iterdir()
    file.write_bytes(damage)
    assert not place.store.trusts(place.project, b"x")
    assert place.store.trusted_folders() == ()
    place.store.trust(place.project, b"x")
    assert place.store.trusts(place.project, b"x")


def test_an_entry_under_another_folders_name_does_not_count(place: Any) -> None:
    other = place.root / "other"
    place.store.trust(place.project, b"x")
    [mine] = (place.root / "home" / "state" / "trusted-folders").iterdir()
    text = mine.read_bytes()
    place.store.trust(other, b"x")
    for file in mine.parent.iterdir():
        file.write_bytes(text)
    assert place.store.trusts(place.project, b"x")
    assert not place.store.trusts(other, b"x")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
def test_entries_are_private_and_nothing_else_is_left(place: Any) -> None:
    place.store.trust(place.project, b"x")
    folder = place.root / "home" / "state" / "trusted-folders"
    [file] = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_failed_write_leaves_the_old_decision(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place.store.trust(place.project, b"x")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(SettingsError, match="No space left on device"):
        place.store.trust(place.project, b"y")
    assert place.store.trusts(place.project, b"x")
    assert len(list((place.root / "home" / "state" / "trusted-folders").iterdir())) == 1


def test_a_state_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = TrustStore(tmp_path / "file")
    with pytest.raises(SettingsError) as caught:
        store.trust(tmp_path, b"x")
    assert "AUTOTHINK_HOME" in caught.value.hint
    assert not store.trusts(tmp_path, b"x")
    assert store.trusted_folders() == ()


def test_an_untrusted_workspace_asks_no_next_edit_model_elsewhere(place: Any) -> None:
    kept = kept_on_this_machine(place.load(user=NEXT_EDIT))
    assert kept.settings.next_edit.backend == "none"
    assert kept.settings.next_edit.enabled
    assert "next-edit model" in kept.warnings[-1].message
    here = place.load(user=NEXT_EDIT.replace("https://mine.example", "http://127.0.0.1:8000"))
    assert kept_on_this_machine(here).settings.next_edit.backend == "openai"
