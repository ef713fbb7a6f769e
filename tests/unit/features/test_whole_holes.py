"""What is shown of an answer that has more or less than the hole: early stop, cut and filters together.

Code and answers are from files of the standard library, with the answer as a small model gives it: it goes on behind
the hole, repeats indentation, or counts it from the cursor.
"""

from __future__ import annotations

import pytest
from attrs import frozen

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.features.completion.postprocess.indentation import without_second_indent
from autothink_lsp.features.completion.postprocess.post_processor import PostProcessor
from autothink_lsp.settings.model import Settings
from autothink_lsp.stream.early_stop import EarlyStop, StopReason
from autothink_lsp.stream.extent import extent_at
from autothink_lsp.syntax.holes import Extent
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, PositionEncoding
from tests.support.cursor_mark import at

SYNTAX = Syntax()


@frozen
class Shown:
    text: str
    extent: Extent


def shown(
    marked: str, answer: str, language_id: str = "python", *, by_hand: bool = True, by_model: bool = False
) -> Shown:
    """``by_model``: the server says that the model ended the answer; else its length did."""
    context = at(language_id, marked)
    before, after = context.prefix, context.suffix
    stop = EarlyStop(context, crosses_paragraphs=by_hand)
    decision = stop.feed(answer)
    text = stop.text if decision is not None else stop.finish(by_model=by_model)
    documents = DocumentStore(PositionEncoding.UTF32)
    documents.open("file:///a", language_id, 1, before + after)
    snapshot = documents.snapshot("file:///a")
    assert snapshot is not None
    point = Point(before.count("\n"), len(before.rpartition("\n")[2]))
    request = CompletionRequest(snapshot, point, "invoked" if by_hand else "automatic", 0.0, Settings(), "a")
    left_block = decision is not None and decision.reason is StopReason.DEDENT
    done = decision is not None or by_hand
    shaped = PostProcessor(SYNTAX).shape(text, request, context, finished=done, left_block=left_block)
    return Shown(shaped.text, extent_at(context).kind)


# A body that begins behind a comment or docstring is a body: it does not end at its first blank line.
BODIES = {
    "docstring of one line": (
        'def capwords(s, sep=None):\n    """Capitalize all words."""\n    ‸\n\n\nclass Template:\n    pass\n',
        "words = s.split(sep)\n\n    return (sep or ' ').join(map(str.capitalize, words))\n\n\ndef",
    ),
    "docstring of several lines": (
        'def commonprefix(m):\n    """Return the prefix.\n\n    Empty for nothing.\n    """\n    ‸\n\n\nx = 1\n',
        "s1 = min(m)\n    s2 = max(m)\n\n    for i, c in enumerate(s1):\n        use(c)\n\n    return s1\n\n\ndef",
    ),
    "raw docstring with a blank line below": (
        'class Formatter:\n    def parse(self, text):\n        r"""Split \\d."""\n\n        ‸\n\nx = 1\n',
        "found = self.pattern.match(text)\n\n        return found\n\n\n",
    ),
    "comment": (
        "def split(p):\n    # Everything behind the last slash\n    ‸\n\n\nx = 1\n",
        "i = p.rfind('/') + 1\n\n    return p[:i], p[i:]\n\n\ndef",
    ),
    "two comments": (
        "for name in names:\n    # one\n    # two\n    ‸\n\nx = 1\n",
        "path = join(top, name)\n\n    yield path\n\n\n",
    ),
}


@pytest.mark.parametrize(("marked", "answer"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("by_hand", [False, True], ids=["automatic", "by hand"])
def test_a_body_behind_text_is_whole(marked: str, answer: str, by_hand: bool) -> None:
    found = shown(marked, answer, by_hand=by_hand)
    assert found.extent is Extent.BLOCK
    assert found.text == answer.partition("\n\n\n")[0]


def test_a_comment_in_a_body_that_exists_opens_nothing() -> None:
    marked = "def split(p):\n    # Everything behind\n    ‸\n    return p[:i], p[i:]\n"
    assert shown(marked, "i = p.rfind('/') + 1\n\n    j = 2\n").extent is Extent.LINES


@pytest.mark.parametrize(
    "above",
    [
        'class Missing(Exception):\n    """Doc."""\n\n\n',
        'def f():\n    class A:\n        """Doc.\n\n        More.\n        """\n\n    ',
        "if x:\n    # nothing yet\n",
    ],
)
def test_behind_a_block_of_text_nothing_is_open(above: str) -> None:
    assert shown(f"{above}‸\n", "y = 2\n\nz = 3\n\nw = 4\n\nx = 5\n\n\n", by_hand=False).extent is Extent.LINES


@pytest.mark.parametrize(
    "above",
    ['x = """a\nb"""\n', 'f("""a:\n    b""")\n', "if x:\n    pass\n'''a'''\n", "x = 1\n"],
    ids=["assigned", "argument", "behind a block", "no string"],
)
def test_other_strings_open_no_block(above: str) -> None:
    assert shown(f"{above}‸\n\n\ny = 2\n", "z = 3\n").extent is not Extent.BLOCK


# By hand an answer of several paragraphs is kept if it ends in front of the code below.
PARAGRAPHS = [
    ("count = 0\n\n    for item in items:\n        total += item\n        count += 1\n    return total / count\n", 5),
    ("count = len(items)\n\n    total = sum(items)\n\n    return total / count\n", 3),
    ("count = len(items)\n\n    print(count)\n    print(total)\n", 1),  # nothing shows that more is wanted
    ("count = len(items)\n\n    print(count)\n\n\ndef other():\n", 1),  # it went past the code below
]


@pytest.mark.parametrize(("answer", "lines"), PARAGRAPHS)
def test_paragraphs_up_to_the_code_below(answer: str, lines: int) -> None:
    marked = "def mean(items):\n    total = 0\n    ‸\n    return total / count\n"
    assert shown(marked, answer).text == "\n".join(answer.split("\n")[:lines])
    assert shown(marked, answer, by_hand=False).text == answer.partition("\n")[0]


# What the model ended itself is one answer, of however many paragraphs: as much is kept of it as parses in place.
ENDED_BY_THE_MODEL = {
    "two paragraphs": ("count = len(items)\n\n    print(count)\n    print(total)", 4),
    "three paragraphs": ("count = len(items)\n\n    total = sum(items)\n\n    print(total)\n", 5),
    "the second is broken": ("count = len(items)\n\n    print(count))\n", 1),
    "the second is the code below": ("count = len(items)\n\n    return total / count", 1),
    "one paragraph": ("count = len(items)\n    print(count)", 2),
}


@pytest.mark.parametrize(("answer", "lines"), ENDED_BY_THE_MODEL.values(), ids=ENDED_BY_THE_MODEL)
def test_an_answer_that_the_model_ended_is_whole(answer: str, lines: int) -> None:
    marked = "def mean(items):\n    total = 0\n    ‸\n    return total / count\n"
    assert shown(marked, answer, by_model=True).text == "\n".join(answer.split("\n")[:lines])
    first, _, _ = answer.partition("\n\n")
    assert shown(marked, answer).text == first, "cut off by its length: what follows a blank line may be anything"
    assert shown(marked, answer, by_hand=False, by_model=True).text == answer.partition("\n")[0]


def test_a_marker_ends_an_answer_as_the_server_does() -> None:
    marked = "def mean(items):\n    total = 0\n    ‸\n    return total / count\n"
    answer = "count = len(items)\n\n    print(count)<|endoftext|>def other"
    assert shown(marked, answer).text == "count = len(items)\n\n    print(count)"


# Of headers as many are kept as the indentation of the code below needs.
HEADERS = [
    ("for item in items:\n        if item:\n            total += item\n", 4, "for item in items:\n        if item:"),
    (
        "with lock:\n        for item in items:\n            total += item\n",
        4,
        "with lock:\n        for item in items:",
    ),
    (
        "for item in items:\n        item = int(item)\n        if item:\n            total += item\n",
        4,
        "for item in items:\n        item = int(item)\n        if item:",
    ),
    ("if item:\n            total += item\n    return total\n", 8, "if item:"),
]


@pytest.mark.parametrize(("answer", "columns", "expected"), HEADERS)
def test_inner_headers(answer: str, columns: int, expected: str) -> None:
    outer = "    for item in items:\n" if columns == 8 else ""
    marked = f"def add(items):\n    total = 0\n{outer}{' ' * columns}‸\n            total += item\n    return total\n"
    assert shown(marked, answer).text == expected


# The header of the code below is further on in the answer, behind statements or behind the end of the cursor's block.
LATER_HEADERS = {
    "behind a statement": (
        "def f(word):\n    ‸\n            return word[i]\n    return ''\n",
        "vowels = 'aeiou'\n    for i in range(len(word)):\n        if word[i] in vowels:\n            return i\n",
        3,
    ),
    "in another clause": (
        "def tri(n):\n    if n == 0:\n        ‸\n            add(i)\n    return tri\n",
        "return []\n    elif n == 1:\n        return [3]\n    else:\n        for i in n:\n            if i:\n",
        5,
    ),
    "behind the block": (
        "def tri(n):\n    if n == 0:\n        ‸\n            add(i)\n    return tri\n",
        "return []\n    tri = [1]\n    for i in n:\n        if i:\n            tri.append(i)\n    return tri\n",
        4,
    ),
    "not behind the function": (
        "def tri(n):\n    if n == 0:\n        ‸\n            add(i)\n    return tri\n",
        "return []\n\n\ndef other(n):\n    for i in n:\n        if i:\n            add(i)\n",
        1,
    ),
    "the first header is it": (
        "def f(a):\n    for b in a:\n        ‸\n            add(b)\n    return a\n",
        "if b:\n            add(b)\n    for c in a:\n        if c:\n            add(c)\n",
        1,
    ),
}


@pytest.mark.parametrize(("marked", "answer", "lines"), LATER_HEADERS.values(), ids=LATER_HEADERS)
@pytest.mark.parametrize("by_hand", [True, False])
def test_headers_further_on(marked: str, answer: str, lines: int, *, by_hand: bool) -> None:
    assert shown(marked, answer, by_hand=by_hand).text == "\n".join(answer.split("\n")[:lines])


# Indentation that the editor has inserted already is not inserted once more.
INDENTATION = [
    (
        "counted from the cursor",
        "class Lock:\n    def acquire(self):\n        ‸\n",
        "        self.count = 1\n                self.owner = me\n                return True\n",
        "self.count = 1\n        self.owner = me\n        return True",
    ),
    (
        "only the first line",
        "class Lock:\n    def acquire(self):\n        ‸\n",
        "        self.count = 1\n        self.owner = me\n",
        "self.count = 1\n        self.owner = me",
    ),
    (
        "a block below the first line",
        "class Lock:\n    def acquire(self):\n        ‸\n",
        "    if self.owner:\n            return False\n        return True\n",
        "if self.owner:\n            return False\n        return True",
    ),
    (
        "the block above was left",
        "def f(items):\n    for item in items:\n        if item:\n            show(item)\n    ‸\n",
        "        return items\n",
        "return items",
    ),
]


@pytest.mark.parametrize(("name", "marked", "answer", "expected"), INDENTATION, ids=[case[0] for case in INDENTATION])
def test_indentation_is_not_inserted_twice(name: str, marked: str, answer: str, expected: str) -> None:
    assert shown(marked, answer).text == expected, name


# The first line repeats the cursor's indentation, and the line below it continues it: that line stands where it says.
CONTINUED = {
    "method chain": ("javascript", 2, "fetch(x)\n    .then(show)\n    .then(log);"),
    "if without braces": ("c", 4, "if (x)\n        return a;"),
    "else without braces": ("c", 4, "else\n        return 2;"),
    "aligned in brackets": ("python", 4, "total = (first\n             + second)"),
    "chain of Rust": ("rust", 4, "items.iter()\n        .map(g)\n        .collect()"),
    "text of a string": ("javascript", 2, "const usage = `\n    run\n    stop`;"),
}


@pytest.mark.parametrize(("language_id", "columns", "expected"), CONTINUED.values(), ids=CONTINUED)
def test_what_continues_the_first_line_is_not_moved(language_id: str, columns: int, expected: str) -> None:
    blanks = " " * columns
    header = "def f(a):" if language_id == "python" else "f(a) {"
    marked = f"{header}\n{blanks}x(1)\n{blanks}‸\n" + ("" if language_id == "python" else "}\n")
    assert shown(marked, f"{blanks}{expected}\n", language_id).text == expected


def test_a_tab_is_not_taken_off_blanks() -> None:
    context = at("python", "class Lock:\n    def acquire(self):\n        ‸\n")
    answer = "\tself.count = 1\n            self.owner = me"
    candidate = CompletionCandidate.of(answer, context, finished=True)
    assert without_second_indent(candidate) == answer.lstrip()


def test_leaving_the_block_is_not_the_models_own_end() -> None:
    marked = "def add(items):\n    for item in items:\n        ‸\n        log(item)\n    return 1\n"
    answer = "total += item\n        count += 1\n    return total\n"
    assert shown(marked, answer, by_hand=False).text == "total += item"


def test_a_block_that_ends_below_is_filled() -> None:
    marked = "def add(items):\n    for item in items:\n        ‸\n    return 1\n"
    answer = "total += item\n        count += 1\n    return total\n"
    assert shown(marked, answer, by_hand=False).text == "total += item\n        count += 1"


# Answers with the right code in the forms in which models write it, after files of public repositories. All of them
# were shown with another indentation, or not at all.
FENCED = {
    "lines counted from the first column": (
        "go",
        "func f() {\n\tfor {\n\t\t‸\n\t}\n}\n",
        "next(w)\n\t\treturn",
    ),
    "a block, counted from the first column": ("go", "func f() {\n\t‸\n}\n", "for a {\n\t\tp = b\n\t}\n\treturn p"),
    "fields": ("go", "type W struct {\n\t‸\n}\n", "http.ResponseWriter\n\ttee   io.Writer\n\tbytes int"),
    "items of an object": ("typescript", "const a = {\n    ‸\n};\n", 'one: "a",\n    two: "b",'),
    "a comment with a bracket": (
        "go",
        "func f() {\n\tif a {\n\t\t‸\n\t}\n}\n",
        "// not again (it\n\t\t// would count twice)\n\t\treturn n",
    ),
    "an operator that is whole": ("kotlin", "fun f() {\n    a {\n        ‸\n    }\n}\n", "n++\n        println(n)"),
    "lines of a comment": ("java", "/*\n * One\n ‸\n */\n", "* two\n * three"),
    "a statement that stands above, too": (
        "go",
        "func f() {\n\tif a {\n\t\treturn n, err\n\t}\n\tb()\n\t‸\n}\n",
        "return n, err",
    ),
    "a label's statement that stands above, too": (
        "typescript",
        "switch (a) {\n  case 1:\n    break;\n  case 2:\n    break;\n  case 3:\n    ‸\n  case 4:\n    stop();\n}\n",
        "break;",
    ),
}


@pytest.mark.parametrize(("language_id", "marked", "code"), FENCED.values(), ids=FENCED)
def test_fenced_code_whose_first_line_begins_at_the_cursor(language_id: str, marked: str, code: str) -> None:
    assert shown(marked, f"```{language_id}\n{code}\n```\n", language_id, by_model=True).text == code


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("for a:\n    b()\nc()", "for a:\n        b()\n    c()"),
        ("for a:\n        b()\n    c()", "for a:\n        b()\n    c()"),
        ("x = f(\n    a,\n)\ny()", "x = f(\n        a,\n    )\n    y()"),
        ("x = (a\n    .b())\ny()", "x = (a\n        .b())\n    y()"),
        ("    for a:\n        b()\n    c()", "for a:\n        b()\n    c()"),
        ("a()\nb()", "a()\n    b()"),
        ("a()\n    b()", "a()\n    b()"),
    ],
)
def test_what_the_lines_of_fenced_code_are_counted_from(code: str, expected: str) -> None:
    marked = "def f():\n    ‸\n\n\nx = 1\n"
    unwrapped = EarlyStop(at("python", marked), crosses_paragraphs=True)
    unwrapped.feed(f"```python\n{code}\n```\n")
    assert unwrapped.text == expected


SECOND_INDENT = {
    "in a docstring": (
        "elixir",
        'defmodule A do\n  @doc """\n  One line\n  ‸\n  three\n  """\n  def f do\n  end\nend\n',
        "then two",
        "  ",
    ),
    "below a comment with stars": (
        "java",
        "interface A {\n  /**\n   * Doc.\n   */\n  ‸\n}\n",
        "default int f() {\n    return 1;\n  }",
        "  ",
    ),
    "an example in a docstring": (
        "elixir",
        'defmodule A do\n  @doc """\n  Gets it.\n\n      ‸\n      two()\n\n  """\n  def f do\n  end\nend\n',
        "one()",
        "      ",
    ),
    "below a header of several lines": (
        "elixir",
        "defmodule A do\n  defp put(a)\n       when a < 3 do\n    ‸\n    two()\n  end\nend\n",
        "one()",
        "    ",
    ),
    "items that begin with a comma": (
        "haskell",
        "tests = group\n  [ one $\n      two\n  ‸\n  , four\n  ]\n",
        ", three",
        "  ",
    ),
    "labels at the level of their switch": (
        "cpp",
        "void f() {\n  switch (a) {\n  ‸\n  }\n}\n",
        "case 0:\n    h();\n    break;",
        "  ",
    ),
    "operators of Haskell below": (
        "haskell",
        "main = do\n  one\n  two\n\nstory = withObject $ \\obj ->\n  ‸\n",
        "Story\n    <$> id obj\n    <*> name obj",
        "  ",
    ),
}


@pytest.mark.parametrize(("language_id", "marked", "code", "doubled"), SECOND_INDENT.values(), ids=SECOND_INDENT)
def test_a_second_indentation_is_dropped_where_the_line_above_is_no_guide(
    language_id: str, marked: str, code: str, doubled: str
) -> None:
    found = shown(marked, doubled + code, language_id, by_model=True).text
    assert code.startswith(found)
    assert found.split("\n")[:2] == code.split("\n")[:2]


@pytest.mark.parametrize("stop", ["<|endoftext|>", "\n```\n", "<|im_end|>"])
def test_a_line_that_stands_above_too_is_not_lost_at_a_stop_sequence(stop: str) -> None:
    marked = "if a:\n    one()\n    go()\nif b:\n    two()\n    ‸\n"
    answer = f"```\ntwo(){stop}" if "```" in stop else f"go(){stop}"
    wanted = "" if "```" in stop else "go()"
    assert shown(marked, answer, by_model=True).text == wanted


@pytest.mark.parametrize(
    ("language_id", "marked", "answer"),
    [
        ("java", "/**\n * One\n ‸\n * three\n */\nclass A {}\n", "* two\n\n\nother();\n"),
        ("python", 'def f():\n    """One\n    ‸\n    three\n    """\n', "two\n\n\ndef other():\n    pass\n"),
    ],
)
def test_text_ends_at_two_blank_lines(language_id: str, marked: str, answer: str) -> None:
    assert shown(marked, answer, language_id).text == answer.partition("\n")[0]


def test_a_tab_of_the_answer_is_as_wide_as_the_lines_around_show() -> None:
    marked = "module A\n  ( B(..)\n    -- * C\n    , C(..)\n    ‸\n    , F\n  ) where\n\nf = do\n  g\n  h\n"
    assert shown(marked, ", D(..)\n\t, E(..)", "haskell", by_model=True).text == ", D(..)\n    , E(..)"


# The model indents with blanks, the document with tabs: the columns of both are compared by the early stop and the cut.
IN_TABS = {
    "a header's body": (
        "python",
        "class A:\n\tx = 1\n\n\tdef f(self, x):‸\n",
        "\n        if x:\n            return 1\n        return 2",
        "\n\t\tif x:\n\t\t\treturn 1\n\t\treturn 2",
    ),
    "a body": (
        "python",
        "class A:\n\tdef f(self, x):\n\t\t‸\n",
        "if x:\n            return 1\n        return 2",
        "if x:\n\t\t\treturn 1\n\t\treturn 2",
    ),
    "a recipe": ("makefile", "all:\n\t‸\n", "cc -o a a.c\n    strip a", "cc -o a a.c\n\tstrip a"),
    "a method of PHP": (
        "php",
        "<?php\nclass A {\n\tfunction f($x) {\n\t\t‸\n\t}\n}\n",
        "if ($x) {\n            return 1;\n        }\n        return 2;",
        "if ($x) {\n\t\t\treturn 1;\n\t\t}\n\t\treturn 2;",
    ),
    "a document in blanks": (
        "python",
        "def f(x):\n    y = 1\n    ‸\n",
        "if x:\n\t\treturn 1\n\treturn 2",
        "if x:\n        return 1\n    return 2",
    ),
}


@pytest.mark.parametrize(("language_id", "marked", "answer", "expected"), IN_TABS.values(), ids=IN_TABS)
def test_an_answer_in_the_other_indentation_is_shown_whole(
    language_id: str, marked: str, answer: str, expected: str
) -> None:
    assert shown(marked, answer, language_id, by_model=True).text == expected
