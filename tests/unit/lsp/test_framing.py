"""The base protocol: every split of the bytes gives the same bodies, and damage costs what is damaged only."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.lsp.framing import LONGEST_BODY_BYTES, LONGEST_HEADER_BYTES, FrameParser, FramingError


def frame(body: bytes, extra: bytes = b"") -> bytes:
    return b"Content-Length: %d\r\n%b\r\n%b" % (len(body), extra, body)


def take(*chunks: bytes) -> list[bytes | str]:
    parser = FrameParser()
    found = [item for chunk in chunks for item in parser.feed(chunk)]
    return ["damaged" if isinstance(item, FramingError) else item for item in found]


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
    ],
)
def test_bodies(data: bytes, expected: list[bytes | str]) -> None:
    assert take(data) == expected


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
