"""The base protocol: every split of the bytes gives the same bodies, and damage costs what is damaged only."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.framing import LONGEST_BODY_BYTES, LONGEST_HEADER_BYTES, FrameParser, FramingError


def frame(body: bytes, extra: bytes = b"") -> bytes:
    return b"Content-Length: %d\r\n%b\r\n%b" % (len(body), extra, body)


def take(*chunks: bytes, strict: bool = False) -> list[bytes | str]:
    parser = FrameParser(strict=strict)
    found = [item for chunk in chunks for item in parser.feed(chunk)]
    return [("end" if item.ends else "damaged") if isinstance(item, FramingError) else item for item in found]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (frame(b"{}"), [b"{}"]),
        (frame(b"{}") * 3, [b"{}"] * 3),
        (frame(b"{}", b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n"), [b"{}"]),
        (b"Content-Type: x\r\n" + frame(b"[1]"), [b"[1]"]),
        (b"content-length:2\r\n\r\n{}", [b"{}"]),
        (b"Content-Length: 2\n\n{}", [b"{}"]),
        (frame(b""), [b""]),
        (frame("ä𝕏".encode()), ["ä𝕏".encode()]),
        (b"Content-Type: x\r\n\r\n" + frame(b"{}"), ["damaged", b"{}"]),
        (b"Warning printed to stdout\r\n" + frame(b"{}"), ["damaged", b"{}"]),
        (b"Content-Length: 999999999999\r\n\r\n", ["damaged"]),
        (b"Content-Length: abc\r\n\r\n" + frame(b"{}"), ["damaged", b"{}"]),
        (b"x" * (LONGEST_HEADER_BYTES + 1) + frame(b"{}"), ["damaged", b"{}"]),
        (b"Content-Length: 10\r\n\r\n{}", []),
        (b"printed" + frame(b"{}"), ["damaged", b"{}"]),
        (b"X-Other: 1\r\n" + frame(b"{}"), [b"{}"]),
        (b"X-Content-Length: 2\r\n\r\n{}" + frame(b"[]"), ["damaged", "damaged", b"[]"]),
        (b"X-Other: content-length: 2\r\n\r\n" + frame(b"{}"), ["damaged", b"{}"]),
    ],
)
def test_bodies(data: bytes, expected: list[bytes | str]) -> None:
    assert take(data) == expected


HTTP = [
    b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
    b"get /?content-length:2 http/1.0\r\nContent-Length: 2\r\n\r\n{}",
    b"\r\n\r\nPUT /a b HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
    b"Content-Length: 2\r\nPOST / HTTP/1.1\r\n\r\n{}",
    b"Host: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}",
    b"Content-Length: 2\r\nOrigin: null\r\n\r\n{}",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"POST /" + b"a" * 20_000 + b" HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
    b"POST / HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("data", HTTP, ids=range(len(HTTP)))
@pytest.mark.parametrize("step", [1_000_000, 7])
def test_an_http_request_ends_the_input(data: bytes, step: int, strict: bool) -> None:
    chunks = [data[at : at + step] for at in range(0, len(data), step)]
    assert [item for item in take(*chunks, frame(b"{}"), strict=strict) if item != "damaged"] == ["end"]


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: 2\r\n\r\n",
        b"content-length:2\r\n\r\n",
        b"CONTENT-LENGTH: \t2 \r\n\r\n",
        b"Content-Length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n",
        b"Content-Type: application/vscode-jsonrpc; charset=utf8\r\nContent-Length: 2\r\n\r\n",
        b"Content-Type: application/json\r\nContent-Length: 002\r\n\r\n",
    ],
)
def test_headers_that_a_strict_parser_takes(header: bytes) -> None:
    assert take(header + b"{}" + frame(b"[]"), strict=True) == [b"{}", b"[]"]


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: +2\r\n\r\n",
        b"Content-Length: -2\r\n\r\n",
        b"Content-Length: 2, 2\r\n\r\n",
        b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n",
        b"Content-Length: 2\r\nContent-Length: 1\r\n\r\n",
        b"Content-Type: application/json\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n",
        b"Content-Length: 0x2\r\n\r\n",
        b"Content-Length: \xb2\r\n\r\n",
        b"Content-Length:\r\n 2\r\n\r\n",
        b"Content-Length : 2\r\n\r\n",
        b" Content-Length: 2\r\n\r\n",
        b"Content-Length: 999999999999\r\n\r\n",
        b"Content-Length: 9999999999999\r\n\r\n",
        b"Content-Length: %d\r\n\r\n" % (LONGEST_BODY_BYTES + 1),
        b"Content-Length: 2\r\nX-Other: 1\r\n\r\n",
        b"Content-Length: 2\r\nContent-Type: text/plain\r\n\r\n",
        b"Content-Length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-16\r\n\r\n",
        b"Content-Type: application/json\r\n\r\n",
        b"Content-Length: 2\n\n",
        b"Content-Length: 2\r\n\n",
        b"noise\r\nContent-Length: 2\r\n\r\n",
        b"noise Content-Length: 2\r\n\r\n",
        b"Content-Length: " + b"0" * 2_000 + b"2\r\n\r\n",
        b"\r\n\r\n",
        b"x" * 2_000,
    ],
)
def test_headers_that_end_a_strict_parser(header: bytes) -> None:
    assert take(header + b"{}", frame(b"{}"), strict=True) == ["end"]


@given(
    bodies=st.lists(
        st.recursive(st.text() | st.integers(), st.lists).map(lambda v: json.dumps(v).encode()), max_size=5
    ),
    cuts=st.lists(st.integers(min_value=0, max_value=400), max_size=8),
)
@pytest.mark.exhaustive
def test_every_split_gives_the_same_bodies(bodies: list[bytes], cuts: list[int]) -> None:
    data = b"".join(frame(body) for body in bodies)
    places = sorted({min(cut, len(data)) for cut in cuts})
    chunks = [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]
    assert take(*chunks) == bodies


def test_a_message_that_is_too_long_is_skipped_and_the_next_one_read() -> None:
    parser = FrameParser()
    length = LONGEST_BODY_BYTES + 5
    assert len(list(parser.feed(b"Content-Length: %d\r\n\r\n" % length))) == 1
    left = length
    chunk = b"x" * (1 << 24)
    while left > 0:
        part = chunk[: min(left, len(chunk))]
        assert list(parser.feed(part)) == []
        left -= len(part)
    assert list(parser.feed(frame(b"{}"))) == [b"{}"]
