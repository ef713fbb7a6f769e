"""As much of an HTTP server as benchmarks' made-up models need: kept-alive connections on loopback, one request after
the other. Runs in the benchmark's own event loop, so that its clock is the editor's. Decides no answer.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, Self, cast

STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
STREAM_END = b"0\r\n\r\n"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class LoopbackServer:
    """``async with server``; a subclass makes its connections."""

    def __init__(self) -> None:
        self.connections: set[asyncio.BaseTransport] = set()
        self._server: asyncio.Server | None = None

    def connection(self) -> LoopbackConnection:
        """For one more client."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self.connection, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for transport in tuple(self.connections):
            transport.close()

    @property
    def url(self) -> str:
        """Its address."""
        if self._server is None:
            raise RuntimeError("not started")
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"


class LoopbackConnection(asyncio.Protocol):
    """One kept-alive connection. A subclass answers in ``requested``, and gives up in ``gone``."""

    def __init__(self, connections: set[asyncio.BaseTransport]) -> None:
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()

    def requested(self, path: str, body: bytes) -> None:
        """A request is here, whole."""
        raise NotImplementedError

    def gone(self) -> None:
        """The client has hung up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone()
        if self._transport is not None:
            self._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(b"\r\n\r\n")
        if head_end < 0:
            return
        length = _LENGTH.search(self._received, 0, head_end)
        end = head_end + 4 + (int(length.group(1)) if length else 0)
        if len(self._received) < end:
            return
        path = bytes(self._received[: self._received.find(b"\r\n")]).split(b" ")[1].decode()
        body = bytes(self._received[head_end + 4 : end])
        del self._received[:end]
        self.requested(path, body)

    def write(self, data: bytes) -> None:
        """Nothing where the client has gone."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def write_json(self, status: int, value: Any) -> None:
        """A whole answer."""
        body = json.dumps(value).encode()
        self.write(
            b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, len(body), body)
        )


def chunk(data: bytes) -> bytes:
    """A piece of a stream."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(value: Any) -> bytes:
    """A server-sent event, as a piece of a stream."""
    return chunk(b"data: %b\n\n" % json.dumps(value).encode())
