"""Whether edits type along an answer that is still coming."""

import pytest

from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.type_through import TypeThroughMatcher
from autothink_lsp.values import Point, Position, PositionEncoding, Range

URI = "file:///a.py"


def follows(answer: str, *edits: tuple[int, int, int, str]) -> bool:
    """Edits are (line, start, end, text) in a document with the cursor at its end: line 1, column 4."""
    store = DocumentStore(PositionEncoding.UTF32)
    store.open(URI, "python", 1, "def f():\n    ")
    follower = TypeThroughMatcher(Point(1, 4))
    for version, (line, start, end, text) in enumerate(edits, start=2):
        change = ContentChange(Range(Position(line, start), Position(line, end)), text)
        applied = store.change(URI, version, [change])
        assert applied is not None
        if not follower.follow(applied[1], answer):
            return False
    return True


@pytest.mark.parametrize(
    ("answer", "edits", "expected"),
    [
        ("return x", [(1, 4, 4, "r")], True),
        ("return x", [(1, 4, 4, "r"), (1, 5, 5, "e")], True),
        ("return x", [(1, 4, 4, "return ")], True),
        ("f(a)", [(1, 4, 4, "f"), (1, 5, 5, "()"), (1, 6, 6, "a"), (1, 7, 8, ")")], True),  # the editor closes brackets
        ("f(a)", [(1, 4, 4, "f"), (1, 5, 5, "()"), (1, 6, 6, "b")], False),
        ("", [(1, 4, 4, '""'), (1, 5, 5, "a")], True),
        ("f()", [(1, 4, 4, "f"), (1, 5, 5, "()"), (1, 7, 7, "x")], False),
        ("", [(1, 4, 4, "r")], True),  # it has not said anything yet
        ("re", [(1, 4, 4, "ret")], True),
        ("re", [(1, 4, 4, "rex")], True),  # it may say so
        ("return x", [(1, 4, 4, "x")], False),
        ("return x", [(1, 4, 4, "r"), (1, 5, 5, "x")], False),
        ("return x", [(1, 3, 4, "")], False),  # a deletion
        ("return x", [(0, 0, 0, "r")], False),  # elsewhere
        ("a\n    b", [(1, 4, 4, "a"), (1, 5, 5, "\n    ")], True),
        ("a\n    b", [(1, 4, 4, "a\r\n    ")], True),
        ("\n        b", [(1, 4, 4, "\n        \n    "), (2, 8, 8, "b")], True),  # Enter between brackets
        ("\n        b", [(1, 4, 4, "\n        \n    "), (2, 8, 8, "c")], False),
        ("a\n    b", [(1, 4, 4, "\n        \n    ")], False),
        ("a\n    b", [(1, 4, 4, "a"), (1, 5, 5, "\n"), (2, 0, 0, "    b")], True),
    ],
)
def test_follow(answer: str, edits: list[tuple[int, int, int, str]], expected: bool) -> None:
    assert follows(answer, *edits) is expected


@pytest.mark.parametrize(
    ("lead", "typed", "came", "overtaken"),
    [
        ("", "ret", "", False),  # nothing has come yet
        ("", "ret", "re", False),
        ("", "ret", "return x", False),
        ("", "ret", "rex", True),
        ("", "ret", "x", True),
        ("a\n", "a\nre", "re", False),
        ("a\n", "a\nre", "r(", True),
        ("a\n", "a", "x", False),  # the lead alone was typed
    ],
)
def test_what_was_typed_ahead_is_compared_as_it_comes(lead: str, typed: str, came: str, overtaken: bool) -> None:
    store = DocumentStore(PositionEncoding.UTF32)
    store.open(URI, "python", 1, "def f():\n    ")
    follower = TypeThroughMatcher(Point(1, 4), lead=lead)
    change = ContentChange(Range(Position(1, 4), Position(1, 4)), typed)
    applied = store.change(URI, 2, [change])
    assert applied is not None
    assert follower.follow(applied[1], "")
    seen = [follower.diverges(came[:count]) for count in range(len(came) + 1)]
    assert any(seen) is overtaken
