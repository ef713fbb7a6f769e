"""Trees kept in step with edits equal a fresh parse; when one is parsed, when not, and what a hung parse costs."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autothink_lsp.document.snapshot import ContentChange, Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.syntax.scopes import definitions, imports
from autothink_lsp.syntax.trees import SyntaxTrees
from autothink_lsp.values import Point, Position, PositionEncoding, Range
from tests.support.example_counts import examples

GRAMMARS_FOLDER = Path(__file__).resolve().parents[3] / "grammars"
REGISTRY, GRAMMARS = LanguageRegistry(), Grammars()
URI = "file:///a/file"
# Scanners of their own, indentation, heredocs, templates, preprocessor: where incremental parsing can go wrong.
LANGUAGES = ["python", "javascript", "bash", "ruby", "yaml", "cpp", "html", "rust"]
PIECES = [
    "x",
    "\n",
    "\r\n",
    "\r",
    "(",
    "}",
    '"',
    "'",
    "é",
    "😀",
    "\u2028",
    "    ",
    "# c\n",
    "// c\n",
    "/*",
    "*/",
    "end",
    ":",
    "",
]


class Session:
    def __init__(self, language_id: str, text: str, **limits: int) -> None:
        self.store = DocumentStore(PositionEncoding.UTF16)
        self.trees = SyntaxTrees(REGISTRY, GRAMMARS, **limits)
        self.store.subscribe(self.trees)
        self.snapshot = self.store.open(URI, language_id, 1, text)
        self.versions = itertools.count(2)

    def change(self, *changes: ContentChange) -> Snapshot:
        changed = self.store.change(URI, next(self.versions), changes)
        assert changed is not None
        self.snapshot = changed[0]
        return self.snapshot

    def insert(self, line: int, character: int, text: str) -> Snapshot:
        at = Position(line, character)
        return self.change(ContentChange(Range(at, at), text))

    def shape(self) -> str:
        tree = self.trees.tree(self.snapshot)
        assert tree is not None
        return str(tree.root)


def fresh_tree(session: Session):
    grammar = GRAMMARS.load(session.trees.language(session.snapshot))
    assert grammar is not None
    tree = grammar.parse_source(str(session.snapshot.text))
    assert tree is not None
    return tree


edits = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),  # where in the lines
        st.integers(0, 30),  # character
        st.integers(0, 2),  # lines that go
        st.sampled_from(PIECES),
        st.booleans(),  # parse after it
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.parametrize("recheck_bytes", [0, 16_000])
@pytest.mark.parametrize("language_id", LANGUAGES)
@given(edits=edits)
@settings(max_examples=examples(25))
def test_an_edited_tree_equals_a_fresh_one(
    language_id: str, recheck_bytes: int, edits: list[tuple[float, int, int, str, bool]]
):
    """Small documents always; larger ones when neither has an error: tree-sitter's recovery may depend on the past."""
    language = REGISTRY.by_language_id(language_id)
    assert language is not None
    (path,) = (GRAMMARS_FOLDER / language.name).glob("sample.*")
    original = path.read_text(encoding="utf-8")
    session = Session(language_id, original, recheck_bytes=recheck_bytes)
    before = session.shape()
    for where, character, lines, piece, parse in edits:
        line = int(where * session.snapshot.text.line_count)
        start = Position(line, character)
        session.change(ContentChange(Range(start, Position(line + lines, character)), piece))
        if parse:
            tree, fresh = session.trees.tree(session.snapshot), fresh_tree(session)
            assert tree is not None
            if recheck_bytes or not (tree.root.has_error or fresh.root_node.has_error):
                assert str(tree.root) == str(fresh.root_node)
    session.change(ContentChange(None, original))
    assert session.shape() == before


def test_a_small_tree_with_errors_is_not_trusted_when_it_was_reused():
    """tree-sitter-bash finds an error here that a fresh parse does not; larger documents have to live with it."""
    original = (GRAMMARS_FOLDER / "bash" / "sample.sh").read_text(encoding="utf-8")
    shapes = []
    for recheck_bytes in (16_000, 0):
        session = Session("shellscript", original, recheck_bytes=recheck_bytes)
        session.shape()
        session.change(ContentChange(Range(Position(12, 6), Position(13, 6)), "\n"))
        shapes.append(session.shape())
    assert shapes[0] == str(fresh_tree(session).root_node) != shapes[1]


def test_opening_and_editing_parse_nothing():
    session = Session("python", "x = 1\n")
    assert session.trees.ready_tree(session.snapshot) is None
    assert session.trees.needs_parse(session.snapshot)
    session.insert(0, 5, "0")
    assert session.trees.ready_tree(session.snapshot) is None


def test_a_tree_is_parsed_once_for_a_version():
    session = Session("python", "x = 1\n")
    tree = session.trees.tree(session.snapshot)
    assert tree is not None
    assert session.trees.tree(session.snapshot) is tree
    assert session.trees.ready_tree(session.snapshot) is tree
    assert not session.trees.needs_parse(session.snapshot)


def test_a_tree_that_was_handed_out_stays_as_it_was():
    session = Session("python", "def a():\n    pass\n")
    first = session.trees.tree(session.snapshot)
    assert first is not None
    session.insert(0, 0, "import os\n\n")
    second = session.trees.tree(session.snapshot)
    assert second is not None
    (found,), (moved,) = definitions(first), definitions(second)
    assert (found.start, moved.start) == (Point(0, 0), Point(2, 0))


def test_definitions_of_some_lines_only():
    session = Session("python", "".join(f"def f{i}():\n    pass\n" for i in range(10)) + "import os\n")
    tree = session.trees.tree(session.snapshot)
    assert tree is not None
    assert [found.name for found in definitions(tree, (4, 8))] == ["f2", "f3"]
    assert (len(definitions(tree)), len(imports(tree)), len(imports(tree, (0, 8)))) == (10, 1, 0)


def test_only_the_newest_version_is_parsed():
    session = Session("python", "x = 1\n")
    old = session.snapshot
    session.insert(0, 5, "0")
    assert not session.trees.needs_parse(old)
    assert session.trees.tree(old) is None
    assert session.trees.tree(session.snapshot) is not None


@pytest.mark.parametrize(
    ("language_id", "text"),
    [("plaintext", "x = 1\n"), ("python", "x = 1\0\n"), ("python", "x = 1\n" * 20)],
    ids=["no grammar", "binary", "too large"],
)
def test_binary_huge_and_unknown_documents_have_no_tree(language_id: str, text: str):
    session = Session(language_id, text, max_parse_bytes=100)
    assert not session.trees.needs_parse(session.snapshot)
    assert session.trees.tree(session.snapshot) is None


def test_a_document_that_shrinks_below_the_limit_is_parsed():
    session = Session("python", "x = 1\n" * 20, max_parse_bytes=100)
    session.change(ContentChange(None, "x = 1\n"))
    assert session.trees.tree(session.snapshot) is not None


def test_a_closed_document_is_forgotten_and_may_be_opened_anew():
    session = Session("python", "x = 1\n")
    session.shape()
    closed = session.snapshot
    session.store.close(URI)
    assert session.trees.tree(closed) is None
    assert session.trees.parse_cost_ms(URI) == 0
    session.snapshot = session.store.open(URI, "go", 1, "package a\n")
    assert "package_clause" in session.shape()


def test_very_many_edits_without_a_parse_lead_to_a_fresh_one():
    session = Session("python", "x = 1\n")
    session.shape()
    for _ in range(2_100):
        session.insert(0, 0, "y")
    assert session.trees._documents[URI].ready is None
    assert len(session.trees._documents[URI].edits) < 2_100
    assert session.shape() == str(fresh_tree(session).root_node)


def test_a_parse_that_takes_too_long_is_given_up_until_the_document_is_opened_anew(caplog: pytest.LogCaptureFixture):
    ticks = itertools.count(0, 0.1)  # each look at the clock is 100 ms later
    grammars = Grammars(cpu_clock=lambda: next(ticks))
    trees, store = SyntaxTrees(REGISTRY, grammars), DocumentStore()
    store.subscribe(trees)
    snapshot = store.open(URI, "python", 1, "x = [1, 2, 3]\n" * 5_000)
    with caplog.at_level("INFO"):
        assert trees.tree(snapshot) is None
        assert not trees.needs_parse(snapshot)
        assert trees.tree(snapshot) is None
    assert len(caplog.records) == 1
    snapshot = store.open(URI, "python", 1, "import os\n")
    tree = trees.tree(snapshot)
    assert tree is not None
    assert "import_statement" in str(tree.root), "a parser that was stopped must not go on where it was"


def test_the_cost_is_an_estimate_first_and_then_measured():
    ticks = itertools.count(0, 0.25)
    trees, store = SyntaxTrees(REGISTRY, GRAMMARS, cpu_clock=lambda: next(ticks)), DocumentStore()
    store.subscribe(trees)
    snapshot = store.open(URI, "python", 1, "x = 1\n" * 10_000)
    assert 1 < trees.parse_cost_ms(URI) < 100
    trees.tree(snapshot)
    assert trees.parse_cost_ms(URI) == 25, "with the old tree it takes a fraction of the 250 ms"
    changed = store.change(URI, 2, [ContentChange(Range(Position(0, 0), Position(0, 0)), "x")])
    assert changed is not None
    trees.tree(changed[0])
    assert trees.parse_cost_ms(URI) == 250, "what was measured counts"
