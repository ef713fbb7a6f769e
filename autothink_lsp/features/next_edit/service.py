"""Finds the next edit of a document, and records whether it was accepted.

The rules are asked first, then a model if there is one. A search does not delay typing: it runs in parts of a few
milliseconds and pauses while a completion is being answered (``MOST_WAIT_S`` at most). It ends between two parts if its
document changes or a newer request for the document arrives; a model's answer is then cancelled. The rules are imported
at the first request.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Protocol

from attrs import define, field, frozen

from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.features.next_edit.history import EditHistory, EditHunk
from autothink_lsp.features.next_edit.rule_record import Outcome, RuleRecord
from autothink_lsp.syntax.service import Syntax

if TYPE_CHECKING:
    from autothink_lsp.document.text import Text
    from autothink_lsp.edits.replacement import Replacement
    from autothink_lsp.features.next_edit.proposal import LineEdit, Rule, RuleContext
    from autothink_lsp.syntax.trees import SyntaxTree
    from autothink_lsp.values import Point

logger = logging.getLogger(__name__)

QUIET_S = 0.03  # clients send requests in bursts; only the newest one of a document is answered
TYPING_QUIET_S = 0.15  # after a change that accepted no edit; longer than the gap between two keys
MOST_WAIT_S = 0.4  # for a completion that is being answered; a slow model may take longer
_WAIT_STEP_S = 0.01
TURN_S = 0.002  # of a search without a look at the other callbacks
LOOK_AHEAD_QUIET_S = 0.2  # longer than the gap between two keys, so that the search delays no key
# While a suggestion is on the screen no request shows an edit, and most people read or take it before they move on.
BEHIND_SUGGESTION_QUIET_S = 0.5
MODEL_QUIET_S = 0.15  # a model is asked if the rules found nothing and no newer request came within this time
MOST_BYTES = 1_000_000
PARSE_BUDGET_MS = 60.0
_MOST_CHECKED = 12  # candidates of one request that are verified
_MOST_REMEMBERED = 32
_MOST_CHANGES_UNTIL_ACCEPTED = 3  # some clients apply an edit as a deletion and an insertion
_MOST_CHANGES_UNTIL_UNDO = 20  # after an edit was accepted: a later undo does not count as dismissing it
_MOST_LINE_CHARACTERS = 20_000


@frozen
class NextEdit:
    """A proposal for exactly this snapshot. The client names it by ``id`` when it reports an outcome."""

    id: str
    snapshot: Snapshot = field(repr=False)
    replacement: Replacement = field(repr=False)
    rule: str
    effect: str = field(repr=False)  # ``token_change.effect_of``


@frozen
class FoundEdit:
    """A next edit that may be shown and was not offered to the client yet."""

    snapshot: Snapshot = field(repr=False)
    replacement: Replacement = field(repr=False)
    candidate: LineEdit = field(repr=False)
    effect: str = field(repr=False)


class Model(Protocol):
    """A model that may be asked about a document (``models.py``)."""

    async def propose(
        self, snapshot: Snapshot, point: Point, hunks: Sequence[EditHunk], other_hunks: Sequence[EditHunk], /
    ) -> LineEdit | None: ...


@define(eq=False)
class _Turns:
    """Decides when a search may run its next part: after the other callbacks of the event loop, and while no completion
    is being answered. ``waited_s`` is the time for which the whole search has waited for completions."""

    is_wanted: Callable[[], bool]
    is_answering: Callable[[], bool]
    now_s: Callable[[], float]
    waited_s: float = 0.0
    _began_s: float = field(default=-math.inf, init=False)

    async def next(self) -> bool:
        """Wait until the next part may run. Returns whether the search is still wanted. Parts that take less than
        ``TURN_S`` together run in one turn: each turn of the event loop costs more than most parts."""
        if self.now_s() - self._began_s < TURN_S:
            return True  # nothing else has run since
        await asyncio.sleep(0)
        while self.is_wanted() and self.is_answering() and self.waited_s < MOST_WAIT_S:
            await asyncio.sleep(_WAIT_STEP_S)
            self.waited_s += _WAIT_STEP_S
        self._began_s = self.now_s()
        return self.is_wanted()


@frozen
class _LookedAhead:
    """The result of ``look_ahead`` for ``snapshot``. ``by_line`` has the parts of ``found``, an edit of several lines,
    that may be shown alone."""

    snapshot: Snapshot
    found: FoundEdit | None = None
    by_line: Mapping[int, FoundEdit] = field(factory=dict)


@define(eq=False)
class _Offered:
    edit: NextEdit
    after: Text
    outcome: Outcome | None = None


@define(eq=False)
class NextEditService:
    """The next edits of all documents of one client. A ``document.store.DocumentListener``.

    ``newest(uri)`` returns the newest snapshot of an open document, ``is_related(uri, uri)`` whether a change of one
    document may continue in another one, and ``is_answering()`` whether a completion is being answered.
    """

    syntax: Syntax
    newest: Callable[[str], Snapshot | None]
    is_related: Callable[[str, str], bool] = lambda _one, _other: True
    is_private: Callable[[str], bool] = lambda _uri: False
    is_answering: Callable[[], bool] = lambda: False
    now_s: Callable[[], float] = time.monotonic
    history: EditHistory = field(init=False)
    record: RuleRecord = field(factory=RuleRecord, init=False)
    _offered: OrderedDict[str, _Offered] = field(factory=OrderedDict, init=False)
    _waiting: dict[str, _Offered] = field(factory=dict, init=False)  # by uri: not accepted and not overtaken yet
    _diverged: dict[str, tuple[_Offered, int]] = field(factory=dict, init=False)  # by uri, and the changes since then
    _accepted: dict[str, tuple[_Offered, int]] = field(factory=dict, init=False)  # by uri, and the changes since then
    _requests: dict[str, int] = field(factory=dict, init=False)
    _asking: dict[str, asyncio.Task[LineEdit | None]] = field(factory=dict, init=False)  # by uri
    _ahead: dict[str, _LookedAhead] = field(factory=dict, init=False)  # by uri
    _typed_s: dict[str, float] = field(factory=dict, init=False)  # by uri: when its last change was made
    _ids: Iterator[int] = field(factory=lambda: count(1), init=False)

    def __attrs_post_init__(self) -> None:
        self.history = EditHistory(is_private=self.is_private)

    # --- documents ----------------------------------------------------------------------------------------------------

    def did_open(self, snapshot: Snapshot) -> None:
        self._waiting.pop(snapshot.uri, None)
        self._diverged.pop(snapshot.uri, None)
        self._accepted.pop(snapshot.uri, None)
        self.history.did_open(snapshot)

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        """Add the changes to the history. If the document now has the text that a proposal would give it, the proposal
        counts as accepted."""
        self.history.did_change(snapshot, changes)
        self._typed_s[snapshot.uri] = self.now_s()
        self._stop_asking(snapshot.uri)
        if self._accepted:
            self._notice_undo(snapshot, changes)
        waiting = self._waiting.pop(snapshot.uri, None) if self._waiting else None
        since = 0
        if waiting is None:
            waiting, since = self._diverged.pop(snapshot.uri, (None, 0)) if self._diverged else (None, 0)
        if waiting is None or waiting.outcome in ("accepted", "dismissed"):
            return
        if snapshot.text.is_equal(waiting.after):
            self.history.mark_accepted(snapshot.uri)
            self._judge(waiting, "accepted")
            self._typed_s.pop(snapshot.uri)  # the next one should come at once
            self._accepted[snapshot.uri] = waiting, 0
            return
        self._judge(waiting, "diverged")
        if since + 1 < _MOST_CHANGES_UNTIL_ACCEPTED:
            self._diverged[snapshot.uri] = waiting, since + 1

    def _notice_undo(self, snapshot: Snapshot, changes_now: tuple[Change, ...]) -> None:
        """Count an accepted edit as dismissed if the document has its text from before the edit again, and the change
        of one of its lines if that line has."""
        accepted, changes = self._accepted.pop(snapshot.uri, (None, 0))
        if accepted is None:
            return
        if snapshot.text.is_equal(accepted.edit.snapshot.text):
            self.record.counts[accepted.edit.rule, "accepted"] -= 1
            self.record.note(accepted.edit.rule, accepted.edit.effect, "dismissed")
            accepted.outcome = "dismissed"
        elif changes < _MOST_CHANGES_UNTIL_UNDO:
            self._accepted[snapshot.uri] = accepted, changes + 1
            for change in changes_now:
                self._notice_undone_line(accepted, snapshot, change.start.line)

    def _notice_undone_line(self, accepted: _Offered, snapshot: Snapshot, line: int) -> None:
        from autothink_lsp.features.next_edit.token_change import effect_of

        before, edit = accepted.edit.snapshot.text, accepted.edit.replacement
        is_within = edit.start.line <= line <= edit.end.line and line < snapshot.text.line_count
        if not is_within or not before.line_count == accepted.after.line_count == snapshot.text.line_count:
            return
        old, new = before.line(line), accepted.after.line(line)
        if old != new and snapshot.text.line(line) == old:
            self.record.silence(effect_of((old,), (new,)))

    def did_close(self, uri: str) -> None:
        self._waiting.pop(uri, None)
        self._diverged.pop(uri, None)
        self._accepted.pop(uri, None)
        self._requests.pop(uri, None)
        self._ahead.pop(uri, None)
        self._typed_s.pop(uri, None)
        self._stop_asking(uri)
        self.history.did_close(uri)

    # --- requests -----------------------------------------------------------------------------------------------------

    async def find(
        self, snapshot: Snapshot, point: Point, model: Model | None = None, *, by_hand: bool = False
    ) -> NextEdit | None:
        """The next edit with the cursor at ``point``; ``None`` if there is none, or if the document changed or a newer
        request arrived meanwhile. ``by_hand``: the user requested it; a model is then asked even if the document is
        unchanged."""
        self._stop_asking(snapshot.uri)
        number = self._requests[snapshot.uri] = self._requests.get(snapshot.uri, 0) + 1

        def is_wanted() -> bool:
            return self._requests.get(snapshot.uri) == number and self.newest(snapshot.uri) is snapshot

        await asyncio.sleep(QUIET_S if by_hand else self._quiet_s(snapshot.uri))
        turns = _Turns(is_wanted, self.is_answering, self.now_s)
        if not await turns.next():
            return None
        for found in self._search(snapshot, point.line, by_hand=by_hand):
            if found is not None:
                return self._offer(found)
            if not await turns.next():
                return None
        if model is None or not _is_readable(snapshot) or not (by_hand or self.history.hunks(snapshot.uri)):
            return None
        await asyncio.sleep(MODEL_QUIET_S)
        if not is_wanted():
            return None
        candidate = await self._ask(model, snapshot, point)
        if candidate is None or not is_wanted():
            return None
        return self.from_model(snapshot, point, candidate, by_hand=by_hand)

    def _quiet_s(self, uri: str) -> float:
        """The seconds to wait for another key before a search; ``QUIET_S`` if the user has paused already."""
        typed_s = self._typed_s.get(uri)
        since_s = TYPING_QUIET_S if typed_s is None else self.now_s() - typed_s
        return max(QUIET_S, TYPING_QUIET_S - since_s)

    def has_looked_ahead(self, snapshot: Snapshot) -> bool:
        """Whether ``look_ahead`` has begun for this snapshot."""
        before = self._ahead.get(snapshot.uri)
        return before is not None and before.snapshot is snapshot

    async def look_ahead(self, snapshot: Snapshot, line: int, is_off: Callable[[], bool] = lambda: False) -> None:
        """Search with the rules before a client requests an edit, for ``found_ahead``. Ends at a change of the
        document. Called when no key has come for a while. Nothing is searched if ``is_off()``."""
        if self.newest(snapshot.uri) is not snapshot:
            return
        self._ahead[snapshot.uri] = _LookedAhead(snapshot)

        def is_wanted() -> bool:
            return self.newest(snapshot.uri) is snapshot

        turns = _Turns(is_wanted, self.is_answering, self.now_s)
        if not await turns.next() or is_off():
            return
        for found in self._search(snapshot, line):
            if found is not None:
                break
            if not await turns.next():
                return
        else:
            return
        by_line: dict[int, FoundEdit] = {}
        for part_line, part in self._lines_of(found):
            if part is not None:
                by_line[part_line] = part
            if not await turns.next():
                return
        self._ahead[snapshot.uri] = _LookedAhead(snapshot, found, by_line)

    def found_ahead(self, snapshot: Snapshot, line: int | None = None) -> FoundEdit | None:
        """The edit that ``look_ahead`` found for exactly this snapshot, if it is the newest. With ``line``, the part of
        an edit of several lines that is in this line, if it may be shown alone. Does no search."""
        ahead = self._ahead.get(snapshot.uri)
        if ahead is None or ahead.snapshot is not snapshot:
            return None
        found = ahead.found if line is None else ahead.by_line.get(line, ahead.found)
        if found is None or self.newest(snapshot.uri) is not snapshot:
            return None
        if self.record.is_silent(found.candidate.rule, found.effect):
            return None
        return found

    def _lines_of(self, found: FoundEdit) -> Iterator[tuple[int, FoundEdit | None]]:
        """Yield the part of an edit in each of its lines; ``None`` for a part that must not be shown alone."""
        from autothink_lsp.features.next_edit.proposal import LineEdit

        edit = found.candidate
        context = self._context(found.snapshot, edit.first)
        if context is None or len(edit.new) < 2 or len(edit.new) != edit.stop - edit.first:
            return
        for line, new in enumerate(edit.new, edit.first):
            part = LineEdit(edit.rule, edit.pattern, line, line + 1, (new,))
            yield line, self._alone(context, part)

    def offer_ahead(self, found: FoundEdit) -> NextEdit:
        """Offer ``found`` to the client: its outcome is recorded from now on."""
        return self._offer(found)

    def steps(self, snapshot: Snapshot, line: int, *, by_hand: bool = False) -> Iterator[NextEdit | None]:
        """Search rule by rule and offer the edits found. Yields ``None`` after each part of the work without one."""
        for found in self._search(snapshot, line, by_hand=by_hand):
            yield self._offer(found) if found is not None else None

    def _search(self, snapshot: Snapshot, line: int, *, by_hand: bool = False) -> Iterator[FoundEdit | None]:
        from autothink_lsp.features.next_edit.rules.table import RULES

        context = self._context(snapshot, line, by_hand=by_hand) if self.history.hunks(snapshot.uri) else None
        if context is None:
            return
        context.hunks = tuple(hunk for hunk in context.hunks if hunk.says_something)
        if not context.hunks:
            return
        yield None
        for rule in RULES:
            yield from self._looked_at(context, rule, may_undo=by_hand)

    def from_model(
        self, snapshot: Snapshot, point: Point, candidate: LineEdit, *, by_hand: bool = False
    ) -> NextEdit | None:
        """Offer a model's edit; ``None`` if it must not be shown."""
        from autothink_lsp.features.next_edit.model_checks import model_refusal

        context = self._context(snapshot, point.line)
        if context is None:
            return None
        refusal = model_refusal(context, candidate, point, by_hand=by_hand)
        if refusal:
            logger.debug("a next edit of a model was dropped: %s", refusal)
            return None
        found = self._alone(context, candidate, may_undo=by_hand)
        return self._offer(found) if found is not None else None

    def _context(self, snapshot: Snapshot, line: int, *, by_hand: bool = False) -> RuleContext | None:
        from autothink_lsp.features.next_edit.proposal import RuleContext

        if not _is_readable(snapshot):
            return None
        hunks, others = self._hunks(snapshot.uri)

        def parse() -> SyntaxTree | None:
            # Rules count lines, tree-sitter rows: they differ where "\r" alone ends a line.
            has_rows = not snapshot.text.has_lone_cr
            return self.syntax.tree_within(snapshot, PARSE_BUDGET_MS, rough=True) if has_rows else None

        return RuleContext(
            snapshot=snapshot,
            parse=parse,
            style=self.syntax.style(snapshot),
            hunks=hunks,
            other_hunks=others,
            line=line,
            by_hand=by_hand,
        )

    async def _ask(self, model: Model, snapshot: Snapshot, point: Point) -> LineEdit | None:
        """The model's edit; ``None`` if it has none, or if a change or a newer request cancelled the request, which
        closes its stream."""
        task = asyncio.create_task(model.propose(snapshot, point, *self._hunks(snapshot.uri)), name="next-edit model")
        self._asking[snapshot.uri] = task
        try:
            await asyncio.wait({task})
            if task.cancelled():
                return None
            if (error := task.exception()) is not None:
                logger.warning("the next-edit model failed: %s", type(error).__name__)
                return None
            return task.result()
        finally:
            task.cancel()  # also where the client has cancelled this request
            if self._asking.get(snapshot.uri) is task:
                del self._asking[snapshot.uri]

    def _stop_asking(self, uri: str) -> None:
        task = self._asking.pop(uri, None)
        if task is not None:
            task.cancel()

    def _alone(self, context: RuleContext, candidate: LineEdit, *, may_undo: bool = False) -> FoundEdit | None:
        """The candidate, if it may be shown. ``may_undo`` as for ``verifier.refusal_of``."""
        return next(self._looked_at(context, lambda _context: iter((candidate,)), may_undo=may_undo), None)

    def _looked_at(self, context: RuleContext, rule: Rule, *, may_undo: bool = False) -> Iterator[FoundEdit | None]:
        """Yield the rule's first candidate that may be shown. Yields ``None`` after each part of the work without one.
        ``may_undo`` as for ``verifier.refusal_of``."""
        from autothink_lsp.features.next_edit.token_change import effect_of
        from autothink_lsp.features.next_edit.verifier import refusal_of, to_replacement

        checked = 0
        try:
            for candidate in rule(context):
                if candidate is None:
                    yield None
                    continue
                if checked == _MOST_CHECKED:
                    break
                checked += 1
                effect = effect_of(context.lines[candidate.first : candidate.stop], candidate.new)
                if self.record.is_silent(candidate.rule, effect):
                    continue
                refusal = refusal_of(context.text, context.tree, candidate, context.hunks, may_undo=may_undo)
                if not refusal:
                    replacement = to_replacement(context.text, candidate)
                    yield FoundEdit(context.snapshot, replacement, candidate, effect)
                    return
                logger.debug("a next edit of %s was dropped: %s", candidate.rule, refusal)
                yield None
        except Exception as error:  # noqa: BLE001 - a rule that fails costs its proposal, not the others'
            logger.warning("the next edit rule %s failed: %s", rule.__name__, type(error).__name__)
        yield None

    def _hunks(self, uri: str) -> tuple[tuple[EditHunk, ...], tuple[EditHunk, ...]]:
        others = self.history.other_hunks(uri)
        allowed = {
            other
            for other in {hunk.uri for hunk in others}
            if self.is_related(uri, other) and not self.is_private(other)
        }
        return self.history.hunks(uri), tuple(hunk for hunk in others if hunk.uri in allowed)

    def _offer(self, found: FoundEdit) -> NextEdit:
        from autothink_lsp.edits.replacement import apply_replacements

        snapshot, replacement = found.snapshot, found.replacement
        edit = NextEdit(f"next-{next(self._ids)}", snapshot, replacement, found.candidate.rule, found.effect)
        earlier = self._waiting.get(snapshot.uri)
        if earlier is not None and earlier.edit.snapshot is snapshot and earlier.edit.replacement == replacement:
            return earlier.edit
        if earlier is not None:
            self._judge(earlier, "superseded")
        self._diverged.pop(snapshot.uri, None)
        offered = _Offered(edit, apply_replacements(snapshot.text, (replacement,)))
        self._offered[edit.id] = self._waiting[snapshot.uri] = offered
        while len(self._offered) > _MOST_REMEMBERED:
            self._offered.popitem(last=False)
        return edit

    # --- outcomes -----------------------------------------------------------------------------------------------------

    def accept(self, edit_id: object) -> None:
        """Record that the client has applied the edit. Some clients do not report it; ``did_change`` notices it
        then."""
        self._report(edit_id, "accepted")

    def show(self, edit_id: object) -> None:
        """Record that the client shows the edit. Not every client reports it."""
        if isinstance(edit_id, str) and edit_id in self._offered:
            self.record.shown += 1

    def dismiss(self, edit_id: object) -> None:
        """Record that the user dismissed the edit. Its effect is not proposed again in this session."""
        self._report(edit_id, "dismissed")

    def _report(self, edit_id: object, outcome: Outcome) -> None:
        offered = self._offered.get(edit_id) if isinstance(edit_id, str) else None
        if offered is None:
            return
        uri = offered.edit.snapshot.uri
        if self._waiting.get(uri) is offered:
            del self._waiting[uri]
        self._judge(offered, outcome)

    def _judge(self, offered: _Offered, outcome: Outcome) -> None:
        """Record an outcome. *Accepted* and *dismissed* are final; a later report replaces *diverged* and
        *superseded*."""
        if offered.outcome in ("accepted", "dismissed"):
            return
        if offered.outcome is not None:
            self.record.counts[offered.edit.rule, offered.outcome] -= 1
        offered.outcome = outcome
        self.record.note(offered.edit.rule, offered.edit.effect, outcome)


def _is_readable(snapshot: Snapshot) -> bool:
    """Whether the rules may read the document: it is not binary, huge or minified."""
    text = snapshot.text
    if text.byte_length > MOST_BYTES or text.char_length > (text.line_count + 1) * _MOST_LINE_CHARACTERS:
        return False
    return b"\0" not in text.read_bytes(0)
