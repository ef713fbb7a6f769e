"""One number for how broken a source is: 0 when it parses, more the more of it is broken."""

from __future__ import annotations

import itertools

import pytest

from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.health import error_count
from autothink_lsp.syntax.languages import LanguageRegistry

REGISTRY, GRAMMARS = LanguageRegistry(), Grammars()
WITH_GRAMMAR = [language for language in REGISTRY.all() if language.has_grammar]


def count(language_id: str, source: str) -> int:
    found = error_count(GRAMMARS.load(REGISTRY.by_language_id(language_id)), source)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("language_id", "sources"),
    [
        ("python", ["x = (1)\n", "x = (1\n", "def f(:\n    x = (1\n    y = [2\n"]),
        ("javascript", ["f(() => { g(); });\n", "f(() => { g(); }\n", "f(() => { g(;\n"]),
        ("java", ["class A { void f() {} }", "class A { void f() {}", "class A { void f() {"]),
        ("html", ["<p>a</p>", "<div><b>a</div>", "<div><b>a</div></i></u>"]),
        ("html", ["<ul><li>a<li>b</ul><br><img>", "<ul><li>a<li>b", "<ul><span><li>a<li>b"]),
        ("php", ["function f() { return 1; }", "function f() { return 1;", "function f( { return"]),
        ("php", ["<p>text</p>\n<?php echo 1; ?>\n", "<p>text</p>\n<?php echo ( ; ?>\n"]),
        ("json", ['{"a": 1}', '{"a": 1', '{"a" 1, b']),
        ("sql", ["SELECT a FROM b;", "SELECT a FROM ;"]),
    ],
)
def test_each_is_more_broken_than_the_one_before(language_id: str, sources: list[str]):
    counts = [count(language_id, source) for source in sources]
    assert counts[0] == 0
    assert all(a < b for a, b in itertools.pairwise(counts)), counts


@pytest.mark.parametrize("source", ["", "\n", "\0", "\ud800", "\U0001f600", "(" * 3_000, "x" * 100_000])
@pytest.mark.parametrize("language", WITH_GRAMMAR, ids=lambda language: language.name)
def test_any_text_gives_a_number(language, source: str):
    assert count(language.language_ids[0], source) >= 0


def test_no_number_without_a_grammar_or_in_time():
    assert error_count(None, "x") is None
    ticks = itertools.count(0, 0.01)
    grammar = Grammars(cpu_clock=lambda: next(ticks)).load(REGISTRY.by_language_id("python"))
    assert error_count(grammar, "x = [1, 2, 3]\n" * 500, limit_ms=20) is None
    assert error_count(grammar, "x = 1\n", limit_ms=1_000) == 0
