"""Messages are written at once where the pipe takes them, by a thread where it does not, always in order."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from pathlib import Path

import pytest

from autothink_lsp.lsp.transport import Inbox, Writer, read_on_loop, writes_without_waiting

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there a thread does it")
MESSAGE = b"Content-Length: 2\r\n\r\n{}"


def pipe(kind: str) -> tuple[int, int]:
    if kind == "pipe":
        return os.pipe()
    one, other = socket.socketpair()
    return one.detach(), other.detach()


def read_all(descriptor: int, count: int) -> bytes:
    data = b""
    while len(data) < count and (more := os.read(descriptor, 1 << 16)):
        data += more
    return data


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_a_message_is_there_at_once_and_no_thread_is_started(kind: str) -> None:
    reading, writing = pipe(kind)
    threads = threading.active_count()
    writer = Writer(os.fdopen(writing, "wb"), writes_without_waiting(writing))
    writer.write(MESSAGE)
    assert os.read(reading, 1 << 16) == MESSAGE
    assert threading.active_count() == threads
    writer.close()
    os.close(reading)


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_an_editor_that_does_not_read_stops_nothing_and_gets_all_in_order(kind: str) -> None:
    reading, writing = pipe(kind)
    writer = Writer(os.fdopen(writing, "wb"), writes_without_waiting(writing))
    messages = [b"%06d" % number * 200 for number in range(600)]
    for message in messages:
        writer.write(message)
    expected = b"".join(messages)
    assert read_all(reading, len(expected)) == expected
    writer.write(MESSAGE)
    assert read_all(reading, len(MESSAGE)) == MESSAGE
    writer.close()
    os.close(reading)


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_an_editor_that_is_gone_raises_nothing(kind: str) -> None:
    reading, writing = pipe(kind)
    stream = os.fdopen(writing, "wb")
    writer = Writer(stream, writes_without_waiting(writing))
    os.close(reading)
    for _ in range(3):
        writer.write(MESSAGE)
    writer.close()


def test_a_file_is_written_by_the_thread(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as stream:
        assert writes_without_waiting(stream.fileno()) is None
        writer = Writer(stream)
        writer.write(MESSAGE)
        writer.close()
    assert (tmp_path / "out").read_bytes() == MESSAGE


async def test_the_loop_reads_messages_and_the_end() -> None:
    reading, writing = os.pipe()
    received: list[bytes] = []
    ended = asyncio.Event()
    inbox = Inbox(received.append, lambda _why: None, ended.set)
    assert read_on_loop(lambda count: os.read(reading, count), reading, inbox, asyncio.get_running_loop())
    os.write(writing, MESSAGE[:10])
    await asyncio.sleep(0.01)
    assert received == []
    os.write(writing, MESSAGE[10:] + MESSAGE)
    await asyncio.sleep(0.01)
    assert received == [b"{}", b"{}"]
    os.close(writing)
    await asyncio.wait_for(ended.wait(), 5.0)
    os.close(reading)


async def test_the_loop_cannot_watch_a_file(tmp_path: Path) -> None:
    file = tmp_path / "in"
    file.write_bytes(MESSAGE)
    inbox = Inbox(lambda _body: None, lambda _why: None, lambda: None)
    with file.open("rb") as stream:
        descriptor = stream.fileno()
        loop = asyncio.get_running_loop()
        assert not read_on_loop(lambda count: os.read(descriptor, count), descriptor, inbox, loop)
