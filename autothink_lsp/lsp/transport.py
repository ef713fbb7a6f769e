"""Reads and writes bytes: standard input and output, or the TCP connection that ``tcp.py`` has selected.

pygls reads each header line in a thread of its own pool and writes from the event loop. Here the event loop reads
chunks as they arrive and writes what the pipe accepts without waiting: passing bytes to a thread and back took a tenth
of the time of a keystroke. If that is not possible (Windows, a file as input, an editor that does not read) one thread
reads and another one writes, so that neither a large message nor a full pipe can block the loop. End of input ends the
server.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import select
import socket
import stat
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO

from autothink_lsp.framing import FrameParser, FramingError

logger = logging.getLogger(__name__)

READ_BYTES = 1 << 18


class Writer:
    """pygls' writer over a blocking stream: ``write`` never blocks. Call it from one thread.

    ``write_now(bytes)`` writes what it can immediately and returns the rest, which a thread writes, in order.
    """

    def __init__(self, stream: BinaryIO, write_now: Callable[[bytes], bytes] | None = None) -> None:
        self._stream = stream
        self._write_now = write_now
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._queued = 0  # messages that the thread has not written yet
        self._lock = threading.Lock()  # protects ``_queued``
        self._thread: threading.Thread | None = None

    def write(self, data: bytes) -> None:
        """Write or queue one message."""
        if self._write_now is not None and self._is_idle():
            data = self._write_now(data)
        if data:
            with self._lock:
                self._queued += 1
            self._queue.put(data)
            if self._thread is None:
                self._thread = threading.Thread(target=self._drain, name="lsp writer", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Write the queued messages; waits at most two seconds."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(2.0)

    def _is_idle(self) -> bool:
        with self._lock:
            return self._queued == 0

    def _drain(self) -> None:
        while (data := self._queue.get()) is not None:
            try:
                self._stream.write(data)
                self._stream.flush()
            except (OSError, ValueError):
                return  # the client has disconnected; the reader detects the end of input
            with self._lock:
                self._queued -= 1


def writes_without_waiting(descriptor: int) -> Callable[[bytes], bytes] | None:
    """A function for ``Writer`` that writes as much as a pipe or socket accepts; ``None`` for any other descriptor."""
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISSOCK(mode) and hasattr(socket, "MSG_DONTWAIT"):
        connection = socket.socket(fileno=os.dup(descriptor))

        def send(data: bytes) -> bytes:
            try:
                return data[connection.send(data, socket.MSG_DONTWAIT) :]
            except OSError:
                return data

        return send
    if stat.S_ISFIFO(mode) and hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)

        def write(data: bytes) -> bytes:
            # A pipe that is ready accepts this many bytes at once.
            if len(data) > select.PIPE_BUF or not any(event & select.POLLOUT for _, event in poll.poll(0)):
                return data
            try:
                return data[os.write(descriptor, data) :]
            except OSError:
                return data

        return write
    return None


class Inbox:
    """Passes message bodies to ``receive`` in the event loop; calls ``at_end`` once when the input ends.

    The input ends early at bytes that are not LSP's base protocol: an HTTP request, and with ``strict`` any other
    framing error (see ``framing.py``).
    """

    def __init__(
        self,
        receive: Callable[[bytes], None],
        damaged: Callable[[str], None],
        at_end: Callable[[], None],
        *,
        strict: bool = False,
    ) -> None:
        self._parser = FrameParser(strict=strict)
        self._receive = receive
        self._damaged = damaged
        self.at_end = at_end

    def feed(self, data: bytes) -> None:
        """Process received bytes."""
        for found in self._parser.feed(data):
            if isinstance(found, FramingError) and found.ends:
                logger.warning("the input ends here: %s", found)
                self.at_end()
            elif isinstance(found, FramingError):
                self._damaged(str(found))
            else:
                self._receive(found)


def read_on_loop(read: Callable[[int], bytes], descriptor: int, inbox: Inbox, loop: asyncio.AbstractEventLoop) -> bool:
    """Read in the event loop whenever ``descriptor`` is readable. Returns ``False`` if the loop cannot watch it."""

    def on_readable() -> None:
        try:
            data = read(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            inbox.feed(data)
        else:
            loop.remove_reader(descriptor)
            inbox.at_end()

    try:
        loop.add_reader(descriptor, on_readable)
    except (NotImplementedError, OSError, ValueError):
        return False
    return True


def read_in_thread(read: Callable[[int], bytes], inbox: Inbox, loop: asyncio.AbstractEventLoop) -> None:
    """Start the reading thread. It is a daemon, so that a blocked read does not keep the process alive."""

    def pump() -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            while True:
                try:
                    data = read(READ_BYTES)
                except OSError:
                    data = b""
                if not data:
                    break
                loop.call_soon_threadsafe(inbox.feed, data)
            loop.call_soon_threadsafe(inbox.at_end)

    threading.Thread(target=pump, name="lsp reader", daemon=True).start()


STANDARD_INPUT = 0


def take_stdio() -> tuple[Callable[[int], bytes], BinaryIO]:
    """The reader of standard input and the stream of standard output, reserved for the protocol.

    From now on everything else that prints (a library, a child) is redirected to standard error.
    """
    protocol_out = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(0, os.O_BINARY)
        msvcrt.setmode(protocol_out.fileno(), os.O_BINARY)
    return lambda count: os.read(STANDARD_INPUT, count), protocol_out
