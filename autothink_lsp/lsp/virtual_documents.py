"""Read-only documents ``autothink:/…`` about an action: explanation, reason, checks, judge, thinking.

The only place where thinking text is kept, for the last actions of this session. Clients without
``workspace/textDocumentContent`` get the explanation as a message.
"""

from __future__ import annotations

from collections import OrderedDict

from lsprotocol import types

from autothink_lsp.lsp.client import Client
from autothink_lsp.lsp.names import SCHEME

_MAX_DOCUMENTS = 20
_MAX_MESSAGE_CHARS = 600
_GONE = "This result is no longer available. AutoThink keeps only the last actions of a session.\n"


class VirtualDocuments:
    """The documents of one client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._read: set[str] = set()
        self.is_registered = False

    async def register(self) -> None:
        """Register the scheme, if the client supports it."""
        if not self._client.features.text_documents:
            return
        options = types.TextDocumentContentRegistrationOptions(schemes=[SCHEME])
        registration = types.Registration(
            id="autothink-documents", method=types.WORKSPACE_TEXT_DOCUMENT_CONTENT, register_options=options
        )
        self.is_registered = await self._client.register([registration])

    def content(self, uri: str) -> str:
        """The document's text, or a sentence if it is no longer kept."""
        self._read.add(uri)
        return self._texts.get(uri, _GONE)

    def write(self, uri: str, text: str) -> None:
        """Store a document's text; the oldest document is dropped."""
        self._texts[uri] = text
        while len(self._texts) > _MAX_DOCUMENTS:
            self._read.discard(self._texts.popitem(last=False)[0])

    def refresh(self, uri: str) -> None:
        """Let a client that has read the document read it again."""
        if uri in self._read and self.is_registered:
            self._client.spawn(self._client.refresh_content(uri), "refresh a document")

    def open_soon(self, uri: str) -> None:
        """Show the document in the background."""
        self._client.spawn(self.show(uri, ""), "show a document")

    @property
    def latest(self) -> str | None:
        """The URI of the newest document."""
        return next(reversed(self._texts), None)

    async def show(self, uri: str, fallback: str) -> None:
        """Show the document in the editor; if the client cannot, show ``fallback`` as a message."""
        if self.is_registered and await self._client.show_document(uri):
            return
        if fallback:
            is_short = len(fallback) <= _MAX_MESSAGE_CHARS
            self._client.show_info(fallback if is_short else fallback[: _MAX_MESSAGE_CHARS - 1] + "…")
