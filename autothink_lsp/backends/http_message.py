"""The values of one request, and a parser of one HTTP/1.1 response from bytes, independent of how they are split. Pure;
knows nothing of sockets.

RFC 9112. Tolerates common deviations (bare line feeds, no reason phrase); anything else that is not HTTP is a
``WireError``. A body ends at its length, at its last chunk, or at the end of the connection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from autothink_lsp.backends.content_coding import Decoder, Unreadable, decoder_for
from autothink_lsp.backends.wire_error import WireError
from autothink_lsp.values import frozen

MAX_HEAD_BYTES: Final = 64 << 10
_STATUS = re.compile(rb"HTTP/1\.([01]) +(\d{3})(?:[ \t][^\r\n]*)?\Z")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*+:[ \t]*+((?:.*[^ \t])?)[ \t]*\Z", re.DOTALL)
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\Z")
_PLAIN_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})\r\n")
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")
_MAX_LINE_BYTES = 8 << 10
_WITHOUT_BODY = frozenset({204, 304})


@frozen
class HttpRequest:
    """One request. ``headers`` are those besides the ones that every request of the client has."""

    method: str
    url: str
    body: bytes | None
    headers: Mapping[str, str]


class HttpResponseParser:
    """Parses one response: takes bytes and returns pieces of the body."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.ended = False
        self.began = False  # whether any byte has arrived
        self.keeps_connection = True
        self._buffer = b""
        self._left: int | None = None  # bytes left of the body or the chunk; None: until the connection ends
        self._chunked = False
        self._state = "head"
        self._decoder: Decoder | Unreadable | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Parse ``data`` and return the pieces of the body in it. Raises ``WireError``."""
        self.began = True
        buffer = self._buffer + data if self._buffer else data
        pieces: list[bytes] = []
        while buffer and not self.ended:
            if self._state == "chunk size" and not (buffer := _take_whole_chunks(buffer, pieces)):
                break
            step = self._step(buffer, pieces)
            if step is None:
                break
            buffer = step
        if self.ended and buffer:
            self.keeps_connection = False  # the server sent more than the response
        self._buffer = b"" if self.ended else buffer
        if self.status is None and len(self._buffer) > MAX_HEAD_BYTES:
            raise WireError("not HTTP", "a head without an end")
        return pieces if self._decoder is None else self._decoded(pieces, self._decoder)

    def finish(self) -> None:
        """Handle the end of the connection. Raises ``WireError`` if the response is incomplete."""
        self.keeps_connection = False
        if self.ended:
            return
        if self._state == "until close":
            self.ended = True
            return
        if self.status is None and self._buffer and not b"HTTP/".startswith(self._buffer[:5]):
            raise WireError("not HTTP", _quoted(self._buffer))
        raise WireError("disconnect", "the server closed the connection in the middle" if self.began else "")

    def _step(self, buffer: bytes, pieces: list[bytes]) -> bytes | None:
        """Consume the complete part of the buffer and return the rest; ``None`` if more data is needed."""
        match self._state:
            case "head":
                return self._take_head(buffer)
            case "until close":
                pieces.append(buffer)
                return b""
            case "length" | "chunk":
                left = self._left or 0
                pieces.append(buffer[:left])
                self._left = left - len(pieces[-1])
                if not self._left:
                    self._state, self.ended = ("chunk end", False) if self._chunked else ("done", True)
                return buffer[left:]
            case _:
                return self._take_line(buffer)

    def _take_head(self, buffer: bytes) -> bytes | None:
        if len(buffer) >= 5 and not buffer.startswith(b"HTTP/"):
            raise WireError("not HTTP", _quoted(buffer))
        end = _HEAD_END.search(buffer)
        if end is None:
            return None
        first, *lines = _LINE_END.split(buffer[: end.start()])
        status = _STATUS.match(first)
        if status is None:
            raise WireError("not HTTP", _quoted(first))
        rest = buffer[end.end() :]
        if 100 <= int(status[2]) < 200:
            return rest  # an interim response; the final one follows
        self._take_headers(lines)
        self.status = int(status[2])
        self._begin_body(old=status[1] == b"0")
        return rest

    def _take_headers(self, lines: list[bytes]) -> None:
        unfolded: list[bytes] = []
        for line in lines:
            if line[:1] in {b" ", b"\t"} and unfolded:
                unfolded[-1] += b" " + line.strip()
            else:
                unfolded.append(line)
        for line in unfolded:
            found = _HEADER.match(line)
            if found is None:
                raise WireError("not HTTP", _quoted(line))
            name, value = found[1].decode("ascii").lower(), found[2].decode("latin-1")
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value

    def _begin_body(self, *, old: bool) -> None:
        headers = self.headers
        connection = headers.get("connection", "").lower()
        self.keeps_connection = "close" not in connection and (not old or "keep-alive" in connection)
        self._decoder = decoder_for(headers.get("content-encoding", ""), status=self.status or 0)
        length = headers.get("content-length")
        if self.status in _WITHOUT_BODY:
            self._state, self.ended = "done", True
        elif "chunked" in headers.get("transfer-encoding", "").lower():
            self._state, self._chunked = "chunk size", True
        elif length is not None:
            lengths = {part.strip() for part in length.split(",")}
            one = lengths.pop()
            if lengths or not one.isascii() or not one.isdigit() or len(one) > 15:
                raise WireError("not HTTP", "a length that is none")
            self._left = int(one)
            self._state, self.ended = "length", self._left == 0
        else:
            self._state, self.keeps_connection = "until close", False

    def _take_line(self, buffer: bytes) -> bytes | None:
        """Consume a line between the chunks."""
        end = buffer.find(b"\n")
        if end < 0:
            if len(buffer) > _MAX_LINE_BYTES:
                raise WireError("not HTTP", "a chunk without a size")
            return None
        line = buffer[:end].removesuffix(b"\r")
        if self._state == "chunk size":
            size = _CHUNK_SIZE.match(line)
            if size is None:
                raise WireError("not HTTP", _quoted(line))
            self._left = int(size[1], 16)
            self._state = "chunk" if self._left else "trailer"
        elif self._state == "chunk end":
            if line:
                raise WireError("not HTTP", _quoted(line))
            self._state = "chunk size"
        elif not line:
            self._state, self.ended = "done", True
        return buffer[end + 1 :]

    @staticmethod
    def _decoded(pieces: list[bytes], decoder: Decoder | Unreadable) -> list[bytes]:
        decoded = b"".join(map(decoder.decode, pieces))
        return [decoded] if decoded else []


def _take_whole_chunks(buffer: bytes, pieces: list[bytes]) -> bytes:
    """Move the chunks at the beginning of the buffer that are there completely, up to the last one, which is empty.
    Returns the rest."""
    sizes, data = (parts := buffer.split(b"\r\n"))[:-1:2], parts[1::2]
    if not parts[-1] and len(sizes) == len(data) and all(map(_SIZE.fullmatch, sizes)):
        lengths = [int(size, 16) for size in sizes]
        if lengths == [*map(len, data)] and 0 not in lengths:  # only whole chunks, without line ends in them
            pieces += data
            return b""
    at = 0
    while size := _PLAIN_CHUNK_SIZE.match(buffer, at):
        start = size.end()
        end = start + int(size[1], 16)
        if end == start or buffer[end : end + 2] != b"\r\n":
            break
        pieces.append(buffer[start:end])
        at = end + 2
    return buffer[at:] if at else buffer


def _quoted(line: bytes) -> str:
    return f"it began with {line[:40].decode('latin-1')!r}"
