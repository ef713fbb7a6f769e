"""What the verifier says of syntax: the same whether the changed statement is parsed alone or with the whole file."""

from __future__ import annotations

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.features.next_edit import verifier
from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.proposal import LineEdit
from autothink_lsp.syntax.service import Syntax
from tests.support.next_edit_session import NextEditSession

SYNTAX = Syntax()
PYTHON = "import os\n\n\ndef one(a):\n    if a:\n        return a\n    return 2\n\n\ndef two():\n    return one(1)\n"
JAVASCRIPT = (
    "function one(a) {\n  if (a) {\n    return a;\n  }\n  return 2;\n}\n\nfunction two() {\n  return one(1);\n}\n"
)
PHP = "<?php\nfunction one($a) {\n    return $a;\n}\n\nfunction two() {\n    return one(1);\n}\n"

CASES = [
    ("python", PYTHON, 5, ("        return a + 1",), ""),
    ("python", PYTHON, 5, ("        return (a",), "it parses worse"),
    ("python", PYTHON, 5, ('        return """a',), "it parses worse"),
    ("python", PYTHON, 6, ("    else:",), ""),  # tree-sitter takes an empty block
    ("python", PYTHON, 3, ("@cache", "def one(a):"), ""),
    ("python", PYTHON, 6, ("    return 2", "", "", "@cache"), ""),  # belongs to what follows
    ("python", PYTHON, 0, ("import os, (",), "it parses worse"),
    ("javascript", JAVASCRIPT, 2, ("    return a + 1;",), ""),
    ("javascript", JAVASCRIPT, 2, ("    return a; }",), "it parses worse"),
    ("javascript", JAVASCRIPT, 3, (), "it parses worse"),
    ("javascript", JAVASCRIPT, 2, ("    return `a;",), "it parses worse"),
    ("php", PHP, 2, ("    return $a + 1;",), ""),
    ("php", PHP, 2, ("    return $a + ;",), "it parses worse"),
]


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "whole"])
@pytest.mark.parametrize(("language", "text", "line", "new", "refusal"), CASES)
def test_syntax(
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    text: str,
    line: int,
    new: tuple[str, ...],
    refusal: str,
    alone: bool,
) -> None:
    if not alone:
        monkeypatch.setattr(verifier, "_LARGEST_STATEMENT_BYTES", 0)
    session = NextEditSession(text, language, f"file:///p/a.{language}", syntax=SYNTAX)
    tree = SYNTAX.trees.tree(session.snapshot)
    edit = LineEdit("rule", "pattern", line, line + 1, new)
    assert verifier.refusal_of(session.snapshot.text, tree, edit, ()) == refusal


def test_a_file_without_a_grammar_is_not_parsed() -> None:
    edit = LineEdit("rule", "pattern", 0, 1, ("b = =",))
    assert verifier.refusal_of(Text.from_str("a\n"), None, edit, ()) == ""


@pytest.mark.parametrize(
    ("old", "new", "hunk", "is_refused"),
    [
        ("f(a)", "f(b)", None, False),
        ("f(a)", "f(b", None, True),
        ("f(a)", "b)", None, True),
        ("f(a)", "f[a]", None, False),
        ("f(a)", "f{a)", None, True),
        ("2) b", "2. b", ("1) a", "1. a"), False),
        ("2) b", "2. b", ("1) a", "1. c"), False),
        ("if b", "if b {", ("if a", "if a {"), False),
        ("if b", "if b (", ("if a", "if a {"), True),
    ],
)
def test_brackets_without_a_grammar(old: str, new: str, hunk: tuple[str, str] | None, is_refused: bool) -> None:
    hunks = (EditHunk("u", 5, hunk[:1], hunk[1:], 1),) if hunk else ()
    edit = LineEdit("rule", "pattern", 0, 1, (new,))
    refusal = verifier.refusal_of(Text.from_str(f"{old}\n"), None, edit, hunks)
    assert refusal == ("other brackets are open" if is_refused else "")
