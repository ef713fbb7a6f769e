"""The failures of a connection, independent of library and socket. Values only."""

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
    """A failure of ``loopback.py``. ``kind`` determines the message to the user."""

    def __init__(self, kind: Kind, text: str = "") -> None:
        super().__init__(text or kind)
        self.kind: Kind = kind
