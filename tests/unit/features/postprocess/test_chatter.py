"""Answers given as in a chat are unwrapped or cut; prose and code that looks like talk stay."""

import pytest

from autothink_lsp.features.completion.postprocess.chatter import chatter
from tests.support.filter_cases import SAME, Case, check, named

CASES: list[Case] = [
    ("python", "x = ‸\n", "```python\n1\n```", "1"),
    ("python", "x = ‸\n", "```\n1\n```\nThis sets x.", "1"),
    ("python", "‸\n", "Here is the completed code:\n```python\nx = 1\n```", "x = 1"),
    ("python", "‸\n", "Sure, here you go:\n\n```python\nx = 1\ny = 2\n```\n", "x = 1\ny = 2"),
    ("python", "x = ‸\n", "```python\n1", "1"),
    ("python", "x = ‸\n", "1\n```", "1\n"),
    ("python", "x = ‸\n", "1\n```\n\nExplanation: it is one.", "1\n"),
    ("javascript", "‸\n", "Here's the rest of the function:\n\nreturn 1;", ""),
    ("go", "‸\n", "To complete the function you can add a return statement.", ""),
    ("python", "x = f(‸\n", "a)\n\nThis code calls f with a.", "a)"),
    ("python", "x = f(‸\n", "a)\n\nNote that a must be defined.\n", "a)"),
    ("java", "int x = ‸\n", "1;\n\nThe completed code:\nint x = 1;", "1;"),
    # a sentence without a fence, in any language; what follows it is no completion of this line
    ("python", "def f():\n    ‸\n", "Hier ist der Code:\n\nreturn 1", ""),
    ("python", "def f():\n    ‸\n", "Voici le code :", ""),
    ("python", "def f():\n    ‸\n", "Вот исправленный код:\nreturn 1", ""),
    ("python", "def f():\n    ‸\n", "这是代码：\nreturn 1", ""),
    ("go", "\t‸\n", "Sure! Below is the rest.", ""),
    ("rust", "    ‸\n", "I added the missing return.\n1", ""),
    ("python", "‸\n", "**Here is the code:**\nx = 1", ""),
    # fences where the document mentions some
    ("python", "# Use: ```x```\nx = ‸\n", "```python\n1\n```", "1"),
    ("python", "x = ‸\n", "```1```", "1"),
    ("python", "x = ‸\n", "~~~\n1\n~~~", "1"),
    ("python", "x = ‸\n", "1\n~~~\nSo it is.", "1\n"),
    ("html", "<p>\n  ‸\n</p>\n", "```html\n<b>a</b>\n```\nThis is bold.", "<b>a</b>"),
    ("python", "def f():\n    ‸\n", '"""Doc.\n\n    ```\n    f()\n    ```\n    """', SAME),
    # text that reads like a sentence where the document holds text
    ("html", "<p>\n  ‸\n</p>\n", "Welcome to our new site.", SAME),
    ("javascriptreact", "  <p>\n    ‸\n  </p>\n", "Welcome to our new site.", SAME),
    ("yaml", "jobs:\n  ‸\n", "Build and test:\n    a: 1", SAME),
    ("erlang", "f(Pid) ->\n    ‸\n", "Pid ! Msg.", SAME),
    ("cobol", "       ‸\n", "Move a to b.", SAME),
    ("plaintext", "‸\n", "Here is the list of items:", SAME),
    ("java", "  ‸\n", "Foo bar = new Foo();", SAME),
    ("python", "x = 1  ‸\n", "# Here is the rest:", SAME),
    # nothing but the first line of a fenced answer
    ("c", "/*\n * ‸\n */\n", "```c", ""),
    ("php", "/**\n * ‸\n */\n", "```php\n", ""),
    ("restructuredtext", "Title\n=====\n\n‸\n", "```restructuredtext", ""),
    ("plaintext", "‸\n", "```plaintext", ""),
    ("markdown", "Use it:\n‸\n", "```python", SAME),
    ("rust", "/// ‸\n", "```", SAME),
    ("c", "/*\n * ‸\n */\n", "```c\n * int a;", SAME),
    # not chatter
    ("markdown", "Use it:\n‸\n", "```python\nx = 1\n```", SAME),
    ("markdown", "‸\n", "Here is the list:\n- a", SAME),
    ("python", '"""Doc.\n\n‸\n"""\n', "Here is an example:\n", SAME),
    ("python", '"""\n```\nx\n```\n"""\ns = ‸\n', '"```"', SAME),
    ("python", "# ‸\n", "this function returns x.", SAME),
    ("python", "x = ‸\n", "the_code", SAME),
    ("ruby", "def f\n  ‸\n", "sure = true\n  this_code(1)", SAME),
    ("javascript", "‸\n", "note = `a`;\nthis.code = 1;", SAME),
    ("python", "‸\n", "i = can(1)\nin_this = 2", SAME),
    ("python", 'print("‸")\n', "Here is the result:", SAME),
]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(chatter, case)
