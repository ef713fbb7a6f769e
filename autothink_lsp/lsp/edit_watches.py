"""Watches the editor's diagnostics after one of our edits was applied, reports the outcome to the user, and offers to
undo the edit or to think about it if it did not help.

``features/assist/applied_edit.py`` decides; this module has the timers, the messages and the edit that undoes ours.
Clients with ``experimental.autothinkDiagnostics`` report all diagnostics of a watched document; for other clients the
contexts of their requests for code actions are used. ``sent_edits.py`` reports an edit's arrival and undo.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from attrs import define, field
from lsprotocol import types

from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.edits.rebase import rebase
from autothink_lsp.edits.replacement import EditRefused, Replacement, apply_replacements, inverse_replacements
from autothink_lsp.features.assist.actions import ActionKind, Assistant, AssistRequest, AssistResult, EarlierEdit
from autothink_lsp.features.assist.applied_edit import (
    AppliedOutcome,
    AppliedVerdict,
    LineSpan,
    Reported,
    TextChanged,
    TimePassed,
    Undone,
    WatchedDocumentClosed,
    WatchEvent,
    WatchState,
    begin_watch,
    changed_lines,
    next_look_s,
    step,
)
from autothink_lsp.features.assist.safe_markdown import inert
from autothink_lsp.lsp.client import Client
from autothink_lsp.lsp.recent_changes import RecentChanges
from autothink_lsp.lsp.sent_edits import ARRIVAL_S
from autothink_lsp.quantities import shortened
from autothink_lsp.thinking.mode import ThinkMode
from autothink_lsp.values import Diagnostic, Point, evolve

logger = logging.getLogger(__name__)

UNDO, THINK, KEEP = "Undo", "Think about it", "Keep"
_QUESTION_TIMEOUT_S = 300.0
_MOST_CONTEXTS = 50  # number of documents whose last context is stored
_LONGEST_MESSAGE = 160


@define(eq=False)
class _WatchedEdit:
    """An edit since it was sent to the client. ``state`` is ``None`` before it has arrived."""

    result: AssistResult
    base: Snapshot
    replacements: tuple[Replacement, ...]
    reported: tuple[Diagnostic, ...]  # before the edit
    text_after: Text  # the text with the edit
    state: WatchState | None = None
    arrived_in: Snapshot | None = None
    changes: list[Change] = field(factory=list)  # since the edit arrived
    timer: asyncio.TimerHandle | None = None


class EditWatches:
    """The watched edits of one client, the newest one of each document. ``perform`` runs an action; ``forget_undo``
    ends the search for the undo of a result whose undo was already reported."""

    def __init__(
        self,
        client: Client,
        recent: RecentChanges,
        get_assistant: Callable[[], Assistant],
        perform: Callable[[AssistRequest], Awaitable[None]],
        forget_undo: Callable[[str], None],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._recent = recent
        self._get_assistant = get_assistant
        self._perform = perform
        self._forget_undo = forget_undo
        self._now_s = now_s
        self._edits: dict[str, _WatchedEdit] = {}
        self._contexts: OrderedDict[str, tuple[Diagnostic, ...]] = OrderedDict()

    # --- the lifetime of a watch --------------------------------------------------------------------------------------

    def expect(self, result: AssistResult, base: Snapshot, replacements: tuple[Replacement, ...]) -> None:
        """Start a watch: the edit ``replacements`` of ``base`` is about to be sent to the client."""
        self._drop(base.uri)
        after = apply_replacements(base.text, replacements)
        edit = _WatchedEdit(result, base, replacements, self._contexts.get(base.uri, ()), after)
        self._edits[base.uri] = edit
        self._client.watch_diagnostics(base.uri, is_watched=True)
        edit.timer = asyncio.get_running_loop().call_later(ARRIVAL_S + 1, self._on_timer, edit)

    def on_arrived(self, result_id: str, snapshot: Snapshot, later: Sequence[Change]) -> None:
        """Note that the document contains the edit since ``snapshot``, which also contains the changes ``later``."""
        edit = self._edit_of(result_id)
        if edit is None or edit.state is not None:
            return
        targets = edit.result.request.diagnostics if edit.result.request.action is ActionKind.FIX else ()
        edit.arrived_in = snapshot
        edit.state = begin_watch(
            self._target_now(edit, targets[0]) if targets else None,
            edit.replacements,
            edit.reported,
            changed_lines(edit.replacements),
            at_s=self._now_s(),
        )
        self._schedule(edit)
        self._follow(edit, later)

    def on_undone(self, result_id: str) -> None:
        """Note that the document has its text from before the edit again."""
        edit = self._edit_of(result_id)
        if edit is not None:
            self._send(edit, Undone())

    def is_watched(self, uri: str) -> bool:
        """Whether this document's diagnostics are needed."""
        return uri in self._edits

    def reported(
        self,
        uri: str,
        diagnostics: tuple[Diagnostic, ...],
        sources: frozenset[str] = frozenset(),
        *,
        version: int | None = None,
    ) -> None:
        """Process the client's report of all diagnostics of a document. A ``version`` from before the edit is
        ignored."""
        edit = self._edits.get(uri)
        if edit is None:
            return
        if edit.state is None:
            edit.reported = diagnostics
        elif version is None or edit.arrived_in is None or version >= edit.arrived_in.version:
            self._send(edit, Reported(self._now_s(), diagnostics, sources=sources))

    def context_seen(self, uri: str, first_line: int, last_line: int, diagnostics: Sequence[Diagnostic]) -> None:
        """Process the diagnostics of these lines in a request for code actions. Ignored for clients that report
        diagnostics."""
        if self._client.features.diagnostics:
            return
        self._contexts[uri] = tuple(diagnostics)
        self._contexts.move_to_end(uri)
        while len(self._contexts) > _MOST_CONTEXTS:
            self._contexts.popitem(last=False)
        edit = self._edits.get(uri)
        if edit is not None and edit.state is not None:
            self._send(edit, Reported(self._now_s(), tuple(diagnostics), LineSpan(first_line, last_line)))

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        """Process a change of the document; must be called after ``on_arrived`` and ``on_undone``. Costs nothing
        without a watch."""
        edit = self._edits.get(snapshot.uri)
        if edit is not None and edit.arrived_in is not snapshot:
            self._follow(edit, changes)

    def _follow(self, edit: _WatchedEdit, changes: Sequence[Change]) -> None:
        """Process the user's changes after the edit arrived."""
        if edit.state is not None and changes:
            edit.changes.extend(changes)
            self._send(edit, TextChanged(tuple(changes)))

    def did_close(self, uri: str) -> None:
        """End the watch of a closed document."""
        self._contexts.pop(uri, None)
        edit = self._edits.get(uri)
        if edit is not None and edit.state is not None:
            self._send(edit, WatchedDocumentClosed())
        self._drop(uri)

    def _edit_of(self, result_id: str) -> _WatchedEdit | None:
        return next((one for one in self._edits.values() if one.result.id == result_id), None)

    def _target_now(self, edit: _WatchedEdit, target: Diagnostic) -> Diagnostic:
        """The target's position in the text for which the edit was sent; it may be newer than the one of its
        computation."""
        request = edit.result.request
        if request.snapshot is edit.base:
            return target
        shift = edit.replacements[0].start.line - edit.result.replacements[0].start.line
        return evolve(
            target,
            start=Point(target.start.line + shift, target.start.column),
            end=Point(target.end.line + shift, target.end.column),
        )

    def _send(self, edit: _WatchedEdit, event: WatchEvent) -> None:
        if edit.state is None:
            return
        edit.state, verdict = step(edit.state, event)
        if verdict is None:
            self._schedule(edit)
            return
        self._drop(edit.base.uri)
        self._on_verdict(edit, verdict)

    def _schedule(self, edit: _WatchedEdit) -> None:
        if edit.timer is not None:
            edit.timer.cancel()
        if edit.state is not None:
            delay_s = max(0.0, next_look_s(edit.state) - self._now_s())
            edit.timer = asyncio.get_running_loop().call_later(delay_s, self._on_timer, edit)

    def _on_timer(self, edit: _WatchedEdit) -> None:
        if self._edits.get(edit.base.uri) is not edit:
            return
        if edit.state is None:  # the edit has not arrived
            self._drop(edit.base.uri)
        else:
            self._send(edit, TimePassed(self._now_s()))

    def _drop(self, uri: str) -> None:
        edit = self._edits.pop(uri, None)
        if edit is None:
            return
        if edit.timer is not None:
            edit.timer.cancel()
        self._client.watch_diagnostics(uri, is_watched=False)

    # --- messages to the user -----------------------------------------------------------------------------------------

    def _on_verdict(self, edit: _WatchedEdit, verdict: AppliedVerdict) -> None:
        logger.info("after applying: %s", verdict.outcome.value)
        self._get_assistant().record_outcome(edit.result, verdict)
        message = verdict.message
        if message is None:
            return
        if verdict.outcome is AppliedOutcome.GONE:
            text = f"{_tool(message)} no longer reports it."
            self._client.notify_outcome(text, edit.base.uri)
            return
        seen = self._recent.newest(edit.base.uri)
        if seen is not None and verdict.outcome in {AppliedOutcome.STILL_REPORTED, AppliedOutcome.NEW_ERROR}:
            self._client.spawn(self._offer(edit, verdict.outcome, message, seen), "offer to undo an edit")

    async def _offer(self, edit: _WatchedEdit, outcome: AppliedOutcome, message: Diagnostic, seen: Snapshot) -> None:
        """Ask once what to do about an edit that did not help. ``seen`` is the document at the verdict."""
        verb = "still reports" if outcome is AppliedOutcome.STILL_REPORTED else "now reports"
        words = shortened(" ".join(message.message.split()), _LONGEST_MESSAGE)
        text = f"AutoThink: {_tool(message)} {verb}: {inert(words)}"
        try:
            answer = await self._client.ask(text, (UNDO, THINK), timeout_s=_QUESTION_TIMEOUT_S, harmless=KEEP)
        except TimeoutError:
            return
        except Exception as error:  # noqa: BLE001 - the user gets a message without a choice
            logger.info("the client cannot be asked about an edit: %s", type(error).__name__)
            return
        if answer == UNDO:
            await self._take_back(edit, seen)
        elif answer == THINK:
            await self._think(edit, message, seen)

    async def _take_back(self, edit: _WatchedEdit, seen: Snapshot) -> None:
        """Undo only the edit. ``seen`` is the document at the verdict."""
        uri = edit.base.uri
        newest = self._recent.newest(uri)
        if newest is None or newest.opening != edit.base.opening:
            self._client.show_warning("The document has been closed, so the edit was not undone.")
            return
        inverse = inverse_replacements(edit.base.text, edit.replacements)
        try:
            moved = rebase(inverse, (*edit.changes, *self._recent.since(seen)))
        except EditRefused:
            self._client.show_warning("The changed lines were edited since, so the edit was not undone.")
            return
        self._forget_undo(edit.result.id)
        where = [
            types.TextEdit(
                types.Range(types.Position(*newest.position(one.start)), types.Position(*newest.position(one.end))),
                one.new_text,
            )
            for one in moved
        ]
        if self._client.features.document_changes:
            document = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=newest.version)
            change = types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, list(where))])
        else:
            change = types.WorkspaceEdit(changes={uri: where})
        try:
            answer = await self._client.apply_edit(change, f"AutoThink: Undo {edit.result.title}")
        except Exception as error:  # noqa: BLE001 - reported below
            logger.info("the client did not undo an edit: %s", type(error).__name__)
            answer = {"applied": False}
        if isinstance(answer, dict) and answer.get("applied") is False:
            self._client.show_warning("The editor did not undo the edit.")
            return
        self._get_assistant().record(edit.result.id, "undone")

    async def _think(self, edit: _WatchedEdit, message: Diagnostic, seen: Snapshot) -> None:
        """Run the same action on the text with the edit; it begins with the rung after the edit's."""
        try:
            request = self._recent.brought_up(_request_after(edit, message, seen))
        except EditRefused as stale:
            self._client.show_warning(stale.for_user())
            return
        await self._perform(request)


def _request_after(edit: _WatchedEdit, message: Diagnostic, seen: Snapshot) -> AssistRequest:
    """The request for another attempt after an edit that did not solve the problem, in the document ``seen``."""
    result, request = edit.result, edit.result.request
    start, end = message.start, message.end
    if request.action is not ActionKind.FIX and edit.state is not None:
        last = max(span.last for span in edit.state.changed)
        start = Point(min(span.first for span in edit.state.changed), 0)
        end = start if request.start == request.end else Point(last, len(seen.text.line(last)))
    last_attempt = result.attempts[-1] if result.attempts else None
    earlier = EarlierEdit(
        step=last_attempt.step if last_attempt is not None else "repair",
        removed=_excerpt(edit.base.text, [LineSpan(one.start.line, one.end.line) for one in edit.replacements]),
        inserted=_excerpt(edit.text_after, changed_lines(edit.replacements)),
        message=message.message,
        source=message.source,
        seconds=last_attempt.seconds if last_attempt is not None else 0.0,
    )
    return evolve(
        request,
        snapshot=seen,
        start=start,
        end=end,
        diagnostics=(message,),
        think=ThinkMode.ON,
        earlier_edit=earlier,
        follow_up=None,
    )


def _excerpt(text: Text, spans: Sequence[LineSpan]) -> str:
    """The lines of the spans; an ellipsis replaces the lines between them."""
    lines = sorted({line for span in spans for line in range(span.first, span.last + 1)})
    parts: list[str] = []
    for number, line in enumerate(lines):
        if number and line != lines[number - 1] + 1:
            parts.append("…")
        parts.append(text.line(line))
    return "\n".join(parts)


def _tool(message: Diagnostic) -> str:
    return inert(message.source)[:40] or "The editor"
