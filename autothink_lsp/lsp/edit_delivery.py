"""Hands an edit to the client with ``workspace/applyEdit`` and finds out what became of it.

An edit is computed for one snapshot, and a key may be on its way while the edit is sent. A client with
``documentChanges`` compares versions and refuses. A client without them applies whatever arrives: for those an edit is
sent only while the user is not typing, after a round trip that shows that the client is not behind. That makes a
collision rare and cannot exclude it, so ``PlacementWatch`` compares what arrives in the document with what should.

Any answer to ``workspace/applyEdit`` is an answer, and a document that changed as expected is one, too.
"""

from __future__ import annotations

import asyncio
import logging
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen
from lsprotocol import types

from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.edits.rebase import rebase
from autothink_lsp.edits.shadow import applied
from autothink_lsp.edits.values import EditRefused, Replacement

if TYPE_CHECKING:
    from autothink_lsp.lsp.recent_changes import RecentChanges
    from autothink_lsp.lsp.server import AutothinkServer

logger = logging.getLogger(__name__)

_APPLY_TIMEOUT_S = 60.0  # a preview waits for the user; some clients never answer
_CANCELLED_TIMEOUT_S = 3.0  # for the answer about an edit that was sent before its request was cancelled
_QUIET_S = 0.35  # longer than between two keys of a word
_TYPING_TIMEOUT_S = 10.0
_ROUND_TRIP_TIMEOUT_S = 1.0
_MOST_STATES = 24  # of the document, after an edit was sent


class Fate(StrEnum):
    """What became of an edit that was sent."""

    APPLIED = "applied"
    REJECTED = "rejected"
    UNSUPPORTED = "unsupported"  # the client answered with an error
    UNKNOWN = "unknown"  # no answer in time


@frozen
class Delivery:
    """``why`` is the client's reason, if it gave one. ``cancelled``: the request was cancelled after the edit was
    sent."""

    fate: Fate
    why: str = ""
    cancelled: bool = False


class Placement(StrEnum):
    """Where an edit arrived in the document."""

    UNSEEN = "unseen"  # the document does not show it (yet)
    RIGHT = "right"
    WRONG = "wrong"  # at the places of an older text


@define(eq=False)
class PlacementWatch:
    """Follows a document after ``replacements`` for the snapshot ``base`` were sent.

    After n changes of the user the edit may arrive in two ways: moved with the changes (or refused), which is right, or
    at its old places, which is wrong. Both texts are computed for each state of the document, and compared with the
    states behind it. Ropes share their text and lengths are compared first, so a state costs little.
    """

    base: Snapshot
    replacements: tuple[Replacement, ...]
    placement: Placement = Placement.UNSEEN
    seen: asyncio.Event = field(factory=asyncio.Event)  # set with the placement
    has_changed: bool = False
    _text: Text = field(init=False)
    _changes: list[Change] = field(factory=list)
    _right: list[Text | None] = field(factory=list)
    _wrong: list[Text | None] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self._text = self.base.text
        self._right.append(applied(self._text, self.replacements))
        self._wrong.append(None)

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        """The client's next changes, each taken as a state of its own."""
        for number, change in enumerate(changes, 1):
            if self.placement is not Placement.UNSEEN or len(self._changes) >= _MOST_STATES:
                return
            self.has_changed = True
            step = Replacement(change.start, change.old_end, change.inserted)
            self._text = snapshot.text if number == len(changes) else applied(self._text, (step,))
            self._compare()
            self._changes.append(change)
            self._right.append(self._moved())
            self._wrong.append(applied(self._text, self.replacements))

    def _compare(self) -> None:
        if any(_same(self._text, one) for one in self._right):
            self.placement = Placement.RIGHT
        elif any(_same(self._text, one) for one in self._wrong):
            self.placement = Placement.WRONG
        if self.placement is not Placement.UNSEEN:
            self.seen.set()

    def _moved(self) -> Text | None:
        try:
            return applied(self._text, rebase(self.replacements, self._changes))
        except EditRefused:
            return None


def _same(one: Text, other: Text | None) -> bool:
    return other is not None and one.char_length == other.char_length and str(one) == str(other)


def delivery_of(answer: Any) -> Delivery:
    """What a client's answer to ``workspace/applyEdit`` says. Without a clear no the edit counts as applied."""
    if not isinstance(answer, dict):
        return Delivery(Fate.REJECTED if answer in (False, "false") else Fate.APPLIED)
    is_applied, why = answer.get("applied"), answer.get("failureReason")
    why = why if isinstance(why, str) else ""
    is_rejected = is_applied in (False, "false") or (is_applied is None and bool(why))
    return Delivery(Fate.REJECTED if is_rejected else Fate.APPLIED, why)


class EditDelivery:
    """Of one client."""

    def __init__(self, server: AutothinkServer, recent: RecentChanges) -> None:
        self._server = server
        self._recent = recent
        self._watches: list[PlacementWatch] = []
        self._answers_round_trips = True

    def watch(self, snapshot: Snapshot, replacements: tuple[Replacement, ...]) -> PlacementWatch:
        """Follow the document until ``unwatch``."""
        watch = PlacementWatch(snapshot, replacements)
        self._watches.append(watch)
        return watch

    def unwatch(self, watch: PlacementWatch) -> None:
        """Idempotent."""
        if watch in self._watches:
            self._watches.remove(watch)

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        """Costs nothing while no edit is under way."""
        for watch in self._watches:
            if watch.base.opening == snapshot.opening and watch.base.uri == snapshot.uri:
                watch.did_change(snapshot, changes)

    async def until_quiet(self, uri: str) -> bool:
        """Wait until the user is not typing in the document; ``False`` where that does not come.

        Returns at once for clients that compare versions.
        """
        if self._server.features.document_changes:
            return True
        try:
            async with asyncio.timeout(_TYPING_TIMEOUT_S):
                while True:
                    before = self._recent.newest(uri)
                    still_s = _QUIET_S - self._recent.quiet_s(uri)
                    if still_s > 0:
                        await asyncio.sleep(still_s)
                        continue
                    await self._round_trip()
                    if self._recent.newest(uri) is before:
                        return True
        except TimeoutError:
            return False

    async def _round_trip(self) -> None:
        """Have the client answer something: what it sent before its answer has then been read."""
        if not self._answers_round_trips:
            return
        protocol, features = self._server.protocol, self._server.features
        if features.configuration:
            params = types.ConfigurationParams(items=[types.ConfigurationItem(section="autothink")])
            method = types.WORKSPACE_CONFIGURATION
        elif features.workspace_folders:
            params, method = None, types.WORKSPACE_WORKSPACE_FOLDERS
        else:
            return
        try:
            await asyncio.wait_for(protocol.send_request_async(method, params), _ROUND_TRIP_TIMEOUT_S)
        except TimeoutError:
            self._answers_round_trips = False
        except Exception as error:  # noqa: BLE001 - an error is an answer
            logger.debug("a round trip was answered with %s", type(error).__name__)

    async def send(self, edit: types.WorkspaceEdit, label: str, watch: PlacementWatch | None) -> Delivery:
        """Send the edit and wait for what becomes of it. The request is sent before the first ``await``.

        A cancellation that comes while the client has the edit cannot take it back: it is noted in the result, and the
        answer is waited for a little longer.
        """
        params = types.ApplyWorkspaceEditParams(edit=edit, label=label)
        # Not pygls' method of this name, which sends one turn of the loop later.
        request = self._server.protocol.send_request_async
        answered = asyncio.wait_for(request(types.WORKSPACE_APPLY_EDIT, params), _APPLY_TIMEOUT_S)
        answer = asyncio.ensure_future(answered)
        seen = asyncio.ensure_future(watch.seen.wait() if watch is not None else asyncio.Event().wait())
        cancelled = False
        try:
            try:
                await asyncio.wait((answer, seen), return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                cancelled = True
                await asyncio.wait((answer, seen), timeout=_CANCELLED_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            seen.cancel()
            answer.cancel()
        delivery = self._outcome(answer, watch)
        return Delivery(delivery.fate, delivery.why, cancelled)

    def _outcome(self, answer: asyncio.Future[Any], watch: PlacementWatch | None) -> Delivery:
        if watch is not None and watch.placement is not Placement.UNSEEN:
            return Delivery(Fate.APPLIED)
        if not answer.done() or answer.cancelled() or isinstance(answer.exception(), TimeoutError):
            logger.info("the client did not say whether it applied the edit")
            return Delivery(Fate.UNKNOWN)
        if (error := answer.exception()) is not None:
            logger.info("the client does not apply edits: %s", type(error).__name__)
            return Delivery(Fate.UNSUPPORTED)
        return delivery_of(answer.result())
