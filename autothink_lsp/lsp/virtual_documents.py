"""Read-only documents ``autothink:/…`` that show what an action did: explanation, reason, checks, judge, thinking.

The only place where thinking text is kept, for the last actions of this session. Clients without
``workspace/textDocumentContent`` are shown the explanation as a message.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING
from uuid import uuid4

from lsprotocol import types

from autothink_lsp.features.assist.safe_markdown import inert
from autothink_lsp.features.assist.values import AssistRequest

if TYPE_CHECKING:
    from autothink_lsp.lsp.live_document import LiveDocument
    from autothink_lsp.lsp.server import AutothinkServer

logger = logging.getLogger(__name__)

SCHEME = "autothink"
# Markdown for every editor; the VS Code extension knows its own language by the longer part.
ENDING = ".autothink.md"
METHOD = "workspace/textDocumentContent"
_KEPT = 20
_TIMEOUT_S = 5.0
_LONGEST_MESSAGE = 600


class VirtualDocuments:
    """One client's."""

    def __init__(self, server: AutothinkServer) -> None:
        self._server = server
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._read: set[str] = set()
        self.registered = False

    async def register(self) -> None:
        """Offer them, where the client lets us."""
        if not self._server.features.text_documents:
            return
        options = types.TextDocumentContentRegistrationOptions(schemes=[SCHEME])
        registration = types.Registration(id="autothink-documents", method=METHOD, register_options=options)
        try:
            params = types.RegistrationParams([registration])
            await asyncio.wait_for(self._server.client_register_capability_async(params), _TIMEOUT_S)
            self.registered = True
        except Exception as error:  # noqa: BLE001 - then explanations are messages
            logger.info("the client takes no read-only documents: %s", type(error).__name__)

    def content(self, uri: str) -> str:
        """The document's text; a sentence for one that is not kept any more."""
        self._read.add(uri)
        return self._texts.get(uri, "This is no longer kept. AutoThink shows the last actions of a session only.\n")

    def begin(self, request: AssistRequest) -> LiveDocument:
        """The document of an action that begins: it grows while the action runs."""
        from autothink_lsp.lsp.live_document import LiveDocument

        uri = f"{SCHEME}:/{request.action.value}-{uuid4().hex[:8]}{ENDING}"
        return LiveDocument(self, uri, request)

    def write(self, uri: str, text: str) -> None:
        """Keep a document's text, the last ones of the session only."""
        self._texts[uri] = text
        while len(self._texts) > _KEPT:
            self._read.discard(self._texts.popitem(last=False)[0])

    def refresh(self, uri: str) -> None:
        """Have a client that has read the document read it again."""
        if uri in self._read and self.registered:
            self._server.spawn(self._refresh(uri), "refresh a document")

    async def _refresh(self, uri: str) -> None:
        params = types.TextDocumentContentRefreshParams(uri)
        try:
            await asyncio.wait_for(self._server.workspace_text_document_content_refresh_async(params), _TIMEOUT_S)
        except Exception as error:  # noqa: BLE001 - it is then as old as it was
            logger.debug("the client did not refresh a document: %s", type(error).__name__)

    def open_soon(self, uri: str) -> None:
        """Show the document in the background."""
        self._server.spawn(self.show(uri, ""), "show a document")

    @property
    def latest(self) -> str | None:
        return next(reversed(self._texts), None)

    async def show(self, uri: str, fallback: str) -> None:
        """In the editor; as a message where it can show no such document."""
        if self.registered and self._server.features.show_document:
            params = types.ShowDocumentParams(uri=uri, take_focus=False)
            try:
                shown = await asyncio.wait_for(self._server.window_show_document_async(params), _TIMEOUT_S)
            except Exception as error:  # noqa: BLE001 - some clients never answer
                logger.info("the client shows no document: %s", type(error).__name__)
            else:
                if shown is not None and shown.success:
                    return
        if fallback:
            text = fallback if len(fallback) <= _LONGEST_MESSAGE else fallback[: _LONGEST_MESSAGE - 1] + "…"
            shown = f"autothink: {inert(text)}"
            self._server.window_show_message(types.ShowMessageParams(types.MessageType.Info, shown))
