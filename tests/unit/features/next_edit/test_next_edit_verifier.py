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


def _lines(count: int, bytes_of_a_line: int = 4) -> tuple[str, ...]:
    """Different lines; the line end counts as a byte."""
    return tuple(f"{number:0{bytes_of_a_line - 1}}" for number in range(count))


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        # 24 lines on either side
        (_lines(24), _lines(24, 5), ""),
        (_lines(25), _lines(25, 5), "too large"),
        (_lines(24), _lines(25), "too large"),
        (_lines(25), _lines(24), "too large"),
        # 8 KiB on either side
        (_lines(2, 4096), (*_lines(1, 4096), "y" * 4095), ""),
        (_lines(2, 4097), (*_lines(1, 4097), "y" * 4096), "too large"),
        # 2 KiB more
        (("a",), ("b" * 2049,), ""),
        (("a",), ("b" * 2050,), "it changes the size too much"),
        (("a",), ("\u00e9" * 1024 + "b",), ""),
        (("a",), ("\u00e9" * 1024 + "bc",), "it changes the size too much"),
        (("a",), ("a", "b" * 2047), ""),
        (("a",), ("a", "b" * 2048), "it changes the size too much"),
        # 16 lines more, or fewer
        (("a",), _lines(17), ""),
        (("a",), _lines(18), "it changes the size too much"),
        ((), _lines(16), ""),
        ((), _lines(17), "it changes the size too much"),
        (_lines(18, 4), _lines(2, 32), ""),
        (_lines(19, 4), _lines(2, 40), "it changes the size too much"),
        # half of it, of more than three lines
        (_lines(4), _lines(2), ""),
        (_lines(4), ("001", "12"), "it deletes too much"),
        (_lines(4), (), "it deletes too much"),
        (_lines(3), (), ""),
    ],
)
def test_bounds_at_their_edges(old: tuple[str, ...], new: tuple[str, ...], refusal: str) -> None:
    text = Text.from_str("\n".join(("head", *old, "tail")) + "\n")
    edit = LineEdit("rule", "pattern", 1, 1 + len(old), new)
    assert verifier.refusal_of(text, None, edit, ()) == refusal


@pytest.mark.parametrize(
    ("new", "refusal"),
    [
        ("b = <|cursor|>1", "a marker or special token"),
        ("b = <|endoftext|>", "a marker or special token"),
        ("<<<<<<< CURRENT", "a marker or special token"),
        (">>>>>>> UPDATED", "a marker or special token"),
        ("<[fim-suffix]>", "a marker or special token"),
        ("b = a <| c |> d", ""),
        ("b  =   a", ""),
        ("a  =   1", "only blanks change"),
        ("a = 1 ", "only blanks change"),
        ('a = "ghp_' + "a8Kd93jQ" * 4 + 'Zx81"', "a secret"),
        ("a = 1\nb", "a line end inside of a line"),
        ("a = 1\r", "only blanks change"),
        ("a = 2\r", "a line end inside of a line"),
    ],
)
def test_what_no_edit_may_bring(new: str, refusal: str) -> None:
    edit = LineEdit("rule", "pattern", 0, 1, (new,))
    assert verifier.refusal_of(Text.from_str("a = 1\n"), None, edit, ()) == refusal


@pytest.mark.parametrize(
    ("new", "last", "refusal"),
    [
        (("a = 1",), EditHunk("u", 0, ("a = 1",), ("a = 2",), 1), "it undoes the last edit"),
        (("a = 1", "b = 4"), EditHunk("u", 0, ("a = 1",), ("a = 2",), 1), "it undoes the last edit"),
        (("a = 3",), EditHunk("u", 0, ("a = 1",), ("a = 2",), 1), ""),
        (("a = 1",), EditHunk("u", 5, ("a = 1",), ("a = 2",), 1), ""),
        (("a = 1", "c = 1"), EditHunk("u", 0, ("a = 1", "c = 1"), ("a = 2",), 1), "it undoes the last edit"),
        ((), EditHunk("u", 0, (), ("a = 2",), 1), "it undoes the last edit"),
    ],
)
def test_the_last_edit_is_not_undone(new: tuple[str, ...], last: EditHunk, refusal: str) -> None:
    stop = 2 if new[1:] == ("b = 4",) else 1
    edit = LineEdit("rule", "pattern", 0, stop, new)
    assert verifier.refusal_of(Text.from_str("a = 2\nb = 3\n"), None, edit, (last,)) == refusal
