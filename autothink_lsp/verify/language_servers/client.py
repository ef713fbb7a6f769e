"""JSON-RPC over the standard streams of a language server: requests with a time limit, notifications, and replies to
the server's requests.

Everything that a server sends is untrusted: a flood, invalid data, a body that is too long or an early end fail the
connection with one message, and every pending request fails with it. A server's standard error may contain code and is
not logged at any level.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field

from autothink_lsp.framing import FrameParser, FramingError
from autothink_lsp.processes.session_usage import resident_bytes
from autothink_lsp.verify.language_servers.process import end_process

logger = logging.getLogger(__name__)

METHOD_NOT_FOUND = -32601
CONTENT_MODIFIED, SERVER_CANCELLED = -32801, -32802
_LONGEST_BODY_BYTES = 32 << 20
_MOST_BYTES, _MOST_MESSAGES = 128 << 20, 20_000  # limits between two calls of ``renew_limits``; chosen
_MOST_FRAMING_ERRORS = 50
_MOST_UNSENT_BYTES = 64 << 20  # the server does not read its input


class ServerFailed(Exception):
    """The server cannot be used any more. The text is the end of a sentence: "ended with status 1"."""


class ResponseError(Exception):
    """The server's reply to a request is an error."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.code, self.data = code, data

    @property
    def is_worth_repeating(self) -> bool:
        """Whether the server was busy with a change, so the request can be repeated (LSP 3.17, ``ContentModified``,
        ``ServerCancelled``)."""
        if self.code == SERVER_CANCELLED:
            return not (isinstance(self.data, dict) and self.data.get("retriggerRequest") is False)
        return self.code == CONTENT_MODIFIED


@define(eq=False)
class LanguageClient:
    """The client side of one connection.

    ``on_notification(method, params)`` is called for the server's notifications. ``answer(method, params)`` returns the
    result of a server's request and raises ``LookupError`` for an unsupported method. Neither may block.
    """

    process: asyncio.subprocess.Process
    on_notification: Callable[[str, Any], None]
    answer: Callable[[str, Any], Any]
    on_failure: Callable[[str], None] = lambda _: None
    failure: str = ""  # why the connection cannot be used any more; empty if it can
    _ids: itertools.count[int] = field(factory=lambda: itertools.count(1))
    _pending: dict[int, asyncio.Future[Any]] = field(factory=dict)
    _tasks: list[asyncio.Task[None]] = field(factory=list)
    _bytes: int = 0
    _messages: int = 0
    _framing_errors: int = 0

    def start(self) -> None:
        """Start reading. Needs a running event loop."""
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._read_errors())]

    @property
    def resident_bytes(self) -> int | None:
        return resident_bytes(self.process.pid)

    def renew_limits(self) -> None:
        """Reset the limits of the server's output at the start of a new piece of work."""
        self._bytes = self._messages = 0

    async def request(self, method: str, params: Any, *, timeout_s: float) -> Any:
        """Send a request and return its result. Cancelling and a time-out notify the server. Raises ``ResponseError``,
        ``ServerFailed`` and ``TimeoutError``."""
        number = next(self._ids)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._pending[number] = future
        try:
            self._send({"id": number, "method": method, "params": params})
            async with asyncio.timeout(timeout_s):
                return await future
        except (TimeoutError, asyncio.CancelledError):
            with contextlib.suppress(ServerFailed):
                self.notify("$/cancelRequest", {"id": number})
            raise
        finally:
            self._pending.pop(number, None)
            future.cancel()

    def notify(self, method: str, params: Any) -> None:
        """Send a notification. Raises ``ServerFailed``."""
        self._send({"method": method, "params": params})

    async def aclose(self) -> None:
        """Request the server's exit, then end its process. Idempotent; raises no error of the server."""
        if not self.failure:
            with contextlib.suppress(ServerFailed, ResponseError, TimeoutError):
                await self.request("shutdown", None, timeout_s=1.0)
                self.notify("exit", None)
            self._fail("was closed", is_reported=False)
        await asyncio.shield(self._end())

    async def _end(self) -> None:
        await end_process(self.process)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _send(self, message: Mapping[str, Any]) -> None:
        if self.failure:
            raise ServerFailed(self.failure)
        body = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False).encode("utf-8", "replace")
        stream = self.process.stdin
        if stream is None or stream.is_closing():
            self._fail("ended")
            raise ServerFailed(self.failure)
        stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        if stream.transport.get_write_buffer_size() > _MOST_UNSENT_BYTES:  # pyright: ignore[reportAttributeAccessIssue]
            self._fail("does not read its input")
            raise ServerFailed(self.failure)

    async def _read(self) -> None:
        parser = FrameParser(longest_body_bytes=_LONGEST_BODY_BYTES)
        stream = self.process.stdout
        try:
            while stream is not None and (data := await stream.read(1 << 16)):
                self._bytes += len(data)
                for body in parser.feed(data):
                    self._take(body)
                if self._bytes > _MOST_BYTES or self._messages > _MOST_MESSAGES:
                    self._fail("writes without end")
                    return
            self._fail(await self._how_it_ended())
        except ServerFailed as error:
            self._fail(str(error))
        except Exception:
            logger.exception("reading from a language server failed")
            self._fail("sent invalid data")

    async def _how_it_ended(self) -> str:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await self.process.wait()
        status = self.process.returncode
        return "closed its output" if status is None else f"ended with status {status}"

    def _take(self, body: bytes | FramingError) -> None:
        self._messages += 1
        if isinstance(body, FramingError):
            self._framing_errors += 1
            if body.ends or self._framing_errors > _MOST_FRAMING_ERRORS:
                raise ServerFailed("does not speak the language server protocol")
            return
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            self._framing_errors += 1
            if self._framing_errors > _MOST_FRAMING_ERRORS:
                raise ServerFailed("does not speak the language server protocol")
        elif isinstance(method := message.get("method"), str):
            if "id" in message:
                self._reply(message["id"], method, message.get("params"))
            else:
                self._dispatch_notification(method, message.get("params"))
        else:
            self._resolve(message)

    def _dispatch_notification(self, method: str, params: Any) -> None:
        try:
            self.on_notification(method, params)
        except Exception:
            logger.exception("a notification of a language server (%s) could not be read", method[:80])

    def _reply(self, number: Any, method: str, params: Any) -> None:
        try:
            reply: dict[str, Any] = {"result": self.answer(method, params)}
        except LookupError:
            reply = {"error": {"code": METHOD_NOT_FOUND, "message": f"{method[:80]} is not supported"}}
        except Exception:
            logger.exception("a request of a language server (%s) could not be answered", method[:80])
            reply = {"error": {"code": -32603, "message": "internal error"}}
        self._send({"id": number, **reply})

    def _resolve(self, message: Mapping[str, Any]) -> None:
        number = message.get("id")
        future = self._pending.get(number) if isinstance(number, int) else None
        if future is None or future.done():
            return
        error = message.get("error")
        if error is None:
            future.set_result(message.get("result"))
        else:
            details = error if isinstance(error, dict) else {}
            code = details.get("code")
            text = str(details.get("message", ""))[:500]
            future.set_exception(ResponseError(code if isinstance(code, int) else 0, text, details.get("data")))

    async def _read_errors(self) -> None:
        """Read standard error, so that the server does not block on a full pipe."""
        stream = self.process.stderr
        with contextlib.suppress(OSError):
            while stream is not None and await stream.read(1 << 14):
                pass

    def _fail(self, why: str, *, is_reported: bool = True) -> None:
        if self.failure:
            return
        self.failure = why
        for future in self._pending.values():
            if not future.done():
                future.set_exception(ServerFailed(why))
        if is_reported:
            self.on_failure(why)


def seconds_left(stop_at_s: float) -> float:
    """The seconds until ``stop_at_s`` on the monotonic clock. Raises ``TimeoutError`` if there are none."""
    left_s = stop_at_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s
