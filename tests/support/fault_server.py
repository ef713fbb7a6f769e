"""The fake model server over HTTP: answers like llama-server and like an OpenAI-compatible server, and fails on demand.

Answers come from scripts (``pieces``, ``completion_answers``, ``chat_answers``), faults from ``mode`` and ``fault``. A
test that needs another server (its capabilities, a gateway's events, a refusal) passes ``respond``: a function from a
request to the bytes of the reply. ``wire_format.py`` has the formats. The server counts what the client does
(``started``, ``finished``, ``aborted``) and keeps every request body, so that tests wait for counts and never for time.

    async with FaultServer() as server:
        server.mode = Mode.HANG_MID_STREAM
        backend = LlamaServerBackend(Endpoint(server.url))
        …
        await server.until(lambda: server.aborted == 1)
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from tests.support.wire_faults import WIRE_FAULTS
from tests.support.wire_format import (
    CHUNKS_END,
    AnswerShape,
    ChatShape,
    HttpReply,
    LlamaShape,
    OpenAIShape,
    ReceivedRequest,
    Responder,
    chunk,
    error_reply,
    http_message,
    json_reply,
)

_SPECIAL = re.compile(r"<\|[a-z_]+\|>|[A-Za-z_]+|\s+|.", re.DOTALL)


class Mode(StrEnum):
    OK = "ok"
    SLOW = "slow"  # one piece each time `step()` is called
    LATE_END = "late end"  # the end of the HTTP message only after `step()`
    HANG_BEFORE_HEADERS = "hang before headers"
    HANG_MID_STREAM = "hang mid-stream"
    CLOSE_BEFORE_HEADERS = "close before headers"
    CLOSE_MID_STREAM = "close mid-stream"
    END_WITHOUT_FINAL = "end without final"  # a well-formed HTTP message that is no whole answer
    RUBBISH = "rubbish"  # after one good piece
    RUBBISH_JSON = "rubbish json"
    WRONG_SHAPE = "wrong shape"
    ERROR_MID_STREAM = "error mid-stream"
    NOT_HTTP = "not http"
    HTML = "html"
    EMPTY = "empty"
    WHOLE_JSON = "whole json"  # a server that does not stream
    WRONG_TYPE = "wrong type"
    REDIRECT = "redirect"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    NO_SUCH_MODEL = "no such model"
    RATE_LIMITED = "429"
    FAILED = "500"
    LOADING = "503"
    HUGE_LINE = "huge line"
    BYTE_BY_BYTE = "byte by byte"  # each byte in a TCP write of its own, which cuts UTF-8 characters and line ends
    CLOSE_AFTER_ANSWER = "close after answer"  # ends the kept-alive connection silently


_WHOLE_ANSWERS = (
    *(Mode.OK, Mode.SLOW, Mode.LATE_END, Mode.WHOLE_JSON, Mode.BYTE_BY_BYTE),
    Mode.CLOSE_AFTER_ANSWER,
)
_STATUS_ANSWERS: dict[Mode, tuple[int, str, dict[str, str], str]] = {
    Mode.HTML: (200, "text/html; charset=utf-8", {}, "<!DOCTYPE html><title>Sign in</title><p>proxy"),
    Mode.WRONG_TYPE: (200, "image/png", {}, "\x89PNG"),
    Mode.EMPTY: (200, "text/event-stream", {}, ""),
    Mode.REDIRECT: (307, "text/plain", {"Location": "http://127.0.0.1:1/login?token=secret"}, ""),
    Mode.UNAUTHORIZED: (
        401,
        "application/json",
        {},
        '{"error":{"message":"Incorrect API key provided: {key}","code":401}}',
    ),
    Mode.FORBIDDEN: (403, "application/json", {}, '{"error":{"message":"not for you","code":403}}'),
    Mode.NOT_FOUND: (404, "application/json", {}, '{"detail":"Not Found"}'),
    Mode.NO_SUCH_MODEL: (
        404,
        "application/json",
        {},
        '{"error":{"message":"The model `nope` does not exist.","type":"NotFoundError","code":404}}',
    ),
    Mode.RATE_LIMITED: (429, "application/json", {"Retry-After": "7"}, '{"error":{"message":"slow down"}}'),
    Mode.FAILED: (500, "text/plain", {}, "Internal Server Error\n" + "x" * 5000),
    Mode.LOADING: (
        503,
        "application/json",
        {},
        '{"error":{"message":"Loading model","type":"unavailable_error","code":503}}',
    ),
}


# The modes in which a request fails.
FAULTS = tuple(mode for mode in Mode if mode not in _WHOLE_ANSWERS)


class FaultServer:
    """See the module. All attributes may be changed while it runs; they count for the next request."""

    def __init__(self, port: int = 0, *, respond: Responder | None = None) -> None:
        self.port = port
        self.respond = respond  # asked first, for every request; the rest counts where it returns ``None``
        self.mode = Mode.OK
        self.fault = ""  # a name of ``WIRE_FAULTS``; instead of what ``mode`` says
        self.pieces: list[str] = ["return", " a", " + ", "b"]
        # One for each chat, taken from the front: a text (streamed in small pieces) or pieces, where a dict is a whole
        # delta and may hold a ``finish_reason``; or a function that looks at what was asked, in ``answering`` (the
        # newest of ``bodies`` may be another request's). Without any left, ``pieces`` are the answer.
        self.chat_answers: list[str | list[str | dict[str, Any]] | Callable[[], str | list[str | dict[str, Any]]]] = []
        # One for each completion, taken from the front; ``pieces`` are the answer when there is none left.
        self.completion_answers: list[list[str]] = []
        # One for each piece of a completion, sent where the request asks how sure the model is.
        self.logprobs: list[float] = []
        self.refused_fields: frozenset[str] = frozenset()  # named in a 400 when a body holds one
        self.models = ["qwen"]
        self.generation_prompt = "<|im_start|>assistant\n"  # the end of a chat as the template renders it
        self.has_tokenize = True
        self.has_completions = True  # without: chats only
        self.has_props = True
        self.has_slots = True
        self.busy_answers = 0  # how many more times `/slots` says that it still computes
        self.most_running = 0  # streams at the same time; those that the client has hung up do not count
        self.has_models = True
        self.server_header = "fault"
        self.max_stops: int | None = None
        self.refuses_stream_options = False
        self.vague_refusals = False  # a 400 that does not say why
        self.requires_key: str | None = None
        self.passes_warm_ups = False  # answer requests that want no answer at once, and count them apart
        self.warm_ups = 0
        self.answers_probes = (
            asyncio.Event()
        )  # not set: requests other than completions wait, as for a model that loads
        self.answers_probes.set()

        self.connections = 0
        self.open_connections = 0
        self.started = 0  # completion requests read to their end
        self.hanging = 0  # have sent two pieces, and send no more
        self.finished = 0  # answered in full
        self.aborted = 0  # the client closed the connection before that
        self.requests: Counter[str] = Counter()  # by path
        self.bodies: list[dict[str, Any]] = []  # of completion requests
        self.answering: dict[str, Any] = {}  # the body that a function of ``chat_answers`` answers
        self.headers: list[dict[str, str]] = []
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._streams: set[asyncio.StreamWriter] = set()  # of completion requests
        self._changed = asyncio.Condition()
        self._steps = asyncio.Semaphore(0)

    def misbehave(self, name: str) -> None:
        """By a name of ``WIRE_FAULTS`` or of ``Mode``; ``"ok"`` ends it."""
        self.fault = name if name in WIRE_FAULTS else ""
        self.mode = Mode.OK if self.fault else Mode(name)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> int:
        """Completion requests that are neither answered nor given up."""
        return self.started - self.finished - self.aborted

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: asyncio.StreamReaderProtocol(_WatchedReader(loop=loop), self._accept, loop=loop),
            "127.0.0.1",
            self.port,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close everything; the port then refuses connections."""
        if self._server is None:
            return
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def until(self, condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
        """Wait until a count is what the test expects. The limit is there to fail, not to measure."""
        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(condition)

    def step(self, pieces: int = 1) -> None:
        """Let ``Mode.SLOW`` go on."""
        for _ in range(pieces):
            self._steps.release()

    async def _note(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert isinstance(reader, _WatchedReader)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        self.open_connections += 1
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self.open_connections -= 1
            await self._note()

    async def _serve_one(self, reader: _WatchedReader, writer: asyncio.StreamWriter) -> bool:
        """One request; whether the connection stays."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request_line, *header_lines = head.strip().split("\r\n")
        method, path, _ = request_line.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in header_lines)}
        body = json.loads(await reader.readexactly(int(headers.get("content-length", "0"))) or b"{}")
        request = ReceivedRequest(method, path, headers, body)
        self.requests[path] += 1
        self.headers.append(headers)
        await self._note()
        if self.requires_key and headers.get("authorization") != f"Bearer {self.requires_key}":
            return await _reply(reader, writer, error_reply("Invalid API Key", 401))
        shape = _shape_of(path)
        if isinstance(shape, OpenAIShape) and not self.has_completions:
            shape = None
        if method == "POST" and shape is not None:
            return await self._complete(reader, writer, request, shape)
        await self.answers_probes.wait()
        reply = self.respond(request) if self.respond is not None else None
        return await _reply(reader, writer, reply or self._other(path, body))

    def _other(self, path: str, body: dict[str, Any]) -> HttpReply:
        if path.endswith("/tokenize") and self.has_tokenize:
            text = body.get("content", body.get("prompt"))
            if "messages" in body:
                return json_reply({"tokens": [1], "token_strs": [self.generation_prompt]})
            return json_reply({"tokens": [hash(t) % 1000 for t in _SPECIAL.findall(text)]})
        if path.endswith("/models") and self.has_models:
            entries = [{"id": name, "owned_by": "vllm", "max_model_len": 4096} for name in self.models]
            return json_reply({"object": "list", "data": entries})
        if path.endswith("/props") and self.has_props:
            settings = {"n_ctx": 2048}
            return json_reply(
                {"model_path": "/m/qwen.gguf", "build_info": "b1", "default_generation_settings": settings}
            )
        if path.endswith("/slots") and self.has_slots:
            busy = self.running > 0 or self.busy_answers > 0
            self.busy_answers = max(0, self.busy_answers - 1)
            return json_reply([{"id": 0, "is_processing": busy}])
        if path.endswith("/health"):
            return json_reply({"status": "ok"})
        return error_reply("File Not Found", 404, type="not_found_error")

    async def _complete(
        self,
        reader: _WatchedReader,
        writer: asyncio.StreamWriter,
        request: ReceivedRequest,
        shape: AnswerShape,
    ) -> bool:
        body = dict(request.body)
        if self.passes_warm_ups and body.get("n_predict", body.get("max_tokens")) in {0, 1}:
            # Sent when a document is opened, whenever the server finds the time: tests of answers do not count it.
            self.warm_ups += 1
            writer.write(self._stream_head())
            await self._stream(writer, shape, Mode.OK, ["x"])
            return True
        mode = self.mode  # as it is now: a test that waits for the count below may change it for the next one
        self.started += 1
        self._streams = {other for other in self._streams if not _is_hung_up(other)} | {writer}
        self.most_running = max(self.most_running, len(self._streams))
        self.bodies.append(body)
        await self._note()
        gone = asyncio.ensure_future(reader.gone.wait())
        answer = asyncio.ensure_future(self._answer(reader, writer, request, shape, mode))
        try:
            await asyncio.wait({gone, answer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            done = answer.done() and not answer.cancelled() and answer.exception() is None
            self.finished += done
            self.aborted += not done
            self._streams.discard(writer)
            for task in (gone, answer):
                task.cancel()
            await asyncio.gather(gone, answer, return_exceptions=True)
            await self._note()
        return done and answer.result()

    async def _answer(
        self,
        reader: _WatchedReader,
        writer: asyncio.StreamWriter,
        request: ReceivedRequest,
        shape: AnswerShape,
        mode: Mode,
    ) -> bool:
        body = request.body
        if self.respond is not None and (reply := self.respond(request)) is not None:
            return await _reply(reader, writer, reply)
        if self.fault:
            await WIRE_FAULTS[self.fault](writer, "messages" in body)
            return False
        refusal = self._refusal(body)
        if refusal is not None:
            return await _reply(reader, writer, error_reply(refusal, 400))
        if mode in _STATUS_ANSWERS:
            status, content_type, extra, text = _STATUS_ANSWERS[mode]
            key = request.headers.get("authorization", "").removeprefix("Bearer ")
            message = http_message(text.replace("{key}", key), status=status, content_type=content_type, headers=extra)
            return await _reply(reader, writer, HttpReply(message))
        if mode is Mode.HANG_BEFORE_HEADERS:
            await asyncio.Event().wait()
        if mode is Mode.CLOSE_BEFORE_HEADERS:
            return False
        if mode is Mode.NOT_HTTP:
            writer.write(b"220 mail.example ESMTP ready\r\n\r\n")
            await writer.drain()
            return False
        self.answering = dict(body)
        pieces = self._pieces(shape)
        if mode is Mode.WHOLE_JSON:
            whole = shape.whole("".join(str(piece) for piece in pieces))
            return await _reply(reader, writer, HttpReply(http_message(whole)))
        writer.write(self._stream_head())
        asked = isinstance(shape, LlamaShape | OpenAIShape) and bool(body.get("n_probs") or body.get("logprobs"))
        await self._stream(writer, shape, mode, pieces, self.logprobs if asked else ())
        return mode not in {Mode.CLOSE_MID_STREAM, Mode.CLOSE_AFTER_ANSWER}

    def _stream_head(self) -> bytes:
        head = f"HTTP/1.1 200 OK\r\nserver: {self.server_header}\r\ncontent-type: text/event-stream\r\n"
        return f"{head}transfer-encoding: chunked\r\n\r\n".encode()

    def _pieces(self, shape: AnswerShape) -> Sequence[str | dict[str, Any]]:
        if not isinstance(shape, ChatShape) and self.completion_answers:
            return self.completion_answers.pop(0)
        if not isinstance(shape, ChatShape) or not self.chat_answers:
            return list(self.pieces)
        answer = self.chat_answers.pop(0)
        if callable(answer):
            answer = answer()
        return re.findall(r"\s*\S{1,4}|\s+", answer) if isinstance(answer, str) else answer

    async def _stream(
        self,
        writer: asyncio.StreamWriter,
        shape: AnswerShape,
        mode: Mode,
        pieces: Sequence[str | dict[str, Any]],
        logprobs: Sequence[float] = (),
    ) -> None:
        for index, piece in enumerate(pieces):
            if mode is Mode.SLOW:
                await self._steps.acquire()
            event = shape.piece(piece, logprobs[index]) if index < len(logprobs) else shape.piece(piece)
            await _write_chunk(writer, event, cut=mode is Mode.BYTE_BY_BYTE)
            if index == 1:
                if mode is Mode.HANG_MID_STREAM:
                    self.hanging += 1
                    await self._note()
                    await asyncio.Event().wait()
                if mode is Mode.CLOSE_MID_STREAM:
                    return
                if fault := _MID_STREAM.get(mode):
                    await _write_chunk(writer, fault)
        if mode is Mode.END_WITHOUT_FINAL:
            writer.write(CHUNKS_END)
        elif mode is Mode.LATE_END:
            await _write_chunk(writer, shape.end(len(pieces)))
            await self._steps.acquire()
            writer.write(CHUNKS_END)
        else:
            await _write_chunk(writer, shape.end(len(pieces)), cut=mode is Mode.BYTE_BY_BYTE, last=True)
        await writer.drain()

    def _refusal(self, body: Mapping[str, Any]) -> str | None:
        if self.refuses_stream_options and "stream_options" in body:
            return "Bad Request" if self.vague_refusals else "Unrecognized request argument: stream_options"
        if named := self.refused_fields & set(body):
            return "Bad Request" if self.vague_refusals else f"Unsupported parameter: {min(named)}"
        if self.max_stops is not None and len(body.get("stop", ())) > self.max_stops:
            return f"Invalid 'stop': array too long. Expected at most {self.max_stops}."
        return None


_MID_STREAM: dict[Mode, bytes] = {
    Mode.RUBBISH: b"Traceback (most recent call last):\n",
    Mode.RUBBISH_JSON: b"data: {not json\n\n",
    Mode.WRONG_SHAPE: b'data: {"content": 5, "choices": "x"}\n\n',
    Mode.ERROR_MID_STREAM: b'data: {"error":{"message":"CUDA out of memory","code":500}}\n\n',
    Mode.HUGE_LINE: b"data: " + b"x" * (3 << 20) + b"\n\n",
}


def _is_hung_up(writer: asyncio.StreamWriter) -> bool:
    """Whether the client has closed the connection, asked of the operating system: the task of a stream notices later,
    on a busy machine after the client's next request was read."""
    try:
        with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as peer:
            return peer.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


class _WatchedReader(asyncio.StreamReader):
    """Says when the client is gone, without reading: what a client sends meanwhile is its next request."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=1 << 24, loop=loop)
        self.gone = asyncio.Event()

    def feed_eof(self) -> None:
        super().feed_eof()
        self.gone.set()

    def set_exception(self, exc: Exception) -> None:
        super().set_exception(exc)
        self.gone.set()


def _shape_of(path: str) -> AnswerShape | None:
    """The shape of answers to a request for a completion; ``None`` for other paths."""
    path = path.partition("?")[0]
    if path.endswith("/chat/completions"):
        return ChatShape()
    if path.endswith("/completions"):
        return OpenAIShape()
    return LlamaShape() if path.endswith("/completion") else None


async def _reply(reader: _WatchedReader, writer: asyncio.StreamWriter, reply: HttpReply) -> bool:
    """Send it. Returns whether the connection stays. Raises ``ConnectionError`` when the client has left."""
    for start in range(0, len(reply.data), reply.write_bytes):
        writer.write(reply.data[start : start + reply.write_bytes])
        await writer.drain()
        await asyncio.sleep(0)  # so that each goes out by itself
    if reply.then == "hang":
        await reader.gone.wait()
        raise ConnectionResetError
    return reply.then == "next request"


async def _write_chunk(writer: asyncio.StreamWriter, data: bytes, *, cut: bool = False, last: bool = False) -> None:
    end = CHUNKS_END if last else b""
    if not cut:
        writer.write(chunk(data) + end)
        await writer.drain()
        return
    for byte in data:
        writer.write(b"1\r\n%c\r\n" % byte)
        await writer.drain()
        await asyncio.sleep(0)  # so that each goes out by itself
    writer.write(end)
