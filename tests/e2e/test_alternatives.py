"""What an editor cycles through: asked by hand where a suggestion stands, sampled, remembered, given up for a key."""

from __future__ import annotations

import asyncio

from tests.e2e.conftest import Start, ask_params, did_change, did_open, inline
from tests.support.fault_server import FaultServer, Mode

ADD = "def add(a, b):\n    "
INVOKED = 1


async def test_cycling_shows_alternatives(start: Start, backend: FaultServer) -> None:
    backend.completion_answers = [["return a + b"], ["return a + b"], ["return sum((a, b))"], ["raise TypeError"]]
    client = await start(url=backend.url)
    did_open(client, ADD)
    (first,) = await inline(client, 1, 4)
    items = await inline(client, 1, 4, trigger=INVOKED)
    assert [item["insertText"] for item in items] == ["return a + b", "return sum((a, b))", "raise TypeError"]
    assert first["insertText"] == items[0]["insertText"]
    assert len({item["command"]["arguments"][0] for item in items}) == 3, "each is counted by itself"
    assert [body["temperature"] for body in backend.bodies] == [0.0, 0.8, 0.8, 0.8]
    again = await inline(client, 1, 4, trigger=INVOKED)
    assert [item["insertText"] for item in again] == [item["insertText"] for item in items]
    assert backend.started == 4, "cycling on asks nothing"


async def test_typing_along_an_alternative_sends_no_request(start: Start, backend: FaultServer) -> None:
    backend.completion_answers = [["return a + b"], ["return sum((a, b))"], ["raise TypeError"]]
    client = await start(url=backend.url)
    did_open(client, ADD)
    await inline(client, 1, 4)
    await inline(client, 1, 4, trigger=INVOKED)
    sent = backend.started
    did_change(client, 2, 1, 4, 4, "return s")
    (item,) = await inline(client, 1, 12)
    assert item["insertText"] == "um((a, b))"
    assert backend.started == sent


async def test_first_invoked_request_returns_one_suggestion(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    did_open(client, ADD)
    assert len(await inline(client, 1, 4, trigger=INVOKED)) == 1
    assert backend.started == 1


async def test_model_without_alternatives_gets_a_bounded_number_of_requests(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    did_open(client, ADD)
    await inline(client, 1, 4)
    assert len(await inline(client, 1, 4, trigger=INVOKED)) == 1
    assert backend.started <= 5


async def test_key_aborts_the_requests_for_alternatives(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    did_open(client, ADD)
    await inline(client, 1, 4)
    backend.mode = Mode.HANG_BEFORE_HEADERS
    _, cycling = client.send("textDocument/inlineCompletion", ask_params(1, 4, trigger=INVOKED))
    await backend.until(lambda: backend.started == 2)
    backend.mode = Mode.OK
    backend.pieces = ["yield a"]
    did_change(client, 2, 1, 4, 4, "y")
    (item,) = await inline(client, 1, 5)
    assert item["insertText"] == "ield a"
    assert len((await asyncio.wait_for(cycling, 20))["items"]) == 1, "what there was"
    await backend.until(lambda: backend.aborted == 1 and backend.running == 0)


async def test_cancellation_aborts_the_requests_for_alternatives(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    did_open(client, ADD)
    await inline(client, 1, 4)
    backend.mode = Mode.HANG_MID_STREAM
    number, cycling = client.send("textDocument/inlineCompletion", ask_params(1, 4, trigger=INVOKED))
    await backend.until(lambda: backend.started == 2)
    client.cancel(number)
    await asyncio.wait([cycling])
    assert getattr(cycling.exception(), "code", None) == -32800
    await backend.until(lambda: backend.aborted == 1)
