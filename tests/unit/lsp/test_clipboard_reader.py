"""When the editor is asked for copied text, and what of its answers is taken."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from attrs import evolve
from lsprotocol import types

from autothink_lsp.lsp.capabilities import ClientFeatures
from autothink_lsp.lsp.client import Client
from autothink_lsp.lsp.clipboard_reader import ClipboardReader
from tests.support.context_harness import ContextHarness, settings

COPIED = "def charge(basket):\n    return basket.total()\n"
LOCAL = "http://127.0.0.1:8080"
ANNOUNCED = types.ClientCapabilities(experimental={"autothinkClipboard": True})


class Editor:
    """A client's transport that answers every request with ``answer``, or fails with it."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.protocol = SimpleNamespace(send_request_async=self._request)
        self.asked = 0

    async def _request(self, method: str, _params: Any) -> Any:
        assert method == "autothink/clipboard"
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def client_of(editor: Editor, capabilities: types.ClientCapabilities = ANNOUNCED) -> Client:
    client = Client(cast("Any", editor))
    client.features = ClientFeatures.of(capabilities)
    return client


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        ({"text": COPIED}, (COPIED, "", 0)),
        ({"text": COPIED, "uri": "file:///a.py"}, (COPIED, "file:///a.py", 0)),
        ({"text": COPIED, "uri": 3}, (COPIED, "", 0)),
        ({"text": COPIED, "copy": 2}, (COPIED, "", 2)),
        ({"text": COPIED, "copy": "2"}, (COPIED, "", 0)),
        ({"text": COPIED, "copy": True}, (COPIED, "", 0)),
        ({"text": ""}, ("", "", 0)),
        ({"text": 7}, None),
        ({}, None),
        ([], None),
        ("text", None),
        (None, None),
        (RuntimeError("no such method"), None),
        (TimeoutError(), None),
    ],
)
async def test_answers(answer: Any, taken: tuple[str, str, int] | None) -> None:
    assert await client_of(Editor(answer)).copied_text() == taken


async def test_a_client_that_did_not_announce_it_is_not_asked() -> None:
    editor = Editor({"text": COPIED})
    assert await client_of(editor, types.ClientCapabilities()).copied_text() is None
    assert not editor.asked


@pytest.mark.parametrize(
    ("sources", "clipboard_for", "asks"),
    [(("clipboard",), "local", True), (("clipboard",), "none", False), (("similar",), "local", False)],
)
async def test_the_clipboard_is_read_only_where_it_may_be_used_and_once_a_second(
    tmp_path: Path, sources: tuple[str, ...], clipboard_for: str, asks: bool
) -> None:
    harness = ContextHarness(tmp_path / "project", tmp_path / "cache")
    uri = harness.open("a.py", "import lib\n\n")
    editor = Editor({"text": COPIED})
    client = client_of(editor)
    tasks: list[asyncio.Task[object]] = []

    def spawn(work: Coroutine[Any, Any, object], name: str) -> None:
        tasks.append(asyncio.get_running_loop().create_task(work, name=name))

    client.spawn = spawn
    reader = ClipboardReader(client, harness.context_provider)
    reader.rests(uri)
    assert not editor.asked  # the model has got no context here yet
    plain = settings(*sources, url=LOCAL)
    wanted = evolve(plain, completion=evolve(plain.completion, clipboard_for=clipboard_for))
    harness.gather("a.py", 1, 0, wanted)
    for _ in range(3):
        reader.rests(uri)
        await asyncio.gather(*tasks)
    assert editor.asked == int(asks)
