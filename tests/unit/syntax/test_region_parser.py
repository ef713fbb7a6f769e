"""A parse that starts from the tree of a similar text finds what a parse from nothing finds."""

from __future__ import annotations

import random

import pytest

from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.syntax.health import tree_error_count
from autothink_lsp.syntax.region_parser import RegionParser
from autothink_lsp.syntax.service import Syntax

LIMIT_MS = 2_000.0
BEFORE = 'class Müller:\n    """Grüße."""\n\n    def add(self, ä, b=(1, 2)):\n        if ä > b:\n            '
LINE = "return [größe for größe in (ä, b) if größe]"
AFTER = '\n        return {"ü": b}\n\n    def sub(self):\n        pass\n'
ANSWERS = ("", "x = 1", "quux(", ")\n        else:\n            yield", "ß'", "é = è\n", "\n\n\n")


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    syntax = Syntax()
    grammar = syntax.grammars.load(syntax.registry.by_language_id("python"))
    assert grammar is not None
    return grammar


def errors(grammar: Grammar, parser: RegionParser, source: str) -> tuple[int, str]:
    tree = parser.parse_variant(grammar, source, limit_ms=LIMIT_MS)
    assert tree is not None
    return tree_error_count(grammar, tree), str(tree.root_node)


def test_keys_and_answers_give_the_trees_of_parses_from_nothing(grammar: Grammar) -> None:
    parser = RegionParser()
    for typed in range(len(LINE) + 1):
        before = BEFORE + LINE[:typed]
        assert parser.parse(grammar, before + AFTER, limit_ms=LIMIT_MS) is not None
        for answer in (*ANSWERS, LINE[typed:]):
            source = before + answer + AFTER
            assert errors(grammar, parser, source)[0] == errors(grammar, RegionParser(), source)[0], source


def test_random_edits_give_the_errors_of_a_fresh_parse(grammar: Grammar) -> None:
    dice, parser, text = random.Random(3), RegionParser(), BEFORE + LINE + AFTER
    for _ in range(150):
        at, removed = dice.randrange(len(text)), dice.choice([0, 0, 0, 1, 5])
        text = text[:at] + dice.choice(["", "a", "(", "\n    ", "é", '"', ":", "def f():\n"]) + text[at + removed :]
        tree = parser.parse(grammar, text, limit_ms=LIMIT_MS)
        scratch = grammar.parse_source(text)
        assert tree is not None
        assert scratch is not None
        assert (tree.root_node.end_byte, tree.root_node.has_error) == (
            scratch.root_node.end_byte,
            scratch.root_node.has_error,
        )


def test_another_text_is_parsed_from_nothing_and_the_same_one_not_at_all(grammar: Grammar) -> None:
    parser = RegionParser()
    first = parser.parse(grammar, BEFORE + LINE + AFTER, limit_ms=LIMIT_MS)
    assert parser.parse(grammar, BEFORE + LINE + AFTER, limit_ms=LIMIT_MS) is first
    other = parser.parse(grammar, "x = 1\n" * 100, limit_ms=LIMIT_MS)
    assert other is not None
    assert not other.root_node.has_error
