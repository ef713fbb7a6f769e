"""Work-done progress for things that take seconds: loading and fetching a model."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING
from uuid import uuid4

from lsprotocol import types

if TYPE_CHECKING:
    from autothink_lsp.lsp.server import AutothinkServer

logger = logging.getLogger(__name__)

CREATE_TIMEOUT_S = 5.0


class WorkDone:
    """One progress at a time under a token of ours; silent for clients that show none."""

    def __init__(self, server: AutothinkServer, *, enabled: bool) -> None:
        self._server = server
        self._enabled = enabled
        self._token: str | None = None
        self._last: tuple[str, int | None] | None = None
        self._creating: asyncio.Task[None] | None = None

    def report(self, title: str, text: str, fraction: float | None) -> None:
        """Begin if nothing runs yet, else go on. ``fraction`` 0 to 1, or ``None`` when it cannot be told."""
        if not self._enabled:
            return
        percentage = None if fraction is None else int(100 * min(1.0, max(0.0, fraction)))
        if self._token is None:
            self._token = str(uuid4())
            self._last = None
            self._creating = asyncio.get_running_loop().create_task(self._create(self._token, title, text, percentage))
            return
        if self._last == (text, percentage) or (self._creating is not None and not self._creating.done()):
            return
        self._last = (text, percentage)
        self._send(self._token, types.WorkDoneProgressReport(message=text, percentage=percentage))

    def end(self, text: str) -> None:
        """The last line. Without a progress that runs it does nothing."""
        token, self._token = self._token, None
        if token is None:
            return
        if self._creating is not None and not self._creating.done():
            # The client has not agreed to the token yet, so it must not hear of it.
            self._creating.cancel()
            return
        self._send(token, types.WorkDoneProgressEnd(message=text))

    async def _create(self, token: str, title: str, text: str, percentage: int | None) -> None:
        params = types.WorkDoneProgressCreateParams(token=token)
        try:
            await asyncio.wait_for(self._server.window_work_done_progress_create_async(params), CREATE_TIMEOUT_S)
        except Exception as error:  # noqa: BLE001 - no progress is shown then, the work goes on
            logger.info("the client shows no progress: %s", type(error).__name__)
            self._enabled = False
            self._token = None
            return
        self._send(token, types.WorkDoneProgressBegin(title=title, message=text, percentage=percentage))

    def _send(
        self,
        token: str,
        value: types.WorkDoneProgressBegin | types.WorkDoneProgressReport | types.WorkDoneProgressEnd,
    ) -> None:
        self._server.progress(types.ProgressParams(token=token, value=value))
