"""When a connection to a model server on this machine reads: pieces that follow each other closely, together."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from typing import Any, cast

import pytest
from attrs import define, field

from autothink_lsp.backends.loopback import _connected
from autothink_lsp.backends.loopback_connection import BATCH_S, Connection

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
PIECE = b"c\r\ndata: text\n\n\r\n"
END = b"0\r\n\r\n"


@define(eq=False)
class Timer:
    at_s: float
    call: Callable[[], None]
    is_cancelled: bool = False

    def cancel(self) -> None:
        self.is_cancelled = True


@define(eq=False)
class Clock:
    """As much of an event loop as a connection uses, and of its transport."""

    now_s: float = 100.0
    timers: list[Timer] = field(factory=list)
    is_reading: bool = True
    is_aborted: bool = False

    def time(self) -> float:
        return self.now_s

    def call_later(self, delay_s: float, call: Callable[[], None]) -> Timer:
        self.timers.append(Timer(self.now_s + delay_s, call))
        return self.timers[-1]

    def pass_s(self, seconds: float) -> None:
        self.now_s += seconds
        due = [timer for timer in self.timers if timer.at_s <= self.now_s and not timer.is_cancelled]
        self.timers = [timer for timer in self.timers if timer not in due]
        for timer in sorted(due, key=lambda timer: timer.at_s):
            timer.call()

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True

    def abort(self) -> None:
        self.is_aborted = True

    def set_write_buffer_limits(self, **_: int) -> None: ...

    def get_extra_info(self, _name: str) -> None: ...


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connection(clock: Clock) -> Connection:
    connection = Connection(cast("asyncio.AbstractEventLoop", clock), read_s=30.0)
    connection.connection_made(cast("Any", clock))
    return connection


def read_times(clock: Clock, connection: Connection, gap_s: float, pieces: int = 20) -> int:
    """How often the process reads where a piece arrives every ``gap_s``; nothing that arrived is lost."""
    connection.data_received(HEAD)
    readings, waiting, text = 0, b"", b""
    for _ in range(pieces):
        for _ in range(8):
            clock.pass_s(gap_s / 8)
            if clock.is_reading and waiting:
                connection.data_received(waiting)
                readings, waiting = readings + 1, b""
        waiting += PIECE
        if clock.is_reading:
            connection.data_received(waiting)
            readings, waiting = readings + 1, b""
    clock.pass_s(BATCH_S)
    connection.data_received(waiting + END)
    text = b"".join(connection._pieces)
    assert text == b"data: text\n\n" * pieces
    assert connection.is_reusable
    return readings


def test_a_fast_stream_is_read_in_batches(clock: Clock, connection: Connection) -> None:
    assert read_times(clock, connection, gap_s=0.002) < 8


def test_of_a_hundred_tokens_a_second_two_are_read_together(clock: Clock, connection: Connection) -> None:
    assert read_times(clock, connection, gap_s=0.01) <= 12


@pytest.mark.parametrize("gap_s", [0.011, 0.015, 0.03, 0.2])
def test_each_piece_of_a_slow_stream_is_read_at_once(clock: Clock, connection: Connection, gap_s: float) -> None:
    assert read_times(clock, connection, gap_s=gap_s) == 20


def test_a_batch_begins_with_the_first_piece_of_a_server_that_is_known_to_be_fast(
    clock: Clock, connection: Connection
) -> None:
    read_times(clock, connection, gap_s=0.003)
    for is_fast, piece_s in ((True, connection.piece_s), (False, 0.011)):
        connection.begin(piece_s)
        connection.data_received(HEAD)
        clock.pass_s(0.5)
        connection.data_received(PIECE)
        assert clock.is_reading is not is_fast
        clock.pass_s(BATCH_S)
        connection.data_received(PIECE + END)


def test_a_server_that_has_become_slow_is_not_held_up_twice(clock: Clock, connection: Connection) -> None:
    connection.begin(0.003)
    connection.data_received(HEAD + PIECE)
    assert not clock.is_reading
    for _ in range(3):
        clock.pass_s(0.05)
        assert clock.is_reading
        connection.data_received(PIECE)


def test_the_first_piece_of_an_unknown_server_is_read_at_once(clock: Clock, connection: Connection) -> None:
    connection.data_received(HEAD)
    assert clock.is_reading
    clock.pass_s(0.5)
    connection.data_received(PIECE)
    assert clock.is_reading


def test_an_answer_in_large_parts_is_not_held_up(clock: Clock, connection: Connection) -> None:
    connection.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n")
    for _ in range(4):
        clock.pass_s(0.001)
        connection.data_received(b"x" * 60_000)
        assert clock.is_reading


def test_an_aborted_connection_has_no_timer(clock: Clock, connection: Connection) -> None:
    connection.data_received(HEAD)
    for _ in range(2):
        clock.pass_s(0.001)
        connection.data_received(PIECE)
    assert not clock.is_reading
    connection.abort()
    clock.pass_s(1.0)
    assert clock.is_aborted
    assert not clock.is_reading


def test_what_waits_for_its_reader_stays_paused(clock: Clock, connection: Connection) -> None:
    """A body that is read too slowly is held back, whatever the batches say."""
    connection.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 3000000\r\n\r\n")
    clock.pass_s(0.001)
    connection.data_received(b"x" * 100)
    connection.data_received(b"x" * 100)
    assert not clock.is_reading
    connection.data_received(b"x" * (1 << 20))
    clock.pass_s(1.0)
    assert not clock.is_reading


def test_a_pause_of_the_process_between_two_pieces_is_no_silence(clock: Clock, connection: Connection) -> None:
    connection.begin(0.003)
    connection._listen()
    connection.data_received(HEAD + PIECE)
    assert not clock.is_reading
    clock.pass_s(31.0)  # the process stood still: the timers of the batch and of the silence are both due
    assert clock.is_reading
    connection.data_received(PIECE + END)
    assert connection._error is None
    assert connection.is_reusable


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the event loop waits for the connection")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_server_on_this_machine_is_connected_at_once(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if family == socket.AF_INET6 and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with socket.create_server((host, 0), family=family) as server:
        port = server.getsockname()[1]
        connected = _connected(host, port)
        assert connected is not None
        with connected, server.accept()[0] as accepted:
            connected.sendall(b"x")
            assert accepted.recv(1) == b"x"
    assert _connected(host, port) is None
