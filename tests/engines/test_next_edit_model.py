"""A real model that is none for next edits, in the place of one: it is asked, refused with a reason, and its engine is
stopped. No weights of a real next-edit model can be had where this was written."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.engines.conftest import EMBEDDED, engines_of, make_home
from tests.support.lsp_client import LspClient

pytestmark = [pytest.mark.model, pytest.mark.timeout(300)]
URI = "file:///p/users.py"
TEXT = "def total(prices):\n    return sum(prices)\n\n\ndef show(prices):\n    print(total(prices))\n"


async def _told(client: LspClient) -> str:
    """What the user is told about next edits, after the engine was seen."""
    was_seen = False
    async with asyncio.timeout(240):
        while True:
            was_seen = was_seen or bool(engines_of(client))
            said = [params["message"] for method, params in client.notifications if method == "window/showMessage"]
            if told := [text for text in said if "Next edits: " in text]:
                assert was_seen
                return told[0]
            await asyncio.sleep(0.1)


async def test_model_without_a_next_edit_dialect_is_refused_and_its_engine_stopped(
    embedded_model: Path, tmp_path: Path
) -> None:
    environ = {
        **EMBEDDED,
        "AUTOTHINK_HOME": str(make_home(tmp_path / "home", embedded_model)),
        "AUTOTHINK_COMPLETION__ENABLED": "false",
        "AUTOTHINK_NEXT_EDIT__BACKEND": "embedded",
        "AUTOTHINK_EMBEDDED__NEXT_EDIT_MODEL": "qwen2.5-coder-0.5b",
    }
    client = await LspClient.start(environ=environ)
    try:
        await client.initialize()
        client.notify(
            "textDocument/didOpen",
            {"textDocument": {"uri": URI, "languageId": "python", "version": 1, "text": TEXT}},
        )
        place = {"start": {"line": 4, "character": 4}, "end": {"line": 4, "character": 8}}
        change = {"textDocument": {"uri": URI, "version": 2}, "contentChanges": [{"range": place, "text": "show_all"}]}
        client.notify("textDocument/didChange", change)
        asked: dict[str, Any] = {
            "textDocument": {"uri": URI, "version": 2},
            "position": {"line": 1, "character": 0},
        }
        assert await client.request("textDocument/copilotInlineEdit", asked) == {"edits": []}
        said = await _told(client)
        assert "qwen2.5-coder-0.5b makes no next edits in a known format (tried: sweep-v2, sweep-v1" in said
        assert await client.request("textDocument/copilotInlineEdit", asked) == {"edits": []}
        assert not engines_of(client)
    finally:
        await client.stop()
