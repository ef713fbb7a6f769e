"""What a command that runs the server's services makes of their events: progress goes to the terminal, a problem is
kept for the command to print, and no model is downloaded.

Imports nothing heavy, so that `--help` stays quick.
"""

from __future__ import annotations

import sys
from typing import Any

from autothink_lsp.errors import AutothinkError


class ServiceEvents:
    """An ``EndpointListener`` (`features/completion/endpoint.py`), with ``consent`` and ``working`` of
    ``build_services``. ``quiet`` prints no progress. ``model`` and ``problem`` are those of the completion endpoint."""

    def __init__(self, *, quiet: bool = True) -> None:
        self.problem: AutothinkError | None = None
        self.model = ""
        self._quiet = quiet

    def endpoint_ready(self, connected: Any) -> None:
        self.model = connected.model

    def endpoint_failed(self, error: AutothinkError) -> None:
        self.problem = error

    def endpoint_recovered(self) -> None: ...

    def endpoint_reading(self, *, is_reading: bool) -> None: ...

    def endpoint_warning(self, warning: str) -> None: ...

    def working(self, text: str, _fraction: float | None) -> None:
        """Show what an engine does at its start."""
        if not self._quiet and sys.stderr.isatty():
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    async def may_fetch(self, _entry: Any, _why: str) -> bool:
        """Refuse: the error names the command that downloads the model."""
        return False
