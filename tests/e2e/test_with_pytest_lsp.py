"""The same server with another project's client: pytest-lsp checks what we send against LSP's types and the
capabilities."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

from tests.support.fault_server import FaultServer

URI = "file:///project/a.py"
TEXT = "def add(a, b):\n    "


@pytest.fixture(params=["visual-studio-code@1.65.2", "neovim@0.11.0", "emacs@29.1"])
def profile(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def connected(tmp_path: Path, profile: str) -> AsyncIterator[tuple[LanguageClient, types.InitializeResult]]:
    async with FaultServer() as server:
        environ = {
            **os.environ,
            "AUTOTHINK_HOME": str(tmp_path),
            "AUTOTHINK_COMPLETION__BACKEND": "openai",
            "AUTOTHINK_COMPLETION__URL": server.url,
            "AUTOTHINK_COMPLETION__DEADLINE_MS": "20000",
        }
        config = ClientServerConfig([sys.executable, "-m", "autothink_lsp", "serve"], server_env=environ)
        client = await config.start()
        result = await client.initialize_session(
            types.InitializeParams(capabilities=client_capabilities(profile), workspace_folders=[])
        )
        yield client, result
        await client.shutdown_session()
        await client.stop()


async def test_editors_without_ghost_text_get_a_menu_entry(
    connected: tuple[LanguageClient, types.InitializeResult],
) -> None:
    client, result = connected
    assert result.capabilities.completion_provider is not None
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(URI, "python", 1, TEXT)))
    answer = await client.text_document_completion_async(
        types.CompletionParams(types.TextDocumentIdentifier(URI), types.Position(1, 4))
    )
    assert isinstance(answer, types.CompletionList)
    (item,) = answer.items
    assert item.text_edit is not None
    assert item.text_edit.new_text == "return a + b"
    assert item.sort_text is not None
    assert item.sort_text > "z"


async def test_inline_completion_is_answered_without_the_capability(
    connected: tuple[LanguageClient, types.InitializeResult],
) -> None:
    client, result = connected
    assert result.capabilities.inline_completion_provider is None, "these profiles do not announce it"
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(URI, "python", 1, TEXT)))
    answer = await client.text_document_inline_completion_async(
        types.InlineCompletionParams(
            types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
            types.TextDocumentIdentifier(URI),
            types.Position(1, 4),
        )
    )
    assert isinstance(answer, types.InlineCompletionList)
    assert [item.insert_text for item in answer.items] == ["return a + b"]


def test_pytest_lsp_has_the_tested_version() -> None:
    assert hasattr(pytest_lsp, "ClientServerConfig")
