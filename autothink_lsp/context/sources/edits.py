"""Recent changes as small diffs: a user who renames a name in one place continues in another.

Keeps the lines before and after each change, for open documents only. The change at the cursor is left out, because the
window shows its result. A change is only noted when it comes: hunks are made when they are wanted, which few keys do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from attrs import define, evolve, field

from autothink_lsp.context.paths import display_path, folder_of
from autothink_lsp.context.snippets import ContextSnippet, Excerpt, SourceQuery
from autothink_lsp.context.window import moved
from autothink_lsp.document.lines import equal_ends
from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.values import frozen

NAME = "edits"
_MOST_KEPT = 12
_MOST_LINES = 6  # of each side; larger changes are pastes
_MOST_PIECES = 4
_MOST_NOTED = 100  # changes


@frozen
class _Hunk:
    """A change of whole lines: the lines ``before`` were replaced by the present lines ``first`` to ``stop``
    (excluded)."""

    uri: str
    first: int
    stop: int
    before: tuple[str, ...]


@define(eq=False)
class RecentEdits:
    """Follows the edits of all open documents. Bounded."""

    _hunks: deque[_Hunk] = field(factory=lambda: deque(maxlen=_MOST_KEPT), init=False)  # the latest last
    _newest: dict[str, Snapshot] = field(factory=dict, init=False)
    _noted: list[tuple[Snapshot, Sequence[Change]]] = field(factory=list, init=False)  # the texts before, and changes

    def did_open(self, snapshot: Snapshot) -> None:
        """Start tracking the document."""
        self.forget(snapshot.uri)
        self._newest[snapshot.uri] = snapshot

    def forget(self, uri: str) -> None:
        """Drop the hunks of a closed document."""
        self._take_noted()
        self._newest.pop(uri, None)
        for hunk in [hunk for hunk in self._hunks if hunk.uri == uri]:
            self._hunks.remove(hunk)

    def did_change(self, snapshot: Snapshot, changes: Sequence[Change]) -> None:
        """Note a change of the document."""
        before = self._newest.get(snapshot.uri)
        self._newest[snapshot.uri] = snapshot
        self._noted.append((before, changes) if before is not None else (snapshot, ()))
        if len(self._noted) > _MOST_NOTED:
            self._take_noted()

    def _take_noted(self) -> None:
        noted, self._noted = self._noted, []
        for before, changes in noted:
            self._take(before, changes)

    def _take(self, before: Snapshot, changes: Sequence[Change]) -> None:
        """Extend the latest hunk by an adjacent change of the text ``before``; else begin a new one."""
        uri = before.uri
        if len(changes) != 1:  # several at once, so the texts in between are not available, or the text before is not
            self._hunks = deque((h for h in self._hunks if h.uri != uri), maxlen=_MOST_KEPT)
            return
        (change,) = changes
        last = self._hunks[-1] if self._hunks else None
        if last is not None and last.uri == uri and _touches(last, change):
            widened = _widened(last, change, before)
            self._move(uri, change, keep=last)
            self._hunks.pop()
            if widened is not None:
                self._hunks.append(widened)
            return
        self._move(uri, change)
        first, old_stop = change.start.line, change.old_end.line + 1
        if old_stop - first <= _MOST_LINES:
            lines = tuple(before.text.lines(first, old_stop))
            self._hunks.append(_Hunk(uri, first, change.new_end.line + 1, lines))

    def snippets(self, query: SourceQuery) -> Iterator[ContextSnippet]:
        """The hunks, latest first."""
        self._take_noted()
        shown = 0
        for hunk in reversed(self._hunks):
            snapshot = self._newest.get(hunk.uri)
            own = hunk.uri == query.uri
            if snapshot is None or shown == _MOST_PIECES or (own and hunk.first <= query.point.line < hunk.stop):
                continue
            after = tuple(snapshot.text.lines(hunk.first, hunk.stop))
            diff = _diff(hunk.before, after)
            if diff:
                shown += 1
                path = query.path if own else display_path(hunk.uri, folder_of(hunk.uri, [query.folder or hunk.uri]))
                text = snapshot.text
                now, then = (Excerpt.of(text, hunk.first, hunk.stop, lines) for lines in (after, hunk.before))
                reason = f"changed lately, line {hunk.first + 1}"
                yield ContextSnippet(NAME, f"{path}.diff", diff, reason, "" if own else hunk.uri, excerpts=(now, then))

    def _move(self, uri: str, change: Change, keep: _Hunk | None = None) -> None:
        """Move the hunks below a change with their lines; drop those that it replaces."""
        kept: list[_Hunk] = []
        for hunk in self._hunks:
            if hunk.uri != uri or hunk is keep:
                kept.append(hunk)
                continue
            first, stop = moved(hunk.first, change), moved(hunk.stop, change)
            if first is not None and stop is not None:
                kept.append(evolve(hunk, first=first, stop=stop))
        self._hunks = deque(kept, maxlen=_MOST_KEPT)


def _touches(hunk: _Hunk, change: Change) -> bool:
    return change.start.line <= hunk.stop and change.old_end.line >= hunk.first - 1


def _widened(hunk: _Hunk, change: Change, before: Snapshot) -> _Hunk | None:
    """The hunk extended by one change; ``None`` if it has become too large to be useful."""
    above = tuple(before.text.lines(change.start.line, hunk.first)) if change.start.line < hunk.first else ()
    old_stop = change.old_end.line + 1
    below = tuple(before.text.lines(hunk.stop, old_stop)) if old_stop > hunk.stop else ()
    lines = (*above, *hunk.before, *below)
    first = min(hunk.first, change.start.line)
    stop = max(hunk.stop, old_stop) + change.new_end.line - change.old_end.line
    return _Hunk(hunk.uri, first, stop, lines) if max(len(lines), stop - first) <= 2 * _MOST_LINES else None


def _diff(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    """The removed and added lines, without the lines that are the same at both ends."""
    if before == after:
        return ""
    start, end = equal_ends(before, after)
    removed, added = before[start : len(before) - end], after[start : len(after) - end]
    if max(len(removed), len(added)) > _MOST_LINES or not any(line.strip() for line in (*removed, *added)):
        return ""
    return "\n".join((*(f"-{line}" for line in removed), *(f"+{line}" for line in added)))
