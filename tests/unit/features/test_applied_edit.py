"""What the editor's diagnostics say after an edit was applied: a table of reports and the verdict."""

from __future__ import annotations

from itertools import pairwise

import pytest
from attrs import evolve

from autothink_lsp.document.edits import apply
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import Replacement, apply_replacements, inverse_replacements
from autothink_lsp.features.assist.applied_edit import (
    LONGEST_WATCH_S,
    MOST_REPORTS,
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
from autothink_lsp.values import Diagnostic, Point, Position, PositionEncoding, Range

TEXT = Text.from_str("one\ntwo\nthree\nfour\nfive\nsix\n")


def diagnostic(line: int, message: str, source: str = "Pyright", code: str = "", severity: str = "error") -> Diagnostic:
    return Diagnostic(Point(line, 0), Point(line, 3), message, severity, code, source)  # pyright: ignore[reportArgumentType]


TARGET = diagnostic(2, '"three" is not defined', code="reportUndefinedVariable")
OTHER = diagnostic(5, "Line too long", "Ruff", "E501", "warning")
EDIT = (Replacement(Point(2, 0), Point(2, 5), "3"),)


def begun(*before: Diagnostic, target: Diagnostic | None = TARGET, edit: tuple[Replacement, ...] = EDIT) -> WatchState:
    return begin_watch(target, edit, before, changed_lines(edit), at_s=100.0)


def played(state: WatchState, *events: WatchEvent) -> AppliedVerdict | None:
    """The verdict after the events; the clock is looked at whenever the state wants it before the next event."""
    for event in events:
        at_s = event.at_s if isinstance(event, Reported | TimePassed) else None
        while at_s is not None and next_look_s(state) < at_s:
            state, verdict = step(state, TimePassed(next_look_s(state)))
            if verdict is not None:
                return verdict
        state, verdict = step(state, event)
        if verdict is not None:
            return verdict
    return None


def report(at_s: float, *diagnostics: Diagnostic, sources: frozenset[str] = frozenset()) -> Reported:
    return Reported(at_s, diagnostics, sources=sources)


END = TimePassed(100.0 + LONGEST_WATCH_S)
MOVED = evolve(TARGET, end=Point(2, 1))
NEW = diagnostic(2, "Expected int", code="reportArgumentType")

CASES = {
    "the message is gone": (
        (TARGET,),
        [
            report(
                101,
            )
        ],
        AppliedOutcome.GONE,
    ),
    "gone, and another tool's message stays": ((TARGET, OTHER), [report(101, OTHER)], AppliedOutcome.GONE),
    "another tool reports first, and the message is stale": (
        (TARGET, OTHER),
        [report(101, TARGET), report(102, TARGET), report(103)],
        AppliedOutcome.GONE,
    ),
    "only another tool has reported": ((TARGET, OTHER), [report(101, TARGET)], AppliedOutcome.NOT_SEEN),
    "the tool has reported it anew": ((TARGET,), [report(101, MOVED)], AppliedOutcome.STILL_REPORTED),
    "the only tool has published the same": ((TARGET,), [report(101, TARGET)], AppliedOutcome.STILL_REPORTED),
    "one of two tools has published the same, once": (
        (TARGET, OTHER),
        [report(101, TARGET, OTHER)],
        AppliedOutcome.NOT_SEEN,
    ),
    "both of two tools have published the same": (
        (TARGET, OTHER),
        [report(101, TARGET, OTHER), report(101.2, TARGET, OTHER)],
        AppliedOutcome.STILL_REPORTED,
    ),
    "the client names the tool": (
        (TARGET, OTHER),
        [report(101, TARGET, OTHER, sources=frozenset({"Pyright"}))],
        AppliedOutcome.STILL_REPORTED,
    ),
    "the client names the other tool": (
        (TARGET, OTHER),
        [report(101, TARGET, sources=frozenset({"Ruff"}))],
        AppliedOutcome.NOT_SEEN,
    ),
    "the words name another thing": (
        (TARGET,),
        [report(101, evolve(TARGET, message='"3" is not defined'))],
        AppliedOutcome.STILL_REPORTED,
    ),
    "cleared, and reported again before it has settled": (
        (TARGET,),
        [report(101), report(101.2, MOVED)],
        AppliedOutcome.STILL_REPORTED,
    ),
    "a new error in the changed line": ((TARGET,), [report(101, NEW)], AppliedOutcome.NEW_ERROR),
    "a new error of a tool that was silent before": (
        (TARGET,),
        [report(101, evolve(NEW, source="mypy"))],
        AppliedOutcome.NEW_ERROR,
    ),
    "a new warning there": ((TARGET,), [report(101, evolve(NEW, severity="warning"))], AppliedOutcome.GONE),
    "an old error there": ((TARGET, NEW), [report(101, NEW)], AppliedOutcome.GONE),
    "a new error elsewhere": (
        (TARGET,),
        [report(101, evolve(NEW, start=Point(5, 0), end=Point(5, 1)))],
        AppliedOutcome.GONE,
    ),
    "one of two equal messages is gone": (
        (TARGET, diagnostic(3, TARGET.message, code=TARGET.code)),
        [report(101, diagnostic(3, TARGET.message, code=TARGET.code))],
        AppliedOutcome.GONE,
    ),
    "nothing was reported": ((TARGET,), [], AppliedOutcome.NOT_SEEN),
    "the user has undone it": ((TARGET,), [report(101, MOVED), Undone()], AppliedOutcome.UNDONE),
    "the document was closed": ((TARGET,), [WatchedDocumentClosed()], AppliedOutcome.CLOSED),
    "lines of a request: gone": ((), [Reported(101, (), LineSpan(2, 2))], AppliedOutcome.GONE),
    "lines of a request: elsewhere": ((), [Reported(110, (), LineSpan(4, 4))], AppliedOutcome.NOT_SEEN),
    "lines of a request: may be stale": ((), [Reported(101, (TARGET,), LineSpan(2, 2))], AppliedOutcome.NOT_SEEN),
    "lines of a request: late enough": ((), [Reported(105, (TARGET,), LineSpan(2, 2))], AppliedOutcome.STILL_REPORTED),
}


@pytest.mark.parametrize("name", CASES)
def test_verdicts(name: str) -> None:
    before, events, outcome = CASES[name]
    verdict = played(begun(*before), *events, END)
    assert verdict is not None
    assert verdict.outcome is outcome


def test_without_a_message_only_new_errors_count() -> None:
    assert played(begun(target=None), report(101, NEW), END) == AppliedVerdict(AppliedOutcome.NEW_ERROR, NEW)
    assert played(begun(OTHER, target=None), report(101, OTHER), END) == AppliedVerdict(AppliedOutcome.NOTHING_NEW)
    assert played(begun(target=None), Reported(120, (NEW,), LineSpan(0, 9)), END) == AppliedVerdict(
        AppliedOutcome.NOT_SEEN
    )


def test_silence_of_typescript_in_vs_code_means_that_nothing_changed() -> None:
    target = evolve(TARGET, source="ts", code="2304")
    verdict = played(begun(target, target=target), END)
    assert verdict == AppliedVerdict(AppliedOutcome.STILL_REPORTED, target)


def test_it_waits_as_long_as_the_tool_took_and_not_longer_than_two_seconds() -> None:
    for first_s, look_s in ((100.05, 100.35), (101.0, 102.0), (110.0, 112.0)):
        state, verdict = step(begun(TARGET), report(first_s))
        assert verdict is None
        assert next_look_s(state) == pytest.approx(look_s)


def test_reports_have_a_limit() -> None:
    state = begun(TARGET, OTHER)
    for number in range(MOST_REPORTS):
        state, verdict = step(state, report(101 + number / 100, TARGET))
        assert (verdict is not None) == (number == MOST_REPORTS - 1)


def change(line: int, text: str) -> TextChanged:
    where = Range(Position(line, 0), Position(line, 0))
    return TextChanged((apply(TEXT, ContentChange(where, text), PositionEncoding.UTF16)[1],))


def test_typing_in_the_changed_lines_ends_the_watch_and_elsewhere_moves_it() -> None:
    assert played(begun(TARGET), change(2, "x")) == AppliedVerdict(AppliedOutcome.EDITED)
    assert played(begun(TARGET), change(4, "x\n"), report(101, MOVED), END) == AppliedVerdict(
        AppliedOutcome.STILL_REPORTED, MOVED
    )
    below = evolve(MOVED, start=Point(5, 0), end=Point(5, 1))
    moved = played(begun(TARGET), change(0, "a\nb\nc\n"), report(101, below), END)
    assert moved == AppliedVerdict(AppliedOutcome.STILL_REPORTED, below)
    assert (
        played(begun(TARGET), change(0, "a\nb\nc\n"), report(101, evolve(NEW, start=Point(5, 0), end=Point(5, 1))), END)
        is not None
    )


def test_an_edit_that_adds_lines_moves_what_is_below() -> None:
    edit = (Replacement(Point(1, 0), Point(1, 0), "import a\nimport b\n"),)
    assert changed_lines(edit) == (LineSpan(1, 3),)
    below = evolve(TARGET, start=Point(4, 0), end=Point(4, 5))
    assert played(begun(TARGET, edit=edit), report(101, below), END) == AppliedVerdict(
        AppliedOutcome.STILL_REPORTED, below
    )
    assert played(begun(TARGET, edit=edit), Reported(101, (), LineSpan(4, 4)), END) == AppliedVerdict(
        AppliedOutcome.GONE, evolve(TARGET, start=Point(4, 0), end=Point(4, 3))
    )


EDITS = {
    "one line": EDIT,
    "lines added and removed": (
        Replacement(Point(0, 1), Point(0, 2), "a\nb"),
        Replacement(Point(1, 0), Point(3, 2), ""),
        Replacement(Point(5, 3), Point(5, 3), "\n\nend"),
    ),
    "insertions": (Replacement(Point(0, 0), Point(0, 0), "x\n"), Replacement(Point(0, 3), Point(0, 3), "y")),
}


@pytest.mark.parametrize("name", EDITS)
def test_the_inverse_takes_an_edit_back(name: str) -> None:
    edit = EDITS[name]
    inverse = inverse_replacements(TEXT, edit)
    assert all(one.end <= other.start for one, other in pairwise(inverse))
    assert str(apply_replacements(apply_replacements(TEXT, edit), inverse)) == str(TEXT)
