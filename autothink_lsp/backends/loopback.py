"""HTTP/1.1 to a model server on this machine without a library, because the request is a large part of a keystroke's
cost.

Plain http to loopback only: no proxies, no TLS, no redirects. Every wait can be cancelled at any moment by a plain
``Task.cancel()``, because the clean-up does not wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import time
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.loopback_connection import Connection
from autothink_lsp.backends.wire_error import WireError

if TYPE_CHECKING:
    from autothink_lsp.backends.event_stream import EventStream

_MOST_HEADS = 16
_SAFE = "/%:@!$&'()*+,;=~-._?[]"


class LoopbackPool:
    """The connections to one server: at most ``most`` at a time, of which up to ``kept`` idle ones are kept."""

    failures: tuple[type[Exception], ...] = (WireError, OSError)

    def __init__(
        self, endpoint: Endpoint, headers: Mapping[str, str], *, most: int, kept: int, expiry_s: float, basic: bool
    ) -> None:
        parts = urlsplit(endpoint.base_url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._timeouts = endpoint.timeouts
        self._headers = {"host": parts.netloc, **(_basic(endpoint) if basic else {}), **headers}
        self._most, self._kept, self._expiry_s = most, kept, expiry_s
        self._heads: dict[tuple[object, ...], bytes] = {}
        self._address: str | None = None  # the address of the host's name at the last connection
        self._piece_s: float | None = None  # between two pieces of the newest response
        self._idle: list[Connection] = []
        self._open = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    def guard(self, _stream: EventStream, /) -> contextlib.AbstractContextManager[None]:
        """No guard is needed: see the module's docstring."""
        return contextlib.nullcontext()

    async def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> LoopbackResponse:
        """Send the request and return its response when the head has arrived. The caller must ``aclose()`` the
        response. Raises ``WireError``, ``OSError``.

        A kept connection that the server closes at the same moment is replaced by a new one. That repeats no request:
        the server closed before it read any of it (RFC 9112, 9.3.1).
        """
        request = self._request(method, url, body, headers)
        await self._place()
        try:
            connection, is_new = self._take_idle(), False
            if connection is None:
                connection, is_new = await self._connect(), True
            try:
                return await self._exchange(connection, request)
            except WireError as error:
                if is_new or error.kind != "disconnect" or connection.reader.began:
                    raise
            return await self._exchange(await self._connect(), request)
        except BaseException:
            self._leave()
            raise

    async def aclose(self) -> None:
        """Close all connections. Idempotent."""
        self._closed = True
        for connection in self._idle:
            connection.abort()
        self._idle.clear()

    def done(self, connection: Connection) -> None:
        """Keep or close the connection of a response that was read, completely or not."""
        self._piece_s = connection.piece_s
        if connection.is_reusable and not self._closed and len(self._idle) < self._kept:
            connection.idle_since_s = time.monotonic()
            self._idle.append(connection)
        else:
            connection.abort()
        self._leave()

    async def _exchange(self, connection: Connection, request: bytes) -> LoopbackResponse:
        try:
            await connection.write(request, self._timeouts.write_s)
            await connection.head()
        except BaseException:
            connection.abort()
            raise
        return LoopbackResponse(self, connection)

    def _request(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        length = b"" if body is None else b"content-length: %d\r\n" % len(body)
        return b"".join((self._head(method, url, headers), length, b"\r\n", body or b""))

    def _head(self, method: str, url: str, headers: Mapping[str, str]) -> bytes:
        """The first line and the headers but for the body's length, which nearly all requests of a server share."""
        key = (method, url, *headers.items())
        head = self._heads.get(key)
        if head is None:
            parts = urlsplit(url)
            query = f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
            target = quote(parts.path or "/", safe=_SAFE) + query
            lines = _lines({**self._headers, "connection": "keep-alive", **headers})
            if len(self._heads) == _MOST_HEADS:
                self._heads.clear()
            head = self._heads[key] = f"{method} {target} HTTP/1.1\r\n{lines}".encode("latin-1")
        return head

    async def _place(self) -> None:
        if self._open < self._most:
            self._open += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            async with asyncio.timeout(self._timeouts.pool_s):
                await place
        except BaseException as error:
            if place.done() and not place.cancelled():  # assigned and cancelled at the same moment
                self._leave()
            elif place in self._waiting:
                self._waiting.remove(place)
            if isinstance(error, TimeoutError):
                raise WireError("pool timeout") from error
            raise

    def _leave(self) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._open -= 1

    def _take_idle(self) -> Connection | None:
        oldest_s = time.monotonic() - self._expiry_s
        while self._idle:
            connection = self._idle.pop()
            if connection.is_reusable and connection.idle_since_s >= oldest_s:
                connection.begin(self._piece_s)
                return connection
            connection.abort()
        return None

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()

        def protocol() -> Connection:
            return Connection(loop, self._timeouts.read_s, self._piece_s)

        address, self._address = self._address, None
        connected = _connected(address, self._port) if address is not None else None
        try:
            if connected is not None:
                _, connection = await loop.create_connection(protocol, sock=connected)
            else:
                async with asyncio.timeout(self._timeouts.connect_s):
                    _, connection = await loop.create_connection(protocol, address or self._host, self._port)
        except TimeoutError as error:
            raise WireError("connect timeout") from error
        except OSError as error:
            raise WireError("no connection", str(error)) from error
        self._address = connection.address
        return connection


def _connected(address: str, port: int) -> socket.socket | None:
    """A connection to a server that accepts it at once, as Linux does for a server on the same machine. ``None`` if the
    event loop has to wait for it, or to report why there is none."""
    if sys.platform != "linux":
        return None
    connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    connection.setblocking(False)
    try:
        # The first call begins the handshake, which ends within it; the second one asks for its result.
        if connection.connect_ex((address, port)) == 0 or connection.connect_ex((address, port)) == 0:
            return connection
    except OSError:
        pass
    connection.close()
    return None


class LoopbackResponse:
    """One response whose head has arrived. ``headers`` are in lower case."""

    def __init__(self, pool: LoopbackPool, connection: Connection) -> None:
        self._pool = pool
        self._connection: Connection | None = connection
        self.status_code = connection.reader.status or 0
        self.headers: Mapping[str, str] = connection.reader.headers

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives: all data since the last piece."""
        connection = self._connection
        while connection is not None and (piece := await connection.body()):
            yield piece

    async def aclose(self) -> None:
        """Keep the connection, or close it. Does not wait. Idempotent."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.done(connection)


def _lines(headers: Mapping[str, str]) -> str:
    """The headers as lines. Raises ``WireError`` for a value that is not one line, such as a key with its line end."""
    for name, value in headers.items():
        if not (value.isprintable() and value.isascii()):
            raise WireError("exchange", f"the header {name} cannot be sent: it holds control or special characters")
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


def _basic(endpoint: Endpoint) -> dict[str, str]:
    if endpoint.userinfo is None:
        return {}
    return {"authorization": "Basic " + b64encode(":".join(endpoint.userinfo).encode()).decode("ascii")}
