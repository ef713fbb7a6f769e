"""Where the bytes come from and go to: standard input and output, or the TCP connection that ``tcp.py`` has chosen.

pygls reads each header line in a thread of its own pool and writes from the event loop. Here one thread reads chunks
and another one writes, so that neither a large message nor an editor that does not read can stop the loop, and end of
input ends the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO

from autothink_lsp.lsp.framing import FrameParser, FramingError

logger = logging.getLogger(__name__)

READ_BYTES = 1 << 18


class Writer:
    """pygls' writer over a blocking stream: ``write`` never blocks, a thread does it in order."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._drain, name="lsp writer", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Queue one message."""
        self._queue.put(data)

    def close(self) -> None:
        """Write what is queued, wait at most two seconds for it."""
        self._queue.put(None)
        self._thread.join(2.0)

    def _drain(self) -> None:
        while (data := self._queue.get()) is not None:
            try:
                self._stream.write(data)
                self._stream.flush()
            except (OSError, ValueError):
                return  # the client is gone; end of input tells the rest of us


class Inbox:
    """Hands bodies to ``receive`` in the event loop; calls ``at_end`` once when the input ends.

    The input ends early at bytes that are not LSP's base protocol: an HTTP request, and with ``strict`` any other
    error of the framing (see ``framing.py``).
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
        """Bytes as they came."""
        for found in self._parser.feed(data):
            if isinstance(found, FramingError) and found.ends:
                logger.warning("the input ends here: %s", found)
                self.at_end()
            elif isinstance(found, FramingError):
                self._damaged(str(found))
            else:
                self._receive(found)


def read_in_thread(read: Callable[[int], bytes], inbox: Inbox, loop: asyncio.AbstractEventLoop) -> None:
    """Start the reading thread. It is a daemon: a blocked read never keeps the process alive."""

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


def take_stdio() -> tuple[Callable[[int], bytes], BinaryIO]:
    """Standard input's reader and standard output for us alone.

    Descriptor 1 is the protocol, so anything else that prints (a library, a child) is sent to standard error from here
    on.
    """
    protocol_out = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(0, os.O_BINARY)
        msvcrt.setmode(protocol_out.fileno(), os.O_BINARY)
    return lambda count: os.read(0, count), protocol_out
