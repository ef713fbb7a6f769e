"""The arrival of an edit in its document, and its undo, from the client's changes alone."""

from __future__ import annotations

import pytest

from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.lsp.sent_edits import ARRIVAL_S, UNDO_S, SentEdits
from autothink_lsp.values import Point, Position, Range

URI = "file:///a.py"
TEXT = "one\ntwo\nthree\n"
EDIT = (Replacement(Point(0, 0), Point(0, 3), "ONE"), Replacement(Point(2, 0), Point(2, 5), "THREE"))


def change(line: int, start: int, end: int, text: str) -> ContentChange:
    return ContentChange(Range(Position(line, start), Position(line, end)), text)


FIRST, SECOND = change(0, 0, 3, "ONE"), change(2, 0, 5, "THREE")
WHOLE = ContentChange(None, "ONE\ntwo\nTHREE\n")
KEY = change(1, 3, 3, "x")
UNDO = ContentChange(None, TEXT)
# Notifications of the client, each a list of changes, or seconds that pass; what is told of the edit, with the number
# of later changes.
STORIES: dict[str, tuple[list[list[ContentChange] | float], list[str]]] = {
    "nothing came": ([], []),
    "the edit as a whole": ([[WHOLE]], ["arrived 0"]),
    "the edit in its parts": ([[FIRST, SECOND]], ["arrived 0"]),
    "each part in a notification": ([[SECOND], [FIRST]], ["arrived 0"]),
    "with keys behind it": ([[FIRST, SECOND, KEY, KEY]], ["arrived 2"]),
    "a half": ([[FIRST], [KEY]], []),
    "keys first": ([[KEY], [WHOLE]], ["arrived 0"]),
    "undone": ([[WHOLE], [UNDO]], ["arrived 0", "undone"]),
    "undone after a key": ([[WHOLE], [KEY], [change(1, 3, 4, "")], [UNDO]], ["arrived 0", "undone"]),
    "undone once": ([[WHOLE], [UNDO], [WHOLE], [UNDO]], ["arrived 0", "undone"]),
    "arrived late": ([ARRIVAL_S + 1, [WHOLE]], []),
    "undone late": ([ARRIVAL_S - 1, [WHOLE], UNDO_S - 1, [UNDO]], ["arrived 0", "undone"]),
    "undone too late": ([[WHOLE], UNDO_S + 1, [UNDO]], ["arrived 0"]),
}


def notices(steps: list[list[ContentChange] | float], *, forget: bool = False, close: bool = False) -> list[str]:
    calls: list[str] = []
    clock_s = [0.0]
    edits = SentEdits(
        lambda result, _, later: calls.append(f"{result} {len(later)}"),
        lambda result: calls.append(result.replace("arrived", "undone")),
        lambda: clock_s[0],
    )
    store = DocumentStore()
    edits.expect("arrived", store.open(URI, "python", 1, TEXT), EDIT)
    if forget:
        edits.forget("arrived")
    if close:
        edits.did_close(URI)
    for version, step in enumerate(steps, 2):
        if isinstance(step, (int, float)):
            clock_s[0] += step
        else:
            made = store.change(URI, version, step)
            assert made is not None
            edits.did_change(*made)
    return calls


@pytest.mark.parametrize("name", STORIES)
def test_what_is_reported(name: str) -> None:
    steps, expected = STORIES[name]
    assert notices(steps) == expected


def test_nothing_is_reported_of_what_is_forgotten_or_closed() -> None:
    assert notices([[WHOLE], [UNDO]], forget=True) == notices([[WHOLE], [UNDO]], close=True) == []
