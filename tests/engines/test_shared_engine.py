"""Two editor windows with the real embedded model: one engine, whatever happens to either of them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import psutil
import pytest

from autothink_lsp.settings.paths import state_dir
from tests.engines.conftest import EMBEDDED, NO_TIMEOUT, Serve, engines_of, gone, open_with_hole, suggestion
from tests.support.edited_document import EditedDocument
from tests.support.lsp_client import LspClient

pytestmark = [pytest.mark.model, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]
SHARED = {**EMBEDDED, **NO_TIMEOUT, "AUTOTHINK_EMBEDDED__SHARE": "true", "AUTOTHINK_EMBEDDED__THREADS": "1"}


def hole(client: LspClient) -> EditedDocument:
    return open_with_hole(client, "go/queue.go", "go", "\treturn ▏len(q.items)")


def supervisors(home: Path) -> list[psutil.Process]:
    files = (state_dir({"AUTOTHINK_HOME": str(home)}) / "engines").glob("*.json")
    return [psutil.Process(json.loads(file.read_text())["pid"]) for file in files]


async def test_two_windows_share_an_engine_that_outlives_the_first_window(serve: Serve, home: Path) -> None:
    one = await serve(SHARED)
    await suggestion(hole(one))
    [supervisor] = supervisors(home)
    try:
        [engine] = supervisor.children()
        two = await serve(SHARED)
        second = hole(two)
        await suggestion(second)
        assert supervisors(home) == [supervisor]
        assert supervisor.children() == [engine]
        assert not engines_of(two)
        await one.kill()
        second.insert("z")
        assert isinstance((await second.ask()[1])["items"], list)
        assert await two.stop() == 0
        assert engine.is_running(), "a window that is opened again finds it"
    finally:
        await asyncio.to_thread(end, supervisor)
    assert gone(engine)
    assert supervisors(home) == []


def end(supervisor: psutil.Process) -> None:
    supervisor.terminate()
    supervisor.wait(20)
