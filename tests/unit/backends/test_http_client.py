"""Connections: given up at any moment without a trace, cheap to start, no proxy on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from autothink_lsp.backends.base import FimRequest
from autothink_lsp.backends.endpoint import Endpoint, Timeouts
from autothink_lsp.backends.http import MAX_CONNECTIONS, HttpClient
from autothink_lsp.backends.llama_server import LlamaServerBackend
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.errors import BackendTimeout, BackendUnavailable, BadResponse
from tests.support.fault_server import FaultServer, Mode
from tests.support.wire_format import HttpReply, json_reply

pytestmark = pytest.mark.process

REQUEST = FimRequest("P", 8)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


@pytest.fixture(params=["openai", "llama-server", "openai, httpx", "llama-server, httpx"])
async def backend(
    request: pytest.FixtureRequest, server: FaultServer
) -> AsyncIterator[OpenAIBackend | LlamaServerBackend]:
    kind = OpenAIBackend if request.param.startswith("openai") else LlamaServerBackend
    # A pool with a dead connection in each place shows as a time-out here.
    endpoint = Endpoint(server.url, model="m", timeouts=Timeouts(pool_s=3.0))
    backend = kind(endpoint, HttpClient(endpoint, with_httpx="httpx" in request.param))
    yield backend
    await backend.aclose()


async def consume(backend: OpenAIBackend | LlamaServerBackend, request: FimRequest = REQUEST) -> str:
    return "".join([event.text async for event in backend.stream(request) if hasattr(event, "text")])


async def fill_the_pool(server: FaultServer, client: HttpClient) -> None:
    """As many requests at the same time as there are places: one lost place, and the last never starts."""
    server.mode = Mode.SLOW
    await server.until(lambda: server.running == 0)
    streams = [client.stream(f"{server.url}/completion", {"prompt": "P"}) for _ in range(MAX_CONNECTIONS)]
    opened = asyncio.gather(*(stream.opened() for stream in streams))
    await server.until(lambda: server.running == MAX_CONNECTIONS)
    server.step(MAX_CONNECTIONS * len(server.pieces))
    await opened
    for stream in streams:
        while await stream.next_events() is not None:
            pass


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("backend", "mode", "last", "cancels"),
    [
        ("openai", Mode.OK, 80, 1),
        ("openai", Mode.OK, 80, 2),
        ("openai", Mode.HANG_BEFORE_HEADERS, 40, 2),
        ("openai", Mode.HANG_MID_STREAM, 50, 2),
        ("openai", Mode.BYTE_BY_BYTE, 60, 1),
        ("llama-server", Mode.OK, 60, 1),
        ("llama-server", Mode.HANG_MID_STREAM, 50, 2),
        ("openai, httpx", Mode.OK, 80, 2),
        ("openai, httpx", Mode.HANG_MID_STREAM, 50, 2),
    ],
    indirect=["backend"],
)
async def test_cancelling_at_any_turn_of_the_loop_leaves_nothing(
    server: FaultServer, backend, mode: Mode, last: int, cancels: int
) -> None:
    """As asyncio steps through connecting, sending, waiting, reading and closing, each step is cut once.

    Twice: a deadline and the editor's own cancel may come in the same moment.
    """
    await consume(backend)  # loads what is loaded late
    server.mode = mode
    for steps in range(last):
        task = asyncio.create_task(consume(backend))
        await turns(steps)
        for _ in range(cancels):
            task.cancel()
            await turns(steps % 3)
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await fill_the_pool(server, backend._http)
    await backend.aclose()
    await server.until(lambda: server.open_connections == 0)
    assert server.running == 0


async def test_leaving_at_any_turn_of_the_loop_leaves_nothing(server: FaultServer, backend) -> None:
    server.mode = Mode.BYTE_BY_BYTE
    randomness = random.Random(1)
    for _ in range(40):
        stream = backend.stream(REQUEST)
        for _ in range(randomness.randrange(5)):
            await anext(stream, None)
            await turns(randomness.randrange(20))
        await stream.aclose()
    await fill_the_pool(server, backend._http)
    await backend.aclose()
    await server.until(lambda: server.open_connections == 0)


async def test_cancelling_while_connecting() -> None:
    """A full backlog: the kernel leaves further connections unanswered."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        endpoint = Endpoint(f"http://127.0.0.1:{listener.getsockname()[1]}", timeouts=Timeouts(connect_s=30.0))
        backend = LlamaServerBackend(endpoint)
        for _ in range(MAX_CONNECTIONS + 2):
            task = asyncio.create_task(consume(backend))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await backend.aclose()
        quick = LlamaServerBackend(Endpoint(endpoint.url, timeouts=Timeouts(connect_s=0.2)))
        with pytest.raises(BackendTimeout, match=r"did not accept a connection within 0\.2 s"):
            await consume(quick)
        await quick.aclose()


async def test_cancelling_while_sending(server: FaultServer) -> None:
    """A server that reads nothing, and a request larger than the kernel's buffers."""
    accepted: list[asyncio.StreamWriter] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        accepted.append(writer)

    deaf = await asyncio.start_server(accept, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{deaf.sockets[0].getsockname()[1]}"
    backend = LlamaServerBackend(Endpoint(url, timeouts=Timeouts(write_s=0.3)))
    large = FimRequest("x" * (16 << 20), 8)
    for _ in range(3):
        task = asyncio.create_task(consume(backend, large))
        while not accepted:
            await asyncio.sleep(0.01)
        accepted.pop()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    with pytest.raises(BackendTimeout, match="did not take the request"):
        await consume(backend, large)
    await backend.aclose()
    deaf.close()


async def test_a_full_pool_is_reported(server: FaultServer) -> None:
    backend = OpenAIBackend(Endpoint(server.url, model="m", timeouts=Timeouts(pool_s=0.2)))
    server.mode = Mode.HANG_MID_STREAM
    tasks = [asyncio.create_task(consume(backend)) for _ in range(MAX_CONNECTIONS)]
    await server.until(lambda: server.started == MAX_CONNECTIONS)
    with pytest.raises(BackendTimeout, match=r"All connections .* are busy"):
        await consume(backend)
    waiting = asyncio.create_task(consume(backend))
    await asyncio.sleep(0.01)
    waiting.cancel()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, waiting, return_exceptions=True)
    server.mode = Mode.OK
    assert await consume(backend) == "return a + b"
    await backend.aclose()


async def test_whole_answers_keep_their_connection(server: FaultServer) -> None:
    backend = OpenAIBackend(Endpoint(server.url, model="m"))
    for _ in range(5):
        await consume(backend)
    await backend.describe()
    assert (server.finished, server.connections) == (5, 1)
    await backend.aclose()


async def test_a_proxy_is_not_used_on_this_machine(
    server: FaultServer, backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert await consume(backend) == "return a + b"


async def test_a_proxy_is_used_for_other_machines(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    backend = LlamaServerBackend(Endpoint("http://models.example:8080"))
    assert await consume(backend) == "return a + b"
    assert server.requests == {"http://models.example:8080/completion": 1}
    await backend.aclose()


async def test_a_complete_answer_may_end_its_message_later(server: FaultServer) -> None:
    server.mode = Mode.LATE_END
    backend = OpenAIBackend(Endpoint(server.url, model="m"))
    for number in range(1, 4):
        assert await consume(backend) == "return a + b"  # not kept waiting
        assert server.finished == number - 1
        server.step()
        await server.until(lambda: server.finished == number)  # noqa: B023
        await turns(50)
    assert (server.connections, server.aborted) == (1, 0)
    assert await consume(backend) == "return a + b"
    await server.until(lambda: server.aborted == 1)  # a server that never ends it does not keep the connection
    await backend.aclose()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("https_proxy", "gopher://x", "gopher"),
        ("all_proxy", "socks5://127.0.0.1:1", "socks"),
    ],
)
async def test_an_environment_that_cannot_work(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    backend = LlamaServerBackend(Endpoint("https://models.example"))
    for _ in range(2):
        with pytest.raises(BackendUnavailable, match=r"No connection to .* can be made") as caught:
            await consume(backend)
        assert words in caught.value.message
        assert "HTTPS_PROXY" in caught.value.hint
    await backend.aclose()


async def test_https_to_a_plain_server() -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    plain = await asyncio.start_server(accept, "127.0.0.1", 0)
    backend = LlamaServerBackend(Endpoint(f"https://127.0.0.1:{plain.sockets[0].getsockname()[1]}"))
    with pytest.raises(BackendUnavailable, match="does not speak https") as caught:
        await consume(backend)
    port = plain.sockets[0].getsockname()[1]
    assert caught.value.hint == f"The server speaks http: try http://127.0.0.1:{port}."
    await backend.aclose()
    plain.close()


async def test_https_to_a_plain_server_that_waits() -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # an HTTP server that waits for the end of the request's head
        writer.close()

    plain = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = plain.sockets[0].getsockname()[1]
    backend = LlamaServerBackend(Endpoint(f"https://127.0.0.1:{port}", timeouts=Timeouts(connect_s=0.2)))
    with pytest.raises(BackendTimeout) as caught:
        await consume(backend)
    assert f"If the server speaks http, try http://127.0.0.1:{port}." in caught.value.hint
    await backend.aclose()
    plain.close()


def test_importing_loads_no_http_library() -> None:
    code = (
        "import sys, autothink_lsp.backends.registry\n"
        "import autothink_lsp.prompt.fim.detect, autothink_lsp.prompt.fim.render\n"
        "print([name for name in ('httpx', 'httpcore', 'anyio', 'h11', 'certifi') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_a_connection_that_is_closed_behind_a_failure_is_replaced(server: FaultServer) -> None:
    """uvicorn answers 500, keeps the connection open, and closes it at the next request."""
    replies = iter((json_reply({}, 500), HttpReply(b"", then="close"), json_reply({})))
    server.respond = lambda _: next(replies)
    client = HttpClient(Endpoint(server.url))
    try:
        with pytest.raises(BadResponse):
            await client.fetch_json("GET", f"{client.endpoint.url}/models")
        assert (await client.fetch_json("GET", f"{client.endpoint.url}/models")).value == {}
    finally:
        await client.aclose()
    assert server.requests.total() == 3


@pytest.mark.parametrize("session", ["a\nx-evil: 1", "größe", "a\0"])
async def test_a_header_that_is_not_one_line_is_not_sent(server: FaultServer, session: str) -> None:
    backend = OpenAIBackend(Endpoint(server.url, model="m", session=session))
    with pytest.raises(BadResponse, match="x-session-id cannot be sent"):
        await consume(backend)
    assert server.connections == 0
    await backend.aclose()


@pytest.mark.parametrize("mode", [Mode.HANG_BEFORE_HEADERS, Mode.HANG_MID_STREAM])
async def test_closing_the_client_gives_a_waiting_consumer_an_error(server: FaultServer, backend, mode: Mode) -> None:
    await consume(backend)  # a kept connection, so that the request could be repeated on a new one
    server.mode = mode
    for turn in (1, 3, 30):
        started = server.started
        task = asyncio.create_task(consume(backend))
        await turns(turn)
        if turn == 30:
            await server.until(lambda: server.started > started)  # noqa: B023
            await asyncio.sleep(0.01)
        await backend.aclose()
        with pytest.raises(BackendUnavailable):
            await asyncio.wait_for(task, 5.0)
        assert server.started - started <= 1
        endpoint, with_httpx = backend._http.endpoint, backend._http._pool is None
        backend = type(backend)(endpoint, HttpClient(endpoint, with_httpx=with_httpx))
    await backend.aclose()
    await server.until(lambda: server.open_connections == 0)


async def test_a_client_that_is_closed_sends_nothing(server: FaultServer, backend) -> None:
    await consume(backend)
    sent = server.requests.total()
    await backend.aclose()
    with pytest.raises(BackendUnavailable, match="has been closed"):
        await consume(backend)
    assert server.requests.total() == sent


async def test_a_large_piece_is_parsed_in_parts(server: FaultServer) -> None:
    """Other tasks run between the parts of it."""
    event = b'data: {"content": "' + b"x" * 1_000 + b'"}\n\n'
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n" % (1_000 * len(event))
    server.respond = lambda _: HttpReply(head + event * 1_000, write_bytes=1 << 20)
    client, ran = HttpClient(Endpoint(server.url)), 0
    stream = client.stream(f"{server.url}/completion", {"prompt": "P"})

    async def count() -> None:
        nonlocal ran
        while True:
            ran += 1
            await asyncio.sleep(0)

    await stream.opened()
    other, seen, most = asyncio.create_task(count()), 0, 0
    while (events := await stream.next_events()) is not None:
        seen, most = seen + len(events), max(most, len(events))
    other.cancel()
    assert seen == 1_000
    assert most <= 70
    assert ran >= 10
    await client.aclose()


async def test_a_defect_while_reading_is_an_error_of_the_server(
    server: FaultServer, backend, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("autothink_lsp.backends.response_events.ResponseReader.feed", fails)
    with pytest.raises(BackendUnavailable, match="broke off"):
        await consume(backend)
    assert "ZeroDivisionError" in caplog.text
    await backend.aclose()
    await server.until(lambda: server.open_connections == 0)
