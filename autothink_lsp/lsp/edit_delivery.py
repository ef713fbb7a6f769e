"""Sends an edit to the client with ``workspace/applyEdit`` and determines its outcome.

An edit is computed for one snapshot, and the user may type while the edit is sent. A client with ``documentChanges``
compares versions and refuses a stale edit. A client without them applies any edit: for those an edit is sent only while
the user is not typing, after a round trip that shows that the client is not behind. That makes a collision rare but not
impossible, so ``PlacementWatch`` compares the resulting document with the expected one.

Any answer to ``workspace/applyEdit`` counts as an answer, and so does a document that changed as expected.
"""

from __future__ import annotations

import asyncio
import logging
from enum import StrEnum
from typing import Any

from attrs import define, field
from lsprotocol import types

from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.edits.rebase import rebase
from autothink_lsp.edits.replacement import EditRefused, Replacement, apply_replacements
from autothink_lsp.lsp.client import Client
from autothink_lsp.lsp.recent_changes import RecentChanges
from autothink_lsp.values import frozen

logger = logging.getLogger(__name__)

_CANCELLED_TIMEOUT_S = 3.0  # for the answer to an edit that was sent before its request was cancelled
_QUIET_S = 0.35  # longer than the time between two keys of a word
_TYPING_TIMEOUT_S = 10.0
_MOST_STATES = 24  # of the document, after an edit was sent


class Fate(StrEnum):
    """The outcome of a sent edit."""

    APPLIED = "applied"
    REJECTED = "rejected"
    UNSUPPORTED = "unsupported"  # the client answered with an error
    UNKNOWN = "unknown"  # no answer in time


@frozen
class Delivery:
    """The outcome of a sent edit. ``why`` is the client's reason, if any. ``cancelled``: the request was cancelled
    after the edit was sent."""

    fate: Fate
    why: str = ""
    cancelled: bool = False


class Placement(StrEnum):
    """The place at which an edit was applied."""

    UNSEEN = "unseen"  # the document does not contain it (yet)
    RIGHT = "right"
    WRONG = "wrong"  # at the positions of an older text


@define(eq=False)
class PlacementWatch:
    """Follows a document after ``replacements`` for the snapshot ``base`` were sent.

    After n changes of the user the edit may be applied in two ways: moved with the changes (or refused), which is
    right, or at its old positions, which is wrong. Both texts are computed for each state of the document, and compared
    with the following states. Ropes share their text and lengths are compared first, so a state costs little.
    """

    base: Snapshot
    replacements: tuple[Replacement, ...]
    placement: Placement = Placement.UNSEEN
    seen: asyncio.Event = field(factory=asyncio.Event)  # set together with ``placement``
    has_changed: bool = False
    _text: Text = field(init=False)
    _changes: list[Change] = field(factory=list)
    _right: list[Text | None] = field(factory=list)
    _wrong: list[Text | None] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self._text = self.base.text
        self._right.append(apply_replacements(self._text, self.replacements))
        self._wrong.append(None)

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        """Process the client's next changes, each as a separate state."""
        for number, change in enumerate(changes, 1):
            if self.placement is not Placement.UNSEEN or len(self._changes) >= _MOST_STATES:
                return
            self.has_changed = True
            step = Replacement(change.start, change.old_end, change.inserted)
            self._text = snapshot.text if number == len(changes) else apply_replacements(self._text, (step,))
            self._compare()
            self._changes.append(change)
            self._right.append(self._moved())
            self._wrong.append(apply_replacements(self._text, self.replacements))

    def _compare(self) -> None:
        if any(one is not None and self._text.is_equal(one) for one in self._right):
            self.placement = Placement.RIGHT
        elif any(one is not None and self._text.is_equal(one) for one in self._wrong):
            self.placement = Placement.WRONG
        if self.placement is not Placement.UNSEEN:
            self.seen.set()

    def _moved(self) -> Text | None:
        try:
            return apply_replacements(self._text, rebase(self.replacements, self._changes))
        except EditRefused:
            return None


def delivery_of(answer: Any) -> Delivery:
    """Parse a client's answer to ``workspace/applyEdit``. Without a clear refusal the edit counts as applied."""
    if not isinstance(answer, dict):
        return Delivery(Fate.REJECTED if answer in (False, "false") else Fate.APPLIED)
    is_applied, why = answer.get("applied"), answer.get("failureReason")
    why = why if isinstance(why, str) else ""
    is_rejected = is_applied in (False, "false") or (is_applied is None and bool(why))
    return Delivery(Fate.REJECTED if is_rejected else Fate.APPLIED, why)


class EditDelivery:
    """Sends edits to one client and watches where they are applied."""

    def __init__(self, client: Client, recent: RecentChanges) -> None:
        self._client = client
        self._recent = recent
        self._watches: list[PlacementWatch] = []
        self._answers_round_trips = True

    def watch(self, snapshot: Snapshot, replacements: tuple[Replacement, ...]) -> PlacementWatch:
        """Watch the document until ``unwatch``."""
        watch = PlacementWatch(snapshot, replacements)
        self._watches.append(watch)
        return watch

    def unwatch(self, watch: PlacementWatch) -> None:
        """Stop a watch. Idempotent."""
        if watch in self._watches:
            self._watches.remove(watch)

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        """Pass a change to the watches of its document. Costs nothing without a watch."""
        for watch in self._watches:
            if watch.base.opening == snapshot.opening and watch.base.uri == snapshot.uri:
                watch.did_change(snapshot, changes)

    async def until_quiet(self, uri: str) -> bool:
        """Wait until the user is not typing in the document. Returns ``False`` after a timeout.

        Returns immediately for clients that compare versions.
        """
        if self._client.features.document_changes:
            return True
        try:
            async with asyncio.timeout(_TYPING_TIMEOUT_S):
                while True:
                    before = self._recent.newest(uri)
                    still_s = _QUIET_S - self._recent.quiet_s(uri)
                    if still_s > 0:
                        await asyncio.sleep(still_s)
                        continue
                    if self._answers_round_trips:
                        self._answers_round_trips = await self._client.round_trip()
                    if self._recent.newest(uri) is before:
                        return True
        except TimeoutError:
            return False

    async def send(self, edit: types.WorkspaceEdit, label: str, watch: PlacementWatch | None) -> Delivery:
        """Send the edit and wait for its outcome. The request is sent before the first ``await``.

        A cancellation after the edit was sent cannot undo it: it is noted in the result, and the answer is awaited a
        little longer.
        """
        answer = self._client.apply_edit(edit, label)
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
