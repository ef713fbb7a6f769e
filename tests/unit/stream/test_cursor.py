"""Which brackets are open at the cursor, which are closed below, and what that makes of an answer's brackets."""

import pytest

from autothink_lsp.stream.brackets import BracketEvent, BracketTracker
from autothink_lsp.stream.cursor import lex_cursor
from tests.support.cursor_mark import at

# open brackets, outermost first: a small "c" behind those that are closed below; then the closers
# left over below with the columns of their line
OPEN = [
    ("python", "foo(‸)\n", "(c", ""),
    ("python", "foo(bar(‸)\n", "( (c", ""),
    ("python", "foo(‸\n", "(", ""),
    ("python", "foo(‸\n)\n", "(c", ""),
    ("javascript", "f() {\n  if (a) {\n    ‸\n}\n", "{c {", ""),
    ("javascript", "f() {\n  if (a) {\n    ‸\n  }\n}\n", "{c {c", ""),
    ("javascript", "f() {\n  ‸\n    a();\n  }\n}\n", "{c", "}2"),
    ("javascript", "f() {\n  g(‸\n}\n", "{c (", ""),
    ("python", "x = '(‸'\n", "", ""),
    ("python", "foo('‸)\n", "(c", ""),
    ("python", "foo('‸')\n", "(c", ""),
    ("python", "a = 1‸)\n", "", ")None"),
]


@pytest.mark.parametrize(("language_id", "document", "opened", "spare"), OPEN)
def test_brackets_around_the_cursor(language_id: str, document: str, opened: str, spare: str) -> None:
    around = lex_cursor(at(language_id, document))
    assert " ".join(b.char + "c" * b.closed_below for b in around.open_brackets) == opened
    assert "".join(f"{closer.char}{closer.columns}" for closer in around.spare_closers) == spare


E = BracketEvent
EVENTS = [
    ("python", "foo(‸)\n", ")(", [E.BORROWS, E.OPENS]),
    ("python", "foo(‸\n", "())", [E.OPENS, E.CLOSES_OWN, E.CLOSES_MISSING]),
    ("python", "foo(bar(‸)\n", "))", [E.CLOSES_MISSING, E.BORROWS]),
    ("python", "foo(‸\n", "]", [E.UNKNOWN]),
    ("python", "‸\n", ")", [E.UNKNOWN]),
    ("python", "‸\n", "(]", [E.OPENS, E.UNKNOWN]),
    ("javascript", "f() {\n  ‸\n}\n", "}", [E.BORROWS]),
    ("javascript", "f() {\n  if (a) {\n    ‸\n}\n", "}}", [E.CLOSES_MISSING, E.BORROWS]),
]


@pytest.mark.parametrize(("language_id", "document", "brackets", "events"), EVENTS)
def test_what_the_brackets_of_an_answer_do(
    language_id: str, document: str, brackets: str, events: list[BracketEvent]
) -> None:
    context = at(language_id, document)
    tracker = BracketTracker(lex_cursor(context), context.line_prefix)
    assert [tracker.read(offset, char) for offset, char in enumerate(brackets)] == events


def test_whether_the_line_is_open() -> None:
    context = at("python", "a(\n  b(‸\n)\n")
    tracker = BracketTracker(lex_cursor(context), context.line_prefix)
    assert tracker.line_is_open
    tracker.read(0, ")")
    assert not tracker.line_is_open
    assert tracker.left_line
    tracker.read(1, "[")
    assert [(own.char, own.offset) for own in tracker.own] == [("[", 1)]


def test_only_a_bounded_part_of_the_document_is_read() -> None:
    around = lex_cursor(at("python", "(\n" * 100_000 + "‸\n" + ")\n" * 100_000))
    assert around.scanner.offset <= 3_000
    assert len(around.open_brackets) <= 1_500
