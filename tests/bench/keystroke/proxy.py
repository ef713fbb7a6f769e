"""In front of a real llama.cpp server on this machine: passes everything on and keeps account of the completions."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlsplit

from tests.bench.keystroke.jobs import MOST_WARM_TOKENS, Job

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_DROPPED = re.compile(rb"(?im)^(?:connection|authorization|host):.*\r\n")
_CHUNK_BYTES = 1 << 16


class AccountingProxy:
    """``async with AccountingProxy(upstream) as proxy``; one request for each connection. ``upstream`` gives the
    server's URL and key when a request comes."""

    def __init__(self, upstream: Callable[[], tuple[str, str]]) -> None:
        self.jobs: list[Job] = []
        self._upstream = upstream
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()

    @property
    def url(self) -> str:
        """Its address."""
        if self._server is None:
            raise RuntimeError("not started")
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length.group(1)) if length else 0)
            first, _, rest = head.partition(b"\r\n")
            job = self._job(first.split(b" ")[1], body)
            url, api_key = self._upstream()
            place = urlsplit(url)
            host = place.hostname or "127.0.0.1"
            up_reader, up_writer = await asyncio.open_connection(host, place.port or 80)
            extra = f"Host: {host}\r\nConnection: close\r\nAuthorization: Bearer {api_key}\r\n".encode()
            up_writer.write(first + b"\r\n" + extra + _DROPPED.sub(b"", rest) + body)
            pump = asyncio.create_task(_pump(up_reader, writer, job))
            gone = asyncio.create_task(reader.read(1))
            try:
                await asyncio.wait({pump, gone}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if job is not None and job.finished_s is None:
                    job.closed_s = time.perf_counter()
                for task in (pump, gone):
                    task.cancel()
                up_writer.close()
                writer.close()
                await asyncio.gather(pump, gone, return_exceptions=True)

    def _job(self, path: bytes, body: bytes) -> Job | None:
        if not path.endswith((b"/completion", b"/completions", b"/infill")):
            return None
        asked: Any = json.loads(body)
        most = asked.get("n_predict", asked.get("max_tokens"))
        job = Job(time.perf_counter(), isinstance(most, int) and 0 <= most <= MOST_WARM_TOKENS)
        self.jobs.append(job)
        return job


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, job: Job | None) -> None:
    """The answer to the client, and what it says of itself into ``job``."""
    left = b""
    while data := await reader.read(_CHUNK_BYTES):
        writer.write(data)
        if job is not None:
            *lines, left = (left + data).split(b"\n")
            for line in lines:
                _note(job, line)
    if job is not None:
        job.finished_s = job.finished_s or time.perf_counter()


def _note(job: Job, line: bytes) -> None:
    if not line.startswith(b"data: {"):
        return
    with contextlib.suppress(ValueError):
        event: Any = json.loads(line.removeprefix(b"data: "))
        progress, timings = event.get("prompt_progress"), event.get("timings")
        if progress:  # an abandoned request has computed so much
            job.computed_tokens = max(0, progress.get("processed", 0) - progress.get("cache", 0))
        if timings:
            job.computed_tokens = timings.get("prompt_n", job.computed_tokens)
        text = event.get("content", "")
        if text and job.first_s is None:
            job.first_s = time.perf_counter()
        job.said += text
        if event.get("stop") is True:
            job.finished_s = time.perf_counter()
