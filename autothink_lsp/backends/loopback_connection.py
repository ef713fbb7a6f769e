"""One connection to a model server on this machine: writing, reading, and the time limit without data.

A fast server sends a piece of its answer every few milliseconds, and waking the process for each costs more than all
that is done with it. So where at least two pieces come in ``BATCH_S``, they are read together, ``BATCH_S`` after the
ones before. The first piece, and the pieces of a slower server, are read at once: a timer that fires before the next
piece is one more wake-up and saves none.
"""

from __future__ import annotations

import asyncio
from typing import cast

from autothink_lsp.backends.http_message import HttpResponseParser
from autothink_lsp.backends.wire_error import WireError

_MOST_BUFFERED_BYTES = 1 << 20
BATCH_S = 0.020
_LEAST_OF_BATCH = 1.9  # pieces: of a server with 100 tokens a second two, give or take
_LARGE_BYTES = 4_096  # of a reading: no piece of a stream of tokens, so waiting would only delay the rest


class Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, read_s: float, piece_s: float | None = None) -> None:
        """``piece_s``: the time between two pieces of the server, as far as it is known."""
        self.piece_s = piece_s
        self.reader = HttpResponseParser()
        self.idle_since_s = 0.0
        self.address: str | None = None
        self._loop = loop
        self._read_s = read_s
        self._transport: asyncio.Transport | None = None
        self._pieces: list[bytes] = []
        self._error: Exception | None = None
        self._lost = False
        self._writing = False
        self._reading_paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._heard_s = 0.0
        self._body_s: float | None = None  # when the first part of this response's body was read
        self._later_pieces = 0  # of the body, behind that part
        self._batch: asyncio.TimerHandle | None = None  # reading goes on then
        self._watch: asyncio.TimerHandle | None = None

    @property
    def is_reusable(self) -> bool:
        """Whether the connection can be used for another request."""
        reader = self.reader
        return reader.ended and reader.keeps_connection and not (self._lost or self._writing or self._error)

    def begin(self, piece_s: float | None) -> None:
        """Prepare for another request. ``piece_s`` as above."""
        self.piece_s = piece_s
        self.reader = HttpResponseParser()
        self._pieces.clear()
        self._body_s = None

    async def write(self, data: bytes, write_s: float) -> None:
        """Write ``data``. Returns when the kernel has accepted all of it, or when the server is already answering."""
        if self._lost or self._transport is None:
            raise WireError("disconnect")
        self._transport.write(data)
        left = self._transport.get_write_buffer_size()
        while self._writing and not self._lost and not self.reader.began:
            try:
                async with asyncio.timeout(write_s):
                    await self._wait()
            except TimeoutError as error:
                if self._transport.get_write_buffer_size() >= left:
                    raise WireError("write timeout") from error
                left = self._transport.get_write_buffer_size()

    async def head(self) -> None:
        """Wait until the head of the response is complete."""
        self._listen()
        while self.reader.status is None:
            if self._error is not None:
                raise self._error
            await self._wait()

    async def body(self) -> bytes:
        """Wait for the next part of the body; empty at its end."""
        while not self._pieces:
            if self.reader.ended:
                return b""
            if self._error is not None:
                raise self._error
            if self._reading_paused and self._transport is not None:
                self._reading_paused = False
                self._read_on(self._transport)
            await self._wait()
        pieces, self._pieces = self._pieces, []
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def abort(self) -> None:
        """Close the connection without waiting."""
        self._stop_listening()
        if self._batch is not None:
            self._batch.cancel()
            self._batch = None
        if self._transport is not None and not self._lost:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=0)  # pause_writing: not all data was accepted
        peer = transport.get_extra_info("peername")
        self.address = peer[0] if isinstance(peer, tuple) else None

    def data_received(self, data: bytes) -> None:
        now_s = self._heard_s = self._loop.time()
        if self.reader.ended:  # data without a request
            self.reader.keeps_connection = False
            self.abort()
            return
        pieces: list[bytes] = []
        try:
            pieces = self.reader.feed(data)
        except WireError as error:
            self._fail(error)
        self._pieces += pieces
        if self.reader.ended:
            self._stop_listening()
        elif self._transport is not None and sum(map(len, self._pieces)) > _MOST_BUFFERED_BYTES:
            self._reading_paused = True
            self._transport.pause_reading()
        else:
            self._read_in_batches(now_s, len(data), len(pieces))
        self._wake()

    def _read_in_batches(self, now_s: float, size: int, count: int) -> None:
        """Pause reading for a moment after a small part if pieces come fast enough."""
        if not count:
            return
        if self._body_s is None:
            self._body_s, self._later_pieces = now_s, 0
        else:
            self._later_pieces += count
            self.piece_s = (now_s - self._body_s) / self._later_pieces
        is_fast = self.piece_s is not None and self.piece_s * _LEAST_OF_BATCH <= BATCH_S
        if is_fast and size < _LARGE_BYTES and self._transport is not None and self._batch is None:
            self._transport.pause_reading()
            self._batch = self._loop.call_later(BATCH_S, self._resume_reading)

    def _resume_reading(self) -> None:
        self._batch = None
        if self._transport is not None and not self._lost and not self._reading_paused:
            self._read_on(self._transport)

    def _read_on(self, transport: asyncio.Transport) -> None:
        self._heard_s = self._loop.time()  # while reading was paused the server was not silent
        transport.resume_reading()

    def pause_writing(self) -> None:
        self._writing = True

    def resume_writing(self) -> None:
        self._writing = False
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._stop_listening()
        try:
            self.reader.finish()
        except WireError as error:
            error.__cause__ = exc
            self._error = self._error or error
        self._wake()

    def _listen(self) -> None:
        """Start the silence timer. One timer checks periodically, instead of one timer per piece."""
        self._heard_s = self._loop.time()
        self._watch = self._loop.call_later(self._read_s, self._check_silence)

    def _check_silence(self) -> None:
        self._watch = None
        silent_s = 0.0 if self._reading_paused else self._loop.time() - self._heard_s
        if silent_s < self._read_s:
            self._watch = self._loop.call_later(self._read_s - silent_s, self._check_silence)
        else:
            self._fail(WireError("read timeout"))
            self._wake()

    def _stop_listening(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        self._stop_listening()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
