"""Reports the state of the completion endpoint and of engines: one message per problem, progress, and the status
notification."""

from __future__ import annotations

import logging
from collections.abc import Callable

from autothink_lsp.errors import AutothinkError, ModelError, ServerNotNamed
from autothink_lsp.features.completion.endpoint import CompletionConnection
from autothink_lsp.lsp.client import Client
from autothink_lsp.lsp.names import DOWNLOAD_PREFIX
from autothink_lsp.lsp.progress import WorkProgress

logger = logging.getLogger(__name__)

PROGRESS_TITLE = "AutoThink"


class StatusReporter:
    """An ``EndpointListener`` for one client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._progress = client.progress(PROGRESS_TITLE)
        self._download: WorkProgress | None = None
        self.is_engine_shared: Callable[[], bool] = lambda: False
        """Whether editor windows share the embedded engine. Set when the services are built."""
        self._settled: tuple[str, dict[str, object]] | None = None  # the last status that is not "working"

    def endpoint_ready(self, connected: CompletionConnection) -> None:
        """The endpoint is connected: show that completion is ready."""
        self._end("ready")
        logger.info("completion is ready: %s %s", connected.setting, connected.model or "")
        shared = {"shared": True} if connected.setting == "embedded" and self.is_engine_shared() else {}
        self._set_status("ready", model=connected.model, backend=connected.setting, url=connected.backend.url, **shared)

    def endpoint_failed(self, error: AutothinkError) -> None:
        """Show the error, unless the settings' own warning has. The endpoint calls this once per problem."""
        self._end("failed")
        missing = {"problem": "no model"} if isinstance(error, ModelError) else {}
        self._set_status("unavailable", reason=error.for_user(), **missing)
        if not isinstance(error, ServerNotNamed):
            self._client.show_error(error.for_user())

    def endpoint_recovered(self) -> None:
        """The problem that ``endpoint_failed`` showed is solved."""
        logger.info("completion works again")
        self._client.show_info("Completion works again.")
        if self._settled is not None:
            self._set_status(self._settled[0], **self._settled[1])

    def endpoint_reading(self, *, is_reading: bool) -> None:
        """Show that the server evaluates its first prompt, before which no suggestion can come, or that it is over."""
        if is_reading and self._client.features.status:
            self._client.notify_status("working", reason="reading your file…", fraction=None)
        elif is_reading:
            self._progress.show("reading your file…", None)
        elif self._settled is not None:
            self._progress.end("ready")
            self._set_status(self._settled[0], **self._settled[1])

    def endpoint_warning(self, warning: str) -> None:
        """Most answers come too late, or a limit is reached: log it once, and show it in the status while it lasts."""
        if warning:
            logger.warning("%s", warning)
        if self._settled is not None and self._settled[0] == "ready":
            details = {name: value for name, value in self._settled[1].items() if name != "warning"}
            self._set_status("ready", **details, **({"warning": warning} if warning else {}))

    def working(self, text: str, fraction: float | None) -> None:
        """A model is being loaded or downloaded. ``fraction`` is 0 to 1, or ``None`` if unknown."""
        self._end_download(text)
        self._progress.show(text, fraction)
        self._client.notify_status("working", reason=text, fraction=fraction)

    def downloading(self, text: str, fraction: float, cancel: Callable[[], None]) -> None:
        """A model is being downloaded. ``cancel`` is called when the user cancels its progress."""
        if self._download is None:
            self._progress.end(text)
            self._download = self._client.progress(PROGRESS_TITLE, cancel, token_prefix=DOWNLOAD_PREFIX)
        self._download.show(text, fraction)
        self._client.notify_status("working", reason=text, fraction=fraction)

    def worked(self, text: str) -> None:
        """The assist engine finished loading: restore the last completion status."""
        self._end(text)
        state, details = self._settled or ("idle", {})
        self._set_status(state, **details)

    def _end(self, text: str) -> None:
        self._end_download(text)
        self._progress.end(text)

    def _end_download(self, text: str) -> None:
        download, self._download = self._download, None
        if download is not None:
            download.end(text)

    def _set_status(self, state: str, **details: object) -> None:
        self._settled = (state, details)
        self._client.notify_status(state, **details)
