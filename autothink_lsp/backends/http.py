"""The only module that sends HTTP requests to model servers. Knows connections, cancellation and time limits, but not
completions.

Each request runs in its own task. Plain http to this machine uses ``loopback.py``, which needs a third of httpx's CPU
time and is aborted by cancelling the task. All other requests use ``httpx_sender.py``, which describes how they are
aborted.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from autothink_lsp import __version__
from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.event_stream import EventStream
from autothink_lsp.backends.http_errors import ErrorTranslator, looks_like_html
from autothink_lsp.backends.joined_events import separated
from autothink_lsp.backends.loopback import LoopbackPool
from autothink_lsp.backends.sse import SseError, SseEvent, SseReader
from autothink_lsp.errors import BackendAuthError, BackendError, BackendUnavailable
from autothink_lsp.values import frozen

if TYPE_CHECKING:
    from autothink_lsp.backends.httpx_sender import HttpxSender

MAX_CONNECTIONS = 16
"""A superseded request closes its connection, so even a fast typist rarely has three."""

MAX_ANSWER_BYTES = 16 << 20
"""Of one stream, all its events together."""

MAX_WHOLE_ANSWER_BYTES = 4 << 20
"""Of an answer in one piece, such as a list of models. It is parsed at once, which holds everything else up."""

_PIECE_BYTES = 64 << 10
_MAX_ERROR_BODY_BYTES = 64 << 10
_KEPT_CONNECTIONS = 4
_KEEPALIVE_EXPIRY_S = 60.0  # a server may close the connection earlier, which is detected
SESSION_HEADER = "x-session-id"
"""Read by vllm-router's policy consistent_hash and by others of its kind."""

_JSON = {"content-type": "application/json"}
_CLOSE = {"connection": "close"}
_LINES_OF_JSON = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-lines")
_STREAM_TYPES = frozenset({"", "text/event-stream", "text/plain", "application/octet-stream", *_LINES_OF_JSON})
_JWT = re.compile(r"\AeyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*\Z")  # RFC 7519: three parts in base64url, the first an object
_write_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


_BEGINS_STREAM = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:(?:data|event|id|retry|error)?:|\{|\[\s*\{)")
"""The first bytes of an event stream, of an object, or of a list of objects, whatever its content type."""
_BEGINNING_BYTES = 8

_log = logging.getLogger(__name__)


@frozen
class JsonResponse:
    """A parsed body and its headers (names in lower case)."""

    value: Any
    headers: Mapping[str, str]


class HttpResponse(Protocol):
    """One response whose head has arrived. Names of ``headers`` are in lower case, or looked up in any case."""

    status_code: int
    headers: Mapping[str, str]

    def aiter_bytes(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None: ...


class Sender(Protocol):
    """A connection pool. ``failures`` are the exceptions that ``send`` and the responses may raise."""

    failures: tuple[type[Exception], ...]

    def guard(self, stream: EventStream, /) -> AbstractContextManager[None]: ...

    async def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> HttpResponse: ...

    async def aclose(self) -> None: ...


class HttpClient:
    """One connection pool for one endpoint, created by the first request. Methods raise only ``BackendError``."""

    def __init__(self, endpoint: Endpoint, credentials: Credentials | None = None, *, with_httpx: bool = False) -> None:
        """``with_httpx``: use httpx for this machine, too."""
        self.endpoint = endpoint
        self._with_httpx = with_httpx
        self.credentials = credentials or Credentials(endpoint)
        self.errors = ErrorTranslator(endpoint, self.credentials)
        self._sender: Sender | None = None
        self._making_sender = asyncio.Lock()
        self._streams: set[EventStream] = set()
        self._closed = False

    def stream(self, url: str, body: Mapping[str, object], *, keep_connection: bool = True) -> EventStream:
        """Send a POST whose response is a stream of events. The caller must ``aclose()`` it.

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
        stream = EventStream(whole=whole)
        self._streams.add(stream)
        headers = ({} if body is None else _JSON) | ({} if keep_connection else _CLOSE)
        stream.task = asyncio.create_task(self._pump(method, url, body, headers, stream))
        stream.task.add_done_callback(lambda task: self._pump_done(stream, task))
        return stream

    def _pump_done(self, stream: EventStream, task: asyncio.Task[None]) -> None:
        self._streams.discard(stream)
        if not stream.ended:  # cancelled, or a bug here: the consumer must not wait for ever
            bug = None if task.cancelled() else task.exception()
            if bug is not None:
                _log.error("reading an answer of %s failed", self.endpoint.place, exc_info=bug)
            stream.end(self.errors.broke_off(), bug)

    async def _pump(
        self,
        method: str,
        url: str,
        body: Mapping[str, object] | None,
        headers: Mapping[str, str],
        stream: EventStream,
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
                if self.credentials.configured and (key := await self.credentials.key()) is not None:
                    headers = {**headers, **_key_headers(self.endpoint, key)}
                whole_url = self.endpoint.with_query(url)
                response = await sender.send(method, whole_url, None if body is None else _encode(body), headers)
                try:
                    await self._read(response, stream, url)
                finally:
                    await response.aclose()
            except BackendError as error:
                stream.end(error)
            except sender.failures as error:
                stream.end(self.errors.from_exception(error), error)
            else:
                stream.end()

    async def _read(self, response: HttpResponse, stream: EventStream, url: str) -> None:
        content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not 200 <= response.status_code < 300:  # some frameworks answer every POST with 201
            body = await _read_whole(response.aiter_bytes(), _MAX_ERROR_BODY_BYTES)
            error = self.errors.from_status(response.status_code, response.headers, body, url)
            if isinstance(error, BackendAuthError):
                self.credentials.forget()
            raise error
        if stream.whole or content_type == "application/json":
            # A server that does not stream sends the whole answer, which becomes the only event.
            body = await _read_whole(response.aiter_bytes(), MAX_WHOLE_ANSWER_BYTES + 1)
            if len(body) > MAX_WHOLE_ANSWER_BYTES:
                raise self.errors.rubbish(f"more than {MAX_WHOLE_ANSWER_BYTES:,} bytes in one piece", status=200)
            stream.open(response.headers)
            stream.publish([SseEvent(body.decode("utf-8", "replace"))] if stream.whole else self._events_of(body))
            return
        pieces = _small_pieces(response)
        first = b""
        if content_type not in _STREAM_TYPES:  # Flask streams as text/html by default
            while len(first.strip()) < _BEGINNING_BYTES and (piece := await anext(pieces, b"")):
                first += piece
                if len(first) > _MAX_ERROR_BODY_BYTES:  # of blanks
                    break
            if not _BEGINS_STREAM.match(first):
                body = first + await _read_whole(pieces, _MAX_ERROR_BODY_BYTES)
                raise self.errors.not_a_stream(content_type, body[:_MAX_ERROR_BODY_BYTES])
        stream.open(response.headers)
        try:
            await self._read_events(_joined(first, pieces) if first else pieces, stream)
        except SseError as error:
            if error.before:
                stream.publish(error.before)
            raise self.errors.rubbish(str(error), error.line, status=200) from error

    async def _read_events(self, pieces: AsyncIterator[bytes], stream: EventStream) -> None:
        """Publish events as they arrive. Of a body that is an object, or lines or a list of them, whatever its content
        type, each object is an event, at the end.

        Raises ``SseError`` and ``BackendError``.
        """
        reader, seen_bytes = SseReader(), 0
        whole: list[bytes] = []
        async for piece in pieces:
            if seen_bytes == 0 and looks_like_html(piece):
                raise self.errors.not_a_stream("text/html", piece)
            is_whole = bool(whole) or (seen_bytes == 0 and piece.lstrip()[:1] in {b"{", b"["})
            seen_bytes += len(piece)
            if seen_bytes > MAX_ANSWER_BYTES:
                raise self.errors.rubbish(f"more than {MAX_ANSWER_BYTES:,} bytes", status=200)
            if is_whole:
                whole.append(piece)
            elif events := reader.feed(piece):
                stream.publish(events)
        if whole:
            stream.publish([SseEvent(each) for each in separated(b"".join(whole).decode("utf-8", "replace"))])
        elif events := reader.finish():
            stream.publish(events)

    def _events_of(self, body: bytes) -> list[SseEvent]:
        """The events of a body with a JSON content type: the body itself, or the event stream that some gateways send
        instead."""
        if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
            return [SseEvent(each) for each in separated(body.decode("utf-8-sig", "replace"))]
        reader = SseReader()
        try:
            return [*reader.feed(body), *reader.finish()] or [SseEvent(body.decode("utf-8", "replace"))]
        except SseError as error:
            raise self.errors.rubbish(str(error), error.line, status=200) from error

    async def _require_sender(self) -> Sender:
        if self._sender is None and not self._closed:
            async with self._making_sender:
                if self._sender is None:
                    self._sender = await self._make_sender()
        if self._closed or self._sender is None:
            raise BackendUnavailable(f"The connection to {self.endpoint.place} has been closed.")
        return self._sender

    async def _make_sender(self) -> Sender:
        endpoint, headers, basic = self.endpoint, _headers(self.endpoint), not self.credentials.configured

        def made(kind: type[LoopbackPool | HttpxSender]) -> Sender:
            kept, expiry_s = _KEPT_CONNECTIONS, _KEEPALIVE_EXPIRY_S
            return kind(endpoint, headers, most=MAX_CONNECTIONS, kept=kept, expiry_s=expiry_s, basic=basic)

        if endpoint.is_loopback and endpoint.is_plain_http and not self._with_httpx:
            return made(LoopbackPool)

        def with_httpx() -> Sender:
            from autothink_lsp.backends.httpx_sender import HttpxSender

            return made(HttpxSender)

        # In a thread: importing httpx takes 0.3 s of CPU, and loading the TLS authorities takes longer still.
        try:
            return await asyncio.to_thread(with_httpx)
        except (OSError, ValueError, ImportError) as error:
            raise BackendUnavailable(
                f"No connection to {endpoint.place} can be made: {self.errors.quote(str(error))}",
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


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


async def _small_pieces(response: HttpResponse) -> AsyncIterator[bytes]:
    """Yield the body in pieces of at most ``_PIECE_BYTES``; other tasks run between the parts of a larger piece."""
    async for piece in response.aiter_bytes():
        if len(piece) <= _PIECE_BYTES:
            yield piece
            continue
        for at in range(0, len(piece), _PIECE_BYTES):
            yield piece[at : at + _PIECE_BYTES]
            await asyncio.sleep(0)


async def _read_whole(body: AsyncIterator[bytes], limit_bytes: int) -> bytes:
    """The body, truncated to ``limit_bytes``."""
    pieces: list[bytes] = []
    size = 0
    async for piece in body:
        pieces.append(piece)
        size += len(piece)
        if size >= limit_bytes:
            break
    return b"".join(pieces)[:limit_bytes]


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
