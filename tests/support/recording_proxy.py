"""A loopback TCP proxy in front of a real model server: passes every byte through and notes what was asked and
answered.

    async with RecordingProxy(engine_url) as proxy:
        ...  # send requests to proxy.url
        assert [exchange.body["prompt"] for exchange in proxy.completions] == […]

When the client hangs up, so does the proxy, in the same turn of the event loop. It reads HTTP/1.1 with bodies of a
``Content-Length`` and answers that are chunked, which is what our backends and llama.cpp's server speak.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from attrs import define, field

_COMPLETION_PATHS = ("/completion", "/v1/completions")
_CHUNK_BYTES = 1 << 16


@define(eq=False)
class Exchange:
    """One request and what came back. ``end``: ``finished`` means that the server's last event came through."""

    method: str
    path: str
    body: dict[str, Any]
    answer: bytearray = field(factory=bytearray, repr=False)
    end: Literal["open", "finished", "hung up"] = "open"

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events of a streamed answer so far."""
        data = (line.removeprefix(b"data: ") for line in _dechunked(bytes(self.answer)).split(b"\n"))
        return [json.loads(line) for line in data if line.startswith(b"{") and line.endswith(b"}")]

    @property
    def timings(self) -> dict[str, Any] | None:
        """llama.cpp's latest word on this request: ``prompt_n`` tokens evaluated, ``cache_n`` found,
        ``predicted_n``."""
        return next((event["timings"] for event in reversed(self.events) if "timings" in event), None)

    @property
    def is_completion(self) -> bool:
        """A request for an answer: no warm-up (asks for no token, or with OpenAI's API for the one it must)."""
        wanted = self.body.get("n_predict", self.body.get("max_tokens"))
        return self.path in _COMPLETION_PATHS and wanted not in {0, 1}

    def take(self, data: bytes) -> None:
        """More of the answer."""
        self.answer += data
        if self.end == "open" and (b'"stop":true' in self.answer or b"data: [DONE]" in self.answer):
            self.end = "finished"


class RecordingProxy:
    """See the module's docstring. ``exchanges`` is in the order in which the requests were complete."""

    def __init__(self, upstream_url: str) -> None:
        self._upstream = urlsplit(upstream_url)
        self.exchanges: list[Exchange] = []
        self._server: asyncio.Server | None = None
        self._tunnels: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where to send requests instead."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def completions(self) -> list[Exchange]:
        """The requests for answers, warm-ups left out."""
        return [exchange for exchange in self.exchanges if exchange.is_completion]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for tunnel in self._tunnels:
            tunnel.cancel()
        await asyncio.gather(*self._tunnels, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tunnel = asyncio.create_task(self._tunnel(reader, writer))
        self._tunnels.add(tunnel)
        tunnel.add_done_callback(self._tunnels.discard)

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self._upstream.hostname, self._upstream.port
        upstream_reader, upstream_writer = await asyncio.open_connection(host, port)
        asked: list[Exchange] = []  # of this connection; the last one is being answered
        requests = asyncio.create_task(self._pass_requests(reader, upstream_writer, asked))
        answers = asyncio.create_task(_pass_answers(upstream_reader, writer, asked))
        try:
            await asyncio.wait((requests, answers), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in (requests, answers):
                pump.cancel()
            await asyncio.gather(requests, answers, return_exceptions=True)
            for exchange in asked:
                if exchange.end == "open":
                    exchange.end = "hung up"
            for end in (writer, upstream_writer):
                end.close()

    async def _pass_requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: list[Exchange]
    ) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
                body = await reader.readexactly(int(length[1])) if length else b""
                method, path, _ = head.decode("latin-1").split(" ", 2)
                exchange = Exchange(method, path, json.loads(body) if body else {})
                asked.append(exchange)
                self.exchanges.append(exchange)
                writer.write(head + body)
                await writer.drain()


async def _pass_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: list[Exchange]) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(_CHUNK_BYTES):
            if asked:
                asked[-1].take(data)
            writer.write(data)
            await writer.drain()


def _dechunked(answer: bytes) -> bytes:
    """The body of one answer, as far as it has come; chunk sizes taken out where it has them."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"chunked" not in head.lower():
        return body
    pieces: list[bytes] = []
    while True:
        size, line_end, rest = body.partition(b"\r\n")
        if not line_end or not size.strip() or (count := int(size, 16)) == 0:
            return b"".join(pieces)
        pieces.append(rest[:count])
        body = rest[count + 2 :]
