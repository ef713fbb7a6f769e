"""Every language id of every folder has its style, and a new folder is all that a new language needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.features.completion.postprocess.pipeline import apply_filters
from autothink_lsp.stream.cursor import lex_cursor
from autothink_lsp.stream.early_stop import EarlyStop
from autothink_lsp.stream.lexical import Mode
from autothink_lsp.syntax.language_style import (
    TAB_COLUMNS,
    UNKNOWN_LANGUAGE,
    BlockStyle,
    LanguageStyle,
    indent_columns,
)
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point

REGISTRY = LanguageRegistry()
IDS = [(language.name, key) for language in REGISTRY.all() for key in language.language_ids]
# Language ids that the lexer of completions and the cut once described differently.
SETTLED: list[tuple[str, str, BlockStyle]] = [
    *((key, "yaml", "indent") for key in ("yml", "github-actions-workflow")),
    *((key, "bash", "keyword") for key in ("shell", "ksh")),
    *((key, "html", "tags") for key in ("html", "htm")),
    *((key, "json", "braces") for key in ("json", "jsonc", "jsonl")),
    *((key, "sql", "none") for key in ("pgsql", "mysql", "plsql", "sqlite")),
    ("cuda-cpp", "cpp", "braces"),
    ("golang", "go", "braces"),
    *((key, "javascript", "braces") for key in ("js", "jsx")),
    ("ts", "typescript", "braces"),
    ("tsx", "tsx", "braces"),
    ("postcss", "css", "braces"),
    ("c#", "csharp", "braces"),
]


def style_of(language_id: str) -> LanguageStyle:
    language = REGISTRY.by_language_id(language_id)
    assert language is not None
    return language.style


@pytest.mark.parametrize(("name", "language_id"), IDS)
def test_every_id_and_alias_has_the_style_of_its_folder(name: str, language_id: str) -> None:
    language = REGISTRY.find(language_id, "file:///a/file.unknown")
    assert language is not None
    assert language.name == name
    assert language.style is style_of(language.language_ids[0])
    assert language_id in language.style.names
    context = CodeContext("file", language_id, "", "", style=language.style)
    assert lex_cursor(context).style is language.style


@pytest.mark.parametrize(("language_id", "name", "blocks"), SETTLED)
def test_ids_that_had_two_descriptions(language_id: str, name: str, blocks: BlockStyle) -> None:
    language = REGISTRY.by_language_id(language_id)
    assert language is not None
    assert (language.name, language.style.blocks) == (name, blocks)


@pytest.mark.parametrize(
    ("language_id", "line", "opens"),
    [
        ("yml", "key:", True),
        ("yml", "text: |", True),
        ("shell", "for x in a; do", True),
        ("ksh", "if [ -f a ]; then  # found", True),
        ("html", '<div class="a">', True),
        ("htm", "<br>", False),
        ("jsonc", '"a": {', True),
        ("sqlite", "CREATE TABLE a (", True),
        ("plsql", "BEGIN", True),
        ("mysql", "SELECT {", False),
        ("golang", "func f() {", True),
        ("tsx", "<Panel>", True),
        ("js", "const f = (x) =>", True),
        ("c#", "if (a) // why", False),
        ("python", "def f(x):  # why", True),
        ("python", "# note:", False),
        ("plaintext", "a list: {", False),
        ("elixir", "Enum.each(xs, fn x ->", True),
    ],
)
def test_lines_that_open_a_block(language_id: str, line: str, opens: bool) -> None:
    assert style_of(language_id).opens_block(line) is opens


PROSE = (
    "markdown mdx quarto rmd restructuredtext asciidoc plaintext text latex tex bibtex org typst gitcommit git-commit "
    "git-rebase scminput search-result"
)
SENTENCES = (
    "html xml vue svelte handlebars htmldjango jinja jinja-html erb php blade twig javascriptreact typescriptreact "
    "typescript.tsx javascript.jsx astro razor yaml dockercompose ansible toml ini properties dotenv csv tsv json "
    "jsonc cobol feature gherkin cucumber robotframework applescript inform7 po log erlang prolog coq lean "
    "isabelle smalltalk"
)
ELEMENTS = (
    "html xml xsl svg javascriptreact typescriptreact vue svelte astro markdown mdx php erb handlebars jinja "
    "jinja-html django-html razor blade twig ejs restructuredtext asciidoc haml liquid ini toml properties"
)
TYPE_ARGUMENTS = (
    "c cpp cuda-cpp objective-cpp csharp java kotlin scala groovy dart swift rust typescript vala haxe crystal"
)
CODE = "python go ruby bash lua sql javascript css haskell"


@pytest.mark.parametrize(
    ("ask", "ids", "others"),
    [
        ("is_prose", PROSE, f"{CODE} {TYPE_ARGUMENTS} yaml html csv ini"),
        ("has_sentences", f"{PROSE} {SENTENCES}", f"{CODE} {TYPE_ARGUMENTS}"),
        ("has_elements", ELEMENTS, f"{CODE} {TYPE_ARGUMENTS} plaintext latex json dotenv"),
        ("has_element_expressions", "javascript typescript", "html xml java python"),
        ("has_type_arguments", TYPE_ARGUMENTS, f"{CODE} objective-c html"),
    ],
)
def test_what_the_filters_ask_about_an_id_is_in_its_folder(ask: str, ids: str, others: str) -> None:
    wrong = {key for key in ids.split() if not getattr(style_of(key), ask)(key.upper())}
    wrong |= {key for key in others.split() if getattr(style_of(key), ask)(key)}
    assert not wrong
    assert getattr(UNKNOWN_LANGUAGE, ask)("new language") is False


def test_a_document_without_a_language_id_may_be_prose() -> None:
    assert UNKNOWN_LANGUAGE.is_prose("")


@pytest.mark.parametrize("language_id", ["json", "jsonl", "html", "sqlite", "toml", "markdown", "plaintext"])
def test_no_line_of_data_or_prose_is_complete_by_its_last_character(language_id: str) -> None:
    assert not style_of(language_id).lines_end_statements


def test_a_weak_id_leaves_it_to_the_file_s_name() -> None:
    for uri, name in (("file:///a/run.sh", "bash"), ("file:///a/notes.txt", "plaintext")):
        language = REGISTRY.find("plaintext", uri)
        assert language is not None
        assert language.name == name


@pytest.mark.parametrize(
    ("line", "columns"), [("", 0), ("x", 0), ("  x", 2), ("\tx", 8), ("    \tx", 8), ("\t  x", 10), (" \t\tx", 16)]
)
def test_a_tab_goes_to_the_next_multiple_of_eight(line: str, columns: int) -> None:
    assert TAB_COLUMNS == 8
    assert indent_columns(line) == columns


def test_mixed_tabs_and_spaces_are_read_as_the_language_does() -> None:
    """GNU style: four columns to a level, and a tab for eight of them."""
    style = style_of("c")
    header, body = style.line("    if (a) {"), style.line("\tf();")
    assert body.indent > header.indent


def test_an_answer_in_spaces_is_measured_in_a_document_in_tabs() -> None:
    context = CodeContext("a.go", "go", "func f() {\n\tx := 1\n\t", "\n}\n", style=style_of("go"))
    stop = EarlyStop(context)
    assert stop.feed("if x > 0 {\n        g()\n    }\n    return x\n") is None
    assert stop.finish().endswith("    return x\n")


BRAND_NEW = """
language_ids = ["brandnew"]
extensions = [".brandnew"]

[lexical]
line_comments = ["!!"]
block_comments = [["(*", "*)"]]
quotes = ["|"]
headers = ["zelf"]
modifiers = []
end_words = ["zend"]

[block]
style = "keyword"
open = '^zelf\\b.*$'
close = '^zend\\b'
"""


def brand_new(tmp_path: Path, text: str, cursor: str = "‸") -> tuple[Syntax, CodeContext]:
    """A document in a language that only its folder describes, and the context at its cursor mark."""
    (tmp_path / "brandnew").mkdir()
    (tmp_path / "brandnew" / "language.toml").write_text(BRAND_NEW, encoding="utf-8")
    syntax, store = Syntax(LanguageRegistry([tmp_path])), DocumentStore()
    store.subscribe(syntax.trees)
    before, after = text.split(cursor)
    snapshot = store.open("file:///a/file.brandnew", "brandnew", 1, before + after)
    language = syntax.language(snapshot)
    assert language is not None
    context = CodeContext("file", "brandnew", before, after, style=language.style)
    return syntax, context


def test_a_new_folder_is_lexed(tmp_path: Path) -> None:
    _, context = brand_new(tmp_path, "zelf a\n  x = |an ( open one| !! and ( a comment‸\nzend\n")
    around = lex_cursor(context)
    assert around.scanner.mode is Mode.LINE_COMMENT
    assert around.open_brackets == ()


def test_a_new_folder_s_word_ends_its_blocks(tmp_path: Path) -> None:
    _, context = brand_new(tmp_path, "zelf a\n  ‸\n")
    stop = EarlyStop(context)
    decision = stop.feed("x = 1\nzend\nzelf b\n  y = 2\nzend\n")
    assert decision is not None
    assert decision.text == "x = 1\nzend"


def test_a_new_folder_s_comments_are_known_to_the_prompt_and_the_filters(tmp_path: Path) -> None:
    syntax, context = brand_new(tmp_path, "zelf a\n  x = ‸\nzend\n")
    assert (context.style.comment_line, context.style.comment_block) == ("!!", ("(*", "*)"))
    assert apply_filters(CompletionCandidate.of("10\n  !! Example usage:\n  y", context)).text == "10"
    assert syntax.registry.by_path("x.brandnew") is syntax.registry.by_language_id("brandnew")


def test_a_copied_folder_makes_a_language_with_a_tree(tmp_path: Path) -> None:
    source = Path(__file__).resolve().parents[3] / "grammars" / "python"
    target = tmp_path / "pythree"
    target.mkdir()
    for file in source.iterdir():
        text = file.read_text(encoding="utf-8")
        if file.name == "language.toml":
            text = text.replace('"python"', '"pythree"', 1).replace('"python3"', '"py-three"').replace('".py"', '".p3"')
        (target / file.name).write_text(text, encoding="utf-8")
    syntax, store = Syntax(LanguageRegistry([tmp_path])), DocumentStore()
    store.subscribe(syntax.trees)
    snapshot = store.open("file:///a/b.p3", "py-three", 1, "def f(x):\n    \n")
    cut = syntax.judge(snapshot, Point(1, 4)).cut("return x\n\n\ndef g():\n    pass\n")
    assert (cut.text, cut.reason, cut.errors_after) == ("return x", "block", 0)
    assert syntax.style(snapshot).long_quotes == ('"""', "'''")


def test_a_document_in_no_known_language_is_guessed() -> None:
    assert UNKNOWN_LANGUAGE.opens_block("when x {")
    assert UNKNOWN_LANGUAGE.begins_header("while (a)")
    assert not UNKNOWN_LANGUAGE.line_comments


@pytest.mark.parametrize(
    ("name", "line", "is_definition"),
    [
        ("python", "def f():", True),
        ("python", "    ):", True),  # of a header over several lines
        ("python", "class C:  # all", True),
        ("python", "    else:", False),
        ("python", "x = f(", False),
        ("typescript", "export function f() {", True),
        ("typescript", "} else if (a) {", False),
        ("go", "func (s *S) Run() error {", True),
        ("go", "\tfor _, a := range b {", False),
        ("ruby", "def run(a)", True),
        ("ruby", "  unless a", False),
        ("rust", "impl Run for S {", True),
        ("rust", "    match a {", False),
    ],
)
def test_a_definition_is_a_block_without_control_flow(name: str, line: str, is_definition: bool) -> None:
    assert style_of(name).opens_definition(line) is is_definition
