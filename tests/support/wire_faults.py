"""Faults below the level of an answer, by name: what breaks off under HTTP, contradicts it, or never ends.

``FaultServer.fault`` names one of them.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
_CHUNKED = _HEAD + b"transfer-encoding: chunked\r\n\r\n"
Write = Callable[[asyncio.StreamWriter, bool], Awaitable[None]]


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _text_event(chat: bool, text: str | None, **more: Any) -> bytes:
    choice: dict[str, Any] = {"index": 0, "finish_reason": None, **more}
    choice.update({"delta": {"content": text}} if chat and "delta" not in more else {} if chat else {"text": text})
    return b"data: " + json.dumps({"choices": [choice]}, ensure_ascii=False).encode() + b"\n\n"


def _raw(data: bytes) -> Write:
    async def write(writer: asyncio.StreamWriter, _chat: bool) -> None:
        writer.write(data)
        await writer.drain()

    return write


def _events(*events: bytes, end: bool = True) -> Write:
    return _raw(_CHUNKED + b"".join(map(_chunk, events)) + (b"0\r\n\r\n" if end else b""))


def _status(status: int, body: str, **headers: str) -> Write:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    data = body.encode()
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{lines}content-length: {len(data)}\r\n\r\n"
    return _raw(head.encode() + data)


async def _reset(writer: asyncio.StreamWriter, _chat: bool) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _slowly(writer: asyncio.StreamWriter, _chat: bool) -> None:
    for byte in _CHUNKED * 1_000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def _slow_body(writer: asyncio.StreamWriter, _chat: bool) -> None:
    writer.write(_CHUNKED)
    while True:
        writer.write(_chunk(b":"))
        await writer.drain()
        await asyncio.sleep(0.05)


async def _endless(writer: asyncio.StreamWriter, chat: bool) -> None:
    writer.write(_CHUNKED)
    while True:
        writer.write(_chunk(_text_event(chat, " x" if chat else "\n")))
        await writer.drain()
        await asyncio.sleep(0.001)


async def _endless_comments(writer: asyncio.StreamWriter, _chat: bool) -> None:
    writer.write(_CHUNKED)
    while True:
        writer.write(_chunk(b": ping\n\n" * 100))
        await writer.drain()
        await asyncio.sleep(0.001)


async def _tool_calls(writer: asyncio.StreamWriter, chat: bool) -> None:
    call = {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "shell", "arguments": '{"c":"touch pwned"}'}}]}
    events = _text_event(chat, None, delta=call) + _text_event(chat, None, delta={}, finish_reason="tool_calls")
    await _events(events, b"data: [DONE]\n\n")(writer, chat)


async def _nulls(writer: asyncio.StreamWriter, chat: bool) -> None:
    nothing = b'data: {"choices":[{"index":0,"delta":null,"text":null}]}\n\n'
    nothing += b'data: {"choices":null}\n\ndata: {"choices":[]}\n\n'
    await _events(nothing, _text_event(chat, None), _text_event(chat, None, finish_reason="stop"), b"data: [DONE]\n\n")(
        writer, chat
    )


async def _twice_done(writer: asyncio.StreamWriter, chat: bool) -> None:
    done = b"data: [DONE]\n\n"
    await _events(_text_event(chat, "x", finish_reason="stop"), done, done, _text_event(chat, " evil"), done)(
        writer, chat
    )


WIRE_FAULTS: Mapping[str, Write] = {
    "reset": _reset,
    "slow-loris in the headers": _slowly,
    "slow-loris in the body": _slow_body,
    "endless answer": _endless,
    "endless comments": _endless_comments,
    "half a UTF-8 character": _events(b'data: {"choices":[{"index":0,"text":"\xc3', end=True),
    "half an event": _events(b'data: {"choices":[{"index":0,"te', end=True),
    "duplicate [DONE]": _twice_done,
    "nothing but [DONE]": _events(b"data: [DONE]\n\n"),
    "tool calls": _tool_calls,
    "null deltas": _nulls,
    "nested JSON without end": _events(b"data: " + b"[" * 200_000 + b"\n\n"),
    "a number of 100,000 digits": _events(b'data: {"choices":[{"index":' + b"9" * 100_000 + b"}]}\n\n"),
    "chunk size that is none": _raw(_CHUNKED + b"zz\r\nxx\r\n"),
    "content-length that lies": _raw(_HEAD + b"content-length: 9999\r\n\r\ndata: x\n\n"),
    "headers without end": _raw(b"HTTP/1.1 200 OK\r\n" + b"x-a: " + b"a" * 60_000 + b"\r\n" * 1),
    "compressed rubbish": _raw(_HEAD + b"content-encoding: gzip\r\ncontent-length: 5\r\n\r\nxxxxx"),
    "400": _status(400, '{"error":{"message":"no","code":400}}'),
    "402": _status(402, '{"error":{"message":"pay","code":402}}'),
    "408": _status(408, "{}"),
    "413": _status(413, '{"error":"too large"}'),
    "451 without a body": _status(451, ""),
    "502 of a proxy": _status(502, "<html>Bad Gateway</html>"),
    "504 of a proxy": _status(504, "<html>Gateway Timeout</html>"),
    "503 with Retry-After as a date": _status(503, "{}", retry_after="Wed, 21 Oct 2065 07:28:00 GMT"),
    "out of memory": _status(500, '{"error":{"message":"CUDA out of memory","code":500}}'),
}
