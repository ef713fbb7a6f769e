"""A made-up model server on loopback that keeps account of every request.

Answers ``/v1/completions`` (OpenAI's, and Tabby's with its ``segments``), and llama.cpp's ``/completion``
and ``/infill``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any, cast

from tests.bench.keystroke.jobs import MOST_WARM_TOKENS, Job
from tests.bench.keystroke.oracle import Oracle
from tests.bench.keystroke.pace import SPECIAL, Pace, Speed, tokens
from tests.bench.loopback_http import (
    STREAM_END,
    STREAM_HEAD,
    LoopbackConnection,
    LoopbackServer,
    chunk,
    event,
)
from tests.bench.typist import prompt_end

MODEL = "qwen2.5-coder-bench"  # says which FIM tokens to use, to those that do not ask for the vocabulary
CONTEXT_TOKENS = 8_192
_COMPLETIONS = ("/completion", "/completions", "/infill")


class MadeUpBackend(LoopbackServer):
    """``async with MadeUpBackend(oracle, pace) as backend``; ``jobs`` are the completion requests in their order."""

    def __init__(self, oracle: Oracle, pace: Pace) -> None:
        super().__init__()
        self.oracle = oracle
        self.pace = pace
        self.jobs: list[Job] = []
        self.arrived = asyncio.Event()  # set at each request

    def connection(self) -> LoopbackConnection:
        return _Connection(self)

    def take(self, body: dict[str, Any]) -> Job:
        """A completion request is here, whole."""
        most = body.get("max_tokens", body.get("n_predict"))
        job = Job(time.perf_counter(), isinstance(most, int) and 0 <= most <= MOST_WARM_TOKENS)
        self.jobs.append(job)
        self.arrived.set()
        return job

    def answer(self, job: Job, body: dict[str, Any]) -> AsyncIterator[str]:
        """The pieces of what is said to it."""
        text = "" if job.is_warm_up else self.oracle.answer(prompt_end(body))
        return self.pace.answering(job, _whole_prompt(body), text)

    def fact(self, path: str, body: dict[str, Any]) -> Any:
        """What is answered at once; ``None`` for a path that is not there."""
        if path.endswith("/models"):
            return {"object": "list", "data": [{"id": MODEL, "owned_by": "bench", "max_model_len": CONTEXT_TOKENS}]}
        if path.endswith("/tokenize"):
            return {"tokens": list(range(_count(str(body.get("content", "")))))}
        if path.endswith("/props"):
            return {"default_generation_settings": {"n_ctx": CONTEXT_TOKENS}, "model_alias": MODEL, "total_slots": 1}
        if path.endswith("/slots"):
            busy = isinstance(self.pace, Speed) and self.pace.is_busy
            return [{"id": 0, "is_processing": busy}]
        if path.endswith("/health"):
            return {"status": "ok", "model": MODEL, "device": "cpu", "version": {"git_describe": "v0.30.0"}}
        return None


class _Connection(LoopbackConnection):
    def __init__(self, backend: MadeUpBackend) -> None:
        super().__init__(backend.connections)
        self._backend = backend
        self._answering: asyncio.Task[None] | None = None

    def gone(self) -> None:
        if self._answering is not None:
            self._answering.cancel()

    def requested(self, path: str, body: bytes) -> None:
        asked = json.loads(body) if body else {}
        if path.endswith(_COMPLETIONS):
            job = self._backend.take(asked)
            self._answering = asyncio.get_running_loop().create_task(self._complete(job, path, asked))
            return
        fact = self._backend.fact(path, asked)
        if fact is None:
            self.write_json(404, {"error": {"message": "not here", "code": 404}})
        else:
            self.write_json(200, fact)

    async def _complete(self, job: Job, path: str, body: dict[str, Any]) -> None:
        streams, openai = bool(body.get("stream")), path.endswith("completions")
        try:
            if streams:
                self.write(STREAM_HEAD)
            async with contextlib.aclosing(cast("Any", self._backend.answer(job, body))) as pieces:
                async for piece in pieces:
                    if job.first_s is None:
                        job.first_s = time.perf_counter()
                    job.said += piece
                    if streams:
                        self.write(event(_openai(piece) if openai else _llama(job, piece)))
            job.finished_s = time.perf_counter()
        except asyncio.CancelledError:
            job.closed_s = time.perf_counter()
            raise
        if not streams:
            self.write_json(200, _openai(job.said, "stop") if openai else _llama(job, job.said, stop=True))
        elif openai:
            self.write(event(_openai("", "stop")) + chunk(b"data: [DONE]\n\n") + STREAM_END)
        else:
            self.write(event(_llama(job, "", stop=True)) + STREAM_END)


def _whole_prompt(body: dict[str, Any]) -> str:
    """All that has to be computed."""
    segments = body.get("segments")
    if isinstance(segments, dict):
        return f"<|fim_prefix|>{segments.get('prefix', '')}<|fim_suffix|>{segments.get('suffix', '')}<|fim_middle|>"
    prompt = str(body.get("prompt", ""))
    if "input_prefix" not in body:
        return prompt
    extra = "".join(str(chunk.get("text", "")) for chunk in body.get("input_extra") or [])
    return (
        f"{extra}<|fim_prefix|>{body['input_prefix']}{prompt}<|fim_suffix|>{body.get('input_suffix', '')}<|fim_middle|>"
    )


def _count(text: str) -> int:
    return 1 if text in SPECIAL else len(tokens(text))


def _openai(text: str, finish_reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "text": text, "finish_reason": finish_reason}
    return {"id": "c", "object": "text_completion", "choices": [choice]}


def _llama(job: Job, text: str, *, stop: bool = False) -> dict[str, Any]:
    value: dict[str, Any] = {"index": 0, "content": text, "stop": stop}
    if stop:
        value |= {"stop_type": "eos"}
    if job.computed_tokens is not None:
        value["timings"] = {
            "prompt_n": job.computed_tokens,
            "prompt_ms": job.computed_ms,
            "predicted_n": len(tokens(job.said)),
            "predicted_ms": 0.0 if job.first_s is None else (time.perf_counter() - job.first_s) * 1_000,
            "cache_n": 0,
        }
    return value
