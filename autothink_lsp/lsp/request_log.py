"""The request id in each log line, and one closing line per request: method, duration, outcome, details.

The current request's id is a context variable, so that tasks started by a request have it, too. Details contain no code
and no text of a model: only names of modes, reasons, counts and milliseconds.
"""

from __future__ import annotations

import logging
import re
import time
from contextvars import ContextVar
from typing import Any

from attrs import define, field

logger = logging.getLogger(__name__)

_NO_REQUEST = "-"
_MAX_ID_CHARS = 40
_MAX_VALUE_CHARS = 200


@define(eq=False)
class RequestRecord:
    """One request of the client, from its arrival to its reply."""

    msg_id: object
    method: str
    level: int = logging.DEBUG
    details: dict[str, object] = field(factory=dict)
    began_s: float = field(factory=time.monotonic)
    is_closed: bool = False

    @property
    def id(self) -> str:
        """The client's id as it stands in the log: few requests write a line."""
        return re.sub(r"[^\w.:-]", "_", str(self.msg_id))[:_MAX_ID_CHARS]


_current: ContextVar[RequestRecord | None] = ContextVar("autothink_request", default=None)


class RequestIdFilter(logging.Filter):
    """Adds ``req`` to each record: the id of the current request, ``-`` outside a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id. Always returns True: no record is dropped."""
        record.req = current_id()
        return True


def current_id() -> str:
    """The id of the request of the current task or callback, ``-`` without one."""
    request = _current.get()
    return _NO_REQUEST if request is None else request.id


def begin(msg_id: object, method: str) -> None:
    """Start the record of a request. Must be called in a separate context."""
    _current.set(RequestRecord(msg_id, method))


def note(level: int | None = None, **details: object) -> None:
    """Add details to the closing line of the current request; ``None`` values are left out. ``level`` raises the line's
    level. Numbers are shown without decimals, mappings as ``name:value``."""
    request = _current.get()
    if request is None:
        return
    if level is not None:
        request.level = max(request.level, level)
    request.details.update({name: value for name, value in details.items() if value is not None})


def close(outcome: str) -> None:
    """Log the closing line after the reply was sent, once."""
    request = _current.get()
    if request is None or request.is_closed:
        return
    request.is_closed = True
    if not logger.isEnabledFor(request.level):
        return
    elapsed_ms = 1_000 * (time.monotonic() - request.began_s)
    details = "".join(f" {name}={_value(value)}" for name, value in request.details.items())
    logger.log(request.level, "%s %s in %.0f ms%s", request.method, outcome, elapsed_ms, details)


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.0f}"
    if isinstance(value, dict):
        value = ",".join(f"{name}:{_value(one)}" for name, one in value.items())
    text = str(value)[:_MAX_VALUE_CHARS]
    return text if re.fullmatch(r"[\w.:,/+-]+", text) else '"' + text.replace("\n", " ").replace('"', "'") + '"'
