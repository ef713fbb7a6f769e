"""Code or text, where what is read begins inside a docstring: right, and without a parse for each key."""

from __future__ import annotations

from autothink_lsp.context.window import WindowSize, WindowTracker
from autothink_lsp.document.snapshot import ContentChange, Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.query import CompletionQuery
from autothink_lsp.features.completion.silence.service import Silence
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point, Position, PositionEncoding, Range

URI = "file:///a.py"
DOCSTRING = '"""' + "Words that say something.\n" * 300 + '"""\n'
CODE = "def f(a, b):\n    \n\n\ndef g():\n    '''Say.\n    \n    '''\n"


class Counting(Syntax):
    """It tells how often a tree was wanted."""

    asked = 0

    def tree_within(self, snapshot: Snapshot, budget_ms: float, *, rough: bool = False) -> SyntaxTree | None:
        self.asked += 1
        return super().tree_within(snapshot, 10_000, rough=rough)


def typed(line: int, text: str, above: str = DOCSTRING) -> tuple[list[str | None], int]:
    """The reasons for silence at each key of ``text`` on an indented line, and how often a tree was wanted."""
    syntax, documents, windows = Counting(), DocumentStore(PositionEncoding.UTF32), WindowTracker()
    silence = Silence(syntax, lambda: 0.0)
    documents.subscribe(syntax.trees)
    documents.open(URI, "python", 1, above + CODE)
    reasons: list[str | None] = []
    for at, char in enumerate(text):
        where = Position(line, 4 + at)
        documents.change(URI, 2 + at, [ContentChange(Range(where, where), char)])
        snapshot = documents.snapshot(URI)
        assert snapshot is not None
        point = Point(line, 5 + at)
        query = CompletionQuery(snapshot, point, "automatic", 0.0, Settings(), "a.py")
        language = syntax.language(snapshot)
        context = windows.gather(snapshot, point, WindowSize(2_000, 500), path="a.py", language=language)
        assert context.prefix.lstrip("# ").startswith("Words"), "it is read from the middle on"
        reasons.append(silence.refusal(query, context))
    return reasons, syntax.asked


def test_code_below_a_docstring_that_is_only_half_seen() -> None:
    reasons, _ = typed(302, "x = a")
    assert reasons == [None] * 5


def test_a_docstring_below_one() -> None:
    reasons, _ = typed(307, "more")
    assert reasons == ["inside a docstring"] * 4


def test_where_reading_is_right_one_tree_serves_a_line() -> None:
    reasons, asked = typed(302, "x = a", "# Words that say something.\n" * 301)
    assert reasons == [None] * 5
    assert asked == 1
