"""Which language a document is in, and what a broken language folder costs."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.languages import LanguageRegistry, default_roots

PACKAGE = Path(__file__).resolve().parents[3] / "autothink_lsp" / "syntax"
REGISTRY = LanguageRegistry()
MINIMAL = """
language_ids = ["Demo"]
extensions = [".demo", ".d.demo"]
filenames = ["Demofile"]
[grammar]
package = "tree-sitter-demo"
module = "tree_sitter_demo_that_is_not_there"
function = "language"
"""


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/a/main.py", "python"),
        ("file:///home/a/main.py", "python"),
        ("file:///c%3A/a%20b/Main.JAVA", "java"),
        ("C:\\code\\lib.rs", "rust"),
        ("file:///a/index.d.ts", "typescript"),
        ("file:///a/view.tsx?version=1#part", "tsx"),
        ("/a/Gemfile", "ruby"),
        ("/a/.bashrc", "bash"),
        ("untitled:notes.go", "go"),
        ("untitled:Untitled-1", None),
        ("/a/gemfile.unknown", None),
        ("/a/py", None),
        ("vscode-notebook-cell:/a/book.ipynb#W0sZm", None),
        ("", None),
    ],
)
def test_a_file_name_decides_the_language(path: str, name: str | None):
    language = REGISTRY.by_path(path)
    assert (language.name if language else None) == name


@pytest.mark.parametrize(
    ("language_id", "uri", "name"),
    [
        ("python", "untitled:Untitled-1", "python"),
        ("TypeScriptReact", "untitled:Untitled-1", "tsx"),
        ("shellscript", "file:///a/run", "bash"),
        ("plaintext", "file:///a/run.sh", "bash"),
        ("javascript", "file:///a/odd.py", "javascript"),
        ("plaintext", "file:///a/notes.txt", "plaintext"),
        ("klingon", "file:///a/notes.unknown", None),
    ],
)
def test_the_client_s_word_counts_before_the_file_s_name(language_id: str, uri: str, name: str | None):
    language = REGISTRY.find(language_id, uri)
    assert (language.name if language else None) == name


def test_no_two_languages_claim_the_same(caplog: pytest.LogCaptureFixture):
    assert LanguageRegistry(default_roots()).all()  # without roots they are read once per process, in another test
    assert not caplog.records


def write(root: Path, name: str, text: str) -> None:
    (root / name).mkdir(parents=True)
    (root / name / "language.toml").write_text(text, encoding="utf-8")


def test_a_folder_is_all_that_a_language_needs(tmp_path: Path):
    write(tmp_path, "demo", MINIMAL)
    registry = LanguageRegistry([tmp_path])
    (language,) = registry.all()
    assert registry.by_language_id("demo") is registry.by_path("x.d.demo") is registry.by_path("Demofile") is language
    assert (language.style.comment_line, language.style.comment_block, language.style.blocks) == (None, None, "none")


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("language_ids = [", "left out"),
        (MINIMAL.replace("module", "modul"), "unknown key modul in [grammar]"),
        ('colour = "red"\n' + MINIMAL, "unknown key colour"),
        (MINIMAL + '[block]\nstyle = "curly"', "block.style must be one of indent, braces"),
        (MINIMAL + '[block]\nopen = "("', "the pattern 'open' is no regular expression"),
        (MINIMAL + '[lexical]\nblock_comments = [["/*"]]', "lexical.block_comments must be pairs of the two tokens"),
        (MINIMAL + '[lexical]\nquotes = "x"', "lexical.quotes must be a list of texts"),
        (MINIMAL + '[lexical]\nquotes = ["``"]', "lexical.quotes must be single characters"),
        (MINIMAL + "[lexical]\nword_comments = 1", "lexical.word_comments must be true or false"),
        (MINIMAL + "[lexical]\nclosing_tag = 1", "lexical.closing_tag must be a text"),
        (MINIMAL + '[lexical]\nquote = ["x"]', "unknown key quote in [lexical]"),
        ('weak_ids = "yes"\n' + MINIMAL, "weak_ids must be true or false"),
        (MINIMAL.replace('["Demo"]', '"Demo"'), "language_ids must be a list of texts"),
        ('extends = "nothing"\n' + MINIMAL, "extends 'nothing', which is not there"),
        ('grammar = "tree-sitter-demo"', "grammar must be a table"),
        (MINIMAL.replace('package = "tree-sitter-demo"', ""), "package must be a text"),
        ("", "it has no language_ids"),
    ],
)
def test_a_broken_folder_is_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, warning: str
):
    write(tmp_path, "broken", text)
    write(tmp_path, "demo", MINIMAL)
    (tmp_path / "not-a-language").mkdir()
    with caplog.at_level(logging.WARNING):
        registry = LanguageRegistry([tmp_path])
        assert [language.name for language in registry.all()] == ["demo"]
    assert len(caplog.records) == 1
    assert warning in caplog.text
    assert "broken" in caplog.text


def test_the_first_root_that_has_a_language_wins_and_a_double_claim_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    write(tmp_path / "a", "demo", MINIMAL)
    write(tmp_path / "b", "demo", MINIMAL.replace(".demo", ".other"))
    write(tmp_path / "b", "second", MINIMAL)
    registry = LanguageRegistry([tmp_path / "a", tmp_path / "b"])
    language = registry.by_language_id("demo")
    assert language is not None
    assert (language.name, language.extensions) == ("demo", (".demo", ".d.demo"))
    assert "demo and second both claim" in caplog.text


def test_the_checkout_s_folders_are_found_where_the_package_has_no_copy():
    (root,) = default_roots()
    assert (root / "python" / "language.toml").is_file()


def test_a_missing_grammar_is_one_line_with_the_remedy(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    write(tmp_path, "demo", MINIMAL)
    grammars, (language,) = Grammars(), LanguageRegistry([tmp_path]).all()
    assert grammars.load(language) is None
    assert grammars.load(language) is None
    assert grammars.load(None) is None
    assert len(caplog.records) == 1
    assert "pip install tree-sitter-demo" in caplog.text


def test_a_query_that_does_not_fit_is_one_line_and_the_rest_works(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    python = REGISTRY.by_language_id("python")
    assert python is not None
    write(
        tmp_path,
        "demo",
        MINIMAL.replace("tree_sitter_demo_that_is_not_there", python.grammar_module),
    )
    (tmp_path / "demo" / "scopes.scm").write_text("(no_such_node) @comment")
    (tmp_path / "demo" / "definitions.scm").write_text("(module) @definition.class")
    grammar = Grammars().load(LanguageRegistry([tmp_path]).by_language_id("demo"))
    assert grammar is not None
    assert grammar.query("scopes") is None
    assert grammar.query("scopes") is None
    assert grammar.query("imports") is None
    assert grammar.query("definitions") is not None
    assert len(caplog.records) == 1
    assert "scopes.scm of demo does not fit" in caplog.text


@pytest.mark.process
def test_importing_the_package_imports_no_grammar():
    modules = [f"autothink_lsp.syntax.{path.stem}" for path in PACKAGE.glob("[a-z]*.py")]
    assert len(modules) > 8
    code = f"import sys, {', '.join(modules)}\nprint(*(name for name in sys.modules if name.startswith('tree_sitter')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_no_language_is_named_in_the_code():
    names = {language.name for language in REGISTRY.all()} - {"c", "go", "sql"}  # too short to look for as words
    for path in PACKAGE.glob("*.py"):
        literals = [token for token in path.read_text(encoding="utf-8").split('"')[1::2] if token in names]
        assert not literals, f"{path.name} names {literals}"


def test_an_installed_package_s_own_folders_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write(tmp_path / "_grammars", "demo", MINIMAL)
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path)
    assert [language.name for language in LanguageRegistry().all()] == ["demo"]


def test_without_any_folder_there_is_a_warning_and_no_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path)
    monkeypatch.setattr("autothink_lsp.syntax.languages.__file__", str(tmp_path / "a" / "b" / "languages.py"))
    assert LanguageRegistry().all() == ()
    assert "reinstall autothink-lsp" in caplog.text
