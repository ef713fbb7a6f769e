"""The model server is a process: it is stopped (its kernel still takes connections), killed, and comes back."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Start, actions_at, did_open, inline, shown, until
from tests.hardening.conftest import Count
from tests.hardening.test_fault_matrix import BROKEN, ONLY_ASKED, RECOVERED, RIGHT
from tests.support.action_client import FULL, ActionEditor, choose, diagnostic

SERVE = """
import asyncio, sys
from tests.support.fault_server import FaultServer
async def main():
    async with FaultServer(int(sys.argv[1])) as server:
        server.chat_answers = [sys.argv[2]] * 1_000
        print(server.port, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


async def _process(port: int = 0) -> tuple[asyncio.subprocess.Process, int]:
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVE, str(port), RIGHT), cwd=root, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    return process, int(await process.stdout.readline())


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
async def test_server_stopped_and_continued_during_completion(start: Start, count: Count) -> None:
    server, port = await _process()
    environ = {"AUTOTHINK_COMPLETION__DEADLINE_MS": "400", "AUTOTHINK_COMPLETION__DEBOUNCE_MS": "0"}
    client = await start(url=f"http://127.0.0.1:{port}", environ=environ)
    documents = iter(range(100))

    async def ask() -> list[Any]:
        number = next(documents)
        uri = f"file:///project/at_{number}.py"
        did_open(client, f"def at_{number}(a, b):\n    ", uri)
        return await inline(client, 1, 4, uri)

    async def works() -> None:
        async with asyncio.timeout(40):
            while not await ask():
                await asyncio.sleep(0.05)

    try:
        await works()
        for stop, resume in ((signal.SIGSTOP, signal.SIGCONT), (signal.SIGKILL, None)):
            before = len(shown(client))
            server.send_signal(stop)
            if resume is None:
                await server.wait()
            assert [await ask() for _ in range(3)] == [[], [], []]
            if resume is None:
                server, _ = await _process(port)
            else:
                server.send_signal(resume)
            await works()
            faults = [text for text in shown(client)[before:] if text != RECOVERED]
            assert len(faults) <= 1
            assert shown(client)[before + len(faults) :] == [RECOVERED] * len(faults)
            count(f"faults, process {stop.name}: requests / answered / messages", f"3 / 3 / {len(faults)}")
    finally:
        server.kill()
        await server.wait()
    assert client.unanswered() == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
async def test_server_stopped_and_continued_during_a_fix(start: Start, tmp_path: Path, count: Count) -> None:
    server, port = await _process()
    client = await start(
        url=f"http://127.0.0.1:{port}",
        capabilities=FULL,
        folder=tmp_path,
        environ=actions_at(f"http://127.0.0.1:{port}", deadline_s=5, **ONLY_ASKED),
    )
    editor = ActionEditor(client, (tmp_path / "a.py").as_uri(), "python", BROKEN)
    editor.open()
    problem = diagnostic(3, 18, 24, "wrong operand")

    async def fix() -> Any:
        action = choose(await editor.offers(problem["range"], [problem], trigger=2), "Explain and fix")
        return (await asyncio.wait_for(editor.resolve(action), 60)).get("edit")

    async def works() -> None:
        # The deadline of 5 s, the shortest, includes what a busy machine needs to start what checks an edit.
        async with asyncio.timeout(60):
            while not await fix():
                await asyncio.sleep(0.05)

    try:
        await works()
        for stop, resume in ((signal.SIGSTOP, signal.SIGCONT), (signal.SIGKILL, None)):
            before = len(shown(client))
            server.send_signal(stop)
            if resume is None:
                await server.wait()
            assert not await fix()
            await until(lambda before=before: len(shown(client)) > before)
            messages = shown(client)[before:]
            assert len(messages) == 1, messages
            if resume is None:
                server, _ = await _process(port)
            else:
                server.send_signal(resume)
            await works()
            count(f"faults, process {stop.name} while fixing: requests / answered / messages", "1 / 1 / 1")
    finally:
        server.kill()
        await server.wait()
    assert client.unanswered() == []
