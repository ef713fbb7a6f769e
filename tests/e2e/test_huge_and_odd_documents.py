"""Documents that no editor should have to suffer for: 50 MB, one enormous line, lone surrogates, every kind of line
end."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Start, did_change, did_close, did_open, inline
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import LspClient


async def test_a_document_of_fifty_megabytes_is_completed(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url, environ={"AUTOTHINK_PRIVACY__LARGEST_FILE_KIB": "100000"})
    line = "value = compute(first, second)  # padding to make it long\n"
    lines = 50_000_000 // len(line)
    did_open(client, line * lines + "def add(a, b):\n    ")
    (item,) = await inline(client, lines + 1, 4)
    assert item["insertText"].endswith("return a + b")
    for index in range(5):
        did_change(client, 2 + index, lines // 2, 0, 0, "x")
    assert (await inline(client, lines + 1, 4))[0]["insertText"].endswith("return a + b")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("text", "line", "character"),
    [
        ("\ud800 lone = ", 0, 9),
        ("a\rb\r\nc\nd = ", 3, 4),
        ("x = 1\x0c\ny = ", 1, 4),
        ("s = '\u2028'\nt = ", 1, 4),
        ("", 0, 0),
        ("x = ", 99, 99),
    ],
)
async def test_documents_with_odd_texts_are_completed(
    shared_completing_client: LspClient, text: str, line: int, character: int
) -> None:
    client = shared_completing_client
    did_open(client, text)
    assert (await inline(client, line, character))[0]["insertText"].endswith("return a + b")
    did_close(client)


async def test_a_document_of_unclosed_brackets_is_completed(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    did_open(client, "(" * 20_000 + "\nx = ")
    assert (await inline(client, 1, 4))[0]["insertText"].endswith("return a + b")
