"""A comment that says that code is unchanged is an omission where code is missing, and a comment where none is."""
# ruff: noqa: E501 - a table

from __future__ import annotations

import pytest

from autothink_lsp.edits.answer import read_answer
from autothink_lsp.edits.code_similarity import AskedCode
from autothink_lsp.edits.replacement import EditRefused, Refusal
from tests.unit.edits.test_apply import fenced, result
from tests.unit.edits.test_unrequested_changes import proposed

CODE = "def merge(old, new):\n    kept = old.items()\n    added = new - old\n    return kept, added"
MEANT = [
    ("python", CODE, CODE.replace("    kept", "    # unchanged\n    kept").replace("new - old", "new.keys() - old")),
    ("python", CODE, CODE.replace("    kept", "    # No changes\n    kept").replace("new - old", "new.keys() - old")),
    ("python", CODE, CODE.replace("    return", "    # The existing lines come first\n    return")),
    ("python", CODE, CODE.replace("    return", "    # Other lines are skipped\n    return").replace("kept, ", "[*kept], ")),
    ("python", CODE, CODE.replace("    added = new", "    # the previous code took all\n    added = set(new)")),
    ("go", "func f() int {\n\ta := 1\n\treturn a\n}", "func f() int {\n\t// unchanged\n\ta := 1\n\treturn a + 1\n}"),
    ("typescript", "function f() {\n  g();\n  return 1;\n}", "function f() {\n  /* unchanged */\n  g();\n  return 2;\n}"),
    ("lua", "local a = 1\nlocal b = 2", "-- unchanged\nlocal a = 1\nlocal b = 3"),
    ("html", "<p>a</p>\n<p>b</p>", "<!-- unchanged -->\n<p>a</p>\n<p>c</p>"),
]  # fmt: skip
OMITTED = [
    CODE.replace("    kept = old.items()\n", "    # unchanged\n").replace("new - old", "new.keys() - old"),
    CODE.replace("    kept = old.items()\n", "    # existing code\n").replace("new - old", "new.keys() - old"),
    CODE.replace("    kept = old.items()\n", "    log(1)\n    # unchanged\n").replace("new - old", "new.keys() - old"),
    CODE.replace("    kept = old.items()\n    added = new - old", "    # no changes\n    added = new.keys() - old"),
    CODE.replace("    return", "    # ... existing code ...\n    return").replace("new - old", "new.keys() - old"),
    CODE.replace("new - old", "new.keys() - old") + "\n    # rest of the code unchanged",
    CODE.replace("new - old", "new.keys() - old") + "\n# your code here",
    "def merge(old, new):\n    # unchanged",
]
# (language, the piece, its lines in the answer); ``~`` stands where a mark was written in place of lines.
BRACES = "function f(a) {\n  const b = a.map(x => x);\n  log(b);\n  return b - teh;\n}"
PARTS = {
    "python": (CODE, "def merge(old, new):\n    ~\n    return kept, added or None"),
    "javascript": (BRACES, "function f(a) {\n  ~\n  return b - the;\n}"),
    "go": ("func f(a int) int {\n\tb := a\n\tg(b)\n\treturn teh\n}", "func f(a int) int {\n\t~\n\treturn the\n}"),
    "ini": ("[a]\nb = teh\nc = 2\n\n[d]\ne = 3", "[a]\nb = the\n~"),
    "css": ("a {\n  b: teh;\n  c: 2;\n}\nd {\n  e: 3;\n}", "a {\n  b: the;\n~"),
    "ocaml": ("let a = 1\nlet b = teh\nlet c = 3\nlet d = 4", "let a = 1\nlet b = the\n~"),
    "sql": ("SELECT a,\n       teh,\n       b\n  FROM c", "SELECT a,\n       the,\n~"),
    "haskell": ("a = 1\nb = teh\nc = 3\nd = 4", "a = 1\nb = the\n~"),
    "vue": ("<p>teh</p>\n<b>x</b>\n<i>y</i>\n<u>z</u>", "<p>the</p>\n~"),
    "clojure": ("(def a 1)\n(def b teh)\n(def c 3)\n(def d 4)", "(def a 1)\n(def b the)\n~"),
    "latex": ("a teh b\n\\begin{c}\nd\n\\end{c}\ne f", "a the b\n~"),
}
SIGNS = {"python": "# {}", "ini": "; {}", "css": "/* {} */", "ocaml": "(* {} *)", "sql": "-- {}", "haskell": "-- {}",
         "vue": "<!-- {} -->", "clojure": ";; {}", "latex": "% {}"}  # fmt: skip
WORDS = ["...", "....", "wie bisher", "Rest bleibt gleich", "restlicher Code unverändert", "其余代码保持不变", "省略", "以下同じ",
         "as above", "same", "etc.", "and so on", "other methods", "sin cambios", "le reste est inchangé", "<unchanged code>",
         "--- unchanged ---", "остальной код без изменений", "siehe oben"]  # fmt: skip
BARE = [
    "… le reste du code …",
    "... Rest wie oben ...",
    "[rest of code]",
    "<rest of code>",
    "{...}",
    "....",
    "（省略）",
    "[...]",
]
ADDED_TO_HEADER = ("javascript", BRACES, "function f(a) { ...\n  return b - the;\n}")
UNMARKED = [
    ("toml", "a = teh\nb = 2\nc = 3", "a = the\nb = 2"),
    ("html", "<!DOCTYPE html>\n<html>\n<p>teh</p>\n</html>", "<html>\n<p>the</p>\n</html>"),
    ("python", "a = 1\nb = 2\nc = 3\nd = 4\ne = teh\nf = 6", "a = 1\nb = 2"),
    ("yaml", "a: teh\nb: 2\nc: 3\nd: 4\ne: 5", "d: 4\ne: 5"),
    ("python", "a = 1\nb = 2\nc = 3\nd = teh\ne = 5\nf = 6\ng = 7", "c = 3\nd = the\ne = 5"),
    ("yaml", "a: 1\nb: 2\nc: teh\nd: 4\ne: 5\nf: 6", "a: 1\nb: 2\nc: the\nd: 4"),
    ("toml", "a = 1\nb = 2\nc = 3\nd = 4\ne = 5\nf = teh", "a = 1\ne = 5\nf = the"),
]
UNMARKED_ENDS = [  # (language, piece, line with the message, answer)
    ("python", "a = 1\nb = 2\nc = 3\ndef f():\n    g(1)\n    g(2)", "def f", "a = 1"),
    ("python", "a = 1\n\n\n@x\n@y\ndef e(): return 2\n\n\ndef f():\n    g(1)\n    g(2)", "def f", "a = 1"),
    ("python", "a = 1\n\n\n@one\n@two\ndef f():\n    g(1)\n    g(2)", "g(2)", "a = 1"),
    ("python", "def f():\n    g(1)\n\n\ndef h():\n    g(2)\n\n\na = 1", "def f", "a = 1"),
    ("python", "def f():\n    g(1)\n    g(2)\n    g(3)\n\n\na = 1", "g(1)", "a = 1"),
    ("rust", "fn a() {}\n\n#[inline]\nfn e() {\n    g(0);\n}\n\n#[cold]\nfn f() {\n    g(1);\n}", "fn f", "fn a() {}"),
    # Statements above it that begin as a decorator or an attribute does.
    (
        "javascript",
        "const a = 1;\n\n[1, 2].forEach((x) => {\n  go(x);\n});\nfunction f() {\n  g();\n}",
        "function f",
        "const a = 1;",
    ),
    (
        "javascript",
        "const a = 1;\n\nlet b, c;\n[b, c] = [1, 2];\n[b].map(g);\nfunction f() {\n  g();\n}",
        "function f",
        "const a = 1;\n\nlet b, c;",
    ),
    ("ruby", "a = 1\n@b = 2\n@c ||= []\ndef f\n  g\nend", "def f", "a = 1"),
    ("elixir", "a = 1\n@b 2\n@c %{}\ndef f do\n  g\nend", "def f", "a = 1"),
    ("css", "a { b: c }\n@media x {\n  d { e: f }\n}\n.f {\n  g: h;\n}", ".f", "a { b: c }"),
    ("css", "a { b: c }\n@import 'x';\n@import 'y';\n.f {\n  g: h;\n}", ".f", "a { b: c }"),
    ("python", "a = 1\ntemplate = b\ntemplate = c\ndef f():\n    g(1)", "def f", "a = 1"),
    # The end of a function, which is no definition.
    (
        "python",
        "def f(a):\n    b = a\n    for x in a:\n        g(1)\n        g(2)\n        g(3)\n        g(4)\n        g(5)",
        "for x",
        "def f(a):\n    b = a",
    ),
]
DELETED = [  # to the end from the reported line on, beside a change, reported, moved, or few
    ("python", "a = 1\nb = 2\nc = 3\nd = 4", "b = 2", "a = 1\nd = 4"),
    ("python", "a = 1\nb = 2\ndef f():\n    g(1)\n    g(2)\n    g(3)", "def f", "a = 1\nb = 2"),
    ("python", "def f(x):\n    if x:\n        return True\n    return False", "if x", "def f(x):\n    return bool(x)"),
    ("python", "a = 1\nb = 2\nc = 3\nd = teh", "teh", "b = 2\nc = 3\na = 1\nd = the"),
    ("python", "a = 1\nb = 2\nc = teh\nd = 4", "teh", "a = 1\nc = the\nd = 4"),
    ("python", "a = 1\nb = teh\nc = 3", "teh", "a = 1\n# b = teh\nc = 3"),
    # A definition at an end of the piece, with its decorators and its body.
    ("python", "a = 1\n\n\n@one\n@two(3)\ndef f():\n    g(1)\n    g(2)", "def f", "a = 1"),
    ("python", "a = 1\n\n\n@one\n@two(3)\n@three\nasync def f():\n    g(1)\n    g(2)", "def f", "a = 1"),
    ("python", "a = 1\n\n\n@one(\n    1,\n    2,\n)\ndef f():\n    g(1)\n    g(2)", "def f", "a = 1"),
    ("python", "@one\n@two(3)\ndef f():\n    g(1)\n\n    g(2)\n\n\na = 1", "def f", "a = 1"),
    ("python", "def f():\n    g(1)\n    g(2)\n    g(3)\n\n\na = 1", "def f", "a = 1"),
    ("rust", "fn a() {}\n\n#[inline]\n#[cold]\nfn f() {\n    g(1);\n}", "fn f", "fn a() {}"),
    ("typescript", "const a = 1;\n\n@one\n@two()\nclass F {\n  g = 1;\n}", "class F", "const a = 1;"),
    ("csharp", "class B {}\n\n[One]\n[Two(1)]\nclass F\n{\n  int g;\n}", "class F", "class B {}"),
    ("csharp", "[One]\n[Two(1)]\nclass F\n{\n  int g;\n  int h;\n}\n\nclass B {}", "class F", "class B {}"),
    ("cpp", "int a;\n\ntemplate <class T>\n[[nodiscard]]\nT f(T x) {\n  return x;\n}", "T f", "int a;"),
    ("elixir", 'a = 1\n\n@doc "x"\n@spec f(integer) :: any\ndef f(x) do\n  x\nend', "def f", "a = 1"),
    ("kotlin", "val a = 1\n\n@One\n@Two\nfun f() {\n  g()\n}", "fun f", "val a = 1"),
    ("php", "<?php\n$a = 1;\n\n#[One]\n#[Two]\nfunction f() {\n  g();\n}", "function f", "<?php\n$a = 1;"),
]


@pytest.mark.parametrize(("language", "code", "answer"), MEANT)
def test_a_comment_without_missing_code_is_kept(language: str, code: str, answer: str) -> None:
    assert result(f"«{code}»\n", fenced(answer, language), language) == answer + "\n"


@pytest.mark.parametrize("answer", OMITTED)
def test_an_omission_is_refused(answer: str) -> None:
    with pytest.raises(EditRefused) as refused:
        result(f"«{CODE}»\n", fenced(answer, "python"))
    assert refused.value.reason is Refusal.TRUNCATED


def _refusal(language: str, piece: str, answer: str, asked: str) -> Refusal | None:
    try:
        proposed(f"«{piece}»\n", answer, language, asked=asked)
    except EditRefused as refused:
        return refused.reason
    return None


@pytest.mark.parametrize("language", PARTS)
def test_a_comment_in_place_of_code_is_an_omission_in_any_words(language: str) -> None:
    piece, answer = PARTS[language]
    asked = "teh" if "teh" in piece else "return"
    sign = SIGNS.get(language, "// {}")
    for words in WORDS:
        found = _refusal(language, piece, answer.replace("~", sign.format(words)), asked)
        assert found is Refusal.TRUNCATED, words
    for mark in BARE:
        assert _refusal(language, piece, answer.replace("~", mark), asked) is Refusal.TRUNCATED, mark


def test_dots_behind_a_header_are_an_omission() -> None:
    language, piece, answer = ADDED_TO_HEADER
    assert _refusal(language, piece, answer, "teh") is Refusal.TRUNCATED


@pytest.mark.parametrize(("language", "piece", "answer"), UNMARKED)
def test_code_that_is_missing_far_from_the_change_was_left_out(language: str, piece: str, answer: str) -> None:
    assert _refusal(language, piece, answer, "teh") is Refusal.TRUNCATED


@pytest.mark.parametrize(("language", "piece", "asked", "answer"), UNMARKED_ENDS)
def test_more_than_the_reported_definition_was_left_out(language: str, piece: str, asked: str, answer: str) -> None:
    assert _refusal(language, piece, answer, asked) is Refusal.TRUNCATED


@pytest.mark.parametrize(("language", "piece", "asked", "answer"), DELETED)
def test_code_that_is_deleted_on_purpose_is_deleted(language: str, piece: str, asked: str, answer: str) -> None:
    got, _ = proposed(f"«{piece}»\n", answer, language, asked=asked)
    assert got == answer + "\n"


def test_a_diff_that_deletes_lines_is_no_omission() -> None:
    piece = "a = 1\nb = 2\nc = 3\nd = teh\ne = 5"
    diff = "```diff\n@@ -1,5 +1,3 @@\n-a = 1\n-b = 2\n c = 3\n-d = teh\n+d = the\n e = 5\n```"
    read = read_answer(diff, finished=True, asked=AskedCode(piece, "python"))
    got, _ = proposed(f"«{piece}»\n", read, "python", asked="teh")
    assert got == "c = 3\nd = the\ne = 5\n"
