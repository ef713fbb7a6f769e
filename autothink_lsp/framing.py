"""LSP's base protocol: bytes in, message bodies out (LSP 3.18, "Base Protocol").

Pure and incremental, so that the same code serves standard input and a socket and every split of the bytes can be
tested.

Standard input belongs to the program that started the server. Damaged input does not end the session there: what cannot
be a header is dropped up to the next ``Content-Length``, and the caller hears of it once per gap.

A socket can be reached by other programs, a web page in a browser among them. A ``strict`` parser reads the two headers
of the specification and nothing else, and its first error ends the connection.

An HTTP request ends the input in both cases: a page can have the browser send a message as the body of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import define, field

# A didOpen of a 50 MB file is about 60 MB of JSON. No client sends more than this, and a larger buffer could exhaust
# the machine's memory.
LONGEST_BODY_BYTES = 512 * 1024 * 1024
LONGEST_HEADER_BYTES = 16 * 1024
LONGEST_STRICT_HEADER_BYTES = 1024
"""The two known headers take about 90 bytes."""

_PLAIN_HEADERS = re.compile(rb"Content-Length: (0|[1-9]\d{0,8})\r\n\r\n")
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
# A header at the start of a line, or behind noise that was written without a line end: never in another header's name
# or value.
_LENGTH_NAME = re.compile(rb"^[^:\r\n]*?(?<!-)(content-length)", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(_LENGTH_NAME.pattern + rb"[ \t]*:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
# A request line of HTTP (RFC 9112, 3), however long its target is, and two fields that every request of a browser has.
_HTTP = re.compile(rb"^[A-Z]{2,20} [^\r\n]* HTTP/\d|^(?:host|origin)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_HTTP_METHOD = re.compile(
    rb"\s*(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PRI) [^\r\n]{0,20}", re.IGNORECASE
)
_STRICT_LENGTH = re.compile(rb"[ \t]*(\d{1,12})[ \t]*")
# The specification's content type; lsp4j writes application/json.
_STRICT_TYPE = re.compile(
    rb"[ \t]*application/(?:vscode-jsonrpc|json|json-rpc)[ \t]*(?:;[ \t]*charset=\"?utf-?8\"?[ \t]*)?", re.IGNORECASE
)
_HTTP_REQUEST = "an HTTP request, which is no message of a language client"


class FramingError(ValueError):
    """Bytes that are no message. ``ends`` says whether the input ends here; otherwise the parser has skipped them and
    goes on."""

    def __init__(self, why: str, *, ends: bool = False) -> None:
        super().__init__(why)
        self.ends = ends


@define
class FrameParser:
    """Feed bytes, take bodies. ``longest_body_bytes`` is the largest body that is taken."""

    strict: bool = False
    longest_body_bytes: int = LONGEST_BODY_BYTES
    _buffer: bytearray = field(factory=bytearray, init=False)
    _body_bytes: int | None = field(default=None, init=False)
    _skip_bytes: int = field(default=0, init=False)
    _ended: bool = field(default=False, init=False)

    def feed(self, data: bytes) -> Iterator[bytes | FramingError]:
        """Every complete body in order; a ``FramingError`` stands where something was dropped or the input ends."""
        if self._ended:
            return
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
                    if found.ends:
                        self._ended = True
                        self._buffer.clear()
                    yield found
                    if found.ends:
                        return
                    continue
                self._body_bytes = found
            if len(self._buffer) < self._body_bytes:
                return
            body = bytes(self._buffer[: self._body_bytes])
            del self._buffer[: self._body_bytes]
            self._body_bytes = None
            yield body

    def take_rest(self) -> bytes:
        """The bytes behind the last body that was taken, for another parser. Only between two bodies."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    def _read_headers(self) -> int | FramingError | None:
        """The next body's length; ``None`` until the headers are complete."""
        plain = _PLAIN_HEADERS.match(self._buffer)
        if plain is not None and (count := int(plain[1])) <= self.longest_body_bytes:  # nearly always
            del self._buffer[: plain.end()]
            return count
        end = _HEADERS_END.search(self._buffer)
        limit = LONGEST_STRICT_HEADER_BYTES if self.strict else LONGEST_HEADER_BYTES
        if end is None:
            return self._too_long() if len(self._buffer) > limit else None
        block = bytes(self._buffer[: end.end()])
        if _HTTP.search(block):
            return FramingError(_HTTP_REQUEST, ends=True)
        if self.strict:
            count = _strict_length(block) if len(block) <= limit else FramingError("headers without an end", ends=True)
            if isinstance(count, int) and count > self.longest_body_bytes:
                return FramingError(f"a message of {count} bytes, which is too long", ends=True)
            del self._buffer[: len(block)]
            return count
        length = _LENGTH.search(block)
        del self._buffer[: len(block)]
        if length is None:
            return FramingError("headers without Content-Length")
        noise = block[: length.start(1)].strip()
        count = int(length.group(2))
        if count > self.longest_body_bytes:
            self._skip_bytes = count
            return FramingError(f"message of {count} bytes is too long")
        if noise and b":" not in noise:
            # Something wrote into the stream between two messages. The header behind it is good.
            self._body_bytes = count
            return FramingError("bytes that are no header were skipped")
        return count

    def _too_long(self) -> FramingError:
        """More bytes than a header block may have, and no end of one."""
        if _HTTP.search(self._buffer) or _HTTP_METHOD.match(self._buffer):
            return FramingError(_HTTP_REQUEST, ends=True)
        if self.strict:
            return FramingError("headers without an end", ends=True)
        # The name at the very beginning belongs to the block that has no end.
        names = (name for name in _LENGTH_NAME.finditer(self._buffer) if name.start(1) > 0)
        at = next(names, None)
        # Without one, keep as much as could be the beginning of the name.
        del self._buffer[: at.start(1) if at is not None else len(self._buffer) - len(b"content-length")]
        return FramingError("no end of headers in sight")


def _strict_length(block: bytes) -> int | FramingError:
    """The body's length that a header block of the two known headers says, or what is wrong with it."""
    length: int | None = None
    seen: set[bytes] = set()
    for line in block.removesuffix(b"\r\n\r\n").split(b"\r\n"):
        name, colon, value = line.partition(b":")
        name = name.lower()
        if not colon or b"\n" in line or name not in {b"content-length", b"content-type"}:
            return FramingError("a header block with a line that is not Content-Length or Content-Type", ends=True)
        if name in seen:
            return FramingError("a header block with the same header twice", ends=True)
        seen.add(name)
        if name == b"content-type":
            if not _STRICT_TYPE.fullmatch(value):
                return FramingError("a Content-Type that is not application/vscode-jsonrpc in UTF-8", ends=True)
        elif (found := _STRICT_LENGTH.fullmatch(value)) is not None:
            length = int(found[1])
        else:
            return FramingError("a Content-Length that is not a number", ends=True)
    return length if length is not None else FramingError("headers without Content-Length", ends=True)
