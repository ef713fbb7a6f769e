"""Runs actions for one client: one at a time for a document, shown while they run, applied as the client can.

An action about the same place takes the place of the one that runs; another one waits. What happens is decided by the
assistant; here it becomes an edit of the snapshot that the client has now, or a message that says why not.

A cancelled action changes nothing: its model stream is closed, its question is withdrawn and no edit is sent. Only an
edit that the client has already been sent cannot be taken back; then the user is told what became of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
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
from autothink_lsp.lsp.edit_delivery import Delivery, EditDelivery, Fate, Placement, PlacementWatch
from autothink_lsp.lsp.messages import Messages
from autothink_lsp.lsp.recent_changes import RecentChanges
from autothink_lsp.lsp.refused_edits import RefusedEdits
from autothink_lsp.lsp.undo_watch import UndoWatch
from autothink_lsp.lsp.virtual_documents import VirtualDocuments
from autothink_lsp.lsp.workspace_edits import needs_confirmation, to_workspace_edit

if TYPE_CHECKING:
    from autothink_lsp.lsp.server import AutothinkServer

logger = logging.getLogger(__name__)

_QUESTION_TIMEOUT_S = 60.0
_PLACEMENT_TIMEOUT_S = 3.0  # for the change of the document that shows where an edit arrived
_RESOLVED_TIMEOUT_S = 10.0  # the same for an edit that a resolved action carries
_MOST_CHANGES = 500
_MOST_SENDS = 3  # of one edit, where the client says that the document has changed
_APPLY = "Apply"


@define(eq=False)
class _ActiveAction:
    """An action from its request to the end of what the user is asked about it."""

    request: AssistRequest
    task: asyncio.Task[Any]
    control: Control = field(factory=Control)
    changes: int = 0

    def cancel(self) -> None:
        """Once: a second cancellation would interrupt what the first one has to finish."""
        if not self.task.cancelling():
            self.task.cancel()


class AssistActions:
    """See the module. A ``document.store.DocumentListener``."""

    def __init__(self, server: AutothinkServer) -> None:
        self._server = server
        self._active: list[_ActiveAction] = []
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # each lives as long as a waiter
        self._warming: asyncio.Task[None] | None = None
        self.documents = VirtualDocuments(server)
        self.undo = UndoWatch(self._undone)
        self.recent = RecentChanges()
        self._delivery = EditDelivery(server, self.recent)
        self._refused = RefusedEdits()

    # --- what handlers call -------------------------------------------------------------------------------------------

    async def resolve(self, request: AssistRequest) -> types.WorkspaceEdit | None:
        """The edit for a resolved action; ``None`` where there is none or the user is asked first.

        The user reads the rest after the reply. Raises ``CancelledError`` where the action was cancelled.
        """
        with self._registered(request) as action:
            result = await self._result(action)
            if result.has_edit and result.replacements:
                result = await self._quiet(result)
            _raise_if_cancelled()
            result, snapshot, replacements = self._moved(result)
            edit = self._edit(result, snapshot, replacements, in_action=True)
        if edit is not None and replacements:
            watch = self._delivery.watch(snapshot, replacements)
            self._server.spawn(self._check_placement(watch, result, _RESOLVED_TIMEOUT_S), "check an edit")
        self._server.spawn(self._tell_later(result, edit), "tell about an action")
        return edit

    async def perform(self, request: AssistRequest) -> None:
        """Run an action and have the client apply its edit. Raises ``CancelledError`` where nothing was applied because
        the action was cancelled."""
        with self._registered(request) as action:
            result = await self._result(action)
            if result.has_edit and await self._apply(result):
                return
            await self._tell(result, None)

    async def _result(self, action: _ActiveAction) -> AssistResult:
        """What the assistant makes of the request, or of the same request for the newest snapshot."""
        uri = action.request.snapshot.uri
        async with self._locks.setdefault(uri, asyncio.Lock()):
            if self._warming is not None:
                self._warming.cancel()
            try:
                action.request = self.recent.brought_up(action.request)
            except EditRefused as stale:
                return AssistResult(request=action.request, message=stale.for_user())
            result = self._refused.take(action.request) or await self._shown(action)
        _raise_if_cancelled()
        return result

    async def _shown(self, action: _ActiveAction) -> AssistResult:
        """Run the assistant with a progress display and a document that grows."""
        request = action.request
        live = self.documents.begin(request)
        progress = AssistProgress(self._server, f"{request.action.value} {request.path}", action.cancel, live)
        try:
            await progress.begin()
            result = await self._server.session.assistant.run(request, progress.stage, action.control)
            _raise_if_cancelled()
        except BaseException:
            live.end(None)
            progress.end("cancelled")
            raise
        live.end(result)
        progress.end(_closing(result), result)
        return result

    @contextmanager
    def _registered(self, request: AssistRequest) -> Iterator[_ActiveAction]:
        """The action of the current task, to be found by ``cancel``; one about the same place is given up."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("no task")
        for other in self._active:
            if other.task is not task and _same_place(other.request, request):
                other.cancel()
        action = _ActiveAction(request, task)
        self._active.append(action)
        try:
            yield action
        finally:
            self._active.remove(action)

    # --- from a result to an edit in the document ---------------------------------------------------------------------

    def _moved(self, result: AssistResult) -> tuple[AssistResult, Snapshot, tuple[Replacement, ...]]:
        """The newest snapshot and the result's replacements for it. Where the document has changed in the same place,
        the result has a message instead."""
        uri = result.request.snapshot.uri
        snapshot = self.recent.newest(uri) or result.request.snapshot
        if not result.replacements:
            return result, snapshot, ()
        try:
            return result, snapshot, rebase(result.replacements, self.recent.since(result.request.snapshot))
        except EditRefused as stale:
            return evolve(result, replacements=(), new_file=None, rename=None, message=stale.for_user()), snapshot, ()

    def _edit(
        self,
        result: AssistResult,
        snapshot: Snapshot,
        replacements: tuple[Replacement, ...],
        *,
        in_action: bool = False,
        confirmed: bool = False,
    ) -> types.WorkspaceEdit | None:
        if not result.has_edit:
            return None
        features = self._server.features
        edit = to_workspace_edit(result, replacements, snapshot, features, in_action=in_action, confirmed=confirmed)
        if edit is not None and replacements:
            self.undo.expect(result.id, snapshot, replacements)
        return edit

    async def _quiet(self, result: AssistResult) -> AssistResult:
        """Wait until the user is not typing where the client cannot compare versions; else ask, and else give up."""
        if await self._delivery.until_quiet(result.request.snapshot.uri):
            return result
        text = f"autothink: {inert(result.title)} is ready, and the document is changing. Apply it now?"
        if await self._is_agreed(text, result, ""):
            return result
        message = f"{result.title}: the document kept changing, so nothing was applied. Choose the action again."
        return evolve(result, replacements=(), new_file=None, rename=None, message=message)

    async def _apply(self, result: AssistResult, *, confirmed: bool = False) -> bool:
        """Have the client apply the edit for the newest snapshot; ``False`` where there is none that may be sent."""
        sends = 0
        while True:
            if result.replacements:
                result = await self._quiet(result)
            _raise_if_cancelled()
            result, snapshot, replacements = self._moved(result)
            edit = self._edit(result, snapshot, replacements, confirmed=confirmed)
            if edit is None:
                if result.message:
                    await self._tell(result, None)
                return bool(result.message)
            watch = self._delivery.watch(snapshot, replacements) if replacements else None
            delivery = await self._delivery.send(edit, f"AutoThink: {result.title}", watch)
            if watch is not None and delivery.fate in (Fate.APPLIED, Fate.UNKNOWN):
                check = self._check_placement(
                    watch, result, _PLACEMENT_TIMEOUT_S, exact=edit.change_annotations is None
                )
                self._server.spawn(check, "check an edit")
            elif watch is not None:
                self._delivery.unwatch(watch)
            sends += 1
            # Only a client that compared versions is asked again; with annotations it may be the user who said no.
            has_moved_on = self.recent.newest(snapshot.uri) is not snapshot and edit.change_annotations is None
            if delivery.fate is Fate.REJECTED and has_moved_on and not delivery.cancelled and sends < _MOST_SENDS:
                continue
            self._close(result, delivery)
            return True

    def _close(self, result: AssistResult, delivery: Delivery) -> None:
        """Tell what became of an edit where it was not simply applied."""
        if delivery.fate in (Fate.REJECTED, Fate.UNSUPPORTED):
            self._server.session.assistant.record(result.id, "rejected")
            if delivery.cancelled:
                raise asyncio.CancelledError
        if delivery.cancelled:
            what = "it was applied" if delivery.fate is Fate.APPLIED else "it may have been applied"
            text = f"{result.title}: the edit had been sent when it was cancelled, and {what}. Undo takes it back."
            self._message(types.MessageType.Warning, text)
        elif delivery.fate is Fate.UNSUPPORTED:
            self._message(types.MessageType.Warning, f"{result.title}: your editor does not apply edits of a server.")
        elif delivery.fate is Fate.REJECTED and not needs_confirmation(result):
            self._refused.keep(result)
            why = delivery.why or "The editor did not apply the edit; some wait for two seconds only."
            self._message(types.MessageType.Warning, f"{why} It is kept: choose the action again.")
        elif delivery.fate is Fate.UNKNOWN and not needs_confirmation(result):
            text = f"{result.title}: your editor did not say whether it applied the edit."
            self._message(types.MessageType.Info, text)

    async def _check_placement(
        self, watch: PlacementWatch, result: AssistResult, timeout_s: float, *, exact: bool = False
    ) -> None:
        """Warn where an edit arrived in the wrong place. ``exact``: also where the document changed otherwise than
        expected, which is no mistake where the user takes parts of an edit."""
        try:
            async with asyncio.timeout(timeout_s):
                await watch.seen.wait()
        except TimeoutError:
            logger.info("the document does not show where an edit of %s arrived", watch.base.uri)
        finally:
            self._delivery.unwatch(watch)
        if watch.placement is Placement.WRONG:
            text = f"{result.title}: the document changed while the edit was applied, and it is in the wrong place."
            self._message(types.MessageType.Warning, f"{text} Undo it and choose the action again.")
        elif exact and watch.placement is Placement.UNSEEN and watch.has_changed:
            text = f"{result.title}: after the edit the document is not as it should be."
            self._message(types.MessageType.Warning, f"{text} Look at the change, and undo it if it is wrong.")

    # --- what the user reads ------------------------------------------------------------------------------------------

    async def _tell(self, result: AssistResult, edit: types.WorkspaceEdit | None) -> None:
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

    async def _tell_later(self, result: AssistResult, edit: types.WorkspaceEdit | None) -> None:
        """``_tell`` as a task of its own, which can be cancelled as the action itself."""
        with self._registered_again(result.request):
            await self._tell(result, edit)

    @contextmanager
    def _registered_again(self, request: AssistRequest) -> Iterator[None]:
        task = asyncio.current_task()
        action = _ActiveAction(request, task) if task is not None else None
        if action is not None:
            self._active.append(action)
        try:
            yield
        finally:
            if action is not None:
                self._active.remove(action)

    async def _ask_before(self, result: AssistResult) -> None:
        """A client that cannot preview: show what there is and let the user decide."""
        if result.new_file is not None:
            self._message(types.MessageType.Warning, f"{result.title}: your editor cannot create files for a server.")
            return
        why = " ".join(result.concerns) if result.verified else f"not verified ({result.checks_in_words})."
        text = f"autothink: {inert(result.title)}: {inert(why)} Apply it all the same?"
        why = "your editor could not ask you" if result.verified else "not verified"
        if await self._is_agreed(text, result, f"{result.title}: {why}, so it was not applied."):
            await self._apply(result, confirmed=True)

    async def _is_agreed(self, text: str, result: AssistResult, cannot_ask: str) -> bool:
        """Ask the user. Without an answer nothing was agreed to; ``cannot_ask`` is shown where the client refuses the
        question."""
        messages = Messages(self._server)
        try:
            answer = await messages.question(
                text, (_APPLY, "No"), timeout_s=_QUESTION_TIMEOUT_S, kind=types.MessageType.Warning
            )
        except TimeoutError:
            logger.info("no answer about an edit")
            return False
        except Exception as error:  # noqa: BLE001 - Kate refuses the question
            logger.info("the client cannot be asked about an edit: %s", type(error).__name__)
            if cannot_ask:
                self._message(types.MessageType.Warning, cannot_ask)
            return False
        _raise_if_cancelled()
        if answer != _APPLY:
            self._server.session.assistant.record(result.id, "rejected")
        return answer == _APPLY

    def warm(self, request: AssistRequest) -> None:
        """Have the model read the prompt while the user reads the menu. The newest counts."""
        if self._warming is not None:
            self._warming.cancel()
        if any(action.request.snapshot.uri == request.snapshot.uri for action in self._active):
            return

        async def later() -> None:
            await asyncio.sleep(0.15)  # a cursor that only passes by asks for nothing
            await self._server.session.assistant.warm(request)

        self._warming = asyncio.get_running_loop().create_task(later(), name="warm the assistant")
        self._warming.add_done_callback(lambda done: done.cancelled() or done.exception())

    def answer_now(self) -> bool:
        """End thinking everywhere; whether anything ran."""
        for action in self._active:
            action.control.answer_now.set()
        return bool(self._active)

    def cancel(self) -> bool:
        """Cancel all actions, whether they run or wait for an answer of the user; whether there were any."""
        for action in self._active:
            action.cancel()
        return bool(self._active)

    # --- the document store -------------------------------------------------------------------------------------------

    def did_open(self, snapshot: Snapshot) -> None:
        self.did_close(snapshot.uri)
        self.recent.opened(snapshot)

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        self.undo.did_change(snapshot)
        self.recent.changed(snapshot, changes)
        self._delivery.did_change(snapshot, changes)
        for action in self._active:
            if action.request.snapshot.uri == snapshot.uri:
                action.changes += len(changes)
                if action.changes > _MOST_CHANGES:
                    action.cancel()

    def did_close(self, uri: str) -> None:
        self.recent.closed(uri)
        for action in self._active:
            if action.request.snapshot.uri == uri:
                action.cancel()

    def _undone(self, result_id: str, what: str) -> None:
        self._server.session.assistant.record(result_id, "undone" if what == "undone" else "applied")

    def _message(self, kind: types.MessageType, text: str) -> None:
        self._server.window_show_message(types.ShowMessageParams(kind, f"autothink: {inert(text)}"))


def _raise_if_cancelled() -> None:
    """Raise ``CancelledError`` where the current task was cancelled and something on the way swallowed it.

    ``asyncio.wait_for`` of Python 3.11 does: it returns the result that arrived in the same turn of the loop.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _same_place(one: AssistRequest, other: AssistRequest) -> bool:
    return (one.snapshot.uri, one.action, one.start.line) == (other.snapshot.uri, other.action, other.start.line)


def _closing(result: AssistResult) -> str:
    if result.message:
        return result.message
    checks = f": {result.checks_in_words}" if result.checks_in_words else ""
    return f"{result.title}{checks}. {result.reason}".strip()
