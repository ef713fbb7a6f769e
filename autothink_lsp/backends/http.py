"""The only module that sends HTTP requests to model servers. Knows connections, cancellation and time limits, but not
completions.

Plain http to this machine uses ``loopback.py``, which needs a third of httpx's CPU time. All other requests use
``httpx_sender.py``, each in a task of its own; it describes how they are aborted.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

from autothink_lsp import __version__
from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.event_stream import EventStream, QueuedStream
from autothink_lsp.backends.http_errors import ErrorTranslator
from autothink_lsp.backends.http_message import HttpRequest
from autothink_lsp.backends.loopback import PIECE_BYTES, LoopbackPool, LoopbackStream
from autothink_lsp.backends.response_events import ResponseReader
from autothink_lsp.backends.sse import SseEvent
from autothink_lsp.errors import BackendAuthError, BackendError, BackendUnavailable
from autothink_lsp.values import frozen

if TYPE_CHECKING:
    from autothink_lsp.backends.httpx_sender import HttpxResponse, HttpxSender

MAX_CONNECTIONS = 16
"""A superseded request closes its connection, so even a fast typist rarely has three."""

_KEPT_CONNECTIONS = 4
_KEEPALIVE_EXPIRY_S = 60.0  # a server may close the connection earlier, which is detected
SESSION_HEADER = "x-session-id"
"""Read by vllm-router's policy consistent_hash and by others of its kind."""

_JSON = {"content-type": "application/json"}
_CLOSE = {"connection": "close"}
_JWT = re.compile(r"\AeyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*\Z")  # RFC 7519: three parts in base64url, the first an object
_write_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_log = logging.getLogger(__name__)


@frozen
class JsonResponse:
    """A parsed body and its headers (names in lower case)."""

    value: Any
    headers: Mapping[str, str]


class Pooling(TypedDict):
    """The limits of a connection pool. ``basic``: the endpoint's user and password are sent."""

    most: int
    kept: int
    expiry_s: float
    basic: bool


class HttpClient:
    """One connection pool for one endpoint. Methods, and the streams that they return, raise only ``BackendError``."""

    def __init__(self, endpoint: Endpoint, credentials: Credentials | None = None, *, with_httpx: bool = False) -> None:
        """``with_httpx``: use httpx for this machine, too."""
        self.endpoint = endpoint
        self.credentials = credentials or Credentials(endpoint)
        self.errors = ErrorTranslator(endpoint, self.credentials)
        is_direct = endpoint.is_loopback and endpoint.is_plain_http and not with_httpx
        self._pool = LoopbackPool(endpoint, _headers(endpoint), **self._pooling()) if is_direct else None
        self._sender: HttpxSender | None = None
        self._making_sender = asyncio.Lock()
        self._streams: set[EventStream] = set()
        self._closed = False

    def stream(self, url: str, body: Mapping[str, object], *, keep_connection: bool = True) -> EventStream:
        """Send a POST whose response is a stream of events. The caller must wait for its events, as a request to this
        machine is sent only then, and ``aclose()`` it.

        ``keep_connection=False`` is for servers that close the connection after a stream without announcing it.
        """
        return self._start("POST", url, body, keep_connection=keep_connection)

    def page(self, url: str) -> EventStream:
        """Send a GET whose response, of any type, is one event. The caller must ``aclose()`` it."""
        return self._start("GET", url, None, whole=True)

    async def fetch_json(self, method: str, url: str, body: Mapping[str, object] | None = None) -> JsonResponse:
        """Send a request and return the parsed body. Raises ``BadResponse`` for a 200 that is not JSON."""
        stream = self._start(method, url, body, whole=True)
        try:
            events: list[SseEvent] = []
            while (more := await stream.next_events()) is not None:
                events += more
        finally:
            await stream.aclose()
        text = events[0].data if events else ""
        try:
            return JsonResponse(json.loads(text), stream.headers)
        except (ValueError, RecursionError):
            raise self.errors.not_a_stream(stream.headers.get("content-type", ""), text[:1000].encode()) from None

    async def aclose(self) -> None:
        """Cancel running requests and close the pool. Idempotent."""
        self._closed = True
        for stream in list(self._streams):
            await stream.abort()
        if self._pool is not None:
            await self._pool.aclose()
        sender, self._sender = self._sender, None
        if sender is not None:
            await sender.aclose()
        await self.credentials.aclose()

    def _start(
        self,
        method: str,
        url: str,
        body: Mapping[str, object] | None,
        *,
        whole: bool = False,
        keep_connection: bool = True,
    ) -> EventStream:
        headers = ({} if body is None else _JSON) | ({} if keep_connection else _CLOSE)
        if self._pool is not None:
            stream = LoopbackStream(
                self._pool,
                partial(self._request, method, url, body, headers),
                partial(self._reader, url, whole),
                self._failed,
                self._streams.discard,
            )
        else:
            stream = QueuedStream()
            stream.task = asyncio.create_task(self._pump(method, url, body, headers, stream, whole=whole))
            stream.task.add_done_callback(lambda task: self._pump_done(stream, task))
        self._streams.add(stream)
        return stream

    async def _request(
        self, method: str, url: str, body: Mapping[str, object] | None, headers: Mapping[str, str]
    ) -> HttpRequest:
        """The request with the key, which may have to be fetched. Raises ``BackendError``."""
        if self._closed:
            raise self._is_closed()
        if self.credentials.configured and (key := await self.credentials.key()) is not None:
            headers = {**headers, **_key_headers(self.endpoint, key)}
        return HttpRequest(method, self.endpoint.with_query(url), None if body is None else _encode(body), headers)

    def _reader(self, url: str, whole: bool, status: int, headers: Mapping[str, str]) -> ResponseReader:
        return ResponseReader(status, headers, self.errors, url, whole=whole)

    def _failed(self, error: Exception | None) -> BackendError:
        """The error to raise for a failure of a connection or a response; ``None``: it was closed on purpose."""
        if isinstance(error, BackendAuthError):
            self.credentials.forget()
        if isinstance(error, BackendError):
            return error
        failure = self.errors.broke_off() if error is None else self.errors.from_exception(error)
        failure.__cause__ = error
        return failure

    def _pooling(self) -> Pooling:
        basic = not self.credentials.configured
        return {"most": MAX_CONNECTIONS, "kept": _KEPT_CONNECTIONS, "expiry_s": _KEEPALIVE_EXPIRY_S, "basic": basic}

    def _is_closed(self) -> BackendUnavailable:
        return BackendUnavailable(f"The connection to {self.endpoint.place} has been closed.")

    # ---- with httpx

    def _pump_done(self, stream: QueuedStream, task: asyncio.Task[None]) -> None:
        self._streams.discard(stream)
        if not stream.ended:  # cancelled, or a bug here: the consumer must not wait for ever
            bug = None if task.cancelled() else task.exception()
            if bug is not None:
                _log.error("reading an answer of %s failed", self.endpoint.place, exc_info=bug)
            error = self._failed(None)
            error.__cause__ = bug
            stream.end(error)

    async def _pump(
        self,
        method: str,
        url: str,
        body: Mapping[str, object] | None,
        headers: Mapping[str, str],
        stream: QueuedStream,
        *,
        whole: bool,
    ) -> None:
        """Send the request and move events into ``stream`` until the answer ends. An error is stored there, not
        raised."""
        try:
            sender = await self._require_sender()
        except BackendError as error:
            stream.end(error)
            return
        with sender.guard(stream):
            try:
                response = await sender.send(await self._request(method, url, body, headers))
                try:
                    reader = self._reader(url, whole, response.status_code, response.headers)
                    await _read(response, reader, stream)
                finally:
                    await response.aclose()
            except (BackendError, *sender.failures) as error:
                stream.end(self._failed(error))
            else:
                stream.end()

    async def _require_sender(self) -> HttpxSender:
        if self._sender is None and not self._closed:
            async with self._making_sender:
                if self._sender is None:
                    self._sender = await self._make_sender()
        if self._closed or self._sender is None:
            raise self._is_closed()
        return self._sender

    async def _make_sender(self) -> HttpxSender:
        # In a thread: importing httpx takes 0.3 s of CPU, and loading the TLS authorities takes longer still.
        def with_httpx() -> HttpxSender:
            from autothink_lsp.backends.httpx_sender import HttpxSender

            return HttpxSender(self.endpoint, _headers(self.endpoint), **self._pooling())

        try:
            return await asyncio.to_thread(with_httpx)
        except (OSError, ValueError, ImportError) as error:
            raise BackendUnavailable(
                f"No connection to {self.endpoint.place} can be made: {self.errors.quote(str(error))}",
                hint="The variables HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE determine it.",
            ) from error


def without_suffix(url: str, *suffixes: str) -> str:
    """``url`` without an API path that the user copied with it, and without a trailing slash."""
    for suffix in suffixes:
        url = url.removesuffix(suffix).rstrip("/")
    return url


def _encode(body: Mapping[str, object]) -> bytes:
    text = _write_json(body)
    try:
        return text.encode()
    except UnicodeEncodeError:  # an unpaired surrogate, from an editor that split a pair
        return text.encode("utf-8", "replace")


async def _read(response: HttpxResponse, reader: ResponseReader, stream: QueuedStream) -> None:
    """Publish events as they arrive. Raises ``BackendError``, and what the response raises."""
    if reader.is_open:
        stream.open(response.headers)
    async for piece in response.aiter_bytes():
        for at in range(0, len(piece), PIECE_BYTES):
            if at:
                await asyncio.sleep(0)  # other tasks run between the parts of a large piece
            _publish(reader.feed(piece[at : at + PIECE_BYTES]), response, reader, stream)
    _publish(reader.finish(), response, reader, stream)


def _publish(events: list[SseEvent], response: HttpxResponse, reader: ResponseReader, stream: QueuedStream) -> None:
    if reader.is_open:
        stream.open(response.headers)
    stream.publish(events)
    if reader.failure is not None:
        raise reader.failure


def _key_headers(endpoint: Endpoint, key: str) -> dict[str, str]:
    """The header with the API key. Azure reads its keys from a header of its own, and tokens (JWT) from the usual
    one; it refuses a key in the latter."""
    if endpoint.is_azure and not _JWT.match(key):
        return {"api-key": key}
    return {"authorization": f"Bearer {key}"}


def _headers(endpoint: Endpoint) -> dict[str, str]:
    """The headers that every request has."""
    return {
        "user-agent": f"autothink-lsp/{__version__}",
        "accept": "text/event-stream, application/json",
        "accept-encoding": "identity",  # small pieces must not be buffered by a compressor
        **({SESSION_HEADER: endpoint.session} if endpoint.session else {}),
    }
