"""The embedded engine through the life of real servers: killed, outlived, left while it loads, and two at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

import psutil
import pytest

from tests.engines.conftest import EMBEDDED, Serve, engine_of, gone, open_with_hole, recoveries, suggestion, told
from tests.support.edited_document import EditedDocument
from tests.support.lsp_client import LspClient

pytestmark = [pytest.mark.model, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]


def hole(client: LspClient) -> EditedDocument:
    """A small file, so that a cold prompt does not take long."""
    return open_with_hole(client, "go/queue.go", "go", "\treturn ▏len(q.items)")


async def test_engine_killed_while_idle_is_restarted(serve: Serve) -> None:
    client = await serve(EMBEDDED)
    document = hole(client)
    await suggestion(document)
    engine = engine_of(client)
    engine.kill()
    assert gone(engine)
    document.insert("z")  # nothing that is remembered fits
    assert isinstance((await document.ask()[1])["items"], list)
    await suggestion(document)
    assert engine_of(client).pid != engine.pid
    assert recoveries(client) == len(told(client)) <= 1


async def test_engine_killed_during_a_request_is_restarted(serve: Serve) -> None:
    client = await serve(EMBEDDED)
    document = hole(client)
    await suggestion(document)
    engine = engine_of(client)
    document.insert("\n\tfor i := 0; ")
    _, asked = document.ask("invoked")
    await until_it_computes(engine)
    engine.kill()
    assert isinstance((await asked)["items"], list)
    await suggestion(document)
    assert engine_of(client).pid != engine.pid
    assert recoveries(client) == len(told(client)) <= 1


async def test_killed_server_leaves_no_engine(serve: Serve) -> None:
    client = await serve(EMBEDDED)
    await suggestion(hole(client))
    engine = engine_of(client)
    await client.kill()
    assert gone(engine)


async def test_server_exit_leaves_no_engine(serve: Serve) -> None:
    client = await serve(EMBEDDED)
    await suggestion(hole(client))
    engine = engine_of(client)
    assert await client.stop() == 0
    assert not engine.is_running()  # it went first


async def begun_engine(client: LspClient) -> psutil.Process:
    """The engine as soon as it is there: other children come and go."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(ValueError, psutil.Error):
                return engine_of(client)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("while_loading", [True, False])
async def test_vanished_editor_leaves_no_engine(serve: Serve, while_loading: bool) -> None:
    """The pipe ends without a word: LSP's status for that is 1."""
    client = await serve(EMBEDDED)
    document = hole(client)
    if not while_loading:
        await suggestion(document)
    engine = await begun_engine(client)
    assert client.process.stdin is not None
    client.process.stdin.close()
    assert await asyncio.wait_for(client.process.wait(), 20) == 1
    assert gone(engine)


async def test_shutdown_during_loading_leaves_no_engine(serve: Serve) -> None:
    client = await serve(EMBEDDED)
    document = hole(client)
    engine = await begun_engine(client)
    document.ask()
    assert await client.stop() == 0
    assert client.unanswered() == []
    assert gone(engine)


async def test_terminated_server_leaves_no_engine(serve: Serve) -> None:
    client = await serve(EMBEDDED)
    await suggestion(hole(client))
    engine = engine_of(client)
    os.kill(client.process.pid, signal.SIGTERM)
    assert await asyncio.wait_for(client.process.wait(), 20) == 128 + signal.SIGTERM
    assert gone(engine)


async def test_two_windows_without_sharing_have_two_engines(serve: Serve) -> None:
    """Without sharing each has a server and an engine of its own; they share the model's file."""
    one = await serve(EMBEDDED)
    first = hole(one)
    await suggestion(first)
    two = await serve(EMBEDDED)
    await suggestion(hole(two))
    assert engine_of(one).pid != engine_of(two).pid
    assert await two.stop() == 0
    first.insert("l")
    assert await suggestion(first)
    assert told(one) == told(two) == []


async def until_it_computes(engine: psutil.Process) -> None:
    """Until it has taken some CPU time more."""
    before = engine.cpu_times().user
    while engine.cpu_times().user <= before:
        await asyncio.sleep(0.005)
