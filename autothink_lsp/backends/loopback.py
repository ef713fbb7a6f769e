"""HTTP/1.1 to a model server on this machine without a library, because the request is a large part of a keystroke's
cost.

Plain http to loopback only: no proxies, no TLS, no redirects. The task of its consumer reads a response: every wait can
be cancelled at any moment by a plain ``Task.cancel()``, because the clean-up does not wait.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import time
from base64 import b64encode
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote, urlsplit

from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.event_stream import DRAIN_S, EventStream
from autothink_lsp.backends.http_message import HttpRequest
from autothink_lsp.backends.loopback_connection import Connection
from autothink_lsp.backends.response_events import ResponseReader
from autothink_lsp.backends.wire_error import WireError
from autothink_lsp.errors import BackendError

PIECE_BYTES = 64 << 10
"""Of a body, parsed in one turn of the event loop."""

_log = logging.getLogger(__name__)

_MOST_HEADS = 16
_SAFE = "/%:@!$&'()*+,;=~-._?[]"


class LoopbackPool:
    """The connections to one server: at most ``most`` at a time, of which up to ``kept`` idle ones are kept."""

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
        self._used: set[Connection] = set()
        self._draining: set[asyncio.Task[None]] = set()
        self._open = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    async def send(self, request: HttpRequest) -> Connection:
        """Send the request and return its connection when the head of the response has arrived. The caller must pass it
        to ``done`` or ``drain``. Raises ``WireError``, ``OSError``.

        A kept connection that the server closes at the same moment is replaced by a new one. That repeats no request:
        the server closed before it read any of it (RFC 9112, 9.3.1).
        """
        data = self._data(request)
        await self._place()
        try:
            connection, is_new = self._take_idle(), False
            if connection is None:
                connection, is_new = await self._connect(), True
            try:
                return await self._exchange(connection, data)
            except WireError as error:
                if is_new or error.kind != "disconnect" or connection.reader.began:
                    raise
            return await self._exchange(await self._connect(), data)
        except BaseException:
            self._leave()
            raise

    async def aclose(self) -> None:
        """Close all connections; a consumer that waits gets an error. Idempotent."""
        self._closed = True
        for connection in (*self._idle, *self._used):
            connection.abort()
        self._idle.clear()
        await asyncio.gather(*self._draining)

    def done(self, connection: Connection) -> None:
        """Keep or close the connection of a response that was read, completely or not."""
        self._used.discard(connection)
        self._piece_s = connection.piece_s
        if connection.is_reusable and not self._closed and len(self._idle) < self._kept:
            connection.idle_since_s = time.monotonic()
            self._idle.append(connection)
        else:
            connection.abort()
        self._leave()

    def drain(self, connection: Connection) -> None:
        """Keep the connection if the rest of its response, which is not needed, comes within ``DRAIN_S``."""
        if connection.reader.ended:
            self.done(connection)
            return
        task = asyncio.get_running_loop().create_task(self._drain(connection))
        self._draining.add(task)
        task.add_done_callback(self._draining.discard)

    async def _drain(self, connection: Connection) -> None:
        try:
            async with asyncio.timeout(DRAIN_S):
                while await connection.body():
                    pass
        except (TimeoutError, WireError, OSError):
            pass  # the connection cannot be used again, and is closed
        finally:
            self.done(connection)

    async def _exchange(self, connection: Connection, data: bytes) -> Connection:
        if self._closed:
            connection.abort()
            raise WireError("disconnect")
        self._used.add(connection)
        try:
            await connection.write(data, self._timeouts.write_s)
            await connection.head()
        except BaseException:
            self._used.discard(connection)
            connection.abort()
            raise
        return connection

    def _data(self, request: HttpRequest) -> bytes:
        body = request.body
        length = b"" if body is None else b"content-length: %d\r\n" % len(body)
        return b"".join((self._head(request.method, request.url, request.headers), length, b"\r\n", body or b""))

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


class LoopbackStream(EventStream):
    """Its consumer sends the request and reads the connection, both when it waits for events.

    ``request`` makes the request; ``reader`` takes the status and the headers of its response; ``failed`` makes the
    error to raise of a failure, or of ``None`` where the stream was closed meanwhile; ``on_end`` is called once.
    """

    def __init__(
        self,
        pool: LoopbackPool,
        request: Callable[[], Awaitable[HttpRequest]],
        reader: Callable[[int, Mapping[str, str]], ResponseReader],
        failed: Callable[[Exception | None], BackendError],
        on_end: Callable[[LoopbackStream], None],
    ) -> None:
        super().__init__()
        self._pool = pool
        self._request = request
        self._make_reader = reader
        self._failed = failed
        self._on_end = on_end
        self._connection: Connection | None = None
        self._reader: ResponseReader | None = None
        self._rest = b""  # of a large piece

    async def aclose(self) -> None:
        self._end(None)

    async def abort(self) -> None:
        if not self.ended:
            self._complete = False
            self._end(self._failed(None))

    async def _advance(self) -> None:
        """Send the request, or read the next piece of the response. A failure ends the stream."""
        try:
            if self._connection is None or self._reader is None:
                await self._send()
            else:
                await self._read_on(self._connection, self._reader)
        except (BackendError, WireError, OSError) as error:
            self._end(self._failed(error))
        except Exception:  # noqa: BLE001 - a defect of ours: the consumer gets an error that it expects
            _log.exception("reading an answer failed")
            self._end(self._failed(None))

    async def _send(self) -> None:
        connection = await self._pool.send(await self._request())
        if self.ended:  # aborted in the same turn of the event loop
            self._pool.done(connection)
            return
        self._connection, self.headers = connection, connection.reader.headers
        self._reader = self._make_reader(connection.reader.status or 0, self.headers)
        self._is_open = self._reader.is_open

    async def _read_on(self, connection: Connection, reader: ResponseReader) -> None:
        if self._rest:
            await asyncio.sleep(0)  # other tasks run between the parts of a large piece
        piece = self._rest or await connection.body()
        piece, self._rest = piece[:PIECE_BYTES], piece[PIECE_BYTES:]
        if events := reader.feed(piece) if piece else reader.finish():
            self._events.append(events)
        self._is_open = reader.is_open
        if reader.failure is not None:
            self._end(self._failed(reader.failure))
        elif not piece:
            self._end(None)

    def _end(self, error: BackendError | None) -> None:
        """Keep the connection, or close it. Idempotent."""
        if self.ended:
            return
        self.ended, self._error = True, error
        if self._connection is not None:
            (self._pool.drain if self._complete else self._pool.done)(self._connection)
        self._on_end(self)


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
