"""The word and the blanks at the cursor: kept from the model, taken off its answer, at any cut of the stream."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.context.values import CodeContext
from autothink_lsp.prompt.fim.families.table import FAMILIES
from autothink_lsp.prompt.fim.render import render_fim_prompt
from autothink_lsp.prompt.fim.token_healing import HealedPrefix, HealingMode, heal_prefix

INDENT, RETU = HealedPrefix("    "), HealedPrefix(" ", "retu")

ANSWERS = [
    # (healed, answer, final, what is added)
    (HealedPrefix(), "x", False, "x"),
    (HealedPrefix(), "", False, ""),
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
    (HealedPrefix(" "), " x", False, "x"),
    (HealedPrefix(" "), "x", False, "x"),
    (HealedPrefix("\t"), "\t\tx\n\ty", False, "\tx\n\ty"),
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
    (HealedPrefix("", "ret"), "return", False, "urn"),
    (HealedPrefix("", "ret"), "r", False, None),
]


@pytest.mark.parametrize(("healed", "answer", "final", "added"), ANSWERS)
def test_the_part_after_the_cursor_is_kept(healed: HealedPrefix, answer: str, final: bool, added: str | None) -> None:
    assert healed.after_cursor(answer, final=final) == added


@pytest.mark.parametrize(
    ("healed", "answer", "contradicted"),
    [
        (RETU, " return", False),
        (RETU, " ret", False),
        (RETU, "", False),
        (RETU, "  ", False),
        (RETU, " rex", True),
        (RETU, "\n", True),
        (RETU, " Return", True),
        (INDENT, "x", False),
        (HealedPrefix(), "x", False),
    ],
)
def test_another_word_is_a_mismatch(healed: HealedPrefix, answer: str, contradicted: bool) -> None:
    assert healed.is_mismatch(answer) is contradicted


@pytest.mark.parametrize(
    ("prefix", "healing", "kept", "blanks", "word"),
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
def test_the_prefix_is_split_before_the_word(
    prefix: str, healing: HealingMode, kept: str, blanks: str, word: str
) -> None:
    assert heal_prefix(prefix, healing) == (kept, HealedPrefix(blanks, word))


@given(st.text("ab \t\n.(1"), st.sampled_from(["word", "blanks", "nothing"]))
def test_nothing_is_lost(prefix: str, healing: HealingMode) -> None:
    kept, healed = heal_prefix(prefix, healing)
    assert kept + healed.blanks + healed.word == prefix
    answer = healed.blanks + healed.word + "rest"
    assert healed.after_cursor(answer) == "rest"
    assert not healed.is_mismatch(answer)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_render_says_what_it_kept_back(family) -> None:
    context = CodeContext("a.py", "python", "if x:\n    retu", "\ny", comment_line="#")
    assert render_fim_prompt(family, context).healed == HealedPrefix("    ", "retu")
    assert "retu" not in render_fim_prompt(family, context).text
    assert render_fim_prompt(family, context, healing="blanks").healed == HealedPrefix()
    assert "if x:\n    retu" in render_fim_prompt(family, context, healing="blanks").text


def test_typing_a_word_does_not_change_the_prompt() -> None:
    texts = {
        render_fim_prompt(FAMILIES[0], CodeContext("a.py", "python", f"x\n    {typed}", "\ny", comment_line="#")).text
        for typed in ("", "r", "re", "ret", "return")
    }
    assert len(texts) == 1


@given(st.text(" \t", max_size=6), st.text("ab", max_size=3), st.text(" \tab\n", max_size=12))
def test_what_is_shown_early_stays(blanks: str, word: str, answer: str) -> None:
    """As the answer grows, what it adds only grows, and a contradiction stays one."""
    healed, shown, contradicted = HealedPrefix(blanks, word), "", False
    for end in range(len(answer) + 1):
        added = healed.after_cursor(answer[:end], final=end == len(answer))
        if added is not None:
            assert added.startswith(shown)
            shown = added
        assert healed.is_mismatch(answer[:end]) >= contradicted
        contradicted = healed.is_mismatch(answer[:end])
        assert not (contradicted and shown)
