"""A made-up model server on loopback: answers ``/v1/completions`` at a set pace and notes when each request arrived.

It decides nothing of what is measured.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

from attrs import frozen

from tests.bench.loopback_http import (
    STREAM_END,
    STREAM_HEAD,
    LoopbackConnection,
    LoopbackServer,
    chunk,
    event,
)

MODEL = "qwen2.5-coder-bench"  # the name says which FIM tokens to use: there is no tokenizer to ask
PIECE_CHARACTERS = 4  # about a token


@frozen
class Pace:
    """Milliseconds from the request's arrival to the first piece of the answer and to its last."""

    first_ms: float = 60.0
    last_ms: float = 95.0


class ModelServer(LoopbackServer):
    """``async with ModelServer(answer, pace) as server``. ``answer`` gives what is said to a prompt."""

    def __init__(self, answer: Callable[[str], str], pace: Pace) -> None:
        super().__init__()
        self.answer = answer
        self.pace = pace
        self.arrivals_s: list[float] = []  # ``time.perf_counter()`` at the last byte of each completion request
        self.aborted = 0  # requests that the client gave up before the last piece
        self._arrived = asyncio.Event()

    def connection(self) -> LoopbackConnection:
        return _Connection(self)

    def arrived(self) -> None:
        """A completion request is here, whole."""
        self.arrivals_s.append(time.perf_counter())
        self._arrived.set()

    async def arrival_s(self, number: int, timeout_s: float = 30.0) -> float:
        """When request ``number`` (from 0) arrived. Raises ``TimeoutError`` if it does not come."""
        async with asyncio.timeout(timeout_s):
            while len(self.arrivals_s) <= number:
                self._arrived.clear()
                await self._arrived.wait()
        return self.arrivals_s[number]


class _Connection(LoopbackConnection):
    def __init__(self, server: ModelServer) -> None:
        super().__init__(server.connections)
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._timers: list[asyncio.TimerHandle] = []
        self._answering = False

    def gone(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._server.aborted += self._answering

    def requested(self, path: str, body: bytes) -> None:
        if path.endswith("/completions"):
            self._server.arrived()
            self._complete(json.loads(body)["prompt"])
        elif path.endswith("/models"):
            self.write_json(
                200, {"object": "list", "data": [{"id": MODEL, "owned_by": "bench", "max_model_len": 8192}]}
            )
        else:
            self.write_json(404, {"error": {"message": "not here", "code": 404}})

    def _complete(self, prompt: str) -> None:
        text = self._server.answer(prompt)
        pieces = [text[at : at + PIECE_CHARACTERS] for at in range(0, len(text), PIECE_CHARACTERS)] or [""]
        pace = self._server.pace
        self._answering = True
        step_ms = (pace.last_ms - pace.first_ms) / max(1, len(pieces) - 1)
        self._timers = [self._loop.call_later(pace.first_ms / 1_000, self.write, STREAM_HEAD + _piece(pieces[0]))]
        for number, piece in enumerate(pieces[1:], 1):
            delay_s = (pace.first_ms + number * step_ms) / 1_000
            self._timers.append(self._loop.call_later(delay_s, self.write, _piece(piece)))
        self._timers.append(self._loop.call_later(pace.last_ms / 1_000, self._finish))

    def _finish(self) -> None:
        self._answering = False
        self.write(_piece("", finish_reason="stop") + chunk(b"data: [DONE]\n\n") + STREAM_END)


def _piece(text: str, finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "text": text, "finish_reason": finish_reason}
    return event({"id": "c", "object": "text_completion", "choices": [choice]})
