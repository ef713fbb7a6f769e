"""Work-done progress: the client's display of work that takes seconds (model loading, downloads, actions)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from uuid import uuid4

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from autothink_lsp.lsp.names import PROGRESS_PREFIX

logger = logging.getLogger(__name__)

CREATE_TIMEOUT_S = 5.0


class WorkProgress:
    """Shows one progress at a time under a token created by the server. Does nothing if ``is_enabled`` is false.

    ``on_cancel`` is called when the user clicks Cancel; without it the client shows no such button.
    """

    def __init__(
        self,
        server: LanguageServer,
        title: str,
        *,
        is_enabled: bool,
        on_cancel: Callable[[], None] | None = None,
        token_prefix: str = PROGRESS_PREFIX,
    ) -> None:
        self._server = server
        self._title = title
        self._is_enabled = is_enabled
        self._on_cancel = on_cancel
        self._token_prefix = token_prefix
        self._token: str | None = None
        self._last: tuple[str, int | None] | None = None
        self._creating: asyncio.Task[None] | None = None

    async def begin(self, text: str, fraction: float | None = None) -> None:
        """Create a token, wait until the client has accepted it, and show the first line.

        If the client refuses the token or does not answer, no progress is shown.
        """
        if not self._is_enabled:
            return
        progress, token = self._server.work_done_progress, f"{self._token_prefix}{uuid4().hex[:12]}"
        try:
            await asyncio.wait_for(progress.create_async(token), CREATE_TIMEOUT_S)
        except Exception as error:  # noqa: BLE001 - the work continues without a display
            logger.info("the client shows no progress: %s", type(error).__name__)
            self._is_enabled = False
            return
        self._token = token
        cancellable = True if self._on_cancel is not None else None
        begin = types.WorkDoneProgressBegin(
            title=self._title, message=text, percentage=_percentage(fraction), cancellable=cancellable
        )
        progress.begin(token, begin)
        cancelled = progress.tokens.get(token)
        if self._on_cancel is not None and cancelled is not None:
            on_cancel = self._on_cancel
            cancelled.add_done_callback(lambda done: on_cancel() if done.cancelled() else None)

    def report(self, text: str, fraction: float | None = None) -> None:
        """Show another line. ``fraction`` is 0 to 1, or ``None`` if unknown. Does nothing if no progress is shown."""
        line = (text, _percentage(fraction))
        if self._token is None or line == self._last:
            return
        self._last = line
        report = types.WorkDoneProgressReport(message=text, percentage=line[1])
        self._server.work_done_progress.report(self._token, report)

    def show(self, text: str, fraction: float | None = None) -> None:
        """Call ``report``, or ``begin`` in the background if no progress is shown. Lines are dropped until the client
        has accepted the token."""
        if self._token is not None:
            self.report(text, fraction)
        elif self._is_enabled and (self._creating is None or self._creating.done()):
            self._last = None
            self._creating = asyncio.get_running_loop().create_task(self.begin(text, fraction))

    def end(self, text: str) -> None:
        """Show the last line. Idempotent; a token that the client has not accepted yet is dropped."""
        if self._creating is not None and not self._creating.done():
            self._creating.cancel()
        self._creating = None
        token, self._token = self._token, None
        if token is None:
            return
        with contextlib.suppress(Exception):
            self._server.work_done_progress.end(token, types.WorkDoneProgressEnd(message=text))
        # pygls keeps the token's future, and with it ``on_cancel``, as long as the server runs.
        self._server.work_done_progress.tokens.pop(token, None)


def _percentage(fraction: float | None) -> int | None:
    return None if fraction is None else int(100 * min(1.0, max(0.0, fraction)))
