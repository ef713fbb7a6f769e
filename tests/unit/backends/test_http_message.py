"""Our own reading of HTTP answers: any cut of the bytes gives the same, and what is not HTTP is said so."""

from __future__ import annotations

import random
import zlib
from itertools import pairwise

import pytest

from autothink_lsp.backends.http_message import MAX_HEAD_BYTES, HttpResponseParser
from autothink_lsp.backends.wire_error import WireError
from tests.support.example_counts import cut_places

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab\r\nc\r\n3;x=y\r\ndef\r\n0\r\nTrailer: x\r\n\r\n"
PACKED = zlib.compressobj(wbits=31)
GZIP = PACKED.compress(b"abcdef") + PACKED.flush()

WHOLE = [
    ("chunks", CHUNKED, b"ab\r\ncdef", True),
    ("length", HEAD + b"content-length: 6\r\n\r\nabcdef", b"abcdef", True),
    ("two equal lengths", HEAD + b"content-length: 1\r\ncontent-length: 1\r\n\r\na", b"a", True),
    ("nothing", HEAD + b"Content-Length: 0\r\n\r\n", b"", True),
    ("no content", b"HTTP/1.1 204 No Content\r\n\r\n", b"", True),
    ("bare line feeds", b"HTTP/1.1 200\nContent-Length:1\n\na", b"a", True),
    ("continue first", b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"content-length: 1\r\n\r\na", b"a", True),
    ("closes", HEAD + b"connection: close\r\ncontent-length: 1\r\n\r\na", b"a", False),
    ("old", b"HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\na", b"a", False),
    ("old, kept", b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 1\r\n\r\na", b"a", True),
    ("until it ends", HEAD + b"content-type: text/plain\r\n\r\nabc\r\n\r\n", b"abc\r\n\r\n", False),
    ("folded", HEAD + b"x: a\r\n b\r\ncontent-length: 1\r\n\r\na", b"a", True),
    ("packed", HEAD + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n%b" % (len(GZIP), GZIP), b"abcdef", True),
]


def read(pieces: list[bytes]) -> HttpResponseParser:
    reader = HttpResponseParser()
    body = b"".join(part for piece in pieces for part in reader.feed(piece))
    if not reader.ended:
        reader.finish()
    reader.headers["body"] = body.decode("latin-1")
    return reader


@pytest.mark.parametrize(("raw", "body", "kept"), [row[1:] for row in WHOLE], ids=[row[0] for row in WHOLE])
def test_any_cut_gives_the_same(raw: bytes, body: bytes, kept: bool) -> None:
    cuts = [[raw], [raw[at : at + 1] for at in range(len(raw))]]
    cuts += [[raw[:at], raw[at:]] for at in cut_places(len(raw))]
    dice = random.Random(3)
    for _ in range(50):
        places = sorted({0, len(raw), *(dice.randrange(len(raw)) for _ in range(5))})
        cuts.append([raw[start:end] for start, end in pairwise(places)])
    for pieces in cuts:
        reader = read(pieces)
        assert (reader.headers["body"].encode("latin-1"), reader.ended, reader.keeps_connection) == (body, True, kept)
        assert reader.status in {200, 204}


def test_headers() -> None:
    reader = read([HEAD + b"X-A:  b c \r\nx-a: d\r\nx-b:\r\ncontent-length: 0\r\n\r\n"])
    assert (reader.headers["x-a"], reader.headers["x-b"]) == ("b c, d", "")


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02",
        HEAD + b"no colon\r\n\r\n",
        HEAD + b"a b: c\r\n\r\n",
        HEAD + b"content-length: -1\r\n\r\n",
        HEAD + b"content-length: 1\r\ncontent-length: 2\r\n\r\n",
        HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"transfer-encoding: chunked\r\n\r\n-1\r\n",
        HEAD + b"transfer-encoding: chunked\r\n\r\n1\r\nab\r\n",
        HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"1" * 9_000,
        HEAD + b"x: " + b"a" * MAX_HEAD_BYTES,
    ],
)
def test_bytes_that_are_not_http_are_refused(raw: bytes) -> None:
    with pytest.raises(WireError) as caught:
        read([raw])
    assert caught.value.kind == "not HTTP"


@pytest.mark.parametrize("raw", [b"", b"HTT", HEAD, CHUNKED[:-3], HEAD + b"content-length: 2\r\n\r\na"])
def test_an_end_before_the_end(raw: bytes) -> None:
    with pytest.raises(WireError) as caught:
        read([raw] if raw else [])
    assert caught.value.kind == "disconnect"


def test_a_damaged_compressed_body_is_refused() -> None:
    with pytest.raises(WireError) as caught:
        read([HEAD + b"content-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc"])
    assert caught.value.kind == "exchange"


def test_more_than_was_asked_for_is_not_kept() -> None:
    assert not read([HEAD + b"content-length: 1\r\n\r\nab"]).keeps_connection
