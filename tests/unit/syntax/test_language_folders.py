"""Every folder of grammars/ does what its expect.toml says: queries, block rules, cuts. A new one needs no code."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.syntax.cut import CutJudge
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.syntax.health import error_count
from autothink_lsp.syntax.languages import Language
from autothink_lsp.syntax.scopes import definitions, enclosing_scopes, imports, scope_kind
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.syntax.trees import SyntaxTree

GRAMMARS = Path(__file__).resolve().parents[3] / "grammars"
SYNTAX = Syntax()
LANGUAGES = {language.name: language for language in SYNTAX.registry.all() if language.has_grammar}
EXPECTED = {name: tomllib.loads((GRAMMARS / name / "expect.toml").read_text("utf-8")) for name in LANGUAGES}
CURSOR = "‸"


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(name, case, id=f"{name}: {case.get('name') or case['place']}")
        for name, expected in EXPECTED.items()
        for case in expected[kind]
    ]


def sample(name: str) -> Path:
    (path,) = (GRAMMARS / name).glob("sample.*")
    return path


def sample_tree(name: str) -> SyntaxTree:
    store = DocumentStore()
    syntax = Syntax(SYNTAX.registry, SYNTAX.grammars)
    store.subscribe(syntax.trees)
    path = sample(name)
    snapshot = store.open(path.as_uri(), LANGUAGES[name].language_ids[0], 1, path.read_text("utf-8"))
    tree = syntax.trees.tree(snapshot)
    assert tree is not None
    return tree


def loaded(name: str) -> tuple[Language, Grammar]:
    grammar = SYNTAX.grammars.load(LANGUAGES[name])
    assert grammar is not None
    return LANGUAGES[name], grammar


def test_the_languages_of_the_first_release_are_there():
    promised = (
        "python javascript typescript tsx go rust java c cpp csharp ruby php bash lua json yaml toml html css sql"
    )
    assert set(LANGUAGES) >= {*promised.split(), "kotlin", "swift", "scala", "zig"}


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_sample_parses_and_belongs_to_its_language(name: str):
    language, grammar = loaded(name)
    assert error_count(grammar, sample(name).read_text("utf-8")) == 0
    assert SYNTAX.registry.by_path(sample(name).as_uri()) is language


@pytest.mark.parametrize("name", LANGUAGES)
@pytest.mark.parametrize("query", ["scopes", "definitions", "imports"])
def test_queries_compile(name: str, query: Any, caplog: pytest.LogCaptureFixture):
    _, grammar = loaded(name)
    assert grammar.query(query) is not None or "has no" in (GRAMMARS / name / f"{query}.scm").read_text()
    assert not caplog.records


@pytest.mark.parametrize("name", LANGUAGES)
def test_definitions_of_the_sample(name: str):
    found = [f"{definition.kind} {definition.name}" for definition in definitions(sample_tree(name))]
    assert found == EXPECTED[name]["definitions"]


@pytest.mark.parametrize("name", LANGUAGES)
def test_imports_of_the_sample(name: str):
    found = [f"{found.source}: {', '.join(found.names)}".rstrip(": ") for found in imports(sample_tree(name))]
    assert found == EXPECTED[name]["imports"]


@pytest.mark.parametrize(("name", "case"), cases("at"))
def test_what_stands_at_a_place(name: str, case: dict[str, Any]):
    tree = sample_tree(name)
    whole, place = str(tree.text), case["place"].replace(CURSOR, "")
    assert whole.count(place) == 1, "the place must name one place of the sample"
    point = tree.text.place_at_offset(whole.index(place) + case["place"].index(CURSOR)).point
    scopes = [f"{scope.kind} {scope.name or ''}".strip() for scope in enclosing_scopes(tree, point)]
    assert (scope_kind(tree, point), scopes) == (case["kind"], case["inside"])


@pytest.mark.parametrize(("name", "case"), cases("cut"))
def test_what_is_kept_of_an_answer(name: str, case: dict[str, Any]):
    language, grammar = loaded(name)
    before, after = case["hole"].split(CURSOR)
    cut = CutJudge(language, grammar, before, after).cut(case["answer"])
    assert (cut.text, cut.reason) == (case["keep"], case["reason"])
    assert cut.errors_after is not None
    assert cut.errors_after == 0 or cut.errors_after <= (cut.errors_before or 0)


@pytest.mark.parametrize(("name", "case"), cases("cut"))
def test_what_is_kept_without_a_tree(name: str, case: dict[str, Any]):
    """Text alone cannot tell as much, but whole lines come, the first is the one that a tree keeps too."""
    before, after = case["hole"].split(CURSOR)
    cut = CutJudge(LANGUAGES[name], None, before, after).cut(case["answer"])
    assert cut.reason.startswith("no_syntax:")
    assert (cut.errors_before, cut.errors_after) == (None, None)
    assert case["answer"].startswith(cut.text.rstrip())
    assert cut.text.split("\n")[0].rstrip() == case["keep"].split("\n")[0].rstrip()


@pytest.mark.parametrize("name", LANGUAGES)
def test_comment_tokens_make_comments(name: str):
    """What the language folder calls a comment must be one to the grammar; prompts are built with these tokens."""
    language, grammar = loaded(name)
    assert language.style.comment_line or language.style.comment_block or name == "json"
    tokens = [language.style.comment_line] if language.style.comment_line else []
    comments = [f"{token} a comment\n" for token in tokens]
    if language.style.comment_block:
        comments.append(f"{language.style.comment_block[0]}\na comment\n{language.style.comment_block[1]}\n")
    for comment in comments:
        source = language.prefix_for(comment) + comment
        tree = grammar.parse_source(source)
        assert tree is not None
        assert not tree.root_node.has_error
        kinds = {node.type for node in tree.root_node.children}
        assert any("comment" in kind or kind == "marginalia" for kind in kinds), kinds
