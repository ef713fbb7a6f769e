"""``serve --tcp``: listens, and selects the one connection that becomes the client.

Every program on this machine can connect to a loopback port, and so can a web page through the browser. So the first
message of a client must be an ``initialize`` request with the server's token in its ``initializationOptions``, where
users of most editors can set a value before the handshake. A connection that sends anything else is closed, and the
others remain. The listener is closed when the client is found.

Decides nothing about settings: the rights of a client's settings are in ``settings/load.py``.
"""

from __future__ import annotations

import contextlib
import hmac
import ipaddress
import json
import logging
import selectors
import socket
import time
from collections.abc import Callable

from attrs import define, field

from autothink_lsp.errors import AutothinkError, listen_failure
from autothink_lsp.framing import FrameParser, FramingError
from autothink_lsp.values import frozen

logger = logging.getLogger(__name__)

TOKEN_VARIABLE = "AUTOTHINK_TCP_TOKEN"  # noqa: S105 - the name of a variable
TOKEN_OPTION = "token"  # noqa: S105 - the name of an option
FIRST_MESSAGE_S = 10.0
"""So long a connection may take for its ``initialize``."""

REFUSED_S = 1.0
"""So long a connection with a wrong token is kept before it is closed: guessing is slow."""

MOST_CONNECTIONS = 64
"""Beyond that the oldest one is closed."""

LONGEST_FIRST_MESSAGE_BYTES = 4 << 20
_READ_BYTES = 1 << 16
_INVALID_REQUEST = -32600


@frozen
class TcpClient:
    """The selected connection. ``received`` are the bytes that were read from it: an ``initialize`` without the token,
    and the data after it."""

    connection: socket.socket
    received: bytes = field(repr=False)

    def reader(self) -> Callable[[int], bytes]:
        """A function that reads like ``recv``, but returns ``received`` first."""
        waiting = [self.received]

        def read(count: int) -> bytes:
            return waiting.pop() if waiting else self.connection.recv(count)

        return read


def listen(address: str, *, allow_remote: bool = False) -> socket.socket:
    """A listening socket at ``HOST:PORT`` (port 0: any free port).

    Raises ``AutothinkError`` with a hint, also for a host that is not this machine's loopback interface unless
    ``allow_remote``.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise AutothinkError(f"{address!r} is not HOST:PORT.", hint="For example: 127.0.0.1:7777.")
    try:
        addresses = _addresses_of(host)
        if not allow_remote and not all(ipaddress.ip_address(one).is_loopback for one in addresses):
            raise AutothinkError(
                f"{address} can be reached from other machines.",
                hint="Use 127.0.0.1, ::1 or localhost, or add --allow-remote. The connection is not encrypted.",
            )
        # Programs that resolve "localhost" always try 127.0.0.1, but not always ::1.
        chosen = min(addresses, key=lambda one: ":" in one)
        family = socket.AF_INET6 if ":" in chosen else socket.AF_INET
        return socket.create_server((chosen, int(port)), family=family, backlog=MOST_CONNECTIONS)
    except OSError as error:
        raise AutothinkError(
            f"Cannot listen on {address}: {listen_failure(error)}.",
            hint="Use another port, or 0 for any free port.",
        ) from error


def _addresses_of(host: str) -> list[str]:
    """The addresses of a host name, without their scopes. Raises ``OSError``."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in found))


def accept_client(listener: socket.socket, token: str | None, now_s: Callable[[], float] = time.monotonic) -> TcpClient:
    """Wait for the connection whose first message is an ``initialize`` request with ``token``; close the listener and
    all other connections.

    ``token=None`` accepts the first ``initialize``. Connections that end, fail, stay silent or are refused do not end
    the wait.
    """
    with selectors.DefaultSelector() as selector, listener:
        gate = _ConnectionGate(listener, token, selector, now_s)
        try:
            return gate.wait()
        finally:
            gate.close()


@define(eq=False)
class _Candidate:
    """A connection that has not sent its ``initialize`` yet, or that was refused and is closed at ``ends_s``."""

    connection: socket.socket
    peer: str
    ends_s: float
    refused: bool = False
    parser: FrameParser = field(
        factory=lambda: FrameParser(strict=True, longest_body_bytes=LONGEST_FIRST_MESSAGE_BYTES)
    )


@define(eq=False)
class _ConnectionGate:
    """The connections from which the client is selected."""

    _listener: socket.socket
    _token: str | None
    _selector: selectors.BaseSelector
    _now_s: Callable[[], float]
    _candidates: list[_Candidate] = field(factory=list, init=False)

    def wait(self) -> TcpClient:
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        while True:
            next_end_s = min((one.ends_s for one in self._candidates), default=None)
            wait_s = None if next_end_s is None else max(0.0, next_end_s - self._now_s())
            for key, _ in self._selector.select(wait_s):
                if key.data is None:
                    self._accept()
                elif key.data in self._candidates and (client := self._read(key.data)) is not None:
                    return client
            now_s = self._now_s()
            for candidate in [one for one in self._candidates if one.ends_s <= now_s]:
                self._end(candidate, "" if candidate.refused else f"no initialize within {FIRST_MESSAGE_S:.0f} s")

    def close(self) -> None:
        for candidate in self._candidates:
            candidate.connection.close()
        self._candidates.clear()

    def _accept(self) -> None:
        try:
            connection, peer = self._listener.accept()
        except OSError:  # the connection has ended already, or there are no free descriptors
            return
        connection.setblocking(False)
        candidate = _Candidate(connection, f"{peer[0]}:{peer[1]}", self._now_s() + FIRST_MESSAGE_S)
        self._candidates.append(candidate)
        self._selector.register(connection, selectors.EVENT_READ, candidate)
        if len(self._candidates) > MOST_CONNECTIONS:
            self._end(self._candidates[0], "too many connections at once")

    def _read(self, candidate: _Candidate) -> TcpClient | None:
        """The client, if ``candidate`` has proved that it is the client; else ``None``."""
        try:
            data = candidate.connection.recv(_READ_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        if not data:
            self._end(candidate, "it ended before its initialize")
            return None
        first = next(candidate.parser.feed(data), None)
        if isinstance(first, FramingError):
            self._end(candidate, str(first))
        elif first is not None:
            return self._judge(candidate, first)
        return None

    def _judge(self, candidate: _Candidate, body: bytes) -> TcpClient | None:
        """The client, if the first message of ``candidate`` is valid; otherwise refuse it."""
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict) or message.get("method") != "initialize" or "id" not in message:
            self._end(candidate, "its first message is not an initialize request")
            return None
        token = _take_token(message)
        if self._token is not None and not _is_same(token, self._token):
            self._refuse(candidate, message["id"], "no token" if token is None else "a wrong token")
            return None
        self._selector.unregister(candidate.connection)
        self._candidates.remove(candidate)
        candidate.connection.setblocking(True)
        body = json.dumps(message).encode()
        received = b"Content-Length: %d\r\n\r\n%b%b" % (len(body), body, candidate.parser.take_rest())
        logger.info("client %s was taken", candidate.peer)
        return TcpClient(candidate.connection, received)

    def _refuse(self, candidate: _Candidate, request_id: object, why: str) -> None:
        """Reply with an error, and close the connection a little later."""
        logger.warning("ended a connection from %s: initialize with %s", candidate.peer, why)
        text = (
            f"This server takes one client, with its token in initializationOptions.{TOKEN_OPTION}. "
            f"The server prints the token when it starts, unless {TOKEN_VARIABLE} sets it."
        )
        answer = {"jsonrpc": "2.0", "id": request_id, "error": {"code": _INVALID_REQUEST, "message": text}}
        body = json.dumps(answer).encode()
        with contextlib.suppress(OSError):
            candidate.connection.send(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._selector.unregister(candidate.connection)
        candidate.refused = True
        candidate.ends_s = self._now_s() + REFUSED_S

    def _end(self, candidate: _Candidate, why: str) -> None:
        if why and not candidate.refused:
            logger.warning("ended a connection from %s: %s", candidate.peer, why)
        if not candidate.refused:
            self._selector.unregister(candidate.connection)
        self._candidates.remove(candidate)
        candidate.connection.close()


def _take_token(message: dict[str, object]) -> object:
    """Remove the token from an ``initialize`` request and return it, so that no log or warning contains it."""
    params = message.get("params")
    options = params.get("initializationOptions") if isinstance(params, dict) else None
    return options.pop(TOKEN_OPTION, None) if isinstance(options, dict) else None


def _is_same(token: object, expected: str) -> bool:
    """Compare in constant time."""
    given = token if isinstance(token, str) else ""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))
