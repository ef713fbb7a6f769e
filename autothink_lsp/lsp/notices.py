"""Turns what the house says of its endpoint into what an editor shows: a message once, progress, and our status
notification."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from autothink_lsp.errors import AutothinkError
from autothink_lsp.features.completion.endpoint import Connected
from autothink_lsp.lsp.messages import Messages
from autothink_lsp.lsp.progress import WorkDone

if TYPE_CHECKING:
    from autothink_lsp.lsp.server import AutothinkServer

logger = logging.getLogger(__name__)

STATUS = "autothink/status"
PROGRESS_TITLE = "autothink"


class Notices:
    """An ``EndpointListener`` for one client."""

    def __init__(self, server: AutothinkServer, messages: Messages) -> None:
        self._server = server
        self._messages = messages
        self._progress = WorkDone(server, enabled=server.features.work_done_progress)
        self._settled: tuple[str, dict[str, Any]] | None = None

    def endpoint_ready(self, connected: Connected) -> None:
        """The model answers."""
        self._progress.end("ready")
        backend = connected.backend
        logger.info("completion is ready: %s %s", backend.name, connected.model or "")
        self._status("ready", model=connected.model, backend=backend.name, url=backend.url)

    def endpoint_failed(self, error: AutothinkError) -> None:
        """Once per problem: the endpoint sees to that."""
        self._progress.end("failed")
        self._status("unavailable", reason=error.for_user())
        self._messages.error(error.for_user())

    def endpoint_recovered(self) -> None:
        """What was told is over."""
        logger.info("completion works again")
        self._messages.info("Completion works again.")
        if self._settled is not None:
            self._status(self._settled[0], **self._settled[1])

    def working(self, text: str, fraction: float | None) -> None:
        """Something that takes seconds: a model is loaded or fetched. ``fraction`` is 0 to 1 or unknown."""
        self._progress.report(PROGRESS_TITLE, text, fraction)
        self._status("working", reason=text, fraction=fraction)

    def worked(self, text: str) -> None:
        """That is over, for an engine of the assistant's: what was true of completion before is true again."""
        self._progress.end(text)
        state, details = self._settled or ("idle", {})
        self._status(state, **details)

    def _status(self, state: str, **details: Any) -> None:
        if state != "working":
            self._settled = (state, details)
        if self._server.features.status:
            self._server.protocol.notify(STATUS, {"state": state, **details})
