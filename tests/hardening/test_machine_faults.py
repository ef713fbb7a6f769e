"""The machine fails, not the model: no room for files, a wall clock that jumps. Work goes on, nothing is lost."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Start, actions_at, did_open, inline, shown
from tests.e2e.test_fix_end_to_end import PYTHON, PYTHON_FIXED, PYTHON_PROBLEM, answer
from tests.hardening.conftest import Count
from tests.hardening.soak import integrity
from tests.support.action_client import FULL, ActionEditor, choose
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import LspClient

# A write beyond so many bytes of a file fails, as it does on a full disk, and what was written before stays cut off.
FULL_DISK = """
import resource, runpy, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
sys.argv = ["autothink-lsp", "serve"]
runpy.run_module("autothink_lsp", run_name="__main__")
"""
# Every look at the wall clock is a day before or after the last one.
JUMPING_CLOCK = """
import itertools, runpy, sys, time
real, turns = time.time, itertools.count()
time.time = lambda: real() + (86_400.0 if next(turns) % 2 else -86_400.0)
sys.argv = ["autothink-lsp", "serve"]
runpy.run_module("autothink_lsp", run_name="__main__")
"""


async def begun(start: Start, command: tuple[str, ...], backend: FaultServer, tmp_path: Path) -> LspClient:
    log = tmp_path / "home" / "server.log"
    log.parent.mkdir(exist_ok=True)
    return await start(
        url=backend.url,
        capabilities=FULL,
        folder=tmp_path,
        environ=actions_at(backend.url, LOG__FILE=str(log)),
        command=("-c", *command),
    )


async def completed(client: LspClient, number: int) -> list[Any]:
    uri = f"file:///project/machine_{number}.py"
    did_open(client, f"def machine_{number}(a, b):\n    ", uri)
    return await inline(client, 1, 4, uri)


async def fixed(client: LspClient, backend: FaultServer, tmp_path: Path, number: int) -> ActionEditor:
    one = ActionEditor(client, (tmp_path / f"shop{number}.py").as_uri(), "python", PYTHON)
    one.open()
    backend.chat_answers = [answer(PYTHON_FIXED)] * 60
    offered = await one.offers(PYTHON_PROBLEM["range"], [PYTHON_PROBLEM])
    resolved = await asyncio.wait_for(one.resolve(choose(offered, "Explain and fix")), 60)
    if resolved.get("edit"):
        one.apply(resolved["edit"])
    return one


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process")
@pytest.mark.parametrize("limit_bytes", [0, 5_000, 30_000])
async def test_full_disk(start: Start, backend: FaultServer, tmp_path: Path, limit_bytes: int, count: Count) -> None:
    client = await begun(start, (FULL_DISK, str(limit_bytes)), backend, tmp_path)
    assert await completed(client, 1)
    one = await fixed(client, backend, tmp_path, 1)
    # Without room for a copy the edit is checked by parsing alone; it is proposed, and nothing failed.
    assert one.text == PYTHON.replace("+= prices", "+= price"), shown(client)
    assert shown(client) == []
    assert await completed(client, 2)
    assert client.unanswered() == []
    assert await client.stop() == 0
    sizes = [file.stat().st_size for file in (tmp_path / "home").rglob("*") if file.is_file()]
    assert max(sizes, default=0) <= limit_bytes, "the disk was not full"
    assert not list((tmp_path / "home").rglob("*.draft"))
    count(f"disk full after {limit_bytes} bytes a file: requests / answered", "3 / 3")

    client = await start(url=backend.url, capabilities=FULL, folder=tmp_path, environ=actions_at(backend.url))
    one = await fixed(client, backend, tmp_path, 2)
    assert one.text == PYTHON.replace("+= prices", "+= price")
    assert await client.stop() == 0
    assert integrity(tmp_path / "home") == "ok"


async def test_jumping_clock(start: Start, backend: FaultServer, tmp_path: Path, count: Count) -> None:
    client = await begun(start, (JUMPING_CLOCK,), backend, tmp_path)
    for number in range(5):
        assert await completed(client, number)
    for number in range(3):
        one = await fixed(client, backend, tmp_path, number)
        assert one.text == PYTHON.replace("+= prices", "+= price"), shown(client)
    assert client.unanswered() == []
    assert await client.stop() == 0
    assert integrity(tmp_path / "home") == "ok"
    count("clock jumps by a day at every look: requests / answered", "8 / 8")
