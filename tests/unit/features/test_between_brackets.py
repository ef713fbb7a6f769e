"""Between an opener and the closer that the editor has inserted behind the cursor, an answer that begins with a newline
or a comment is a block: it is shown whole, ends before the closer, and puts the closer on a line of its own.
"""

from __future__ import annotations

import pytest

from autothink_lsp.features.completion.insertion import CompletionItemEdit, inline_edit, menu_item
from tests.support.cursor_mark import CURSOR
from tests.unit.features.test_whole_holes import shown

# Language, document, the answer up to where it is useful (``¦`` where the suggestion must end), and what follows it.
# The suggestion is the useful part with a line end and the indentation of the cursor's line.
BLOCKS = {
    "function of JavaScript": ("javascript", "function add(a, b) {‸}\n", "\n  return a + b;¦\n}\n\nadd(1, 2);\n"),
    "the same, ended by the model": ("javascript", "function add(a, b) {‸}\n", "\n  return a + b;¦"),
    "method, with a paragraph": (
        "javascript",
        "class A {\n  add(b) {‸}\n}\n",
        "\n    const c = b;\n\n    return this.x + c;¦\n  }\n\n  sub(b) {\n",
    ),
    "arrow function": ("typescript", "const f = (a: number) => {‸};\n", "\n  return a * 2;¦\n};\n\nf(1);\n"),
    "callback in a call": ("typescript", "all.forEach((one) => {‸});\n", "\n  console.log(one);¦\n});\n"),
    "condition, and not its else": ("typescript", "if (x) {‸}\n", "\n  show();¦\n} else {\n  hide();\n}\n"),
    "object in a call": ("typescript", "foo({‸});\n", "\n  name: 1,\n  size: 2,¦\n});\n"),
    "list of JavaScript": ("typescript", "const xs = [‸];\n", "\n  first,\n  second,¦\n];\n"),
    "arguments of JavaScript": ("typescript", "foo(‸);\n", "\n  first,\n  second,¦\n);\n"),
    "interface": ("typescript", "interface P {‸}\n", "\n  name: string;\n  age: number;¦\n}\n"),
    "function of C": ("c", "int add(int a, int b) {‸}\n", "\n    return a + b;¦\n}\n\nint main() {\n"),
    "function of C, brace below": ("c", "int add(int a, int b)\n{‸}\n", "\n    return a + b;¦\n}\n\nint main() {\n"),
    "labels at the level of their switch": (
        "c",
        "void f(int x) {\n    switch (x) {‸}\n}\n",
        "\n    case 1:\n        return;\n    default:\n        g();¦\n    }\n}\n",
    ),
    "struct of C++": ("cpp", "struct P {‸};\n", "\n    int x;\n    int y;¦\n};\n"),
    "method of Java": (
        "java",
        "class A {\n    int add(int a, int b) {‸}\n}\n",
        "\n        return a + b;¦\n    }\n\n    int sub",
    ),
    "class of Java, with a method": (
        "java",
        "class A {‸}\n",
        "\n    private int x;\n\n    int get() {\n        return x;\n    }¦\n}\n",
    ),
    "function of Go": ("go", "func add(a, b int) int {‸}\n", "\n\treturn a + b¦\n}\n\nfunc main() {\n"),
    "condition of Go": (
        "go",
        "package a\n\nfunc f() {\n\tif err != nil {‸}\n}\n",
        "\n\t\treturn err¦\n\t}\n\treturn nil\n}\n",
    ),
    "labels of Go": (
        "go",
        "package a\n\nfunc f() {\n\tswitch x {‸}\n}\n",
        "\n\tcase 1:\n\t\treturn\n\tdefault:\n\t\tfoo()¦\n\t}\n}\n",
    ),
    "function of Rust": ("rust", "fn add(a: i32, b: i32) -> i32 {‸}\n", "\n    a + b¦\n}\n\nfn main() {\n"),
    "arms of Rust": (
        "rust",
        "fn f(x: Option<i32>) -> i32 {\n    match x {‸}\n}\n",
        "\n        Some(n) => n,\n        None => 0,¦\n    }\n}\n",
    ),
    "function of PHP": ("php", "<?php\nfunction add($a, $b) {‸}\n", "\n    return $a + $b;¦\n}\n"),
    "rule of CSS": ("css", "body {‸}\n", "\n  margin: 0;\n  padding: 0;¦\n}\n\na {\n"),
    "function of Kotlin": ("kotlin", "fun add(a: Int, b: Int): Int {‸}\n", "\n    return a + b¦\n}\n"),
    "block of Ruby": ("ruby", "items.each {‸}\n", "\n  show it¦\n}\n"),
    "object of JSON": (
        "json",
        '{\n  "one": {‸}\n}\n',
        '\n    "two": 1,\n    "three": 2¦\n  }\n}\n',
    ),
    "list of JSON": ("json", '{\n  "one": [‸]\n}\n', "\n    123,\n    456¦\n  ]\n}\n"),
    "arguments of Python": (
        "python",
        "def f():\n    x = foo(‸)\n    return x\n",
        "\n        first,\n        second,¦\n    )\n    return x\n",
    ),
    "hanging closer of Python": ("python", "x = foo(‸)\ny = 1\n", "\n    first,\n    second¦)\ny = 2\n"),
    "list of Python": ("python", "x = [‸]\n", "\n    first,\n    second,¦\n]\n"),
    "dict of Python": ("python", "x = {‸}\ny = 2\n", "\n    'one': 1,\n    'two': 2,¦\n}\nz = 1\n"),
    "names of an import": ("python", "from shop import (‸)\n", "\n    Cart,\n    Order,¦\n)\n"),
    "parameters": ("python", "def f(‸):\n    pass\n", "\n    first,\n    second,¦\n):\n    pass\n"),
    "a call inside": ("python", "x = foo(bar(‸))\n", "\n    first,\n    g(second),¦\n))\n"),
    "behind a comment": (
        "javascript",
        "class A {\n  total() {‸}\n}\n",
        " // The sum.\n    return this.items.length;¦\n  }\n",
    ),
    "behind a block comment": ("css", "a:hover {‸}\n", " /* Hovered */\n  color: red;¦\n}\n"),
    "arguments behind a comment": ("python", "x = foo(‸)\n", "  # both\n    first,\n    second,¦\n)\n"),
    "table of Lua": ("lua", "local t = {‸}\n", "\n  one = 1,\n  two = 2,¦\n}\n"),
}


@pytest.mark.parametrize(("language_id", "marked", "answer"), BLOCKS.values(), ids=BLOCKS)
@pytest.mark.parametrize("by_hand", [False, True], ids=["automatic", "by hand"])
def test_a_block_is_shown_whole_and_ends_before_the_closer(
    language_id: str, marked: str, answer: str, by_hand: bool
) -> None:
    block, _, rest = answer.partition("¦")
    found = shown(marked, block + rest, language_id, by_hand=by_hand, by_model=not rest)
    line = next(line for line in marked.split("\n") if CURSOR in line)
    indent = line[: len(line) - len(line.lstrip())]
    assert found.text == f"{block}\n{indent}"
    edit = inline_edit(line.replace(CURSOR, ""), line.index(CURSOR), found.text)
    assert edit == CompletionItemEdit(0, len(line) - 1, line.replace(CURSOR, f"{block}\n{indent}"))
    entry = menu_item(line.replace(CURSOR, ""), line.index(CURSOR), found.text)
    assert entry is not None
    assert entry.edit.insert_text.endswith(line.partition(CURSOR)[2])


# The same blocks, in documents and answers that are indented with tabs here. The document gives the indentation of what
# is shown, whatever the unit of the answer is, and whether it counts from the first column or from the cursor's line.
INDENTED = {
    "object in a call": (
        "typescript",
        "function zero() {\n\tif (a) {\n\t\tb();\n\t}\n}\n\nfunction f() {\n\tfoo({‸});\n}\n",
        "\n\t\tname: 1,\n\t\tsize: 2,¦\n\t});\n}\n",
    ),
    "function of Go": (
        "go",
        "package a\n\nfunc zero() {\n\tif a {\n\t\tb()\n\t}\n}\n\nfunc add(a, b int) int {‸}\n",
        "\n\tif a > b {\n\t\treturn a\n\t}\n\treturn a + b¦\n}\n\nfunc main() {\n",
    ),
    "two levels": (
        "go",
        "package a\n\nfunc f() {\n\tfor {\n\t\tif err != nil {‸}\n\t}\n}\n",
        "\n\t\t\tlog(err)\n\t\t\treturn err¦\n\t\t}\n\t}\n",
    ),
    "labels at the level of their switch": (
        "go",
        "package a\n\nfunc f() {\n\tif a {\n\t\tb()\n\t}\n\tswitch x {‸}\n}\n",
        "\n\tcase 1:\n\t\treturn\n\tdefault:\n\t\tfoo()¦\n\t}\n}\n",
    ),
    "condition of C": (
        "c",
        "void zero(void)\n{\n\tif (a) {\n\t\tb();\n\t}\n}\n\nvoid f(int x)\n{\n\tif (x) {‸}\n}\n",
        "\n\t\tg(x);\n\t\th(x);¦\n\t}\n}\n",
    ),
    "method of Java": (
        "java",
        "class A {\n\tvoid zero() {\n\t\tb();\n\t}\n\tint add(int a) {‸}\n}\n",
        "\n\t\tfoo();\n\t\treturn a;¦\n\t}\n\n\tint sub() {\n",
    ),
    "arms of Rust": (
        "rust",
        "fn zero() {\n\tif a {\n\t\tb();\n\t}\n}\n\nfn f(x: i32) {\n\tmatch x {‸}\n}\n",
        "\n\t\t1 => g(),\n\t\t_ => h(),¦\n\t}\n}\n",
    ),
    "method of PHP": (
        "php",
        "<?php\nclass A {\n\tfunction zero() {\n\t\tb();\n\t}\n\tfunction add($a) {‸}\n}\n",
        "\n\t\tfoo();\n\t\treturn $a;¦\n\t}\n}\n",
    ),
    "behind a comment": (
        "typescript",
        "class A {\n\tzero() {\n\t\tb();\n\t}\n\ttotal() {‸}\n}\n",
        " // The sum.\n\t\tfoo();\n\t\treturn 1;¦\n\t}\n",
    ),
}
UNITS = {"tabs": "\t", "4 blanks": " " * 4, "2 blanks": " " * 2, "8 blanks": " " * 8, "3 blanks": " " * 3}
# The document's unit, and those of answers. Where the first line could also be the next statement, behind brackets that
# stay empty, nothing is shown: it has the indentation of the cursor's line.
MISMATCHES = [
    ("tabs", "4 blanks", True),
    ("tabs", "2 blanks", True),
    ("tabs", "8 blanks", True),
    ("tabs", "3 blanks", True),
    ("tabs", "4 blanks", False),
    ("tabs", "2 blanks", False),
    ("tabs", "8 blanks", False),
    ("4 blanks", "tabs", True),
    ("4 blanks", "tabs", False),
    ("4 blanks", "2 blanks", False),
    ("4 blanks", "3 blanks", True),
    ("2 blanks", "tabs", True),
    ("2 blanks", "tabs", False),
    ("2 blanks", "3 blanks", True),
]


def _reindented(text: str, unit: str, less: int = 0) -> str:
    """The text with ``unit`` for each tab at the start of a line, and ``less`` of them fewer below the first line."""
    first, *lines = text.split("\n")
    levels = [len(line) - len(line.lstrip("\t")) for line in lines]
    below = [unit * max(0, level - less) + line.lstrip("\t") for line, level in zip(lines, levels, strict=True)]
    return "\n".join([_reindented(f"\n{first}", unit)[1:] if first[:1] == "\t" else first, *below])


@pytest.mark.parametrize(("language_id", "marked", "answer"), INDENTED.values(), ids=INDENTED)
@pytest.mark.parametrize(("document", "model", "absolute"), MISMATCHES)
def test_a_block_gets_the_indentation_of_the_document(
    language_id: str, marked: str, answer: str, document: str, model: str, absolute: bool
) -> None:
    line = next(line for line in marked.split("\n") if CURSOR in line)
    level = len(line) - len(line.lstrip("\t"))
    block, _, rest = answer.partition("¦")
    given = _reindented(block + "¦" + rest, UNITS[model], 0 if absolute else level).replace("¦", "")
    found = shown(_reindented(marked, UNITS[document]), given, language_id, by_hand=False)
    indent = UNITS[document] * level
    assert found.text == _reindented(block, UNITS[document]) + f"\n{indent}"


@pytest.mark.parametrize("unit", ["\t", "    ", "  "])
@pytest.mark.parametrize("by_hand", [False, True], ids=["automatic", "by hand"])
def test_the_next_statement_instead_of_a_block_is_not_shown(unit: str, by_hand: bool) -> None:
    marked = f"function f() {{\n{unit}const a = {{‸}};\n}}\n"
    assert shown(marked, f"\n{unit}b();\n{unit}c();\n}}\n", "javascript", by_hand=by_hand).text == ""


# A list that begins on the cursor's line, and what follows it in the answer: it is shown up to the closer.
LISTS = {
    "arguments of Python": ("python", "x = foo(a, ‸)\ny = 1\n", "first,\n        second,\n        third¦)\ny = 2\n"),
    "first arguments": ("python", "x = foo(‸)\n", "first,\n        second¦)\n"),
    "a list inside": (
        "python",
        "def f():\n    x = foo(a, ‸)\n    return x\n",
        "b, [\n        1,\n        2,\n    ]¦)\n    return x\n",
    ),
    "list of Python": ("python", "x = [a, ‸]\ny = 1\n", "b,\n     c¦]\ny = 2\n"),
    "dict of Python": ("python", "x = {'a': 1, ‸}\n", "'b': 2,\n     'c': 3¦}\n"),
    "parameters of Python": ("python", "def f(a, ‸):\n    pass\n", "b,\n      c¦):\n    pass\n"),
    "closer on its own line": ("python", "x = foo(a, ‸)\n", "first,\n        second,\n¦)\ny = 2\n"),
    "list of TypeScript": ("typescript", "const xs = [a, ‸];\n", "b,\n  c¦];\n"),
    "callback of TypeScript": ("typescript", "foo(a, ‸);\n", "(x) => {\n  return x + 1;\n}¦);\nbar();\n"),
    "its closer on its own line": ("typescript", "  foo(a, ‸);\n", "first,\n    second\n  ¦);\n  x = 2;\n"),
    "arguments of Go": ("go", "func f() {\n\tfoo(a, ‸)\n}\n", "b,\n\t\tc¦)\n\tbaz()\n"),
    "callback of Go": ("go", "func f() {\n\tfoo(a, ‸)\n}\n", "func(x int) {\n\t\tbar(x)\n\t}¦)\n\tbaz()\n"),
    "arguments of Java": (
        "java",
        "class A {\n  void f() {\n    foo(a, ‸);\n  }\n}\n",
        "b,\n        c¦);\n    bar();\n",
    ),
    "arguments of C": (
        "c",
        'int main() {\n    printf("%d %d", ‸);\n}\n',
        "a,\n           b¦);\n    return 0;\n",
    ),
    "closure of Rust": (
        "rust",
        "fn f() {\n    foo(a, ‸);\n}\n",
        "|x| {\n        x + 1\n    }¦);\n    bar();\n",
    ),
    "function of PHP": ("php", "<?php\nfoo($a, ‸);\n", "function ($x) {\n    return $x;\n}¦);\nbar();\n"),
    "arguments of Ruby": ("ruby", "foo(a, ‸)\n", "b,\n    c¦)\nbar\n"),
    "arguments of Kotlin": ("kotlin", "fun f() {\n    foo(a, ‸)\n}\n", "b,\n        c¦)\n    bar()\n"),
    "arguments of C#": (
        "csharp",
        "class A {\n  void F() {\n    Foo(a, ‸);\n  }\n}\n",
        "b,\n        c¦);\n    Bar();\n",
    ),
    "function of Lua": ("lua", "foo(a, ‸)\n", "function(x)\n  return x\nend¦)\nbar()\n"),
    "arguments of Swift": ("swift", "foo(a, ‸)\n", "b,\n    c¦)\nbar()\n"),
}


@pytest.mark.parametrize(("language_id", "marked", "answer"), LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("by_hand", [False, True], ids=["automatic", "by hand"])
def test_a_list_of_several_lines_is_shown_up_to_the_closer(
    language_id: str, marked: str, answer: str, by_hand: bool
) -> None:
    wanted, _, rest = answer.partition("¦")
    assert shown(marked, wanted + rest, language_id, by_hand=by_hand).text == wanted


def test_a_list_that_the_model_ends_in_front_of_the_closer_is_shown_whole() -> None:
    answer = "first,\n        second"
    assert shown("x = foo(a, ‸)\n", answer, by_model=True).text == answer


# What begins on the line, is no block, or stands before more code than closers: as on any line.
OTHERS = {
    "on the line": ("javascript", "foo(‸);\n", "first, second);\nbar();\n", "first, second"),
    "a list on the line that does not end": (
        "python",
        "x = foo(‸)\n",
        "first,\n        second,\n        thi",
        "first,",
    ),
    "a statement behind a list": ("python", "x = foo(‸)\n", "first\ny = 2\n", "first"),
    "in braces on the line": (
        "javascript",
        "import {‸} from 'x';\n",
        " first, second } from 'x';\n",
        " first, second ",
    ),
    "an empty block": ("javascript", "function f() {‸}\n", "\n}\n\nf();\n", ""),
    "the function below instead of the body": ("javascript", "function f() {‸}\n", "\nfunction g() {\n  h();\n}\n", ""),
    "code behind the closer": ("javascript", "const a = {b: {‸}, c: 1};\n", "\n  d: 1\n}, c: 1};\n", ""),
    "a comment that the closer would be in": ("go", "func f() int {‸}\n", " // returns the sum\n", ""),
    "code and such a comment": ("javascript", "f(first, ‸);\n", "second // the last\n", "second"),
    "such a comment before code": ("python", "x = ‸ + 1\n", "second  # the last\n", "second"),
    "a comment that ends on the line": ("javascript", "f(‸);\n", "/* none */ second);\n", "/* none */ second"),
    "a comment of Lua that ends on the line": (
        "lua",
        "f(‸)\n",
        "one --[[ the first ]], two)\n",
        "one --[[ the first ]], two",
    ),
    "one such, and one that does not end": ("lua", "f(‸)\n", "one --[[ a ]], two -- b\n", "one --[[ a ]], two"),
    "no comment": ("python", "f(‸)\n", "'# text')\n", "'# text'"),
    "text, and code below it": ("javascript", "// for example f(‸)\n", "\nf(first);\n", "\nf(first);"),
    "a string": ("python", 'x = "f(‸)"\n', "\n    first\n", ""),
}


@pytest.mark.parametrize(("language_id", "marked", "answer", "expected"), OTHERS.values(), ids=OTHERS)
def test_other_answers_are_no_blocks(language_id: str, marked: str, answer: str, expected: str) -> None:
    assert shown(marked, answer, language_id, by_hand=False).text == expected


@pytest.mark.parametrize(
    ("line", "below", "expected"),
    [
        ("if (x) { ‸ }", "", "\n  show();\n"),
        ("  if (x) { ‸ }", "  ", "\n    show();\n "),
        ("    if (x) {‸  }", "    ", "\n      show();\n  "),
        ("\tif (x) { ‸ }", "\t", "\n\t\tshow();\n\t"),
    ],
)
def test_blanks_before_the_closer_are_a_part_of_its_indentation(line: str, below: str, expected: str) -> None:
    unit = "\t" if "\t" in line else "  "
    answer = f"\n{below}{unit}show();\n{below}}}\n"
    assert shown(f"{line}\n", answer, "javascript", by_hand=False).text == expected
