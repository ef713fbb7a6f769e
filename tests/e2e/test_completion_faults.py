"""A dead, slow or lying model server costs suggestions, never the session: told once, answered always, noticed when it is back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Start, did_change, did_open, inline, shown, until
from tests.support.fault_server import FaultServer, Mode

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


@pytest.mark.parametrize("mode", FAULTS, ids=lambda mode: mode.value)
async def test_each_fault_is_told_once_and_recovered_from(start: Start, backend: FaultServer, kind: str, mode: Mode) -> None:
    client = await start(backend=kind, url=backend.url)
    did_open(client, ADD)
    backend.mode = mode
    for number in range(2, 7):
        did_change(client, number, 1, 2 + number, 2 + number, "x")
        assert await inline(client, 1, 3 + number) == []
    problems = shown(client, 1) + shown(client, 2)
    assert len(problems) == 1, problems
    assert "Traceback" not in problems[0]
    assert len(problems[0]) > 30
    backend.mode = Mode.OK

    async def works() -> bool:
        did_change(client, 100, 1, 4, 20, "")
        return bool(await inline(client, 1, 4))

    for _ in range(200):
        if await works():
            break
        await until(lambda: True)
    else:
        pytest.fail("it never came back")


async def test_nothing_listens_and_then_it_does(start: Start) -> None:
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
        for _ in range(500):
            if await inline(client, 1, 4):
                break
        else:
            pytest.fail("it never came back")
    finally:
        await server.stop()


async def test_a_server_that_hangs_is_left_at_the_deadline(start: Start, backend: FaultServer, kind: str) -> None:
    client = await start(backend=kind, url=backend.url, environ={"AUTOTHINK_COMPLETION__DEADLINE_MS": "200"})
    did_open(client, ADD)
    backend.mode = Mode.HANG_BEFORE_HEADERS
    assert await inline(client, 1, 4) == []
    did_change(client, 2, 1, 4, 4, "x")
    await backend.until(lambda: backend.running == 0)


async def test_a_url_that_is_none(start: Start) -> None:
    client = await start(url="localhost 8080")
    did_open(client, ADD)
    assert await inline(client, 1, 4) == []
    assert len(shown(client)) == 1


async def test_unknown_settings_are_warnings(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    (tmp_path / "autothink.toml").write_text('[completion]\nmax_tokes = 3\nmax_tokens = "many"\n', encoding="utf-8")
    client = await start(url=backend.url, folder=tmp_path, options={"completion": {"deadlineMS": 5, "enabled": True}})
    did_open(client, ADD, (tmp_path / "a.py").as_uri())
    assert await inline(client, 1, 4, (tmp_path / "a.py").as_uri())
    warnings = "\n".join(shown(client, 2))
    for word in ("max_tokes", "max_tokens", "autothink.toml"):
        assert word in warnings


async def test_switching_off_in_the_editor(start: Start, backend: FaultServer) -> None:
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
