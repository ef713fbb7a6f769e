"""The event reader: tables of bytes and events, and any cutting of the bytes gives the same events."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.backends.sse import SseError, SseEvent, SseReader

STREAMS: list[tuple[bytes, list[SseEvent]]] = [
    (b"", []),
    (b"\n\n\n", []),
    (b"data: a\n\n", [SseEvent("a")]),
    (b"data:a\n\n", [SseEvent("a")]),
    (b"data:  a\n\n", [SseEvent(" a")]),
    (b'data: \t[{"a":1},{"b":2}]\n\n', [SseEvent('{"a": 1}'), SseEvent('{"b": 2}')]),
    (b"data: a\r\n\r\ndata: b\r\n\r\n", [SseEvent("a"), SseEvent("b")]),
    (b"data: a\r\rdata: b\r\r", [SseEvent("a"), SseEvent("b")]),
    (b"data: a\ndata: b\n\n", [SseEvent("a\nb")]),
    (b"data: a\r\ndata: b\r\n\r\n", [SseEvent("a\nb")]),
    (b"data\n\n", [SseEvent("")]),
    (b": ping\n\ndata: a\n\n", [SseEvent("a")]),
    (b":\ndata: a\n: in between\n\n", [SseEvent("a")]),
    (b"id: 1\nretry: 5\nunknown: x\ndata: a\n\n", [SseEvent("a")]),
    (b"event: note\ndata: a\n\ndata: b\n\n", [SseEvent("a", "note"), SseEvent("b")]),
    (b"event: note\n\ndata: b\n\n", [SseEvent("b")]),
    (b'error: {"code":500}\n\n', [SseEvent('{"code":500}', "error")]),
    (b"data: a", [SseEvent("a")]),  # the end of the stream is a blank line to us
    (b"data: a\n", [SseEvent("a")]),
    (b"data: [DONE]\n\n", [SseEvent("[DONE]")]),
    (b"\xef\xbb\xbfdata: a\n\n", [SseEvent("a")]),
    ("data: größe 😀\n\n".encode(), [SseEvent("größe 😀")]),
    (b"data: \xff\n\n", [SseEvent("\ufffd")]),
    (b'data: {"a": 1}\n\ndata: {"b": 2}\n\n', [SseEvent('{"a": 1}'), SseEvent('{"b": 2}')]),
    (b'data: {"a": 1}{"b": 2}\n\ndata: 3\n\n', [SseEvent('{"a": 1}'), SseEvent('{"b": 2}'), SseEvent("3")]),
    (b'data: 1\n\ndata: {"a": 1}{"b": 2}\n\n', [SseEvent("1"), SseEvent('{"a": 1}'), SseEvent('{"b": 2}')]),
    (b'data: {"a": "data: b"}\n\ndata: c\n\n', [SseEvent('{"a": "data: b"}'), SseEvent("c")]),
    (b"data: data: a\n\ndata: b\n\n", [SseEvent("a"), SseEvent("b")]),
    (b"data: a\ndata: b\n\ndata: c\n\n", [SseEvent("a\nb"), SseEvent("c")]),
    ("data: a\u2028b\x0bc\x85\n\n".encode(), [SseEvent("a\u2028b\x0bc\x85")]),  # no line ends to SSE
]


def read(*pieces: bytes, max_event_bytes: int = 1 << 20) -> list[SseEvent]:
    reader = SseReader(max_event_bytes)
    return [event for piece in pieces for event in reader.feed(piece)] + reader.finish()


@pytest.mark.parametrize(("stream", "events"), STREAMS)
def test_a_stream_is_split_into_events(stream: bytes, events: list[SseEvent]) -> None:
    assert read(stream) == events


@given(st.lists(st.sampled_from(STREAMS)), st.lists(st.integers(0, 400)))
def test_any_cut_gives_the_same_events(parts: list[tuple[bytes, list[SseEvent]]], cuts: list[int]) -> None:
    stream = b"".join(data if data.endswith((b"\n\n", b"\r\r", b"\r\n\r\n")) else data + b"\n\n" for data, _ in parts)
    stream = stream.replace(b"\xef\xbb\xbf", b"")
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    assert read(*pieces) == read(stream) == read(*(bytes([byte]) for byte in stream))


def test_events_come_as_soon_as_they_are_complete() -> None:
    reader = SseReader()
    assert reader.feed(b"data: a\n") == []
    assert reader.feed(b"\nda") == [SseEvent("a")]
    assert reader.feed(b"ta: b\r\n\r") == [SseEvent("b")]
    assert reader.feed(b"\ndata: c\n\n") == [SseEvent("c")]


@pytest.mark.parametrize("line", [b"<html>", b'{"error": 1}', b"Traceback (most recent call last):", b"\x00\x01: x"])
def test_a_line_that_is_no_field_is_an_error(line: bytes) -> None:
    with pytest.raises(SseError) as caught:
        read(b"data: a\n\n" + line + b"\n")
    assert caught.value.line == line.decode()


@pytest.mark.parametrize(
    "pieces",
    [
        [b"data: " + b"x" * 200 + b"\n\n"],
        [b"data: ", *[b"x" * 10] * 20],
        [b"data: " + b"x" * 50 + b"\n"] * 3,
    ],
)
def test_an_event_has_a_largest_size(pieces: list[bytes]) -> None:
    with pytest.raises(SseError, match="more than 100 bytes"):
        read(*pieces, max_event_bytes=100)
    assert read(b"data: " + b"x" * 80 + b"\n\n" + b"data: " + b"x" * 80 + b"\n\n", max_event_bytes=100)
