"""A real HTTP server on loopback that answers like llama-server and like an OpenAI-compatible server, and misbehaves on
demand.

For what a real model server cannot be made to do: hang, break off, talk rubbish, cut bytes anywhere. It counts what the
client does (``started``, ``finished``, ``aborted``) and keeps every request body, so that tests wait for counts and
never for time.

    async with FaultServer() as server:
        server.mode = Mode.HANG_MID_STREAM
        backend = LlamaServerBackend(Endpoint(server.url))
        …
        await server.until(lambda: server.aborted == 1)
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from types import TracebackType
from typing import Any, Protocol, Self

TIMINGS = {"cache_n": 7, "prompt_n": 3, "prompt_ms": 20.5, "predicted_n": 4, "predicted_ms": 120.25}
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


class FaultServer:
    """See the module. All attributes may be changed while it runs; they count for the next request."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.mode = Mode.OK
        self.pieces: list[str] = ["return", " a", " + ", "b"]
        # One for each chat, taken from the front: a text (streamed in small pieces) or pieces, where a dict is a whole
        # delta and may hold a ``finish_reason``; or a function that looks at what was asked. Without any left,
        # ``pieces`` are the answer.
        self.chat_answers: list[str | list[str | dict[str, Any]] | Callable[[], str]] = []
        # One for each completion, taken from the front; ``pieces`` are the answer when there is none left.
        self.completion_answers: list[list[str]] = []
        # One for each piece of a completion, sent where the request asks how sure the model is.
        self.logprobs: list[float] = []
        self.refused_fields: frozenset[str] = frozenset()  # named in a 400 when a body holds one
        self.models = ["qwen"]
        self.has_tokenize = True
        self.has_props = True
        self.has_slots = True
        self.busy_answers = 0  # how many more times `/slots` says that it still computes
        self.most_running = 0
        self.has_models = True
        self.server_header = "fault"
        self.max_stops: int | None = None
        self.refuses_stream_options = False
        self.vague_refusals = False  # a 400 that does not say why
        self.requires_key: str | None = None
        self.passes_warm_ups = False  # answer requests that want no answer at once, and count them apart
        self.warm_ups = 0

        self.connections = 0
        self.open_connections = 0
        self.started = 0  # completion requests read to their end
        self.finished = 0  # answered in full
        self.aborted = 0  # the client closed the connection before that
        self.requests: Counter[str] = Counter()  # by path
        self.bodies: list[dict[str, Any]] = []  # of completion requests
        self.headers: list[dict[str, str]] = []
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()
        self._steps = asyncio.Semaphore(0)

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

    async def until(self, condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
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

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; whether the connection stays."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request_line, *header_lines = head.strip().split("\r\n")
        method, path, _ = request_line.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in header_lines)}
        body = json.loads(await reader.readexactly(int(headers.get("content-length", "0"))) or b"{}")
        self.requests[path] += 1
        self.headers.append(headers)
        await self._note()
        if self.requires_key and headers.get("authorization") != f"Bearer {self.requires_key}":
            await _send(writer, 401, "application/json", '{"error":{"message":"Invalid API Key","code":401}}')
            return True
        if method == "POST" and path.endswith("/chat/completions"):
            return await self._complete(reader, writer, body, _ChatShape(), headers)
        if method == "POST" and path.endswith("/completions"):
            return await self._complete(reader, writer, body, _OpenAIShape(), headers)
        if method == "POST" and path.endswith("/completion"):
            return await self._complete(reader, writer, body, _LlamaShape(), headers)
        await _send(writer, *self._other(path, body))
        return True

    def _other(self, path: str, body: dict[str, Any]) -> tuple[int, str, str]:
        kind = "application/json"
        if path.endswith("/tokenize") and self.has_tokenize:
            text = body.get("content", body.get("prompt"))
            return 200, kind, json.dumps({"tokens": [hash(t) % 1000 for t in _SPECIAL.findall(text)]})
        if path.endswith("/models") and self.has_models:
            entries = [{"id": name, "owned_by": "vllm", "max_model_len": 4096} for name in self.models]
            return 200, kind, json.dumps({"object": "list", "data": entries})
        if path.endswith("/props") and self.has_props:
            props = {"model_path": "/m/qwen.gguf", "build_info": "b1", "default_generation_settings": {"n_ctx": 2048}}
            return 200, kind, json.dumps(props)
        if path.endswith("/slots") and self.has_slots:
            busy = self.running > 0 or self.busy_answers > 0
            self.busy_answers = max(0, self.busy_answers - 1)
            return 200, kind, json.dumps([{"id": 0, "is_processing": busy}])
        if path.endswith("/health"):
            return 200, kind, '{"status":"ok"}'
        return 404, kind, '{"error":{"message":"File Not Found","type":"not_found_error","code":404}}'

    async def _complete(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        body: dict[str, Any],
        shape: _Shape,
        headers: dict[str, str],
    ) -> bool:
        if self.passes_warm_ups and body.get("n_predict", body.get("max_tokens")) in {0, 1}:
            # Sent when a document is opened, whenever the server finds the time: tests of answers do not count it.
            self.warm_ups += 1
            writer.write(self._stream_head())
            await self._stream(writer, shape, Mode.OK, ["x"])
            return True
        mode = self.mode  # as it is now: whoever waits for the count below may change it for the next one
        self.started += 1
        self.most_running = max(self.most_running, self.running)
        self.bodies.append(body)
        await self._note()
        assert isinstance(reader, _WatchedReader)
        gone = asyncio.ensure_future(reader.gone.wait())
        answer = asyncio.ensure_future(self._answer(writer, body, shape, headers, mode))
        try:
            await asyncio.wait({gone, answer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            done = answer.done() and not answer.cancelled() and answer.exception() is None
            self.finished += done
            self.aborted += not done
            for task in (gone, answer):
                task.cancel()
            await asyncio.gather(gone, answer, return_exceptions=True)
            await self._note()
        return done and answer.result()

    async def _answer(
        self, writer: asyncio.StreamWriter, body: dict[str, Any], shape: _Shape, headers: dict[str, str], mode: Mode
    ) -> bool:
        refusal = self._refusal(body)
        if refusal is not None:
            await _send(writer, 400, "application/json", json.dumps({"error": {"message": refusal, "code": 400}}))
            return True
        if mode in _STATUS_ANSWERS:
            status, content_type, extra, text = _STATUS_ANSWERS[mode]
            key = headers.get("authorization", "").removeprefix("Bearer ")
            await _send(writer, status, content_type, text.replace("{key}", key), extra)
            return True
        if mode is Mode.HANG_BEFORE_HEADERS:
            await asyncio.Event().wait()
        if mode is Mode.CLOSE_BEFORE_HEADERS:
            return False
        if mode is Mode.NOT_HTTP:
            writer.write(b"220 mail.example ESMTP ready\r\n\r\n")
            await writer.drain()
            return False
        pieces = self._pieces(shape)
        if mode is Mode.WHOLE_JSON:
            await _send(writer, 200, "application/json", shape.whole("".join(str(piece) for piece in pieces)))
            return True
        writer.write(self._stream_head())
        asked = isinstance(shape, _LlamaShape | _OpenAIShape) and bool(body.get("n_probs") or body.get("logprobs"))
        await self._stream(writer, shape, mode, pieces, self.logprobs if asked else ())
        return mode not in {Mode.CLOSE_MID_STREAM, Mode.CLOSE_AFTER_ANSWER}

    def _stream_head(self) -> bytes:
        head = f"HTTP/1.1 200 OK\r\nserver: {self.server_header}\r\ncontent-type: text/event-stream\r\n"
        return f"{head}transfer-encoding: chunked\r\n\r\n".encode()

    def _pieces(self, shape: _Shape) -> Sequence[str | dict[str, Any]]:
        if not isinstance(shape, _ChatShape) and self.completion_answers:
            return self.completion_answers.pop(0)
        if not isinstance(shape, _ChatShape) or not self.chat_answers:
            return list(self.pieces)
        answer = self.chat_answers.pop(0)
        if callable(answer):
            answer = answer()
        return re.findall(r"\s*\S{1,4}|\s+", answer) if isinstance(answer, str) else answer

    async def _stream(
        self,
        writer: asyncio.StreamWriter,
        shape: _Shape,
        mode: Mode,
        pieces: Sequence[str | dict[str, Any]],
        logprobs: Sequence[float] = (),
    ) -> None:
        for index, piece in enumerate(pieces):
            if mode is Mode.SLOW:
                await self._steps.acquire()
            said = shape.piece(piece, logprobs[index]) if index < len(logprobs) else shape.piece(piece)
            await _chunk(writer, said, cut=mode is Mode.BYTE_BY_BYTE)
            if index == 1:
                if mode is Mode.HANG_MID_STREAM:
                    await asyncio.Event().wait()
                if mode is Mode.CLOSE_MID_STREAM:
                    return
                if fault := _MID_STREAM.get(mode):
                    await _chunk(writer, fault)
        if mode is Mode.END_WITHOUT_FINAL:
            writer.write(b"0\r\n\r\n")
        elif mode is Mode.LATE_END:
            await _chunk(writer, shape.end(len(pieces)))
            await self._steps.acquire()
            writer.write(b"0\r\n\r\n")
        else:
            await _chunk(writer, shape.end(len(pieces)), cut=mode is Mode.BYTE_BY_BYTE, last=True)
        await writer.drain()

    def _refusal(self, body: dict[str, Any]) -> str | None:
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


class _Shape(Protocol):
    def piece(self, text: Any, logprob: float | None = None) -> bytes: ...
    def end(self, pieces: int) -> bytes: ...
    def whole(self, text: str) -> str: ...


class _LlamaShape:
    def piece(self, text: str, logprob: float | None = None) -> bytes:
        told = {} if logprob is None else {"completion_probabilities": [{"token": text, "logprob": logprob}]}
        return _event({"index": 0, "content": text, "stop": False, **told})

    def end(self, pieces: int) -> bytes:
        return _event(json.loads(self.whole("")) | {"tokens_predicted": pieces})

    def whole(self, text: str) -> str:
        return json.dumps(
            {"content": text, "stop": True, "stop_type": "eos", "tokens_evaluated": 10, "tokens_predicted": 4}
            | {"timings": TIMINGS},
            ensure_ascii=False,
        )


class _OpenAIShape:
    def piece(self, text: str, logprob: float | None = None) -> bytes:
        told = {} if logprob is None else {"logprobs": {"tokens": [text], "token_logprobs": [logprob]}}
        choice = {"index": 0, "text": text, "finish_reason": None, **told}
        return _event({"object": "text_completion", "choices": [choice]})

    def end(self, pieces: int) -> bytes:
        return (
            _event({"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]})
            + _event({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": pieces}})
            + b"data: [DONE]\n\n"
        )

    def whole(self, text: str) -> str:
        return json.dumps(
            {
                "choices": [{"text": text, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 4},
            },
            ensure_ascii=False,
        )


class _ChatShape:
    def piece(self, text: str | dict[str, Any], logprob: float | None = None) -> bytes:
        delta = {"content": text} if isinstance(text, str) else dict(text)
        reason = delta.pop("finish_reason", None)
        self._ended = reason is not None
        return _event(
            {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
        )

    def end(self, pieces: int) -> bytes:
        last = b"" if getattr(self, "_ended", False) else _event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        usage = _event({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": pieces}})
        return last + usage + b"data: [DONE]\n\n"

    def whole(self, text: str) -> str:
        return json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": {}})


def _event(value: object) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


async def _chunk(writer: asyncio.StreamWriter, data: bytes, *, cut: bool = False, last: bool = False) -> None:
    end = b"0\r\n\r\n" if last else b""
    if not cut:
        writer.write(b"%x\r\n%s\r\n" % (len(data), data) + end)
        await writer.drain()
        return
    for byte in data:
        writer.write(b"1\r\n%c\r\n" % byte)
        await writer.drain()
        await asyncio.sleep(0)  # so that each goes out by itself
    writer.write(end)


async def _send(
    writer: asyncio.StreamWriter, status: int, content_type: str, text: str, extra: dict[str, str] | None = None
) -> None:
    body = text.encode("utf-8", "surrogateescape")
    headers = {"content-type": content_type, "content-length": str(len(body)), **(extra or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body)
    await writer.drain()
