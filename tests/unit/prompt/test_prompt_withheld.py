"""Blanks at the cursor: kept from the model, taken off its answer, at any cut of the stream."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.context.values import CodeContext
from autothink_lsp.prompt.families.table import FAMILIES
from autothink_lsp.prompt.fim import render
from autothink_lsp.prompt.withheld import after_withheld, split_blanks

ANSWERS = [
    # (withheld, answer, final, what is added)
    ("", "x", False, "x"),
    ("", "", False, ""),
    ("    ", "    x", False, "x"),
    ("    ", "        x", False, "    x"),
    ("    ", "   ", False, None),
    ("    ", "", False, None),
    ("    ", "", True, ""),
    ("    ", "  ", True, ""),
    ("    ", "  x", False, "x"),  # less indentation than the user has
    ("    ", "\tx", False, "x"),
    ("    ", "x", False, "x"),
    (" ", " x", False, "x"),
    (" ", "x", False, "x"),
    ("\t", "\t\tx\n\ty", False, "\tx\n\ty"),
    ("    ", "\n    x", False, "\n    x"),
]


@pytest.mark.parametrize(("withheld", "answer", "final", "added"), ANSWERS)
def test_after_withheld(withheld: str, answer: str, final: bool, added: str | None) -> None:
    assert after_withheld(withheld, answer, final=final) == added


@pytest.mark.parametrize(
    ("prefix", "kept", "withheld"),
    [
        ("a\n    ", "a\n", "    "),
        ("a =", "a =", ""),
        ("a = ", "a =", " "),
        ("a\n\t ", "a\n", "\t "),
        ("a\n", "a\n", ""),
        ("a\n\n  ", "a\n\n", "  "),
        ("", "", ""),
        ("  ", "", "  "),
        ("a\u00a0", "a\u00a0", ""),
    ],
)
def test_split_blanks(prefix: str, kept: str, withheld: str) -> None:
    assert split_blanks(prefix) == (kept, withheld)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_render_says_what_it_kept_back(family) -> None:
    context = CodeContext("a.py", "python", "if x:\n    ", "\ny", comment_line="#")
    prompt = render(family, context)
    assert prompt.withheld == "    "
    assert "if x:\n    " not in prompt.text


@given(st.text(" \t", max_size=6), st.text(" \tx\n", max_size=12))
def test_what_is_shown_early_stays(withheld: str, answer: str) -> None:
    """As the answer grows, what it adds only grows."""
    shown = ""
    for end in range(len(answer) + 1):
        added = after_withheld(withheld, answer[:end], final=end == len(answer))
        if added is not None:
            assert added.startswith(shown)
            shown = added
