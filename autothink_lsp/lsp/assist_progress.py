"""Shows an action while it runs: work-done progress that can be cancelled, and our status notification."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from lsprotocol import types

from autothink_lsp.features.assist.safe_markdown import inert
from autothink_lsp.features.assist.values import AssistResult, Stage
from autothink_lsp.lsp.paced import Paced

if TYPE_CHECKING:
    from autothink_lsp.lsp.live_document import LiveDocument
    from autothink_lsp.lsp.server import AutothinkServer

logger = logging.getLogger(__name__)

STATUS = "autothink/status"
_LEAST_GAP_S = 0.25
_CREATE_TIMEOUT_S = 5.0
_LONGEST_LINE = 90


class AssistProgress:
    """One action's. ``cancel`` is called when the user clicks Cancel."""

    def __init__(self, server: AutothinkServer, title: str, cancel: Callable[[], None], live: LiveDocument) -> None:
        self._server = server
        self._title = title
        self._cancel = cancel
        self._live = live
        self._token: str | None = None
        self._stage: Stage | None = None
        self._paced = Paced(_LEAST_GAP_S, self._tell)

    async def begin(self) -> None:
        """Make a token of ours; silent for clients that show none."""
        if not self._server.features.work_done_progress:
            return
        token = f"autothink-{uuid4().hex[:12]}"
        try:
            await asyncio.wait_for(self._server.work_done_progress.create_async(token), _CREATE_TIMEOUT_S)
        except Exception as error:  # noqa: BLE001 - a client that shows no progress gets its edit all the same
            logger.info("the client takes no progress: %s", type(error).__name__)
            return
        self._token = token
        begin = types.WorkDoneProgressBegin(title="AutoThink", message=self._title, cancellable=True)
        self._server.work_done_progress.begin(token, begin)
        wanted = self._server.work_done_progress.tokens.get(token)
        if wanted is not None:
            wanted.add_done_callback(lambda done: self._cancel() if done.cancelled() else None)

    def stage(self, stage: Stage) -> None:
        """A ``StageListener``: every new step, and within one some times a second."""
        self._live.stage(stage)
        is_new = self._stage is None or stage.name != self._stage.name
        self._stage = stage
        self._paced.changed(at_once=is_new)

    def _tell(self) -> None:
        stage = self._stage
        if stage is None:
            return
        line = inert(stage.last_line.strip()[:_LONGEST_LINE])
        text = f"{stage.text}: {line}" if line else stage.text
        if self._token is not None:
            self._server.work_done_progress.report(self._token, types.WorkDoneProgressReport(message=text))
        self._status("thinking" if stage.name == "thinking" else "assisting", text, stage)

    def end(self, text: str, result: AssistResult | None = None) -> None:
        """Idempotent. ``result`` is missing where the action was cancelled."""
        self._paced.close()
        token, self._token = self._token, None
        if token is not None:
            with contextlib.suppress(Exception):
                self._server.work_done_progress.end(token, types.WorkDoneProgressEnd(message=text))
            # pygls keeps it as long as it lives, and with it this action and the text of its document.
            self._server.work_done_progress.tokens.pop(token, None)
        details = {} if result is None else {"decision": result.reason, "rule": result.rule_id}
        self._notify("assisted", text, document=self._live.uri, **details)

    def _status(self, state: str, text: str, stage: Stage) -> None:
        details = {"seconds": round(stage.elapsed_s, 1), "tokens": stage.tokens}
        self._notify(state, text, thinking=stage.name == "thinking", document=self._live.uri, **details)

    def _notify(self, state: str, text: str, **details: Any) -> None:
        if self._server.features.status:
            self._server.protocol.notify(STATUS, {"state": state, "reason": text, **details})
