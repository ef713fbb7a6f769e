"""Calls of a changed function: which are found, which certainly fit, and how they are changed by rule."""

from __future__ import annotations

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import apply_replacements, inverse_replacements
from autothink_lsp.edits.signatures import signature_changes
from autothink_lsp.features.assist.callers.call_sites import call_sites
from autothink_lsp.features.assist.callers.python_calls import FunctionPlace
from autothink_lsp.syntax.service import Syntax

SYNTAX = Syntax()
IMPORT = "from pkg.a import f\n"


def found(before: str, after: str, code: str, *, path: str = "b.py", name: str = "a.py", is_here: bool = False) -> str:
    """``code`` after the changes by rule. A call that fits is marked with ``✓``, one that nothing is known of with
    ``?``, in front of its line."""
    grammar = SYNTAX.grammars.load(SYNTAX.registry.by_path(name))
    assert grammar is not None
    (change,) = signature_changes(grammar, before.split("\n"), after.split("\n"), types_asked=False)
    text = Text.from_str(code)
    sites = call_sites(grammar, text, change, FunctionPlace(f"pkg/{name}", is_here), path)
    replacements = [one for site in sites for one in site.replacements]
    changed = apply_replacements(text, replacements)
    assert str(apply_replacements(changed, inverse_replacements(text, replacements))) == code
    marks = {site.line: "✓" if site.fits else "?" for site in sites if not site.replacements}
    lines = str(changed).split("\n")
    return "\n".join(f"{marks.get(number, '')}{line}" for number, line in enumerate(lines))


CALLS: dict[str, tuple[str, str, str, str]] = {
    "a removed argument in its place": ("(a, b)", "(a)", "f(1, 2)", "f(1)"),
    "a removed argument by its name": ("(a, b)", "(a)", "f(1, b=2)", "f(1)"),
    "a removed first argument": ("(a, b)", "(b)", "f(1, 2)", "f(2)"),
    "the only argument": ("(a)", "()", "f(1)", "f()"),
    "the only argument with a comma": ("(a)", "()", "f(1,)", "f()"),
    "an argument on a line of its own": ("(a, b)", "(a)", "f(\n    1,\n    2,\n)", "f(\n    1,\n)"),
    "a renamed parameter": ("(a, b)", "(a, c)", "f(1, b=2)", "f(1, c=2)"),
    "a renamed parameter in its place": ("(a, b)", "(a, c)", "f(1, 2)", "✓f(1, 2)"),
    "an optional parameter is new": ("(a)", "(a, b=1)", "f(1)", "✓f(1)"),
    "a required parameter is new": ("(a)", "(a, b)", "f(1)", "?f(1)"),
    "parameters in another order": ("(a, b)", "(b, a)", "f(1, 2)", "?f(1, 2)"),
    "parameters in another order, by name": ("(a, b)", "(b, a)", "f(a=1, b=2)", "✓f(a=1, b=2)"),
    "two renamed": ("(a, b)", "(c, d)", "f(a=1, b=2)", "?f(a=1, b=2)"),
    "two removed": ("(a, b, c)", "(a)", "f(1, 2, 3)", "?f(1, 2, 3)"),
    "a spread": ("(a, b)", "(a)", "f(*x)", "?f(*x)"),
    "a spread of names": ("(a, b)", "(a)", "f(1, **x)", "?f(1, **x)"),
    "the argument does something": ("(a, b)", "(a)", "f(1, g())", "?f(1, g())"),
    "a comment would go": ("(a, b)", "(a)", "f(1,  # one\n  2)", "?f(1,  # one\n  2)"),
    "an unknown name": ("(a, b)", "(a)", "f(1, z=2)", "?f(1, z=2)"),
    "only by name now": ("(a, b)", "(a, *, b)", "f(1, 2)", "?f(1, 2)"),
    "only in its place now": ("(a, b)", "(a, b, /)", "f(1, b=2)", "?f(1, b=2)"),
    "more arguments are taken": ("(a, b)", "(a, *b)", "f(1, 2)", "?f(1, 2)"),
    "types and defaults": ("(a: int, b: str = '')", "(a: int)", "f(1, '')", "f(1)"),
}


@pytest.mark.parametrize("case", CALLS)
def test_how_a_call_is_changed(case: str) -> None:
    before, after, call, expected = CALLS[case]
    marked = found(f"def f{before}: pass", f"def f{after}: pass", f"{IMPORT}\n{call}\n")
    assert marked == f"{IMPORT}\n{expected}\n"


NAMES: dict[str, tuple[str, str, str]] = {  # the importing file's path, its text, the text with marks
    "a module of the package": ("pkg/b.py", "from .a import f\nf(1, 2)\n", "from .a import f\nf(1)\n"),
    "another name": ("b.py", "from pkg.a import f as g\ng(1, 2)\n", "from pkg.a import f as g\ng(1)\n"),
    "the module": ("b.py", "import pkg.a\npkg.a.f(1, 2)\n", "import pkg.a\npkg.a.f(1)\n"),
    "the module under a name": ("b.py", "from pkg import a as m\nm.f(1, 2)\n", "from pkg import a as m\nm.f(1)\n"),
    "a file beside it": ("pkg/b.py", "from a import f\nf(1, 2)\n", "from a import f\nf(1)\n"),
    "another module": ("b.py", "from other import f\nf(1, 2)\n", "from other import f\n?f(1, 2)\n"),
    "through the package": ("b.py", "from pkg import f\nf(1, 2)\n", "from pkg import f\n?f(1, 2)\n"),
    "everything of it": ("b.py", "from pkg.a import *\nf(1, 2)\n", "from pkg.a import *\n?f(1, 2)\n"),
    "not imported": ("b.py", "def f(a, b): pass\nf(1, 2)\n", "def f(a, b): pass\nf(1, 2)\n"),
    "bound again": ("b.py", f"{IMPORT}f = g\nf(1, 2)\n", f"{IMPORT}f = g\n?f(1, 2)\n"),
    "a parameter": ("b.py", f"{IMPORT}def t(f):\n  f(1, 2)\n", f"{IMPORT}def t(f):\n?  f(1, 2)\n"),
    "of another object": ("b.py", "x.f(1, 2)\n", "?x.f(1, 2)\n"),
    "in a text": ("b.py", "x = 'f(1, 2)'  # f(1, 2)\n", "x = 'f(1, 2)'  # f(1, 2)\n"),
}


@pytest.mark.parametrize("case", NAMES)
def test_which_names_are_the_function(case: str) -> None:
    path, code, expected = NAMES[case]
    assert found("def f(a, b): pass", "def f(a): pass", code, path=path) == expected


def test_calls_in_the_file_itself() -> None:
    code = "def f(a): pass\n\nf(1, 2)\n"
    assert found("def f(a, b): pass", "def f(a): pass", code, path="pkg/a.py", is_here=True) == code.replace(", 2", "")


@pytest.mark.exhaustive
def test_a_long_file_counts_as_a_short_one() -> None:
    """A module of 100 KB, as the large ones of libraries are."""
    rest = "\n\ndef other(value):\n    return value\n" * 3_000
    before, after = f"def f(a, b):\n    return a{rest}", f"def f(a):\n    return a{rest}"
    assert len(before) > 100_000
    assert found(before, after, f"{IMPORT}f(1, 2)\n") == f"{IMPORT}f(1)\n"


def test_a_method_is_never_certain() -> None:
    before, after = "class A:\n def f(self, a): pass", "class A:\n def f(self): pass"
    assert found(before, after, "x.f(1)\nf(2)\n") == "?x.f(1)\nf(2)\n"


def test_line_ends_and_what_is_around_stay() -> None:
    code = f"{IMPORT}\r\n\tf(1,  2)  # two\r\nf( 1 , 2 )"
    marked = found("def f(a, b): pass", "def f(a): pass", code.replace("\t", ""))
    assert marked == f"{IMPORT}\r\nf(1)  # two\r\nf( 1 )"


@pytest.mark.parametrize(
    ("name", "before", "after", "call"),
    [
        ("a.ts", "function f(a: number, b: number) {}", "function f(a: number) {}", "f(1, 2);"),
        (
            "a.go",
            "package a\nfunc f(a int, b int) {}",
            "package a\nfunc f(a int) {}",
            "package b\nfunc g() { f(1, 2) }",
        ),
        ("a.rs", "fn f(a: i32, b: i32) {}", "fn f(a: i32) {}", "fn g() { f(1, 2); }"),
        ("a.c", "int f(int a, int b) { return a; }", "int f(int a) { return a; }", "int g(void) { return f(1, 2); }"),
    ],
)
def test_calls_of_other_languages_are_found_and_left(name: str, before: str, after: str, call: str) -> None:
    marked = found(before, after, call, name=name, path=f"b{name[1:]}")
    assert marked.count("?") == 1
    assert marked.replace("?", "") == call
