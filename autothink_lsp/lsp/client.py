"""The connected editor: everything that is shown in it or requested from it.

The only module that sends requests to the client. Each request has a timeout, because some clients never answer (ALE,
for one). Nothing is sent that the client has not announced in its capabilities; callers check ``features`` if they have
to choose an alternative.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from autothink_lsp.lsp.capabilities import ClientFeatures
from autothink_lsp.lsp.definitions import read_definitions
from autothink_lsp.lsp.names import (
    CHANGED_STATUS,
    CLIPBOARD,
    DEFINITIONS,
    LATE_ANSWER,
    PROGRESS_PREFIX,
    RENAME,
    SECTION,
    STATUS,
    WATCH_DIAGNOSTICS,
)
from autothink_lsp.lsp.progress import WorkProgress
from autothink_lsp.lsp.protocol import MalformedResult
from autothink_lsp.lsp.untyped import field as untyped_field

if TYPE_CHECKING:
    from autothink_lsp.document.snapshot import Snapshot
    from autothink_lsp.features.assist.editor_definitions import EditorDefinition
    from autothink_lsp.lsp.rename_answer import RenameAnswer
    from autothink_lsp.values import Point

logger = logging.getLogger(__name__)

APPLY_TIMEOUT_S = 60.0  # a preview waits for the user
CONFIGURATION_TIMEOUT_S = 120.0  # documents wait 3 s for it; a busy editor answers later, and its settings count then
REGISTRATION_TIMEOUT_S = 10.0
DOCUMENT_TIMEOUT_S = 5.0
ROUND_TRIP_TIMEOUT_S = 1.0
CLIPBOARD_TIMEOUT_S = 2.0
DEFINITIONS_TIMEOUT_S = 0.7  # an action waits for the answer
RENAME_TIMEOUT_S = 30.0  # a language server may have to read the whole project first


class Client:
    """The client of one server. ``features`` are its capabilities: all false before ``initialize``."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._next_edit_status = ""
        self.features = ClientFeatures.of(types.ClientCapabilities())

    # --- lifetime of the connection -----------------------------------------------------------------------------------

    def connected(self, loop: asyncio.AbstractEventLoop) -> None:
        """Store the event loop in which the server runs from now on."""
        self._loop = loop

    def announced(self, capabilities: types.ClientCapabilities) -> None:
        """Store the capabilities of ``initialize``."""
        self.features = ClientFeatures.of(capabilities)

    def spawn(self, work: Coroutine[Any, Any, object], name: str) -> None:
        """Run ``work`` as a task that ends with the server. Its failure is logged under ``name``."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)

        def done(finished: asyncio.Task[object]) -> None:
            self._tasks.discard(finished)
            if not finished.cancelled() and finished.exception() is not None:
                logger.error("%s failed", name, exc_info=finished.exception())

        task.add_done_callback(done)

    def in_loop(self, call: Callable[[], None]) -> None:
        """Run ``call`` in the event loop, from any thread. Does nothing after the loop was closed."""
        if self._loop is None or self._loop.is_closed():
            return
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call)

    def close(self) -> None:
        """Cancel the tasks of ``spawn``."""
        for task in tuple(self._tasks):
            task.cancel()

    # --- notifications ------------------------------------------------------------------------------------------------

    def show_message(self, kind: types.MessageType, text: str) -> None:
        """Show ``text`` in a pop-up, prefixed with the product's name. Markup and control characters are
        neutralised."""
        from autothink_lsp.features.assist.safe_markdown import inert

        self._server.window_show_message(types.ShowMessageParams(kind, f"AutoThink: {inert(text)}"))

    def show_error(self, text: str) -> None:
        """``show_message`` of the type Error."""
        self.show_message(types.MessageType.Error, text)

    def show_warning(self, text: str) -> None:
        """``show_message`` of the type Warning."""
        self.show_message(types.MessageType.Warning, text)

    def show_info(self, text: str) -> None:
        """``show_message`` of the type Info."""
        self.show_message(types.MessageType.Info, text)

    def log(self, kind: types.MessageType | None, text: str) -> None:
        """Append a line to the editor's log. Without ``kind`` it is a ``$/logTrace``, which is sent only while tracing
        is on."""
        if self._server.protocol.writer is None:
            return
        if kind is not None:
            self._server.window_log_message(types.LogMessageParams(kind, text))
        elif self._server.protocol.trace != types.TraceValue.Off:
            self._server.log_trace(types.LogTraceParams(text))

    def notify_status(self, state: str, **details: object) -> None:
        """Send ``autothink/status`` to clients that announced it."""
        if self.features.status:
            self._server.protocol.notify(STATUS, {"state": state, **details})

    def notify_next_edit_status(self, kind: str) -> None:
        """Send ``didChangeStatus`` of the Copilot language server, if the status differs from the last one."""
        if kind != self._next_edit_status and self._server.protocol.writer is not None:
            self._next_edit_status = kind
            self._server.protocol.notify(CHANGED_STATUS, {"busy": False, "kind": kind})

    def notify_late_answer(self, snapshot: Snapshot, point: Point, *, extends: bool = False) -> None:
        """Send ``autothink/lateAnswer`` to clients that announced it; ``extends``: the answer extends the suggestion on
        the screen, and the client announced that it replaces it."""
        if self.features.late_extension if extends else self.features.late_answer:
            line, character = snapshot.position(point)
            place = {"line": line, "character": character}
            params = {"uri": snapshot.uri, "position": place, "version": snapshot.version}
            if extends:
                params["extends"] = True
            self._server.protocol.notify(LATE_ANSWER, params)

    def watch_diagnostics(self, uri: str, *, is_watched: bool) -> None:
        """Send ``autothink/watchDiagnostics`` to clients that announced that they report diagnostics."""
        if self.features.diagnostics:
            self._server.protocol.notify(WATCH_DIAGNOSTICS, {"uri": uri, "watch": is_watched})

    def notify_outcome(self, text: str, uri: str) -> None:
        """Show the outcome of an applied edit in the status of clients that support it, else in the editor's log."""
        if self.features.status and self.features.diagnostics:
            self.notify_status("watched", reason=text, document=uri)
        else:
            self.log(types.MessageType.Info, text)

    def progress(
        self, title: str, on_cancel: Callable[[], None] | None = None, *, token_prefix: str = PROGRESS_PREFIX
    ) -> WorkProgress:
        """Make a progress display. It is not shown before its first line."""
        return WorkProgress(
            self._server,
            title,
            is_enabled=self.features.work_done_progress,
            on_cancel=on_cancel,
            token_prefix=token_prefix,
        )

    # --- requests -----------------------------------------------------------------------------------------------------

    async def ask(
        self,
        text: str,
        answers: tuple[str, ...],
        *,
        timeout_s: float,
        kind: types.MessageType = types.MessageType.Info,
        harmless: str = "",
    ) -> str | None:
        """Ask the user. Returns the title of the chosen answer, or ``None`` if the question was closed. ``text`` is
        shown unchanged.

        The first of the ``answers`` may agree to something, which our plugins show as the main button. Other editors
        may take the first one at Enter, while the user types (eglot opens the minibuffer with it), so there the
        ``harmless`` one comes first, and is added if need be.

        Raises ``TimeoutError`` without an answer, and the client's error if it cannot ask.
        """
        if harmless and not self.features.status:
            answers = (harmless, *(answer for answer in answers if answer != harmless))
        actions = [types.MessageActionItem(title=answer) for answer in answers]
        params = types.ShowMessageRequestParams(type=kind, message=text, actions=actions)
        try:
            chosen = await self._request(types.WINDOW_SHOW_MESSAGE_REQUEST, params, timeout_s)
        except MalformedResult as malformed:  # some clients answer with the bare title
            return malformed.result if isinstance(malformed.result, str) else None
        return chosen.title if chosen is not None else None

    def apply_edit(self, edit: types.WorkspaceEdit, label: str) -> asyncio.Future[Any]:
        """Send ``workspace/applyEdit`` immediately. The future's result is the client's answer as JSON, in any form.

        It fails with ``TimeoutError`` after ``APPLY_TIMEOUT_S``, or with the client's error.
        """
        params = types.ApplyWorkspaceEditParams(edit=edit, label=label)
        return asyncio.ensure_future(self._request(types.WORKSPACE_APPLY_EDIT, params, APPLY_TIMEOUT_S))

    async def configuration(self, scopes: Sequence[str | None]) -> object:
        """Request our section of ``workspace/configuration`` for each scope (a folder's URI). Returns the answer as
        JSON.

        Raises ``TimeoutError``, or the client's error.
        """
        items = [types.ConfigurationItem(section=SECTION, scope_uri=scope) for scope in scopes]
        params = types.ConfigurationParams(items=items)
        return await self._request(types.WORKSPACE_CONFIGURATION, params, CONFIGURATION_TIMEOUT_S)

    async def register(self, registrations: Sequence[types.Registration]) -> bool:
        """Register capabilities. Returns False if the client refused or did not answer."""
        params = types.RegistrationParams(list(registrations))
        try:
            await self._request(types.CLIENT_REGISTER_CAPABILITY, params, REGISTRATION_TIMEOUT_S)
        except Exception as error:  # noqa: BLE001 - the server works without them
            names = ", ".join(registration.method for registration in registrations)
            logger.info("the client did not register %s: %s", names, type(error).__name__)
            return False
        return True

    async def show_document(self, uri: str) -> bool:
        """Open a document beside the user's. Returns False if the client did not open it."""
        if not self.features.show_document:
            return False
        params = types.ShowDocumentParams(uri=uri, take_focus=False)
        try:
            shown = await self._request(types.WINDOW_SHOW_DOCUMENT, params, DOCUMENT_TIMEOUT_S)
        except Exception as error:  # noqa: BLE001 - the caller has an alternative
            logger.info("the client shows no document: %s", type(error).__name__)
            return False
        return shown is not None and shown.success

    async def refresh_content(self, uri: str) -> None:
        """Let the client read a virtual document again. After a failure the client shows the old text."""
        params = types.TextDocumentContentRefreshParams(uri)
        try:
            await self._request(types.WORKSPACE_TEXT_DOCUMENT_CONTENT_REFRESH, params, DOCUMENT_TIMEOUT_S)
        except Exception as error:  # noqa: BLE001 - an old text is no failure
            logger.debug("the client did not refresh a document: %s", type(error).__name__)

    async def definitions(self, snapshot: Snapshot, points: Sequence[Point]) -> tuple[EditorDefinition, ...] | None:
        """Request the definitions of the names at ``points`` from clients that announced it. ``None`` if the client
        gave no answer in time, or an error."""
        if not self.features.definitions or not points:
            return ()
        positions = [snapshot.position(point) for point in points]
        params = {
            "uri": snapshot.uri,
            "version": snapshot.version,
            "positions": [{"line": one.line, "character": one.character} for one in positions],
        }
        try:
            answer = await self._request(DEFINITIONS, params, DEFINITIONS_TIMEOUT_S)
        except Exception as error:  # noqa: BLE001 - an action continues without them
            logger.info("the client gave no definitions: %s", type(error).__name__)
            return None
        return read_definitions(answer)

    async def copied_text(self) -> tuple[str, str, int] | None:
        """Request what the user copied last, from clients that announced it: the text, the document (URI) that it was
        copied from, empty if that is unknown, and the number of the copy, 0 if the client does not count. ``None`` if
        nothing was copied, or without an answer."""
        if not self.features.clipboard:
            return None
        try:
            answer = await self._request(CLIPBOARD, None, CLIPBOARD_TIMEOUT_S)
        except Exception as error:  # noqa: BLE001 - suggestions do without it
            logger.info("the client gave no copied text: %s", type(error).__name__)
            return None
        text, uri, number = (untyped_field(answer, name) for name in ("text", "uri", "copy"))
        if not isinstance(text, str):
            return None
        return text, uri if isinstance(uri, str) else "", number if type(number) is int else 0

    async def rename(self, snapshot: Snapshot, point: Point, new_name: str) -> RenameAnswer:
        """Request the edit that renames what is at ``point`` from clients that announced it. The client applies
        nothing."""
        from autothink_lsp.lsp.rename_answer import RenameAnswer, RenameFailure, read_rename  # not at startup

        position = snapshot.position(point)
        params = {
            "textDocument": {"uri": snapshot.uri, "version": snapshot.version},
            "position": {"line": position.line, "character": position.character},
            "newName": new_name,
        }
        try:
            answer = await self._request(RENAME, params, RENAME_TIMEOUT_S)
        except TimeoutError:
            return RenameAnswer(failure=RenameFailure.TIMEOUT)
        except Exception as error:  # noqa: BLE001 - the user is told that nothing was renamed
            logger.info("the client gave no rename: %s", type(error).__name__)
            return RenameAnswer(failure=RenameFailure.REFUSED)
        return read_rename(answer)

    async def round_trip(self) -> bool:
        """Wait for an answer of the client; all messages that it sent before have then been read. Returns False after a
        timeout."""
        if self.features.configuration:
            params = types.ConfigurationParams(items=[types.ConfigurationItem(section=SECTION)])
            method = types.WORKSPACE_CONFIGURATION
        elif self.features.workspace_folders:
            params, method = None, types.WORKSPACE_WORKSPACE_FOLDERS
        else:
            return True
        try:
            await self._request(method, params, ROUND_TRIP_TIMEOUT_S)
        except TimeoutError:
            return False
        except Exception as error:  # noqa: BLE001 - an error is an answer, too
            logger.debug("a round trip was answered with %s", type(error).__name__)
        return True

    def _request(self, method: str, params: Any, timeout_s: float) -> Awaitable[Any]:
        """Send a request immediately; awaiting returns the result. Raises ``TimeoutError``, or the client's error."""
        return asyncio.wait_for(self._server.protocol.send_request_async(method, params), timeout_s)
