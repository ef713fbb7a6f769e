"""The HTTP server of the completions API: on 127.0.0.1, one request per connection, with limits on time and number.

A client that disconnects cancels its answer, which closes the stream to the model. Once a stream of events has begun,
an error ends it: there is no second reply.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from http import HTTPStatus
from itertools import count
from typing import Any

from attrs import define, field

from autothink_lsp.backends.base import Backend, FimRequest, Finished, StreamEvent
from autothink_lsp.errors import AutothinkError, BackendError, listen_failure
from autothink_lsp.features.completions_api.gate import (
    LONGEST_HEAD_BYTES,
    CompletionCall,
    RefusedRequest,
    read_body,
    read_head,
)

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
REQUEST_S = 10.0  # the time limit for receiving a request
ANSWER_S = 120.0
WRONG_KEY_S = 1.0  # the delay of the response to a wrong key, which makes guessing slow
MOST_CONNECTIONS = 32
_MOST_ANSWERS = 2  # at once; others wait

Model = Callable[[], Awaitable[tuple[Backend, str]]]
"""Returns the completion model's backend and name. Raises ``AutothinkError``."""
Ended = Callable[[BackendError | None], None]
"""Takes the error of a request to the model, or ``None`` for one that was answered."""


@define(eq=False)
class CompletionsApi:
    """The server. Each request must have ``key``. ``ended`` is called after each request to the model."""

    model: Model
    ended: Ended
    key: str = field(repr=False)
    _port: int = field(default=0, init=False)
    _connections: set[asyncio.Task[None]] = field(factory=set, init=False)
    _answering: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(_MOST_ANSWERS), init=False)
    _ids: count[int] = field(factory=lambda: count(1), init=False)

    async def listen(self, port: int) -> asyncio.Server:
        """Listen at a port of 127.0.0.1 (0: any free one). Raises ``AutothinkError``."""
        if not self.key:
            raise AutothinkError("The completions API needs a key.")
        try:
            server = await asyncio.start_server(self._connected, HOST, port, limit=LONGEST_HEAD_BYTES)
        except OSError as error:
            raise AutothinkError(
                f"Cannot listen on {HOST}:{port}: {listen_failure(error)}.",
                hint="Use another port, or 0 for any free port.",
            ) from error
        self._port = server.sockets[0].getsockname()[1]
        return server

    async def serve(self, server: asyncio.Server) -> None:
        """Serve until cancelled, which ends the open connections: ``Server.wait_closed`` waits for them since Python
        3.12, and an answer may take minutes."""
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()
            for connection in tuple(self._connections):
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    @property
    def url(self) -> str:
        """The URL for clients. Valid after ``listen``."""
        return f"http://{HOST}:{self._port}/v1/completions"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None  # noqa: S101 - asyncio runs it as a task
        self._connections.add(connection)
        try:
            await self._serve(reader, writer)
        except RefusedRequest as refused:
            logger.warning("completions API: refused with %d: %s", refused.status, refused.message)
            if refused.status == HTTPStatus.UNAUTHORIZED:
                await asyncio.sleep(WRONG_KEY_S)
            await _reply(writer, refused.status, _error(refused.message, "invalid_request_error"))
        except BackendError as error:
            logger.info("completions API: %s", error.message)
            await _reply(writer, HTTPStatus.BAD_GATEWAY, _error(error.for_user(), "model_error"))
        except AutothinkError as error:
            logger.info("completions API: %s", error.message)
            await _reply(writer, HTTPStatus.SERVICE_UNAVAILABLE, _error(error.for_user(), "model_error"))
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            logger.debug("completions API: a connection ended early")
        except asyncio.CancelledError:  # the task's end; asyncio would log it as an error
            logger.debug("completions API: a connection was ended")
        except Exception as error:  # noqa: BLE001 - a client must not end the server
            logger.error("completions API: %s", type(error).__name__)  # noqa: TRY400 - a traceback may contain code
            await _reply(writer, HTTPStatus.INTERNAL_SERVER_ERROR, _error("Internal server error.", "server_error"))
        finally:
            self._connections.discard(connection)
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) > MOST_CONNECTIONS:
            raise RefusedRequest(503, "Too many connections.")
        async with asyncio.timeout(REQUEST_S):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.LimitOverrunError:
                raise RefusedRequest(431, "The headers are too large.") from None
            request = read_head(head.removesuffix(b"\r\n\r\n"), self.key, self._port)
            body = await reader.readexactly(request.body_bytes)
        if request.path == "/v1/models":
            _, name = await self.model()
            entry = {"id": name or "model", "object": "model", "owned_by": "autothink-lsp"}
            await _reply(writer, HTTPStatus.OK, {"object": "list", "data": [entry]})
            return
        call = read_body(body)
        begun = asyncio.Event()
        answer = asyncio.create_task(self._answer(call, writer, begun))
        disconnected = asyncio.create_task(_hung_up(reader))
        try:
            await asyncio.wait({answer, disconnected}, return_when=asyncio.FIRST_COMPLETED, timeout=ANSWER_S)
            await _settled(answer, disconnected)
        except (AutothinkError, RefusedRequest) as error:
            if not begun.is_set():
                raise
            logger.info("completions API: a stream was cut off: %s", error.message)
        finally:
            for task in (answer, disconnected):
                task.cancel()
            await asyncio.gather(answer, disconnected, return_exceptions=True)

    async def _answer(self, call: CompletionCall, writer: asyncio.StreamWriter, begun: asyncio.Event) -> None:
        async with self._answering:
            backend, name = await self.model()
            base = {
                "id": f"cmpl-{next(self._ids)}",
                "object": "text_completion",
                "created": int(time.time()),
                "model": name or "model",
            }
            request = FimRequest(call.prompt, call.max_tokens, call.stop, call.temperature)
            try:
                async with contextlib.aclosing(backend.stream(request)) as events:
                    if call.is_streamed:
                        await _stream(writer, base, events, begun)
                    else:
                        await _whole(writer, base, events)
            except BackendError as error:
                self.ended(error)
                raise
            self.ended(None)


async def _settled(answer: asyncio.Task[None], disconnected: asyncio.Task[None]) -> None:
    """Raises what the answer raised, or ``RefusedRequest`` if it takes too long."""
    if answer.done():
        await answer
    elif disconnected.done():
        logger.info("completions API: the client disconnected")
    else:
        raise RefusedRequest(504, f"The model has not answered within {ANSWER_S:.0f} s.")


async def _hung_up(reader: asyncio.StreamReader) -> None:
    """Return when the client has closed the connection. What it sends behind its request is not read."""
    while await reader.read(LONGEST_HEAD_BYTES):
        pass


async def _whole(writer: asyncio.StreamWriter, base: dict[str, Any], events: AsyncGenerator[StreamEvent, None]) -> None:
    text, end = "", Finished("stop")
    async for event in events:
        if isinstance(event, Finished):
            end = event
        else:
            text += event.text
    usage = {"prompt_tokens": end.usage.prompt_tokens or 0, "completion_tokens": end.usage.completion_tokens or 0}
    usage["total_tokens"] = sum(usage.values())
    await _reply(writer, HTTPStatus.OK, {**base, "choices": [_choice(text, _reason(end))], "usage": usage})


async def _stream(
    writer: asyncio.StreamWriter,
    base: dict[str, Any],
    events: AsyncGenerator[StreamEvent, None],
    begun: asyncio.Event,
) -> None:
    """Server-sent events. An error before the first text is an error reply; later it cuts the stream off."""
    async for event in events:
        if not begun.is_set():
            writer.write(_head(HTTPStatus.OK, "text/event-stream", None))
            begun.set()
        is_end = isinstance(event, Finished)
        choice = _choice("", _reason(event)) if isinstance(event, Finished) else _choice(event.text, None)
        writer.write(b"data: " + json.dumps({**base, "choices": [choice]}).encode() + b"\n\n")
        if is_end:
            writer.write(b"data: [DONE]\n\n")
        await writer.drain()


def _choice(text: str, reason: str | None) -> dict[str, Any]:
    return {"text": text, "index": 0, "logprobs": None, "finish_reason": reason}


def _reason(end: Finished) -> str:
    return "length" if end.reason == "length" else "stop"


def _error(message: str, kind: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind}}


async def _reply(writer: asyncio.StreamWriter, status: int, value: dict[str, Any]) -> None:
    body = json.dumps(value).encode()
    with contextlib.suppress(OSError):
        writer.write(_head(status, "application/json", len(body)) + body)
        await writer.drain()


def _head(status: int, kind: str, length: int | None) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"Content-Type: {kind}",
        *([f"Content-Length: {length}"] if length is not None else []),
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
