"""Runs actions for one client: one at a time for a document, shown while they run, applied as the client can.

An action about the same place takes the place of the one that runs; another one waits. What happens is decided by the
assistant; here it becomes an edit of the version that the client has now, or a message that says why not.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from attrs import define, evolve, field
from lsprotocol import types

from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.edits.rebase import rebase
from autothink_lsp.edits.values import EditRefused, Replacement
from autothink_lsp.features.assist.safe_markdown import inert
from autothink_lsp.features.assist.values import AssistRequest, AssistResult, Control
from autothink_lsp.lsp.assist_progress import AssistProgress
from autothink_lsp.lsp.recent_changes import RecentChanges
from autothink_lsp.lsp.refused_edits import RefusedEdits
from autothink_lsp.lsp.undo_watch import UndoWatch
from autothink_lsp.lsp.virtual_documents import VirtualDocuments
from autothink_lsp.lsp.workspace_edits import needs_confirmation, to_workspace_edit

if TYPE_CHECKING:
    from autothink_lsp.lsp.server import AutothinkServer

logger = logging.getLogger(__name__)

_APPLY_TIMEOUT_S = 60.0  # a preview waits for the user; some clients never answer
_MOST_CHANGES = 500


@define(eq=False)
class _Running:
    request: AssistRequest
    task: asyncio.Task[Any]
    control: Control
    changes: list[Change] = field(factory=list)


class AssistActions:
    """See the module. A ``document.store.DocumentListener``."""

    def __init__(self, server: AutothinkServer) -> None:
        self._server = server
        self._running: dict[str, _Running] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # gone when nobody waits
        self._warming: asyncio.Task[None] | None = None
        self.documents = VirtualDocuments(server)
        self.undo = UndoWatch(self._undone)
        self.recent = RecentChanges()
        self._refused = RefusedEdits()

    # --- what handlers call -------------------------------------------------------------------------------------------

    async def run(self, request: AssistRequest) -> tuple[AssistResult, Snapshot, tuple[Replacement, ...]]:
        """The result, the snapshot that its replacements are for now, and these. Cancelling hangs up."""
        uri = request.snapshot.uri
        before = self._running.get(uri)
        if before is not None and _same_place(before.request, request):
            before.task.cancel()
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("no task")
        async with self._locks.setdefault(uri, asyncio.Lock()):
            if self._warming is not None:
                self._warming.cancel()
            try:
                request = self.recent.brought_up(request)
            except EditRefused as stale:
                return AssistResult(request=request, message=stale.for_user()), request.snapshot, ()
            kept = self._refused.take(request)
            if kept is not None:
                return kept, request.snapshot, kept.replacements
            running = self._running[uri] = _Running(request, task, Control())
            try:
                return await self._shown(running)
            finally:
                self._running.pop(uri, None)

    async def _shown(self, running: _Running) -> tuple[AssistResult, Snapshot, tuple[Replacement, ...]]:
        request = running.request
        live = self.documents.begin(request)
        progress = AssistProgress(self._server, f"{request.action.value} {request.path}", running.task, live)
        await progress.begin()
        try:
            result = await self._server.session.assistant.run(request, progress.stage, running.control)
        except BaseException:
            live.end(None)
            progress.end("cancelled")
            raise
        live.end(result)
        progress.end(_closing(result), result)
        snapshot = self._server.session.documents.snapshot(request.snapshot.uri) or request.snapshot
        try:
            return result, snapshot, rebase(result.replacements, running.changes)
        except EditRefused as stale:
            return evolve(result, replacements=(), message=stale.for_user()), snapshot, ()

    def edit_for(
        self,
        result: AssistResult,
        snapshot: Snapshot,
        replacements: tuple[Replacement, ...],
        *,
        in_action: bool = False,
    ) -> types.WorkspaceEdit | None:
        """The edit to hand over; what was promised about confirming it holds."""
        edit = to_workspace_edit(result, replacements, snapshot, self._server.features, in_action=in_action)
        if edit is not None and replacements:
            self.undo.expect(result.id, snapshot, replacements)
        return edit

    async def tell(self, result: AssistResult, edit: types.WorkspaceEdit | None) -> None:
        """What the user reads besides the edit: a message where there is none, a document for explanations."""
        from autothink_lsp.features.assist.values import ActionKind

        uri = self.documents.latest or ""
        if result.message:
            self._message(types.MessageType.Warning, result.message)
        elif result.request.action is ActionKind.EXPLAIN:
            await self.documents.show(uri, result.explanation)
        elif result.rename is not None and not result.replacements:
            self._message(types.MessageType.Info, f"{result.explanation} Use your editor's rename for it.")
        elif result.has_edit and edit is None:
            await self._ask_before(result)

    async def _ask_before(self, result: AssistResult) -> None:
        """A client that cannot preview: show what there is and let the user decide."""
        snapshot = self._server.session.documents.snapshot(result.request.snapshot.uri)
        if result.new_file is not None:
            self._message(types.MessageType.Warning, f"{result.title}: your editor cannot create files for a server.")
            return
        why = " ".join(result.concerns) if result.verified else f"not verified ({result.checks_in_words})."
        text = f"autothink: {inert(result.title)}: {inert(why)} Apply it all the same?"
        actions = [types.MessageActionItem("Apply"), types.MessageActionItem("No")]
        params = types.ShowMessageRequestParams(types.MessageType.Warning, text, actions)
        try:
            answer = await asyncio.wait_for(self._server.window_show_message_request_async(params), _APPLY_TIMEOUT_S)
        except TimeoutError:
            logger.info("no answer about an unverified edit")
            return
        except Exception as error:  # noqa: BLE001 - Kate refuses the question
            logger.info("the client cannot be asked about an unverified edit: %s", type(error).__name__)
            why = "your editor could not ask you" if result.verified else "not verified"
            self._message(types.MessageType.Warning, f"{result.title}: {why}, so it was not applied.")
            return
        if answer is None or answer.title != "Apply" or snapshot is None:
            self._server.session.assistant.record(result.id, "rejected")
            return
        if snapshot.text is not result.request.snapshot.text:
            self._message(types.MessageType.Warning, "The document has changed meanwhile, so nothing was applied.")
            return
        agreed = evolve(result, verified=True, concerns=())
        edit = self.edit_for(agreed, snapshot, result.replacements)
        if edit is not None:
            await self.apply(edit, result)

    async def apply(self, edit: types.WorkspaceEdit, result: AssistResult) -> None:
        """Have the client apply it; some never answer, and one that refuses says why.

        Kate and ALE do not announce ``workspace/applyEdit`` and apply edits all the same. Here the user has chosen an
        action, and there is no other way to hand them its edit, so the announcement does not matter.
        """
        label = f"AutoThink: {result.title}"
        try:
            params = types.ApplyWorkspaceEditParams(edit=edit, label=label)
            answer = await asyncio.wait_for(self._server.workspace_apply_edit_async(params), _APPLY_TIMEOUT_S)
        except TimeoutError:
            logger.info("the client did not say whether it applied the edit")
            return
        except Exception as error:  # noqa: BLE001 - a client that knows no such request
            logger.info("the client does not apply edits: %s", type(error).__name__)
            self._server.session.assistant.record(result.id, "rejected")
            self._message(types.MessageType.Warning, f"{result.title}: your editor does not apply edits of a server.")
            return
        if answer is not None and not answer.applied:
            self._server.session.assistant.record(result.id, "rejected")
            if not needs_confirmation(result):
                self._refused.keep(result)
                why = answer.failure_reason or "The editor did not apply the edit; some wait for two seconds only."
                self._message(types.MessageType.Warning, f"{why} It is kept: choose the action again.")

    def warm(self, request: AssistRequest) -> None:
        """Have the model read the prompt while the user reads the menu. The newest counts."""
        if self._warming is not None:
            self._warming.cancel()
        if request.snapshot.uri in self._running:
            return

        async def later() -> None:
            await asyncio.sleep(0.15)  # a cursor that only passes by asks for nothing
            await self._server.session.assistant.warm(request)

        self._warming = asyncio.get_running_loop().create_task(later(), name="warm the assistant")
        self._warming.add_done_callback(lambda done: done.cancelled() or done.exception())

    def answer_now(self) -> bool:
        """End thinking everywhere; whether anything ran."""
        for running in self._running.values():
            running.control.answer_now.set()
        return bool(self._running)

    def cancel(self) -> bool:
        """Give up whatever runs."""
        for running in self._running.values():
            running.task.cancel()
        return bool(self._running)

    # --- the document store -------------------------------------------------------------------------------------------

    def did_open(self, snapshot: Snapshot) -> None:
        self.did_close(snapshot.uri)
        self.recent.opened(snapshot)

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        self.undo.did_change(snapshot)
        self.recent.changed(snapshot, changes)
        running = self._running.get(snapshot.uri)
        if running is not None:
            running.changes.extend(changes)
            if len(running.changes) > _MOST_CHANGES:
                running.task.cancel()

    def did_close(self, uri: str) -> None:
        self.recent.closed(uri)
        running = self._running.get(uri)
        if running is not None:
            running.task.cancel()

    def _undone(self, result_id: str, what: str) -> None:
        self._server.session.assistant.record(result_id, "undone" if what == "undone" else "applied")

    def _message(self, kind: types.MessageType, text: str) -> None:
        self._server.window_show_message(types.ShowMessageParams(kind, f"autothink: {inert(text)}"))


def _same_place(one: AssistRequest, other: AssistRequest) -> bool:
    return (one.action, one.start.line) == (other.action, other.start.line)


def _closing(result: AssistResult) -> str:
    if result.message:
        return result.message
    checks = f": {result.checks_in_words}" if result.checks_in_words else ""
    return f"{result.title}{checks}. {result.reason}".strip()
