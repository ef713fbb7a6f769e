"""LSP's base protocol: bytes in, message bodies out (LSP 3.18, "Base Protocol").

Pure and incremental, so that the same code serves standard input and a socket and every split of the bytes can be
tested. Damaged input does not end the session: what cannot be a header is dropped up to the next ``Content-Length``,
and the caller hears of it once per gap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import define, field

# A didOpen of a 50 MB file is about 60 MB of JSON. Beyond this nothing sane is sent, and the memory is not ours to
# give.
LONGEST_BODY_BYTES = 512 * 1024 * 1024
LONGEST_HEADER_BYTES = 16 * 1024

_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*(\d{1,12})[ \t]*\r?\n", re.IGNORECASE)
_HEADERS_END = re.compile(rb"\r?\n\r?\n")


class FramingError(ValueError):
    """Bytes that are no message. The parser has skipped them and goes on."""


@define
class FrameParser:
    """Feed bytes, take bodies."""

    _buffer: bytearray = field(factory=bytearray)
    _body_bytes: int | None = None
    _skip_bytes: int = 0

    def feed(self, data: bytes) -> Iterator[bytes | FramingError]:
        """Every complete body in order; a ``FramingError`` stands where something was dropped."""
        self._buffer += data
        while True:
            if self._skip_bytes:
                dropped = min(self._skip_bytes, len(self._buffer))
                del self._buffer[:dropped]
                self._skip_bytes -= dropped
                if self._skip_bytes:
                    return
            if self._body_bytes is None:
                found = self._read_headers()
                if found is None:
                    return
                if isinstance(found, FramingError):
                    yield found
                    continue
                self._body_bytes = found
            if len(self._buffer) < self._body_bytes:
                return
            body = bytes(self._buffer[: self._body_bytes])
            del self._buffer[: self._body_bytes]
            self._body_bytes = None
            yield body

    def _read_headers(self) -> int | FramingError | None:
        """The next body's length; ``None`` until the headers are complete."""
        end = _HEADERS_END.search(self._buffer)
        if end is None:
            if len(self._buffer) > LONGEST_HEADER_BYTES:
                return self._resynchronise("no end of headers in sight")
            return None
        length = _LENGTH.search(self._buffer, 0, end.end())
        if length is None:
            del self._buffer[: end.end()]
            return FramingError("headers without Content-Length")
        noise = self._buffer[: length.start()].strip()
        count = int(length.group(1))
        del self._buffer[: end.end()]
        if count > LONGEST_BODY_BYTES:
            self._skip_bytes = count
            return FramingError(f"message of {count} bytes is too long")
        if noise and b":" not in noise:
            # Something wrote into the stream between two messages. The header behind it is good.
            self._body_bytes = count
            return FramingError("bytes that are no header were skipped")
        return count

    def _resynchronise(self, why: str) -> FramingError:
        at = self._buffer.lower().find(b"content-length", 1)
        # Without one, keep as much as could be the beginning of the word.
        del self._buffer[: at if at > 0 else len(self._buffer) - len(b"content-length")]
        return FramingError(why)
