"""The server object: pygls with our protocol, our transport, and one session that holds the house.

``initialize`` is answered before anything heavy is imported; the session is built at the first message that needs it.
The server ends when the client says so, when the input ends, when the editor's process is gone, or on a signal, always
by the same way: hang up, stop the engine, write what is queued.
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
from autothink_lsp.lsp.capabilities import NOTEBOOK_SYNC, ClientFeatures
from autothink_lsp.lsp.protocol import AutothinkProtocol
from autothink_lsp.lsp.transport import Inbox, Writer, read_in_thread
from autothink_lsp.values import PositionEncoding

if TYPE_CHECKING:
    from autothink_lsp.lsp.assist_actions import AssistActions
    from autothink_lsp.lsp.session import Session

logger = logging.getLogger(__name__)

CLOSE_TIMEOUT_S = 6.0

# (server, encoding, workspace folders, initializationOptions) -> Session
SessionFactory = Callable[["AutothinkServer", PositionEncoding, list[str], object], "Session"]


class AutothinkServer(LanguageServer):
    """One client."""

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
        self._actions: AssistActions | None = None
        self._prepared: Callable[[], Session] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[int] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self.on_settings_changed: list[Callable[[], None]] = []
        self.features = ClientFeatures.of(types.ClientCapabilities())
        self._told_excluded: set[tuple[str, str]] = set()

    @property
    def session(self) -> Session:
        """Built at first use, which is after ``initialize`` was answered."""
        if self._session is None:
            if self._prepared is None:
                raise RuntimeError("no session before initialize")
            self._session = self._prepared()
            self._session.documents.subscribe(self.actions)
        return self._session

    @property
    def actions(self) -> AssistActions:
        """What runs the assistant for this client. Made at first use, for the same reason."""
        if self._actions is None:
            from autothink_lsp.lsp.assist_actions import AssistActions

            self._actions = AssistActions(self)
        return self._actions

    def prepare_session(self, encoding: PositionEncoding, folders: list[str], options: object) -> None:
        """Remember what ``initialize`` said."""
        self._prepared = lambda: self._session_factory(self, encoding, folders, options)

    def tell_excluded(self, uri: str, reason: str) -> None:
        """The user asked by hand in a document that is excluded: say why nothing comes, once for each reason.

        Clients with our status show the reason there (``autothink/documentStatus``).
        """
        from autothink_lsp.context.paths import display_path
        from autothink_lsp.features.assist.safe_markdown import inert

        if self.features.status or (uri, reason) in self._told_excluded:
            return
        self._told_excluded.add((uri, reason))
        text = f"autothink: no suggestions in {inert(display_path(uri, None))}: {inert(reason)}."
        self.window_show_message(types.ShowMessageParams(types.MessageType.Info, text))

    def change_lost(self, params: Any) -> None:
        """A ``textDocument/didChange`` could not be read: what its document holds is unknown from now on."""
        document = params.get("textDocument") if isinstance(params, dict) else None
        uri = document.get("uri") if isinstance(document, dict) else None
        if isinstance(uri, str) and self.session.documents.lose(uri):
            text = "autothink: the editor sent a change that cannot be read. Close and open the file to go on with it."
            self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, text))

    def settings_changed(self) -> None:
        """Notify the listeners of settings."""
        for listener in self.on_settings_changed:
            listener()

    def in_loop(self, call: Callable[[], None]) -> None:
        """Run ``call`` in the event loop from any thread; nothing after the end."""
        if self._loop is None or self._loop.is_closed():
            return
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call)

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """A task that ends with the server; its failure is logged, not lost."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)

        def done(finished: asyncio.Task[None]) -> None:
            self._tasks.discard(finished)
            if not finished.cancelled() and finished.exception() is not None:
                logger.error("%s failed", name, exc_info=finished.exception())

        task.add_done_callback(done)

    def watch_parent(self) -> None:
        """End with the editor's process, if it told us which one that is."""
        if self.process_id is not None and parent.watchable(self.process_id):
            self.spawn(parent.watch_parent(self.process_id, lambda: self.end(0)), "watch parent")

    def _end_without_client(self) -> None:
        self.end(0 if self.protocol._shutdown else 1)  # noqa: SLF001 - pygls has no other name for it

    def warm_converter(self) -> None:
        """cattrs compiles its hooks at first use (about 50 ms measured): now instead of at the first key."""
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
        """Leave the main loop; the first caller's status counts."""
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(status)

    async def run(self, read: Callable[[int], bytes], writer: Writer, *, strict: bool = False) -> int:
        """Serve one client to its end; the process's exit status. ``strict``: see ``framing.py``."""
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        self.protocol.set_writer(writer)
        self._handle_signals()
        inbox = Inbox(self.protocol.receive, self.protocol.damaged, self._end_without_client, strict=strict)
        read_in_thread(read, inbox, self._loop)
        status = await self._ended
        await self._close()
        self.protocol.writer = None
        writer.close()
        return status

    async def _close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        if self._session is not None:
            try:
                await asyncio.wait_for(self._session.aclose(), CLOSE_TIMEOUT_S)
            except Exception:
                logger.exception("closing the session failed")

    def _handle_signals(self) -> None:
        if sys.platform == "win32" or self._loop is None:
            return
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with contextlib.suppress(ValueError, RuntimeError):  # not in the main thread (tests)
                self._loop.add_signal_handler(number, self.end, 128 + number)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """pygls would pop up the exception's text, which may hold code."""
        if isinstance(error, JsonRpcMethodNotFound):
            # Kate asks for symbols at every key, whatever we advertise, and opens its output at the first error.
            logger.debug("asked for something that we do not have")
            return
        logger.error("%s: %s", getattr(source, "__name__", source), type(error).__name__)


def create_server(session_factory: SessionFactory) -> AutothinkServer:
    """The server with its handlers, before it serves a client."""
    from autothink_lsp.lsp import commands
    from autothink_lsp.lsp.handlers import code_action, configuration, editor, inline_completion, lifecycle
    from autothink_lsp.lsp.handlers.virtual_content import text_document_content

    server = AutothinkServer(session_factory)
    server.feature(types.INITIALIZE)(lifecycle.initialize)
    server.feature(types.INITIALIZED)(lifecycle.initialized)
    server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION)(inline_completion.inline_completion)
    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(configuration.did_change_configuration)
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(configuration.did_change_watched_files)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(configuration.did_save)
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION)(code_action.code_action)
    server.feature(types.CODE_ACTION_RESOLVE)(code_action.resolve)
    server.feature(types.WORKSPACE_TEXT_DOCUMENT_CONTENT)(text_document_content)
    server.feature(editor.FEEDBACK)(editor.feedback)
    server.feature(editor.CURSOR)(editor.cursor)
    server.feature(editor.DOCUMENT_STATUS)(editor.document_status)
    server.command(commands.ACCEPTED)(commands.accepted)
    server.command(commands.ACTION)(commands.action)
    server.command(commands.ANSWER_NOW)(commands.answer_now)
    server.command(commands.CANCEL)(commands.cancel)
    server.command(commands.SHOW_THINKING)(commands.show_thinking)
    return server
