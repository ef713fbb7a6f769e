"""The server object: pygls with this project's protocol and transport, one client, one session.

``initialize`` is answered before anything heavy is imported; the session is built at the first message that needs it.
The server ends on the client's request, at the end of the input, when the editor's process has ended, or on a signal,
always in the same way: close all connections, stop the engines, write queued messages. It knows no handler:
``register.py`` adds them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcMethodNotFound
from pygls.lsp.server import LanguageServer

from autothink_lsp import __version__
from autothink_lsp.lsp import parent
from autothink_lsp.lsp.capabilities import NOTEBOOK_SYNC
from autothink_lsp.lsp.client import Client
from autothink_lsp.lsp.protocol import AutothinkProtocol
from autothink_lsp.lsp.transport import Inbox, Writer, read_in_thread, read_on_loop
from autothink_lsp.values import PositionEncoding

if TYPE_CHECKING:
    from autothink_lsp.lsp.document_sync import DocumentSync
    from autothink_lsp.lsp.fast_codec import InlineCompletionPlace, InlineItem
    from autothink_lsp.lsp.session import Session

logger = logging.getLogger(__name__)

CLOSE_TIMEOUT_S = 6.0

# (client, encoding, workspace folders, initializationOptions) -> Session
SessionFactory = Callable[[Client, PositionEncoding, list[str], object], "Session"]


class AutothinkServer(LanguageServer):
    """Serves one client. A ``protocol.ProtocolHost``."""

    protocol: AutothinkProtocol  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, session_factory: SessionFactory) -> None:
        super().__init__(
            name="autothink-lsp",
            version=__version__,
            notebook_document_sync=NOTEBOOK_SYNC,
            protocol_cls=AutothinkProtocol,
        )
        self._session_factory = session_factory
        self._session: Session | None = None
        self._prepared: Callable[[], Session] | None = None
        self._ended: asyncio.Future[int] | None = None
        self.client = Client(self)
        self.at_once: Callable[[InlineCompletionPlace], list[InlineItem] | None]  # see ``ProtocolHost``
        self.complete: Callable[[InlineCompletionPlace], Coroutine[Any, Any, list[InlineItem]]]

    @property
    def session(self) -> Session:
        """The session. Built at first use, after ``initialize`` was answered."""
        if self._session is None:
            if self._prepared is None:
                raise RuntimeError("no session before initialize")
            self._session = self._prepared()
        return self._session

    @property
    def documents(self) -> DocumentSync:
        """The receiver of documents: the session."""
        return self.session

    def prepare_session(self, encoding: PositionEncoding, folders: list[str], options: object) -> None:
        """Store the parameters of ``initialize`` for the session."""
        self._prepared = lambda: self._session_factory(self.client, encoding, folders, options)

    def watch_parent(self) -> None:
        """End the server with the editor's process, if ``initialize`` named one."""
        if self.process_id is not None and parent.watchable(self.process_id):
            self.client.spawn(parent.watch_parent(self.process_id, lambda: self.end(0)), "watch parent")

    def _end_without_client(self) -> None:
        self.end(0 if self.protocol._shutdown else 1)  # noqa: SLF001 - pygls has no other name for it

    def warm_converter(self) -> None:
        """Run cattrs' conversions once: it compiles its hooks at first use (about 50 ms measured), which would delay
        the first keystroke."""
        at = {"line": 0, "character": 0}
        document = {"uri": "untitled:warm", "version": 0}
        for message in (
            {
                "jsonrpc": "2.0",
                "id": 0,
                "method": types.TEXT_DOCUMENT_INLINE_COMPLETION,
                "params": {"textDocument": document, "position": at, "context": {"triggerKind": 2}},
            },
            {
                "jsonrpc": "2.0",
                "method": types.TEXT_DOCUMENT_DID_CHANGE,
                "params": {
                    "textDocument": document,
                    "contentChanges": [{"range": {"start": at, "end": at}, "text": ""}],
                },
            },
        ):
            self.protocol.structure_message(message)
        item = types.InlineCompletionItem("", range=types.Range(types.Position(0, 0), types.Position(0, 0)))
        self.protocol._serialize_message(  # noqa: SLF001 - pygls' hook for exactly this conversion
            types.InlineCompletionResponse(id=0, result=types.InlineCompletionList([item]))
        )

    def end(self, status: int) -> None:
        """End the main loop; only the first call's status is used."""
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(status)

    async def run(
        self, read: Callable[[int], bytes], writer: Writer, *, descriptor: int | None = None, strict: bool = False
    ) -> int:
        """Serve one client until it ends, and return the exit status of the process. ``descriptor`` is the file
        descriptor of ``read``, if the event loop may watch it. ``strict``: see ``framing.py``."""
        loop = asyncio.get_running_loop()
        self.client.connected(loop)
        self._ended = loop.create_future()
        self.protocol.set_writer(writer)
        self._handle_signals(loop)
        inbox = Inbox(self.protocol.receive, self.protocol.damaged, self._end_without_client, strict=strict)
        if descriptor is None or not read_on_loop(read, descriptor, inbox, loop):
            read_in_thread(read, inbox, loop)
        status = await self._ended
        await self._close()
        self.protocol.writer = None
        writer.close()
        return status

    async def _close(self) -> None:
        self.client.close()
        if self._session is not None:
            try:
                await asyncio.wait_for(self._session.aclose(), CLOSE_TIMEOUT_S)
            except Exception:
                logger.exception("closing the session failed")

    def _handle_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        if sys.platform == "win32":
            return
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with contextlib.suppress(ValueError, RuntimeError):  # not in the main thread (tests)
                loop.add_signal_handler(number, self.end, 128 + number)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log the type of a handler's exception. pygls would show its text, which may contain code."""
        if isinstance(error, JsonRpcMethodNotFound):
            # Kate requests symbols at every key, whatever the server announces, and opens its output at the first
            # error.
            logger.debug("asked for something that we do not have")
            return
        logger.error("%s: %s", getattr(source, "__name__", source), type(error).__name__)
