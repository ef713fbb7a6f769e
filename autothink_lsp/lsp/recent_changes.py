"""What was typed lately, so that an action that was offered for an earlier version still finds its place."""

from __future__ import annotations

from collections import deque

from attrs import evolve, frozen

from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.edits.rebase import rebase
from autothink_lsp.edits.values import EditRefused, Refusal, Replacement
from autothink_lsp.features.assist.values import AssistRequest
from autothink_lsp.values import Diagnostic, Point

_KEPT = 200  # notifications of one document


@frozen
class _Step:
    before: Snapshot
    changes: tuple[Change, ...]


class RecentChanges:
    """Of the open documents. Snapshots share their text, so keeping some costs little."""

    def __init__(self) -> None:
        self._steps: dict[str, deque[_Step]] = {}
        self._newest: dict[str, Snapshot] = {}

    def opened(self, snapshot: Snapshot) -> None:
        self._newest[snapshot.uri] = snapshot
        self._steps.pop(snapshot.uri, None)

    def changed(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        before = self._newest.get(snapshot.uri)
        if before is not None:
            self._steps.setdefault(snapshot.uri, deque(maxlen=_KEPT)).append(_Step(before, changes))
        self._newest[snapshot.uri] = snapshot

    def closed(self, uri: str) -> None:
        self._newest.pop(uri, None)
        self._steps.pop(uri, None)

    def snapshot(self, uri: str, version: object) -> Snapshot | None:
        """The document as it was in that version; ``None`` when that is too long ago."""
        newest = self._newest.get(uri)
        if newest is None or newest.version == version or not isinstance(version, int):
            return newest
        return next((step.before for step in self._steps.get(uri, ()) if step.before.version == version), None)

    def brought_up(self, request: AssistRequest) -> AssistRequest:
        """The same request for the newest version. Raises ``EditRefused`` (STALE) where its place was changed."""
        uri = request.snapshot.uri
        newest = self._newest.get(uri)
        if newest is None or newest is request.snapshot:
            return request
        steps = list(self._steps.get(uri, ()))
        first = next((n for n, step in enumerate(steps) if step.before is request.snapshot), None)
        if first is None:
            raise EditRefused(
                Refusal.STALE, "The document has changed too much since this was offered.", hint="Ask again."
            )
        changes = [change for step in steps[first:] for change in step.changes]
        start, end = _moved(request.start, request.end, changes)
        diagnostics = tuple(_moved_diagnostic(one, changes) for one in request.diagnostics)
        return evolve(request, snapshot=newest, start=start, end=end, diagnostics=diagnostics)


def _moved(start: Point, end: Point, changes: list[Change]) -> tuple[Point, Point]:
    (one,) = rebase((Replacement(start, end, ""),), changes)
    return one.start, one.end


def _moved_diagnostic(diagnostic: Diagnostic, changes: list[Change]) -> Diagnostic:
    start, end = _moved(diagnostic.start, diagnostic.end, changes)
    return evolve(diagnostic, start=start, end=end)
