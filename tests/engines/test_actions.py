"""Actions with the real embedded model behind a real server process: what it says varies, what may happen does not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.engines.conftest import EMBEDDED
from tests.support.action_client import FULL, ActionEditor, choose, diagnostic, progress_lines
from tests.support.lsp_client import LspClient

pytestmark = [pytest.mark.model, pytest.mark.timeout(300)]

CODE = '''\
def greeting(name: str) -> str:
    """Hello and the name."""
    return "Hello, " + nmae


def untouched():
    return  1
'''
UNDEFINED = diagnostic(2, 23, 27, '"nmae" is not defined', source="Pyright", code="reportUndefinedVariable")
TYPE = diagnostic(2, 11, 26, 'Operator "+" not supported for types "str" and "int"', source="Pyright")


@pytest.fixture
async def client(home: Path):
    environ = {**EMBEDDED, "AUTOTHINK_HOME": str(home), "AUTOTHINK_ASSIST__DEADLINE_S": "150"}
    started = await LspClient.start(environ=environ)
    await started.initialize(FULL, folder_uri=home.as_uri())
    yield started
    assert await started.stop() == 0


async def test_a_trivial_fix_needs_no_model(client: LspClient, home: Path) -> None:
    editor = ActionEditor(client, (home / "x.py").as_uri(), "python", CODE)
    editor.open()
    await editor.fix(UNDEFINED)
    assert editor.text == CODE.replace("+ nmae\n", "+ name\n")
    assert not any("quick attempt" in line for line in progress_lines(client))


async def test_a_model_fixes_or_says_that_it_could_not(client: LspClient, home: Path) -> None:
    text = CODE.replace("+ nmae", "+ len(name)")
    editor = ActionEditor(client, (home / "x.py").as_uri(), "python", text)
    editor.open()
    resolved = await editor.fix(TYPE)
    assert editor.text.endswith("def untouched():\n    return  1\n")
    compile(editor.text, "x.py", "exec")
    assert any("quick attempt" in line for line in progress_lines(client))
    if editor.text == text:
        assert not resolved.get("edit")
        assert any(method == "window/showMessage" for method, _ in client.notifications)


async def test_explaining(client: LspClient, home: Path) -> None:
    client._answers["window/showDocument"] = {"success": True}
    editor = ActionEditor(client, (home / "x.py").as_uri(), "python", CODE)
    editor.open()
    where = {"start": {"line": 2, "character": 4}, "end": {"line": 2, "character": 4}}
    await editor.resolve(choose(await editor.offers(where), "Explain this function"))
    async with asyncio.timeout(30):  # the document is shown beside the reply
        while not (shown := [params["uri"] for method, params in client.requests if method == "window/showDocument"]):
            await asyncio.sleep(0.05)
    content = await client.request("workspace/textDocumentContent", {"uri": shown[-1]})
    assert len(content["text"]) > 60
    assert "Attempt 1" in content["text"]
