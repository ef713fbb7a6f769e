"""Parses let go of the text: tree_sitter 0.26 keeps whatever its read callback returned."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.captures import captured, text_of
from autothink_lsp.syntax.grammar import Grammar, Grammars
from autothink_lsp.syntax.languages import LanguageRegistry

SOURCE = "def name(first, second):\n    return first + second\n\n\n" * 200
ROUNDS = 50


def work(grammar: Grammar, text: Text) -> None:
    tree = grammar.parse(text.read_bytes)
    assert tree is not None
    assert grammar.parse_source(SOURCE) is not None
    for found in captured(grammar, "definitions", tree.root_node, (0, 200)):
        assert text_of(text, found.parts["name"]) == "name"


def grown_bytes(grammar: Grammar, text: Text) -> int:
    """How many bytes more are in use after some parses than before."""
    work(grammar, text)  # compiles the query
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(ROUNDS):
            work(grammar, text)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return after - before


@pytest.mark.exhaustive
def test_parses_keep_nothing_of_the_text() -> None:
    grammar = Grammars().load(LanguageRegistry().by_language_id("python"))
    assert grammar is not None
    assert grown_bytes(grammar, Text.from_str(SOURCE)) < len(SOURCE)


def test_a_parse_that_was_given_up_does_not_stop_the_next() -> None:
    ticks = iter(range(1_000_000))
    grammars = Grammars(cpu_clock=lambda: float(next(ticks)))
    grammar = grammars.load(LanguageRegistry().by_language_id("python"))
    assert grammar is not None
    assert grammar.parse(Text.from_str(SOURCE).read_bytes, limit_ms=1) is None
    tree = grammar.parse(Text.from_str("x = 1\n").read_bytes, limit_ms=1e9)
    assert tree is not None
    assert not tree.root_node.has_error
