"""Code or text, where what is read begins inside a docstring: right, and without a parse for each key."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from autothink_lsp.context.window import ContextRequest, WindowSize, WindowTracker
from autothink_lsp.document.snapshot import Change, ContentChange, Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.features.completion.suppression.suppression_filter import SuppressionFilter
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


def typed(
    line: int, text: str, above: str = DOCSTRING, *, edits: Mapping[int, ContentChange] = MappingProxyType({})
) -> tuple[list[str | None], int]:
    """The reasons for silence at each key of ``text`` on an indented line, and how often a tree was wanted.

    ``edits``: what else is edited before the key of that number; as many lines stay above."""
    syntax, documents, windows = Counting(), DocumentStore(PositionEncoding.UTF32), WindowTracker()
    silence = SuppressionFilter(syntax, lambda: 0.0)
    documents.subscribe(syntax.trees)
    documents.subscribe(Hearing(silence))
    documents.open(URI, "python", 1, above + CODE)
    reasons: list[str | None] = []
    point = Point(line, 4)
    for at, char in enumerate(text):
        where = Position(point.line, point.column)
        also = [edits[at]] if at in edits else []
        documents.change(URI, 2 + at, [*also, ContentChange(Range(where, where), char.replace("\n", "\n    "))])
        snapshot = documents.snapshot(URI)
        assert snapshot is not None
        point = Point(point.line + 1, 4) if char == "\n" else Point(point.line, point.column + 1)
        query = CompletionRequest(snapshot, point, "automatic", 0.0, Settings(), "a.py")
        language = syntax.language(snapshot)
        context = windows.gather(ContextRequest(snapshot, point, WindowSize(2_000, 500), "a.py", language))
        assert at or context.prefix.lstrip("# ").startswith("Words"), "it is read from the middle on"
        reasons.append(silence.refusal(query, context))
    return reasons, syntax.asked


class Hearing:
    """Tells the rules for silence of edits, as the service does."""

    def __init__(self, silence: SuppressionFilter) -> None:
        self._silence = silence

    def did_open(self, snapshot: Snapshot) -> None:
        pass

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        self._silence.did_change(snapshot.uri, changes)

    def did_close(self, uri: str) -> None:
        self._silence.did_close(uri)


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


COMMENTS = "# Words that say something.\n" * 301


@pytest.mark.exhaustive
def test_and_the_lines_that_are_typed_below() -> None:
    """What is read slides along: it begins in other lines at the end than at the beginning."""
    reasons, asked = typed(302, "\n".join(f"x_{number} = a(b, 'c') + {number}" for number in range(200)), COMMENTS)
    assert set(reasons) <= {None, "statement is complete"}
    assert asked == 1


def test_a_docstring_typed_below_is_one() -> None:
    reasons, asked = typed(302, 'x = 1\n"""Say\nmore', COMMENTS)
    assert reasons[-4:] == ["inside a docstring"] * 4
    assert asked == 1


def test_a_string_that_begins_above_what_is_seen_is_noticed() -> None:
    """The text that is read stays as it was; what it means does not."""
    top = Position(0, 0)
    keys = "x = a\ny = b"
    reasons, asked = typed(302, keys, COMMENTS, edits={6: ContentChange(Range(top, top), "'''")})
    assert reasons[0] is None
    assert reasons[6:] == ["inside a docstring"] * (len(keys) - 6)
    assert asked > 1
