"""Runs actions for one client: one at a time per document, with progress, and applied in the way that the client
supports.

An action about the same place replaces the running one (``running_actions.py``); another one waits. The assistant
decides the result; this module turns it into an edit of the client's current snapshot, or into a message with the
reason why there is none.

A cancelled action changes nothing: its model stream is closed, its question is withdrawn and no edit is sent. Only an
edit that was already sent cannot be cancelled; the user is then shown its outcome.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from weakref import WeakValueDictionary

from lsprotocol import types

from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.edits.rebase import rebase
from autothink_lsp.edits.replacement import EditRefused, Replacement
from autothink_lsp.features.assist.actions import ActionKind, Assistant, AssistRequest, AssistResult, Stage
from autothink_lsp.features.assist.exchange import FollowUp
from autothink_lsp.features.assist.safe_markdown import inert
from autothink_lsp.lsp import request_log
from autothink_lsp.lsp.action_display import ActionDisplay
from autothink_lsp.lsp.arrival_checks import ArrivalChecks
from autothink_lsp.lsp.client import Client
from autothink_lsp.lsp.edit_delivery import Delivery, EditDelivery, Fate
from autothink_lsp.lsp.edit_watches import EditWatches
from autothink_lsp.lsp.editor_rename import EditorRename, FollowedRename
from autothink_lsp.lsp.file_edits import EditPart, parts_now
from autothink_lsp.lsp.recent_changes import RecentChanges
from autothink_lsp.lsp.refused_edits import RefusedEdits
from autothink_lsp.lsp.running_actions import RunningAction, RunningActions
from autothink_lsp.lsp.sent_edits import SentEdits
from autothink_lsp.lsp.virtual_documents import VirtualDocuments
from autothink_lsp.lsp.workspace_edits import needs_confirmation, to_workspace_edit
from autothink_lsp.settings.model import Settings
from autothink_lsp.values import evolve

logger = logging.getLogger(__name__)

_QUESTION_TIMEOUT_S = 60.0
_PLACEMENT_TIMEOUT_S = 3.0  # for the change of the document that shows where an edit was applied
_RESOLVED_TIMEOUT_S = 10.0  # the same for the edit of a resolved action
_MOST_SENDS = 3  # of one edit, if the client reports that the document has changed
_APPLY, _NO, _DETAILS = "Apply", "No", "Show Details"
_DETAILS_TIMEOUT_S = 300.0


class AssistActions:
    """Runs the actions of one client. A ``document.store.DocumentListener``.

    ``get_assistant`` builds the assistant at the first action; ``on_result`` is called with each result before its edit
    is applied.
    """

    def __init__(
        self,
        client: Client,
        get_assistant: Callable[[], Assistant],
        on_result: Callable[[AssistResult], None] = lambda _: None,
    ) -> None:
        self._client = client
        self._get_assistant = get_assistant
        self._on_result = on_result
        self._running = RunningActions()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # kept while a task waits
        self._warming: asyncio.Task[None] | None = None
        self.documents = VirtualDocuments(client)
        self.sent = SentEdits(self._on_arrived, self._on_undone)
        self.recent = RecentChanges()
        self._delivery = EditDelivery(client, self.recent)
        self._checks = ArrivalChecks(client, self._delivery, self.recent)
        self._renames = EditorRename(client, self.recent, self._delivery)
        self._refused = RefusedEdits()
        self.watches = EditWatches(client, self.recent, get_assistant, self.perform, self.sent.forget)
        self._last: dict[str, AssistResult] = {}  # by open document, the newest at the end

    # --- called by handlers -------------------------------------------------------------------------------------------

    async def resolve(self, request: AssistRequest) -> types.WorkspaceEdit | None:
        """Run an action and return its edit; ``None`` if there is none or the user is asked first.

        Messages are shown after the reply. Raises ``CancelledError`` if the action was cancelled.
        """
        with self._running.registered(request) as action:
            result = await self._result(action)
            if result.has_edit and result.replacements:
                result = await self._quiet(result)
            _raise_if_cancelled()
            result, snapshot, replacements, parts = self._moved(result)
            edit = self._edit(result, snapshot, replacements, parts, in_action=True)
        if edit is not None and replacements:
            watch = self._delivery.watch(snapshot, replacements)
            self._client.spawn(self._checks.check_placement(watch, result.title, _RESOLVED_TIMEOUT_S), "check an edit")
        renamed = self._renames.follow(result, snapshot, replacements, parts) if edit is not None else None
        if edit is not None and parts:
            several = self._checks.follow_parts(snapshot, replacements, parts, _RESOLVED_TIMEOUT_S)
            check = self._checks.check_parts(several, result.title, is_previewed=True)
            self._client.spawn(self._checked(check, renamed, Fate.UNKNOWN), "check an edit of several files")
        elif renamed is not None:
            self._client.spawn(self._checked(None, renamed, Fate.UNKNOWN), "tell about a rename")
        self._client.spawn(self._tell_later(result, edit), "tell about an action")
        return edit

    async def perform(self, request: AssistRequest) -> None:
        """Run an action and let the client apply its edit. Raises ``CancelledError`` if the action was cancelled before
        anything was applied."""
        with self._running.registered(request) as action:
            result = await self._result(action)
            if result.has_edit and await self._apply(result):
                if result.request.action is ActionKind.FIX_ALL:
                    self._tell_what_is_left(result)
                return
            await self._show_result(result, None)

    async def follow_up(self, uri: str | None, words: str, settings_of: Callable[[str], Settings]) -> bool:
        """Repeat the last action of a document (without ``uri``, the last of all) with the user's reply to its edit.
        Returns False if there was none; the user is told.

        ``settings_of(uri)`` returns the current settings of a document: if they have changed, the conversation does not
        continue, because another model may be allowed to see less.
        """
        last = self._last.get(uri) if uri is not None else next(reversed(self._last.values()), None)
        snapshot = self.recent.newest(last.request.snapshot.uri) if last is not None else None
        if last is None or last.exchange is None or snapshot is None:
            self._client.show_warning("No edit to change in this document. Run an action first.")
            return False
        request, before = last.request, last.request.snapshot.text
        settings = settings_of(snapshot.uri)
        goes_on = settings == request.settings
        is_changed = snapshot.text is not before and str(snapshot.text) != str(before)
        await self.perform(
            evolve(
                request,
                action=ActionKind.DESCRIBE,
                snapshot=snapshot,
                settings=settings,
                start=snapshot.text.clamp(request.start),
                end=snapshot.text.clamp(request.start if is_changed else request.end),
                # An applied edit may already have removed the message, so it cannot prove anything.
                diagnostics=() if is_changed else request.diagnostics,
                instruction=words,
                follow_up=FollowUp(last.exchange, words, is_changed) if goes_on else None,
                user_action=None,
            )
        )
        return True

    async def _result(self, action: RunningAction) -> AssistResult:
        """The assistant's result for the request, or for the same request on the newest snapshot."""
        uri = action.request.snapshot.uri
        async with self._locks.setdefault(uri, asyncio.Lock()):
            if self._warming is not None:
                self._warming.cancel()
            try:
                action.request = self.recent.brought_up(action.request)
            except EditRefused as stale:
                return AssistResult(request=action.request, message=stale.for_user())
            result = self._refused.take(action.request) or await self._shown(action)
            _note_result(result)
            if result.exchange is not None:
                uri = result.request.snapshot.uri
                self._last.pop(uri, None)
                self._last[uri] = result
        _raise_if_cancelled()
        return result

    async def _shown(self, action: RunningAction) -> AssistResult:
        """Run the assistant with a progress display and a document."""
        request = action.request
        display = ActionDisplay(self._client, self.documents, request, action.cancel)
        started_s = time.monotonic()
        try:
            await display.begin()
            result = await self._get_assistant().run(request, display.on_stage, action.control)
            _raise_if_cancelled()
            if self._renames.is_needed(result):
                waits = "waiting for the rename of the editor's language server"
                display.on_stage(Stage(name="checking", text=waits, elapsed_s=time.monotonic() - started_s))
                result = await self._renames.completed(result)
                _raise_if_cancelled()
        except BaseException:
            display.end("cancelled")
            raise
        display.end(_closing(result), result)
        self._on_result(result)
        return result

    # --- from a result to an edit of the document ---------------------------------------------------------------------

    def _moved(
        self, result: AssistResult
    ) -> tuple[AssistResult, Snapshot, tuple[Replacement, ...], tuple[EditPart, ...]]:
        """Move a result to the newest snapshot. Returns the result, the snapshot, the replacements for it, and the
        parts of other files in their current state.

        If one of the files has changed at the same place, the result has a message instead of an edit.
        """
        uri = result.request.snapshot.uri
        snapshot = self.recent.newest(uri) or result.request.snapshot
        if not result.replacements and not result.file_edits:
            return result, snapshot, (), ()
        try:
            replacements = rebase(result.replacements, self.recent.since(result.request.snapshot))
            parts = parts_now(result.file_edits, self.recent, result.request.folder)
        except EditRefused as stale:
            return result.without_edit(stale.for_user()), snapshot, (), ()
        return result, snapshot, replacements, parts

    def _edit(
        self,
        result: AssistResult,
        snapshot: Snapshot,
        replacements: tuple[Replacement, ...],
        parts: tuple[EditPart, ...] = (),
        *,
        in_action: bool = False,
        confirmed: bool = False,
    ) -> types.WorkspaceEdit | None:
        if not result.has_edit:
            return None
        features = self._client.features
        edit = to_workspace_edit(
            result, replacements, snapshot, features, parts=parts, in_action=in_action, confirmed=confirmed
        )
        if edit is not None and replacements:
            self.watches.expect(result, snapshot, replacements)
            self.sent.expect(result.id, snapshot, replacements)
        return edit

    async def _quiet(self, result: AssistResult) -> AssistResult:
        """Wait until the user is not typing, if the client cannot compare versions; otherwise ask, and finally
        give up."""
        uris = [result.request.snapshot.uri, *(one.base.snapshot.uri for one in result.file_edits)]
        if all([await self._delivery.until_quiet(uri) for uri in uris]):
            return result
        text = f"AutoThink: {inert(result.title)} is ready, and the document is changing. Apply it now?"
        if await self._is_agreed(text, result, ""):
            return result
        message = f"{result.title}: the document kept changing, so nothing was applied. Choose the action again."
        return result.without_edit(message)

    async def _apply(self, result: AssistResult, *, confirmed: bool = False) -> bool:
        """Let the client apply the edit to the newest snapshot. Returns ``False`` if there is none that may be sent."""
        sends = 0
        while True:
            if result.replacements or result.file_edits:
                result = await self._quiet(result)
            _raise_if_cancelled()
            result, snapshot, replacements, parts = self._moved(result)
            edit = self._edit(result, snapshot, replacements, parts, confirmed=confirmed)
            if edit is None:
                if result.message:
                    await self._show_result(result, None)
                return bool(result.message)
            watch = self._delivery.watch(snapshot, replacements) if replacements else None
            several = self._checks.follow_parts(snapshot, replacements, parts, _PLACEMENT_TIMEOUT_S) if parts else None
            renamed = self._renames.follow(result, snapshot, replacements, parts)
            delivery = await self._delivery.send(edit, f"AutoThink: {result.title}", watch)
            if watch is not None and delivery.fate in (Fate.APPLIED, Fate.UNKNOWN):
                check = self._checks.check_placement(
                    watch, result.title, _PLACEMENT_TIMEOUT_S, exact=edit.change_annotations is None and several is None
                )
                self._client.spawn(check, "check an edit")
            elif watch is not None:
                self._delivery.unwatch(watch)
            sends += 1
            if several is not None:
                is_previewed = edit.change_annotations is not None and delivery.fate is not Fate.REJECTED
                check = self._checks.check_parts(several, result.title, is_previewed=is_previewed)
                if delivery.fate in (Fate.APPLIED, Fate.UNKNOWN):
                    self._client.spawn(self._checked(check, renamed, delivery.fate), "check an edit of several files")
                elif await self._checked(check, renamed, delivery.fate):  # not sent again if it was refused in part
                    return True
            elif renamed is not None:
                self._client.spawn(self._checked(None, renamed, delivery.fate), "tell about a rename")
            # Only a client that compares versions gets the edit again; with annotations the user may have refused it.
            sent = [snapshot, *(part.snapshot for part in parts if part.is_open)]
            has_moved_on = edit.change_annotations is None and any(
                self.recent.newest(one.uri) is not one for one in sent
            )
            if delivery.fate is Fate.REJECTED and has_moved_on and not delivery.cancelled and sends < _MOST_SENDS:
                continue
            self._close(result, delivery)
            return True

    def _close(self, result: AssistResult, delivery: Delivery) -> None:
        """Show the outcome of an edit, unless it was applied normally."""
        if delivery.fate in (Fate.REJECTED, Fate.UNSUPPORTED):
            self._get_assistant().record(result.id, "rejected")
            if delivery.cancelled:
                raise asyncio.CancelledError
        if delivery.cancelled:
            what = "it was applied" if delivery.fate is Fate.APPLIED else "it may have been applied"
            text = f"{result.title}: the edit had been sent when it was cancelled, and {what}. Undo takes it back."
            self._client.show_warning(text)
        elif delivery.fate is Fate.UNSUPPORTED:
            self._client.show_warning(f"{result.title}: your editor does not apply edits of a server.")
        elif delivery.fate is Fate.REJECTED and not needs_confirmation(result):
            self._refused.keep(result)
            why = delivery.why or "The editor did not apply the edit; some editors wait only two seconds for it."
            self._client.show_warning(f"{why} To apply it, choose the action again.")
        elif delivery.fate is Fate.UNKNOWN and not needs_confirmation(result):
            text = f"{result.title}: your editor did not say whether it applied the edit."
            self._client.show_info(text)
        elif delivery.fate is Fate.APPLIED and result.request.action is not ActionKind.FIX_ALL:
            self._tell_applied(result)

    async def _checked(
        self, check: Coroutine[Any, Any, bool] | None, renamed: FollowedRename | None, fate: Fate
    ) -> bool:
        """Wait for ``check`` of an edit of several files, and tell what a rename by the editor's language server has
        changed, unless it was taken back. Returns the outcome of ``check``."""
        try:
            is_taken_back = check is not None and await check
            if renamed is None or is_taken_back or fate in (Fate.REJECTED, Fate.UNSUPPORTED):
                return is_taken_back
            text = await (renamed.outcome() if fate is Fate.APPLIED else renamed.outcome_later())
            if text and self._client.features.details:
                self._show_with_details(text, types.MessageType.Info)
            elif text:
                self._client.notify_outcome(text, renamed.uri)
            return False
        finally:
            if renamed is not None:
                renamed.close()

    # --- messages to the user -----------------------------------------------------------------------------------------

    async def _show_result(self, result: AssistResult, edit: types.WorkspaceEdit | None) -> None:
        """Show the messages of a result: the reason if there is no edit, a document for explanations."""
        uri = self.documents.latest or ""
        if result.message:
            self._show_with_details(result.message, types.MessageType.Warning)
        elif result.request.action is ActionKind.FIX_ALL and edit is not None:
            self._tell_what_is_left(result)
        elif result.request.action is ActionKind.EXPLAIN:
            await self.documents.show(uri, result.explanation)
        elif result.rename is not None and not result.replacements:
            self._client.show_info(f"{result.explanation} Use your editor's rename for it.")
        elif result.has_edit and edit is None:
            await self._ask_before(result)

    def _tell_what_is_left(self, result: AssistResult) -> None:
        """Show how many problems were fixed; the action's document has the list. On save nothing is shown."""
        if result.request.use_model:
            self._show_with_details(f"{result.title}: {result.evidence_sentence}", types.MessageType.Info)

    def _tell_applied(self, result: AssistResult) -> None:
        """Show the result of an applied edit, in clients that display it with a link to the details."""
        is_told_later = result.rename is not None and result.rename.by is not None
        if self._client.features.details and not is_told_later:
            text = " ".join(filter(None, (f"{result.title.rstrip('.')}.", result.evidence_sentence)))
            self._show_with_details(text, types.MessageType.Info)

    def _show_with_details(self, text: str, kind: types.MessageType) -> None:
        """Show an action's result, with a button that opens its document if the client wants one."""
        uri = self.documents.latest
        if uri is None or not self._client.features.details:
            self._client.show_message(kind, text)
            return

        async def show() -> None:
            with contextlib.suppress(TimeoutError):
                question = f"AutoThink: {inert(text)}"
                answer = await self._client.ask(question, (_DETAILS,), timeout_s=_DETAILS_TIMEOUT_S, kind=kind)
                if answer == _DETAILS:
                    await self.documents.show(uri, self.documents.content(uri))

        self._client.spawn(show(), "show how an action ended")

    async def _tell_later(self, result: AssistResult, edit: types.WorkspaceEdit | None) -> None:
        """Show the messages in the current task, which can be cancelled like the action itself."""
        with self._running.continued(result.request):
            await self._show_result(result, edit)

    async def _ask_before(self, result: AssistResult) -> None:
        """Show the result and ask whether to apply it, for a client without preview."""
        if result.new_file is not None:
            self._client.show_warning(f"{result.title}: your editor cannot create files for a server.")
            return
        why = " ".join((*result.concerns, result.evidence_sentence))
        text = f"AutoThink: {inert(result.title)}: {inert(why)} Apply it?"
        not_asked = f"{result.title} was not applied, because your editor cannot show a question. {why}"
        if await self._is_agreed(text, result, not_asked):
            await self._apply(result, confirmed=True)

    async def _is_agreed(self, text: str, result: AssistResult, cannot_ask: str) -> bool:
        """Ask the user. Returns False without an answer; ``cannot_ask`` is shown if the client refuses the question."""
        try:
            answer = await self._client.ask(
                text, (_APPLY, _NO), timeout_s=_QUESTION_TIMEOUT_S, kind=types.MessageType.Warning, harmless=_NO
            )
        except TimeoutError:
            logger.info("no answer about an edit")
            return False
        except Exception as error:  # noqa: BLE001 - Kate refuses the question
            logger.info("the client cannot be asked about an edit: %s", type(error).__name__)
            if cannot_ask:
                self._client.show_warning(cannot_ask)
            return False
        _raise_if_cancelled()
        if answer != _APPLY:
            self._get_assistant().record(result.id, "rejected")
        return answer == _APPLY

    def warm(self, request: AssistRequest) -> None:
        """Prefill the prompt while the user reads the menu. The newest request replaces earlier ones."""
        if self._warming is not None:
            self._warming.cancel()
        if self._running.has_any(request.snapshot.uri):
            return

        async def later() -> None:
            await asyncio.sleep(0.15)  # a cursor that only passes the place does not cause a request
            await self._get_assistant().warm(request)

        self._warming = asyncio.get_running_loop().create_task(later(), name="warm the assistant")
        self._warming.add_done_callback(lambda done: done.cancelled() or done.exception())

    def answer_now(self) -> bool:
        """End the thinking of all running actions. Returns whether any was running."""
        return self._running.answer_now()

    def cancel(self) -> bool:
        """Cancel all actions, running or waiting for the user's answer. Returns whether there were any."""
        return self._running.cancel()

    # --- the document store -------------------------------------------------------------------------------------------

    def did_open(self, snapshot: Snapshot) -> None:
        self.did_close(snapshot.uri)
        self.recent.opened(snapshot)

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        self.recent.changed(snapshot, changes)
        self.sent.did_change(snapshot, changes)  # before the watches, which depend on arrivals and undos
        self.watches.did_change(snapshot, changes)
        self._delivery.did_change(snapshot, changes)
        self._running.did_change(snapshot.uri, len(changes))

    def did_close(self, uri: str) -> None:
        self.sent.did_close(uri)
        self.watches.did_close(uri)
        self._last.pop(uri, None)
        self.recent.closed(uri)
        self._running.did_close(uri)

    def _on_arrived(self, result_id: str, snapshot: Snapshot, later: Sequence[Change]) -> None:
        self._get_assistant().record(result_id, "applied")
        self.watches.on_arrived(result_id, snapshot, later)

    def _on_undone(self, result_id: str) -> None:
        self._get_assistant().record(result_id, "undone")
        self.watches.on_undone(result_id)


def _raise_if_cancelled() -> None:
    """Raise ``CancelledError`` if the current task was cancelled but the exception was swallowed.

    ``asyncio.wait_for`` of Python 3.11 does that: it returns a result that arrived in the same iteration of the loop.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _note_result(result: AssistResult) -> None:
    """Add an action's outcome and the cost of each attempt to the request's closing log line."""
    attempts = [f"{one.step}:{1_000 * one.seconds:.0f}ms/{one.tokens}t" for one in result.attempts]
    edit = "none" if not result.has_edit else "verified" if result.may_apply_unasked else "unverified"
    request_log.note(
        logging.INFO,
        action=result.request.action.value,
        rule=result.rule_id or None,
        edit=edit,
        attempts=",".join(attempts) or None,
        tokens=sum(one.tokens for one in result.attempts) or None,
    )


def _closing(result: AssistResult) -> str:
    if result.message:
        return result.message
    # An editor may cut the line in its middle, so what was proved comes last.
    return f"{result.title}. {result.evidence_sentence or result.reason}".strip()
