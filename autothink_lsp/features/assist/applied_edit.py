"""Decides from the editor's diagnostics whether an applied edit has solved the problem.

Pure: ``step(state, event)`` returns the next state and, at the end, the verdict. Tools publish at any time, and editors
do not report the version, so three rules prevent wrong verdicts:

 - "gone" needs a report in which the message is missing, or is less frequent than before the edit;
 - "still there" needs a report of the same tool after the edit: earlier reports are stale;
 - a verdict waits until the reports have settled: no further one for as long as the first took, within bounds.

Reports cover the whole document (clients of this project), or only some lines (the context of a code action request).
Positions are points of the newest text: ``TextChanged`` moves the stored ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum

from attrs import evolve, frozen

from autothink_lsp.document.snapshot import Change
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.target_message import message_similarity

LONGEST_WATCH_S = 60.0
MOST_REPORTS = 60
_SHORTEST_SETTLE_S, _LONGEST_SETTLE_S = 0.3, 2.0
# A request for code actions contains the diagnostics that the editor shows, which may be older than the edit.
_STALE_CONTEXT_S = 4.0
# VS Code's TypeScript support (source "ts") reports nothing if its list is unchanged. Our extension requests a report
# after an edit; if that is not possible, a long time without a report means "unchanged". On a busy machine a report may
# take 10 s.
_SILENT_SOURCES = frozenset({"ts"})
_SILENCE_S = 30.0
_SAME_MESSAGE = 0.5
_NEAR_LINES = 1


class AppliedOutcome(StrEnum):
    """The final state of an applied edit. The value is the word in the statistics."""

    GONE = "gone"  # the tool no longer reports the message
    STILL_REPORTED = "still reported"
    NEW_ERROR = "new error"  # in the changed lines
    NOTHING_NEW = "nothing new"  # there was no message to fix, and no new error appeared
    UNDONE = "undone"  # by the user, during the watch
    EDITED = "edited"  # the user typed in the changed lines
    CLOSED = "closed"
    NOT_SEEN = "not seen"  # no meaningful report arrived in time


@frozen
class LineSpan:
    """Lines ``first`` to ``last``, both included."""

    first: int
    last: int


@frozen(kw_only=True)
class WatchState:
    """An applied edit under watch.

    ``reported`` is the last known list of diagnostics, ``None`` before the first complete report; ``count_before`` is
    the number of reports of the target's message near the edit before it was applied.
    """

    target: Diagnostic | None
    changed: tuple[LineSpan, ...]
    before: tuple[Diagnostic, ...]
    count_before: int
    applied_at_s: float
    reported: tuple[Diagnostic, ...]
    reports: int = 0
    first_report_s: float = 0.0
    last_report_s: float = 0.0
    is_fresh: bool = False  # the target's tool has reported since the edit
    is_settled: bool = True
    is_target_missing: bool = False
    is_line_known: bool = True  # the target's line was not moved within the replaced text
    identical_reports: int = 0


@frozen
class Reported:
    """A report at ``at_s``. ``lines``: only diagnostics of these lines; ``None``: of the whole document. ``sources``
    are the tools that published it, if the client knows them."""

    at_s: float
    diagnostics: tuple[Diagnostic, ...]
    lines: LineSpan | None = None
    sources: frozenset[str] = frozenset()


@frozen
class TextChanged:
    """The document was changed after the edit. ``changes`` are in order."""

    changes: tuple[Change, ...]


@frozen
class TimePassed:
    """Time has passed, for example until the time of ``next_look_s``."""

    at_s: float


@frozen
class Undone:
    """The user has undone the edit."""


@frozen
class WatchedDocumentClosed:
    """The document was closed."""


WatchEvent = Reported | TextChanged | TimePassed | Undone | WatchedDocumentClosed


@frozen
class AppliedVerdict:
    """The end of a watch. ``message`` is the diagnostic of the outcome: the target that is gone, or the one that is
    reported now."""

    outcome: AppliedOutcome
    message: Diagnostic | None = None


def begin_watch(
    target: Diagnostic | None,
    replacements: Sequence[Replacement],
    reported: Sequence[Diagnostic],
    changed: tuple[LineSpan, ...],
    *,
    at_s: float,
) -> WatchState:
    """The state when the edit was applied. ``target`` and ``reported`` have points of the text before the edit, which
    consists of ``replacements``; ``changed`` has lines of the text after it."""
    old = tuple(LineSpan(one.start.line, one.end.line) for one in replacements)
    known = tuple(reported)
    if target is not None and not any(_is_same_message(one, target) for one in known):
        known = (*known, target)
    count = 0
    if target is not None:
        near = (*old, LineSpan(target.start.line, target.start.line))
        count = sum(_is_same_message(one, target) and _is_near(one, near) for one in known)
    return WatchState(
        target=_moved_by_edit(target, replacements) if target is not None else None,
        changed=changed,
        before=tuple(_moved_by_edit(one, replacements) for one in known),
        count_before=max(1, count),
        applied_at_s=at_s,
        reported=known,
        is_line_known=target is None or not any(_holds_and_moves(one, target) for one in replacements),
    )


def changed_lines(replacements: Iterable[Replacement]) -> tuple[LineSpan, ...]:
    """The lines that ``replacements`` changed, as lines of the resulting text."""
    spans: list[LineSpan] = []
    shift = 0
    for one in sorted(replacements, key=lambda found: found.start):
        added = one.new_text.count("\n")
        first = one.start.line + shift
        spans.append(LineSpan(first, first + added))
        shift += added - (one.end.line - one.start.line)
    return tuple(spans)


def step(state: WatchState, event: WatchEvent) -> tuple[WatchState, AppliedVerdict | None]:
    """The next state, and the verdict if the watch ends."""
    match event:
        case Undone():
            return state, AppliedVerdict(AppliedOutcome.UNDONE)
        case WatchedDocumentClosed():
            return state, AppliedVerdict(AppliedOutcome.CLOSED)
        case TextChanged(changes):
            return _after_changes(state, changes)
        case Reported():
            state = _after_report(state, event)
            # A context is a single moment, so nothing settles; and it contains nothing about other lines.
            says = event.lines is not None and state.target is not None
            return state, (_verdict(state) if says else None) or _end_of_reports(state)
        case TimePassed(at_s):
            return _after_time(state, at_s)


def next_look_s(state: WatchState) -> float:
    """The time at which ``TimePassed`` should be sent, on the clock of the events."""
    ends = state.applied_at_s + LONGEST_WATCH_S
    if not state.is_settled:
        return min(ends, state.last_report_s + _settle_s(state))
    if _may_be_silent(state):
        return min(ends, state.applied_at_s + _SILENCE_S)
    return ends


def _settle_s(state: WatchState) -> float:
    took_s = state.first_report_s - state.applied_at_s
    return min(_LONGEST_SETTLE_S, max(_SHORTEST_SETTLE_S, took_s))


def _may_be_silent(state: WatchState) -> bool:
    return state.target is not None and state.target.source in _SILENT_SOURCES and not state.is_fresh


def _after_changes(state: WatchState, changes: Sequence[Change]) -> tuple[WatchState, AppliedVerdict | None]:
    for change in changes:
        touched = LineSpan(change.start.line, change.old_end.line)
        if any(_overlap(touched, span) for span in state.changed):
            return state, AppliedVerdict(AppliedOutcome.EDITED)
        shift = change.new_end.line - change.old_end.line
        if not shift:
            continue
        after = change.old_end.line
        state = evolve(
            state,
            target=_shifted(state.target, after, shift) if state.target is not None else None,
            changed=tuple(
                LineSpan(one.first + shift, one.last + shift) if one.first > after else one for one in state.changed
            ),
            before=tuple(_shifted(one, after, shift) for one in state.before),
        )
    return state, None


def _after_report(state: WatchState, event: Reported) -> WatchState:
    target = state.target
    reports = state.reports + 1
    first_s = state.first_report_s if state.reports else event.at_s
    if event.lines is not None:
        seen = event.lines
        kept = tuple(one for one in state.reported if not _overlap(_lines_of(one), seen))
        is_covered = target is not None and seen.first <= target.start.line <= seen.last
        if not state.is_line_known:
            is_covered = is_covered and all(seen.first <= one.first and one.last <= seen.last for one in state.changed)
        is_late = event.at_s - state.applied_at_s >= _STALE_CONTEXT_S
        return evolve(
            state,
            reported=(*kept, *event.diagnostics),
            reports=reports,
            first_report_s=first_s,
            last_report_s=event.at_s,
            is_fresh=is_covered and is_late,
            is_target_missing=is_covered and _count(event.diagnostics, state) < state.count_before,
        )
    changed = _changed_sources(state.reported, event.diagnostics)
    identical = state.identical_reports + (not changed)
    wanted = target.source if target is not None else None
    if event.sources:
        is_fresh = wanted is None or wanted in event.sources | changed
    elif changed:
        is_fresh = wanted is None or wanted in changed
    else:  # a tool has repeated its last report: the target's tool, if no other tool has messages here
        is_fresh = wanted is None or {one.source for one in event.diagnostics} <= {wanted} or identical > 1
    return evolve(
        state,
        reported=event.diagnostics,
        reports=reports,
        first_report_s=first_s,
        last_report_s=event.at_s,
        is_fresh=state.is_fresh or is_fresh,
        is_settled=False,
        identical_reports=identical,
        is_target_missing=target is not None and _count(event.diagnostics, state) < state.count_before,
    )


def _after_time(state: WatchState, at_s: float) -> tuple[WatchState, AppliedVerdict | None]:
    if not state.is_settled and at_s >= state.last_report_s + _settle_s(state):
        state = evolve(state, is_settled=True)
        verdict = _verdict(state)
        if verdict is not None:
            return state, verdict
    if _may_be_silent(state) and at_s >= state.applied_at_s + _SILENCE_S:
        found = _target_in(state)
        if found is not None:
            return state, AppliedVerdict(AppliedOutcome.STILL_REPORTED, found)
    if at_s >= state.applied_at_s + LONGEST_WATCH_S:
        return state, AppliedVerdict(AppliedOutcome.NOT_SEEN)
    return state, None


def _end_of_reports(state: WatchState) -> AppliedVerdict | None:
    return AppliedVerdict(AppliedOutcome.NOT_SEEN) if state.reports >= MOST_REPORTS else None


def _verdict(state: WatchState) -> AppliedVerdict | None:
    """The verdict from the last report; ``None`` if it does not allow one yet."""
    new = _new_error(state)
    if state.target is not None and not state.is_target_missing:
        still = _target_in(state) if state.is_fresh else None
        return AppliedVerdict(AppliedOutcome.STILL_REPORTED, still) if still is not None else None
    if new is not None:
        return AppliedVerdict(AppliedOutcome.NEW_ERROR, new)
    if state.target is not None:
        return AppliedVerdict(AppliedOutcome.GONE, state.target)
    return AppliedVerdict(AppliedOutcome.NOTHING_NEW) if state.is_fresh else None


def _new_error(state: WatchState) -> Diagnostic | None:
    """The first error in the changed lines that did not exist before the edit; ``None`` if there is none."""
    known = Counter(_kind(one) for one in state.before)
    for one in state.reported:
        known[_kind(one)] -= 1
        if known[_kind(one)] < 0 and one.severity == "error" and _is_inside(one, state.changed):
            return one
    return None


def _target_in(state: WatchState) -> Diagnostic | None:
    """The target's message as it is reported now; ``None`` if it is not."""
    target = state.target
    if target is None:
        return None
    near = _near_target(state, target)
    found = [one for one in state.reported if _is_same_message(one, target) and _is_near(one, near)]
    return min(found, key=lambda one: abs(one.start.line - target.start.line), default=None)


def _count(diagnostics: Sequence[Diagnostic], state: WatchState) -> int:
    target = state.target
    if target is None:
        return 0
    near = _near_target(state, target)
    return sum(_is_same_message(one, target) and _is_near(one, near) for one in diagnostics)


def _near_target(state: WatchState, target: Diagnostic) -> tuple[LineSpan, ...]:
    return (*state.changed, LineSpan(target.start.line, target.start.line))


def _is_same_message(one: Diagnostic, target: Diagnostic) -> bool:
    """Whether tool and rule are the same. Names in the text may differ, because the edit may have changed them."""
    if one.source.lower() != target.source.lower():
        return False
    if one.code and target.code and one.code != target.code:
        return False
    return message_similarity(one.message, target.message) >= _SAME_MESSAGE


def _kind(one: Diagnostic) -> tuple[str, str, str]:
    return one.source, one.code, one.message


def _changed_sources(old: Sequence[Diagnostic], new: Sequence[Diagnostic]) -> set[str]:
    """The sources whose messages or positions differ between two reports."""
    before, after = (
        Counter((one.source, one.code, one.message, one.start, one.end) for one in all_) for all_ in (old, new)
    )
    return {key[0] for key in (before - after) + (after - before)}


def _is_near(one: Diagnostic, spans: Iterable[LineSpan]) -> bool:
    return any(span.first - _NEAR_LINES <= one.start.line <= span.last + _NEAR_LINES for span in spans)


def _is_inside(one: Diagnostic, spans: Iterable[LineSpan]) -> bool:
    return any(_overlap(_lines_of(one), span) for span in spans)


def _lines_of(one: Diagnostic) -> LineSpan:
    return LineSpan(one.start.line, max(one.start.line, one.end.line))


def _overlap(one: LineSpan, other: LineSpan) -> bool:
    return one.first <= other.last and other.first <= one.last


def _moved_by_edit(one: Diagnostic, replacements: Sequence[Replacement]) -> Diagnostic:
    """The diagnostic moved to the line after the edit; within a replacement, to its first lines."""
    shift = sum(
        found.new_text.count("\n") - (found.end.line - found.start.line)
        for found in replacements
        if found.end.line < one.start.line
    )
    return _by_lines(one, shift)


def _holds_and_moves(one: Replacement, target: Diagnostic) -> bool:
    holds = one.start.line <= target.start.line <= one.end.line
    return holds and one.new_text.count("\n") != one.end.line - one.start.line


def _shifted(one: Diagnostic, after_line: int, shift: int) -> Diagnostic:
    return _by_lines(one, shift) if one.start.line > after_line else one


def _by_lines(one: Diagnostic, shift: int) -> Diagnostic:
    if not shift:
        return one
    start, end = one.start, one.end
    return evolve(
        one, start=Point(max(0, start.line + shift), start.column), end=Point(max(0, end.line + shift), end.column)
    )
