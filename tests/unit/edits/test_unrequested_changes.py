"""An edit changes what it was asked to change: indentation, comments, layout, edges and line ends stay as they were.

Each table is one kind of mistake, with siblings in other languages. In a document «…» marks the piece that was asked
about; the message stands at the line that has ``asked`` in it. What is right is ``change`` (old, new) applied to the
document and nothing else, unless the case names another document, ``ASKS`` or a refusal.
"""
# ruff: noqa: E501 - tables of cases, one or two lines each

from __future__ import annotations

import pytest

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.edits.answer import ParsedAnswer, SearchReplace
from autothink_lsp.edits.apply import proposed_edit
from autothink_lsp.edits.replacement import EditRefused, EditScope, ProposedEdit, Refusal, apply_replacements
from autothink_lsp.syntax.service import Syntax

SYNTAX = Syntax()
ASKS = "asks"


def proposed(
    document: str, answer: str | ParsedAnswer, language: str, *, asked: str | None, **about: bool
) -> tuple[str, ProposedEdit]:
    """The document afterwards, and the edit."""
    before, rest = document.split("«")
    piece, after = rest.split("»")
    store = DocumentStore()
    store.subscribe(SYNTAX.trees)
    snapshot = store.open("file:///x", language, 1, before + piece + after)
    text = snapshot.text
    start, end = text.place_at_offset(len(before)).point, text.place_at_offset(len(before) + len(piece)).point
    lines = [number for number in range(text.line_count) if asked is not None and asked in text.line(number)]
    edit = proposed_edit(
        answer if isinstance(answer, ParsedAnswer) else ParsedAnswer("", whole=answer),
        text,
        start,
        end,
        language=SYNTAX.language(snapshot),
        tree=SYNTAX.trees.tree(snapshot),
        asked=EditScope(lines=None if asked is None else ((lines[0], lines[0]),), **about),
    )
    return str(apply_replacements(text, edit.replacements)), edit


def check(language: str, document: str, change: tuple[str, str], answer: str, asked: str | None = "") -> None:
    old, new = change
    assert document.count(old) == 1, "the case itself is wrong"
    got, edit = proposed(document, answer, language, asked=old.split("\n")[0] if asked == "" else asked)
    assert got == document.replace(old, new).replace("«", "").replace("»", "")
    assert edit.concerns == ()


# --- indentation ------------------------------------------------------------------------------------------------------

JSDOC = "/**\n * Adds.\n */\n«function add(a, b) {\n    if (a) {\n        return a - b;\n    }\n    return b;\n}»\n"
JSDOC_2 = "/**\n * Adds.\n */\n«function add(a, b) {\n  if (a) {\n    return a - b;\n  }\n  return b;\n}»\n"
INNER_DOC = "«class A {\n    /**\n     * Adds.\n     */\n    add(a, b) {\n        return a - b;\n    }\n}»\n"
C_ALIGNED = "/*\n * Adds.\n */\n«static int add(int a,\n               int b)\n{\n    if (a)\n        return call(a,\n                    b) - b;\n    return b;\n}»\n"
GNU = "/* x\n   y */\n«int\nadd (int a, int b)\n{\n  if (a)\n    {\n      while (b)\n\t{\n\t  a = a - b;\n\t}\n    }\n}»\n"
ONE_TAB = "x = [\n\t1,\n]\n\n\n«def f(a, b):\n    if a:\n        return a - b\n    return b»\n"
PY_TABS = "class A:\n\tx = 1\n\n«\tdef f(self, a, b):\n\t\tif a:\n\t\t\treturn a - b\n\t\treturn b»\n"
PY_ALIGNED = "«def f(a, b):\n    x = call(a,\n             b,\n          c=1)\n    return a - b»\n"
HEREDOC = "#!/bin/sh\n«f() {\n  cat <<EOF\n one\n   two\nEOF\n  echo $((a - b))\n}»\n"
STRING = '«def f(a, b):\n    x = """\n one\n   two\n\tthree\n"""\n    return a - b»\n'
PREPROCESSOR = (
    "«int f(int a, int b)\n{\n    int c;\n#ifdef X\n# define Y 1\n    c = a - b;\n#endif\n    return c;\n}»\n"
)
MAKE = "«all: a\n\tcc -o a \\\n\t   b.c\n\techo a - b»\n"
PERL = "# a\n«sub f {\n    my ($a,\n        $b) = @_;\n    return $a - $b;\n}»\n"
PHP = "<?php\n/**\n * Adds.\n */\n«function add($a, $b) {\n    if ($a) {\n        return $a - $b;\n    }\n    return $b;\n}»\n"
RUBY = "«def f(a, b)\n  x = <<~T\n     one\n    two\n  T\n  a - b\nend»\n"
TEMPLATE = "«function f(a, b) {\n    const t = `\n one\n   ${a}\n`;\n    return a - b;\n}»\n"
YAML = "# c\n«a:\n  b:\n  - one\n  -   two\n  c: a - b»\n"
CASE_LABELS = "«switch (a) {\ncase 1:\n    b();\n    break;\ndefault:\n    c(a - b);\n}»\n"

SAME_INDENTATION = [
    ("a JSDoc comment above", "javascript", JSDOC, ("a - b", "a + b")),
    ("... two blanks a level", "javascript", JSDOC_2, ("a - b", "a + b")),
    ("a JSDoc comment within", "typescript", INNER_DOC, ("a - b", "a + b")),
    ("aligned continuations in C", "c", C_ALIGNED, ("- b;", "+ b;")),
    ("GNU style, tabs for eight blanks", "c", GNU, ("a - b", "a + b")),
    ("one stray tab elsewhere", "python", ONE_TAB, ("a - b", "a + b")),
    ("Python in tabs", "python", PY_TABS, ("a - b", "a + b")),
    ("aligned arguments", "python", PY_ALIGNED, ("a - b", "a + b")),
    ("a heredoc", "shellscript", HEREDOC, ("a - b", "a + b")),
    ("a string over several lines", "python", STRING, ("a - b", "a + b")),
    ("preprocessor lines", "c", PREPROCESSOR, ("a - b", "a + b")),
    ("a Makefile", "makefile", MAKE, ("a - b", "a + b")),
    ("Perl, no grammar", "perl", PERL, ("$a - $b", "$a + $b")),
    ("PHPDoc", "php", PHP, ("$a - $b", "$a + $b")),
    ("a Ruby heredoc", "ruby", RUBY, ("a - b", "a + b")),
    ("a template literal", "javascript", TEMPLATE, ("a - b", "a + b")),
    ("YAML, lists in two ways", "yaml", YAML, ("a - b", "a + b")),
    ("case labels at the switch's level", "c", CASE_LABELS, ("a - b", "a + b")),
]  # fmt: skip


def piece_of(document: str) -> str:
    return document.split("«")[1].split("»", maxsplit=1)[0]


@pytest.mark.parametrize(
    ("language", "document", "change"), [c[1:] for c in SAME_INDENTATION], ids=[c[0] for c in SAME_INDENTATION]
)
@pytest.mark.parametrize("asked", ["", None], ids=["fix", "refactoring"])
def test_a_repeated_piece_keeps_its_indentation(
    language: str, document: str, change: tuple[str, str], asked: str | None
) -> None:
    check(language, document, change, piece_of(document).replace(*change), asked)


def in_blanks(code: str) -> str:
    return "\n".join("    " * (len(line) - len(line.lstrip("\t"))) + line.lstrip("\t") for line in code.split("\n"))


def in_tabs(code: str, width: int = 4) -> str:
    return "\n".join(
        "\t" * ((len(line) - len(line.lstrip(" "))) // width) + line.lstrip(" ") for line in code.split("\n")
    )


def in_two(code: str) -> str:
    return "\n".join(" " * ((len(line) - len(line.lstrip(" "))) // 2) + line.lstrip(" ") for line in code.split("\n"))


def dedented(code: str) -> str:
    first = code.split("\n", maxsplit=1)[0]
    indent = first[: len(first) - len(first.lstrip())]
    return "\n".join(line.removeprefix(indent) for line in code.split("\n"))


GO = "package a\n\n/*\n * Adds.\n */\n«func add(a, b int) int {\n\tif a > 0 {\n\t\treturn a - b\n\t}\n\treturn b\n}»\n"
METHOD = "class A:\n    x = 1\n\n«    def f(self, a, b):\n        x = call(a,\n                 b)\n        if a:\n            return a - b\n        return b»\n"
DEEP_TABS = "func f() {\n\tfor {\n«\t\tif a {\n\t\t\tb = a - b\n\t\t}»\n\t}\n}\n"
JAVA = "class A {\n    /**\n     * Adds.\n     */\n«    int add(int a, int b) {\n        if (a > 0) {\n            return a - b;\n        }\n        return b;\n    }»\n}\n"
RUST = "«fn f(a: i32, b: i32) -> i32 {\n    match a {\n        1 => a - b,\n        _ => {\n            b\n        }\n    }\n}»\n"

OTHER_INDENTATION = [
    ("Go answered in blanks", "go", GO, ("a - b", "a + b"), in_blanks),
    ("Python in tabs answered in blanks", "python", PY_TABS, ("a - b", "a + b"), in_blanks),
    ("... and from the first column", "python", PY_TABS, ("a - b", "a + b"), lambda code: in_blanks(dedented(code))),
    ("blanks answered in tabs", "javascript", JSDOC, ("a - b", "a + b"), in_tabs),
    ("four blanks answered in two", "javascript", JSDOC, ("a - b", "a + b"), in_two),
    ("two blanks answered in tabs", "javascript", JSDOC_2, ("a - b", "a + b"), lambda code: in_tabs(code, 2)),
    ("a method from the first column", "python", METHOD, ("a - b", "a + b"), dedented),
    ("a method in Java", "java", JAVA, ("a - b", "a + b"), dedented),
    ("a Java method in tabs from the first column", "java", JAVA, ("a - b", "a + b"), lambda code: in_tabs(dedented(code))),
    ("lines in the middle of Go", "go", DEEP_TABS, ("a - b", "a + b"), lambda code: in_blanks(dedented(code))),
    ("Rust in two", "rust", RUST, ("a - b", "a + b"), in_two),
    ("C with aligned lines in tabs", "c", C_ALIGNED, ("- b;", "+ b;"), lambda code: code.replace("    ", "\t", 1)),
    ("a string over several lines, dedented", "python", 'class A:\n«    def f(self, a, b):\n        x = """\n one\n     two\n"""\n        return a - b»\n', ("a - b", "a + b"), dedented),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "document", "change", "habit"),
    [c[1:] for c in OTHER_INDENTATION],
    ids=[c[0] for c in OTHER_INDENTATION],
)
@pytest.mark.parametrize("asked", ["", None], ids=["fix", "refactoring"])
def test_another_indentation_becomes_the_documents(
    language, document: str, change: tuple[str, str], habit, asked: str | None
) -> None:
    check(language, document, change, habit(piece_of(document).replace(*change)), asked)


NEW_LINES = [
    ("wrapped into a condition", "python", "«def f(a):\n    b = a\n    return b»\n", "def f(a):\n    if a:\n        b = a\n        return b"),
    ("... all of it", "javascript", "/**\n * D.\n */\n«function f(a) {\n    g(a);\n}»\n", "function f(a) {\n    if (a) {\n        g(a);\n    }\n}"),
    ("new lines in Go", "go", "package a\n\n«func f(a int) {\n\tg(a)\n}»\n", "func f(a int) {\n\tif a > 0 {\n\t\tg(a)\n\t}\n}"),
    ("a level is taken away", "python", "«def f(a):\n    if True:\n        g(a)\n        h(a)»\n", "def f(a):\n    g(a)\n    h(a)"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "document", "answer"), [c[1:] for c in NEW_LINES], ids=[c[0] for c in NEW_LINES])
@pytest.mark.parametrize("asked", ["f(a", None], ids=["fix", "refactoring"])
def test_lines_that_go_into_or_out_of_a_block_are_moved(
    language: str, document: str, answer: str, asked: str | None
) -> None:
    got, _ = proposed(document, answer, language, asked=asked)
    assert got == document.split("«", maxsplit=1)[0] + answer + document.split("»")[1]


def test_new_lines_in_blanks_become_tabs() -> None:
    document = "package a\n\n«func f(a int) {\n\tg(a)\n}»\n"
    got, _ = proposed(document, "func f(a int) {\n\tg(a)\n    if a > 0 {\n        h(a)\n    }\n}", "go", asked="g(a)")
    assert got == "package a\n\nfunc f(a int) {\n\tg(a)\n\tif a > 0 {\n\t\th(a)\n\t}\n}\n"


def test_new_lines_are_indented_as_the_lines_around_them() -> None:
    """Levels of four with tabs for eight blanks, answered in tabs: what a level is the other lines say."""
    document = "«sub f {\n    if ($a) {\n\tg();\n\th();\n    }\n    k($a - $b);\n}»\n"
    answer = "sub f {\n\tif ($a) {\n\t\tg();\n\t\ti();\n\t\th();\n\t}\n\tk($a + $b);\n}"
    got, _ = proposed(document, answer, "perl", asked="k(")
    assert got == "sub f {\n    if ($a) {\n\tg();\n\ti();\n\th();\n    }\n    k($a + $b);\n}\n"


# --- lines that repeat around the piece -------------------------------------------------------------------------------

REPEATING = [
    ("a Python dict of dicts", "python", "T = {\n" + '    "a": {\n        "n": 1,\n    },\n' * 3 + '«    "a": {\n        "n": 1,\n    },\n    "b": 2,»\n}\n', ('"b": 2', '"b": 3')),
    ("a Python list", "python", "T = [\n    0,\n    0,\n«    0,\n    0,\n    1,\n    0,»\n    0,\n]\n", ("    1,", "    2,")),
    ("YAML list of like items", "yaml", "xs:\n" + "  - name: n\n    size: 1\n" * 3 + "«  - name: n\n    size: 1\n  - name: m»\n", ("name: m", "name: k")),
    ("JSON objects", "json", "[\n" + '  {\n    "a": 1\n  },\n' * 3 + '«  {\n    "a": 1\n  },\n  {\n    "b": 1\n  }»\n]\n', ('"b": 1', '"b": 2')),
    ("closing braces", "c", "void f() {\n    if (a) {\n        b();\n    }\n«    }\n    c(1);»\n}\n", ("c(1)", "c(2)")),
    ("shell fi", "shellscript", "if a; then\n  if b; then\n    c\n  fi\n«fi\nfi\necho 1»\n", ("echo 1", "echo 2")),
    ("Markdown list", "markdown", "- a\n- a\n«- a\n- a\n- b»\n- a\n", ("- b", "- c")),
    ("CSS rules", "css", "a {\n  b: c;\n}\n\n«a {\n  b: c;\n}\n\nd {\n  e: f;\n}»\n", ("e: f", "e: g")),
    ("INI, no grammar", "ini", "[a]\nb = 1\n«[a]\nb = 1\nc = 2»\n[a]\nb = 1\n", ("c = 2", "c = 3")),
    ("the end is the piece's own", "python", "x = [\n«    1,\n    0,\n    0,»\n    0,\n    0,\n]\n", ("    1,", "    2,")),
    ("SQL values", "sql", "INSERT INTO t VALUES\n(1, 2),\n«(1, 2),\n(3, 4),»\n(1, 2);\n", ("(3, 4)", "(3, 5)")),
    ("Lua ends", "lua", "if a then\n  if b then\n    c()\n  end\n«end\nprint(1)»\n", ("print(1)", "print(2)")),
    ("a line becomes like the one above", "python", "x = [\n    1,\n«    2,\n    3,»\n]\n", ("    2,", "    1,")),
]  # fmt: skip


@pytest.mark.parametrize(("language", "document", "change"), [c[1:] for c in REPEATING], ids=[c[0] for c in REPEATING])
@pytest.mark.parametrize("asked", ["", None], ids=["fix", "refactoring"])
def test_lines_like_those_around_the_piece_stay(
    language: str, document: str, change: tuple[str, str], asked: str | None
) -> None:
    check(language, document, change, piece_of(document).replace(*change), asked)


COPIED = [
    ("a comment above", "python", "# note\n«def f():\n    return 1»\n", "# note\ndef f():\n    return 2"),
    ("a decorator", "python", "@cache\n«def f():\n    return 1»\n", "@cache\ndef f():\n    return 2"),
    ("an annotation", "java", "class A {\n    @Override\n«    int f() {\n        return 1;\n    }»\n}\n", "@Override\nint f() {\n    return 2;\n}"),
    ("a whole line above", "shellscript", "set -e\n«echo 1»\n", "set -e\necho 2"),
    ("lines above in YAML", "yaml", "a:\n  b: 0\n«  c: 1»\n", "a:\n  b: 0\n  c: 2"),
    ("includes", "c", "#include <a.h>\n«int f() {\n    return 1;\n}»\n", "#include <a.h>\nint f() {\n    return 2;\n}"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "document", "answer"), [c[1:] for c in COPIED], ids=[c[0] for c in COPIED])
def test_lines_copied_from_above_are_not_doubled(language: str, document: str, answer: str) -> None:
    old, new = (
        ("echo 1", "echo 2")
        if "echo" in document
        else ("c: 1", "c: 2")
        if "c: 1" in document
        else ("return 1", "return 2")
    )
    check(language, document, (old, new), answer)


# --- comments and docstrings ------------------------------------------------------------------------------------------

LOST = [
    ("trailing # comments", "python", "«def f(items):\n    total = 0  # start\n    for i in items:\n        total -= i\n    return total  # type: ignore»\n", ("-=", "+="), "def f(items):\n    total = 0\n    for i in items:\n        total += i\n    return total"),
    ("noqa on the changed line", "python", "«def f(a, b):\n    return a - b  # noqa: E501»\n", ("a - b", "a + b"), "def f(a, b):\n    return a + b"),
    ("a docstring", "python", '«def f(a, b):\n    """Sum.\n\n    Long text.\n    """\n    return a - b»\n', ("a - b", "a + b"), "def f(a, b):\n    return a + b"),
    ("a docstring before new lines", "python", '«def f(a, b):\n    """Sum."""\n    return a - b»\n', ("return a - b", "if not a:\n        return b\n    return a + b"), "def f(a, b):\n    if not a:\n        return b\n    return a + b"),
    ("a class docstring", "python", '«class A:\n    """Doc."""\n\n    x = 1»\n', ("x = 1", "x = 2"), "class A:\n\n    x = 2"),
    ("//nolint", "go", "package a\n\n«func f(a, b int) int {\n\tx := g() //nolint:errcheck\n\treturn a - b\n}»\n", ("a - b", "a + b"), "func f(a, b int) int {\n\tx := g()\n\treturn a + b\n}"),
    ("eslint-disable-line", "javascript", "«function f(a, b) {\n  eval(a); // eslint-disable-line no-eval\n  return a - b;\n}»\n", ("a - b", "a + b"), "function f(a, b) {\n  eval(a);\n  return a + b;\n}"),
    ("@ts-ignore above", "typescript", "«function f(a: number, b: number) {\n  // @ts-ignore\n  g(a);\n  return a - b;\n}»\n", ("a - b", "a + b"), "function f(a: number, b: number) {\n  g(a);\n  return a + b;\n}"),
    ("a block comment behind code", "c", "«int f(int a, int b) {\n    int c = 1; /* one */\n    return a - b;\n}»\n", ("a - b", "a + b"), "int f(int a, int b) {\n    int c = 1;\n    return a + b;\n}"),
    ("a block comment within code", "c", "«int f(int a, int b) {\n    g(/* flag */ 1);\n    return a - b;\n}»\n", ("a - b", "a + b"), "int f(int a, int b) {\n    g(1);\n    return a + b;\n}"),
    ("a block comment of lines", "java", "class A {\n«    int f(int a, int b) {\n        /*\n         * Why.\n         */\n        return a - b;\n    }»\n}\n", ("a - b", "a + b"), "    int f(int a, int b) {\n        return a + b;\n    }"),
    ("Rust line comments", "rust", "«fn f(a: i32, b: i32) -> i32 {\n    // why\n    // and how\n    a - b\n}»\n", ("a - b", "a + b"), "fn f(a: i32, b: i32) -> i32 {\n    a + b\n}"),
    ("SQL", "sql", "«SELECT a, -- the first\n       b\nFROM t -- all\nWHERE a = 1;»\n", ("a = 1", "a = 2"), "SELECT a,\n       b\nFROM t\nWHERE a = 2;"),
    ("Lua", "lua", "«local function f(a, b)\n  -- why\n  return a - b -- sum\nend»\n", ("a - b", "a + b"), "local function f(a, b)\n  return a + b\nend"),
    ("YAML", "yaml", "«a: 1 # one\n# two\nb: 2\nc: 3»\n", ("c: 3", "c: 4"), "a: 1\nb: 2\nc: 4"),
    ("shellcheck", "shellscript", "«f() {\n  # shellcheck disable=SC2086\n  echo $a\n  echo $((a - b))\n}»\n", ("a - b", "a + b"), "f() {\n  echo $a\n  echo $((a + b))\n}"),
    ("TOML", "toml", "«[a] # table\nb = 1 # one\nc = 2»\n", ("c = 2", "c = 3"), "[a]\nb = 1\nc = 3"),
    ("PHP", "php", "<?php\n«function f($a, $b) {\n    $c = 1; // one\n    # two\n    return $a - $b;\n}»\n", ("$a - $b", "$a + $b"), "function f($a, $b) {\n    $c = 1;\n    return $a + $b;\n}"),
    ("HTML", "html", "«<div>\n  <!-- note -->\n  <p>a</p>\n  <p>b</p>\n</div>»\n", ("<p>b", "<p>c"), "<div>\n  <p>a</p>\n  <p>c</p>\n</div>"),
    ("CSS", "css", "«a {\n  /* note */\n  b: c; /* d */\n  e: f;\n}»\n", ("e: f", "e: g"), "a {\n  b: c;\n  e: g;\n}"),
    ("a comment at the end", "python", "«def f(a, b):\n    return a - b\n    # the end»\n", ("a - b", "a + b"), "def f(a, b):\n    return a + b"),
    ("Perl, no grammar", "perl", "«sub f {\n    # why\n    return $a - $b;\n}»\n", ("$a - $b", "$a + $b"), "sub f {\n    return $a + $b;\n}"),
    ("two comments alike", "python", "«def f(a, b):\n    # step\n    g(a)\n    # step\n    h(b)\n    return a - b»\n", ("a - b", "a + b"), "def f(a, b):\n    # step\n    g(a)\n    h(b)\n    return a + b"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "document", "change", "answer"), [c[1:] for c in LOST], ids=[c[0] for c in LOST])
@pytest.mark.parametrize("asked", ["", None], ids=["fix", "refactoring"])
def test_a_lost_comment_comes_back(
    language: str, document: str, change: tuple[str, str], answer: str, asked: str | None
) -> None:
    check(language, document, change, answer, asked)


# The answer does not parse, so the tree shows the comments behind the error as code.
UNPARSED = [
    ("CSS, comments on lines", "css", '«@charset "UTF-8";\n/* Licence one */\n/* two */\na { margin: 0; }\n\nb { color: #000; }»\n', ("charset", "charsetx"), '@charsetx "UTF-8";\n/* Licence one */\n/* two */\na { margin: 0; }\n\nb { color: #000; }'),
    ("CSS, a comment behind code", "css", '«@charset "UTF-8";\na { margin: 0; } /* one */\nb { color: #000; }»\n', ("charset", "charsetx"), '@charsetx "UTF-8";\na { margin: 0; } /* one */\nb { color: #000; }'),
    ("Python, a string without its end", "python", '«def f(a):\n    b = "x"\n    # why\n    return a - b  # noqa»\n', ('"x"', '"""x'), 'def f(a):\n    b = """x\n    # why\n    return a - b  # noqa'),
    ("C, a comment without its end", "c", "«int f(int a) {\n    int b = 1;\n    // why\n    return a - b; // sum\n}»\n", ("1;", "1; /*"), "int f(int a) {\n    int b = 1; /*\n    // why\n    return a - b; // sum\n}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "document", "change", "answer"), [c[1:] for c in UNPARSED], ids=[c[0] for c in UNPARSED]
)
@pytest.mark.parametrize("asked", ["", None], ids=["fix", "refactoring"])
def test_a_comment_behind_an_error_is_not_doubled(
    language: str, document: str, change: tuple[str, str], answer: str, asked: str | None
) -> None:
    check(language, document, change, answer, asked)


UNSURE = [
    ("its code became other code", "python", "«def f(items):\n    # running sum of all\n    total = 0\n    for i in items:\n        total -= i\n    return total»\n", "total = 0", "def f(items):\n    return sum(map(abs, items))"),
    ("a directive was reworded", "python", "«def f(a):\n    x = g(a)  # type: ignore\n    return x - 1»\n", "x - 1", "def f(a):\n    x = g(a, 1)  # call\n    return x + 1"),
    ("a directive of code that is gone", "go", "package a\n\n«func f(a int) {\n\tg(a) //nolint:errcheck\n\th(a)\n}»\n", "h(a)", "func f(a int) {\n\th(a + 1)\n}"),
    ("a comment inside changed code", "c", "«int f(int a) {\n    return g(/* flag */ 1, a - 1);\n}»\n", "a - 1", "int f(int a) {\n    return g(1, a + 1);\n}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "document", "asked", "answer"), [c[1:] for c in UNSURE], ids=[c[0] for c in UNSURE]
)
def test_where_a_comment_may_be_lost_the_user_is_asked(language: str, document: str, asked: str, answer: str) -> None:
    _, edit = proposed(document, answer, language, asked=asked)
    assert any("comment" in concern for concern in edit.concerns)


MEANT = [
    ("an unused noqa", "python", "«def f(a):\n    return a  # noqa»\n", "# noqa", "def f(a):\n    return a"),
    ("commented-out code", "python", "«def f(a):\n    # print(a)\n    return a»\n", "# print", "def f(a):\n    return a"),
    ("code and its comment are deleted", "python", "«def f(a):\n    # unused\n    b = 1\n    return a»\n", "b = 1", "def f(a):\n    return a"),
    ("a comment is reworded with its code", "python", "«def f(a):\n    b = 1  # one\n    return b»\n", "b = 1", "def f(a):\n    b = 2  # two\n    return b"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "document", "asked", "answer"), [c[1:] for c in MEANT], ids=[c[0] for c in MEANT])
def test_a_comment_that_is_meant_to_go_goes(language: str, document: str, asked: str, answer: str) -> None:
    got, edit = proposed(document, answer, language, asked=asked, comments=True)
    assert got == document.split("«", maxsplit=1)[0] + answer + document.split("»")[1]
    assert edit.concerns == ()


def test_a_comment_that_goes_instead_of_being_corrected_asks() -> None:
    _, edit = proposed(
        "«def f(a):\n    # teh value\n    return a»\n", "def f(a):\n    return a", "python", asked="# teh"
    )
    assert edit.concerns == ("It removes the comment `# teh value`.",)


def test_lines_missing_in_a_comment_come_back() -> None:
    document = "«# one\n# two\n# three\ndef f(a, b):\n    return a - b»\n"
    check("python", document, ("a - b", "a + b"), "# one\n# three\ndef f(a, b):\n    return a + b")


# --- layout -----------------------------------------------------------------------------------------------------------

LAYOUT = [
    ("quotes and joined lines", "python", "«def f(a, b):\n    x = 'one'\n    y = {'k': a,\n         'l': b}\n    return x, y, a - b»\n", ("a - b", "a + b"), 'def f(a, b):\n    x = "one"\n    y = {"k": a, "l": b}\n    return x, y, a + b'),
    ("lines split", "python", "«def f(a, b):\n    y = g(a, b)\n    return a - b»\n", ("a - b", "a + b"), "def f(a, b):\n    y = g(\n        a,\n        b,\n    )\n    return a + b"),
    ("trailing blanks", "python", "«def f(a, b):   \n    x = 1\t\n    return a - b»\n", ("a - b", "a + b"), "def f(a, b):\n    x = 1\n    return a + b"),
    ("trailing blanks of the changed line", "markdown", "«one  \ntwo  \nthree»\n", ("two", "four"), "one\nfour\nthree"),
    ("blank lines removed", "python", "«def f(a, b):\n    x = 1\n\n    y = 2\n\n    return a - b»\n", ("a - b", "a + b"), "def f(a, b):\n    x = 1\n    y = 2\n    return a + b"),
    ("blank lines added", "javascript", "«function f(a, b) {\n  g();\n  h();\n  return a - b;\n}»\n", ("a - b", "a + b"), "function f(a, b) {\n  g();\n\n  h();\n\n  return a + b;\n}"),
    ("blanks around operators", "c", "«int f(int a, int b) {\n    int c=a*b;\n    return a - b;\n}»\n", ("a - b", "a + b"), "int f(int a, int b) {\n    int c = a * b;\n    return a + b;\n}"),
    ("a brace on its own line", "c", "«int f(int a, int b)\n{\n    return a - b;\n}»\n", ("a - b", "a + b"), "int f(int a, int b) {\n    return a + b;\n}"),
    ("quotes in JavaScript", "javascript", "«function f(a, b) {\n  g('x');\n  return a - b;\n}»\n", ("a - b", "a + b"), 'function f(a, b) {\n  g("x");\n  return a + b;\n}'),
    ("a trailing comma", "typescript", "«const t = {\n  a: 1,\n  b: 2\n};»\n", ("a: 1", "a: 3"), "const t = {\n  a: 3,\n  b: 2,\n};"),
    ("gofmt's alignment", "go", "package a\n\n«var (\n\ta   = 1\n\tbcd = 2\n)»\n", ("bcd = 2", "bcd = 3"), "var (\n\ta = 1\n\tbcd = 3\n)"),
    ("a form feed", "python", "«def f(a, b):\n    x = 1\n\x0c\n    return a - b»\n", ("a - b", "a + b"), "def f(a, b):\n    x = 1\n\n    return a + b"),
    ("a no-break blank elsewhere", "python", "«def f(a, b):\n    x = 'a\u00a0b'\n    return a - b»\n", ("a - b", "a + b"), "def f(a, b):\n    x = 'a b'\n    return a + b"),
    ("... in the changed line", "markdown", "«one\u00a0two three»\n", ("three", "four"), "one two four"),
    ("a zero-width joiner in the changed line", "markdown", "«a\u200db three»\n", ("three", "four"), "ab four"),
    ("YAML spacing", "yaml", "«a:   1\nb: 2»\n", ("b: 2", "b: 3"), "a: 1\nb: 3"),
    ("Ruby quotes", "ruby", "«def f(a, b)\n  puts 'x'\n  a - b\nend»\n", ("a - b", "a + b"), 'def f(a, b)\n  puts "x"\n  a + b\nend'),
    ("indentation elsewhere", "javascript", "«function f(a, b) {\n  g();\n    h();\n  i();\n  return a - b;\n}»\n", ("a - b", "a + b"), "function f(a, b) {\n  g();\n  h();\n  i();\n  return a + b;\n}"),
    ("a comment reworded elsewhere", "python", "«def f(a, b):\n    # sum it\n    g(a)\n    return a - b»\n", ("a - b", "a + b"), "def f(a, b):\n    # Sum it up.\n    g(a)\n    return a + b"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "document", "change", "answer"), [c[1:] for c in LAYOUT], ids=[c[0] for c in LAYOUT]
)
def test_layout_elsewhere_stays(language: str, document: str, change: tuple[str, str], answer: str) -> None:
    check(language, document, change, answer)


KEPT = [
    ("blank lines before a definition", "python", "«import a\ndef f():\n    pass»\n", "def f", "import a\n\n\ndef f():\n    pass"),
    ("blanks around an operator", "python", "«a=1\nb=2»\n", "b=2", "a=1\nb = 2"),
    ("a long line is split", "python", "«x = call(a, b)\ny = 1»\n", "x =", "x = call(\n    a, b\n)\ny = 1"),
    ("trailing blanks", "python", "«x = 1  \ny = 2»\n", "x = 1", "x = 1\ny = 2"),
    ("quotes", "javascript", "«f('a');\ng('b');»\n", "g(", "f('a');\ng(\"b\");"),
    ("Python's indentation is code", "python", "«def f(a):\n    for b in a:\n        g(b)\n        return b»\n", "for b", "def f(a):\n    for b in a:\n        g(b)\n    return b"),
    ("return and its value in JavaScript", "javascript", "«function f(a) {\n  g();\n  return\n  a;\n}»\n", "g()", "function f(a) {\n  g();\n  return a;\n}"),
    ("quotes that matter", "shellscript", "«a=1\necho '$a'»\n", "a=1", 'a=1\necho "$a"'),
    ("... in Ruby", "ruby", "«a = 1\nputs 'x#{a}'»\n", "a = 1", 'a = 1\nputs "x#{a}"'),
    ("a semicolon in Rust", "rust", "«fn f() -> i32 {\n    let a = 1;\n    a;\n}»\n", "fn f", "fn f() -> i32 {\n    let a = 1;\n    a\n}"),
    ("a tuple's comma", "python", "«a = 1\nb = (a)»\n", "a = 1", "a = 1\nb = (a,)"),
    ("a comment above the change", "python", "«def f(a, b):\n    return a - b»\n", "a - b", "def f(a, b):\n    # Add.\n    return a + b"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "document", "asked", "answer"), [c[1:] for c in KEPT], ids=[c[0] for c in KEPT])
def test_what_was_asked_or_changes_code_is_kept(language: str, document: str, asked: str, answer: str) -> None:
    got, _ = proposed(document, answer, language, asked=asked)
    assert got == document.split("«", maxsplit=1)[0] + answer + document.split("»")[1]


FAR = "«def f(a):\n    x = '1'\n    y = 2\n    z = 3\n    return a»\n"


@pytest.mark.parametrize(
    "answer",
    [
        piece_of(FAR).replace("'1'", '"1"'),
        piece_of(FAR).replace("    y", "\n    y"),
        piece_of(FAR).replace("x = '1'", "x='1'"),
        piece_of(FAR).replace("2", "2  "),
    ],
)
def test_layout_far_from_the_message_alone_is_no_edit(answer: str) -> None:
    with pytest.raises(EditRefused) as refused:
        proposed(FAR, answer, "python", asked="return")
    assert refused.value.reason is Refusal.UNCHANGED


SHIFTED = [
    ("YAML", "yaml", "«a:\n   b: 1\n   c: 2\nd: 3»\n", "b: 1", "a:\n  b: 1\n  c: 2\nd: 3"),
    ("Python", "python", "«def f(a):\n    if a:\n       g(a)\n       return 1\n    return 2»\n", "g(a)", "def f(a):\n    if a:\n        g(a)\n        return 1\n    return 2"),
    ("JavaScript, asked at the last line", "javascript", "«function f(a) {\n    if (a) {\n      g();\n      h();\n    }\n}»\n", "h()", "function f(a) {\n    if (a) {\n        g();\n        h();\n    }\n}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "document", "asked", "answer"), [c[1:] for c in SHIFTED], ids=[c[0] for c in SHIFTED]
)
def test_lines_that_share_a_wrong_indentation_move_together(
    language: str, document: str, asked: str, answer: str
) -> None:
    got, edit = proposed(document, answer, language, asked=asked, layout=True)
    assert got == answer + "\n"
    assert edit.concerns == ()


ABOUT_LAYOUT = [
    ("gofmt", "go", "package a\n\n«func f() int {\n    return 1\n}»\n", "func f", "func f() int {\n\treturn 1\n}"),
    ("a docstring's arguments", "python", '«def f(a, b):\n    """Sum.\n\n    Args:\n        a: one\n    """\n    return a»\n', "def f", 'def f(a, b):\n    """Sum.\n\n    Args:\n        a: one\n        b: two\n    """\n    return a'),
    ("quotes of other lines", "javascript", "«f('a');\nh();\ng('b');»\n", "f(", "f('a');\nh();\ng(\"b\");"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "document", "asked", "answer"), [c[1:] for c in ABOUT_LAYOUT], ids=[c[0] for c in ABOUT_LAYOUT]
)
def test_where_the_message_is_about_layout_a_change_of_it_elsewhere_asks(
    language: str, document: str, asked: str, answer: str
) -> None:
    got, edit = proposed(document, answer, language, asked=asked, layout=True)
    assert got == document.split("«", maxsplit=1)[0] + answer + "\n"
    assert edit.concerns == ("It changes layout or comments of other lines, too.",)
    with pytest.raises(EditRefused):
        proposed(document, answer, language, asked=asked)


def test_a_missing_final_newline_is_added_where_the_message_is_about_it() -> None:
    got, _ = proposed("«x = 1\ny = 2»", "x = 1\ny = 2", "python", asked="y = 2", final_newline=True)
    assert got == "x = 1\ny = 2\n"
    got, _ = proposed("«x = 1»\ny = 2", "x = 3", "python", asked="x = 1", final_newline=True)
    assert got == "x = 3\ny = 2"


# --- code around the change -------------------------------------------------------------------------------------------

LEFT_OUT = [
    ("statements around a function", "javascript", "«const q = 1;\nfunction f(a, b) {\n  return a - b;\n}\ng();»\n", ("a - b", "a + b"), "function f(a, b) {\n  return a + b;\n}"),
    ("a call below", "python", "«def f(a, b):\n    return a - b\n\n\nf(1, 2)»\n", ("a - b", "a + b"), "def f(a, b):\n    return a + b"),
    ("imports and another function", "python", "«import os\n\n\ndef f(a, b):\n    return a - b\n\n\ndef g():\n    return os»\n", ("a - b", "a + b"), "def f(a, b):\n    return a + b"),
    ("a statement between functions", "python", "«def f(a, b):\n    return a - b\n\n\nX = 1\n\n\ndef g():\n    return X»\n", ("a - b", "a + b"), "def f(a, b):\n    return a + b\n\n\ndef g():\n    return X"),
    ("an indented answer", "python", "«X = 1\n\n\ndef f(a, b):\n    return a - b»\n", ("a - b", "a + b"), "    def f(a, b):\n        return a + b"),
    ("a comment above the function", "go", "package a\n\n«var q = 1\n\n// f adds.\nfunc f(a, b int) int {\n\treturn a - b\n}»\n", ("a - b", "a + b"), "// f adds.\nfunc f(a, b int) int {\n\treturn a + b\n}"),
    ("a decorator", "python", "«@cache\ndef f(a, b):\n    return a - b»\n", ("a - b", "a + b"), "def f(a, b):\n    return a + b"),
    ("an annotation", "java", "class A {\n«    @Override\n    int f(int a, int b) {\n        return a - b;\n    }»\n}\n", ("a - b", "a + b"), "int f(int a, int b) {\n    return a + b;\n}"),
    ("an attribute", "rust", "«#[inline]\npub fn f(a: i32, b: i32) -> i32 {\n    a - b\n}»\n", ("a - b", "a + b"), "pub fn f(a: i32, b: i32) -> i32 {\n    a + b\n}"),
    *(
        (f"the attribute {head}", language, f"«{head}\n{body}»\n", ("a - b", "a + b"), body.replace("a - b", "a + b"))
        for language, body, heads in (
            ("elixir", "def f(a, b) do\n  a - b\nend", ['@doc "Doc."', "@spec f(integer, integer) :: integer", "@impl true", '@doc false\n@deprecated "Use g."']),
            ("fsharp", "let f a b =\n    a - b", ["[<Literal>]"]),
            ("java", "int f(int a, int b) {\n    return a - b;\n}", ["@Override @Deprecated", "@A @B(1) @C(2)"]),
            ("scala", "def f(a: Int, b: Int): Int = {\n  a - b\n}", ["@throws[IOException]", '@throws[IOException]("x")']),
            ("kotlin", "fun f(a: Int, b: Int): Int {\n    return a - b\n}", ['@get:JvmName("x")']),
            ("dart", "int f(int a, int b) {\n  return a - b;\n}", ["@Foo<int>()"]),
            ("python", "def f(a, b):\n    return a - b", ["@(yield_)"]),
            ("cpp", "int f(int a, int b) {\n    return a - b;\n}", ["__attribute__((noinline))"]),
            ("crystal", "def f(a, b)\n  a - b\nend", ["@[AlwaysInline]"]),
            ("csharp", "int F(int a, int b) {\n    return a - b;\n}", ["[Obsolete] // old"]),
            ("swift", "func f(a: Int, b: Int) -> Int {\n    return a - b\n}", ["@MainActor @objc"]),
        )
        for head in heads
    ),
    ("a comment in JSX", "javascriptreact", "«function F(a, b) {\n  return (\n    <p>\n      {/* sum */}\n      {a - b}\n    </p>\n  );\n}»\n", ("a - b", "a + b"), "function F(a, b) {\n  return (\n    <p>\n      {a + b}\n    </p>\n  );\n}"),
    ("comments of languages within HTML", "html", "<html>\n«<style>\n/* c */\na { top: 0 }\n</style>\n<script>\n// d\nf('tow');\n</script>»\n</html>\n", ("tow", "two"), "<style>\na { top: 0 }\n</style>\n<script>\nf('two');\n</script>"),
    ("fields of the class around", "typescript", "export class A {\n  x = 1;\n\n«  f(a: number, b: number): number {\n    return a - b;\n  }»\n}\n", ("a - b", "a + b"), "export class A {\n  f(a: number, b: number): number {\n    return a + b;\n  }\n}"),
    ("comments of a language that is not known", "latex", "«% one\ntow % two\nthree % more\n»", ("tow", "two"), "two % two\nthree"),
    ("... with other signs", "vb", "«' head\nx = tow\n' more\ny = 1»\n", ("tow", "two"), "x = two\ny = 1"),
    ("... in tags", "unknown", "«<!-- one -->\n<p>tow</p>\n<b/> <!-- b -->»\n", ("tow", "two"), "<p>two</p>\n<b/>"),
    ("... behind code", "unknown", "«a = tow\nb = 1 ; one\nc = 2 # two»\n", ("tow", "two"), "a = two\nb = 1\nc = 2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "document", "change", "answer"), [c[1:] for c in LEFT_OUT], ids=[c[0] for c in LEFT_OUT]
)
def test_what_the_answer_leaves_out_around_the_change_stays(
    language: str, document: str, change: tuple[str, str], answer: str
) -> None:
    check(language, document, change, answer)


AROUND = [
    ("a new block around lines in tabs", "javascript", "«async function f(a) {\n\tawait g(a);\n\tawait h(a);\n}»\n", "async function f(a) {\n  try {\n    await g(a);\n    await h(a);\n  } catch (e) {\n    log(e);\n  }\n}", "async function f(a) {\n\ttry {\n\t\tawait g(a);\n\t\tawait h(a);\n\t} catch (e) {\n\t\tlog(e);\n\t}\n}"),
    ("the function around a selection", "python", "def f(a):\n    x = 1\n«    if a:\n        x = 2\n    else:\n        x = 3»\n    return x\n", "def f(a):\n    x = 1\n    x = 2 if a else 3\n    return x", "    x = 2 if a else 3"),
    ("... dedented", "go", "func f(a int) {\n\tx := 1\n«\tif a > 0 {\n\t\tg()\n\t\th()\n\t}»\n\treturn\n}\n", "x := 1\nif a > 0 {\n\th()\n}\nreturn", "\tif a > 0 {\n\t\th()\n\t}"),
    ("a class around a documented method", "java", "class A {\n    int x;\n«    int f(int a) {\n        return a;\n    }»\n}\n", "class A {\n    int x;\n    /**\n     * Returns a.\n     */\n    int f(int a) {\n        return a;\n    }\n}", "    /**\n     * Returns a.\n     */\n    int f(int a) {\n        return a;\n    }"),
    ("a documented method, dedented", "java", "class A {\n«    int f(int a) {\n        return a;\n    }»\n}\n", "/**\n * Returns a.\n *\n * @param a one\n */\nint f(int a) {\n    return a;\n}", "    /**\n     * Returns a.\n     *\n     * @param a one\n     */\n    int f(int a) {\n        return a;\n    }"),
    ("a docstring, dedented", "python", "class A:\n«    def f(self):\n        return 1»\n", 'def f(self):\n    """Return 1.\n\n    Always.\n    """\n    return 1', '    def f(self):\n        """Return 1.\n\n        Always.\n        """\n        return 1'),
    ("a docstring in the place of a comment", "python", "«def f(a):\n    # sum\n    return a»\n", 'def f(a):\n    """Return a."""\n    return a', 'def f(a):\n    """Return a."""\n    # sum\n    return a'),
    ("a docstring for a docstring", "python", '«def f(a):\n    """A."""\n    return a»\n', 'def f(a):\n    """Return a.\n\n    Always.\n    """\n    return a', 'def f(a):\n    """Return a.\n\n    Always.\n    """\n    return a'),
    ("a second documentation comment", "javascript", "/** Adds. */\n«function f(a, b) {\n  return a - b;\n}»\n", "/**\n * Adds both.\n */\nfunction f(a, b) {\n  return a + b;\n}", "function f(a, b) {\n  return a + b;\n}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "document", "answer", "wanted"), [c[1:] for c in AROUND], ids=[c[0] for c in AROUND]
)
def test_a_refactoring_takes_the_piece_out_of_a_longer_answer(
    language: str, document: str, answer: str, wanted: str
) -> None:
    got, edit = proposed(document, answer, language, asked=None)
    assert got == document.split("«", maxsplit=1)[0] + wanted + document.split("»")[1]
    assert edit.concerns == ()


def test_the_code_around_the_piece_is_refused_where_it_has_changed() -> None:
    document = "def f(a):\n    x = 1\n«    if a:\n        x = 2\n    else:\n        x = 3»\n    return x\n"
    with pytest.raises(EditRefused) as refused:
        proposed(document, "def f(a):\n    return 2 if a else 3", "python", asked=None)
    assert refused.value.reason is Refusal.OTHER_CODE


DELETED = [
    ("an unused constant", "python", "«X = 1\n\n\ndef f(a):\n    return a»\n", "X = 1", "def f(a):\n    return a"),
    ("an unused function", "python", "«def f(a):\n    return a\n\n\ndef g():\n    pass»\n", "def g", "def f(a):\n    return a"),
    ("a decorator", "python", "«@cache\ndef f(a):\n    return a»\n", "@cache", "def f(a):\n    return a"),
    ("... asked at the function", "python", "«@cache\ndef f(a):\n    return a»\n", "def f", "def f(a):\n    return a"),
    ("a documentation attribute", "elixir", "«@doc false\ndef f(a) do\n  a\nend»\n", "@doc", "def f(a) do\n  a\nend"),
    ("... asked at the function", "elixir", "«@impl true\ndef f(a) do\n  a\nend»\n", "def f", "def f(a) do\n  a\nend"),
    ("an assignment in Ruby", "ruby", "«def f(a)\n  @doc = a\n  a\nend»\n", "@doc =", "def f(a)\n  a\nend"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "document", "asked", "answer"), [c[1:] for c in DELETED], ids=[c[0] for c in DELETED]
)
def test_code_that_the_message_stands_at_can_be_deleted(language: str, document: str, asked: str, answer: str) -> None:
    got, _ = proposed(document, answer, language, asked=asked)
    assert got.rstrip() == answer


ATTRIBUTES = [  # of a refactoring: the piece, the answer, the concerns
    ("left out", "python", "@cache\n@two(1)\ndef f(a):\n    return a", "def f(a):\n    return 1 + a", ("It removes `@cache`.", "It removes `@two(1)`.")),
    ("left out, with its comment", "rust", "/// Doc.\n#[inline]\nfn f() -> i32 {\n    1\n}", "fn f() -> i32 {\n    2\n}", ("It removes `#[inline]`.",)),
    ("left out, the header is changed", "java", "class A {\n    @Override\n    int f() {\n        return 1;\n    }\n}", "class A {\n    long f() {\n        return 2;\n    }\n}", ("It removes `@Override`.",)),
    ("left out in Elixir", "elixir", "@impl true\ndef f(a) do\n  a\nend", "def f(a) do\n  a + 1\nend", ("It removes `@impl true`.",)),
    ("the only change", "python", "@cache\ndef f(a):\n    return a", "def f(a):\n    return a", ()),
    ("replaced", "python", "@cache\ndef f(a):\n    return a", "@lru_cache\ndef f(a):\n    return 1 + a", ()),
    ("kept", "python", "@cache\ndef f(a):\n    return a", "@cache\ndef f(a):\n    return 1 + a", ()),
    ("gone with its function", "python", "class A:\n    @staticmethod\n    def g(a):\n        return a + 1\n\n    def f(self):\n        return self.g(1)", "class A:\n    def f(self):\n        return 2", ()),
    ("a conditional", "c", "#if A\nint a = 1;\n#endif\nint b = 1;", "int a = 1;\nint b = 2;", ()),
]  # fmt: skip


@pytest.mark.parametrize(("language", "piece", "answer", "concerns"), [c[1:] for c in ATTRIBUTES], ids=[c[0] for c in ATTRIBUTES])  # fmt: skip
def test_attributes_that_a_refactoring_removes_are_a_concern(
    language: str, piece: str, answer: str, concerns: tuple[str, ...]
) -> None:
    _, edit = proposed(f"«{piece}»\n", answer, language, asked=None)
    assert edit.concerns == concerns


# --- signatures -------------------------------------------------------------------------------------------------------

SIGNATURES = [
    ("Python, called below", "python", "«def f(a, b):\n    return a - b»\n\n\nprint(f(1, 2))\n", "a - b", "def f(a, b, c):\n    return a + b + c", True),
    ("a default", "python", "«def f(a, b):\n    return a - b»\n", "a - b", "def f(a, b, c=0):\n    return a + b + c", True),
    ("renamed", "python", "«def f(a, b):\n    return a - b»\n", "a - b", "def f(x, b):\n    return x + b", True),
    ("a method", "python", "class A:\n«    def f(self, a):\n        return -a»\n", "-a", "def f(self, a, b):\n        return a + b", True),
    ("JavaScript", "javascript", "«export function f(a, b) {\n  return a - b;\n}»\n", "a - b", "export function f(b, a) {\n  return a + b;\n}", True),
    ("TypeScript", "typescript", "«export function f(a: number) {\n  return -a;\n}»\n", "-a", "export function f(a?: number) {\n  return a;\n}", True),
    ("Go", "go", "package a\n\n«func F(a int) int {\n\treturn -a\n}»\n", "-a", "func F(a, b int) int {\n\treturn a + b\n}", True),
    ("C", "c", "«int f(int a) {\n    return -a;\n}»\n", "-a", "int f(long a) {\n    return a;\n}", True),
    ("Java", "java", "class A {\n«    public int f(int a) {\n        return -a;\n    }»\n}\n", "-a", "public int f(int a, int b) {\n        return a;\n    }", True),
    ("Rust", "rust", "«pub fn f(a: i32) -> i32 {\n    -a\n}»\n", "-a", "pub fn f(a: &i32) -> i32 {\n    *a\n}", True),
    ("PHP", "php", "<?php\n«function f($a) {\n    return -$a;\n}»\n", "-$a", "function f($a, $b) {\n    return $a;\n}", True),
    ("Ruby", "ruby", "«def f(a)\n  -a\nend»\n", "-a", "def f(a, b)\n  a + b\nend", True),
    ("private and not called", "python", "«def _f(a):\n    return -a»\n", "-a", "def _f(a, b):\n    return a", False),
    ("private and called", "python", "«def _f(a):\n    return -a»\n\n\n_f(1)\n", "-a", "def _f(a, b):\n    return a", True),
    ("static in C, not called", "c", "«static int f(int a) {\n    return -a;\n}»\n", "-a", "static int f(long a) {\n    return a;\n}", False),
    ("layout of the parameters", "python", "«def f(a, b):\n    return a - b»\n", "a - b", "def f(\n    a,\n    b,\n):\n    return a + b", False),
    ("annotations at the message", "python", "«def f(a, b):\n    return a»\n", "def f", "def f(a: int, b: int):\n    return a", False),
    ("a function within", "python", "«def f(a):\n    def g(b):\n        return -b\n    return g(a)»\n", "-b", "def f(a):\n    def g(b, c):\n        return b + c\n    return g(a, a)", False),
    ("a new function", "python", "«def f(a):\n    return -a»\n", "-a", "def f(a):\n    return g(a)\n\n\ndef g(a):\n    return a", False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "document", "asked", "answer", "asks"), [c[1:] for c in SIGNATURES], ids=[c[0] for c in SIGNATURES]
)
def test_a_changed_parameter_list_asks(language: str, document: str, asked: str, answer: str, asks: bool) -> None:
    _, edit = proposed(document, answer, language, asked=asked)
    assert any("parameters" in concern for concern in edit.concerns) is asks


# --- what a model writes otherwise on lines without a message ----------------------------------------------------------

REWRITTEN = [
    ("quotes in YAML", "yaml", "«a: 'x'\nb: [1,2]\nc: d - e»\n", ("d - e", "d + e"), 'a: "x"\nb: [1, 2]\nc: d + e'),
    ("quotes in PHP", "php", "<?php\n«$b = \"x\";\n$c = $a - $b;»\n", ("$a - $b", "$a + $b"), "$b = 'x';\n$c = $a + $b;"),
    ("quotes in shell", "shellscript", "«b='x'\nc=$((a - b))»\n", ("a - b", "a + b"), 'b="x"\nc=$((a + b))'),
    ("semicolons", "typescript", "«const a = 1\nconst b = 'x'\n\nf(a - b)»\n", ("a - b", "a + b"), 'const a = 1;\nconst b = "x";\n\nf(a + b)'),
    ("no semicolons", "javascript", "«let a = 1;\nlet b = 2;\n\nf(a - b);»\n", ("a - b", "a + b"), "let a = 1\nlet b = 2\n\nf(a + b);"),
    ("a semicolon before a comment", "kotlin", "«val a = 1; // one\nval b = 2\n\nf(a - b)»\n", ("a - b", "a + b"), "val a = 1 // one\nval b = 2;\n\nf(a + b)"),
    ("a composed letter", "python", "«s = 'e\u0301'\nx = a - b»\n", ("a - b", "a + b"), "s = '\u00e9'\nx = a + b"),
    ("three dots", "python", "«s = 'a\u2026b'\nx = a - b»\n", ("a - b", "a + b"), "s = 'a...b'\nx = a + b"),
    ("a variation selector", "go", "«s := \"\u2714\ufe0f\"\nx := a - b»\n", ("a - b", "a + b"), 's := "\u2714"\nx := a + b'),
    ("a wide letter", "java", "class A {\n«  String s = \"\uff21\";\n  int x = a - b;»\n}\n", ("a - b", "a + b"), '  String s = "A";\n  int x = a + b;'),
    ("an attribute with its comment", "rust", "«/// Doc.\n#[inline]\nfn f(a: i32, b: i32) -> i32 {\n    a - b\n}»\n", ("a - b", "a + b"), "fn f(a: i32, b: i32) -> i32 {\n    a + b\n}"),
    ("a directive", "c", "«#pragma once\n\nint a;\nint x = a - b;»\n", ("a - b", "a + b"), "int a;\nint x = a + b;"),
    ("a guard", "c", "«#ifndef A\n#define A\n\nint c;\nint x = a - b;\nint d;\n\n#endif»\n", ("a - b", "a + b"), "int c;\nint x = a + b;\nint d;"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "document", "change", "answer"), [c[1:] for c in REWRITTEN], ids=[c[0] for c in REWRITTEN]
)
def test_lines_without_a_message_stay_as_they_are_written(
    language: str, document: str, change: tuple[str, str], answer: str
) -> None:
    check(language, document, change, answer)


OTHER_VALUES = [  # these quotes and semicolons mean something
    ("a variable in PHP", "php", "<?php\n«$b = '$x';\n$c = 1;»\n", '$b = "$x";\n$c = 2;'),
    ("a variable in shell", "shellscript", "«b='$x'\nc=1»\n", 'b="$x"\nc=2'),
    ("a character in C", "c", "«char b = 'x';\nint c = 1;»\n", 'char b = "x";\nint c = 2;'),
    ("a missing semicolon", "c", "«int b = 1\nint c = 1;»\n", "int b = 1;\nint c = 2;"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "document", "answer"), [c[1:] for c in OTHER_VALUES], ids=[c[0] for c in OTHER_VALUES]
)
def test_another_value_is_no_layout(language: str, document: str, answer: str) -> None:
    got, _ = proposed(document, answer, language, asked="c = 1" if "c = 1" in document else "c=1")
    assert got.removeprefix("<?php\n") == f"{answer}\n"


# --- all comments dropped, in many languages ---------------------------------------------------------------------------

DROPPED = [
    ('ruby', '«def f(a, b)\n  x = 1 # one\n  # two\n  a - b # three\nend»\n', ('a - b', 'a + b'), 'def f(a, b)\n  x = 1\n  a + b\nend'),
    ('lua', '«local function f(a, b)\n  local x = 1 -- one\n  --[[ two\n  more ]]\n  return a - b -- three\nend»\n', ('a - b', 'a + b'), 'local function f(a, b)\n  local x = 1\n  return a + b\nend'),
    ('sql', '«SELECT a, -- one\n  b /* two */,\n  a - b\nFROM t -- three\nWHERE x = 1; -- four»\n', ('a - b', 'a + b'), 'SELECT a,\n  b,\n  a + b\nFROM t\nWHERE x = 1;'),
    ('haskell', '«f a b = -- one\n  {- two -}\n  let x = 1 -- three\n  in a - b»\n', ('a - b', 'a + b'), 'f a b =\n  let x = 1\n  in a + b'),
    ('elixir', '«def f(a, b) do\n  # one\n  x = 1 # two\n  a - b\nend»\n', ('a - b', 'a + b'), 'def f(a, b) do\n  x = 1\n  a + b\nend'),
    ('kotlin', '«/** Doc. */\nfun f(a: Int, b: Int): Int { // one\n    /* two */\n    return a - b // three\n}»\n', ('a - b', 'a + b'), 'fun f(a: Int, b: Int): Int {\n    return a + b\n}'),
    ('swift', '«/// Doc.\nfunc f(a: Int, b: Int) -> Int { // one\n    // MARK: two\n    return a - b // swiftlint:disable:this x\n}»\n', ('a - b', 'a + b'), 'func f(a: Int, b: Int) -> Int {\n    return a + b\n}'),
    ('scala', '«/** Doc. */\ndef f(a: Int, b: Int): Int = { // one\n  // two\n  a - b // three\n}»\n', ('a - b', 'a + b'), 'def f(a: Int, b: Int): Int = {\n  a + b\n}'),
    ('php', '<?php\n«/** @param int $a */\nfunction f($a, $b) { // one\n    # two\n    return $a - $b; // phpcs:ignore\n}»\n', ('$a - $', '$a + $'), 'function f($a, $b) {\n    return $a + $b;\n}'),
    ('rust', '«/// Doc.\n#[inline]\nfn f(a: i32, b: i32) -> i32 { // one\n    // SAFETY: two\n    a - b // three\n}»\n', ('a - b', 'a + b'), 'fn f(a: i32, b: i32) -> i32 {\n    a + b\n}'),
    ('zig', '«/// Doc.\nfn f(a: i32, b: i32) i32 { // one\n    // two\n    return a - b; // three\n}»\n', ('a - b', 'a + b'), 'fn f(a: i32, b: i32) i32 {\n    return a + b;\n}'),
    ('css', '«a { /* one */\n  color: red; /* two */\n  /* three */\n  width: a - b;\n}»\n', ('a - b', 'a + b'), 'a {\n  color: red;\n  width: a + b;\n}'),
    ('html', '«<div> <!-- one -->\n  <!-- two -->\n  <p>a - b</p> <!-- three -->\n</div>»\n', ('>a - b', '>a + b'), '<div>\n  <p>a + b</p>\n</div>'),
    ('yaml', '«a: 1 # one\n# two\nb: a - b # three\nc: 3»\n', ('a - b', 'a + b'), 'a: 1\nb: a + b\nc: 3'),
    ('toml', '«a = 1 # one\n# two\nb = "a - b" # three»\n', ('"a - b', '"a + b'), 'a = 1\nb = "a + b"'),
    ('dockerfile', '«FROM a # one\n# two\nRUN echo a - b\n# three\nCMD x»\n', ('a - b', 'a + b'), 'FROM a # one\nRUN echo a + b\nCMD x'),
    ('makefile', '«all: a # one\n\t# two\n\techo a - b # three»\n', ('a - b', 'a + b'), 'all: a\n\techo a + b'),
    ('shellscript', '«f() { # one\n  # two\n  echo $((a - b)) # three\n}»\n', ('a - b', 'a + b'), 'f() {\n  echo $((a + b))\n}'),
    ('perl', '«sub f { # one\n    # two\n    return a - b; # three\n}»\n', ('a - b', 'a + b'), 'sub f {\n    return a + b;\n}'),
    ('r', "«f <- function(a, b) { # one\n  #' two\n  a - b # three\n}»\n", ('a - b', 'a + b'), 'f <- function(a, b) {\n  a + b\n}'),
    ('julia', '«function f(a, b) # one\n    #= two =#\n    a - b # three\nend»\n', ('a - b', 'a + b'), 'function f(a, b)\n    a + b\nend'),
    ('powershell', '«function F($a, $b) { # one\n    <# two #>\n    $a - $b # three\n}»\n', ('$a - $', '$a + $'), 'function F($a, $b) {\n    $a + $b\n}'),
    ('vim', '«function! F(a, b) " one\n  " two\n  return a:a - b " three\nendfunction»\n', (':a - b', ':a + b'), 'function! F(a, b)\n  return a:a + b\nendfunction'),
    ('clojure', '«(defn f [a b] ; one\n  ;; two\n  (a - b)) ; three»\n', ('a - b', 'a + b'), '(defn f [a b]\n  (a + b))'),
    ('erlang', '«f(A, B) -> % one\n    % two\n    a - b. % three»\n', ('a - b', 'a + b'), 'f(A, B) ->\n    a + b.'),
    ('terraform', '«resource "a" "b" { # one\n  // two\n  x = a - b # three\n}»\n', ('a - b', 'a + b'), 'resource "a" "b" {\n  x = a + b\n}'),
    ('jsonc', '«{ // one\n  /* two */\n  "a": "a - b" // three\n}»\n', ('"a - b', '"a + b'), '{\n  "a": "a + b"\n}'),
    ('ini', '«[a] ; one\n# two\nb = a - b ; three»\n', ('a - b', 'a + b'), '[a]\nb = a + b'),
    ('vb', "«Function F(a, b) ' one\n    ' two\n    Return a - b ' three\nEnd Function»\n", ('a - b', 'a + b'), 'Function F(a, b)\n    Return a + b\nEnd Function'),
    ('fsharp', '«let f a b = // one\n    (* two *)\n    a - b // three»\n', ('a - b', 'a + b'), 'let f a b =\n    a + b'),
    ('latex', '«\\section{A} % one\n% two\na - b % three»\n', ('a - b', 'a + b'), '\\section{A}\na + b'),
    ('vue', '«<script>\n// one\nconst x = a - b // two\n</script>»\n', ('a - b', 'a + b'), '<script>\nconst x = a + b\n</script>'),
    ("ocaml", "«let f a b =\n  (* one\n     two *)\n  a - b\n  (* three *)»\n", ("a - b", "a + b"), "let f a b =\n  a + b"),
    ("terraform", "«/* one\n   two */\na = b - c»\n", ("b - c", "b + c"), "a = b + c"),
    ("powershell", "«<#\n one\n#>\n$a - $b»\n", ("$a - $b", "$a + $b"), "$a + $b"),
    ("cmake", "«#[[ one ]]\nset(a \"b # c\") # two\nmath(a - b)»\n", ("a - b", "a + b"), "set(a \"b # c\")\nmath(a + b)"),
    ("nix", "«{ # one\n  a = b - c; # two\n}»\n", ("b - c", "b + c"), "{\n  a = b + c;\n}"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "document", "change", "answer"), DROPPED, ids=[c[0] for c in DROPPED])
def test_comments_are_restored_in_any_language(
    language: str, document: str, change: tuple[str, str], answer: str
) -> None:
    check(language, document, change, answer)


NO_COMMENTS = [  # the asked text, what is answered: signs that are code or text
    ("plaintext", "«the dogs ' bone\na - b»\n", "the dogs\na + b"),
    ("nix", "«a = \"x # y\";\nb - c»\n", "a = \"x\";\nb + c"),
    ("haskell", "«a = \"-- b\"\nb - c»\n", "a = \"\"\nb + c"),
    ("lisp", "«(a \"; b\")\n(b - c)»\n", "(a \"\")\n(b + c)"),
    ("tcl", "«puts a#b\nb - c»\n", "puts a\nb + c"),
    ("erlang", "«io:format(\"% x\").\nb - c»\n", "io:format(\"\").\nb + c"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "document", "answer"), NO_COMMENTS, ids=[c[0] for c in NO_COMMENTS])
def test_signs_of_comments_in_strings_are_none(language: str, document: str, answer: str) -> None:
    got, _ = proposed(document, answer, language, asked=None)
    assert got == f"{answer}\n"


# --- edges and line ends ----------------------------------------------------------------------------------------------

EDGES = [
    ("blank lines at both ends", "plaintext", "a\n«\nb\nc\n\n»\nd\n", ("c", "e"), "b\ne"),
    ("blank lines with blanks", "python", "x = 1\n«  \ny = 2\n\t»\nz = 3\n", ("y = 2", "y = 4"), "y = 4"),
    ("the final newline", "python", "«x = 1\ny = 2\n»", ("y = 2", "y = 4"), "x = 1\ny = 4"),
    ("no final newline", "python", "«x = 1\ny = 2»", ("y = 2", "y = 4"), "x = 1\ny = 4\n"),
    ("a byte order mark", "python", "«\ufeffx = 1\ny = 2\n»", ("y = 2", "y = 4"), "x = 1\ny = 4"),
    ("... in the changed line", "python", "«\ufeffx = 1\ny = 2\n»", ("x = 1", "x = 3"), "x = 3\ny = 2"),
    ("... that the model repeats", "csharp", "«\ufeffusing A;\nclass B { int c = 1; }\n»", ("c = 1", "c = 2"), "\ufeffusing A;\nclass B { int c = 2; }"),
    ("more blank lines in the answer", "go", "package a\n\n«func f() int {\n\treturn 1\n}»\n", ("return 1", "return 2"), "\n\nfunc f() int {\n\treturn 2\n}\n\n\n"),
    ("a form feed at the edge", "python", "x = 1\n«\x0c\ny = 2»\n", ("y = 2", "y = 4"), "y = 4"),
    ("JSON", "json", "«{\n  \"a\": 1\n}\n\n»", ('"a": 1', '"a": 2'), '{\n  "a": 2\n}'),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "document", "change", "answer"), [c[1:] for c in EDGES], ids=[c[0] for c in EDGES]
)
@pytest.mark.parametrize("asked", ["", None], ids=["fix", "refactoring"])
def test_the_edges_of_the_piece_stay(
    language: str, document: str, change: tuple[str, str], answer: str, asked: str | None
) -> None:
    check(language, document, change, answer, asked)


BLANK_LINES = [
    ("doubled in a comment", "go", "«// A b\n// c d\n// e f\n\n// g\npackage a»\n", ("e f", "e h"), "// A b\n\n// c d\n\n// e h\n\n\n\n// g\n\npackage a"),
    ("doubled below a comment", "ruby", "«# A b\n# c d\n#\n# e\ndef f\n  g\nend»\n", ("A b", "A h"), "# A h\n\n# c d\n\n#\n\n# e\n\ndef f\n\n  g\n\nend"),
    ("dropped between comments", "cpp", "«// a\n// more b.\n\n// c\nint d;»\n", ("more b", "less b"), "// a\n// less b.\n// c\nint d;"),
    ("dropped behind a docstring", "python", "«\"\"\"One two.\"\"\"\n\nimport os\n\nx = 1»\n", ("One two", "Two two"), "\"\"\"Two two.\"\"\"\nimport os\nx = 1"),
    ("doubled in JSDoc", "php", "<?php\n«/**\n * @param string $a\n * @return bool\n */\nfunction f($a) {}»\n", ("@param string", "@param int"), "/**\n\n * @param int $a\n\n * @return bool\n\n */\n\nfunction f($a) {}"),
    ("doubled in YAML", "yaml", "«# a b\n# c d\ne: 1»\n", ("c d", "c f"), "# a b\n\n# c f\n\ne: 1"),
    ("dropped in shell", "shellscript", "«# a b\n\nc=1\n\nd=2»\n", ("a b", "a f"), "# a f\nc=1\nd=2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "document", "change", "answer"), [c[1:] for c in BLANK_LINES], ids=[c[0] for c in BLANK_LINES]
)
def test_blank_lines_at_the_changed_line_stay(
    language: str, document: str, change: tuple[str, str], answer: str
) -> None:
    check(language, document, change, answer)


LINE_ENDS = [
    ("first LF, the rest CRLF", "import os\n«def f(a):\r\n    # c\r\n    return a»\r\n", "import os\ndef f(a):\r\n    # c\r\n    b = a\r\n    return b\r\n"),
    ("first CRLF, the rest LF", "import os\r\n«def f(a):\n    # c\n    return a»\n", "import os\r\ndef f(a):\n    # c\n    b = a\n    return b\n"),
    ("mixed inside the piece", "x = 1\n«def f(a):\n    # c\r\n    return a»\n", "x = 1\ndef f(a):\n    # c\r\n    b = a\n    return b\n"),
    ("CR", "import os\r«def f(a):\r    # c\r    return a»\r", "import os\rdef f(a):\r    # c\r    b = a\r    return b\r"),
    ("no end at the last line", "import os\n«def f(a):\r\n    # c\r\n    return a»", "import os\ndef f(a):\r\n    # c\r\n    b = a\r\n    return b"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "wanted"), [c[1:] for c in LINE_ENDS], ids=[c[0] for c in LINE_ENDS])
def test_new_lines_end_like_their_neighbours(document: str, wanted: str) -> None:
    got, _ = proposed(document, "def f(a):\n    # c\n    b = a\n    return b", "python", asked="return a")
    assert got == wanted


def test_deleted_lines_take_their_own_ends_along() -> None:
    got, _ = proposed(
        "a = 1\n«b = 2\nc = 3\r\nd = 4\r\n»e = 5\n".replace("\r\n»", "»\r\n"), "b = 2", "python", asked="c = 3"
    )
    assert got == "a = 1\nb = 2\ne = 5\n"


# --- blanks that align columns, items of YAML's lists -----------------------------------------------------------------

ALIGNED = [
    ("c", "«int  a   = 1;\nlong bb  = teh;\nchar ccc = 3;»\n", "int a = 1;\nlong bb = the;\nchar ccc = 3;"),
    ("go", "package a\n\n«var (\n\ta   = 1 // one\n\tbbb = teh // two\n\tcc  = 3 // three\n)»\n", "var (\n\ta = 1 // one\n\tbbb = the // two\n\tcc = 3 // three\n)"),
    ("ini", "«a    = 1\nbb   = teh\nccc  = 3»\n", "a = 1\nbb = the\nccc = 3"),
    ("conf", "«server   one\nport     teh  # of it\nname     x»\n", "server one\nport the # of it\nname x"),
    ("yaml", "«a:    1\nbb:   teh\nccc:  3»\n", "a: 1\nbb: the\nccc: 3"),
    ("makefile", "«A     = 1\nBB    = teh\nCCC   = 3»\n", "A = 1\nBB = the\nCCC = 3"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "document", "answer"), ALIGNED)
def test_blanks_that_align_columns_stay(language: str, document: str, answer: str) -> None:
    check(language, document, ("teh", "the"), answer)


@pytest.mark.parametrize("blanks", ["  ", "\t", " \t "])
@pytest.mark.parametrize("language", ["python", "conf", "markdown"])
def test_no_blanks_behind_the_asked_line(language: str, blanks: str) -> None:
    document, change = "«a = one\nb = teh\nc = three»\n", ("teh", "the")
    check(language, document, change, "\n".join(f"{line}{blanks}" for line in ("a = one", "b = the", "c = three")))
    check(language, document.replace("teh", "teh  "), change, "a = one\nb = the\nc = three")


YAML_LISTS = [
    "jobs:\n«  build:\n    steps:\n    - run: |\n        make\n        make teh\n      name: x»\n  other: 1\n",
    "jobs:\n«  build:\n    steps:\n      - run: |\n          make\n          make teh\n        name: x»\n  other: 1\n",
    "«a:\n- b: teh\n  c:\n  - 1\n  - 2\nd: x»\n",
    "«a:\n  - b: teh\n    c:\n      - 1\n      - 2\nd: x»\n",
]  # fmt: skip
YAML_ANSWERS = [
    ["build:\n  steps:\n    - run: |\n        make\n        make the\n      name: x", "build:\n  steps:\n  - run: |\n      make\n      make the\n    name: x"],
    ["a:\n- b: the\n  c:\n  - 1\n  - 2\nd: x", "a:\n  - b: the\n    c:\n      - 1\n      - 2\nd: x", "a:\n  - b: the\n    c:\n    - 1\n    - 2\nd: x"],
]  # fmt: skip


@pytest.mark.parametrize("document", YAML_LISTS)
def test_items_of_lists_keep_their_level(document: str) -> None:
    """Both levels mean the same; a change of some of them would not."""
    for answer in YAML_ANSWERS[YAML_LISTS.index(document) // 2]:
        check("yaml", document, ("teh", "the"), answer)


# --- search/replace blocks --------------------------------------------------------------------------------------------

BLOCKS = [
    ("comments in a block", "python", "«def f(a, b):\n    x = 1  # one\n    return a - b  # noqa»\n", ("a - b", "a + b"), ("    x = 1  # one\n    return a - b  # noqa", "    x = 1\n    return a + b")),
    ("tabs, copied in blanks", "go", "package a\n\n«func f(a, b int) int {\n\tif a > 0 {\n\t\treturn a - b\n\t}\n\treturn b\n}»\n", ("a - b", "a + b"), ("    if a > 0 {\n        return a - b", "    if a > 0 {\n        return a + b")),
    ("copied from the first column", "python", "class A:\n«    def f(self, a, b):\n        return a - b»\n", ("a - b", "a + b"), ("return a - b", "return a + b")),
    ("lines above and below copied along", "conf", "«one 1\n# two\nthree\nfront 4\nfive\n# six\nseven»\n", ("front 4", "back 4"), ("front 4", "# two\nthree\nback 4\nfive\n# six")),
    ("a blank line behind those below, too", "conf", "«one 1\nfront 4\nfive\n\nseven»\n", ("front 4", "back 4"), ("front 4", "back 4\nfive\n")),
    ("a blank line before those above, too", "conf", "«one 1\n\nthree\nfront 4\nfive»\n", ("front 4", "back 4"), ("front 4", "\nthree\nback 4")),
    ("lines without a word above", "conf", "«one 1\n#\n#\n# front 4\n# five\nsix»\n", ("# front 4", "# back 4"), ("# front 4", "#\n#\n# back 4\n# five")),
    ("lines above copied along", "python", "«a = one()\nb = two(a)\nc = b - a\nd = c»\n", ("b - a", "b + a"), ("c = b - a", "a = one()\nb = two(a)\nc = b + a")),
    ("lines below copied along", "python", "«a = one()\nb = two(a)\nc = b - a\nd = c\ne = d»\n", ("b - a", "b + a"), ("c = b - a", "c = b + a\nd = c\ne = d")),
    ("lines above the piece copied along", "python", "x = zero()\ny = x\n«c = b - a\nd = c»\n", ("b - a", "b + a"), ("c = b - a", "x = zero()\ny = x\nc = b + a")),
    ("quotes along the way", "javascript", "«f('x');\ng('y');\nh(a - b);»\n", ("a - b", "a + b"), ("f('x');\ng('y');\nh(a - b);", 'f("x");\ng("y");\nh(a + b);')),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "document", "change", "block"), [c[1:] for c in BLOCKS], ids=[c[0] for c in BLOCKS]
)
def test_a_block_changes_no_more_than_it_means(
    language: str, document: str, change: tuple[str, str], block: tuple[str, str]
) -> None:
    old, new = change
    got, edit = proposed(document, ParsedAnswer("", blocks=(SearchReplace(*block),)), language, asked=old)
    assert got == document.replace(old, new).replace("«", "").replace("»", "")
    assert edit.concerns == ()


# --- the code twice ---------------------------------------------------------------------------------------------------

NOTES = "«Notes\n=====\n\nThis fixes teh bug.\nSee there.»\n"
NEW_NOTES = "Notes\n=====\n\nThis fixes the bug.\nSee there."
OLD_NOTES = NEW_NOTES.replace("the bug", "teh bug")


@pytest.mark.parametrize(
    ("language", "document", "answer", "asks"),
    [
        ("plaintext", NOTES, NEW_NOTES, False),
        ("plaintext", NOTES, f"{OLD_NOTES}\n\n{NEW_NOTES}", True),
        ("plaintext", NOTES, f"{NEW_NOTES}\n{NEW_NOTES}", True),
        ("markdown", NOTES, f"{NEW_NOTES}\n\n{NEW_NOTES}", True),
        ("yaml", "«first: 1\nsecond: teh»\n", "first: 1\nsecond: teh\n---\nfirst: 1\nsecond: the", True),
        ("sql", "«select a\nfrom teh»;\n", "select a\nfrom the;\nselect a\nfrom the", True),
        ("python", "«for a in b:\n    run(a)»\n", "for a in b:\n    walk(a)\nfor c in d:\n    walk(c)", False),
        ("go", "package a\n\n«func f() {\n\tif a {\n\t\treturn\n\t}\n}»\n",
         "func f() {\n\tif a {\n\t\treturn\n\t}\n\tif b {\n\t\treturn\n\t}\n\tif c {\n\t}\n}", False),
        ("python", "«def f(a):\n    return a»\n", "def f(a):\n    if a is None:\n        return a\n    return a", False),
        ("python", "«a = run(b)\nc = a»\n", "a = run(b)\nif not a:\n    a = run(b)\nc = a", False),
    ],
)  # fmt: skip
def test_the_code_twice_is_never_applied_unasked(language: str, document: str, answer: str, asks: bool) -> None:
    _, edit = proposed(document, answer, language, asked=None)
    assert ("It contains most of the code twice." in edit.concerns) is asks


def test_a_concern_about_the_answer_is_told_once() -> None:
    answer = ParsedAnswer("", whole=NEW_NOTES, concerns=("It adds 3 lines.",))
    _, edit = proposed(NOTES, answer, "plaintext", asked=None)
    assert edit.concerns == ("It adds 3 lines.",)


# --- blank lines around the asked line --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "document", "change"),
    [
        ("python", "«x = 1\n# teh sum\ny = x»\n", ("teh sum", "the sum")),
        ("python", "«for a in b:  # teh first\n    run(a)\n    stop(a)»\n", ("teh first", "the first")),
        ("typescript", "«// One\n// teh sum\n// Two\nrun();»\n", ("teh sum", "the sum")),
        ("shellscript", "«a=1\n# teh sum\n# of a\nb=$a»\n", ("teh sum", "the sum")),
        ("css", "«a {\n  /* teh sum */\n  color: red;\n}»\n", ("teh sum", "the sum")),
        ("lua", "«local a = 1\n-- teh sum\nlocal b = a»\n", ("teh sum", "the sum")),
    ],
)
def test_blank_lines_doubled_around_a_changed_comment_are_dropped(
    language: str, document: str, change: tuple[str, str]
) -> None:
    piece = document[document.index("«") + 1 : document.index("»")].replace(*change)
    answer = "\n".join(part for line in piece.split("\n") for part in (line, ""))
    got, _ = proposed(document, answer, language, asked=change[0])
    assert got == document.replace(*change).replace("«", "").replace("»", "")


# --- functions that nothing uses --------------------------------------------------------------------------------------

OTHER_FUNCTION = "def other(values):\n    return [value * 2 for value in values]"


@pytest.mark.parametrize(
    ("language", "document", "answer", "asks"),
    [
        ("python", "«import os\n\nroot = os.teh»\n", f"import os\n\nroot = os.sep\n\n\n{OTHER_FUNCTION}", True),
        ("python", "«import os\n\nroot = os.teh»\n", f"import os\n\n\n{OTHER_FUNCTION}\n\n\nroot = other(os.sep)", False),
        ("python", "«import os\n\nroot = os.teh»\nother(root)\n", f"import os\n\n{OTHER_FUNCTION}\n\nroot = os.sep", False),
        ("go", "package a\n\n«var a = teh»\n", "var a = b\n\nfunc other() int {\n\treturn 2\n}", True),
        ("go", "package a\n\n«var a = teh»\n", "var a = b()\n\nfunc b() int {\n\treturn 2\n}", False),
        ("typescript", "«const a = teh;»\n", "const a = b;\n\nfunction other() {\n  return 2;\n}", True),
        ("rust", "«const A: i32 = TEH;»\n", "const A: i32 = B;\n\nfn other() -> i32 {\n    2\n}", True),
        ("python", "class A:\n«    def f(self):\n        return teh»\n",
         "    def f(self):\n        return 1\n\n    def g(self):\n        return 2", False),
        ("rust", "«const A: i32 = TEH;»\n", "const A: i32 = B;\n\nfn main() {\n    run(2);\n}", False),
        ("go", "package a\n\n«var a = teh»\n", "var a = b\n\nfunc init() {\n\trun(2)\n}", False),
        ("c", "«int a = teh;»\n", "int a = b;\n\nint main(void) {\n    return 2;\n}", False),
        ("go", "package a\n\n«var a = teh»\n", "var a = b\n\nfunc (p *P) other() int {\n\treturn 2\n}", False),
    ],
)  # fmt: skip
def test_a_function_that_nothing_uses_is_a_concern(language: str, document: str, answer: str, asks: bool) -> None:
    asked = "teh" if "teh" in document else "TEH"
    _, edit = proposed(document, answer, language, asked=asked)
    assert any("nothing in this file uses" in concern for concern in edit.concerns) is asks


# --- code that stands elsewhere, too ----------------------------------------------------------------------------------

TWO_READERS = (
    "def a(x):\n    v = read(x)\n\n    if v is None:\n        log(x)\n        return None\n\n    return v\n\n\n"
    "def b(x):\n«    v = load(x)\n\n    return v.size»\n"
)
GUARD = "    if v is None:\n        log(x)\n        return None\n"


@pytest.mark.parametrize("asked", ["v.size", None])
@pytest.mark.parametrize("guard", [GUARD, GUARD.replace("        log(x)\n", "")])
def test_a_guard_that_another_function_has_is_kept(guard: str, asked: str | None) -> None:
    document = TWO_READERS.replace(GUARD, guard)
    got, _ = proposed(document, f"    v = load(x)\n\n{guard}\n    return v.size", "python", asked=asked)
    assert got == document.replace("    return v.size", f"{guard}\n    return v.size").replace("«", "").replace("»", "")


def test_a_short_block_at_the_end_that_stands_elsewhere_is_kept() -> None:
    guard = "    if v is None:\n        return None"
    document = TWO_READERS.replace(GUARD, f"{guard}\n")
    got, _ = proposed(document, f"    v = load(x)\n\n    use(v.size)\n\n{guard}", "python", asked=None)
    assert got.endswith(f"    use(v.size)\n\n{guard}\n")


@pytest.mark.parametrize("asked", ["#if 0", "#endif"])
def test_a_condition_is_removed_with_its_end(asked: str) -> None:
    got, _ = proposed("int a;\n«#if 0\nint b;\n#endif\nint c;»\nint d;\n", "int b;\nint c;", "c", asked=asked)
    assert got == "int a;\nint b;\nint c;\nint d;\n"


# --- a changed line keeps its marks -----------------------------------------------------------------------------------

MARKS_KEPT = [
    ("quotes of JavaScript", "javascript", "«f('a', teh)»\n", ("teh", "the"), 'f("a", the)'),
    ("... double ones", "typescript", '«f("a", teh);»\n', ("teh", "the"), "f('a', the);"),
    ("... of Python", "python", "«x = f('a', teh)»\n", ("teh", "the"), 'x = f("a", the)'),
    ("... of Lua", "lua", "«f('a', teh)»\n", ("teh", "the"), 'f("a", the)'),
    ("no semicolon", "javascript", "«function f(a) {\n  return a - teh\n}»\n", ("teh", "the"), "function f(a) {\n  return a - the;\n}"),
    ("... before a comment", "javascript", "«f(teh) // why\ng()»\n", ("teh", "the"), "f(the); // why\ng()"),
    ("a semicolon", "typescript", "«f(teh);\ng();»\n", ("teh", "the"), "f(the)\ng();"),
    ("... of Kotlin", "kotlin", "«fun f() {\n  g(teh)\n}»\n", ("teh", "the"), "fun f() {\n  g(the);\n}"),
    ("a hard line break of Markdown", "markdown", "«a teh b  \nc»\n", ("teh b  \nc", "the b  \nnew\nc"), "a the b\nnew\nc"),
    ("the reported line's comment", "python", "«a = teh  # why\nb = f(1)»\n", ("f(1)", "f(2)"), "a = teh\nb = f(2)"),
    ("the reported line's alignment", "go", "«var (\n\ta    int\n\tbcde string\n)»\n", ("string\n", "string\n\tf    int\n"), "var (\n\ta int\n\tbcde string\n\tf    int\n)"),
]  # fmt: skip
MARKS_MEANT = [
    ("quotes alone", "javascript", "«f('a')»\n", "f('a')", 'f("a")'),
    ("... that hold others", "python", "«x = f('a', teh)»\n", "teh", "x = f(\"it's\", the)"),
    ("... of a character in Go", "go", "«var a = f('a', teh)»\n", "teh", 'var a = f("a", the)'),
    ("a semicolon alone", "javascript", "«f()\ng()»\n", "f()", "f();\ng()"),
    ("... before a bracket", "javascript", "«a = teh\n[1].map(f)»\n", "teh", "a = the;\n[1].map(f)"),
    ("blanks that keep the column", "c", '«int a[] = {\n    "teh",  /* 1 */\n    "b",    /* 2 */\n};»\n', "teh", 'int a[] = {\n    "thee", /* 1 */\n    "b",    /* 2 */\n};'),
    ("... behind a sign that is gone", "typescript", "«interface A {\n  a?:   number;\n  bcde: string;\n}»\n", "a?", "interface A {\n  a:    number;\n  bcde: string;\n}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "language", "document", "change", "answer"), MARKS_KEPT, ids=[c[0] for c in MARKS_KEPT]
)
def test_a_changed_line_keeps_its_marks(
    name: str, language: str, document: str, change: tuple[str, str], answer: str
) -> None:
    asked = (
        "a = teh"
        if "reported line's comment" in name
        else "a    int"
        if "alignment" in name
        else change[0].split("\n")[0]
    )
    check(language, document, change, answer, asked)


@pytest.mark.parametrize(
    ("name", "language", "document", "asked", "answer"), MARKS_MEANT, ids=[c[0] for c in MARKS_MEANT]
)
def test_marks_that_mean_something_or_were_asked_for_change(
    name: str, language: str, document: str, asked: str, answer: str
) -> None:
    got, _ = proposed(document, answer, language, asked=asked)
    assert got == document[: document.index("«")] + answer + document[document.index("»") + 1 :], name


# --- the whole document -----------------------------------------------------------------------------------------------

WHOLE = [
    ("javascript", "'use strict'\nconst a = 1\n\n«function f() {\n  return teh\n}»\n\nconst o = {\n  g: {\n    get(r) {\n      r.end()\n    },\n  },\n}\n"),
    ("rust", "//! Doc.\n\n«#[derive(Debug)]\nstruct A {\n    teh: u8,\n}»\n\nimpl A {\n    fn f(&self) {}\n\n    fn g(&self) {}\n}\n"),
    ("typescript", "class A {\n  b = 1;\n\n«  /**\n   * teh.\n   */\n  @memo()\n  get c() {\n    return 1;\n  }»\n\n  d() {}\n}\n\nclass B {\n  get c() {\n    return 2;\n  }\n}\n"),
    ("yaml", "a:\n  - b: 1\n  - b: 1\n«c:\n  - b: teh»\nd:\n  - b: 1\n  - b: 1\n"),
    ("plaintext", "One.\n\nTwo.\n\n«Teh teh.»\n\nThree.\n\nFour.\n"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "document"), WHOLE, ids=[c[0] for c in WHOLE])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_of_the_whole_document_the_piece_is_taken(language: str, document: str, mark: str, elsewhere: bool) -> None:
    bare = document.replace("«", "").replace("»", "")
    answer = mark + bare.replace("teh", "the").rstrip("\n")
    if elsewhere:  # a change that was not asked for
        answer = f"{answer.rpartition(chr(10))[0]}\n{answer.rpartition(chr(10))[2]} "
    got, _ = proposed(mark + document, answer, language, asked="teh")
    assert got == mark + bare.replace("teh", "the")
