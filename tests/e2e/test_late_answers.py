"""An answer that comes after its deadline is announced where the cursor still is, to clients that ask again."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.e2e.conftest import Start, did_change, did_open, inline, until
from tests.support.fault_server import FaultServer, Mode
from tests.support.lsp_client import LspClient

ADD = "def add(a, b):\n    "
ANNOUNCES = {"experimental": {"autothinkLateAnswer": True, "autothinkStatus": True}}
EXTENDS = {"experimental": {**ANNOUNCES["experimental"], "autothinkLateExtension": True}}
TWO_LINES = ["total = a + b", "\n", "    return", " total", "\n"]
# Without prefetches: one is sent 300 ms after a suggestion, and would be counted among the requests.
SHORT_DEADLINE = {"AUTOTHINK_COMPLETION__DEADLINE_MS": "300", "AUTOTHINK_COMPLETION__SPECULATE": "never"}
LATE_ANSWER = "autothink/lateAnswer"
TURN_S = 0.3  # in which a notification would have come


def late(client: LspClient, since_version: int = 2) -> list[Any]:
    """The announced answers. On a busy machine the first suggestion of ``missed`` (version 1) is announced, too."""
    announced = [params for method, params in client.notifications if method == LATE_ANSWER]
    return [params for params in announced if params["version"] >= since_version]


def statuses(client: LspClient) -> list[str]:
    """States and reasons of ``autothink/status``."""
    notified = [params for method, params in client.notifications if method == "autothink/status"]
    return [" ".join(filter(None, (params["state"], params.get("reason")))) for params in notified]


async def missed(
    start: Start, backend: FaultServer, *, capabilities: Any = ANNOUNCES, pieces: list[str] | None = None
) -> LspClient:
    """A client whose request at 2:4 in version 2 got nothing by its deadline; ``pieces`` will answer it."""
    client = await start(url=backend.url, capabilities=capabilities, environ=SHORT_DEADLINE)
    did_open(client, "x = \n" + ADD)
    while not await inline(client, 0, 4):  # until connected
        pass
    await backend.until(lambda: backend.running == 0)
    did_change(client, 2, 0, 0, 4, "# adds")
    backend.mode, backend.pieces = Mode.SLOW, pieces or backend.pieces
    started = backend.started
    assert await inline(client, 2, 4) == []
    # On a busy machine the reply can be here before the model server has read the request.
    await backend.until(lambda: backend.started == started + 1)
    return client


async def test_a_late_answer_is_announced_and_then_answered_from_memory(start: Start, backend: FaultServer) -> None:
    client = await missed(start, backend)
    started = backend.started
    assert late(client) == []
    backend.step(10)
    await until(lambda: late(client))
    place = {"line": 2, "character": 4}
    assert late(client) == [{"uri": "file:///project/a.py", "position": place, "version": 2}]
    (item,) = await inline(client, 2, 4)
    assert item["insertText"].endswith("return a + b")
    assert backend.started == started
    assert len(late(client)) == 1


async def test_a_request_that_joined_a_stream_for_another_text_is_sent_by_itself(
    start: Start, backend: FaultServer
) -> None:
    """Nothing is typed after it, so no key would ask again."""
    client = await missed(start, backend, pieces=["total = a + b"])
    did_change(client, 3, 2, 4, 4, "r")
    started = backend.started
    assert await inline(client, 2, 5) == []
    assert backend.started == started, "it waits for the stream in flight"
    backend.pieces = ["return a + b"]
    backend.step(1)
    await backend.until(lambda: backend.started == started + 1)
    backend.step(10)
    await until(lambda: late(client, since_version=3))
    (item,) = await inline(client, 2, 5)
    assert item["insertText"].endswith("eturn a + b")
    assert backend.started == started + 1


async def test_the_first_lines_of_a_long_answer_are_announced(start: Start, backend: FaultServer) -> None:
    pieces = ["total = a + b", "\n", "    return", " total", "\n"]
    client = await missed(start, backend, pieces=pieces)
    backend.step(3)
    await until(lambda: late(client))
    assert backend.running == 1
    (item,) = await inline(client, 2, 4)
    assert item["insertText"] == "total = a + b"
    backend.step(10)
    await backend.until(lambda: backend.running == 0)
    assert len(late(client)) == 1


async def test_the_rest_of_what_is_shown_is_announced(start: Start, backend: FaultServer) -> None:
    client = await missed(start, backend, capabilities=EXTENDS, pieces=TWO_LINES)
    backend.step(3)
    await until(lambda: late(client))
    (item,) = await inline(client, 2, 4)
    assert item["insertText"] == "total = a + b"
    assert backend.running == 1
    backend.step(10)
    await until(lambda: len(late(client)) == 2)
    place = {"line": 2, "character": 4}
    assert late(client)[1] == {"uri": "file:///project/a.py", "position": place, "version": 2, "extends": True}
    started = backend.started
    (item,) = await inline(client, 2, 4)
    assert item["insertText"] == "total = a + b\n    return total"
    assert backend.started == started


async def test_the_rest_is_not_announced_once_a_key_was_typed(start: Start, backend: FaultServer) -> None:
    client = await missed(start, backend, capabilities=EXTENDS, pieces=TWO_LINES)
    backend.step(3)
    await until(lambda: late(client))
    assert await inline(client, 2, 4)
    did_change(client, 3, 2, 4, 4, "t")
    backend.step(10)
    await asyncio.sleep(TURN_S)
    assert len(late(client)) == 1


async def test_what_was_typed_meanwhile_is_never_answered_late(start: Start, backend: FaultServer) -> None:
    client = await missed(start, backend)
    did_change(client, 3, 2, 4, 4, "r")
    backend.step(10)
    await backend.until(lambda: backend.running == 0)
    await asyncio.sleep(TURN_S)
    assert late(client) == []


async def test_a_newer_request_ends_the_wait_for_an_older_answer(start: Start, backend: FaultServer) -> None:
    client = await missed(start, backend)
    assert await inline(client, 0, 6) == []  # a comment: no model is asked
    backend.step(10)
    await backend.until(lambda: backend.running == 0)
    await asyncio.sleep(TURN_S)
    assert late(client) == []


async def test_an_answer_that_would_not_be_shown_is_not_announced(start: Start, backend: FaultServer) -> None:
    client = await missed(start, backend, pieces=[" ", "\n"])
    backend.step(10)
    await backend.until(lambda: backend.running == 0)
    await asyncio.sleep(TURN_S)
    assert late(client) == []


async def test_clients_that_did_not_announce_it_get_nothing(start: Start, backend: FaultServer) -> None:
    client = await missed(start, backend, capabilities={"experimental": {"autothinkStatus": True}})
    backend.step(10)
    await backend.until(lambda: backend.running == 0)
    await asyncio.sleep(TURN_S)
    assert late(client) == []
    assert await inline(client, 2, 4)


async def test_a_suggestion_comes_after_a_connection_slower_than_the_deadline(
    start: Start, backend: FaultServer
) -> None:
    """As when a model is loaded first: the first suggestion comes without another key."""
    backend.answers_probes.clear()
    client = await start(url=backend.url, capabilities=ANNOUNCES, environ=SHORT_DEADLINE)
    did_open(client, ADD)
    assert await inline(client, 1, 4) == []
    backend.answers_probes.set()
    await until(lambda: late(client, since_version=1))
    assert await inline(client, 1, 4)


async def test_the_status_says_that_the_first_prompt_is_read(start: Start, backend: FaultServer) -> None:
    backend.passes_warm_ups = False
    backend.mode = Mode.SLOW
    client = await start(url=backend.url, capabilities=ANNOUNCES)
    did_open(client, ADD)
    await until(lambda: "working reading your file…" in statuses(client))
    backend.step(10)
    await until(lambda: statuses(client)[-1] == "ready")
    assert statuses(client) == ["ready", "working reading your file…", "ready"]
