"""What the fake model server counts and replies, where other tests rely on it."""

from __future__ import annotations

import asyncio
import json
import socket
import time

import pytest

from tests.support.fault_server import FaultServer, Mode
from tests.support.wire_format import HttpReply, ReceivedRequest, json_reply

pytestmark = pytest.mark.process
BODY = json.dumps({"prompt": "x", "max_tokens": 9}).encode()
REQUEST = b"POST /v1/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY)


@pytest.mark.parametrize(("hangs_up", "most_running"), [(True, 1), (False, 2)])
async def test_a_stream_that_the_client_has_hung_up_is_not_running(hangs_up: bool, most_running: int) -> None:
    """Even if the server was busy in between and finds the hang-up and the next request in one turn of its loop."""
    async with FaultServer() as server:
        server.mode = Mode.SLOW
        with socket.create_connection(("127.0.0.1", server.port)) as second:
            first = socket.create_connection(("127.0.0.1", server.port))
            while server.connections < 2:
                await asyncio.sleep(0.001)
            first.sendall(REQUEST)
            await server.until(lambda: server.started == 1)
            if hangs_up:
                first.close()
            second.sendall(REQUEST)
            time.sleep(0.02)
            await server.until(lambda: server.started == 2)
            first.close()
        assert server.most_running == most_running


async def exchange(server: FaultServer, *requests: bytes) -> tuple[bytes, bool]:
    """What the server replies on one connection, and whether it closed it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"".join(requests))
    received = bytearray()
    try:
        async with asyncio.timeout(0.5):
            while data := await reader.read(1 << 16):
                received += data
        return bytes(received), True
    except TimeoutError:
        return bytes(received), False
    finally:
        writer.close()


async def test_a_responder_is_asked_first_and_may_leave_the_answer_to_the_server() -> None:
    asked: list[ReceivedRequest] = []

    def respond(request: ReceivedRequest) -> HttpReply | None:
        asked.append(request)
        return json_reply({"from": "responder"}) if request.path.endswith(("/models", "/completions")) else None

    async with FaultServer(respond=respond) as server:
        server.mode = Mode.FAILED
        get = [b"GET %b HTTP/1.1\r\n\r\n" % path for path in (b"/v1/models?a=b", b"/v1/models", b"/health")]
        received, is_closed = await exchange(server, REQUEST, *get)
    assert [(request.method, request.path) for request in asked] == [
        ("POST", "/v1/completions"),
        ("GET", "/v1/models?a=b"),
        ("GET", "/v1/models"),
        ("GET", "/health"),
    ]
    assert asked[0].body == server.bodies[0] == json.loads(BODY)
    assert (received.count(b"responder"), received.count(b'"status": "ok"')) == (2, 1)
    assert (server.started, server.finished, server.aborted, is_closed) == (1, 1, 0, False)


@pytest.mark.parametrize(
    ("reply", "is_closed", "finished"),
    [
        (HttpReply(b"abc", write_bytes=1), False, 1),
        (HttpReply(b"abc", then="close"), True, 1),
        (HttpReply(b"abc", then="hang"), False, 0),
    ],
)
async def test_what_follows_a_reply(reply: HttpReply, is_closed: bool, finished: int) -> None:
    async with FaultServer(respond=lambda _: reply) as server:
        assert await exchange(server, REQUEST) == (b"abc", is_closed)
        await server.until(lambda: server.running == 0)
        assert (server.finished, server.aborted) == (finished, 1 - finished)
