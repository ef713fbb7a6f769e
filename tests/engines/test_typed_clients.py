"""The real model through pytest-lsp: a second client, with LSP's types and with what real editors say of themselves.

pytest-lsp also watches that the server sends nothing that the client has not announced.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from attrs import evolve
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.health import error_count
from autothink_lsp.syntax.languages import LanguageRegistry
from tests.engines.conftest import EMBEDDED, EXAMPLES, NO_TIMEOUT

pytestmark = [
    pytest.mark.model,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("error::pytest_lsp.LspSpecificationWarning"),
]

URI = "file:///project/inventory.py"
LINE = '        icon = "🛒𝕏é"; return '
CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}  # and bytes in a unit
HOLE = "        return min(self.items.values(), key=lambda item: item.price)"

Begin = Callable[[str, bool], Awaitable[tuple[LanguageClient, types.InitializeResult]]]


@pytest_asyncio.fixture(loop_scope="module")
async def begin(home: Path) -> AsyncIterator[Begin]:
    """An initialized client that says it is a certain editor, with ghost text or without."""
    clients: list[LanguageClient] = []

    async def start(editor: str, ghost_text: bool) -> tuple[LanguageClient, types.InitializeResult]:
        command = [sys.executable, "-m", "autothink_lsp", "serve", "--log-level", "debug"]
        environ = {**os.environ, "AUTOTHINK_HOME": str(home), **NO_TIMEOUT, **EMBEDDED}
        client = await ClientServerConfig(server_command=command, server_env=environ).start()
        assert isinstance(client, LanguageClient)
        clients.append(client)
        capabilities = client_capabilities(editor)
        inline = types.InlineCompletionClientCapabilities() if ghost_text else None
        capabilities.text_document = evolve(
            capabilities.text_document or types.TextDocumentClientCapabilities(), inline_completion=inline
        )
        result = await client.initialize_session(
            types.InitializeParams(capabilities=capabilities, process_id=os.getpid(), root_uri=None)
        )
        return client, result

    yield start
    for client in clients:
        await client.shutdown_session()
        await client.stop()


def source() -> tuple[str, int]:
    """The example with a line that has characters of one, two and four bytes in it; the number of that line."""
    lines = (EXAMPLES / "python/inventory.py").read_text(encoding="utf-8").split("\n")
    number = lines.index(HOLE)
    lines[number] = LINE
    return "\n".join(lines), number


def end_of(line: str, number: int, encoding: str) -> types.Position:
    """The end of a line in the client's units."""
    codec, unit_bytes = CODECS[encoding]
    return types.Position(number, len(line.encode(codec)) // unit_bytes)


def opened(client: LanguageClient, text: str) -> types.TextDocumentIdentifier:
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(URI, types.LanguageKind.Python, 1, text))
    )
    return types.TextDocumentIdentifier(URI)


def replaced(text: str, number: int, where: types.Range, new_text: str, encoding: str) -> str:
    """The text after an edit of one line, in the client's units."""
    lines = text.split("\n")
    codec, unit_bytes = CODECS[encoding]
    assert where.start.line == where.end.line == number
    data = lines[number].encode(codec)
    start, end = (position.character * unit_bytes for position in (where.start, where.end))
    lines[number] = (data[:start] + new_text.encode(codec) + data[end:]).decode(codec)
    return "\n".join(lines)


def check(text: str, number: int) -> None:
    assert text.split("\n")[number].startswith(LINE.rstrip())
    assert len(text) > len(source()[0])
    grammar = Grammars().load(LanguageRegistry().by_language_id("python"))
    assert error_count(grammar, text) == 0, text


@pytest.mark.parametrize("editor", ["visual-studio-code", "neovim"])
async def test_ghost_text(begin: Begin, editor: str) -> None:
    client, result = await begin(editor, True)
    encoding = result.capabilities.position_encoding or "utf-16"
    assert result.capabilities.inline_completion_provider
    text, number = source()
    document = opened(client, text)
    items: list[types.InlineCompletionItem] = []
    for _ in range(10):  # a cold prompt may take longer than the server has patience
        answer = await client.text_document_inline_completion_async(
            types.InlineCompletionParams(
                types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked),
                document,
                end_of(LINE, number, encoding),
            )
        )
        assert isinstance(answer, types.InlineCompletionList)
        if items := list(answer.items):
            break
    (item,) = items
    assert item.range is not None
    assert isinstance(item.insert_text, str)
    print(encoding, item.range, repr(item.insert_text))
    check(replaced(text, number, item.range, item.insert_text, encoding), number)


async def test_menu_entries_where_there_is_no_ghost_text(begin: Begin) -> None:
    client, result = await begin("emacs", False)
    encoding = result.capabilities.position_encoding or "utf-16"
    assert result.capabilities.completion_provider
    text, number = source()
    document = opened(client, text)
    answer = await client.text_document_completion_async(
        types.CompletionParams(document, end_of(LINE, number, encoding))
    )
    assert isinstance(answer, types.CompletionList)
    (item,) = answer.items
    assert item.detail is not None
    assert item.detail.startswith("AutoThink")
    assert isinstance(item.text_edit, types.TextEdit)
    check(replaced(text, number, item.text_edit.range, item.text_edit.new_text, encoding), number)
