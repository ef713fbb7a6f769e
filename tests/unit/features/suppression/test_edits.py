"""Who deletes or undoes is not asking for more; a table of keys."""

import pytest

from autothink_lsp.document.snapshot import Change, ContentChange, Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.suppression.rejections import RecentDeletions
from autothink_lsp.values import Point, Position, PositionEncoding, Range

URI = "file:///a.py"


class Edited:
    """A document, its edits told to a ``RecentDeletions``."""

    def __init__(self, text: str) -> None:
        self.documents = DocumentStore(PositionEncoding.UTF32)
        self.edits = RecentDeletions()
        self.documents.subscribe(self)
        self.documents.open(URI, "python", 1, text)
        self.version = 1

    def did_open(self, snapshot: Snapshot) -> None: ...

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        self.edits.did_change(snapshot.uri, changes)

    def did_close(self, uri: str) -> None:
        self.edits.did_close(uri)

    def key(self, *edits: tuple[int, int, str]) -> None:
        self.version += 1
        changes = [ContentChange(Range(Position(0, start), Position(0, end)), text) for start, end, text in edits]
        self.documents.change(URI, self.version, changes)

    def refusal(self, column: int) -> str | None:
        return self.edits.refusal(URI, Point(0, column))


# Text, keys (each a list of edits: start, end, new text), column asked at, the reason.
CASES: list[tuple[str, list[list[tuple[int, int, str]]], int, str | None]] = [
    ("x = ", [[(4, 4, "f")]], 5, None),
    ("x = fo", [[(5, 6, "")]], 5, "after a delete"),
    ("x = foo(a)", [[(4, 10, "")]], 4, "after a delete"),
    ("x = fo", [[(5, 6, "")]], 2, None),  # the cursor went elsewhere
    ("x = fo", [[(5, 6, "")], [(5, 5, "i")]], 6, None),
    ("        ", [[(4, 8, "")]], 4, None),  # indentation taken away: about to write
    ("x = fo", [[(4, 6, "b")]], 5, None),  # replaced
    ("x = foo", [[(4, 7, "")], [(4, 4, "foo")]], 7, "after an undo"),
    ("x = foo", [[(6, 7, "")], [(6, 6, "o")]], 7, None),  # typed again
    ("x = foo", [[(4, 7, "")], [(4, 4, "bar")]], 7, None),
    ("x = foo", [[(4, 7, "")], [(0, 0, "foo")]], 3, None),  # elsewhere: typed, not put back
    ("x = foo", [[(4, 7, "")], [(4, 4, "foo")], [(7, 7, "(")]], 8, None),
    ("ab", [[(1, 2, ""), (1, 1, "\n")]], 1, None),  # one key of an editor: takes and gives
]


@pytest.mark.parametrize(("text", "keys", "column", "reason"), CASES)
def test_after(text: str, keys: list[list[tuple[int, int, str]]], column: int, reason: str | None) -> None:
    edited = Edited(text)
    for key in keys:
        edited.key(*key)
    assert edited.refusal(column) == reason


def test_a_closed_document_leaves_nothing() -> None:
    edited = Edited("x = fo")
    edited.key((5, 6, ""))
    assert len(edited.edits) == 1
    edited.documents.close(URI)
    assert len(edited.edits) == 0
    assert edited.refusal(5) is None
