"""What can go wrong on the way of a request, whichever library or socket it happened in. Values only."""

from __future__ import annotations

from typing import Literal

Kind = Literal[
    "connect timeout",
    "read timeout",
    "write timeout",
    "pool timeout",
    "no connection",
    "proxy",
    "not HTTP",
    "exchange",
    "disconnect",
]


class WireError(Exception):
    """A failure of ``loopback.py``. ``kind`` decides what the user is told."""

    def __init__(self, kind: Kind, text: str = "") -> None:
        super().__init__(text or kind)
        self.kind: Kind = kind
