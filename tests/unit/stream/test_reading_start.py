"""Whether a text from the middle of a file begins in code, or inside of a string or comment."""

from __future__ import annotations

import argparse
import collections
import doctest
import inspect
import random
import typing
from pathlib import Path
from types import ModuleType

import pytest

from autothink_lsp.context.values import CodeContext
from autothink_lsp.context.window import ContextRequest, WindowSize, WindowTracker
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.stream.cursor import lex_cursor
from autothink_lsp.stream.lexical import Mode, Scanner
from autothink_lsp.stream.reading_start import state_at
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.syntax.scopes import in_long_string
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, PositionEncoding

REGISTRY = LanguageRegistry()

PROSE_THEN_CODE = '''\
Sometimes it would be convenient to use a function of the user
as a guard. Such a function should have a return type.

    Its argument is a boolean.
    """
    item = check(parameters)
    return Alias(self, (item,))


class Reference:
    """Holds a forward reference to a name that is not known yet."""

    slots = ()

    def get(self):
'''
CODE_WITH_DOCSTRING = '''\
    item = check(parameters)
    return Alias(self, (item,))


def get(self):
    """The name of the first reference that holds.

    Raise an error otherwise, as the caller wants.
    """
    names = list(self)
'''
TEMPLATE_THEN_CODE = """\
  Dear customer of our shop,
  your order will arrive tomorrow.
`;
const sent = send(text);
if (!sent) {
  retry(text);
}
function answer(text) {
"""
CODE_WITH_TEMPLATE = """\
const sent = send(text);
const letter = `
  Dear customer of our shop,
  your order will arrive tomorrow.
`;
retry(letter);
"""
COMMENT_THEN_CODE = """\
 * Frees all blocks of the list and the list itself.
 * The caller must hold the lock while this runs.
 */
static void list_free(struct list *list) {
    struct block *block = list->first;
    release(block);
"""
GLOB_IN_CODE = """\
const sources = glob("src/**/*.ts");
const tests = glob("tests/**/*.ts");
run(sources, tests);
"""
JAVA_TEXT_BLOCK = '''\
    select the name of every user who is active
    and has a valid address in the table
    """;
    var found = database.query(QUERY);
    return found.first();
'''
CASES = [
    ("python", "in a docstring", PROSE_THEN_CODE, Mode.STRING),
    ("python", "in code", CODE_WITH_DOCSTRING, None),
    ("python", "no string at all", "x = 1\ny = f(x)\n", None),
    ("python", "nothing but prose", 'These are only words of a text\n"""\n', Mode.STRING),
    ("python", "nothing that looks like anything", '"""\n"""\n', None),
    ("javascript", "in a template", TEMPLATE_THEN_CODE, Mode.STRING),
    ("typescript", "in code", CODE_WITH_TEMPLATE, None),
    ("typescript", "a glob is no end of a comment", GLOB_IN_CODE, None),
    ("c", "in a comment", COMMENT_THEN_CODE, Mode.BLOCK_COMMENT),
    ("go", "in a comment", COMMENT_THEN_CODE.replace("static void", "func"), Mode.BLOCK_COMMENT),
    ("java", "in a text block", JAVA_TEXT_BLOCK, Mode.STRING),
]


@pytest.mark.parametrize(("language", "name", "text", "mode"), CASES, ids=[f"{case[0]} {case[1]}" for case in CASES])
def test_where_a_text_begins(language: str, name: str, text: str, mode: Mode | None) -> None:
    found = REGISTRY.by_language_id(language)
    assert found is not None
    state = state_at(found.style, "", text)
    assert (None if state is None else state[0]) is mode, name


def test_lines_above_the_window_are_read_to_its_start() -> None:
    language = REGISTRY.by_language_id("python")
    assert language is not None
    above, window = CODE_WITH_DOCSTRING[:150], CODE_WITH_DOCSTRING[150:]
    above, window = above[: above.rfind("\n") + 1], above[above.rfind("\n") + 1 :] + window
    state = state_at(language.style, above, window)
    assert state is not None
    assert state[0] is Mode.STRING
    context = CodeContext("a.py", "python", window, "", style=language.style, lines_above=above)
    assert lex_cursor(context).scanner.mode is Mode.CODE


def test_a_long_line_above_the_window_is_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    language = REGISTRY.by_language_id("python")
    assert language is not None
    fed: list[int] = []
    feed = Scanner.feed

    def counted(self: Scanner, text: str) -> Scanner:
        fed.append(len(text))
        return feed(self, text)

    monkeypatch.setattr(Scanner, "feed", counted)
    above = f"data = '{'()' * 500_000}'\n"
    context = CodeContext("a.py", "python", CODE_WITH_DOCSTRING, "", style=language.style, lines_above=above)
    assert lex_cursor(context).scanner.mode is Mode.CODE
    assert max(fed) < 10_000


def test_a_document_begins_in_code() -> None:
    language = REGISTRY.by_language_id("python")
    assert language is not None
    context = CodeContext("a.py", "python", PROSE_THEN_CODE, "", style=language.style)
    assert lex_cursor(context).begins is None


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", [WindowSize(1_200, 400), WindowSize(6_000, 2_000)], ids=["small", "large"])
def test_real_files_are_read_as_their_tree_says(size: WindowSize) -> None:
    """The files differ between versions of Python: of all 200 lines 0 to 11 are wrong with those of 3.11 to 3.13, and
    without the guess 34 to 44."""
    modules = (argparse, collections, doctest, inspect, typing)
    wrong = {module.__name__: _wrong_lines(module, size) for module in modules}
    assert sum(map(len, wrong.values())) <= 18, wrong


def _wrong_lines(module: ModuleType, size: WindowSize) -> list[int]:
    """Of 40 lines of a module those that are taken for text where they are code, or for code where they are text."""
    syntax, documents, windows = Syntax(), DocumentStore(PositionEncoding.UTF32), WindowTracker()
    documents.subscribe(syntax.trees)
    documents.open("file:///a.py", "python", 1, Path(str(module.__file__)).read_text(encoding="utf-8"))
    snapshot = documents.snapshot("file:///a.py")
    assert snapshot is not None
    tree, language = syntax.trees.tree(snapshot), syntax.language(snapshot)
    assert tree is not None
    assert language is not None
    dice, wrong = random.Random(module.__name__), []
    for line in dice.sample(range(snapshot.text.line_count), 40):
        point = Point(line, 0)
        context = windows.gather(ContextRequest(snapshot, point, size, "a.py", language))
        is_text = in_long_string(tree, point, language.style.long_quotes)
        if lex_cursor(context).scanner.in_long_string != is_text:
            wrong.append(line)
    return wrong
