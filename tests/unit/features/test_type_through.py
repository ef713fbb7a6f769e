"""What is left of an answer after typing: letters, the editor's indentation and closers, answers still coming in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.features.completion.type_through import Match, RemainingText, RequestPosition, remaining_text
from tests.support.cursor_mark import at

AGREES, PENDING, EXHAUSTED, DIVERGED = Match.AGREES, Match.PENDING, Match.EXHAUSTED, Match.DIVERGED
# where it was asked, the answer, where the cursor is now, what is left, code points replaced to the right
LEFT = [
    ("x = ‸\n", "foo(1)", "x = ‸\n", "foo(1)", 0),
    ("x = ‸\n", "foo(1)", "x = fo‸\n", "o(1)", 0),
    ("a\nx = ‸\nb\n", "foo(1)", "a\nx = foo(‸\nb\n", "1)", 0),
    ("‸\n", "x = 1\ny = 2", "x = 1‸\n", "\ny = 2", 0),
    ("‸\n", "x = 1\ny = 2", "x = 1\n‸\n", "y = 2", 0),
    ("‸\n", "x = 1\ny = 2", "x = 1\ny‸\n", " = 2", 0),
    # the editor indents
    ("def f():‸\n", "\n    return x", "def f():\n    ‸\n", "return x", 0),
    ("def f():‸\n", "\n    return x", "def f():\n  ‸\n", "  return x", 0),
    ("def f():‸\n", "\n    return x", "def f():\n‸\n", "    return x", 0),
    ("def f():‸\n", "\n    a = 1\n\n    return a", "def f():\n    a = 1\n    ‸\n", "\n    return a", 0),
    ("def f():‸\n", "\n    a = 1\n\n    return a", "def f():\n    a = 1\n    \n    ret‸\n", "urn a", 0),
    ("\tf() {‸\n", "\n\t\tg()", "\tf() {\n\t\t‸\n", "g()", 0),
    ("x = 1 ‸\n", "\ny = 2", "x = 1 \n‸\n", "y = 2", 0),
    # the editor closes
    ("x = ‸\n", "foo(a, b)", "x = foo(‸)\n", "a, b", 0),
    ("x = ‸\n", "foo(a, b)", "x = foo(a‸)\n", ", b", 0),
    ("x = ‸\n", "foo(a, b).bar", "x = foo(‸)\n", "a, b).bar", 1),
    ("x = ‸\n", "foo(g(a), b)", "x = foo(‸)\n", "g(a), b", 0),
    ("x = ‸\n", "foo(g(a), b)", "x = foo(g(‸))\n", "a), b)", 2),
    ("x = ‸\n", 'foo("a)")', 'x = foo("‸")\n', "a)", 0),
    ("x = ‸\n", 'foo("a", 1)', 'x = foo("‸")\n', 'a", 1)', 2),
    ("x = ‸\n", "[1, 2]", "x = [‸]\n", "1, 2", 0),
    ("foo‸;\n", "(a)", "foo(‸);\n", "a", 0),
    ("foo(‸)\n", "bar(a", "foo(bar(‸))\n", "a", 0),
    ("f ‸\n", "{\n  g();\n}", "f {\n  ‸\n}\n", "g();", 0),
    ("f ‸\n", "{\n  g();\n}\nh();", "f {‸}\n", "\n  g();\n}\nh();", 1),
    ("x = ‸", "foo(a)", "x = foo(‸)", "a", 0),
    # Enter between brackets: the editor moves the closer to a line of its own
    ("f {‸}\n", "\n  g();\n", "f {\n  ‸\n}\n", "g();", 0),
    ("  f {‸}", "\n    g();\n  ", "  f {\n    ‸\n  }", "g();", 0),
    ("f(‸);\n", "\n  a,\n  b,\n", "f(\n  a,\n  ‸\n);\n", "b,", 0),
]


@pytest.mark.parametrize(("asked", "answer", "now", "text", "replaces_right"), LEFT)
def test_left(asked: str, answer: str, now: str, text: str, replaces_right: int) -> None:
    left = remaining_text(RequestPosition.at(at("javascript", asked)), at("javascript", now), answer)
    assert left == RemainingText(AGREES, text, replaces_right)


OTHERWISE = [
    ("x = ‸\n", "foo(1)", "x = foo(1)‸\n", EXHAUSTED),
    ("x = ‸\n", "foo()", "x = foo(‸)\n", EXHAUSTED),
    ("x = ‸\n", "foo(1)", "x = b‸\n", DIVERGED),
    ("x = ‸\n", "foo(1)", "x =‸\n", DIVERGED),
    ("x = ‸\n", "foo(1)", "y = ‸\n", DIVERGED),
    ("x = ‸\n", "foo(1)", "x = ‸\ny = 1\n", DIVERGED),
    ("x = ‸\ny = 1\n", "foo(1)", "x = fo‸\ny = 2\n", DIVERGED),
    ("x = ‸", "foo(1)", "x = fo‸bar", DIVERGED),
    ("x = ‸", "foo(1)", "x = fo‸  ", DIVERGED),
    ("a\nx = ‸\n", "foo(1)", "b\nx = fo‸\n", DIVERGED),
    ("x = ‸\n", "foo(1)", "a\nx = fo‸\n", DIVERGED),
    ("a\nx = ‸\n", "foo(1)", "b\na\nx = fo‸\n", DIVERGED),
    ("def f():‸\n", "\n    return x", "def f():\n        ‸\n", DIVERGED),
    ("def f():‸\n", "\n    if a:\n        b", "def f():\n    if a:\n    b‸\n", DIVERGED),
    ("x = ‸\n", "1\ny = 2", "x = 1\n\n\n‸\n", DIVERGED),
    ("f ‸\n", "{\n  g();\n}", "f {\n  ‸\n  h();\n}\n", DIVERGED),
    ("f {‸}\n", "\n  g();\n", "f {\n  g();‸\n}\n", EXHAUSTED),
    ("f {‸}\n", "\n  g();\n", "f {\n  ‸\n  h();\n}\n", DIVERGED),
    ("x = ‸ + 1\n", "y", "x = ‸\n + 1\n", DIVERGED),
    ("x = ‸", "y", "x = ‸\n", DIVERGED),
]


@pytest.mark.parametrize(("asked", "answer", "now", "along"), OTHERWISE)
def test_nothing_left(asked: str, answer: str, now: str, along: Match) -> None:
    assert remaining_text(RequestPosition.at(at("javascript", asked)), at("javascript", now), answer).along is along


STREAMING = [
    ("x = ‸\n", "", "x = foo‸\n", PENDING),
    ("x = ‸\n", "fo", "x = f‸\n", AGREES),
    ("x = ‸\n", "fo", "x = fo‸\n", PENDING),
    ("x = ‸\n", "fo", "x = foo(‸)\n", PENDING),
    ("x = ‸\n", "fo", "x = ba‸\n", DIVERGED),
    ("def f():‸\n", "\n    re", "def f():\n    return‸\n", PENDING),
    ("def f():‸\n", "", "def f():\n    ‸\n", PENDING),
    ("def f():‸\n", "\n    x = 1", "def f():\n    x = 1\n    ‸\n", PENDING),
    ("def f():‸\n", "\n    x", "def f():\n    y = 1\n    ‸\n", DIVERGED),
    ("x = ‸\n", "fo", "z\nx = foo‸\n", DIVERGED),
]


@pytest.mark.parametrize(("asked", "answer", "now", "along"), STREAMING)
def test_an_answer_that_still_streams(asked: str, answer: str, now: str, along: Match) -> None:
    assert (
        remaining_text(RequestPosition.at(at("python", asked)), at("python", now), answer, finished=False).along
        is along
    )


def test_windows_that_begin_elsewhere_are_the_same_place() -> None:
    lines = "".join(f"line {n} of the file\n" for n in range(400))
    asked = at("python", lines + "x = ‸\n" + lines)
    now = at("python", lines[200:] + "x = fo‸\n" + lines[:300])
    assert remaining_text(RequestPosition.at(asked), now, "foo(1)") == RemainingText(AGREES, "o(1)")


@given(st.text("ab(\n ", max_size=12), st.integers(0, 12))
def test_what_was_typed_and_what_is_left_make_the_answer(answer: str, typed: int) -> None:
    left = remaining_text(RequestPosition.at(at("python", "x‸\n")), at("python", f"x{answer[:typed]}‸\n"), answer)
    if answer[typed:]:
        assert left == RemainingText(AGREES, answer[typed:])
    else:
        assert left.along is EXHAUSTED
