"""What was rejected is not shown again at its place for a while."""

from autothink_lsp.document.snapshot import ContentChange, Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.suppression.rejections import FORGET_MS, RejectedSuggestions, SuggestionPlace
from autothink_lsp.values import Point, Position, PositionEncoding, Range

URI = "file:///a.py"
PREFIX = "def add(a, b):\n    "
SPOT = SuggestionPlace.at(URI, PREFIX)
TEXT = "return a + b"


class Harness:
    """A document with a suggestion on the screen, number 7, at the end of ``PREFIX``."""

    def __init__(self) -> None:
        self.now_ms = 0.0
        self.rejected = RejectedSuggestions(lambda: self.now_ms)
        self.documents = DocumentStore(PositionEncoding.UTF32)
        self.documents.open(URI, "python", 1, PREFIX + "\n\nx = 1\n")
        self.documents.subscribe(self)
        self.version = 1
        self.show(7, PREFIX, TEXT)

    def show(self, number: int, prefix: str, text: str) -> None:
        point = Point(prefix.count("\n"), len(prefix.rpartition("\n")[2]))
        self.rejected.shown(number, SuggestionPlace.at(URI, prefix), point, text)

    def did_open(self, snapshot: Snapshot) -> None: ...

    def did_close(self, uri: str) -> None: ...

    def did_change(self, snapshot: Snapshot, changes: tuple) -> None:
        self.rejected.did_change(snapshot.uri, changes)

    def type(self, start: int, end: int, text: str, line: int = 1) -> None:
        self.version += 1
        where = Range(Position(line, start), Position(line, end))
        self.documents.change(URI, self.version, [ContentChange(where, text)])

    def holds(self, prefix: str = PREFIX, text: str = TEXT) -> bool:
        return self.rejected.holds(SuggestionPlace.at(URI, prefix), text)


def test_dismissed() -> None:
    harness = Harness()
    assert not harness.holds()
    harness.rejected.dismissed(7)
    assert harness.holds()
    assert not harness.holds(text="return b")
    assert not harness.holds(prefix="def sub(a, b):\n    ")
    harness.now_ms = FORGET_MS
    assert not harness.holds()


def test_typed_over() -> None:
    harness = Harness()
    harness.type(4, 4, "y")
    assert harness.holds()


def test_typed_along_and_then_over() -> None:
    harness = Harness()
    harness.type(4, 4, "r")
    assert not harness.holds()
    harness.type(5, 5, "x")
    assert harness.holds()
    assert harness.holds(PREFIX + "r", TEXT[1:])
    assert not harness.holds(PREFIX + "re", TEXT[2:]), "typed towards it"


def test_what_is_no_rejection() -> None:
    for start, end, text, line in [(4, 4, TEXT, 1), (3, 4, "", 1), (5, 5, "y", 3), (4, 4, "\n", 1)]:
        harness = Harness()
        harness.type(start, end, text, line)
        assert not harness.holds(), (start, end, text)


def test_taken_and_undone() -> None:
    harness = Harness()
    harness.type(4, 4, TEXT)
    harness.type(4, 4 + len(TEXT), "")
    assert harness.holds()


def test_taken_by_an_editor_that_replaces_the_line_and_undone() -> None:
    harness = Harness()
    harness.type(0, 4, "    " + TEXT)
    harness.rejected.dismissed(7)  # some editors say so of what is not on the screen any more
    assert not harness.holds()
    harness.rejected.taken_back(7)
    assert harness.holds()


def test_bounded_and_forgotten() -> None:
    harness = Harness()
    for number in range(500):
        harness.show(number, PREFIX, f"return {number}")
        harness.rejected.dismissed(number)
    assert len(harness.rejected) <= 100
    harness.rejected.dismissed(1)  # forgotten long ago
    harness.rejected.forget(URI)
    assert len(harness.rejected) == 0
    assert not harness.holds(text="return 499")
