"""Answers as edits: text before, answer, text after; or why not."""
# ruff: noqa: E501, ISC004 - a table of cases, one or two lines each

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.document.text import Text
from autothink_lsp.edits.answer import read_answer
from autothink_lsp.edits.apply import to_replacements
from autothink_lsp.edits.code_similarity import AskedCode
from autothink_lsp.edits.minimal import minimal
from autothink_lsp.edits.replacement import EditRefused, Refusal, Replacement, apply_replacements
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point

SYNTAX = Syntax()


def fenced(code: str, language: str = "") -> str:
    return f"Because.\n\nThe whole edited code:\n```{language}\n{code}\n```\n"


def result(document: str, answer: str, language: str = "python", *, finished: bool = True) -> str:
    """«…» marks the piece that was asked about."""
    before, rest = document.split("«")
    piece, after = rest.split("»")
    store = DocumentStore()
    store.subscribe(SYNTAX.trees)
    snapshot = store.open("file:///x", language, 1, before + piece + after)
    text = snapshot.text
    start, end = text.place_at_offset(len(before)).point, text.place_at_offset(len(before) + len(piece)).point
    asked = AskedCode("\n".join(text.lines(start.line, end.line + 1)), language)
    read = read_answer(answer, finished=finished, asked=asked)
    tree = SYNTAX.trees.tree(snapshot)
    replacements = to_replacements(read, text, start, end, language=SYNTAX.language(snapshot), tree=tree)
    assert replacements
    changed = apply_replacements(text, replacements)
    assert undone(text, replacements, changed) == str(text)
    return str(changed)


def undone(text: Text, replacements: Sequence[Replacement], changed: Text) -> str:
    """What an editor has after taking all of the edits back: it keeps what stood there, and puts it where they are now.
    Right only where edits stand in order, do not overlap, and were applied as they say."""
    before, moved = str(text), 0
    inverse: list[tuple[int, int, str]] = []
    for one in replacements:
        start, end = (len(text.between(Point(0, 0), point)) for point in (one.start, one.end))
        inverse.append((start + moved, start + moved + len(one.new_text), before[start:end]))
        moved += len(one.new_text) - (end - start)
    now = str(changed)
    for start, end, old in reversed(inverse):
        now = now[:start] + old + now[end:]
    return now


PY = "import os\n\n\n«def f(a):\n    # why\n    return a+1»\n\n\ndef g():\n    return 2\n"

GOOD = [
    ("whole", "python", PY, fenced("def f(a):\n    # why\n    return a+2"), PY.replace("a+1", "a+2")),
    ("a lost comment comes back", "python", PY, fenced("def f(a):\n    return a+1 or 0").replace("+1 or 0", "+1"),
     Refusal.UNCHANGED),
    ("a lost comment, a change elsewhere", "python",
     "«def f(a):\n    # why\n    b = a\n    return b+1»\n", fenced("def f(a):\n    b = a\n    return b+2"),
     "def f(a):\n    # why\n    b = a\n    return b+2\n"),
    (
        "the whole file, whose first function has nearly the header of the piece",
        "typescript",
        "async function load(): Promise<number> {\n  return 1;\n}\n«export async function show(): Promise<number> {\n  const n: number = load();\n  return n;\n}»\n",
        fenced("async function load(): Promise<number> {\n  return 1;\n}\nexport async function show(): Promise<number> {\n  const n: number = await load();\n  return n;\n}"),
        "async function load(): Promise<number> {\n  return 1;\n}\nexport async function show(): Promise<number> {\n  const n: number = await load();\n  return n;\n}\n",
    ),
    (
        "the function before it, too, with nearly its header",
        "python",
        "def total_of_a(rows):\n    return rows[0]\n\n\n«def total_of_b(rows):\n    x = rows\n    return rows[0]»\n",
        fenced("def total_of_a(rows):\n    return rows[0]\n\n\ndef total_of_b(rows):\n    x = rows[1:]\n    return rows[0]"),
        "def total_of_a(rows):\n    return rows[0]\n\n\ndef total_of_b(rows):\n    x = rows[1:]\n    return rows[0]\n",
    ),
    (
        "both overloads, of which one was asked about",
        "java",
        "class A {\n«  int f(int a) {\n    return b;\n  }»\n\n  int f(long a) {\n    return 3;\n  }\n}\n",
        fenced("int f(int a) {\n  return a;\n}\n\nint f(long a) {\n  return 3;\n}"),
        "class A {\n  int f(int a) {\n    return a;\n  }\n\n  int f(long a) {\n    return 3;\n  }\n}\n",
    ),
    (
        "one more overload",
        "java",
        "class A {\n«  int f(int a) {\n    return b;\n  }»\n\n  int f(long a) {\n    return 3;\n  }\n}\n",
        fenced("int f(int a) {\n  return b;\n}\n\nint f(char a) {\n  return 3;\n}"),
        "class A {\n  int f(int a) {\n    return b;\n  }\n\n  int f(char a) {\n    return 3;\n  }\n\n  int f(long a) {\n    return 3;\n  }\n}\n",
    ),
    ("a comment about the rest", "python", "«def f(a):\n    return a»\n",
     fenced("def f(a):\n    # Keep the rest of the path\n    return a + 1"), "def f(a):\n    # Keep the rest of the path\n    return a + 1\n"),
    ("a comment about what is omitted", "python", "«def f(a):\n    return a»\n",
     fenced("def f(a):\n    # Omitted values count as zero\n    return a + 1"), "def f(a):\n    # Omitted values count as zero\n    return a + 1\n"),
    ("a document's end", "yaml", "«a: 1\nb: 2»\n", fenced("a: 1\nb: 3\n..."), "a: 1\nb: 3\n...\n"),
    (
        "the whole file, with a method of the same name in another class",
        "python",
        "class Shape:\n    def area(self, scale):\n        return scale\n\n\nclass Square(Shape):\n«    def area(self):\n        return 4»\n",
        fenced("class Shape:\n    def area(self, scale):\n        return scale\n\n\nclass Square(Shape):\n    def area(self, scale):\n        return 4 * scale"),
        "class Shape:\n    def area(self, scale):\n        return scale\n\n\nclass Square(Shape):\n    def area(self, scale):\n        return 4 * scale\n",
    ),
    (
        "the whole file, with a function named like the method before it",
        "python",
        "class A:\n    def run(self):\n        return 1\n\n\n«def run():\n    return 2»\n",
        fenced("class A:\n    def run(self):\n        return 1\n\n\ndef run():\n    return 3"),
        "class A:\n    def run(self):\n        return 1\n\n\ndef run():\n    return 3\n",
    ),
    (
        "the whole file, with overloads",
        "java",
        "class A {\n  int f() {\n    return 1;\n  }\n\n«  int f(int a) {\n    return b;\n  }»\n\n  int f(long a) {\n    return 3;\n  }\n}\n",
        fenced("class A {\n  int f() {\n    return 1;\n  }\n\n  int f(int a) {\n    return a;\n  }\n\n  int f(long a) {\n    return 3;\n  }\n}"),
        "class A {\n  int f() {\n    return 1;\n  }\n\n  int f(int a) {\n    return a;\n  }\n\n  int f(long a) {\n    return 3;\n  }\n}\n",
    ),
    ("the whole file", "python", PY, fenced("import os\n\n\ndef f(a):\n    return a-1\n\n\ndef g():\n    return 3"),
     PY.replace("a+1", "a-1")),
    ("a method comes dedented", "python", "class A:\n«    def f(self):\n        return 1»\n",
     fenced("def f(self):\n    return 2"), "class A:\n    def f(self):\n        return 2\n"),
    ("a method comes in its class", "python", "class A:\n    x = 1\n\n«    def f(self):\n        return 1»\n",
     fenced("class A:\n    def f(self):\n        return 2"), "class A:\n    x = 1\n\n    def f(self):\n        return 2\n"),
    ("two blanks for four", "python", "«def f(a):\n    if a:\n        return 1\n    return 2»\n",
     fenced("def f(a):\n  if a:\n    return 1\n  return 3"), "def f(a):\n    if a:\n        return 1\n    return 3\n"),
    ("tabs stay tabs", "go", "package a\n\n«func f() int {\n\tif true {\n\t\treturn 1\n\t}\n\treturn 2\n}»\n",
     fenced("func f() int {\n    if true {\n        return 1\n    }\n    return 3\n}", "go"),
     "package a\n\nfunc f() int {\n\tif true {\n\t\treturn 1\n\t}\n\treturn 3\n}\n"),
    ("an import goes to the imports", "python", PY, fenced("import re\n\ndef f(a):\n    # why\n    return re.sub(a)"),
     PY.replace("import os\n", "import os\nimport re\n").replace("a+1", "re.sub(a)")),
    ("a helper comes along", "python", "«def f(a):\n    return a»\n",
     fenced("def helper(a):\n    return a\n\n\ndef f(a):\n    return helper(a)"),
     "def helper(a):\n    return a\n\n\ndef f(a):\n    return helper(a)\n"),
    ("a quoted snippet first", "python", PY,
     "The line\n```python\nreturn a+1\n```\nis wrong.\n\n**The whole edited code:**\n```python\ndef f(a):\n    # why\n"
     "    return a+9\n```", PY.replace("a+1", "a+9")),
    ("a fence that is not closed", "python", PY, "The whole edited code:\n```python\ndef f(a):\n    # why\n    return a+3",
     PY.replace("a+1", "a+3")),
    ("a fence inside a docstring", "python", "«def f():\n    return 1»\n",
     "````python\ndef f():\n    '''\n    ```\n    x\n    ```\n    '''\n    return 2\n````",
     "def f():\n    '''\n    ```\n    x\n    ```\n    '''\n    return 2\n"),
    ("bare code", "python", PY, "def f(a):\n    # why\n    return a + 5\n", PY.replace("a+1", "a + 5")),
    ("numbered lines", "python", PY, fenced("1| def f(a):\n2|     # why\n3|     return a+6"), PY.replace("a+1", "a+6")),
    ("a block", "python", PY, "So.\n<<<<<<< SEARCH\n    return a+1\n=======\n    return a+7\n>>>>>>> REPLACE\n",
     PY.replace("a+1", "a+7")),
    ("a block with other blanks", "python", PY, "<<<<<<< SEARCH\nreturn a + 1\n=======\nreturn a+8\n>>>>>>> REPLACE\n",
     PY.replace("a+1", "a+8")),
    ("a block nearly right", "python", "«def f(first_value, second):\n    return first_value + second»\n",
     "<<<<<<< SEARCH\n    return first_valu + second\n=======\n    return 0\n>>>>>>> REPLACE",
     "def f(first_value, second):\n    return 0\n"),
    ("two blocks", "python", PY, "<<<<<<< SEARCH\n    # why\n=======\n    # because\n>>>>>>> REPLACE\n"
     "<<<<<<< SEARCH\n    return a+1\n=======\n    return a\n>>>>>>> REPLACE", PY.replace("why", "because").replace("a+1", "a")),
    ("a block that deletes", "python", PY, "<<<<<<< SEARCH\n    # why\n=======\n>>>>>>> REPLACE",
     PY.replace("    # why\n", "")),
    ("a block that begins and ends with blank lines", "python", "«a = 1\n\nb = 2\n\nc = 3»\n",
     "<<<<<<< SEARCH\n\nb = 2\n\n=======\n\nb = 4\n\n>>>>>>> REPLACE", "a = 1\n\nb = 4\n\nc = 3\n"),
    ("a block of all lines, the first blank", "python", "«\na = 1\nb = 2»\n",
     "<<<<<<< SEARCH\n\na = 1\nb = 2\n=======\n\na = 1\nb = 3\n>>>>>>> REPLACE", "\na = 1\nb = 3\n"),
    ("a block that adds a blank line", "python", "«a = 1\n\nb = 2»\n",
     "<<<<<<< SEARCH\n\nb = 2\n=======\n\n\nb = 3\n>>>>>>> REPLACE", "a = 1\n\n\nb = 3\n"),
    ("a block of blank lines and a deletion", "python", "«a = 1\n\nb = 2»\n",
     "<<<<<<< SEARCH\n\nb = 2\n=======\n>>>>>>> REPLACE", "a = 1\n\n"),
    ("a block with entities", "go", "package a\n\n«func f() {\n\tif a > b && c {\n\t}\n}»\n",
     "<<<<<<< SEARCH\n\tif a &gt; b &amp;&amp; c {\n=======\n\tif a &gt; d &amp;&amp; c {\n>>>>>>> REPLACE",
     "package a\n\nfunc f() {\n\tif a > d && c {\n\t}\n}\n"),
    ("CRLF stays", "python", PY.replace("\n", "\r\n"), fenced("def f(a):\n    # why\n    return a+2\n    # more"),
     PY.replace("a+1", "a+2\n    # more").replace("\n", "\r\n")),
    ("rust", "rust", "«fn f() -> i32 {\n    1\n}»\n", fenced("fn f() -> i32 {\n    2\n}", "rust"), "fn f() -> i32 {\n    2\n}\n"),
    ("bash", "shellscript", "«f() {\n  echo $1\n}»\n", fenced('f() {\n  echo "$1"\n}', "bash"), 'f() {\n  echo "$1"\n}\n'),
    ("typescript", "typescript", "«function f(a: number) {\n  return a\n}»\n",
     fenced("function f(a: number): number {\n  return a;\n}", "ts"), "function f(a: number): number {\n  return a;\n}\n"),
    ("lines without a name", "python", "«x = 1\ny = 2»\nz = 3\n", fenced("x = 1\ny = 3"), "x = 1\ny = 3\nz = 3\n"),
    ("a decorator stays outside", "python", "@cache\n«def f():\n    return 1»\n", fenced("def f():\n    return 2"),
     "@cache\ndef f():\n    return 2\n"),
    ("a comment that says rest is code's own", "python", "«def f():\n    # the rest of the code\n    return 1»\n",
     fenced("def f():\n    # the rest of the code\n    return 2"), "def f():\n    # the rest of the code\n    return 2\n"),
    ("a comment above is not doubled", "python", "# note\n«def f():\n    return 1»\n",
     fenced("# note\ndef f():\n    return 2"), "# note\ndef f():\n    return 2\n"),
    ("includes above are not doubled", "cpp", "#include<vector>\nusing namespace std;\n#include<math.h>\n«int f(){\n    return 1;\n}»\n",
     fenced("#include<vector>\nusing namespace std;\n#include<math.h>\nint f(){\n    return 2;\n}"),
     "#include<vector>\nusing namespace std;\n#include<math.h>\nint f(){\n    return 2;\n}\n"),
    ("a decorator above is not doubled", "python", "@cache\n«def f():\n    return 1»\n", fenced("@cache\ndef f():\n    return 2"),
     "@cache\ndef f():\n    return 2\n"),
    ("the next line is not doubled", "python", "«a = 1»\nprint(a)\n", fenced("a = 2\nprint(a)"), "a = 2\nprint(a)\n"),
    ("nor the next lines", "python", "«a = 1»\n\nprint(a)\nb = 2\nc = 3\n", fenced("a = 2\n\nprint(a)\nb = 2"),
     "a = 2\n\nprint(a)\nb = 2\nc = 3\n"),
    ("nor behind a blank line that the model left out", "python", "«a = 1»\n\nprint(a)\n", fenced("a = 2\nprint(a)"),
     "a = 2\n\nprint(a)\n"),
    ("nor inside a function", "python", "def f(a):\n«    b = a»\n    return b\n", fenced("b = a + 1\nreturn b"),
     "def f(a):\n    b = a + 1\n    return b\n"),
    ("nor by a block", "python", PY, "<<<<<<< SEARCH\n    # why\n=======\n    # because\n    return a+1\n>>>>>>> REPLACE",
     PY.replace("why", "because")),
    ("nor by a block at the end of the piece", "python", "def f(a):\n«    b = a»\n    return b\n",
     "<<<<<<< SEARCH\n    b = a\n=======\n    b = a + 1\n    return b\n>>>>>>> REPLACE",
     "def f(a):\n    b = a + 1\n    return b\n"),
    ("nor with CRLF", "python", "«a = 1»\r\nprint(a)\r\n", fenced("a = 2\nprint(a)"), "a = 2\r\nprint(a)\r\n"),
    ("nor without a grammar", "unknown", "«a = 1»\nprint a\n", fenced("a = 2\nprint a"), "a = 2\nprint a\n"),
    ("nor a block's head", "go", "package a\n\nfunc f(a int) int {\n«\ta = 1»\n\tif a > 1 {\n\t\treturn 2\n\t}\n\treturn a\n}\n",
     fenced("a = 2\nif a > 1 {", "go"),
     "package a\n\nfunc f(a int) int {\n\ta = 2\n\tif a > 1 {\n\t\treturn 2\n\t}\n\treturn a\n}\n"),
    ("twice before is twice behind", "python", "«x = 0\nstep()»\nstep()\n", fenced("x = 1\nstep()"), "x = 1\nstep()\nstep()\n"),
    ("a line that becomes like the next stays", "python", "«a(1)\na(2)»\na(3)\n", fenced("a(1)\na(3)"), "a(1)\na(3)\na(3)\n"),
    ("a brace of its own stays", "javascript", "function f(a) {\n«g(a);»\n}\n", fenced("if (a) {\ng(a);\n}", "js"),
     "function f(a) {\nif (a) {\ng(a);\n}\n}\n"),
    ("... without a grammar too", "unknown", "f {\n«g»\n}\n", fenced("if a {\ng\n}"), "f {\nif a {\ng\n}\n}\n"),
    ("a tag of its own stays", "html", "<div id=a>\n«<p>a</p>»\n</div>\n", fenced("<div>\n<p>a</p>\n</div>", "html"),
     "<div id=a>\n<div>\n<p>a</p>\n</div>\n</div>\n"),
    ("an end of its own stays", "ruby", "def f(a)\n«g(a)»\nend\n", fenced("if a\ng(a)\nend", "ruby"),
     "def f(a)\nif a\ng(a)\nend\nend\n"),
    ("the only line stays", "python", "«a = 1»\nb = 2\n", fenced("b = 2"), "b = 2\nb = 2\n"),
    ("empty", "python", PY, "", Refusal.NO_CODE),
    ("blank", "python", PY, " \n\t\n", Refusal.NO_CODE),
    ("prose", "python", PY, "I would rather not change this function at all.", Refusal.NO_CODE),
    ("an empty fence", "python", PY, fenced(""), Refusal.NO_CODE),
    ("a helper elsewhere in the whole file", "python", PY + "\n\ndef h():\n    return 3\n",
     fenced("import os\n\n\ndef helper(a):\n    return a\n\n\ndef f(a):\n    # why\n    return helper(a)\n\n\ndef g():\n    return 2\n\n\ndef h():\n    return 3"),
     Refusal.OTHER_CODE),
    ("a constant elsewhere in the whole file", "python", PY + "\n\ndef h():\n    return 3\n",
     fenced("import os\n\nMORE = 1\n\n\ndef f(a):\n    # why\n    return a + MORE\n\n\ndef g():\n    return 2\n\n\ndef h():\n    return 3"),
     Refusal.OTHER_CODE),
    ("unchanged", "python", PY, fenced("def f(a):\n    # why\n    return a+1  "), Refusal.UNCHANGED),
    ("unchanged block", "python", PY, "<<<<<<< SEARCH\n    # why\n=======\n    # why\n>>>>>>> REPLACE", Refusal.UNCHANGED),
    (
        "the method of another class",
        "python",
        "class A:\n    def run(self):\n        return 1\n\n\nclass B:\n«    def run(self):\n        return 2»\n",
        fenced("class A:\n    def run(self):\n        return 3"),
        Refusal.OTHER_CODE,
    ),
    (
        "the function that is named like the method",
        "python",
        "class A:\n    def run(self):\n        return 1\n\n\nclass B:\n«    def run(self):\n        return 2»\n\n\ndef run():\n    return 4\n",
        fenced("class A:\n    def run(self):\n        return 1\n\n\ndef run():\n    return 3"),
        Refusal.OTHER_CODE,
    ),
    ("another function", "python", PY, fenced("def other(a):\n    return a"), Refusal.OTHER_CODE),
    ("another language", "python", PY, fenced("fn f(a: i32) -> i32 { a + 2 }", "rust"), Refusal.OTHER_CODE),
    ("pass", "python", PY, fenced("pass"), Refusal.OTHER_CODE),
    ("elided", "python", PY, fenced("def f(a):\n    # ... existing code ...\n    return a+2"), Refusal.TRUNCATED),
    ("elided in prose", "python", PY, fenced("def f(a):\n    # rest of the code unchanged"), Refusal.TRUNCATED),
    ("elided in go", "go", "package a\n\n«func f() int {\n\treturn 1\n}»\n",
     fenced("func f() int {\n\t// ... same as before\n\treturn 2\n}"), Refusal.TRUNCATED),
    ("not found", "python", PY, "<<<<<<< SEARCH\nno such line\n=======\nx\n>>>>>>> REPLACE", Refusal.NOT_FOUND),
    ("outside", "python", PY, "<<<<<<< SEARCH\n    return 2\n=======\n    return 3\n>>>>>>> REPLACE", Refusal.OUTSIDE),
    ("ambiguous", "python", "«a = 1\nb = 2\na = 1»\n", "<<<<<<< SEARCH\na = 1\n=======\na = 2\n>>>>>>> REPLACE", Refusal.AMBIGUOUS),
    ("a block that is cut", "python", PY, "<<<<<<< SEARCH\n    return a+1\n=======\n    return", Refusal.TRUNCATED),
    ("a long function that ends early", "python",
     "«def f():\n" + "".join(f"    x{i} = {i}\n" for i in range(20)) + "    return x1»\n",
     fenced("def f():\n    x0 = 0\n    x1 = 1"), Refusal.TRUNCATED),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "document", "answer", "expected"), [c[1:] for c in GOOD], ids=[c[0] for c in GOOD]
)
def test_an_answer_becomes_the_expected_text_or_refusal(
    language: str, document: str, answer: str, expected: str | Refusal
) -> None:
    if isinstance(expected, Refusal):
        with pytest.raises(EditRefused) as refused:
            result(document, answer, language)
        assert refused.value.reason is expected
        assert refused.value.for_user()
        assert refused.value.for_model
    else:
        assert result(document, answer, language) == expected.replace("«", "").replace("»", "")


@pytest.mark.parametrize("end", [10, 40, 60, 75])
def test_a_cut_answer_is_refused(end: int) -> None:
    with pytest.raises(EditRefused) as refused:
        result(PY, fenced("def f(a):\n    # why\n    return a+2")[:end], finished=False)
    assert refused.value.reason is Refusal.TRUNCATED


@given(st.text(max_size=300), st.booleans())
def test_any_text_is_an_edit_inside_or_a_refusal(answer: str, finished: bool) -> None:
    try:
        changed = result(PY, answer, finished=finished)
    except EditRefused:
        return
    assert changed.endswith("\n\n\ndef g():\n    return 2\n")
    assert changed.startswith("import os\n")


LINES = st.lists(st.sampled_from(["", "a", "b = 1", "  b = 2", "if x:", "é𝕏", "\x0c", "    return a + b"]), max_size=12)


@given(LINES, LINES, st.sampled_from(["\n", "\r\n"]), st.data())
def test_minimal_edits_give_exactly_the_wanted_text(
    old: list[str], new: list[str], eol: str, data: st.DataObject
) -> None:
    text = Text.from_str(eol.join(old))
    points = [Point(n, c) for n in range(text.line_count) for c in range(len(text.line(n)) + 1)]
    start, end = sorted((data.draw(st.sampled_from(points)), data.draw(st.sampled_from(points))))
    edits = minimal(text, start, end, "\n".join(new))
    wanted = text.between(Point(0, 0), start) + text.eol.join(new) + text.between(end, Point(10**6, 0))
    assert str(apply_replacements(text, edits)) == wanted
    assert undone(text, edits, apply_replacements(text, edits)) == str(text)
    for one, following in pairwise(edits):
        assert one.end <= following.start


def test_unchanged_lines_are_not_touched() -> None:
    text = Text.from_str("a = 1\nb = 2\nc = 3\n")
    (edit,) = minimal(text, Point(0, 0), Point(2, 5), "a = 1\nb = 20\nc = 3")
    assert (edit.start, edit.end, edit.new_text) == (Point(1, 4), Point(1, 5), "20")


PUBLIC_DATA = Path(os.environ.get("AUTOTHINK_PUBLIC_DATA") or os.devnull) / "humanevalpack-python.jsonl.gz"


@pytest.mark.skipif(
    not PUBLIC_DATA.is_file(),
    reason="AUTOTHINK_PUBLIC_DATA names no folder with humanevalpack-python.jsonl.gz (docs/measurements/layouts.md, Data)",
)
def test_canonical_solutions_as_answers_give_the_canonical_programs() -> None:
    """HumanEvalPack, Python (``docs/measurements/layouts.md``, "Data"): one object a line, with a buggy and a right solution."""
    for line in gzip.decompress(PUBLIC_DATA.read_bytes()).splitlines():
        row = json.loads(line)
        buggy = (row["declaration"] + row["buggy_solution"]).rstrip()
        right = (row["declaration"] + row["canonical_solution"]).rstrip()
        wanted = [part.rstrip() for part in right.split("\n")]
        if [part.rstrip() for part in buggy.split("\n")] == wanted:
            continue
        changed = result(f"«{buggy}»", fenced(right, "python"))
        assert [part.rstrip() for part in changed.split("\n")] == [part.rstrip() for part in right.split("\n")], row[
            "task_id"
        ]
