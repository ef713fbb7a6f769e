"""Completions that were given as in a chat: what of them is code, however the stream is cut.

Rows: language, document with the cursor in it, what the model writes, what is taken of it.
"""
# ruff: noqa: E501 - a table of cases, some in other scripts

from __future__ import annotations

import pytest

from autothink_lsp.stream.early_stop import EarlyStop
from autothink_lsp.stream.unwrapping import is_sentence
from tests.support.cursor_mark import at

BODY = "def add(a, b):\n    ‸\n"
LOOP = "for (const x of xs) {\n  ‸\n}\n"
TABS = "func f() int {\n\t‸\n}\n"

FENCED: list[tuple[str, str, str, str]] = [
    # the fence in front, in each of its forms
    ("python", BODY, "```python\nreturn a + b\n```", "return a + b"),
    ("python", BODY, "```\nreturn a + b\n```", "return a + b"),
    ("python", BODY, "````python\nreturn a + b\n````\n", "return a + b"),
    ("python", BODY, "~~~python\nreturn a + b\n~~~", "return a + b"),
    ("python", BODY, '```python title="a.py"\nreturn a + b\n```', "return a + b"),
    ("python", BODY, "``` {.python .numberLines}\nreturn a + b\n```", "return a + b"),
    ("python", BODY, "```python\r\nreturn a + b\r\n```\r\n", "return a + b"),
    ("python", BODY, "\n```python\nreturn a + b\n```", "\nreturn a + b"),
    ("python", BODY, "    ```python\n    return a + b\n    ```", "return a + b"),
    ("python", BODY, "```python\nreturn a + b", "return a + b"),
    ("python", BODY, "```python\nreturn a + b```", "return a + b"),
    # on one line
    ("python", BODY, "```return a + b```", "return a + b"),
    ("python", BODY, "```python return a + b```", "return a + b"),
    ("python", BODY, "```py return a + b```\nThis adds them.", "return a + b"),
    ("javascript", LOOP, "```js total += x;```", "total += x;"),
    # indentation: of the margin, of the document, in between, tabs
    ("python", BODY, "```python\n    c = a + b\n    return c\n```", "c = a + b\n    return c"),
    ("python", BODY, "```python\nc = a + b\nreturn c\n```", "c = a + b\n    return c"),
    ("python", BODY, "```python\nif a:\n    return b\nreturn a\n```", "if a:\n        return b\n    return a"),
    ("python", BODY, "```python\n  c = a + b\n  return c\n```", "c = a + b\n    return c"),
    ("go", TABS, "```go\nx := 1\nreturn x\n```", "x := 1\n\treturn x"),
    ("go", TABS, "```go\n\tx := 1\n\treturn x\n```", "x := 1\n\treturn x"),
    ("javascript", LOOP, "```js\nif (x) {\n  total += x;\n}\n```", "if (x) {\n    total += x;\n  }"),
    ("python", "x = ‸\n", "```python\n1\n```", "1"),
    ("python", "x = f(‸)\n", "```\na, b\n```", "a, b"),
    # the file mentions fences, outside of the cursor's place
    ("python", "# Use: ```x```\n" + BODY, "```python\nreturn a + b\n```", "return a + b"),
    ("python", '"""\n```\nx\n```\n"""\n' + BODY, "```python\nreturn a + b\n```", "return a + b"),
    ("python", BODY + "\n# ```\n", "```python\nreturn a + b\n```", "return a + b"),
    # a sentence in front
    ("python", BODY, "Here is the completed code:\n\n```python\nreturn a + b\n```", "return a + b"),
    ("python", BODY, "Hier ist der Code:\n\n```python\nreturn a + b\n```", "return a + b"),
    ("python", BODY, "Voici le code complété :\n```python\nreturn a + b\n```", "return a + b"),
    ("python", BODY, "Aquí está el código:\n```python\nreturn a + b\n```", "return a + b"),
    ("python", BODY, "Ecco il codice completo.\n```python\nreturn a + b\n```", "return a + b"),
    ("python", BODY, "Вот исправленный код:\n```python\nreturn a + b\n```", "return a + b"),
    ("python", BODY, "这是补全的代码：\n```python\nreturn a + b\n```", "return a + b"),
    ("python", BODY, "こちらがコードです。\n```python\nreturn a + b\n```", "return a + b"),
    ("python", BODY, "코드는 다음과 같습니다:\n```python\nreturn a + b\n```", "return a + b"),
    ("python", BODY, "Sure! Here's the `add` function (completed):\n```python\nreturn a + b\n```", "return a + b"),
    ("python", BODY, "The function adds two numbers.\nHere is the rest:\n\n```python\nreturn a + b\n```", "return a + b"),
    ("python", BODY, "**Here is the code:**\n```python\nreturn a + b\n```", "**Here is the code:**"),  # a filter drops it
    # behind the code
    ("python", BODY, "```python\nreturn a + b\n```\nThis adds the numbers.", "return a + b"),
    ("python", BODY, "```python\nreturn a + b\n```\n\n```\n3\n```\n", "return a + b"),
    ("python", BODY, "return a + b\n```\nThis adds the numbers.", "return a + b"),
    ("python", BODY, "return a + b\n    ```", "return a + b"),
    ("javascript", LOOP, "total += x;\n  ~~~\nDone", "total += x;"),
    # fences and sentences of the document's own
    ("markdown", "Use it:\n‸\n", "```python\nx = 1\n```", "```python\nx = 1\n```"),
    ("restructuredtext", "Use it:\n‸\n", "```\nx = 1\n```", "```\nx = 1\n```"),
    ("python", '"""Doc.\n\n‸\n"""\n', "```python\nx = 1\n```", "```python\nx = 1\n```"),
    ("javascript", "/*\n‸\n*/\n", "```\nx = 1\n```", "```\nx = 1\n```"),
    ("c", "/**\n * Adds.\n ‸\n */\n", "```\n * More.\n * Most.\n```", "* More.\n * Most."),
    ("php", "<?php\n/**\n * Adds.\n ‸", "```php\n */\nfunction f() {}\n```", "*/"),
    ("javascript", "/**\n * Adds.\n * ‸\n */\n", "```\n * f()\n * ```", "```"),
    ("javascript", "const s = `\n‸\n`;\n", "```js\nx\n```", "```js\nx\n```"),
    ("python", "def f():\n    ‸\n", '"""Doc.\n\n    ```\n    f()\n    ```\n    """\n    return 1', '"""Doc.\n\n    ```\n    f()\n    ```\n    """\n    return 1'),
    ("python", "x = ‸\n", '"```"', '"```"'),
    ("rust", "‸\nfn f() {}\n", "/// ```\n/// f();\n/// ```", "/// ```\n/// f();\n/// ```"),
    ("shellscript", "x=‸\n", "`date`", "`date`"),
    ("javascript", "const s = ‸\n", "``;", "``;"),
    ("javascript", "const s = ‸\n", "`a`", "`a`"),
    ("c", "int f() {\n  return ‸\n", "~~x;", "~~x;"),
    ("java", "class A {\n  ‸\n}\n", "String name = null;", "String name = null;"),
    ("java", "class A {\n  ‸\n}\n", "String name", "String name"),
    ("csharp", "{\n  ‸\n}\n", "Console.WriteLine(1);", "Console.WriteLine(1);"),
    ("python", "‸\n", "Foo", "Foo"),
    ("sql", "‸\n", "SELECT a FROM b", "SELECT a FROM b"),
    ("python", "class A:\n    ‸\n", "B = 1\n    C = 2", "B = 1\n    C = 2"),
]  # fmt: skip


@pytest.mark.parametrize("row", FENCED, ids=lambda row: f"{row[0]}-{row[2][:30]!r}")
def test_what_is_taken_of_a_completion(row: tuple[str, str, str, str]) -> None:
    language, document, answer, taken = row
    for size in (1, 2, 3, 5, len(answer)):
        stop = EarlyStop(at(language, document))
        for start in range(0, len(answer), size):
            stop.feed(answer[start : start + size])
        assert stop.finish().rstrip() == taken, size


def test_a_seed_is_code_already() -> None:
    """What an earlier run left is no place for a sentence or a fence to begin at, and is there at once."""
    stop = EarlyStop(at("java", "class A {\n  ‸\n}\n"), seed="String name")
    assert stop.text == "String name"
    stop.feed(" = null;\n```\nThat is it.")
    assert stop.finish() == "String name = null;"


def test_code_is_not_held_back() -> None:
    """Only what may be a sentence or a fence waits for its line's end."""
    for text in ("return a", "self.x", "Foo(", "Foo.b", "x", "#", "SELECT", "@a", '"a"', "if a"):
        stop = EarlyStop(at("python", BODY))
        stop.feed(text)
        assert stop.text == text


SENTENCES = ["Here is the code:", "Hier ist der Code:", "Voici le code :", "Sure, here you go!", "Sure! Here's the code:",
             "That's all you need.", "Вот код:", "这是代码：", "Certainly! Below is the fix for `f`:"]  # fmt: skip
NO_SENTENCES = ["return x", "if a and b:", "else:", "class Foo:", "SELECT a FROM b.", "String name = null;", "Foo(a, b).", "x: int",
                "END", "Label:", "use a::b;", "@Override", "Foo<Bar> baz.", "case a.", "- item one.", "# Here is the code:"]  # fmt: skip


@pytest.mark.parametrize("line", SENTENCES)
def test_a_sentence(line: str) -> None:
    assert is_sentence(line)


@pytest.mark.parametrize("line", NO_SENTENCES)
def test_code_is_no_sentence(line: str) -> None:
    assert not is_sentence(line)
