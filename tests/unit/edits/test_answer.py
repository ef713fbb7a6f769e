"""Which part of a model's answer becomes code: of several fenced blocks, of fences, separators and numbers in the code.

Each row is: name, language, asked document, answer, document afterwards (or why there is none). The whole document is
the asked code.
"""
# ruff: noqa: E501 - tables of cases

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.edits.answer import MOST_CHARACTERS, read_answer
from autothink_lsp.edits.apply import to_replacements
from autothink_lsp.edits.code_similarity import AskedCode, tag_of
from autothink_lsp.edits.fences import fence_for
from autothink_lsp.edits.prose import is_any_prose, prose_concerns
from autothink_lsp.edits.replacement import EditRefused, Refusal, apply_replacements
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point
from tests.support.example_counts import examples

SYNTAX = Syntax()
Row = tuple[str, str, str, str, str | Refusal]


def edited(language: str, document: str, answer: str) -> str | Refusal:
    store = DocumentStore()
    store.subscribe(SYNTAX.trees)
    snapshot = store.open("file:///x", language, 1, document)
    last = max(0, snapshot.text.line_count - 1 - document.endswith("\n"))
    end = Point(last, len(snapshot.text.line(last)))
    asked = AskedCode("\n".join(snapshot.text.lines(0, last + 1)), language)
    try:
        read = read_answer(answer, finished=True, asked=asked)
        edits = to_replacements(
            read,
            snapshot.text,
            Point(0, 0),
            end,
            language=SYNTAX.language(snapshot),
            tree=SYNTAX.trees.tree(snapshot),
        )
    except EditRefused as refused:
        return refused.reason if refused.for_user() and refused.for_model else "refused without a word"
    return str(apply_replacements(snapshot.text, edits))


def check(row: Row) -> None:
    _, language, document, answer, expected = row
    assert edited(language, document, answer) == expected


def named(row: Row) -> str:
    return row[0]


TOP = "a = 1\nb = 2\nprint(a - b)\n"
TOP_NEW = "a = 1\nb = 2\nprint(a + b)"
FN = "def add(a, b):\n    return a - b\n"
FN_NEW = "def add(a, b):\n    return a + b"
TWO = "def add(a, b):\n    return a - b\n\n\ndef mul(a, b):\n    return a * b\n"
YAML = "name: web\nreplicas: tow\nport: 80\n"
YAML_NEW = "name: web\nreplicas: two\nport: 80"
SHELL = "#!/bin/sh\nset -e\necho $1\n"
SHELL_NEW = '#!/bin/sh\nset -e\necho "$1"'
JS = "const a = 1;\nconst b = 2;\nconsole.log(a - b);\n"
JS_NEW = "const a = 1;\nconst b = 2;\nconsole.log(a + b);"
SQL = "SELECT id, nam\nFROM users\nWHERE id = 1;\n"
SQL_NEW = "SELECT id, name\nFROM users\nWHERE id = 1;"
LONG = "".join(f"x{n} = {n}\n" for n in range(12))


def block(code: str, tag: str = "", mark: str = "```") -> str:
    return f"{mark}{tag}\n{code}\n{mark}\n"


MARKED = 'X = """\n    <<<<<<< SEARCH\n    y = 1\n    =======\n    y = 1\n    >>>>>>> REPLACE\n"""\ny = 1\n'
FENCES: list[Row] = [
    ("output behind", "python", TOP, f"Here is the fix:\n\n{block(TOP_NEW, 'python')}\nOutput:\n\n{block('3')}", TOP_NEW + "\n"),
    ("output with its tag behind", "python", TOP, f"{block(TOP_NEW, 'python')}\nIt prints\n{block('3', 'text')}", TOP_NEW + "\n"),
    ("output behind, no tag at all", "yaml", YAML, f"Fixed:\n{block(YAML_NEW)}\nOutput:\n{block('web')}", YAML_NEW + "\n"),
    ("a command behind", "python", TOP, f"{block(TOP_NEW, 'python')}\nRun it with\n{block('pytest -q', 'bash')}", TOP_NEW + "\n"),
    ("a command without a tag behind", "python", TOP, f"{block(TOP_NEW, 'python')}\nRun it:\n{block('python a.py')}", TOP_NEW + "\n"),
    ("a command behind a shell script", "shellscript", SHELL, f"{block(SHELL_NEW, 'bash')}\nRun it with\n{block('./a.sh foo', 'bash')}", SHELL_NEW + "\n"),
    ("a console behind a shell script", "shellscript", SHELL, f"{block(SHELL_NEW, 'sh')}\n{block('$ ./a.sh foo' + chr(10) + 'foo', 'console')}", SHELL_NEW + "\n"),
    ("a command in front", "yaml", YAML, f"Check with\n{block('kubectl apply -f a.yaml', 'sh')}\nThen use\n{block(YAML_NEW, 'yaml')}", YAML_NEW + "\n"),
    ("a usage example behind", "python", FN, f"{block(FN_NEW, 'python')}\nUsage:\n{block('print(add(1, 2))', 'python')}", FN_NEW + "\n"),
    ("a usage example behind top-level code", "javascript", JS, f"{block(JS_NEW, 'js')}\nFor example:\n{block('console.log(3);', 'js')}", JS_NEW + "\n"),
    ("a doctest behind", "python", FN, f"{block(FN_NEW, 'python')}\n{block('>>> add(1, 2)' + chr(10) + '3', 'python')}", FN_NEW + "\n"),
    ("a snippet in front", "python", TOP, f"The line\n{block('print(a - b)', 'python')}\nis wrong.\n{block(TOP_NEW, 'python')}", TOP_NEW + "\n"),
    ("before and after", "python", TOP, f"Before:\n{block(TOP.strip(), 'python')}\nAfter:\n{block(TOP_NEW, 'python')}", TOP_NEW + "\n"),
    ("after and before", "python", FN, f"After:\n{block(FN_NEW, 'python')}\nBefore:\n{block(FN.strip(), 'python')}", FN_NEW + "\n"),
    ("before with a remark", "python", TOP, f"Before:\n{block(TOP.strip() + '  # wrong', 'python')}\nAfter:\n{block(TOP_NEW, 'python')}", TOP_NEW + "\n"),
    ("the same in another language", "javascript", JS, f"{block(JS_NEW, 'js')}\nIn Python:\n{block(TOP_NEW, 'python')}", JS_NEW + "\n"),
    ("an alternative behind", "python", FN, f"{block(FN_NEW, 'python')}\nAlternatively:\n{block('def add(a, b):' + chr(10) + '    return sum((a, b))', 'python')}", FN_NEW + "\n"),
    ("a corrected version behind", "python", FN, f"{block('def add(a, b):' + chr(10) + '    return a * b', 'python')}\nThat was wrong.\n\nCorrected:\n{block(FN_NEW, 'python')}", FN_NEW + "\n"),
    ("tildes", "python", TOP, f"{block(TOP_NEW, 'python', '~~~')}\nOutput:\n{block('3', '', '~~~')}", TOP_NEW + "\n"),
    ("in a list item", "python", TOP, "1. Fix it:\n\n   ```python\n   a = 1\n   b = 2\n   print(a + b)\n   ```\n\n2. Run it:\n\n   ```sh\n   python a.py\n   ```\n", TOP_NEW + "\n"),
    ("deep in a list item", "python", FN, "- Fix:\n\n    - here\n\n      ```python\n      def add(a, b):\n          return a + b\n      ```\n", FN_NEW + "\n"),
    ("behind a list mark", "yaml", YAML, "- ```yaml\n  name: web\n  replicas: two\n  port: 80\n  ```\n", YAML_NEW + "\n"),
    ("in a quotation", "yaml", YAML, "> ```yaml\n> name: web\n> replicas: two\n> port: 80\n> ```\n", YAML_NEW + "\n"),
    ("with attributes", "python", TOP, f"{block(TOP_NEW, 'python title=a.py {{1,2}}')}\n{block('3')}", TOP_NEW + "\n"),
    ("pandoc attributes", "python", TOP, f"{block(TOP_NEW, '{.python .numberLines}')}\n{block('3')}", TOP_NEW + "\n"),
    ("a file name for a tag", "python", TOP, f"{block(TOP_NEW, 'src/a.py')}\n{block('3', 'out.txt')}", TOP_NEW + "\n"),
    ("not closed", "python", TOP, f"Fixed.\n```python\n{TOP_NEW}", TOP_NEW + "\n"),
    ("closed on the last line", "python", TOP, f"Fixed.\n```python\n{TOP_NEW}```", TOP_NEW + "\n"),
    ("the output is not closed", "python", TOP, f"{block(TOP_NEW, 'python')}\nOutput:\n```\n3", TOP_NEW + "\n"),
    ("Windows line ends", "yaml", YAML, f"{block(YAML_NEW, 'yaml')}\nOutput:\n{block('ok')}".replace("\n", "\r\n"), YAML_NEW + "\n"),
    ("on one line", "python", "x = 1\n", "Use ```python x = 2```?\n\n```x = 2```\n", "x = 2\n"),
    ("inside details", "sql", SQL, f"<details><summary>Query</summary>\n\n{block(SQL_NEW, 'sql')}\n</details>\n\n{block('id | name' + chr(10) + '1 | x')}", SQL_NEW + "\n"),
    ("the tag lies", "yaml", YAML, block(YAML_NEW, "json"), YAML_NEW + "\n"),
    ("a neighbour's tag", "typescript", JS, block(JS_NEW, "jsx"), JS_NEW + "\n"),
    ("an unknown language", "brainsmith", "foo a\nbar b\nbaz c\n", f"{block('foo a' + chr(10) + 'bar x' + chr(10) + 'baz c')}\nOutput:\n{block('done')}", "foo a\nbar x\nbaz c\n"),
    ("header, then output", "python", TOP, f"So.\n\nThe whole edited code:\n{block(TOP_NEW, 'python')}\nOutput:\n{block('3')}", TOP_NEW + "\n"),
    ("header, rewritten", "python", "x = 1\n", f"The whole edited code:\n{block('from y import z', 'python')}", "from y import z\n"),
    ("a like snippet, header, rewritten", "python", "x = 1\ny = 2\n", f"Not\n{block('x = 1' + chr(10) + 'y = 3', 'python')}\nThe whole edited code:\n{block('from y import z', 'python')}", "from y import z\n"),
    ("header, a deletion", "yaml", YAML, f"The whole edited code:\n{block('port: 80', 'yaml')}", "port: 80\n"),
    ("header, shorter by far", "javascript", "if (a) {\n  return true;\n}\nreturn false;\n", f"The whole edited code:\n{block('return a;', 'js')}", "return a;\n"),
    ("loop to comprehension", "python", "r = []\nfor x in xs:\n    if x > 0:\n        y = f(x)\n        if y:\n            r.append(y)\n    else:\n        pass\n",
     f"The whole edited code:\n{block('r = [y for x in xs if x > 0 and (y := f(x))]', 'python')}", "r = [y for x in xs if x > 0 and (y := f(x))]\n"),
    ("a diff that fits", "python", TOP, "```diff\n--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,3 @@\n a = 1\n b = 2\n-print(a - b)\n+print(a + b)\n```\n", TOP_NEW + "\n"),
    ("a diff without numbers", "yaml", YAML, "```diff\n name: web\n-replicas: tow\n+replicas: two\n```\n", YAML_NEW + "\n"),
    ("a diff of a Lua comment", "lua", "-- a\nlocal x = 1\nreturn x\n", "```diff\n--- a\n+-- b\n local x = 1\n```\n", "-- b\nlocal x = 1\nreturn x\n"),
    ("code without a fence, and a sentence", "python", TOP, f"{TOP_NEW}\n\nThe operator was wrong in the last line.\n", TOP_NEW + "\n"),
    ("a block in a list", "python", TOP, "1. Fix it:\n\n   <<<<<<< SEARCH\n   print(a - b)\n   =======\n   print(a + b)\n   >>>>>>> REPLACE\n", TOP_NEW + "\n"),
    ("a block in a fence in a list", "python", TOP, "- Fix it:\n  ```\n  <<<<<<< SEARCH\n  b = 2\n  print(a - b)\n  =======\n  b = 2\n  print(a + b)\n  >>>>>>> REPLACE\n  ```\n", TOP_NEW + "\n"),
    ("blocks in a document, indented", "python", MARKED, block(MARKED.replace("y = 1", "y = 2"), "python"), MARKED.replace("y = 1", "y = 2")),
    ("two blocks in a list", "python", TOP, "1. One:\n\n   <<<<<<< SEARCH\n   a = 1\n   =======\n   a = 2\n   >>>>>>> REPLACE\n\n2. Two:\n\n   <<<<<<< SEARCH\n   b = 2\n   =======\n   b = 3\n   >>>>>>> REPLACE\n", TOP.replace("b = 2", "b = 3").replace("a = 1", "a = 2")),
    ("a diff whose context has no marks", "python", TOP, "```diff\na = 1\nb = 2\n-print(a - b)\n+print(a + b)\n```\n", TOP_NEW + "\n"),
    ("a diff with other lines", "python", TOP, "```diff\nb = 3\n-print(a - b)\n+print(a + b)\n```\n", Refusal.NOT_FOUND),
    ("a patch of OpenAI's", "python", TOP, "*** Begin Patch\n*** Update File: a.py\n@@\n b = 2\n-print(a - b)\n+print(a + b)\n*** End Patch\n", TOP_NEW + "\n"),
    ("a patch with the file's name twice", "python", TOP, "*** Begin Patch\n*** Update File: a.py\n@@\n-b = 2\n+b = 3\n*** Update File: a.py\n@@\n-print(a - b)\n+print(a + b)\n*** End Patch\n", TOP_NEW.replace("b = 2", "b = 3") + "\n"),
    ("a patch of OpenAI's in a fence", "yaml", YAML, "So.\n```\n*** Begin Patch\n*** Update File: a.yaml\n@@ name\n-replicas: tow\n+replicas: two\n*** End of File\n*** End Patch\n```\n", YAML_NEW + "\n"),
    ("a diff, and the code", "python", TOP, f"```diff\n-print(a - b)\n+print(a + b)\n```\n\n{block(TOP_NEW, 'python')}", TOP_NEW + "\n"),
    ("a document that is a diff", "diff", "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+z\n", block("--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y", "diff"), "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n"),
    # refused
    ("a patch of two files", "python", TOP, "*** Begin Patch\n*** Update File: b.py\n@@\n-b = 2\n+b = 3\n*** Update File: a.py\n@@\n-print(a - b)\n+print(a + b)\n*** End Patch\n", Refusal.NOT_FOUND),
    ("a diff of two files", "python", TOP, "```diff\n--- a/b.py\n+++ b/b.py\n@@ -2 +2 @@\n-b = 2\n+b = 3\n--- a/a.py\n+++ b/a.py\n@@ -3 +3 @@\n-print(a - b)\n+print(a + b)\n```\n", Refusal.NOT_FOUND),
    ("a patch with a new file", "python", TOP, "*** Begin Patch\n*** Add File: b.py\n+x = 1\n*** Update File: a.py\n@@\n-print(a - b)\n+print(a + b)\n*** End Patch\n", Refusal.NOT_FOUND),
    ("a diff that does not fit", "python", TOP, "```diff\n-print(a * b)\n+print(a + b)\n```\n", Refusal.NOT_FOUND),
    ("a diff that fits twice", "yaml", "- a\n- b\n- a\n", "```diff\n-- a\n+- c\n```\n", Refusal.AMBIGUOUS),
    ("a diff with left-out lines", "python", TOP, "```diff\n a = 1\n...\n-print(a - b)\n+print(a + b)\n```\n", Refusal.NOT_FOUND),
    ("a diff that only adds", "python", TOP, "```diff\n+import os\n```\n", Refusal.NOT_FOUND),
    ("nothing but output", "python", TOP, f"It prints\n{block('-1')}", Refusal.OTHER_CODE),
    ("nothing but a command", "shellscript", SHELL, f"Run\n{block('shellcheck a.sh', 'bash')}", Refusal.OTHER_CODE),
    ("nothing but a console", "yaml", YAML, block("$ kubectl get pods\nname: web\nport: 80", "yaml"), Refusal.OTHER_CODE),
    ("nothing but another language", "javascript", JS, block(TOP_NEW, "python"), Refusal.OTHER_CODE),
    ("nothing but a usage example", "python", FN, block("print(add(1, 2))", "python"), Refusal.OTHER_CODE),
    ("header, a console", "python", TOP, f"The whole edited code:\n{block('$ python a.py' + chr(10) + '3')}", Refusal.OTHER_CODE),
    ("nothing but the old code", "python", TOP, f"It was:\n{block(TOP.strip(), 'python')}", Refusal.UNCHANGED),
    ("a block for each function", "python", TWO, f"{block(FN_NEW, 'python')}\nand\n{block('def mul(a, b):' + chr(10) + '    return b * a', 'python')}", Refusal.TRUNCATED),
    ("header, a block for each function", "python", TWO, f"The whole edited code:\n{block(FN_NEW, 'python')}\n{block('def mul(a, b):' + chr(10) + '    return b * a', 'python')}", Refusal.TRUNCATED),
    ("header, the changed line alone", "python", LONG, f"The whole edited code:\n{block('x3 = 33', 'python')}", Refusal.TRUNCATED),
    ("the changed line alone", "yaml", YAML, block("replicas: two", "yaml"), Refusal.TRUNCATED),
    ("header, the changed line of a few", "yaml", YAML, f"The whole edited code:\n{block('replicas: two', 'yaml')}", Refusal.TRUNCATED),
    ("the changed line and the next", "yaml", YAML, block("replicas: two\nport: 80", "yaml"), Refusal.OTHER_CODE),
    ("the output's opening swallows the end", "yaml", YAML, f"```yaml\n{YAML_NEW}\n\nOutput:\n```text\nok\n```\n", Refusal.OTHER_CODE),
    ("html code is no fence", "python", TOP, f"<pre><code>\n{TOP_NEW}\n</code></pre>\n", Refusal.NO_CODE),
    ("bare code with a sentence behind", "yaml", YAML, f"{YAML_NEW}\n\nThat fixes it all.\n", YAML_NEW + "\n"),
    ("bare code with a sentence in front", "yaml", YAML, f"Hier ist der Code:\n{YAML_NEW}\n", Refusal.NO_CODE),
    ("bare commands", "yaml", YAML, "kubectl apply -f web.yaml\n  --port=80\n", Refusal.NO_CODE),
]  # fmt: skip


@pytest.mark.parametrize("row", FENCES, ids=named)
def test_of_several_blocks_the_asked_code_is_taken(row: Row) -> None:
    check(row)


DOC = 'def doc():\n    """Example.\n\n```\ncall()\n```\n    """\n    return 1 - 1\n'
MD = "# Title\n\nRun this:\n\n```\nmake tst\n```\n\nThen that:\n\n```sh\nls\n```\n\nEnd.\n"
TILDE_MD = "# T\n\n~~~\nmake tst\n~~~\n\nEnd.\n"
JS_TEMPLATE = "const help = `\n```\nnpm strat\n```\n`;\nexport default help;\n"
RUST_DOC = (
    "/// Adds.\n///\n/// ```\n/// assert_eq!(add(1, 2), 3);\n/// ```\nfn add(a: i32, b: i32) -> i32 {\n    a - b\n}\n"
)
QUOTED = "def f():\n    '''\n    ```python\n    f()\n    ```\n    '''\n    return 1 - 1\n"
FOUR = "# T\n\n````md\n```sh\nls\n```\n````\n\nmake tst\n"
ENDS = "# T\n\ntst\n\n```\nmake\n```\n"
BEGINS = "```\nmake\n```\n\ntst\n"


def whole(code: str, tag: str, mark: str = "```", behind: str = "") -> str:
    return f"Because.\n\nThe whole edited code:\n{mark}{tag}\n{code.rstrip(chr(10))}\n{mark}\n{behind}"


IN_CODE: list[Row] = [
    ("docstring", "python", DOC, whole(DOC.replace("1 - 1", "1 + 1"), "python"), DOC.replace("1 - 1", "1 + 1")),
    ("docstring, longer fence", "python", DOC, whole(DOC.replace("1 - 1", "1 + 1"), "python", "````"), DOC.replace("1 - 1", "1 + 1")),
    ("docstring, tildes", "python", DOC, whole(DOC.replace("1 - 1", "1 + 1"), "python", "~~~"), DOC.replace("1 - 1", "1 + 1")),
    ("docstring, an explanation behind", "python", DOC, whole(DOC.replace("1 - 1", "1 + 1"), "python", behind="\nThat is all.\n"), DOC.replace("1 - 1", "1 + 1")),
    ("docstring, an output behind", "python", DOC, whole(DOC.replace("1 - 1", "1 + 1"), "python", behind="\nOutput:\n\n```\n2\n```\n"), DOC.replace("1 - 1", "1 + 1")),
    ("docstring, longer fence closed by a shorter one", "python", DOC, whole(DOC.replace("1 - 1", "1 + 1"), "python", "````").replace("````\n", "```\n").replace("````python", "````python"), DOC.replace("1 - 1", "1 + 1")),
    ("docstring, not closed", "python", DOC, whole(DOC.replace("1 - 1", "1 + 1"), "python").rstrip("`\n"), DOC.replace("1 - 1", "1 + 1")),
    ("Markdown", "markdown", MD, whole(MD.replace("tst", "test"), "markdown"), MD.replace("tst", "test")),
    ("Markdown, no tag", "markdown", MD, whole(MD.replace("tst", "test"), ""), MD.replace("tst", "test")),
    ("Markdown, longer fence", "markdown", MD, whole(MD.replace("tst", "test"), "md", "````"), MD.replace("tst", "test")),
    ("Markdown, no header", "markdown", MD, f"Spelling.\n\n```markdown\n{MD.replace('tst', 'test')}```\n", MD.replace("tst", "test")),
    ("Markdown, a remark behind", "markdown", MD, whole(MD.replace("tst", "test"), "md", behind="\nI changed `tst`.\n"), MD.replace("tst", "test")),
    ("Markdown that ends with a fence", "markdown", ENDS, whole(ENDS.replace("tst", "test"), "md"), ENDS.replace("tst", "test")),
    ("Markdown that begins with a fence", "markdown", BEGINS, whole(BEGINS.replace("tst", "test"), "md"), BEGINS.replace("tst", "test")),
    ("Markdown with tildes", "markdown", TILDE_MD, whole(TILDE_MD.replace("tst", "test"), "md"), TILDE_MD.replace("tst", "test")),
    ("Markdown with longer fences", "markdown", FOUR, whole(FOUR.replace("tst", "test"), "md"), FOUR.replace("tst", "test")),
    ("Markdown gets its first fence", "markdown", "# T\n\nRun make.\n\nEnd.\n", whole("# T\n\nRun\n\n```\nmake\n```\n\nEnd.\n", "md"), "# T\n\nRun\n\n```\nmake\n```\n\nEnd.\n"),
    ("plain text", "plaintext", MD, whole(MD.replace("tst", "test"), "text"), MD.replace("tst", "test")),
    ("reStructuredText", "restructuredtext", MD, whole(MD.replace("tst", "test"), "rst"), MD.replace("tst", "test")),
    ("template literal", "javascript", JS_TEMPLATE, whole(JS_TEMPLATE.replace("strat", "start"), "js"), JS_TEMPLATE.replace("strat", "start")),
    ("Rust documentation", "rust", RUST_DOC, whole(RUST_DOC.replace("a - b", "a + b"), "rust"), RUST_DOC.replace("a - b", "a + b")),
    ("indented docstring with a tag", "python", QUOTED, whole(QUOTED.replace("1 - 1", "1 + 1"), "python"), QUOTED.replace("1 - 1", "1 + 1")),
    ("Windows line ends", "markdown", MD, whole(MD.replace("tst", "test"), "md").replace("\n", "\r\n"), MD.replace("tst", "test")),
    ("the header is the document's", "markdown", "# Form\n\nThe whole edited code:\n```\nx\n```\ntst\n", whole("# Form\n\nThe whole edited code:\n```\nx\n```\ntest", "md"), "# Form\n\nThe whole edited code:\n```\nx\n```\ntest\n"),
]  # fmt: skip


@pytest.mark.parametrize("row", IN_CODE, ids=named)
def test_fences_in_the_code_do_not_end_it(row: Row) -> None:
    check(row)


def sr(*pairs: tuple[str, str]) -> str:
    return "So.\n\n" + "".join(f"<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n" for old, new in pairs)


HEADING = '"""\nTitle\n=====\n"""\nx = 0\ny = 1\n'
HEADING7 = "Heading\n=======\n\ntext one\n\nOther\n=======\n\ntext two\n"
DIVIDED = "# ======\n======\na: 1\n======\nb: 2\n"
CONFLICT = "x = 0\n<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> topic\ny = 3\n"
ABOUT = 'FORM = """\n<<<<<<< SEARCH\npresent lines\n=======\nnew lines\n>>>>>>> REPLACE\n"""\nx = 1\n'
SEPARATORS: list[Row] = [
    ("heading in a docstring", "python", HEADING, sr(('Title\n=====\n"""\nx = 0', 'Title\n=====\n"""\nx = 7')), HEADING.replace("x = 0", "x = 7")),
    ("heading of the separator's length", "restructuredtext", HEADING7, sr(("Heading\n=======\n\ntext one", "Heading\n=======\n\ntext 1")), HEADING7.replace("text one", "text 1")),
    ("the search part ends with a heading", "restructuredtext", HEADING7, sr(("Other\n=======", "Second\n=======")), HEADING7.replace("Other", "Second")),
    ("a heading in the new part only", "markdown", "One\n\ntext\n", sr(("One", "One\n=======")), "One\n=======\n\ntext\n"),
    ("two blocks with headings", "restructuredtext", HEADING7, sr(("Heading\n=======\n\ntext one", "Heading\n=======\n\n1"), ("Other\n=======\n\ntext two", "Other\n=======\n\n2")), HEADING7.replace("text one", "1").replace("text two", "2")),
    ("divider", "plaintext", DIVIDED, sr(("======\na: 1\n======", "======\na: 3\n======")), DIVIDED.replace("a: 1", "a: 3")),
    ("merge conflict taken away", "python", CONFLICT, sr(("<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> topic", "a = 2")), "x = 0\na = 2\ny = 3\n"),
    ("merge conflict beside", "python", CONFLICT, sr(("y = 3", "y = 4")), CONFLICT.replace("y = 3", "y = 4")),
    ("merge conflict changed", "python", CONFLICT, sr(("<<<<<<< HEAD\na = 1\n=======\na = 2", "<<<<<<< HEAD\na = 1\n=======\na = 5")), CONFLICT.replace("a = 2", "a = 5")),
    ("a document about blocks", "python", ABOUT, sr(("<<<<<<< SEARCH\npresent lines\n=======\nnew lines\n>>>>>>> REPLACE", "<<<<<<< SEARCH\npresent lines\n=======\nchanged lines\n>>>>>>> REPLACE")), ABOUT.replace("new lines", "changed lines")),
    ("a document about blocks, beside", "python", ABOUT, sr(("x = 1", "x = 2")), ABOUT.replace("x = 1", "x = 2")),
    ("a document about blocks, whole", "python", ABOUT, f"The whole edited code:\n{block(ABOUT.replace('x = 1', 'x = 2').strip(), 'python')}", ABOUT.replace("x = 1", "x = 2")),
    ("blocks in a fence", "python", HEADING, f"```\n{sr(('x = 0', 'x = 7'))}```\n", HEADING.replace("x = 0", "x = 7")),
    ("numbers copied along", "python", "a = 1\nb = 2\nc = 3\n", sr(("2| b = 2\n3| c = 3", "2| b = 2\n3| c = 4")), "a = 1\nb = 2\nc = 4\n"),
    ("blocks that share a line", "python", "a = 1\nb = 2\nc = 3\n", sr(("a = 1\nb = 2", "a = 9\nb = 2"), ("b = 2\nc = 3", "b = 2\nc = 9")), "a = 9\nb = 2\nc = 9\n"),
    ("a block said twice", "python", "a = 1\nb = 2\n", sr(("a = 1", "a = 2"), ("a = 1", "a = 2")), "a = 2\nb = 2\n"),
    ("a later block is like an earlier one's result", "python", "a = 1\nb = 2\n", sr(("a = 1", "b = 2"), ("b = 2", "c = 3")), "b = 2\nc = 3\n"),
    # refused
    ("no reading stands in the document", "python", HEADING, sr(("Titel\n=====\nzero = 0", "Title\n=====\nx = 7")), Refusal.AMBIGUOUS),
    ("several places", "python", "a = 1\nb = 2\na = 1\n", sr(("a = 1", "a = 3")), Refusal.AMBIGUOUS),
    ("several places but for blanks", "python", "if x:\n    a = 1\nif y:\n        a = 1\n", sr(("a=1", "a=3")), Refusal.AMBIGUOUS),
    ("several places until an earlier block", "python", "a = 1\nb = 2\na = 1\n", sr(("a = 1\nb = 2", "a = 9\nb = 2"), ("a = 1", "a = 3")), Refusal.AMBIGUOUS),
    ("one of two is not there", "python", "a = 1\nb = 2\n", sr(("a = 1", "a = 3"), ("zeta()", "omega()")), Refusal.NOT_FOUND),
    ("one of two stands twice", "python", "a = 1\nb = 2\nb = 2\n", sr(("a = 1", "a = 3"), ("b = 2", "b = 3")), Refusal.AMBIGUOUS),
    ("both change one line", "python", "a = 1\nb = 2\n", sr(("a = 1", "a = 3"), ("a = 1", "a = 4")), Refusal.AMBIGUOUS),
    ("an end is missing", "python", "a = 1\nb = 2\n", sr(("a = 1", "a = 3"), ("b = 2", "b = 3")).replace(">>>>>>> REPLACE\n", "", 1), Refusal.TRUNCATED),
    ("a separator is missing", "python", "a = 1\nb = 2\n", "<<<<<<< SEARCH\na = 1\n>>>>>>> REPLACE\n", Refusal.TRUNCATED),
    ("an empty search part", "python", "a = 1\nb = 2\n", sr(("", "a = 3")), Refusal.NOT_FOUND),
]  # fmt: skip


@pytest.mark.parametrize("row", SEPARATORS, ids=named)
def test_separators_in_the_code_do_not_divide_a_block(row: Row) -> None:
    check(row)


def asked_whole(language: str, document: str, old: str, new: str) -> Row:
    """The model does what it was asked to do: the document with ``new`` for ``old``."""
    changed = document.replace(old, new)
    assert changed != document
    return (f"{language} {document[:12]!r}", language, document, whole(changed, language), changed)


KEPT_NUMBERS: list[Row] = [
    asked_whole("yaml", "200: ok\n201: created\n202: acepted\n203: other\n", "acepted", "accepted"),
    asked_whole("tsv", "1\tAlice\n2\tBob\n3\tCarl\n", "Bob", "Rob"),
    asked_whole("csv", "1|Alice\n2|Bob\n3|Carl\n", "Bob", "Rob"),
    asked_whole("csv", "1, Alice\n2, Bob\n3, Carl\n", "Bob", "Rob"),
    asked_whole("csv", "7 | Alice\n8 | Bob\n", "Bob", "Rob"),
    asked_whole("markdown", "1. alpha\n2. bta\n3. gamma\n", "bta", "beta"),
    asked_whole("markdown", "1) alpha\n2) bta\n", "bta", "beta"),
    asked_whole("basic", '10 PRINT "A"\n20 GOTO 01\n', "01", "10"),
    asked_whole("basic", "1 X=1\n2 Y=2\n3 Z=3\n", "Y=2", "Y=4"),
    asked_whole("log", "1: start\n2: stpo\n3: end\n", "stpo", "stop"),
    asked_whole("log", "12:00 a\n13:00 b\n14:00 c\n", "00 b", "30 b"),
    asked_whole("yaml", "1: Monday\n2: Tuseday\n3: Wednesday\n", "Tuseday", "Tuesday"),
    asked_whole("python", "{\n1: 'a',\n2: 'b',\n}\n", "'b'", "'c'"),
    asked_whole("plaintext", "2024: one\n2025: too\n", "too", "two"),
    asked_whole("tsv", "1\tAlise\n2\tBop\n", "1\tAlise\n2\tBop", "1\tAlice\n2\tBob"),
    asked_whole("yaml", "200: ko\n", "ko", "ok"),
    asked_whole("plaintext", "   1  foo\n   2  bra\n", "bra", "bar"),
    ("one more row", "tsv", "1\tA\n2\tB\n", whole("1\tA\n2\tB\n3\tC", "tsv"), "1\tA\n2\tB\n3\tC\n"),
]  # fmt: skip
CODE = "def f(a):\n    if a:\n        return 1\n    return 2\n"
FIXED = CODE.replace("return 2", "return 3")


def numbered(code: str, form: str, first: int = 1) -> str:
    return "\n".join(form.format(first + n, line) for n, line in enumerate(code.rstrip("\n").split("\n")))


COPIED_NUMBERS: list[Row] = [
    *(
        (form, "python", CODE, whole(numbered(FIXED, form), "python"), FIXED)
        for form in ("{}|{}", "{}| {}", "{} | {}", "{}: {}", "{}:{}", "{}\t{}", "{:>6}\t{}", "{:>4}→{}", "{:>4} │ {}", "L{}: {}", "{}. {}", "{}  {}")
    ),
    ("from line 40 on", "python", CODE, whole(numbered(FIXED, "{}| {}", 40), "python"), FIXED),
    ("one line", "python", "x = 1\n", whole("7| x = 2", "python"), "x = 2\n"),
    ("in front of a first column", "yaml", "200: ok\n201: kreated\n", whole("1| 200: ok\n2| 201: created", "yaml"), "200: ok\n201: created\n"),
    ("a blank line without a number", "python", "a = 1\n\nb = 2\n", whole("1| a = 1\n\n3| b = 3", "python"), "a = 1\n\nb = 3\n"),
    ("a line left out", "python", "a = 1\nb = 2\nc = 3\n", whole("1| a = 1\n3| c = 3", "python"), "a = 1\nc = 3\n"),
    ("no header", "python", CODE, block(numbered(FIXED, "{}| {}"), "python"), FIXED),
    ("no fence", "python", CODE, numbered(FIXED, "{}| {}"), FIXED),
]  # fmt: skip


@pytest.mark.parametrize("row", KEPT_NUMBERS, ids=named)
def test_a_first_column_of_numbers_stays(row: Row) -> None:
    check(row)


@pytest.mark.parametrize("row", COPIED_NUMBERS, ids=named)
def test_line_numbers_that_were_copied_go(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("The whole test file:\n```python\ndef test_a():\n    pass\n```\nRun:\n```bash\npytest\n```", "def test_a():\n    pass"),
        ("```python\ndef test_a():\n    pass\n```\nRun it with\n```bash\npytest a_very_long_name_of_a_file_that_is_long.py\n```", "def test_a():\n    pass"),
        ("```bash\npip install pytest\n```\n```python\ndef test_a():\n    pass\n```", "def test_a():\n    pass"),
        ("def test_a():\n    assert f(1) == 2\n", "def test_a():\n    assert f(1) == 2"),
    ],
)  # fmt: skip
def test_a_new_text_is_the_block_in_its_language(answer: str, code: str) -> None:
    assert read_answer(answer, finished=True, asked=AskedCode("", "python")).whole == code


@pytest.mark.parametrize(
    ("info", "tag"),
    [("python", "python"), ("Python title='a'", "python"), ("{.py #id}", "py"), ("{python}", "python"), ("ts:src/a.ts", "ts"),
     ("12:20:src/a.rs", "rs"), ("src/a.b.go", "go"), ("", ""), ("c++", "c++"), ("console", "console")],
)  # fmt: skip
def test_the_tag_of_an_info_string(info: str, tag: str) -> None:
    assert tag_of(info) == tag


@pytest.mark.parametrize(
    ("text", "fence"),
    [("", "```"), ("a `b`", "```"), ("``x``", "```"), ("```\nx\n```", "````"), ("a ````` b", "``````")],
)
def test_the_fence_for_some_code_is_longer_than_what_it_holds(text: str, fence: str) -> None:
    assert fence_for(text) == fence


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "answer",
    ["```\n" * 90_000, "~~~~ a\n" * 50_000, "<<<<<<< SEARCH\n" * 20_000, "<<<<<<< SEARCH\n" + "=======\n" * 40_000 + ">>>>>>> REPLACE\n",
     ">>>>>>> REPLACE\n" * 20_000, ("<<<<<<< SEARCH\na\n=======\n" * 12_000), "1| x\n" * 70_000, "> " * 150_000, "```x\n" + "`" * 390_000, "-\n" * 150_000],
    ids=lambda answer: answer[:20],
)  # fmt: skip
def test_an_answer_made_to_be_slow_to_read_is_not(answer: str) -> None:
    began = time.process_time()
    with pytest.raises(EditRefused):
        assert len(answer) <= MOST_CHARACTERS
        read = read_answer(answer, finished=True, asked=AskedCode(MD, "markdown"))
        raise EditRefused(Refusal.NO_CODE, repr(read)[:20])
    assert time.process_time() - began < 5, "quadratic"


ROOT = Path(__file__).parents[3]
REAL_FILES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "grammars/*/sample.*", "grammars/*.md", "editors/**/*.lua", "editors/*.md")
    for path in ROOT.glob(pattern)
    if "node_modules" not in path.parts
)
LANGUAGE_OF = {".md": "markdown", ".py": "python", ".lua": "lua"}


@pytest.mark.parametrize("path", REAL_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_model_that_changes_one_word_is_read_exactly(path: Path) -> None:
    """In every form and with what models put around the code: the code is what the model said, and nothing else."""
    chance = random.Random(path.name)
    lines = path.read_text("utf-8").strip("\n").split("\n")
    language = LANGUAGE_OF.get(path.suffix, path.parent.name)
    for _ in range(examples(4, fewest=1)):
        first = chance.randrange(max(1, len(lines) - 3))
        piece = lines[first : first + chance.randrange(3, 80)]
        code = "\n".join(piece).strip("\n")
        piece = code.split("\n")
        at = chance.choice([number for number, line in enumerate(piece) if any(c.isalpha() for c in line)] or [-1])
        if at < 0 or len(piece) < 3:
            continue
        word = next(number for number, char in enumerate(piece[at]) if char.isalpha())
        piece[at] = piece[at][:word] + "q" + piece[at][word:]
        changed, mark = "\n".join(piece), fence_for(code)
        header, output = "Because.\n\nThe whole edited code:\n", "\nOutput:\n\n```\nfoo\n3\n```\n"
        numbers = "\n".join(f"{number:>4}| {line}" for number, line in enumerate(piece, 1))
        for answer in (
            header + block(changed, language, mark),
            header + block(changed, language),
            header + block(changed, language) + output,
            header + block(changed, language, "~~~~~~"),
            header + block(numbers, language, mark),
            "Fix:\n" + block(changed, language, mark) + output,
            "Fix:\n" + block(changed, language, mark) + "\nRun:\n" + block("make test", "bash"),
            "Before:\n" + block(code, language, mark) + "\nAfter:\n" + block(changed, language, mark),
        ):
            read = read_answer(answer, finished=True, asked=AskedCode(code, language))
            assert read.whole == changed, answer[:80]


@pytest.mark.parametrize(
    ("language", "said", "asks"),
    [
        ("plaintext", "A list\nof the words\nin order.", False),
        ("plaintext", "A list\n**of the words**\nin order.", True),
        ("plaintext", "A list\nof the words  <-- here\nin order.", True),
        ("markdown", "A list\nof the words  <-- changed\nin order.", True),
        ("plaintext", "A list\nof the words\nin order.\n\nAnd\nthree\nmore.", True),
        ("markdown", "A list\nof the words\nin order.\n```\nrun()\n```", True),
        ("git-commit", "Here is the corrected version:\nA list\nof the words\nin order.", True),
        ("python", "A list\nof the words\nin order.", False),
    ],
)
def test_the_marks_of_a_model_in_prose_are_a_concern(language: str, said: str, asks: bool) -> None:
    asked = AskedCode("A list\nof teh words\nin order.", language_id=language)
    answer = read_answer(f"So.\n\nThe whole edited code:\n````\n{said}\n````\n", finished=True, asked=asked)
    assert answer.whole == said
    concerns = prose_concerns(asked.lines, said.split("\n"), None) if is_any_prose(language) else ()
    assert bool(concerns) is asks


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        ("```\nrun(1)\nstop(3)\nend()\n```\n", False),
        ("```\nrun(1)\nstop(3)\nend()", False),
        ("```\nrun(1)\nstop(3)\nend()```", False),
        ("```\nrun(1)\nstop(3)\nen", True),
        ("```\nrun(1)\nstop(2)\nend(1)", True),
        ("```\nrun(1)\nstop(2)\nend(1)\n```", False),
        ("~~~\nrun(1)\nstop(2)\nend(1)\n~~~\nDone.", False),
    ],
)
def test_a_block_without_an_end_is_a_concern_unless_it_ends_like_the_code(said: str, asks: bool) -> None:
    asked = AskedCode("run(1)\nstop(2)\nend()", language_id="python")
    answer = read_answer(f"So.\n\nThe whole edited code:\n{said}", finished=True, asked=asked)
    assert bool(answer.concerns) is asks
