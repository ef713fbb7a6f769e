"""Decodes the content coding of an HTTP response (RFC 9110, 8.4.1) up to a limit of bytes. Pure.

Requests ask for no coding, but some servers and proxies compress anyway, and a few kilobytes of gzip can expand to
gigabytes. No step produces more than the remaining limit; beyond it, the response has failed.
"""

from __future__ import annotations

import zlib
from typing import Final

from autothink_lsp.backends.wire_error import WireError

MAX_DECODED_BYTES: Final = 4 << 20
_ZLIB_OR_GZIP_HEADER = 47  # zlib: 32 detects which of the two, 15 is the largest window


class Decoder:
    """The decoder of one response. ``decode`` raises ``WireError``."""

    def __init__(self, *, limit_bytes: int = MAX_DECODED_BYTES) -> None:
        self._inflater = zlib.decompressobj(wbits=_ZLIB_OR_GZIP_HEADER)
        self._limit_bytes = limit_bytes
        self._left_bytes = limit_bytes

    def decode(self, data: bytes) -> bytes:
        """Decode ``data``. Returns the part that is complete. Raises ``WireError``."""
        try:
            decoded = self._inflater.decompress(data, self._left_bytes + 1)
        except zlib.error as error:
            raise WireError("exchange", str(error)) from error
        self._left_bytes -= len(decoded)
        if self._left_bytes < 0:
            raise WireError("exchange", f"a compressed answer of more than {self._limit_bytes:,} bytes")
        return decoded


class Unreadable:
    """The decoder for an error's body in an unknown coding: it discards the body, because the status is enough."""

    def decode(self, _data: bytes) -> bytes:
        """Return nothing."""
        return b""


def decoder_for(coding: str, *, status: int) -> Decoder | Unreadable | None:
    """The decoder for a ``Content-Encoding``; ``None`` if the body is not encoded.

    Raises ``WireError`` for an unknown coding, or several.
    """
    names = [name for part in coding.split(",") if (name := part.strip().lower()) not in {"", "identity"}]
    if not names:
        return None
    if len(names) == 1 and names[0] in {"gzip", "x-gzip", "deflate"}:
        return Decoder()
    if status != 200:
        return Unreadable()
    raise WireError("exchange", f"an answer in the content coding {coding[:40]!r}, which was not asked for")
