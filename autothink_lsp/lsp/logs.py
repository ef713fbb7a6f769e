"""The outputs of the log: standard error or a file, and the editor's log. Never standard output, which is the protocol.

Code is logged only at ``TRACE``. pygls and httpx log whole messages at ``INFO``, so their level is raised. Messages of
checkers, servers and exceptions may quote code anyway: secrets are removed from every line, including tracebacks. Files
are readable only by their owner.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import Any

from lsprotocol import types

from autothink_lsp.lsp.client import Client
from autothink_lsp.lsp.request_log import RequestIdFilter, current_id

TRACE = 5
_LEVELS = {
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
    "trace": TRACE,
}
_FORMAT = "%(asctime)s %(levelname)-7s %(name)s req=%(req)s: %(message)s"
_CLIENT_LEVELS = (
    (logging.ERROR, types.MessageType.Error),
    (logging.WARNING, types.MessageType.Warning),
    (logging.INFO, types.MessageType.Info),
)
_LARGEST_FILE_BYTES = 5 * 1024 * 1024


class _Formatter(logging.Formatter):
    """Formats records without secrets. A record without arguments contains none, so nothing is imported for the first
    lines of a start."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if not (record.args or record.exc_info or record.stack_info):
            return text
        from autothink_lsp.context.redaction import without_secrets

        return without_secrets(text)


def _own_file(path: str) -> logging.Handler:
    """A rotating log file that only its owner can read. Raises ``OSError``."""
    from logging.handlers import RotatingFileHandler

    class OwnFile(RotatingFileHandler):
        def _open(self) -> Any:
            return open(
                self.baseFilename, self.mode, encoding=self.encoding, errors="backslashreplace", opener=_for_owner
            )

    return OwnFile(path, maxBytes=_LARGEST_FILE_BYTES, backupCount=1, encoding="utf-8", delay=False)


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _crashed(info: Any) -> None:
    logging.getLogger("autothink_lsp").critical("crashed", exc_info=info)


class ClientLog(logging.Handler):
    """Sends our log to the editor's: ``window/logMessage``, and ``$/logTrace`` for debug lines."""

    def __init__(self, client: Client) -> None:
        super().__init__(logging.DEBUG)
        self._client = client

    def emit(self, record: logging.LogRecord) -> None:
        """Send the record. Never raises, never blocks; records of other threads are passed to the event loop."""
        from autothink_lsp.context.redaction import without_secrets

        try:
            text = without_secrets(f"req={current_id()}: {record.getMessage()}")
            kind = next((kind for level, kind in _CLIENT_LEVELS if record.levelno >= level), None)
            self._client.in_loop(lambda: self._client.log(kind, text))
        except Exception:  # noqa: BLE001 - a log line that cannot be sent must not fail the logged operation
            self.handleError(record)


class Logs:
    """Configures logging. The arguments come from the command line and override the settings of the same name."""

    def __init__(self, *, level: str | None = None, file: str | None = None) -> None:
        self._level = level
        self._file = file
        self._opened: str | None = None
        self._handler: logging.Handler | None = None
        self._package = logging.getLogger("autothink_lsp")

    def start(self) -> None:
        """Start logging before the settings are known."""
        logging.addLevelName(TRACE, "TRACE")
        root = logging.getLogger()
        root.setLevel(logging.WARNING)
        # pygls warns of every cancellation that arrives after its answer, which is most of them.
        logging.getLogger("pygls").setLevel(logging.ERROR)
        self.apply("info", "")
        # The interpreter would print uncaught exceptions to standard error unmodified.
        sys.excepthook = lambda kind, error, trace: _crashed((kind, error, trace))
        threading.excepthook = lambda args: _crashed((args.exc_type, args.exc_value, args.exc_traceback))

    def to_client(self, client: Client) -> None:
        """Also send the package's lines to the editor's log from now on."""
        self._package.addHandler(ClientLog(client))

    def apply(self, level: str, file: str) -> None:
        """Apply ``log.level`` and ``log.file``. A file that cannot be written causes one warning on standard error."""
        self._package.setLevel(_LEVELS[self._level or level])
        wanted = self._file or file
        if self._handler is not None and wanted == self._opened:
            return
        self._opened = wanted
        handler: logging.Handler = logging.StreamHandler(sys.stderr)
        problem = ""
        if wanted:
            try:
                handler = _own_file(wanted)
            except OSError as error:
                problem = f"log.file {wanted!r} cannot be written: {error.strerror or error}"
        handler.setFormatter(_Formatter(_FORMAT))
        handler.addFilter(RequestIdFilter())
        root = logging.getLogger()
        if self._handler is not None:
            root.removeHandler(self._handler)
            self._handler.close()
        root.addHandler(handler)
        self._handler = handler
        if problem:
            logging.getLogger(__name__).warning(problem)
