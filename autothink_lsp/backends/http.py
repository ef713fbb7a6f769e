"""The only module that sends HTTP requests to model servers. Knows connections, cancellation and time limits; not what
a completion is.

Each request runs in a task of its own, inside an anyio cancel scope, and is given up through that scope only. Reason:
httpcore cleans up with ``await`` and shields that with anyio's scopes, which do not hold off asyncio's
``Task.cancel()``. A plain cancellation that hits the clean-up (seen when an answer had just ended, and when a deadline
and an editor's cancel came together) leaves a dead connection in the pool for ever, and sixteen of those end all
completion.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

from attrs import frozen

from autothink_lsp import __version__
from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.event_stream import EventStream
from autothink_lsp.backends.http_errors import ErrorTranslator, is_disconnect, looks_like_html
from autothink_lsp.backends.sse import SseError, SseEvent, SseReader
from autothink_lsp.errors import BackendAuthError, BackendError, BackendUnavailable

if TYPE_CHECKING:
    import httpx

MAX_CONNECTIONS = 16
"""A superseded request closes its connection, so even a fast typist rarely has three."""

MAX_ANSWER_BYTES = 16 << 20
_MAX_ERROR_BODY_BYTES = 64 << 10
_KEEPALIVE_EXPIRY_S = 60.0  # a server may close earlier; httpcore looks at the socket before it uses it again
SESSION_HEADER = "x-session-id"
"""Read by vllm-router's policy consistent_hash and by others of its kind."""

_JSON = {"content-type": "application/json"}
_CLOSE = {"connection": "close"}
_STREAM_TYPES = frozenset({"", "text/event-stream", "text/plain", "application/octet-stream"})


_log = logging.getLogger(__name__)


@frozen
class JsonAnswer:
    """A parsed body and the headers that came with it (names in lower case)."""

    value: Any
    headers: Mapping[str, str]


class HttpClient:
    """One connection pool for one endpoint, made at the first request. Methods raise ``BackendError`` only."""

    def __init__(self, endpoint: Endpoint, credentials: Credentials | None = None) -> None:
        self.endpoint = endpoint
        self.credentials = credentials or Credentials(endpoint)
        self.errors = ErrorTranslator(endpoint, self.credentials)
        self._client: httpx.AsyncClient | None = None
        self._making_client = asyncio.Lock()
        self._key: str | None = None
        self._urls: dict[str, httpx.URL] = {}
        self._streams: set[EventStream] = set()
        self._has_kept_connections = False
        self._closed = False

    def stream(self, url: str, body: Mapping[str, object], *, keep_connection: bool = True) -> EventStream:
        """Start a POST whose answer is a stream of events. The caller must ``aclose()`` it.

        ``keep_connection=False`` is for servers that close it after a stream without saying so.
        """
        return self._start("POST", url, body, keep_connection=keep_connection)

    def page(self, url: str) -> EventStream:
        """Start a GET whose answer, of any type, is one event. The caller must ``aclose()`` it."""
        return self._start("GET", url, None, whole=True)

    async def fetch_json(self, method: str, url: str, body: Mapping[str, object] | None = None) -> JsonAnswer:
        """One whole answer, parsed. A 200 that is not JSON is a ``BadResponse``."""
        stream = self._start(method, url, body, whole=True)
        try:
            events: list[SseEvent] = []
            while (more := await stream.next_events()) is not None:
                events += more
        finally:
            await stream.aclose()
        text = events[0].data if events else ""
        try:
            return JsonAnswer(json.loads(text), stream.headers)
        except (ValueError, RecursionError):
            raise self.errors.not_a_stream(stream.headers.get("content-type", ""), text[:1000].encode()) from None

    async def aclose(self) -> None:
        """Cancel what runs and close the pool. Idempotent."""
        self._closed = True
        for stream in list(self._streams):
            await stream.abort()
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()
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
        if not stream.ended:  # cancelled, or a bug of ours: the consumer must not wait for ever
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
        """Send, then move events into ``stream`` until the answer ends. An error is stored there, not raised."""
        try:
            client = await self._require_client()
        except BackendError as error:
            stream.end(error)
            return
        import anyio  # both are loaded by then
        import httpx

        with anyio.CancelScope() as stream.scope:
            try:
                request = await self._request(client, method, url, body, headers)
                response = await self._send(client, request)
                try:
                    await self._read(response, stream, url)
                finally:
                    await response.aclose()
                    # After a failure too: uvicorn closes a connection behind its 500 without having said so.
                    self._has_kept_connections |= "connection" not in headers
            except BackendError as error:
                stream.end(error)
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
                stream.end(self.errors.from_exception(error), error)
            else:
                stream.end()

    async def _read(self, response: httpx.Response, stream: EventStream, url: str) -> None:
        content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.status_code != 200:
            body = await _read_whole(response, _MAX_ERROR_BODY_BYTES)
            error = self.errors.from_status(response.status_code, response.headers, body, url)
            if isinstance(error, BackendAuthError):
                self.credentials.forget()
            raise error
        if stream.whole or content_type == "application/json":
            # A server that does not stream answers in one piece: then that is the only event.
            body = await _read_whole(response, MAX_ANSWER_BYTES)
            stream.open(response.headers)
            stream.publish([SseEvent(body.decode("utf-8", "replace"))])
            return
        if content_type not in _STREAM_TYPES:
            raise self.errors.not_a_stream(content_type, await _read_whole(response, _MAX_ERROR_BODY_BYTES))
        stream.open(response.headers)
        reader, seen_bytes = SseReader(), 0
        try:
            async for piece in response.aiter_bytes():
                if seen_bytes == 0 and looks_like_html(piece):
                    raise self.errors.not_a_stream("text/html", piece)
                seen_bytes += len(piece)
                if seen_bytes > MAX_ANSWER_BYTES:
                    raise self.errors.rubbish(f"more than {MAX_ANSWER_BYTES:,} bytes", status=200)
                if events := reader.feed(piece):
                    stream.publish(events)
            if events := reader.finish():
                stream.publish(events)
        except SseError as error:
            raise self.errors.rubbish(str(error), error.line, status=200) from error

    async def _send(self, client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        """The answer's head. A kept connection that the server closes in the same moment is replaced by a new one.

        That is no second try of a request: the server has closed before it read any of it (RFC 9112, 9.3.1).
        """
        import httpx

        try:
            response = await client.send(request, stream=True)
        except httpx.TransportError as error:
            if not (self._has_kept_connections and is_disconnect(error)):
                raise
            self._has_kept_connections = False
            response = await client.send(request, stream=True)
        return response

    async def _request(
        self,
        client: httpx.AsyncClient,
        method: str,
        url: str,
        body: Mapping[str, object] | None,
        headers: Mapping[str, str],
    ) -> httpx.Request:
        import httpx

        if self.credentials.configured and (key := await self.credentials.key()) != self._key:
            self._key = key
            client.headers["authorization"] = f"Bearer {key}"
        parsed = self._urls.get(url)
        if parsed is None:
            parsed = self._urls[url] = httpx.URL(url)
        return client.build_request(method, parsed, content=None if body is None else _encode(body), headers=headers)

    async def _require_client(self) -> httpx.AsyncClient:
        if self._client is None and not self._closed:
            async with self._making_client:
                if self._client is None:
                    # In a thread: importing httpx takes 0.3 s of CPU, and reading the TLS authorities some more.
                    try:
                        self._client = await asyncio.to_thread(_make_client, self.endpoint, self.credentials)
                    except (OSError, ValueError, ImportError) as error:
                        raise BackendUnavailable(
                            f"No connection to {self.endpoint.place} can be made: {self.errors.quote(str(error))}",
                            hint="The variables HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE have a say in it.",
                        ) from error
        if self._closed or self._client is None:
            raise BackendUnavailable(f"The connection to {self.endpoint.place} has been closed.")
        return self._client


def without_suffix(url: str, *suffixes: str) -> str:
    """``url`` without the path of an API that was copied along with it, and without a slash at the end."""
    for suffix in suffixes:
        url = url.removesuffix(suffix).rstrip("/")
    return url


def _encode(body: Mapping[str, object]) -> bytes:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, from an editor that cut one
        return text.encode("utf-8", "replace")


async def _read_whole(response: httpx.Response, limit_bytes: int) -> bytes:
    """The body, cut at ``limit_bytes``."""
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_bytes():
        pieces.append(piece)
        size += len(piece)
        if size >= limit_bytes:
            break
    return b"".join(pieces)[:limit_bytes]


def _make_client(endpoint: Endpoint, credentials: Credentials) -> httpx.AsyncClient:
    import httpx

    timeouts = endpoint.timeouts
    local = endpoint.is_loopback
    return httpx.AsyncClient(
        verify=_tls_context() if not endpoint.is_plain_http or (not local and getproxies()) else False,
        trust_env=not local,
        timeout=httpx.Timeout(
            connect=timeouts.connect_s, read=timeouts.read_s, write=timeouts.write_s, pool=timeouts.pool_s
        ),
        limits=httpx.Limits(
            max_connections=MAX_CONNECTIONS, max_keepalive_connections=4, keepalive_expiry=_KEEPALIVE_EXPIRY_S
        ),
        headers={
            "user-agent": f"autothink-lsp/{__version__}",
            "accept": "text/event-stream, application/json",
            "accept-encoding": "identity",  # small pieces that must not wait in a compressor
            **({SESSION_HEADER: endpoint.session} if endpoint.session else {}),
        },
        auth=None if credentials.configured else endpoint.userinfo,
    )


def _tls_context() -> ssl.SSLContext:
    """The system's authorities, which a company's own may have been added to; certifi's where the system has none.

    About 20 ms of CPU, against 89 ms for httpx's default; plain http on this machine pays nothing.
    """
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"] and not ssl.get_default_verify_paths().capath:
        import certifi  # comes with httpx

        context.load_verify_locations(certifi.where())
    return context
