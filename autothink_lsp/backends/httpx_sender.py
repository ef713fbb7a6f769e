"""Sends requests through httpx: to other machines, through proxies, with TLS.

A request is aborted only through an anyio cancel scope. Reason: httpcore cleans up with ``await`` and shields that with
anyio's scopes, which do not protect against asyncio's ``Task.cancel()``. A plain cancellation during the clean-up (seen
when an answer had just ended, and when a deadline and an editor's cancellation coincided) leaves a dead connection in
the pool for ever, and after sixteen of those no request can be sent.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.request import getproxies

import anyio
import httpx

from autothink_lsp.backends.content_coding import decoder_for
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.http_errors import is_disconnect
from autothink_lsp.backends.http_message import HttpRequest
from autothink_lsp.backends.wire_error import WireError

if TYPE_CHECKING:
    from autothink_lsp.backends.event_stream import QueuedStream


class HttpxSender:
    """One connection pool. Importing this module takes 0.3 s of CPU, and creating an instance takes longer still: use a
    thread."""

    failures: tuple[type[Exception], ...] = (
        httpx.HTTPError,
        httpx.InvalidURL,
        httpx.StreamError,
        OSError,
        WireError,
    )

    def __init__(
        self, endpoint: Endpoint, headers: Mapping[str, str], *, most: int, kept: int, expiry_s: float, basic: bool
    ) -> None:
        timeouts, local = endpoint.timeouts, endpoint.is_loopback
        self._client = httpx.AsyncClient(
            verify=_tls_context() if not endpoint.is_plain_http or (not local and getproxies()) else False,
            trust_env=not local,
            timeout=httpx.Timeout(
                connect=timeouts.connect_s, read=timeouts.read_s, write=timeouts.write_s, pool=timeouts.pool_s
            ),
            limits=httpx.Limits(max_connections=most, max_keepalive_connections=kept, keepalive_expiry=expiry_s),
            headers=dict(headers),
            auth=endpoint.userinfo if basic else None,
        )
        self._urls: dict[str, httpx.URL] = {}
        self._has_kept_connections = False

    @contextlib.contextmanager
    def guard(self, stream: QueuedStream) -> Iterator[None]:
        """A context in which ``stream`` can be aborted through its cancel scope."""
        with anyio.CancelScope() as stream.scope:
            yield

    async def send(self, request: HttpRequest) -> HttpxResponse:
        """Send the request and return the response when its head has arrived. A kept connection that the server closes
        at the same moment is replaced by a new one.

        That repeats no request: the server closed before it read any of it (RFC 9112, 9.3.1).
        """
        url = self._urls.get(request.url)
        if url is None:
            url = self._urls[request.url] = httpx.URL(request.url)
        sent = self._client.build_request(request.method, url, content=request.body, headers=dict(request.headers))
        try:
            response = await self._client.send(sent, stream=True)
        except httpx.TransportError as error:
            if not (self._has_kept_connections and is_disconnect(error)):
                raise
            self._has_kept_connections = False
            response = await self._client.send(sent, stream=True)
        return HttpxResponse(self, response, keeps="connection" not in request.headers)

    def kept(self) -> None:
        """Note that the pool may have a kept connection."""
        self._has_kept_connections = True

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()


class HttpxResponse:
    """One response whose head has arrived."""

    def __init__(self, sender: HttpxSender, response: httpx.Response, *, keeps: bool) -> None:
        self._sender = sender
        self._response = response
        self._keeps = keeps
        self.status_code = response.status_code
        self.headers: Mapping[str, str] = response.headers

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives, decoded up to a limit that httpx's decoders do not have.

        Raises ``WireError`` besides httpx's errors.
        """
        decoder = decoder_for(self.headers.get("content-encoding", ""), status=self.status_code)
        async for piece in self._response.aiter_raw():
            if decoded := piece if decoder is None else decoder.decode(piece):
                yield decoded

    async def aclose(self) -> None:
        """Keep the connection, or close it."""
        await self._response.aclose()
        if self._keeps:  # after a failure too: uvicorn closes the connection after a 500 without announcing it
            self._sender.kept()


def _tls_context() -> ssl.SSLContext:
    """A TLS context with the system's authorities, which may include a company's; with certifi's if the system has
    none.

    Takes about 20 ms of CPU, against 89 ms for httpx's default; not needed for plain http on this machine.
    """
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"] and not ssl.get_default_verify_paths().capath:
        import certifi  # comes with httpx

        context.load_verify_locations(certifi.where())
    return context
