"""Clients that never answer what the server asks: each of their own requests is answered, and the server goes on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import did_change, inline, until
from tests.e2e.test_client_profiles import DOES_NOT_PARSE, UNFINISHED
from tests.support import short_deadlines_server
from tests.support.action_client import ActionEditor, choose
from tests.support.client_profiles import profile
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import SILENCE, LspClient

pytestmark = pytest.mark.usefixtures("without_checkers")

ASKED = (
    "workspace/configuration",
    "client/registerCapability",
    "window/workDoneProgress/create",
    "window/showMessageRequest",
    "window/showDocument",
    "workspace/applyEdit",
    "workspace/textDocumentContent/refresh",
)
MISSPELT = "def cheapest(prices):\n    return min(pricse, default=0)\n"
WHERE = {"start": {"line": 1, "character": 15}, "end": {"line": 1, "character": 21}}
PROBLEM = {"range": WHERE, "message": "undefined name 'pricse'", "severity": 1, "code": "F821"}

StartSilent = Callable[..., Awaitable[LspClient]]


@pytest.fixture
async def start_silent(tmp_path: Path, backend: FaultServer) -> AsyncIterator[StartSilent]:
    """``await start_silent("vscode")``: a client of that profile which answers only what ``answers`` names."""
    clients: list[LspClient] = []

    async def begin(name: str, answers: Any = None) -> LspClient:
        environ = {"AUTOTHINK_HOME": str(tmp_path / "home"), "AUTOTHINK_ASSIST__DEADLINE_S": "60"}
        for role in ("COMPLETION", "ASSIST"):
            environ |= {f"AUTOTHINK_{role}__BACKEND": "openai", f"AUTOTHINK_{role}__URL": backend.url}
        client = await LspClient.start(
            (sys.executable, str(short_deadlines_server.__file__), "serve"),
            environ={**environ, "AUTOTHINK_COMPLETION__DEADLINE_MS": "20000"},
            answers={**dict.fromkeys(ASKED, SILENCE), **(answers or {})},
            stderr=asyncio.subprocess.DEVNULL,
        )
        clients.append(client)
        await client.initialize(profile(name).capabilities, folder_uri=tmp_path.as_uri())
        return client

    yield begin
    for client in clients:
        assert await client.stop() == 0
        assert client.unanswered() == []


def opened(client: LspClient, tmp_path: Path, text: str) -> ActionEditor:
    one = ActionEditor(client, (tmp_path / "shop.py").as_uri(), "python", text)
    one.open()
    return one


def asked(client: LspClient, method: str) -> bool:
    return any(name == method for name, _ in client.requests)


async def run(one: ActionEditor, action: Any) -> Any:
    """By its command."""
    command = action if isinstance(action["command"], str) else action["command"]
    ask = {"command": command["command"], "arguments": command["arguments"]}
    return await one.client.request("workspace/executeCommand", ask)


async def test_client_that_answers_no_settings_registration_or_progress_request(
    start_silent: StartSilent, backend: FaultServer, tmp_path: Path
) -> None:
    client = await start_silent("vscode")
    one = opened(client, tmp_path, MISSPELT)
    action = choose(await one.offers(WHERE, [PROBLEM]), "Explain and fix")
    assert (await one.resolve(action))["edit"]
    for method in ("workspace/configuration", "client/registerCapability", "window/workDoneProgress/create"):
        assert asked(client, method), method
    did_change(client, 2, 2, 0, 0, "def add(a, b):\n    ", one.uri)
    (item,) = await inline(client, 3, 4, one.uri)
    assert item["insertText"] == "return a + b"


@pytest.mark.parametrize("name", ["emacs-eglot", "vim-ale", "kate"])
async def test_an_edit_that_is_not_acknowledged_ends_its_action(
    start_silent: StartSilent, backend: FaultServer, tmp_path: Path, name: str
) -> None:
    client = await start_silent(name)
    one = opened(client, tmp_path, MISSPELT)
    for _ in range(2):
        await run(one, choose(await one.offers(WHERE, [PROBLEM]), "Explain and fix"))
    assert sum(method == "workspace/applyEdit" for method, _ in client.requests) == 2


async def test_an_unanswered_question_counts_as_no(
    start_silent: StartSilent, backend: FaultServer, tmp_path: Path
) -> None:
    backend.chat_answers = [DOES_NOT_PARSE] * 12
    client = await start_silent("vim-ale")
    one = opened(client, tmp_path, UNFINISHED)
    where = {"start": {"line": 3, "character": 8}, "end": {"line": 3, "character": 24}}
    problem = {"range": where, "message": "Unsupported operand types for + (int and list)", "severity": 1}
    await run(one, choose(await one.offers(where, [problem]), "Explain and fix"))
    assert asked(client, "window/showMessageRequest")
    assert not asked(client, "workspace/applyEdit")


async def test_a_document_that_is_never_shown_becomes_a_message(
    start_silent: StartSilent, backend: FaultServer, tmp_path: Path
) -> None:
    client = await start_silent("vscode", {"client/registerCapability": None, "workspace/configuration": None})
    await until(lambda: sum(method == "client/registerCapability" for method, _ in client.requests) == 2)
    await client.request("workspace/executeCommand", {"command": "autothink.showThinking"})
    await until(lambda: any(method == "window/showMessage" for method, _ in client.notifications))


async def test_open_download_question_delays_no_request(
    start_silent: StartSilent, backend: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No backend is set and no model is there: the user is asked whether to fetch one."""
    client = await LspClient.start(
        (sys.executable, str(short_deadlines_server.__file__), "serve"),
        environ={"AUTOTHINK_HOME": str(tmp_path / "home")},
        answers=dict.fromkeys(ASKED, SILENCE),
        stderr=asyncio.subprocess.DEVNULL,
    )
    await client.initialize(profile("vim-ale").capabilities, folder_uri=tmp_path.as_uri())
    one = opened(client, tmp_path, MISSPELT)
    position = {"line": 1, "character": 4}
    params = {"textDocument": {"uri": one.uri}, "position": position}
    assert (await client.request("textDocument/completion", params))["items"] == []
    await until(lambda: asked(client, "window/showMessageRequest"))
    assert (await client.request("textDocument/completion", params))["items"] == []
    assert await one.offers(WHERE, [PROBLEM])
    assert await client.stop() == 0
    assert client.unanswered() == []
