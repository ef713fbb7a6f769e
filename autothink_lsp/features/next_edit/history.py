"""The edit history: the recent changes of each document, as hunks of whole lines before and after.

A change belongs to a *region*: a range of the *base* (the text before all kept changes), and the range of the newest
text that replaced it. Changes that touch each other form one region, whatever their number and kind (keys, pastes,
undos). A region whose two texts are equal is no hunk. A change inside a long inserted piece starts a new region, and
the piece becomes part of the base. A hunk is therefore the result of the changes, not their sequence.

A formatter, or an editor that sends the whole document, replaces many lines of which few differ. Such a change counts
as the changes of these lines; what it does to blanks and line breaks alone is no edit.

``did_change`` only appends the change to a list; hunks are computed when they are requested. Code is kept in memory
only. Nothing here decides what the next edit is.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Literal

from attrs import define, field

from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.values import evolve, frozen

Origin = Literal["typed", "pasted", "accepted"]

MOST_REGIONS = 24  # of one document; chosen: users repeat their last few edits
MOST_HUNK_LINES = 60  # a longer hunk is a paste or a formatted file
_MOST_PENDING = 400
_MOST_CLOSED = 8
_MOST_CLOSED_HUNKS = 8
_PASTED_CHARACTERS = 40
_LARGE_CHARACTERS = 200  # a change inside a new piece of this size is an edit of that piece
_LEAST_DIVIDED_LINES = 3  # of both sides: a longer change is compared line by line
_BOX = re.compile(r"(?<=[-*+.)] )\[[ xX]\](?= )")
_RENAME_S = 10.0  # a renamed file is closed, and opened by its new name, within this time


@frozen
class EditHunk:
    """Lines ``old`` that were replaced by ``new``. Both are without line ends; either may be empty.

    ``line`` is the number of the first line of ``new`` in the newest text. A hunk that was changed later has a greater
    ``order``. ``above`` and ``below`` are the unchanged lines next to it.
    """

    uri: str
    line: int
    old: tuple[str, ...] = field(repr=False)
    new: tuple[str, ...] = field(repr=False)
    order: int
    origin: Origin = "typed"
    above: str = field(default="", repr=False)
    below: str = field(default="", repr=False)

    @property
    def stop(self) -> int:
        """The line behind ``new``."""
        return self.line + len(self.new)

    @property
    def says_something(self) -> bool:
        """Whether it is an example of anything: not of blanks, line breaks and ticked boxes."""
        old, new = ("".join(_BOX.sub("[]", line).split()) for line in ("\n".join(self.old), "\n".join(self.new)))
        return old != new


@define(eq=False)
class _Region:
    """A range of the base (``old_*``) and of the newest text (``new_*``), as offsets in code points."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int
    order: int
    origin: Origin = "typed"
    caret: int = -1  # where the last change ended

    def is_written_on(self, start: int, end: int) -> bool:
        """Whether the change of ``start`` to ``end`` touches the place where the region's last change ended."""
        return start <= self.caret + 1 and end >= self.caret - 1


@define(eq=False)
class _Document:
    base: Text
    folded: Text  # the newest text that ``regions`` describe
    newest: Snapshot
    regions: list[_Region] = field(factory=list)  # in the order of the text
    pending: list[tuple[Change, Origin, Text | None]] = field(factory=list)  # with the text after it, if it is known
    hunks: tuple[EditHunk, ...] | None = None


@define(eq=False)
class EditHistory:
    """The history of all open documents and of the last closed ones. A ``document.store.DocumentListener``.

    ``is_private(uri)`` returns whether the hunks of a document are deleted when it is closed.
    """

    is_private: Callable[[str], bool] = lambda _uri: False
    now_s: Callable[[], float] = time.monotonic
    _documents: dict[str, _Document] = field(factory=dict, init=False)
    _closed: OrderedDict[str, tuple[EditHunk, ...]] = field(factory=OrderedDict, init=False)
    _closing: deque[tuple[float, str, _Document]] = field(factory=lambda: deque(maxlen=2), init=False)
    _order: int = field(default=0, init=False)

    def did_open(self, snapshot: Snapshot) -> None:
        """Start the history of a document. One with the text of a document that was closed at most ``_RENAME_S`` ago is
        that document under a new name, and keeps its history."""
        self._closed.pop(snapshot.uri, None)
        self._documents[snapshot.uri] = _Document(snapshot.text, snapshot.text, snapshot)
        for closed in tuple(self._closing):
            at_s, uri, document = closed
            if self.now_s() - at_s <= _RENAME_S and document.newest.text.is_equal(snapshot.text):
                self._closing.remove(closed)
                if uri != snapshot.uri:
                    self._closed.pop(uri, None)
                document.newest = snapshot
                document.folded = self._fold(document)
                document.hunks = None
                self._documents[snapshot.uri] = document
                return

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        document = self._documents.get(snapshot.uri)
        if document is None:
            return
        after = snapshot.text if len(changes) == 1 else None
        document.pending.extend((change, _origin(change), after) for change in changes)
        document.newest, document.hunks = snapshot, None
        if len(document.pending) > _MOST_PENDING:
            self._fold(document)

    def did_close(self, uri: str) -> None:
        """Keep the newest hunks of a document that is not private, because edits often continue in another file."""
        document = self._documents.pop(uri, None)
        if document is None or self.is_private(uri):
            return
        hunks = self._hunks(document)
        self._closing.append((self.now_s(), uri, document))
        if hunks:
            self._closed[uri] = hunks[:_MOST_CLOSED_HUNKS]
            while len(self._closed) > _MOST_CLOSED:
                self._closed.popitem(last=False)

    def mark_accepted(self, uri: str) -> None:
        """Record that the newest change of the document is an accepted proposal."""
        document = self._documents.get(uri)
        if document is not None:
            earlier, newest = document.pending[:-1], document.pending[-1:]
            document.pending = [*earlier, *((change, "accepted", after) for change, _, after in newest)]
            document.hunks = None

    def hunks(self, uri: str) -> tuple[EditHunk, ...]:
        """The hunks of the document, the newest first. Changes that were undone have none."""
        document = self._documents.get(uri)
        return self._hunks(document) if document is not None else self._closed.get(uri, ())

    def other_hunks(self, uri: str) -> tuple[EditHunk, ...]:
        """The hunks of all other documents, the newest first."""
        found = [hunk for other in (*self._documents, *self._closed) if other != uri for hunk in self.hunks(other)]
        return tuple(sorted(found, key=lambda hunk: -hunk.order))

    def _hunks(self, document: _Document) -> tuple[EditHunk, ...]:
        if document.hunks is None:
            self._fold(document)
            document.hunks = tuple(_hunks_of(document))
        return document.hunks

    def _fold(self, document: _Document) -> Text:
        """Add the pending changes to the regions. Returns the newest text."""
        text = document.folded
        for change, origin, after in document.pending:
            self._order += 1
            first = text.place(change.start).offset
            pieces = _pieces(change)
            is_divided = len(pieces) > 1 or pieces[0][1] != change.removed
            for at, removed, inserted in reversed(pieces):  # from the end: the places before stay where they are
                start = first + at
                end = start + len(removed)
                for region in [one for one in document.regions if one.new_start <= end and start <= one.new_end]:
                    is_large = region.new_end - region.new_start > _LARGE_CHARACTERS
                    if is_large and not region.is_written_on(start, end):
                        _absorb(document, region)
                touched = [one.order for one in document.regions if one.new_start <= end and start <= one.new_end]
                is_formatted = is_divided and "".join(removed.split()) == "".join(inserted.split())
                order = max(touched, default=self._order) if is_formatted else self._order
                known = None if is_divided else after
                text = document.folded = text.replace_offsets(start, end, inserted) if known is None else known
                document.regions = _merged(document.regions, start, end, len(inserted), order, origin)
                if is_formatted and not touched:
                    _absorb(document, next(one for one in document.regions if one.new_start == start))
                while len(document.regions) > MOST_REGIONS:
                    _absorb(document, min(document.regions, key=lambda region: region.order))
        document.pending.clear()
        if document.regions and text.is_equal(document.base):
            document.regions = []  # undone, whichever parts were taken for each other
        return document.folded


def _pieces(change: Change) -> list[tuple[int, str, str]]:
    """The change as changes of its different lines, in the order of the text: (offset in ``removed``, removed text,
    inserted text) of each."""
    from autothink_lsp.edits.alignment import changed_stretches  # late: few changes are so long

    whole = [(0, change.removed, change.inserted)]
    if min(change.removed.count("\n"), change.inserted.count("\n")) < _LEAST_DIVIDED_LINES:
        return whole
    old, new = change.removed.splitlines(keepends=True), change.inserted.splitlines(keepends=True)
    starts = list(accumulate(map(len, old), initial=0))
    found = changed_stretches(old, new)
    if not found:
        return whole
    return [(starts[i1], "".join(old[i1:i2]), "".join(new[j1:j2])) for i1, i2, j1, j2 in found]


def _origin(change: Change) -> Origin:
    return "pasted" if len(change.inserted) > _PASTED_CHARACTERS and not change.removed else "typed"


def _merged(regions: list[_Region], start: int, end: int, inserted: int, order: int, origin: Origin) -> list[_Region]:
    """The regions after the text from ``start`` to ``end`` was replaced by ``inserted`` code points."""
    delta = inserted - (end - start)
    before = [region for region in regions if region.new_end < start]
    after = [region for region in regions if region.new_start > end]
    touched = regions[len(before) : len(regions) - len(after)]
    shift = before[-1].old_end - before[-1].new_end if before else 0  # from the newest text to the base, here
    if touched:
        first, last = touched[0], touched[-1]
        one = _Region(
            old_start=first.old_start - max(0, first.new_start - start),
            old_end=last.old_end + max(0, end - last.new_end),
            new_start=min(first.new_start, start),
            new_end=max(last.new_end, end) + delta,
            order=order,
            origin=origin if origin == "accepted" else first.origin,
            caret=start + inserted,
        )
    else:
        one = _Region(start + shift, end + shift, start, end + delta, order, origin, start + inserted)
    for region in after:
        region.new_start += delta
        region.new_end += delta
        region.caret += delta
    return [*before, one, *after]


def _absorb(document: _Document, region: _Region) -> None:
    """Remove a region: its new text becomes part of the base."""
    new = document.folded.slice_offsets(region.new_start, region.new_end)
    document.base = document.base.replace_offsets(region.old_start, region.old_end, new)
    delta = len(new) - (region.old_end - region.old_start)
    document.regions.remove(region)
    for other in document.regions:
        if other.old_start >= region.old_end:
            other.old_start += delta
            other.old_end += delta


def _hunks_of(document: _Document) -> list[EditHunk]:
    """The regions as hunks of whole lines; regions that share a line make one hunk."""
    base, text = document.base, document.folded
    groups: list[tuple[int, int, int, int, _Region]] = []  # lines: old first, old last, new first, new last
    for region in document.regions:
        if base.slice_offsets(region.old_start, region.old_end) == text.slice_offsets(region.new_start, region.new_end):
            continue  # undone
        old = base.line_at_offset(region.old_start), base.line_at_offset(region.old_end)
        new = text.line_at_offset(region.new_start), text.line_at_offset(region.new_end)
        last = groups[-1] if groups else None
        if last is not None and (old[0] <= last[1] or new[0] <= last[3]):
            newer = region if region.order > last[4].order else last[4]
            groups[-1] = (last[0], old[1], last[2], new[1], newer)
        else:
            groups.append((*old, *new, region))
    hunks: list[EditHunk] = []
    for old_first, old_last, new_first, new_last, region in groups:
        if max(old_last - old_first, new_last - new_first) >= MOST_HUNK_LINES:
            continue
        hunk = EditHunk(
            document.newest.uri,
            new_first,
            tuple(base.lines(old_first, old_last + 1)),
            tuple(text.lines(new_first, new_last + 1)),
            region.order,
            region.origin,
        )
        hunk = _trimmed(hunk)
        if hunk.old != hunk.new:
            above = text.line(hunk.line - 1) if hunk.line else ""
            hunks.append(evolve(hunk, above=above, below=text.line(hunk.stop)))
    return sorted(hunks, key=lambda hunk: -hunk.order)


def _trimmed(hunk: EditHunk) -> EditHunk:
    """The hunk without the lines that both sides begin or end with, as after a line was split or joined."""
    old, new, skipped = without_common_ends(hunk.old, hunk.new)
    return evolve(hunk, old=tuple(old), new=tuple(new), line=hunk.line + skipped)


def without_common_ends(before: Sequence[str], after: Sequence[str]) -> tuple[list[str], list[str], int]:
    """Both lists without their common last and first lines, and the number of common first lines."""
    old, new, skipped = list(before), list(after), 0
    while old and new and old[-1] == new[-1]:
        old.pop()
        new.pop()
    while old and new and old[0] == new[0]:
        old.pop(0)
        new.pop(0)
        skipped += 1
    return old, new, skipped
