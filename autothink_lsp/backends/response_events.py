"""The events in the body of one response, independent of how it is read: a stream of events, one whole answer, objects
of JSON, or the text of an error.

Decides what a response is from its status, its content type and its first bytes. Does no I/O.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from autothink_lsp.backends.http_errors import ErrorTranslator, looks_like_html
from autothink_lsp.backends.joined_events import separated
from autothink_lsp.backends.sse import SseError, SseEvent, SseReader
from autothink_lsp.errors import BackendError

MAX_ANSWER_BYTES = 16 << 20
"""Of one stream, all its events together."""

MAX_WHOLE_ANSWER_BYTES = 4 << 20
"""Of an answer in one piece, such as a list of models. It is parsed at once, which holds everything else up."""

_MAX_ERROR_BODY_BYTES = 64 << 10
_LINES_OF_JSON = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-lines")
_STREAM_TYPES = frozenset({"", "text/event-stream", "text/plain", "application/octet-stream", *_LINES_OF_JSON})
_BEGINS_STREAM = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:(?:data|event|id|retry|error)?:|\{|\[\s*\{)")
"""The first bytes of an event stream, of an object, or of a list of objects, whatever its content type."""
_BEGINNING_BYTES = 8


class ResponseReader:
    """Takes the pieces of one body, in order, and returns the events in them. Raises nothing.

    ``is_open``: the response is an answer, and not an error. ``failure`` is to be raised after the events before it;
    no further piece may be fed then.
    """

    def __init__(
        self, status: int, headers: Mapping[str, str], errors: ErrorTranslator, url: str, *, whole: bool
    ) -> None:
        """``whole``: a body of any type is one event."""
        self.is_open = False
        self.failure: BackendError | None = None
        self._status = status
        self._headers = headers
        self._errors = errors
        self._url = url
        self._is_whole = whole
        self._kept: list[bytes] = []  # pieces that are read together
        self._size_bytes = 0  # of all pieces
        self._events = SseReader()
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        self._content_type = content_type
        self._take: Callable[[bytes], list[SseEvent]] = self._take_first_events
        self._finish: Callable[[], list[SseEvent]] = self._finish_events
        if not 200 <= status < 300:  # some frameworks answer every POST with 201
            self._take, self._finish = self._take_quoted, self._finish_error
        elif whole or content_type == "application/json":  # a server that does not stream
            self._take, self._finish = self._take_whole, self._finish_whole
        elif content_type not in _STREAM_TYPES:  # Flask streams as text/html by default
            self._take, self._finish = self._take_beginning, self._finish_beginning
        else:
            self.is_open = True

    def feed(self, piece: bytes) -> list[SseEvent]:
        """The events that ``piece`` completes."""
        self._size_bytes += len(piece)
        return self._take(piece)

    def finish(self) -> list[SseEvent]:
        """The events that the end of the body completes."""
        return self._finish()

    # ---- a stream of events

    def _take_first_events(self, piece: bytes) -> list[SseEvent]:
        if looks_like_html(piece):
            self.failure = self._errors.not_a_stream("text/html", piece)
            return []
        is_json = piece.lstrip()[:1] in {b"{", b"["}
        self._take = self._take_objects if is_json else self._take_events
        if is_json:
            self._finish = self._finish_objects
        return self._take(piece)

    def _take_events(self, piece: bytes) -> list[SseEvent]:
        if self._is_too_large():
            return []
        try:
            return self._events.feed(piece)
        except SseError as error:
            return self._not_events(error)

    def _finish_events(self) -> list[SseEvent]:
        try:
            return self._events.finish()
        except SseError as error:
            return self._not_events(error)

    def _not_events(self, error: SseError) -> list[SseEvent]:
        self.failure = self._errors.rubbish(str(error), error.line, status=200)
        self.failure.__cause__ = error
        return error.before

    # ---- an object, lines of objects or a list of them: each is an event, at the end

    def _take_objects(self, piece: bytes) -> list[SseEvent]:
        if not self._is_too_large():
            self._kept.append(piece)
        return []

    def _finish_objects(self) -> list[SseEvent]:
        return [SseEvent(each) for each in separated(self._body().decode("utf-8", "replace"))]

    # ---- one whole answer

    def _take_whole(self, piece: bytes) -> list[SseEvent]:
        if self._size_bytes > MAX_WHOLE_ANSWER_BYTES:
            self.failure = self._errors.rubbish(f"more than {MAX_WHOLE_ANSWER_BYTES:,} bytes in one piece", status=200)
        self._kept.append(piece)
        return []

    def _finish_whole(self) -> list[SseEvent]:
        self.is_open, body = True, self._body()
        if self._is_whole:
            return [SseEvent(body.decode("utf-8", "replace"))]
        if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
            return [SseEvent(each) for each in separated(body.decode("utf-8-sig", "replace"))]
        try:  # the event stream that some gateways send with a content type of JSON
            events = [*self._events.feed(body), *self._events.finish()]
        except SseError as error:
            return self._not_events(error)
        return events or [SseEvent(body.decode("utf-8", "replace"))]

    # ---- another content type

    def _take_beginning(self, piece: bytes) -> list[SseEvent]:
        self._kept.append(piece)
        first = self._body()
        if len(first.strip()) < _BEGINNING_BYTES and len(first) <= _MAX_ERROR_BODY_BYTES:
            return []
        if _BEGINS_STREAM.match(first):
            return self._begin_stream(first)
        self._take, self._finish = self._take_quoted, self._finish_other
        return self._take(b"")

    def _finish_beginning(self) -> list[SseEvent]:
        first = self._body()
        if not _BEGINS_STREAM.match(first):
            return self._finish_other()
        events = self._begin_stream(first)
        return events if self.failure is not None else [*events, *self._finish()]

    def _finish_other(self) -> list[SseEvent]:
        self.failure = self._errors.not_a_stream(self._content_type, self._body()[:_MAX_ERROR_BODY_BYTES])
        return []

    def _begin_stream(self, first: bytes) -> list[SseEvent]:
        self.is_open = True
        self._kept.clear()
        self._take, self._finish = self._take_first_events, self._finish_events
        return self._take(first)

    # ---- an error

    def _take_quoted(self, piece: bytes) -> list[SseEvent]:
        """Keep as much of the body as the message may quote."""
        self._kept.append(piece)
        return self._finish() if self._size_bytes >= _MAX_ERROR_BODY_BYTES else []

    def _finish_error(self) -> list[SseEvent]:
        body = self._body()[:_MAX_ERROR_BODY_BYTES]
        self.failure = self._errors.from_status(self._status, self._headers, body, self._url)
        return []

    def _body(self) -> bytes:
        return b"".join(self._kept)

    def _is_too_large(self) -> bool:
        if self._size_bytes > MAX_ANSWER_BYTES:
            self.failure = self._errors.rubbish(f"more than {MAX_ANSWER_BYTES:,} bytes", status=200)
        return self.failure is not None
