"""A made-up model server on loopback: answers ``/v1/completions`` at a set pace and notes when each request arrived.

Runs in the benchmark's own event loop, so that its clock is the editor's. It decides nothing of what is measured and
knows no more of HTTP than our own client speaks.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from typing import Any, Self, cast

from attrs import frozen

MODEL = "qwen2.5-coder-bench"  # the name says which FIM tokens to use: there is no tokenizer to ask
PIECE_CHARACTERS = 4  # about a token
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@frozen
class Pace:
    """Milliseconds from the request's arrival to the first piece of the answer and to its last."""

    first_ms: float = 60.0
    last_ms: float = 95.0


class ModelServer:
    """``async with ModelServer(answer, pace) as server``. ``answer`` gives what is said to a prompt."""

    def __init__(self, answer: Callable[[str], str], pace: Pace) -> None:
        self.answer = answer
        self.pace = pace
        self.arrivals_s: list[float] = []  # ``time.perf_counter()`` at the last byte of each completion request
        self.aborted = 0  # requests that the client gave up before the last piece
        self._server: asyncio.Server | None = None
        self._arrived = asyncio.Event()
        self.connections: set[asyncio.BaseTransport] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for transport in tuple(self.connections):
            transport.close()

    @property
    def url(self) -> str:
        """What goes into ``completion.url``."""
        if self._server is None:
            raise RuntimeError("not started")
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def arrived(self) -> None:
        """A completion request is here, whole."""
        self.arrivals_s.append(time.perf_counter())
        self._arrived.set()

    async def arrival_s(self, number: int, timeout_s: float = 30.0) -> float:
        """When request ``number`` (from 0) arrived. Raises ``TimeoutError`` if it does not come."""
        async with asyncio.timeout(timeout_s):
            while len(self.arrivals_s) <= number:
                self._arrived.clear()
                await self._arrived.wait()
        return self.arrivals_s[number]


class _Connection(asyncio.Protocol):
    """One kept-alive connection; requests come one after the other."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._timers: list[asyncio.TimerHandle] = []
        self._answering = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._server.connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in self._timers:
            timer.cancel()
        self._server.aborted += self._answering
        if self._transport is not None:
            self._server.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(b"\r\n\r\n")
        if head_end < 0:
            return
        length = _LENGTH.search(self._received, 0, head_end)
        end = head_end + 4 + (int(length.group(1)) if length else 0)
        if len(self._received) < end:
            return
        path = bytes(self._received[: self._received.find(b"\r\n")]).split(b" ")[1]
        body = bytes(self._received[head_end + 4 : end])
        del self._received[:end]
        if path.endswith(b"/completions"):
            self._server.arrived()
            self._complete(json.loads(body)["prompt"])
        elif path.endswith(b"/models"):
            self._write_json(
                200, {"object": "list", "data": [{"id": MODEL, "owned_by": "bench", "max_model_len": 8192}]}
            )
        else:
            self._write_json(404, {"error": {"message": "not here", "code": 404}})

    def _complete(self, prompt: str) -> None:
        text = self._server.answer(prompt)
        pieces = [text[at : at + PIECE_CHARACTERS] for at in range(0, len(text), PIECE_CHARACTERS)] or [""]
        pace = self._server.pace
        self._answering = True
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        step_ms = (pace.last_ms - pace.first_ms) / max(1, len(pieces) - 1)
        self._timers = [self._loop.call_later(pace.first_ms / 1_000, self._write, head + _piece(pieces[0]))]
        for number, piece in enumerate(pieces[1:], 1):
            delay_s = (pace.first_ms + number * step_ms) / 1_000
            self._timers.append(self._loop.call_later(delay_s, self._write, _piece(piece)))
        self._timers.append(self._loop.call_later(pace.last_ms / 1_000, self._finish))

    def _finish(self) -> None:
        self._answering = False
        self._write(_piece("", finish_reason="stop") + _chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")

    def _write_json(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        self._write(
            b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, len(body), body)
        )

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


def _piece(text: str, finish_reason: str | None = None) -> bytes:
    event = {
        "id": "c",
        "object": "text_completion",
        "choices": [{"index": 0, "text": text, "finish_reason": finish_reason}],
    }
    return _chunk(b"data: %b\n\n" % json.dumps(event).encode())


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
