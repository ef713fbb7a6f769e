"""Where our log goes: standard error or a file, and the editor's own log. Never standard output, which is the protocol.

Code text is logged at ``TRACE`` only. pygls and httpx log whole messages at ``INFO``; they are kept quiet for the same
reason. What a checker, a server or an exception says may quote code all the same: secrets are taken out of every line,
tracebacks included. Files are readable by their owner only.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from autothink_lsp.lsp.messages import ClientLog

if TYPE_CHECKING:
    from autothink_lsp.lsp.server import AutothinkServer

TRACE = 5
_LEVELS = {
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
    "trace": TRACE,
}
_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_LARGEST_FILE_BYTES = 5 * 1024 * 1024


class _Formatter(logging.Formatter):
    """Without secrets. A fixed text holds none, so that nothing is imported for the first lines of a start."""

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


class Logs:
    """The arguments come from the command line and override the settings of the same name."""

    def __init__(self, *, level: str | None = None, file: str | None = None) -> None:
        self._level = level
        self._file = file
        self._opened: str | None = None
        self._handler: logging.Handler | None = None
        self._package = logging.getLogger("autothink_lsp")

    def start(self) -> None:
        """Before anything is known of the settings."""
        logging.addLevelName(TRACE, "TRACE")
        root = logging.getLogger()
        root.setLevel(logging.WARNING)
        # It warns of every cancellation that comes after its answer, which is most of them.
        logging.getLogger("pygls").setLevel(logging.ERROR)
        self.apply("info", "")
        # The interpreter's own last words would go to standard error as they are.
        sys.excepthook = lambda kind, error, trace: _crashed((kind, error, trace))
        threading.excepthook = lambda args: _crashed((args.exc_type, args.exc_value, args.exc_traceback))

    def to_client(self, server: AutothinkServer) -> None:
        """From here on the editor's log gets it too."""
        self._package.addHandler(ClientLog(server))

    def apply(self, level: str, file: str) -> None:
        """``log.level`` and ``log.file``. A file that cannot be written is a warning on standard error, once."""
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
        root = logging.getLogger()
        if self._handler is not None:
            root.removeHandler(self._handler)
            self._handler.close()
        root.addHandler(handler)
        self._handler = handler
        if problem:
            logging.getLogger(__name__).warning(problem)
