"""Requests through httpx: to other machines, through proxies, with TLS.

Each is given up through an anyio cancel scope only. Reason: httpcore cleans up with ``await`` and shields that with
anyio's scopes, which do not hold off asyncio's ``Task.cancel()``. A plain cancellation that hits the clean-up (seen
when an answer had just ended, and when a deadline and an editor's cancel came together) leaves a dead connection in the
pool for ever, and sixteen of those end all completion.
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
from autothink_lsp.backends.wire_error import WireError

if TYPE_CHECKING:
    from autothink_lsp.backends.event_stream import EventStream


class HttpxSender:
    """One connection pool. Importing this module takes 0.3 s of CPU and making one some more: do it in a thread."""

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
    def guard(self, stream: EventStream) -> Iterator[None]:
        """What ``stream`` is given up through."""
        with anyio.CancelScope() as stream.scope:
            yield

    async def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> HttpxAnswer:
        """The answer's head. A kept connection that the server closes in the same moment is replaced by a new one.

        That is no second try of a request: the server has closed before it read any of it (RFC 9112, 9.3.1).
        """
        parsed = self._urls.get(url)
        if parsed is None:
            parsed = self._urls[url] = httpx.URL(url)
        request = self._client.build_request(method, parsed, content=body, headers=dict(headers))
        try:
            response = await self._client.send(request, stream=True)
        except httpx.TransportError as error:
            if not (self._has_kept_connections and is_disconnect(error)):
                raise
            self._has_kept_connections = False
            response = await self._client.send(request, stream=True)
        return HttpxAnswer(self, response, keeps="connection" not in headers)

    def kept(self) -> None:
        """A connection may have been kept."""
        self._has_kept_connections = True

    async def aclose(self) -> None:
        """Hang up."""
        await self._client.aclose()


class HttpxAnswer:
    """One answer whose head is here."""

    def __init__(self, sender: HttpxSender, response: httpx.Response, *, keeps: bool) -> None:
        self._sender = sender
        self._response = response
        self._keeps = keeps
        self.status_code = response.status_code
        self.headers: Mapping[str, str] = response.headers

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        """The body as it arrives, its content coding undone within a limit, which httpx's own decoders do not have.

        Raises ``WireError`` besides httpx's errors.
        """
        decoder = decoder_for(self.headers.get("content-encoding", ""), status=self.status_code)
        async for piece in self._response.aiter_raw():
            if decoded := piece if decoder is None else decoder.decode(piece):
                yield decoded

    async def aclose(self) -> None:
        """Keep the connection, or close it."""
        await self._response.aclose()
        if self._keeps:  # after a failure too: uvicorn closes a connection behind its 500 without having said so
            self._sender.kept()


def _tls_context() -> ssl.SSLContext:
    """The system's authorities, which a company's own may have been added to; certifi's where the system has none.

    About 20 ms of CPU, against 89 ms for httpx's default; plain http on this machine pays nothing.
    """
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"] and not ssl.get_default_verify_paths().capath:
        import certifi  # comes with httpx

        context.load_verify_locations(certifi.where())
    return context
