"""The word and the blanks at the cursor: kept from the model, taken off its answer, at any cut of the stream."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.context.values import CodeContext
from autothink_lsp.prompt.families.table import FAMILIES
from autothink_lsp.prompt.fim import render
from autothink_lsp.prompt.withheld import Withheld, Withhold, split

INDENT, RETU = Withheld("    "), Withheld(" ", "retu")

ANSWERS = [
    # (withheld, answer, final, what is added)
    (Withheld(), "x", False, "x"),
    (Withheld(), "", False, ""),
    (INDENT, "    x", False, "x"),
    (INDENT, "        x", False, "    x"),
    (INDENT, "   ", False, None),
    (INDENT, "", False, None),
    (INDENT, "", True, ""),
    (INDENT, "  ", True, ""),
    (INDENT, "  x", False, "x"),  # less indentation than the user has
    (INDENT, "\tx", False, "x"),
    (INDENT, "x", False, "x"),
    (INDENT, "\n    x", False, "\n    x"),
    (Withheld(" "), " x", False, "x"),
    (Withheld(" "), "x", False, "x"),
    (Withheld("\t"), "\t\tx\n\ty", False, "\tx\n\ty"),
    (RETU, " return x", False, "rn x"),
    (RETU, "return x", False, "rn x"),
    (RETU, "    return x", False, "rn x"),
    (RETU, " retu", False, ""),
    (RETU, " ret", False, None),
    (RETU, " ret", True, ""),
    (RETU, "", False, None),
    (RETU, " ", False, None),
    (RETU, " rest", False, ""),
    (RETU, "\nreturn", False, ""),
    (Withheld("", "ret"), "return", False, "urn"),
    (Withheld("", "ret"), "r", False, None),
]


@pytest.mark.parametrize(("withheld", "answer", "final", "added"), ANSWERS)
def test_added_by(withheld: Withheld, answer: str, final: bool, added: str | None) -> None:
    assert withheld.added_by(answer, final=final) == added


@pytest.mark.parametrize(
    ("withheld", "answer", "contradicted"),
    [
        (RETU, " return", False),
        (RETU, " ret", False),
        (RETU, "", False),
        (RETU, "  ", False),
        (RETU, " rex", True),
        (RETU, "\n", True),
        (RETU, " Return", True),
        (INDENT, "x", False),
        (Withheld(), "x", False),
    ],
)
def test_contradicted_by(withheld: Withheld, answer: str, contradicted: bool) -> None:
    assert withheld.contradicted_by(answer) is contradicted


@pytest.mark.parametrize(
    ("prefix", "withhold", "kept", "blanks", "word"),
    [
        ("a\n    ", "blanks", "a\n", "    ", ""),
        ("a\n    ", "word", "a\n", "    ", ""),
        ("a\n    retu", "word", "a\n", "    ", "retu"),
        ("a\n    retu", "blanks", "a\n    retu", "", ""),
        ("a\n    retu", "nothing", "a\n    retu", "", ""),
        ("a ", "nothing", "a ", "", ""),
        ("a = ", "word", "a =", " ", ""),
        ("self.app", "word", "self.", "", "app"),
        ("f(x1", "word", "f(", "", "x1"),
        ("f(12", "word", "f(12", "", ""),
        ("f(1e", "word", "f(1e", "", ""),
        ("a\n\t ", "word", "a\n", "\t ", ""),
        ("a\n", "word", "a\n", "", ""),
        ("", "word", "", "", ""),
        ("größe", "word", "", "", "größe"),
        ("a\u00a0", "word", "a\u00a0", "", ""),
    ],
)
def test_split(prefix: str, withhold: Withhold, kept: str, blanks: str, word: str) -> None:
    assert split(prefix, withhold) == (kept, Withheld(blanks, word))


@given(st.text("ab \t\n.(1"), st.sampled_from(["word", "blanks", "nothing"]))
def test_nothing_is_lost(prefix: str, withhold: Withhold) -> None:
    kept, withheld = split(prefix, withhold)
    assert kept + withheld.blanks + withheld.word == prefix
    answer = withheld.blanks + withheld.word + "rest"
    assert withheld.added_by(answer) == "rest"
    assert not withheld.contradicted_by(answer)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_render_says_what_it_kept_back(family) -> None:
    context = CodeContext("a.py", "python", "if x:\n    retu", "\ny", comment_line="#")
    assert render(family, context).withheld == Withheld("    ", "retu")
    assert "retu" not in render(family, context).text
    assert render(family, context, withhold="blanks").withheld == Withheld()
    assert "if x:\n    retu" in render(family, context, withhold="blanks").text


def test_typing_a_word_does_not_change_the_prompt() -> None:
    texts = {
        render(FAMILIES[0], CodeContext("a.py", "python", f"x\n    {typed}", "\ny", comment_line="#")).text
        for typed in ("", "r", "re", "ret", "return")
    }
    assert len(texts) == 1


@given(st.text(" \t", max_size=6), st.text("ab", max_size=3), st.text(" \tab\n", max_size=12))
def test_what_is_shown_early_stays(blanks: str, word: str, answer: str) -> None:
    """As the answer grows, what it adds only grows, and a contradiction stays one."""
    withheld, shown, contradicted = Withheld(blanks, word), "", False
    for end in range(len(answer) + 1):
        added = withheld.added_by(answer[:end], final=end == len(answer))
        if added is not None:
            assert added.startswith(shown)
            shown = added
        assert withheld.contradicted_by(answer[:end]) >= contradicted
        contradicted = withheld.contradicted_by(answer[:end])
        assert not (contradicted and shown)
