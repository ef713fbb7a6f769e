"""Where our log goes: standard error or a file, and the editor's own log. Never standard output, which is the protocol.

Code text is logged at ``TRACE`` only. pygls and httpx log whole messages at ``INFO``; they are kept quiet for the same
reason.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

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
            from logging.handlers import RotatingFileHandler

            try:
                handler = RotatingFileHandler(
                    wanted, maxBytes=_LARGEST_FILE_BYTES, backupCount=1, encoding="utf-8", delay=False
                )
            except OSError as error:
                problem = f"log.file {wanted!r} cannot be written: {error.strerror or error}"
        handler.setFormatter(logging.Formatter(_FORMAT))
        root = logging.getLogger()
        if self._handler is not None:
            root.removeHandler(self._handler)
            self._handler.close()
        root.addHandler(handler)
        self._handler = handler
        if problem:
            logging.getLogger(__name__).warning(problem)
