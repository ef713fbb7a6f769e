"""What the VS Code extension says of the server is made from the server's code, and what both name is the same."""

import json
import re

from autothink_lsp import __version__
from autothink_lsp.lsp import assist_progress, commands, virtual_documents
from autothink_lsp.lsp.handlers import editor
from tests.support.vscode_settings import PACKAGE, refreshed

NAMES = (PACKAGE.parent / "src/names.ts").read_text(encoding="utf-8")


def test_the_settings_are_fresh() -> None:
    text = PACKAGE.read_text(encoding="utf-8")
    assert refreshed(text) == text, "make docs"


def test_the_extension_has_the_servers_version() -> None:
    assert json.loads(PACKAGE.read_text(encoding="utf-8"))["version"] == __version__


def test_commands_and_messages_have_the_same_names() -> None:
    server = re.findall(r'"(autothink\.[a-zA-Z]+)"', NAMES.split("SERVER_COMMAND")[1].split("}")[0])
    assert set(server) <= {commands.ACCEPTED, commands.ACTION, commands.ANSWER_NOW, commands.CANCEL}
    messages = set(re.findall(r'"(autothink/[a-zA-Z]+)"', NAMES))
    assert messages == {assist_progress.STATUS, editor.FEEDBACK, editor.DOCUMENT_STATUS}
    assert f'DOCUMENT_SCHEME = "{virtual_documents.SCHEME}"' in NAMES


def test_documents_of_actions_have_the_extensions_language() -> None:
    (language,) = json.loads(PACKAGE.read_text(encoding="utf-8"))["contributes"]["languages"]
    (pattern,) = language["filenamePatterns"]
    assert pattern.removeprefix("*") == virtual_documents.ENDING
