"""The recent changes of each open document, to move results from an earlier snapshot to the current text."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from weakref import ref

from attrs import define

from autothink_lsp.document.edits import undone
from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.edits.rebase import rebase
from autothink_lsp.edits.replacement import EditRefused, Refusal, Replacement
from autothink_lsp.features.assist.actions import AssistRequest
from autothink_lsp.values import Diagnostic, Point, evolve

_KEPT = 500  # number of stored notifications per document
_CHANGED_TOO_MUCH = "The document has changed too much since this was offered, so nothing was applied."


@define(eq=False)
class _Step:
    """``changes`` lead from a snapshot with this version and revision to the next one. ``before`` is that snapshot, as
    long as something else keeps it."""

    version: int
    revision: int
    before: ref[Snapshot]
    changes: tuple[Change, ...]


class RecentChanges:
    """The changes of the open documents. Earlier snapshots that nothing else keeps are made again from the changes: 500
    texts of one document share most of their nodes, and still take 2.5 MiB."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._steps: dict[str, deque[_Step]] = {}
        self._newest: dict[str, Snapshot] = {}
        self._changed_at_s: dict[str, float] = {}

    def opened(self, snapshot: Snapshot) -> None:
        """Start the history of a document; snapshots of an earlier opening are no longer found."""
        self.closed(snapshot.uri)
        self._newest[snapshot.uri] = snapshot

    def changed(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        """Add ``changes``, which lead from the newest snapshot to this one."""
        before = self._newest.get(snapshot.uri)
        if before is not None:
            step = _Step(before.version, before.revision, ref(before), changes)
            self._steps.setdefault(snapshot.uri, deque(maxlen=_KEPT)).append(step)
        self._newest[snapshot.uri] = snapshot
        self._changed_at_s[snapshot.uri] = self._now_s()

    def closed(self, uri: str) -> None:
        """Remove the history of the document."""
        self._newest.pop(uri, None)
        self._steps.pop(uri, None)
        self._changed_at_s.pop(uri, None)

    def all(self) -> tuple[Snapshot, ...]:
        """The current snapshots of all open documents."""
        return tuple(self._newest.values())

    def newest(self, uri: str) -> Snapshot | None:
        """The current snapshot of a document, ``None`` if it is not open."""
        return self._newest.get(uri)

    def quiet_s(self, uri: str) -> float:
        """Seconds since the last change of the document; infinite if there was none."""
        changed_at_s = self._changed_at_s.get(uri)
        return float("inf") if changed_at_s is None else self._now_s() - changed_at_s

    def snapshot(self, uri: str, version: object, opening: object = None, revision: object = None) -> Snapshot | None:
        """An earlier snapshot of the document; ``None`` if it is too old or belongs to another opening.

        ``opening`` and ``revision`` are those of ``Snapshot``. Without them the client's ``version`` is used, as in
        data from an editor plugin; without a version the newest snapshot is returned.
        """
        newest = self._newest.get(uri)
        if newest is None or (opening is not None and opening != newest.opening):
            return None
        if opening is None or revision is None:
            if newest.version == version or not isinstance(version, int):
                return newest
            return self._before(newest, lambda step: step.version == version)
        if newest.revision == revision:
            return newest
        return self._before(newest, lambda step: step.revision == revision)

    def _before(self, newest: Snapshot, is_wanted: Callable[[_Step], bool]) -> Snapshot | None:
        """The latest snapshot before ``newest`` that is wanted. It is the same object while anything keeps it."""
        later: list[Change] = []
        for step in reversed(self._steps.get(newest.uri, ())):
            later += reversed(step.changes)
            if not is_wanted(step):
                continue
            before = step.before()
            if before is None:
                text = newest.text
                for change in later:
                    text = undone(text, change)
                before = evolve(newest, version=step.version, revision=step.revision, text=text)
                step.before = ref(before)
            return before
        return None

    def since(self, snapshot: Snapshot) -> list[Change]:
        """The changes from ``snapshot`` to the newest one, in order.

        Raises ``EditRefused`` (STALE) if they are not known: the document was closed, opened again, or changed too
        often.
        """
        newest = self._newest.get(snapshot.uri)
        if newest is snapshot:
            return []
        steps = list(self._steps.get(snapshot.uri, ()))
        first = next((n for n, step in enumerate(steps) if step.before() is snapshot), None)
        if newest is None or first is None:
            raise EditRefused(Refusal.STALE, _CHANGED_TOO_MUCH, hint="Ask again.")
        return [change for step in steps[first:] for change in step.changes]

    def brought_up(self, request: AssistRequest) -> AssistRequest:
        """The same request for the newest snapshot. Raises ``EditRefused`` (STALE) if its place was changed."""
        changes = self.since(request.snapshot)
        newest = self._newest[request.snapshot.uri]
        if newest is request.snapshot:
            return request
        start, end = _moved(request.start, request.end, changes)
        diagnostics = tuple(_moved_diagnostic(one, changes) for one in request.diagnostics)
        return evolve(request, snapshot=newest, start=start, end=end, diagnostics=diagnostics)


def _moved(start: Point, end: Point, changes: list[Change]) -> tuple[Point, Point]:
    (one,) = rebase((Replacement(start, end, ""),), changes)
    return one.start, one.end


def _moved_diagnostic(diagnostic: Diagnostic, changes: list[Change]) -> Diagnostic:
    start, end = _moved(diagnostic.start, diagnostic.end, changes)
    return evolve(diagnostic, start=start, end=end)
