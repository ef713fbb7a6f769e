"""Parses server-sent events from bytes, independent of how they are split. Pure; knows nothing of models.

Follows the WHATWG HTML standard, section "Server-sent events": lines end with LF, CRLF or CR; an event is dispatched by
a blank line; several ``data`` lines are joined by LF; lines that begin with a colon are comments; text is UTF-8, and
invalid bytes become U+FFFD. More tolerant in two points: the last event counts even if the stream ends without a blank
line, and several JSON objects in one event are several events (`joined_events.py`). Stricter in another: a line that
cannot be a field (HTML, a traceback) is an error instead of being ignored, because such a server is broken and its
answer would only look empty.
"""

from __future__ import annotations

import re

from autothink_lsp.backends.joined_events import JOINT, ends_before, separated
from autothink_lsp.values import frozen

MAX_EVENT_BYTES = 1 << 20
"""One event holds one piece of an answer: a few hundred bytes, some kilobytes with token probabilities."""

MAX_LINES = 500_000
"""Of one stream. Each costs time, an empty one too; 16,000 events of an answer have 40,000."""

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")


class SseError(ValueError):
    """The bytes are not an event stream. ``line`` is the beginning of the invalid data; ``before`` are the events that
    were complete in the same piece."""

    def __init__(self, message: str, line: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.before: list[SseEvent] = []


@frozen
class SseEvent:
    """One event. ``kind`` is the ``event`` field, ``"message"`` by default."""

    data: str
    kind: str = "message"


def _is_data_line(text: str) -> bool:
    return text.startswith("data:") and "\n" not in text and not text.startswith(("data:data:", "data: data:"))


def _plain_frames(text: str) -> list[str] | None:
    """The data of events of one line each, of which none is to be taken apart, told with a look at all of them
    together; ``None`` if that does not show."""
    frames = text[6:].split("\n\ndata: ")
    if not text.startswith("data: ") or text.count("\n") != 2 * (len(frames) - 1) or text.count("data:") != len(frames):
        return None
    if any(frame[:1] != "{" and frame != "[DONE]" for frame in frames):  # perhaps a list of objects
        return None
    between = text.count("}\n\ndata: {") + text.count("}\n\ndata: [DONE]")
    return frames if len(JOINT.findall(text)) == between else None


class SseReader:
    """Parses one stream: takes bytes and returns complete events."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._unfinished: list[bytes] = []  # pieces of an incomplete line
        self._unfinished_bytes = 0
        self._skip_line_feed = False  # the last piece ended in CR: an LF at the start of the next one belongs to it
        self._data: list[str] = []
        self._data_bytes = 0
        self._kind = "message"
        self._at_start = True
        self._lines = 0

    def feed(self, piece: bytes) -> list[SseEvent]:
        """The events that ``piece`` completes. Raises ``SseError``."""
        if self._skip_line_feed and piece:
            self._skip_line_feed = False
            if piece[:1] == b"\n":
                piece = piece[1:]
        if not piece:
            return []
        if b"\n" not in piece and b"\r" not in piece:
            self._keep(piece)
            return []
        if self._unfinished:
            piece = b"".join((*self._unfinished, piece))
            self._unfinished.clear()
            self._unfinished_bytes = 0
        if (usual := self._usual_events(piece)) is not None:
            return usual
        lines = piece.splitlines(keepends=False)  # of bytes: splits at LF, CR and CRLF only
        self._skip_line_feed = piece.endswith(b"\r")
        if not piece.endswith((b"\n", b"\r")):
            self._keep(lines.pop())
        self._lines += len(lines)
        if self._lines > MAX_LINES:
            raise SseError(f"more than {MAX_LINES:,} lines")
        events: list[SseEvent] = []
        try:
            for line in lines:
                self._take_line(line, events)
        except SseError as error:
            error.before = events
            raise
        return events

    def finish(self) -> list[SseEvent]:
        """The events that the end of the stream completes. Raises ``SseError``."""
        events: list[SseEvent] = []
        if self._unfinished:
            line = b"".join(self._unfinished)
            self._unfinished.clear()
            self._take_line(line, events)
        self._take_line(b"", events)
        return events

    def _usual_events(self, piece: bytes) -> list[SseEvent] | None:
        """The events of a piece in which each has one line of data and a blank line follows it, as model servers write
        them; ``None``, without an effect, for any other piece."""
        is_between = not self._data and self._kind == "message"
        if not (is_between and piece.startswith(b"data:") and piece.endswith(b"\n\n")):
            return None
        if b"\r" in piece or len(piece) > self._max_event_bytes:
            return None
        text = piece[:-2].decode("utf-8", "replace")
        if (frames := _plain_frames(text)) is not None and self._lines + 2 * len(frames) <= MAX_LINES:
            self._lines, self._at_start = self._lines + 2 * len(frames), False
            return [SseEvent(frame) for frame in frames]
        parts = text.split("\n\n")
        if self._lines + 2 * len(parts) > MAX_LINES or not all(map(_is_data_line, parts)):
            return None
        self._lines, self._at_start = self._lines + 2 * len(parts), False
        return [SseEvent(data) for part in parts for data in separated(part[5:].removeprefix(" "))]

    def _keep(self, piece: bytes) -> None:
        self._unfinished.append(piece)
        self._unfinished_bytes += len(piece)
        if self._unfinished_bytes + self._data_bytes > self._max_event_bytes:
            raise SseError(
                f"an event of more than {self._max_event_bytes:,} bytes",
                self._unfinished[0][:80].decode("utf-8", "replace"),
            )

    def _dispatch(self, events: list[SseEvent]) -> None:
        if self._data:
            events.extend(SseEvent(data, self._kind) for data in separated("\n".join(self._data)))
            self._data.clear()
            self._data_bytes = 0

    def _take_line(self, line: bytes, events: list[SseEvent]) -> None:
        if not line:
            self._dispatch(events)
            self._kind = "message"
            return
        if self._data_bytes + len(line) > self._max_event_bytes:
            raise SseError(
                f"an event of more than {self._max_event_bytes:,} bytes", line[:80].decode("utf-8", "replace")
            )
        text = line.decode("utf-8", "replace")
        if self._at_start:
            self._at_start = False
            text = text.removeprefix("\ufeff")
        name, _, value = text.partition(":")
        name, value = name.lower(), value.removeprefix(" ")
        if name == "data":
            if value.startswith("data:"):  # a frame that a framework put into a frame of its own
                value = value[5:].removeprefix(" ")
            if len(self._data) == 1 and ends_before(self._data[0], value):
                self._dispatch(events)
            self._data.append(value)
            self._data_bytes += len(line)
        elif name == "event":
            self._kind = value or "message"
        elif name == "error":
            # Not in the standard: until 2025 llama.cpp wrote failures in the middle of a stream as `error: {...}`.
            self._data.append(value)
            self._data_bytes += len(line)
            self._kind = "error"
        elif name and not _FIELD.match(name):
            raise SseError("a line that is no server-sent event", text[:80])
