"""Records the LSP messages of a session, in both directions and with their times, for a bug report or a replay.

A recording is a file of JSON lines: a header, then ``{"t_ms", "from": "client" | "server", "message"}``. It contains no
code unless the user requests it, and never copied text: every letter of a text becomes ``x`` and every digit ``0``, so
that positions stay valid in every encoding. Names of methods and capabilities, ids, paths, languages and settings are
kept, without secrets. Only the file's owner can read it.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from autothink_lsp import __version__
from autothink_lsp.framing import FrameParser, FramingError
from autothink_lsp.lsp.names import CLIPBOARD

logger = logging.getLogger(__name__)

FORMAT = 1

# Members whose strings are kept (without secrets) at any depth.
_KEPT = frozenset(
    {
        *("jsonrpc", "method", "id", "uri", "rootUri", "rootPath", "scopeUri", "section", "languageId", "command"),
        *("kind", "trace", "name", "version", "token", "scheme", "schemes", "globPattern", "pattern", "notebookType"),
        *("positionEncoding", "triggerCharacter", "triggerCharacters", "action", "event", "state", "model", "backend"),
        *("url", "rule", "think", "language", "only", "locale"),
    }
)
# Members that are kept completely.
_KEPT_TREES = frozenset(
    {"capabilities", "clientInfo", "serverInfo", "registrations", "initializationOptions", "settings"}
)


class SessionRecorder:
    """Writes one session to ``path``. Raises ``OSError`` if the file cannot be written.

    ``with_code`` keeps texts unchanged, including code.
    """

    def __init__(self, path: Path, *, with_code: bool) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)  # the file may have existed before
        self._file = os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace")
        self._lock = threading.Lock()
        self._began_s = time.monotonic()
        self._with_code = with_code
        self._is_broken = False
        self._masker = MessageMasker()
        self._write({"recording": FORMAT, "version": __version__, "with_code": with_code})

    def reader(self, read: Callable[[int], bytes]) -> Callable[[int], bytes]:
        """``read``, with the returned bytes recorded as messages of the client."""
        parser = FrameParser()

        def read_and_record(count: int) -> bytes:
            data = read(count)
            self._record("client", parser, data)
            return data

        return read_and_record

    def stream(self, stream: BinaryIO) -> BinaryIO:
        """``stream``, with the written bytes recorded as messages of the server."""
        return _RecordedStream(stream, self, FrameParser())  # pyright: ignore[reportReturnType] - what Writer needs

    def _record(self, sender: str, parser: FrameParser, data: bytes) -> None:
        """Record bytes. Never raises: a failed recording must not end the session."""
        try:
            with self._lock:
                for body in parser.feed(data):
                    self._record_body(sender, body)
        except Exception as error:  # noqa: BLE001 - see above
            if not self._is_broken:
                logger.warning("the recording is incomplete: %s", type(error).__name__)
            self._is_broken = True

    def _record_body(self, sender: str, body: bytes | FramingError) -> None:
        t_ms = round(1_000 * (time.monotonic() - self._began_s), 1)
        try:
            message = json.loads(body) if isinstance(body, bytes) else None
        except ValueError:
            message = None
        if message is None:
            self._write({"t_ms": t_ms, "from": sender, "damaged": True})
            return
        self._write({"t_ms": t_ms, "from": sender, "message": self._shown(sender, message)})

    def _shown(self, sender: str, message: Any) -> Any:
        masked = self._masker.masked(sender, message)
        is_copied_text = self._masker.is_copied_text(sender, message)
        return message if self._with_code and not is_copied_text else masked

    def _write(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        self._file.flush()


class _RecordedStream:
    """A stream with the two methods that ``transport.Writer`` calls."""

    def __init__(self, stream: BinaryIO, recorder: SessionRecorder, parser: FrameParser) -> None:
        self._stream = stream
        self._recorder = recorder
        self._parser = parser

    def write(self, data: bytes) -> int:
        self._recorder._record("server", self._parser, data)  # noqa: SLF001 - the other half of the recorder
        return self._stream.write(data)

    def flush(self) -> None:
        self._stream.flush()


class MessageMasker:
    """Replaces the texts in a session's messages. Remembers requests for settings, whose replies are kept, and those
    for the clipboard."""

    def __init__(self) -> None:
        self._settings_requests: set[tuple[str, str]] = set()
        self._clipboard_requests: set[str] = set()

    def is_copied_text(self, sender: str, message: Any) -> bool:
        """Whether ``message``, which was given to ``masked`` already, is the client's answer with copied text."""
        is_answer = sender == "client" and isinstance(message, dict) and "method" not in message
        return is_answer and str(message.get("id")) in self._clipboard_requests

    def masked(self, sender: str, message: Any) -> Any:
        """A copy of ``message`` without code and secrets."""
        if not isinstance(message, dict):
            return _masked(message)
        number = str(message.get("id"))
        method = message.get("method")
        if method == CLIPBOARD:
            self._clipboard_requests.add(number)
        if method == "workspace/configuration":
            self._settings_requests.add((sender, number))
        asker = "server" if sender == "client" else "client"
        is_settings = method is None and (asker, number) in self._settings_requests
        is_log = method in {"window/logMessage", "$/logTrace", "$/setTrace"}
        return {
            key: _kept(value)
            if (is_settings and key == "result") or (is_log and key == "params") or key == "error"
            else _kept(value)
            if key in _KEPT
            else _masked(value)
            for key, value in message.items()
        }


def mask_text(text: str) -> str:
    """The text with letters and digits replaced; its length in UTF-8, UTF-16 and UTF-32 is unchanged."""
    return "".join(map(_mask_char, text))


def _mask_char(char: str) -> str:
    if char.isascii():
        return "0" if char.isdigit() else "x" if char.islower() else "X" if char.isupper() else char
    code = ord(char)
    return "é" if code < 0x800 else "中" if code < 0x10000 else "𝕩"


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, list):
        return [_masked(each) for each in value]
    if isinstance(value, dict):
        return {
            key: _kept(each) if key in _KEPT_TREES or (key in _KEPT and isinstance(each, str | list)) else _masked(each)
            for key, each in value.items()
        }
    return value


def _kept(value: Any, name: str = "") -> Any:
    """The value without secrets. ``name`` is the member's name, which helps to recognize a secret."""
    from autothink_lsp.context.redaction import without_secrets

    if isinstance(value, str):
        shown, named = without_secrets(value), f'{name} = "{value}"'
        is_named_secret = shown == value and bool(name) and '"' not in value and without_secrets(named) != named
        return mask_text(value) if is_named_secret else shown
    if isinstance(value, list):
        return [_kept(each, name) for each in value]
    if isinstance(value, dict):
        return {key: _kept(each, key) for key, each in value.items()}
    return value
