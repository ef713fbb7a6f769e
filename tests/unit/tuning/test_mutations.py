"""Mutations of every language: the text still parses, and undoing the mutation gives the original."""

from __future__ import annotations

from pathlib import Path

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.tuning.mutations import SYNTAX_OPERATORS, MutationOperator, mutations, pairs
from autothink_lsp.verify.syntax_checks import error_count, parse_text
from tests.unit.tuning.mutation_samples import SAMPLES

SYNTAX = Syntax()
LANGUAGES = {language.name: language for language in SYNTAX.registry.all() if language.has_grammar}
GRAMMARS = Path(__file__).resolve().parents[3] / "grammars"
# Grammars in which a value alone is no statement, or a `return` stands last only.
UNREMOVABLE_RETURN = {"csharp", "lua"}
DATA = {"json", "yaml", "toml", "html", "css", "sql"}


def tree_of(name: str, code: str) -> SyntaxTree:
    tree = parse_text(SYNTAX.grammars.load(LANGUAGES[name]), Text.from_str(code))
    assert tree is not None
    return tree


@pytest.mark.parametrize("name", SAMPLES)
def test_operators_of_each_language(name: str):
    code, expected = SAMPLES[name]
    tree = tree_of(name, code)
    assert error_count(tree) == 0
    found = list(mutations(tree))
    assert {one.operator.value for one in found} >= set(expected.split())
    for one in found:
        mutated = one.apply(code.encode())
        assert mutated != code.encode()
        assert one.undo(mutated) == code.encode()
        if one.operator in SYNTAX_OPERATORS:
            continue
        if one.operator is MutationOperator.LOST_RETURN and name in UNREMOVABLE_RETURN:
            continue
        assert error_count(tree_of(name, mutated.decode())) == 0, one


def test_every_programming_language_has_a_sample():
    assert set(SAMPLES) == set(LANGUAGES) - DATA


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_sample_of_the_language_folder(name: str):
    (path,) = (GRAMMARS / name).glob("sample.*")
    code = path.read_text("utf-8")
    tree = tree_of(name, code)
    for one in mutations(tree):
        mutated = one.apply(code.encode())
        assert mutated != code.encode()
        assert one.undo(mutated) == code.encode()


def test_a_pair_is_of_two_functions_of_which_one_calls_the_other():
    code = """\
def inner(value, limit):
    if value < limit:
        return value + 1
    return limit


def outer(values, limit):
    return [inner(value, limit) for value in values if value > 2]
"""
    tree = tree_of("python", code)
    found = list(pairs(mutations(tree), code.encode()))
    assert found
    for one in found:
        assert len(one.spans) == 2
        assert one.undo(one.apply(code.encode())) == code.encode()
        assert (one.start_line, one.end_line) == (0, 7)


def test_undo_refuses_another_text():
    code, _ = SAMPLES["python"]
    first = next(one for one in mutations(tree_of("python", code)) if one.spans[0].new)
    with pytest.raises(ValueError, match="not the one"):
        first.undo(b"another text")
    with pytest.raises(ValueError, match="not the one"):
        first.apply(b"another text")


def test_equal_mistakes_in_equal_context_have_the_same_key():
    code = "def f(a, b):\n    x = a < b\n    y = a < b\n    return x\n"
    found = [one for one in mutations(tree_of("python", code)) if one.operator is MutationOperator.COMPARISON]
    assert len(found) == 2
    assert len({one.key for one in found}) == 1
