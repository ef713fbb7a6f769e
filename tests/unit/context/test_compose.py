"""What the budget does to snippets, and what is said twice."""

from __future__ import annotations

import pytest

from autothink_lsp.context.compose import Composer, shortened, tokens_of
from autothink_lsp.context.import_paths import nearest
from autothink_lsp.context.snippets import ContextSnippet


def composed(budget_tokens: int, *snippets: ContextSnippet, is_secret: str = "-") -> list[str]:
    composer = Composer(budget_tokens, lambda _uri: "", lambda snippet: is_secret in snippet.text)
    for snippet in snippets:
        composer.add(snippet.source, [snippet], lambda: False)
    return [block.text for block in composer.composed().blocks]


def test_lines_at_the_end_go_until_it_fits_and_a_closing_bracket_stays() -> None:
    text = "struct Point {\n    int first_number;\n    int second_number;\n    int third_number;\n}\n"
    short = shortened(text, 20)
    assert short == "struct Point {\n    int first_number;\n}\n"
    assert tokens_of(short) <= 20
    assert shortened(text, 1_000) == text
    assert shortened(text, 5) == text  # no use without its first member


@pytest.mark.parametrize("early", [True, False])
def test_only_what_is_of_use_without_its_end_is_shortened(early: bool) -> None:
    snippet = ContextSnippet(
        "definitions", "a.py", "\n".join(f"def number_{n}(): ..." for n in range(40)), "", may_end_early=early
    )
    assert len(composed(100, snippet)) == early


def test_a_piece_whose_secret_would_be_cut_off_is_left_out_as_a_whole() -> None:
    text = "\n".join([*(f"line_{n} = {n}" for n in range(40)), "the secret"])
    snippet = ContextSnippet("definitions", "a.py", text, "", may_end_early=True)
    assert composed(100, snippet, is_secret="nothing")
    assert composed(100, snippet, is_secret="the secret") == []


def test_one_piece_about_a_thing_is_enough() -> None:
    first = ContextSnippet("imports", "a.py", "class A:\n    x: int", "", subject="a.py::A")
    again = ContextSnippet("definitions", "a.py", "class A:\n    y: int", "", subject="a.py::A")
    other = ContextSnippet("definitions", "a.py", "class B: ...", "", subject="a.py::B")
    assert composed(1_000, first, again, other) == ["class A:\n    x: int", "class B: ..."]


def test_between_imports_and_what_encloses_the_cursor_stands_a_blank_line() -> None:
    composer = Composer(1_000, lambda _uri: "", lambda _piece: False)
    composer.add("scope", [ContextSnippet("scope", "a.py", "class A:\n", "", head=True)], lambda: False)
    lines = [
        ContextSnippet("imports", "a.py", f"import {name}\n", "", head=True, line=n) for n, name in ((2, "b"), (1, "a"))
    ]
    composer.add("imports", lines, lambda: False)
    assert composer.composed().head == "import a\nimport b\n\nclass A:\n"


def test_of_two_files_with_one_name_the_one_nearby_is_meant() -> None:
    assert nearest(["x/cart.py", "shop/web/cart.py", "shop/cart.py"], "shop/web/view.py") == "shop/web/cart.py"
    assert nearest([], "a.py") is None
