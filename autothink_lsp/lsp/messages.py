"""What the user gets to see and is asked, and the log that the editor keeps. Each text once, never one per key."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from lsprotocol import types

from autothink_lsp.lsp.protocol import MalformedResult

if TYPE_CHECKING:
    from autothink_lsp.engines.models.catalogue import ModelEntry
    from autothink_lsp.lsp.server import AutothinkServer

logger = logging.getLogger(__name__)

# A question that stays unanswered (ALE never answers) counts as "not now".
ANSWER_TIMEOUT_S = 600.0
MIB = 1 << 20

_LEVELS = (
    (logging.ERROR, types.MessageType.Error),
    (logging.WARNING, types.MessageType.Warning),
    (logging.INFO, types.MessageType.Info),
)


class Messages:
    """The window of one client."""

    def __init__(self, server: AutothinkServer) -> None:
        self._server = server

    def error(self, text: str) -> None:
        """Pop up and log."""
        self._show(types.MessageType.Error, text)

    def warning(self, text: str) -> None:
        """Pop up and log."""
        self._show(types.MessageType.Warning, text)

    def info(self, text: str) -> None:
        """Pop up and log."""
        self._show(types.MessageType.Info, text)

    def _show(self, kind: types.MessageType, text: str) -> None:
        from autothink_lsp.features.assist.safe_markdown import inert

        self._server.window_show_message(types.ShowMessageParams(kind, f"autothink: {inert(text)}"))

    async def ask(self, text: str, answers: tuple[str, ...]) -> str | None:
        """The answer chosen, or ``None`` when the user closed the question or the client never answers."""
        try:
            return await self.question(f"autothink: {text}", answers, timeout_s=ANSWER_TIMEOUT_S)
        except TimeoutError:
            return None
        except Exception as error:  # noqa: BLE001 - a client that refuses the question has not agreed to anything
            logger.info("the client did not take the question: %s", type(error).__name__)
            return None

    async def question(
        self,
        text: str,
        answers: tuple[str, ...],
        *,
        timeout_s: float,
        kind: types.MessageType = types.MessageType.Info,
    ) -> str | None:
        """The title of the chosen answer, ``None`` where the question was closed. ``text`` is shown as it is.

        Raises ``TimeoutError`` without an answer, and the client's error where it cannot ask.
        """
        actions = [types.MessageActionItem(title=answer) for answer in answers]
        params = types.ShowMessageRequestParams(type=kind, message=text, actions=actions)
        try:
            chosen = await asyncio.wait_for(self._server.window_show_message_request_async(params), timeout=timeout_s)
        except MalformedResult as odd:  # some clients answer with the bare title
            return odd.result if isinstance(odd.result, str) else None
        return chosen.title if chosen is not None else None

    async def may_fetch(self, entry: ModelEntry, why: str) -> bool:
        """Whether the user lets us download a model."""
        fetch, not_now = f"Download ({entry.size_bytes / MIB:.0f} MiB)", "Not now"
        text = (
            f"{why} Download {entry.name} ({entry.licence}, {entry.size_bytes / MIB:.0f} MiB)? "
            "It runs on this machine; your code does not leave it."
        )
        return await self.ask(text, (fetch, not_now)) == fetch


class ClientLog(logging.Handler):
    """Sends our log to the editor's: ``window/logMessage``, and ``$/logTrace`` while the user has tracing on."""

    def __init__(self, server: AutothinkServer) -> None:
        super().__init__(logging.DEBUG)
        self._server = server

    def emit(self, record: logging.LogRecord) -> None:
        """Never raises, never blocks; records of other threads are handed to the loop."""
        from autothink_lsp.context.redaction import without_secrets

        try:
            text = without_secrets(record.getMessage())
            self._server.in_loop(lambda: self._send(record.levelno, text))
        except Exception:  # noqa: BLE001 - a log that cannot be sent must not break what it tells of
            self.handleError(record)

    def _send(self, level: int, text: str) -> None:
        if self._server.protocol.writer is None:
            return
        for at_least, kind in _LEVELS:
            if level >= at_least:
                self._server.window_log_message(types.LogMessageParams(kind, text))
                return
        if self._server.protocol.trace != types.TraceValue.Off:
            self._server.log_trace(types.LogTraceParams(text))
