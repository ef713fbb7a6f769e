"""Undoes the content coding of an HTTP answer (RFC 9110, 8.4.1) within a limit. Pure.

We ask for none. Some servers and proxies compress all the same, and a few kilobytes of gzip can stand for gigabytes: so
no step makes more than what is left of the limit, and then the answer has failed.
"""

from __future__ import annotations

import zlib
from typing import Final

from autothink_lsp.backends.wire_error import WireError

MAX_DECODED_BYTES: Final = 4 << 20
_ZLIB_OR_GZIP_HEADER = 47  # zlib: 32 to find out which of the two, 15 for the largest window


class Decoder:
    """The decoder of one answer. ``decode`` raises ``WireError``."""

    def __init__(self, *, limit_bytes: int = MAX_DECODED_BYTES) -> None:
        self._inflater = zlib.decompressobj(wbits=_ZLIB_OR_GZIP_HEADER)
        self._limit_bytes = limit_bytes
        self._left_bytes = limit_bytes

    def decode(self, data: bytes) -> bytes:
        """What ``data`` stands for, as far as it is complete."""
        try:
            decoded = self._inflater.decompress(data, self._left_bytes + 1)
        except zlib.error as error:
            raise WireError("exchange", str(error)) from error
        self._left_bytes -= len(decoded)
        if self._left_bytes < 0:
            raise WireError("exchange", f"a compressed answer of more than {self._limit_bytes:,} bytes")
        return decoded


class Unreadable:
    """For the body of an error in a coding that we do not have: the status says enough."""

    def decode(self, _data: bytes) -> bytes:
        """Nothing."""
        return b""


def decoder_for(coding: str, *, status: int) -> Decoder | Unreadable | None:
    """The decoder for a ``Content-Encoding``; ``None`` where there is nothing to undo.

    Raises ``WireError`` for an answer in a coding that we do not have, or in several.
    """
    names = [name for part in coding.split(",") if (name := part.strip().lower()) not in {"", "identity"}]
    if not names:
        return None
    if len(names) == 1 and names[0] in {"gzip", "x-gzip", "deflate"}:
        return Decoder()
    if status != 200:
        return Unreadable()
    raise WireError("exchange", f"an answer in the content coding {coding[:40]!r}, which was not asked for")
