"""A dead, slow or lying model server costs suggestions, never the session: told once, answered always, noticed when it
is back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Start, did_change, did_open, inline, shown, until
from tests.support.fault_server import FaultServer, Mode
from tests.support.lsp_client import LspClient

ADD = "def add(a, b):\n    "

FAULTS = [
    Mode.CLOSE_BEFORE_HEADERS,
    Mode.CLOSE_MID_STREAM,
    Mode.END_WITHOUT_FINAL,
    Mode.RUBBISH,
    Mode.RUBBISH_JSON,
    Mode.ERROR_MID_STREAM,
    Mode.NOT_HTTP,
    Mode.HTML,
    Mode.EMPTY,
    Mode.UNAUTHORIZED,
    Mode.NOT_FOUND,
    Mode.RATE_LIMITED,
    Mode.FAILED,
    Mode.LOADING,
    Mode.HUGE_LINE,
]


async def test_each_fault_is_reported_once_and_recovered_from(start: Start, backend: FaultServer, kind: str) -> None:
    """One server process for all faults, as in a long session. Each begins and ends with a suggestion."""
    client = await start(backend=kind, url=backend.url)
    did_open(client, ADD)
    version, line = 1, 1
    for mode in FAULTS:
        backend.mode = mode
        before = len(shown(client))
        for _ in range(4):
            version += 1
            did_change(client, version, line, 4, 4, "x")
            assert await inline(client, line, 5) == [], mode
        problems = shown(client)[before:]
        assert len(problems) == 1, (mode, problems)
        assert len(problems[0]) > 30, problems
        backend.mode = Mode.OK
        version += 1
        did_change(client, version, line, 4, 8, "")
        version += 1
        did_change(client, version, 0, 0, 0, "@cached\n")  # a text of its own: nothing is answered from memory
        line += 1
        assert await until_it_works(client, line), mode
        assert shown(client)[before + 1 :] == ["AutoThink: Completion works again."], mode


async def until_it_works(client: LspClient, line: int = 1) -> list[Any]:
    """Ask again until the pause after a failure is over and the server has noticed that its backend is back."""
    async with asyncio.timeout(60):
        while True:
            items = await inline(client, line, 4)
            if items:
                return items
            await asyncio.sleep(0.05)


async def test_server_that_starts_later_is_found(start: Start) -> None:
    server = FaultServer()
    await server.start()
    url, port = server.url, server.port
    await server.stop()
    client = await start(url=url)
    did_open(client, ADD)
    for column in (4, 4, 4):
        assert await inline(client, 1, column) == []
    (problem,) = shown(client, 1)
    assert url in problem
    server = FaultServer(port)
    await server.start()
    try:
        assert await until_it_works(client)
    finally:
        await server.stop()


async def test_hanging_server_is_abandoned_at_the_deadline(start: Start, backend: FaultServer, kind: str) -> None:
    client = await start(backend=kind, url=backend.url, environ={"AUTOTHINK_COMPLETION__DEADLINE_MS": "200"})
    did_open(client, ADD)
    async with asyncio.timeout(30):
        while not await inline(client, 1, 4):  # until it is connected: within 200 ms it may not be on a busy machine
            await asyncio.sleep(0.05)
    backend.mode = Mode.HANG_BEFORE_HEADERS
    did_change(client, 2, 1, 4, 4, "zz")
    assert await inline(client, 1, 6) == []
    did_change(client, 3, 1, 4, 6, "x")
    await backend.until(lambda: backend.running == 0)


async def test_invalid_url_is_reported(start: Start) -> None:
    client = await start(url="localhost 8080")
    did_open(client, ADD)
    assert await inline(client, 1, 4) == []
    messages = shown(client)
    assert any("completion.url" in text and "http" in text for text in messages)
    for column in (3, 2, 4):
        assert await inline(client, 1, column) == []
    assert shown(client) == messages


async def test_unknown_settings_are_warnings(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    (tmp_path / "autothink.toml").write_text('[completion]\nmax_tokes = 3\nmax_tokens = "many"\n', encoding="utf-8")
    client = await start(url=backend.url, folder=tmp_path, options={"completion": {"deadlineMS": 5, "enabled": True}})
    did_open(client, ADD, (tmp_path / "a.py").as_uri())
    assert await inline(client, 1, 4, (tmp_path / "a.py").as_uri())
    warnings = "\n".join(shown(client, 2))
    for word in ("max_tokes", "max_tokens", "autothink.toml"):
        assert word in warnings


async def test_switching_completion_off_and_on_takes_effect_at_once(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    did_open(client, ADD)
    assert await inline(client, 1, 4)
    client.notify("workspace/didChangeConfiguration", {"settings": {"autothink": {"completion": {"enabled": False}}}})
    assert await inline(client, 1, 4) == []
    client.notify("workspace/didChangeConfiguration", {"settings": {"autothink": {"completion": {"enabled": True}}}})
    assert await inline(client, 1, 4)


async def test_settings_are_asked_for_where_the_client_can_be_asked(start: Start, backend: FaultServer) -> None:
    def configuration(params: dict) -> list:
        assert {item["section"] for item in params["items"]} == {"autothink"}
        return [{"completion": {"languages": {"python": False}}}] * len(params["items"])

    client = await start(
        url=backend.url,
        capabilities={
            "textDocument": {"inlineCompletion": {}},
            "workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}},
        },
        answers={"workspace/configuration": configuration},
    )
    await until(lambda: "workspace/configuration" in [method for method, _ in client.requests])
    await until(lambda: "client/registerCapability" in [method for method, _ in client.requests])
    did_open(client, ADD)
    for _ in range(100):
        if await inline(client, 1, 4) == []:
            break
    else:
        pytest.fail("the client's setting never counted")


async def test_a_project_cannot_send_code_elsewhere(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    async with FaultServer() as elsewhere:
        project = tmp_path / "project"
        project.mkdir()
        (project / "autothink.toml").write_text(f'[completion]\nurl = "{elsewhere.url}"\n', encoding="utf-8")
        client = await start(url="", folder=project, environ={"AUTOTHINK_COMPLETION__URL": backend.url})
        did_open(client, ADD, (project / "a.py").as_uri())
        await inline(client, 1, 4, (project / "a.py").as_uri())
        assert elsewhere.connections == 0
