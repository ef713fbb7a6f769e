"""The soak in short (``make soak`` plays a whole day), two servers on one statistics file, and servers that are
killed."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path

import psutil
import pytest

from autothink_lsp.features.statistics.store import FILE_NAME, Statistics
from tests.e2e.conftest import Start, until
from tests.e2e.test_fix_end_to_end import PYTHON, PYTHON_FIXED, PYTHON_PROBLEM, answer, editor
from tests.hardening.conftest import Count
from tests.hardening.soak import Plan, integrity, play
from tests.support.action_client import choose
from tests.support.fault_server import FaultServer


@pytest.mark.timeout(300)
async def test_short_session_meets_the_limits(tmp_path: Path, count: Count) -> None:
    soak = await play(Plan(keys=4_000, documents=8, fixes=16, restarts=3, checkers=False), tmp_path)
    for what, number in soak.rows():
        count(f"soak: {what}", number)
    soak.check()  # its memory slope is only told: warming up is not over after so few keys (a whole day: see docs)


async def test_two_servers_on_one_statistics_file(
    start: Start, backend: FaultServer, tmp_path: Path, count: Count
) -> None:
    """Two editor windows fix at once. Nothing is damaged, and what could be counted was."""
    windows = [await editor(start, backend, tmp_path, f"shop{n}.py", PYTHON, "python") for n in range(2)]
    turns = 6

    async def work(number: int) -> None:
        one = windows[number]
        for _ in range(turns):
            offered = await one.offers(PYTHON_PROBLEM["range"], [PYTHON_PROBLEM])
            assert (await one.resolve(choose(offered, "Explain and fix"))).get("edit")

    backend.chat_answers = [answer(PYTHON_FIXED)] * 60  # the probes of what the server can do take some
    await asyncio.gather(work(0), work(1))
    for one in windows:
        assert await one.client.stop() == 0
    statistics = Statistics(tmp_path / "home" / "state" / FILE_NAME)
    recorded = sum(row.count for row in statistics.summary())
    statistics.close()
    count("two servers, one statistics file: actions done, recorded", f"{2 * turns}, {recorded}")
    assert integrity(tmp_path / "home") == "ok"
    # A write that waited 200 ms for the other window is given up: counts may be lost, an editor may not be held up.
    assert turns < recorded <= 2 * turns


def lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != "zombie"


def is_endless(process: psutil.Process) -> bool:
    """The child sets its limits first and then becomes the program."""
    try:
        return "sleep" in process.cmdline()
    except psutil.Error:
        return False


async def test_killed_at_any_moment(
    start: Start, backend: FaultServer, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, count: Count
) -> None:
    """SIGKILL while fixes are checked and counted: no child is left, and every file can be read afterwards."""
    endless = tmp_path_factory.mktemp("bin") / "ruff"  # a checker that would outlive its server by far
    endless.write_text("#!/bin/sh\nexec sleep 600\n")
    endless.chmod(0o755)
    with_it = {"PATH": f"{endless.parent}{os.pathsep}{os.environ['PATH']}"}
    children: set[psutil.Process] = set()
    for turn in range(4):
        backend.chat_answers = [answer(PYTHON_FIXED)] * 4
        more = {} if turn % 2 else {**with_it, "AUTOTHINK_ASSIST__RUN_CHECKERS": "true"}
        one = await editor(start, backend, tmp_path, f"shop{turn}.py", PYTHON, "python", environ=more)
        server = psutil.Process(one.client.process.pid)
        offered = await one.offers(PYTHON_PROBLEM["range"], [PYTHON_PROBLEM])
        done = backend.finished
        _, reply = one.client.send("codeAction/resolve", choose(offered, "Explain and fix"))
        if turn % 2:
            await asyncio.wait_for(reply, 60)  # it is counted about now
        else:  # the answer is there, its check runs or is about to
            await backend.until(lambda done=done: backend.finished > done)
            async with asyncio.timeout(60):
                while not any(map(is_endless, found := server.children(recursive=True))):
                    assert not reply.done()
                    await asyncio.sleep(0.001)
            children |= set(found)
        await one.client.kill()
        await until(lambda: not any(map(lives, children)))  # noqa: B023 - called here and now
    count("killed servers: children seen at the kill, left", f"{len(children)}, 0")
    database = tmp_path / "home" / "state" / FILE_NAME
    assert integrity(tmp_path / "home") == "ok"
    with sqlite3.connect(database) as connection:
        assert connection.execute("select count(*) from action").fetchone()[0] >= 1
    left = [file.name for file in (tmp_path / "home").rglob("*") if file.suffix in {".damaged", ".draft", ".tmp"}]
    assert left == []
    one = await editor(start, backend, tmp_path, "after.py", PYTHON, "python")
    backend.chat_answers = [answer(PYTHON_FIXED)]
    await one.fix(PYTHON_PROBLEM)
    assert one.text == PYTHON.replace("+= prices", "+= price")
