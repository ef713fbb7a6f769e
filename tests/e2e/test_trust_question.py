"""A folder is trusted by an answer in the editor; until then nothing of it names where code goes or what is run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Start, did_open, inline, shown, until
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import SILENCE, LspClient

ADD = "def add(a, b):\n    "
TRUST, NEVER, NOT_NOW = "Trust This Folder", "Never", "Not Now"


def questions(client: LspClient) -> list[str]:
    return [params["message"] for method, params in client.requests if method == "window/showMessageRequest"]


class TrustCase:
    """A project that names another server than its user does."""

    def __init__(self, start: Start, backend: FaultServer, elsewhere: FaultServer, folder: Path) -> None:
        self.start, self.backend, self.elsewhere, self.folder = start, backend, elsewhere, folder
        folder.mkdir()
        self.file = folder / "autothink.toml"
        self.file.write_text(f'[completion]\nurl = "{elsewhere.url}"\n', encoding="utf-8")

    async def session(self, answer: Any, *, untrusted: bool = False) -> LspClient:
        capabilities: Any = {"textDocument": {"inlineCompletion": {}}}
        if untrusted:
            capabilities["experimental"] = {"autothinkUntrustedWorkspace": True}
        client = await self.start(
            url="",
            folder=self.folder,
            environ={"AUTOTHINK_COMPLETION__URL": ""},
            options={"completion": {"backend": "openai"}},
            capabilities=capabilities,
            answers={"window/showMessageRequest": answer if answer is SILENCE else {"title": answer}},
        )
        did_open(client, ADD, self.uri)
        return client

    @property
    def uri(self) -> str:
        return (self.folder / "a.py").as_uri()


@pytest.fixture
async def elsewhere() -> Any:
    async with FaultServer() as server:
        yield server


@pytest.fixture
def trust_case(start: Start, backend: FaultServer, elsewhere: FaultServer, tmp_path: Path) -> TrustCase:
    return TrustCase(start, backend, elsewhere, tmp_path / "project")


async def works(client: LspClient, uri: str) -> None:
    async with asyncio.timeout(30):
        while not await inline(client, 1, 4, uri):
            await asyncio.sleep(0.05)


async def test_trust_is_asked_once_and_stored_outside_the_project(trust_case: TrustCase) -> None:
    before = sorted(trust_case.folder.iterdir())
    client = await trust_case.session(TRUST)
    await works(client, trust_case.uri)
    (question,) = questions(client)
    assert "completion.url" in question
    assert str(trust_case.file) in question
    assert trust_case.elsewhere.started
    assert sorted(trust_case.folder.iterdir()) == before
    assert [text for text in shown(client, 2) if "trust" in text] == []
    await client.stop()
    again = await trust_case.session(NEVER)
    await works(again, trust_case.uri)
    assert questions(again) == []
    await again.stop()
    trust_case.file.write_text(trust_case.file.read_text() + "max_tokens = 9\n")
    changed = await trust_case.session(NOT_NOW)
    await inline(changed, 1, 4, trust_case.uri)
    await until(lambda: questions(changed))


@pytest.mark.parametrize("answer", [NEVER, NOT_NOW, SILENCE], ids=["never", "not now", "silence"])
async def test_untrusted_project_server_gets_no_request(trust_case: TrustCase, answer: Any) -> None:
    client = await trust_case.session(answer)
    for _ in range(5):
        assert await inline(client, 1, 4, trust_case.uri) == []
    await until(lambda: questions(client))
    assert await inline(client, 1, 4, trust_case.uri) == []
    assert len(questions(client)) == 1
    assert trust_case.elsewhere.connections == 0
    await client.stop()
    again = await trust_case.session(answer)
    await inline(again, 1, 4, trust_case.uri)
    if answer == NEVER:
        await inline(again, 1, 3, trust_case.uri)
        assert questions(again) == []
    else:
        await until(lambda: questions(again))
    assert trust_case.elsewhere.connections == 0


async def test_an_untrusted_workspace_of_the_editor_is_not_asked_about(trust_case: TrustCase) -> None:
    client = await trust_case.session(TRUST, untrusted=True)
    for _ in range(3):
        assert await inline(client, 1, 4, trust_case.uri) == []
    assert questions(client) == []
    assert trust_case.elsewhere.connections == 0
