"""Model servers whose few kilobytes stand for gigabytes, in each coding, over both ways to a server."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gzip
import resource
import sys
import time
import zlib
from collections.abc import Callable

import pytest

from autothink_lsp.backends.base import FimRequest
from autothink_lsp.backends.content_coding import MAX_DECODED_BYTES, Decoder
from autothink_lsp.backends.endpoint import Endpoint, Timeouts
from autothink_lsp.backends.http import HttpClient
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.backends.response_events import MAX_WHOLE_ANSWER_BYTES
from autothink_lsp.errors import BackendError
from tests.support.fault_server import FaultServer
from tests.support.wire_format import CHUNKS_END, HttpReply, chunk

MIB = 1 << 20
LONGEST_PAUSE_S = 0.5  # of the event loop, in CPU time: other tests run on the same cores


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(data) + packer.flush()


FILLINGS = {
    "nulls": b"\0" * MIB,
    "blank lines": b"\n" * MIB,
    "events": b"data: {}\n\n" * (MIB // 10),
    "comments": b":\n" * (MIB // 2),
    "one line": b"data: " + b"a" * (MIB - 6),
    "brackets": b"[" * MIB,
    "lists": b"[]," * (MIB // 3),
}
PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", lambda data: gzip.compress(data, 9)),
    "x-gzip": ("X-GZIP", lambda data: gzip.compress(data, 9)),
    "deflate": ("deflate", lambda data: zlib.compress(data, 9)),
    "raw deflate": ("deflate", raw_deflate),
    "twice": ("gzip, gzip", lambda data: gzip.compress(gzip.compress(data, 9), 9)),
    "brotli": ("br", lambda data: gzip.compress(data, 9)),  # the bytes do not matter: it is refused by its name
    "zstandard": ("zstd", lambda data: gzip.compress(data, 9)),
    "identity": ("identity", lambda data: data),
}


def server(head: bytes, body: bytes, *, chunked: bool) -> FaultServer:
    """Answers every request with these bytes."""
    if chunked:
        pieces = (chunk(body[at : at + 65_536]) for at in range(0, len(body), 65_536))
        data = b"".join((head, b"transfer-encoding: chunked\r\n\r\n", *pieces, CHUNKS_END))
    else:
        data = b"%bcontent-length: %d\r\n\r\n%b" % (head, len(body), body)
    return FaultServer(respond=lambda _: HttpReply(data))


async def longest_pause_s(work: Callable[[], object]) -> float:
    """The longest CPU time of the event loop's thread in which it did nothing else while ``work()`` ran."""
    longest, last = 0.0, time.thread_time()

    async def tick() -> None:
        nonlocal longest, last
        while True:
            await asyncio.sleep(0.005)
            now = time.thread_time()
            longest, last = max(longest, now - last), now

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0.02)
    try:
        await work()  # pyright: ignore[reportGeneralTypeIssues]
        await asyncio.sleep(0.02)
    finally:
        ticking.cancel()
    return longest


async def shortest_of_tries(work: Callable[[], object]) -> float:
    """The longest pause in the best of three tries: a garbage collection may fall into one."""
    pauses_s: list[float] = []
    while len(pauses_s) < 3 and min(pauses_s, default=LONGEST_PAUSE_S) >= LONGEST_PAUSE_S:
        pauses_s.append(await longest_pause_s(work))
    return min(pauses_s)


def peak_mib() -> float:
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / MIB


@functools.cache
def bomb(filling: str, packer: str) -> bytes:
    """Stands for 32 MiB, or is 24 MiB where nothing is packed."""
    return PACKERS[packer][1](FILLINGS[filling] * (24 if packer == "identity" else 32))


CASES = [
    *((filling, "gzip", chunked) for filling in FILLINGS for chunked in (False, True)),
    *(("events", packer, True) for packer in PACKERS if packer != "gzip"),
    ("blank lines", "identity", True),
]


@pytest.mark.parametrize("with_httpx", [False, True], ids=["our own HTTP", "httpx"])
@pytest.mark.parametrize(("filling", "packer", "chunked"), CASES)
async def test_compression_bomb_as_a_response(filling: str, packer: str, chunked: bool, with_httpx: bool) -> None:
    """As a stream, and as a list of models."""
    coding, body = PACKERS[packer][0], bomb(filling, packer)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: %b\r\n" % coding.encode()
    before_mib = peak_mib()
    async with server(head, body, chunked=chunked) as running:
        endpoint = Endpoint(f"{running.url}/v1", model="m", timeouts=Timeouts(read_s=10.0))
        client = HttpClient(endpoint, with_httpx=with_httpx)
        backend = OpenAIBackend(endpoint, client)

        async def stream() -> None:
            with pytest.raises(BackendError):
                async with contextlib.aclosing(backend.stream(FimRequest("x", 5))) as events:
                    async for _ in events:
                        pass

        async def models() -> None:
            with pytest.raises(BackendError):
                await client.fetch_json("GET", f"{running.url}/v1/models")

        await longest_pause_s(lambda: asyncio.sleep(0))
        pauses_s = [await shortest_of_tries(work) for work in (stream, models)]
        await backend.aclose()
    assert max(pauses_s) < LONGEST_PAUSE_S
    assert peak_mib() - before_mib < 120


@pytest.mark.parametrize("status", [401, 404, 500])
@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("with_httpx", [False, True], ids=["our own HTTP", "httpx"])
async def test_compression_bomb_as_an_error_keeps_its_status(packer: str, status: int, with_httpx: bool) -> None:
    coding, pack = PACKERS[packer]
    head = b"HTTP/1.1 %d Wrong\r\ncontent-encoding: %b\r\n" % (status, coding.encode())
    async with server(head, pack(b'{"error": "no"}'), chunked=False) as running:
        client = HttpClient(Endpoint(f"{running.url}/v1"), with_httpx=with_httpx)
        with pytest.raises(BackendError) as caught:
            await client.fetch_json("GET", f"{running.url}/v1/models")
        await client.aclose()
    if packer != "raw deflate":  # what is labelled wrong cannot be read
        assert caught.value.status == status


async def test_a_compressed_answer_of_a_usual_size_is_read() -> None:
    """The other way round: some proxies compress what was asked for as it is."""
    event = b'data: {"choices": [{"text": "ab", "finish_reason": null}]}\n\n'
    body = gzip.compress(
        event * 100 + b'data: {"choices": [{"text": "", "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
    )
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\n"
    for with_httpx in (False, True):
        async with server(head, body, chunked=True) as running:
            endpoint = Endpoint(f"{running.url}/v1", model="m")
            backend = OpenAIBackend(endpoint, HttpClient(endpoint, with_httpx=with_httpx))
            text = ""
            async with contextlib.aclosing(backend.stream(FimRequest("x", 500))) as events:
                async for event_found in events:
                    text += getattr(event_found, "text", "")
            await backend.aclose()
        assert text == "ab" * 100


def test_decompression_steps_are_bounded_by_the_remaining_bytes() -> None:
    decoder = Decoder(limit_bytes=1000)
    packed = gzip.compress(b"\0" * 900, 9)
    assert len(decoder.decode(packed[:10]) + decoder.decode(packed[10:])) == 900
    assert MAX_DECODED_BYTES <= MAX_WHOLE_ANSWER_BYTES
