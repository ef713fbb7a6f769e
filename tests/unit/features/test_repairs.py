"""Repairs without a model: what is certain is done, the rest is left to the model. «…» is what the message marks."""
# ruff: noqa: E501 - a table

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.edits.replacement import EditRefused, apply_replacements
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.repairs.rules import repair
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Diagnostic
from tests.support.example_counts import examples

SYNTAX = Syntax()


def repaired(document: str, message: str, code: str = "", language: str = "python", **more: object) -> str | None:
    before, _, rest = document.partition("«")
    marked, _, after = rest.partition("»")
    store = DocumentStore()
    store.subscribe(SYNTAX.trees)
    snapshot = store.open("file:///x", language, 1, before + marked + after)
    text = snapshot.text
    start, end = text.place_at_offset(len(before)).point, text.place_at_offset(len(before + marked)).point
    fields: dict = {"action": ActionKind.FIX, "diagnostics": (Diagnostic(start, end, message, code=code),)}
    request = AssistRequest(
        snapshot=snapshot, start=start, end=end, settings=Settings(), path="x", **{**fields, **more}
    )
    found = repair(request, SYNTAX.trees.tree(snapshot), SYNTAX.language(snapshot))
    if found is None:
        return None
    assert found.title
    assert found.explanation
    return str(apply_replacements(text, found.replacements))


UNDEF = '"{}" is not defined'
CASES = [
    ("a parameter", "def f(price):\n    return «prcie»\n", UNDEF.format("prcie"), "", "python", "prcie", "price"),
    ("a local", "def f():\n    total = 1\n    return «totl»\n", "Undefined name `totl`", "F821", "python", "totl", "total"),
    ("a function", "def compute():\n    pass\n\n«comptue»()\n", UNDEF.format("comptue"), "", "python", "comptue", "compute"),
    ("a builtin", "«pritn»(1)\n", UNDEF.format("pritn"), "", "python", "pritn", "print"),
    ("a loop's name", "for item in []:\n    print(«itme»)\n", UNDEF.format("itme"), "", "python", "itme", "item"),
    ("an import's name", "import requests\n«reqeusts».get(1)\n", UNDEF.format("reqeusts"), "", "python", "reqeusts", "requests"),
    ("other functions' locals do not count", "def f():\n    for price in []: pass\n\ndef g(prices):\n    return «pricse»\n",
     UNDEF.format("pricse"), "", "python", "pricse", "prices"),
    ("the checker's proposal", "const a = 1\nconsole.log(«b»)\n", "Cannot find name 'b'. Did you mean 'a'?", "2552",
     "typescript", "(b)", "(a)"),
    ("go", "package a\n\nfunc f(price int) int {\n\treturn «pricee»\n}\n", "undefined: pricee", "", "go", "pricee", "price"),
    ("c", "int f(int count) { return «conut»; }\n", "use of undeclared identifier 'conut'; did you mean 'count'?", "", "c",
     "conut", "count"),
    ("rust", "fn f(count: i32) -> i32 { «conut» }\n", "cannot find value `conut` in this scope", "E0425", "rust", "conut", "count"),
    ("a bracket", "print«(»1\nx = 2\n", "'(' was never closed", "", "python", "(1\n", "(1)\n"),
    ("a colon", "def f()«»\n    return 1\n", "expected ':'", "", "python", "f()", "f():"),
    ("an unused import", "«import os»\nx = 1\n", "`os` imported but unused", "F401", "python", "import os\n", ""),
    ("one of several", "from os import «path», sep\nprint(sep)\n", "`os.path` imported but unused", "F401", "python",
     "path, sep", "sep"),
    ("None", "if x «== None»: pass\n", "Comparison to `None`", "E711", "python", "== None", "is None"),
    ("not in", "if «not x in y»: pass\n", "Test for membership", "E713", "python", "not x in", "x not in"),
    ("CRLF", "def f(price):\r\n    return «prcie»\r\n", UNDEF.format("prcie"), "", "python", "prcie", "price"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "message", "code", "language", "old", "new"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_a_repair(document: str, message: str, code: str, language: str, old: str, new: str) -> None:
    plain = document.replace("«", "").replace("»", "")
    assert old in plain
    assert repaired(document, message, code, language) == plain.replace(old, new, 1)


NONE = [
    ("two near names", "def f(cart, card):\n    return «carx»\n", UNDEF.format("carx"), "", "python"),
    ("nothing near", "def f(a):\n    return «something»\n", UNDEF.format("something"), "", "python"),
    ("too short", "def f(ab):\n    return «ax»\n", UNDEF.format("ax"), "", "python"),
    ("another kind of message", "def f(price):\n    return «prcie»\n", "Type mismatch", "", "python"),
    ("a module that is a word", "x = «time»\n", UNDEF.format("time"), "", "python"),
    ("no code at the place", "x = 1\n«»", UNDEF.format("y"), "", "python"),
    ("an unknown language", "abc «abd»\n", UNDEF.format("abd"), "", "plaintext"),
    ("broken beyond one token", "def f((\n  return [«»\n", "'(' was never closed", "", "python"),
    ("a message outside the text", "x\n«»", UNDEF.format("zzz"), "", "python"),
    ("empty", "«»", "", "", "python"),
]


@pytest.mark.parametrize(("document", "message", "code", "language"), [c[1:] for c in NONE], ids=[c[0] for c in NONE])
def test_no_repair_where_it_is_not_certain(document: str, message: str, code: str, language: str) -> None:
    assert repaired(document, message, code, language) is None


RENAMES = [
    (
        "def f(«x», y):\n    x = x + 1\n    return x  # x\n",
        "total",
        "def f(total, y):\n    total = total + 1\n    return total  # x\n",
    ),
    ("def f(«x»):\n    return 'x', x\n", "y", "def f(y):\n    return 'x', y\n"),
]


@pytest.mark.parametrize(("document", "name", "expected"), RENAMES)
def test_a_local_name_is_renamed(document: str, name: str, expected: str) -> None:
    assert repaired(document, "", action=ActionKind.RENAME, instruction=name) == expected


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ("x = 1\ndef f():\n    return «x»\n", "y"),
        ("def f(«x»):\n    def g(x):\n        return x\n    return a.x\n", "y"),
    ],
)
def test_what_is_not_certainly_local_is_left_alone(document: str, name: str) -> None:
    plain = document.replace("«", "").replace("»", "")
    assert repaired(document, "", action=ActionKind.RENAME, instruction=name) == plain


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ("def f(«x»):\n    return x\n", "class"),
        ("def f(«x»):\n    return x\n", "not a name"),
        ("def f(«x», y):\n    return x\n", "y"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(document: str, name: str) -> None:
    with pytest.raises(EditRefused):
        repaired(document, "", action=ActionKind.RENAME, instruction=name)


@settings(max_examples=examples(60))
@given(st.text(max_size=80), st.text(max_size=40), st.sampled_from(["F821", "F401", "E999", "E711", ""]))
def test_it_never_raises_and_never_breaks_a_text_that_parses(document: str, message: str, code: str) -> None:
    repaired(document.replace("«", "") + "«x»\n", message, code)
