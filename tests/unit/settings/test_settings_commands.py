"""``config`` and ``trust`` as a user types them."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pytest

from autothink_lsp.commands import config, trust
from autothink_lsp.settings.schema import json_schema
from autothink_lsp.settings.tree import all_keys


@pytest.fixture(autouse=True)
def home(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOTHINK_HOME", place.environ["AUTOTHINK_HOME"])
    monkeypatch.chdir(place.project)


def command(*words: str) -> int:
    parser = argparse.ArgumentParser(prog="autothink-lsp")
    subparsers = parser.add_subparsers(dest="command", required=True)
    config.add_parser(subparsers)
    trust.add_parser(subparsers)
    args = parser.parse_args(words)
    return config.run(args) if args.command == "config" else trust.run(args)


def test_show_lists_value_and_origin_then_warnings(
    place: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place.user_file.write_text("completion.url = 'http://me:secret@mine/?key=secret'\ncompletion.backend = 'openai'")
    place.project_file.write_text("completion.max_tokens = 5\nurl = 'http://evil.example'\nlog.level = 'trace'")
    monkeypatch.setenv("AUTOTHINK_COMPLETION__API_KEY_COMMAND", "echo sk-AbCdEfGhIjKlMnOpQrStUv1234")
    assert command("config", "show") == 0
    lines = capsys.readouterr().out.splitlines()
    shown = [line.split("  #")[0].strip() for line in lines if not line.startswith(("#", "warning: "))]
    assert [line.split(" = ")[0] for line in shown] == list(all_keys())
    assert 'completion.url = "http://***@mine/?key=***"' in shown
    assert 'completion.api_key_command = ["echo", "sk-***"]' in shown
    assert any(
        line.startswith("completion.max_tokens = 5 ") and f"# project file {place.project_file}" in line
        for line in lines
    )
    assert [line for line in lines if line.startswith("warning: ")] == lines[-2:]
    assert 'Did you mean "completion.url"' in lines[-2]
    assert f"autothink-lsp trust {place.project}" in lines[-1]


def test_show_for_programs(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    place.user_file.write_text("completion.exclude = ['*.sql']\nx = 1")
    place.project_file.write_text("log.level = 'trace'")
    assert command("config", "show", "--json", "--folder", str(place.project)) == 0
    report = json.loads(capsys.readouterr().out)
    assert list(report["settings"]) == list(all_keys())
    exclude = report["settings"]["completion.exclude"]
    assert exclude["value"][-1] == "*.sql"
    assert exclude["origin"] == {
        "kind": "user file",
        "where": str(place.user_file),
        "also": [{"kind": "default", "where": "", "also": []}],
    }
    assert report["untrusted"] == ["log.level"]
    assert [warning["key"] for warning in report["warnings"]] == ["x", ""]


def test_show_of_no_folder(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("config", "show", "--folder", str(place.root / "none")) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "is not a folder" in captured.err


def test_schema_and_path(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("config", "schema") == 0
    assert json.loads(capsys.readouterr().out) == json_schema()
    assert command("config", "path") == 0
    assert capsys.readouterr().out == f"{place.user_file}\n"


def test_trust_says_what_counts_and_untrust_takes_it_back(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    place.project_file.write_text(
        "completion.url = 'http://me:secret@mine'\ncompletion.exclude = ['!.env']\ncompletion.enabled = false"
    )
    assert command("trust") == 0
    assert capsys.readouterr().out.splitlines() == [
        (
            f"{place.project_file} is trusted with its current content. If it changes, you are asked again. "
            "Settings that now apply:"
        ),
        '  completion.url = "http://***@mine"',
        '  completion.exclude = ["!.env"]',
    ]
    assert place.load().settings.completion.url == "http://me:secret@mine"

    assert command("trust", "--list") == 0
    assert capsys.readouterr().out == f"{place.project}\n"

    place.project_file.write_text("completion.url = 'http://evil.example'")
    assert place.load().settings.completion.url == ""
    assert command("trust", "--list") == 0
    assert "changed: not trusted" in capsys.readouterr().out

    assert command("untrust", str(place.project)) == 0
    assert command("untrust", str(place.project)) == 1
    assert "was not trusted" in capsys.readouterr().err
    assert place.store.trusted_folders() == ()


def test_a_broken_file_and_a_folder_that_is_none_are_not_trusted(
    place: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    place.project_file.write_text("a = = 1")
    assert command("trust") == 1
    assert "is not valid TOML" in capsys.readouterr().err
    assert command("trust", str(place.project / "nowhere")) == 1
    assert "is not a folder" in capsys.readouterr().err
    assert place.store.trusted_folders() == ()


def test_a_folder_without_a_file_is_trusted_until_one_comes(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("trust") == 0
    assert "its tools and tests may run" in capsys.readouterr().out
    assert place.store.trusts(place.project, b"")
    assert command("trust", "--list") == 0
    assert capsys.readouterr().out == f"{place.project}\n"

    place.project_file.write_text("log.level = 'debug'")
    assert not place.store.trusts(place.project, place.project_file.read_bytes())
    assert command("trust", "--list") == 0
    assert "changed: not trusted" in capsys.readouterr().out


def test_trust_shows_the_tests_that_check_fixes(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    (place.project / "go.mod").touch()
    assert command("trust") == 0
    assert "Tests: `go test ./...` was found. --tests use checks fixes with it." in capsys.readouterr().out
    assert command("trust", "--tests", "use") == 0
    assert "Tests: fixes are checked with `go test ./...`." in capsys.readouterr().out
    assert command("trust") == 0
    assert "Tests: fixes are checked with `go test ./...`." in capsys.readouterr().out
    assert command("trust", "--tests", "ignore") == 0
    assert "Tests: `go test ./...` was found and is not used." in capsys.readouterr().out
    place.project_file.write_text("assist.test_command = ['make', 'check']")
    assert command("trust") == 0
    assert "Tests: fixes are checked with `make check` (assist.test_command)." in capsys.readouterr().out
    assert command("untrust") == 0
    assert "Tests" not in capsys.readouterr().out


def test_trust_that_cannot_be_written(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    place.project_file.write_text("log.level = 'debug'")
    (place.root / "home" / "state").touch()
    assert command("trust") == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "could not be written" in captured.err
    assert "AUTOTHINK_HOME" in captured.err
