"""What waits for llama.cpp waits on our side: it never has more of our requests than slots."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from autothink_lsp.backends.base import FimRequest, Finished, StreamEvent
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.http import JsonResponse
from autothink_lsp.backends.llama_server import LlamaServerBackend
from autothink_lsp.backends.llama_slots import SlotGate
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.errors import BadResponse
from tests.support.fault_server import FaultServer, Mode

pytestmark = pytest.mark.process


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


@pytest.fixture
async def backend(server: FaultServer) -> AsyncIterator[LlamaServerBackend]:
    backend = LlamaServerBackend(Endpoint(server.url))
    yield backend
    await backend.aclose()


async def consume(backend: LlamaServerBackend, prompt: str = "P") -> None:
    async for event in backend.stream(FimRequest(prompt, 8)):
        if isinstance(event, Finished):
            return


async def cancel(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_burst_of_keys_sends_one_request_at_a_time(server: FaultServer, backend: LlamaServerBackend) -> None:
    server.mode = Mode.HANG_BEFORE_HEADERS
    running = asyncio.create_task(consume(backend, "0"))
    await server.until(lambda: server.started == 1)
    for key in range(1, 20):
        newer = asyncio.create_task(consume(backend, str(key)))
        for _ in range(key % 5):
            await asyncio.sleep(0)
        await cancel(running)
        running = newer
    await server.until(lambda: server.bodies[-1]["prompt"] == "19")
    assert server.most_running == 1
    await cancel(running)
    await server.until(lambda: server.running == 0)


async def test_what_is_cancelled_while_it_waits_is_never_sent(server: FaultServer, backend: LlamaServerBackend) -> None:
    server.mode = Mode.SLOW
    first = asyncio.create_task(consume(backend, "first"))
    await server.until(lambda: server.started == 1)
    waiting = [asyncio.create_task(consume(backend, str(number))) for number in range(5)]
    await asyncio.sleep(0)
    await cancel(*waiting[:4])
    server.step(2 * len(server.pieces))
    await asyncio.gather(first, waiting[4])
    assert [body["prompt"] for body in server.bodies] == ["first", "4"]


async def test_the_newest_goes_first_and_the_others_are_answered_too(
    server: FaultServer, backend: LlamaServerBackend
) -> None:
    server.mode = Mode.SLOW
    tasks = [asyncio.create_task(consume(backend, "first"))]
    await server.until(lambda: server.started == 1)
    for number in range(3):
        tasks.append(asyncio.create_task(consume(backend, str(number))))
        await asyncio.sleep(0)
    server.step(4 * len(server.pieces))
    await asyncio.gather(*tasks)
    assert [body["prompt"] for body in server.bodies] == ["first", "2", "1", "0"]
    assert server.most_running == 1


async def test_after_an_abandoned_request_the_next_waits_for_an_idle_slot(
    server: FaultServer, backend: LlamaServerBackend
) -> None:
    server.mode = Mode.HANG_MID_STREAM
    async with contextlib.aclosing(backend.stream(FimRequest("P", 8))) as stream:
        await anext(stream)
    server.mode, server.busy_answers = Mode.OK, 3
    await consume(backend)
    assert (server.requests["/slots"], server.busy_answers) == (4, 0)
    await consume(backend)
    assert server.requests["/slots"] == 4  # the last one ended by itself


@pytest.mark.parametrize("mode", [Mode.FAILED, Mode.NOT_FOUND, Mode.LOADING])
async def test_a_refused_request_leaves_nothing_to_wait_for(
    server: FaultServer, backend: LlamaServerBackend, mode: Mode
) -> None:
    server.mode = mode
    with pytest.raises(Exception, match="model server"):
        await consume(backend)
    server.mode = Mode.OK
    await consume(backend)
    assert server.requests["/slots"] == 0


async def test_a_server_that_does_not_tell_is_asked_once(server: FaultServer, backend: LlamaServerBackend) -> None:
    server.has_slots = False
    for _ in range(3):
        server.mode = Mode.RUBBISH
        with pytest.raises(BadResponse):
            await consume(backend)
        server.mode = Mode.OK
        await consume(backend)
    assert server.requests["/slots"] == 1


async def test_a_server_that_others_keep_busy_is_used_all_the_same(
    server: FaultServer, backend: LlamaServerBackend
) -> None:
    backend._slots = SlotGate(backend._http, f"{server.url}/slots", idle_wait_s=0.05)
    server.mode = Mode.RUBBISH
    with pytest.raises(BadResponse):
        await consume(backend)
    server.mode, server.busy_answers = Mode.OK, 10**9
    await consume(backend)
    assert server.finished == 2 or server.started == 2


async def test_a_cancelled_waiter_that_was_just_woken_passes_its_place_on(
    server: FaultServer, backend: LlamaServerBackend
) -> None:
    for turns in range(12):
        server.mode = Mode.SLOW
        first = asyncio.create_task(consume(backend, "first"))
        await server.until(lambda: server.running == 1)
        second = asyncio.create_task(consume(backend, "second"))
        await asyncio.sleep(0)
        first.cancel()
        for _ in range(turns):
            await asyncio.sleep(0)
        await cancel(first, second)
        await server.until(lambda: server.running == 0)
        server.mode = Mode.OK
        async with asyncio.timeout(10):
            await consume(backend, "third")


async def test_llama_cpp_behind_the_other_api_is_known_by_its_first_answer(server: FaultServer) -> None:
    backend = OpenAIBackend(Endpoint(server.url, model="m"))
    server.server_header = "llama.cpp"
    _ = [event async for event in backend.stream(FimRequest("P", 8))]
    server.mode = Mode.HANG_BEFORE_HEADERS
    tasks: list[asyncio.Task[list[StreamEvent]]] = []

    async def consume_all() -> list[StreamEvent]:
        return [event async for event in backend.stream(FimRequest("P", 8))]

    for _ in range(10):
        tasks.append(asyncio.create_task(consume_all()))
        await asyncio.sleep(0)
        tasks[-1].cancel() if len(tasks) % 2 else None
    await server.until(lambda: server.running == 1)
    await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await server.until(lambda: server.running == 0)
    server.mode, server.busy_answers = Mode.OK, 2
    assert isinstance((await consume_all())[-1], Finished)
    assert server.most_running == 1
    assert server.busy_answers == 0
    assert ["return_progress" in body for body in server.bodies][:2] == [False, True]
    assert (server.headers[0]["connection"], server.headers[-1]["connection"]) == ("keep-alive", "close")
    await backend.aclose()


class Slots:
    """``/slots`` of a server with several places."""

    def __init__(self, *busy: bool) -> None:
        self.busy = busy

    async def fetch_json(self, _method: str, _url: str) -> JsonResponse:
        return JsonResponse([{"id": number, "is_processing": busy} for number, busy in enumerate(self.busy)], {})


@pytest.mark.parametrize(
    ("busy", "keep_free", "idle", "places"),
    [
        ((False, False), 0, True, 2),
        ((True, False), 0, True, 2),
        ((True, False), 1, False, 1),  # the last place is for keystrokes
        ((False, False), 1, True, 1),
        ((True, False, False), 1, True, 2),
        ((False,), 1, True, 1),  # of one place none can be kept
    ],
)
async def test_an_assistant_leaves_a_place_to_keystrokes(busy, keep_free: int, idle: bool, places: int) -> None:
    gate = SlotGate(Slots(*busy), "u", keep_free=keep_free)  # type: ignore[arg-type]
    assert await gate._has_idle_slot() is idle
    assert gate._slots == places
