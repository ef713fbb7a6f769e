"""What the VS Code extension says of the server is made from the server's code, and what both name is the same."""

import json
import re

from autothink_lsp import __version__
from autothink_lsp.lsp import names
from tests.support.vscode_settings import OLD_SPELLINGS, PACKAGE, refreshed

EXTENSION_NAMES = (PACKAGE.parent / "src/names.ts").read_text(encoding="utf-8")


def test_the_settings_are_fresh() -> None:
    text = PACKAGE.read_text(encoding="utf-8")
    assert refreshed(text) == text, "make docs"


def test_an_old_spelling_is_declared_for_settings_that_had_one() -> None:
    sections = json.loads(PACKAGE.read_text(encoding="utf-8"))["contributes"]["configuration"]
    settings = {name: schema for section in sections for name, schema in section["properties"].items()}
    old = {
        name.removeprefix("autothink.") for name, schema in settings.items() if "markdownDeprecationMessage" in schema
    }
    assert old == OLD_SPELLINGS
    assert all("default" not in settings[f"autothink.{name}"] for name in old)
    assert "autothink.next_edit.enabled" not in settings, "it was added as autothink.nextEdit.enabled"


def test_the_extension_has_the_servers_version() -> None:
    assert json.loads(PACKAGE.read_text(encoding="utf-8"))["version"] == __version__


def test_commands_and_messages_have_the_same_names() -> None:
    server = re.findall(r'"(autothink\.[a-zA-Z]+)"', EXTENSION_NAMES.split("SERVER_COMMAND")[1].split("}")[0])
    known = {names.ACCEPTED, names.ACTION, names.ANSWER_NOW, names.CANCEL, names.FOLLOW_UP, names.MORE_ACTIONS}
    assert set(server) <= known
    messages = set(re.findall(r'"(autothink/[a-zA-Z]+)"', EXTENSION_NAMES))
    more = {names.WATCH_DIAGNOSTICS, names.DIAGNOSTICS, names.LANGUAGE_SERVERS, names.DEFINITIONS, names.CLIPBOARD}
    more |= {names.RENAME, names.LATE_ANSWER, names.DISMISSED_NEXT_EDIT, names.MODELS}
    assert messages == {names.STATUS, names.FEEDBACK, names.DOCUMENT_STATUS} | more
    copilot = set(re.findall(r'"(textDocument/[a-zA-Z]+)"', EXTENSION_NAMES))
    assert copilot == {names.NEXT_EDIT, names.DID_SHOW_NEXT_EDIT}
    assert f'DOCUMENT_SCHEME = "{names.SCHEME}"' in EXTENSION_NAMES


def test_documents_of_actions_have_the_extensions_language() -> None:
    (language,) = json.loads(PACKAGE.read_text(encoding="utf-8"))["contributes"]["languages"]
    (pattern,) = language["filenamePatterns"]
    assert pattern.removeprefix("*") == names.ENDING
