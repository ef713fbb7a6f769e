"""Where an edit arrived in a document, and what a client's answer about it means."""

from __future__ import annotations

import pytest

from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.edits.replacement import EditRefused, Replacement
from autothink_lsp.lsp.edit_delivery import Fate, Placement, PlacementWatch, delivery_of
from autothink_lsp.lsp.recent_changes import RecentChanges
from autothink_lsp.values import Point, Position, Range

URI = "file:///a.py"
TEXT = "one\ntwo\nthree\nfour\n"
EDIT = (Replacement(Point(2, 0), Point(2, 5), "THREE"),)
TWO_HUNKS = (Replacement(Point(1, 0), Point(1, 3), "TWO\nand"), Replacement(Point(3, 0), Point(3, 4), "FOUR"))


def change(line: int, start: int, end: int, text: str, last_line: int | None = None) -> ContentChange:
    last = line if last_line is None else last_line
    return ContentChange(Range(Position(line, start), Position(last, end)), text)


LINE_ABOVE = change(0, 0, 0, "zero\n")
KEY_BELOW = change(3, 4, 4, "x")
KEY_INSIDE = change(2, 2, 2, "x")
ARRIVES = change(2, 0, 5, "THREE")  # at the places that it was computed for
ARRIVES_MOVED = change(3, 0, 5, "THREE")

# What the client sends after the edit was sent: a list of notifications, each a list of changes.
PLACEMENTS = {
    "nothing came": ([], Placement.UNSEEN),
    "the edit came": ([[ARRIVES]], Placement.RIGHT),
    "the whole text came": ([[ContentChange(None, TEXT.replace("three", "THREE"))]], Placement.RIGHT),
    "a key below, then the edit": ([[KEY_BELOW], [ARRIVES]], Placement.RIGHT),
    "both in one notification": ([[KEY_BELOW, ARRIVES]], Placement.RIGHT),
    "a line above, then the edit at its old place": ([[LINE_ABOVE], [ARRIVES]], Placement.WRONG),
    "a line above and the edit at its old place in one": ([[LINE_ABOVE, ARRIVES]], Placement.WRONG),
    "a line above, then the edit at its new place": ([[LINE_ABOVE], [ARRIVES_MOVED]], Placement.RIGHT),
    "a key in the same place, then the edit over it": ([[KEY_INSIDE], [ARRIVES]], Placement.WRONG),
    "keys only": ([[KEY_BELOW], [KEY_BELOW], [LINE_ABOVE]], Placement.UNSEEN),
    "the edit, then keys": ([[ARRIVES], [LINE_ABOVE]], Placement.RIGHT),
    "three lines above, then the edit": ([[LINE_ABOVE]] * 3 + [[ARRIVES]], Placement.WRONG),
    "the line was taken away, then the edit over the next": ([[change(2, 0, 0, "", 3)], [ARRIVES]], Placement.WRONG),
    "something else came": ([[change(2, 0, 5, "THRE")]], Placement.UNSEEN),
    "more keys than are followed": ([[KEY_BELOW]] * 40 + [[ARRIVES]], Placement.UNSEEN),
}


def followed(edit: tuple[Replacement, ...], notifications: list[list[ContentChange]]) -> PlacementWatch:
    store = DocumentStore()
    watch = PlacementWatch(store.open(URI, "python", 1, TEXT), edit)
    for number, changes in enumerate(notifications, 2):
        made = store.change(URI, number, changes)
        assert made is not None
        watch.did_change(*made)
    return watch


@pytest.mark.parametrize("name", PLACEMENTS)
def test_where_it_arrived(name: str) -> None:
    notifications, placement = PLACEMENTS[name]
    assert followed(EDIT, notifications).placement is placement


def test_the_hunks_of_an_edit_may_come_one_after_the_other() -> None:
    last, first = change(3, 0, 4, "FOUR"), change(1, 0, 3, "TWO\nand")
    assert followed(TWO_HUNKS, [[last], [first]]).placement is Placement.RIGHT
    assert followed(TWO_HUNKS, [[LINE_ABOVE], [last], [first]]).placement is Placement.WRONG
    assert followed(TWO_HUNKS, [[last]]).placement is Placement.UNSEEN


ANSWERS = {
    "null": (None, Fate.APPLIED),
    "an empty object": ({}, Fate.APPLIED),
    "applied null": ({"applied": None}, Fate.APPLIED),
    "applied": ({"applied": True}, Fate.APPLIED),
    "applied as a word": ({"applied": "true"}, Fate.APPLIED),
    "a bare true": (True, Fate.APPLIED),
    "a list": ([], Fate.APPLIED),
    "a text": ("ok", Fate.APPLIED),
    "a number": (1, Fate.APPLIED),
    "a bare false": (False, Fate.REJECTED),
    "not applied": ({"applied": False}, Fate.REJECTED),
    "not applied as a word": ({"applied": "false"}, Fate.REJECTED),
    "a reason only": ({"failureReason": "read-only"}, Fate.REJECTED),
    "an odd reason": ({"applied": False, "failureReason": 3, "failedChange": "x"}, Fate.REJECTED),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_an_answer_means(name: str) -> None:
    answer, fate = ANSWERS[name]
    assert delivery_of(answer).fate is fate


# --- snapshots are found by what identifies them ----------------------------------------------------------------------


def opened(*texts: str) -> tuple[DocumentStore, RecentChanges]:
    """A document that was opened with each text in turn, always as version 1."""
    store, recent = DocumentStore(), RecentChanges()

    class Listener:
        did_open = staticmethod(recent.opened)
        did_change = staticmethod(recent.changed)
        did_close = staticmethod(recent.closed)

    store.subscribe(Listener())
    for text in texts:
        store.open(URI, "python", 1, text)
    return store, recent


def test_a_version_of_another_opening_is_not_found() -> None:
    store, recent = opened("one\n")
    first = store.snapshot(URI)
    assert first is not None
    assert recent.snapshot(URI, 1, first.opening, first.revision) is first
    store.open(URI, "python", 1, "other\n")
    assert recent.snapshot(URI, 1, first.opening, first.revision) is None
    store.close(URI)
    assert recent.snapshot(URI, 1, first.opening, first.revision) is None
    store.open(URI, "python", 1, "one\n")
    assert recent.snapshot(URI, 1, first.opening, first.revision) is None
    with pytest.raises(EditRefused):
        recent.since(first)


def test_a_version_that_is_sent_twice_is_two_snapshots() -> None:
    store, recent = opened("one\n")
    first = store.snapshot(URI)
    store.change(URI, 1, [change(0, 0, 0, "x")])
    second = store.snapshot(URI)
    assert first is not None
    assert second is not None
    assert recent.snapshot(URI, 1, first.opening, first.revision) is first
    assert recent.snapshot(URI, 1, second.opening, second.revision) is second
    assert len(recent.since(first)) == 1


@pytest.mark.parametrize(
    ("version", "opening", "revision", "found"),
    [
        (1, None, None, "first"),
        (2, None, None, "second"),
        (None, None, None, "second"),
        ("2", None, None, "second"),
        (9, None, None, None),
        (2, "right", None, "second"),
        (1, "right", 0, "first"),
        (7, "right", 1, "second"),
        (1, "right", 5, None),
        (1, "wrong", 0, None),
        (1, "text", 0, None),
        (1, None, 0, "first"),
    ],
)
def test_what_data_find(version: object, opening: str | None, revision: object, found: str | None) -> None:
    store, recent = opened("one\n")
    first = store.snapshot(URI)
    store.change(URI, 2, [change(0, 0, 0, "x")])
    second = store.snapshot(URI)
    assert first is not None
    asked = {"right": first.opening, "wrong": first.opening + 1, "text": "x"}.get(opening or "")
    snapshot = recent.snapshot(URI, version, asked, revision)
    assert snapshot is {"first": first, "second": second, None: None}[found]


def test_what_was_lost_is_back_with_the_whole_text() -> None:
    store = DocumentStore()
    store.open(URI, "python", 1, "one\n")
    assert store.lose(URI)
    assert not store.lose(URI)
    assert store.snapshot(URI) is None
    assert store.change(URI, 2, [change(0, 0, 0, "x")]) is None
    assert store.change(URI, 3, [ContentChange(None, "two\n"), change(0, 0, 0, "x")])
    found = store.snapshot(URI)
    assert found is not None
    assert (str(found.text), found.language_id, found.version) == ("xtwo\n", "python", 3)
