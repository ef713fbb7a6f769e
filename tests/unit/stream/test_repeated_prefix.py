"""Lines before the cursor that an answer begins with are not inserted again."""

from __future__ import annotations

import pytest

from autothink_lsp.stream.early_stop import EarlyStop
from autothink_lsp.stream.repeated_prefix import RepeatedPrefix
from tests.support.cursor_mark import at

HEADER = 'def add(a, b):\n    """Add."""\n    '
# prefix, answer, the rest of the answer
REPEATED = [
    (HEADER, 'def add(a, b):\n    """Add."""\n    return a + b', "return a + b"),
    (HEADER, '    """Add."""\n    return a + b', None),  # one line above an empty line may be meant twice
    (HEADER + "return ", 'def add(a, b):\n    """Add."""\n    return a + b', "a + b"),
    (HEADER + "return ", '"""Add."""\n    return a + b', "a + b"),
    (HEADER + "ret", '"""Add."""\n    return a + b', "urn a + b"),
    ("import os\n\n\n" + HEADER, "import os\n\n\n" + HEADER + "return a + b\n\n", "return a + b\n\n"),
    ("func f() {\n\ta()\n\tb()\n\t", "func f() {\n\ta()\n\tb()\n\tc()\n}", "c()\n}"),
    ("x = {\n  a: 1,\n  b: 2,\n  ", "x = {\n  a: 1,\n  b: 2,\n  c: 3,\n}", "c: 3,\n}"),
    ("if (a)\n{\n    b();\n    ", "{\n    b();\n    c();", None),
    ("if (a)\n{\n    b();\n    d();\n    ", "{\n    b();\n    d();\n    c();", "c();"),
    ("{\n    b();\n    c", "{\n    b();\n    c();", "();"),
    (HEADER, "\n" + HEADER + "return a + b", "return a + b"),
    (HEADER, HEADER, ""),
    (HEADER, HEADER.rstrip(), None),
    # another text, or one that only begins alike
    (HEADER, "return a + b", None),
    (HEADER, "def add(a, b, c):\n    return a", None),
    (HEADER, 'def add(a, b):\n    """Subtract."""\n    return a', None),
    (HEADER, "def", None),
    ("a(1)\n", "a(1)\na(2)", None),
    ("a(1)\na(2)\n", "a(2)\na(3)", None),
    ("", "x = 1", None),
    ("x = ", "1", None),
    # lines that the document has twice already
    ("  click()\n  wait()\n  click()\n  wait()\n  ", "click()\n  wait()\n  check()", None),
    ("  click()\n  wait()\n  click()\n  wait()", "\n  click()\n  wait()\n  check()", None),
    ("x = [\n  [0, 0],\n  [0, 0],\n  ", "[0, 0],\n  [0, 0],\n]", None),
    ("<tr>\n<td></td>\n<td></td>", "\n<td></td>\n<td></td>\n</tr>", None),
    ("it(() => {\n  click()\n  click()\n  ", "it(() => {\n  click()\n  click()\n  check()", "check()"),
    ("a = 1\nif b:\n    a = 1\n    ", "if b:\n    a = 1\n    c = 1", "c = 1"),
]


@pytest.mark.parametrize(("prefix", "answer", "rest"), REPEATED)
def test_however_the_answer_is_cut(prefix: str, answer: str, rest: str | None) -> None:
    expected = answer if rest is None else rest
    for size in (1, 2, 3, 7, 1_000):
        repeated = RepeatedPrefix(prefix)
        pieces = [repeated.feed(answer[at : at + size]) for at in range(0, len(answer), size)]
        assert "".join((*pieces, repeated.finish())) == expected


@pytest.mark.parametrize(
    ("language", "document", "answer", "kept"),
    [
        ("python", HEADER + "‸\n", HEADER + "return a + b\n", "return a + b"),
        ("python", HEADER + "return ‸\n", "def add(a, b):\n" + '    """Add."""\n' + "    return a + b\n", "a + b"),
        ("go", "func f() {\n\ta()\n\t‸\n}\n", "func f() {\n\ta()\n\tc()\n}\n", "c()"),
        (
            "c",
            "int f(int a)\n{\n    int b = a;\n    ‸\n}\n",
            "int f(int a)\n{\n    int b = a;\n    return b;\n}\n",
            "return b;",
        ),
        ("javascript", "f(() => {\n  a();\n  const b = ‸\n});\n", "a();\n  const b = a();\n});", "a();"),
    ],
)
def test_the_rest_is_shown(language: str, document: str, answer: str, kept: str) -> None:
    for size in (1, 5, 1_000):
        stop = EarlyStop(at(language, document))
        for start in range(0, len(answer), size):
            stop.feed(answer[start : start + size])
        assert stop.finish().rstrip("\n") == kept


def test_the_continuation_of_a_seed_is_not_searched() -> None:
    stop = EarlyStop(at("python", HEADER + "‸\n"), seed="x = 1\n    ")
    stop.feed(HEADER)
    assert stop.finish().startswith("x = 1")


@pytest.mark.parametrize("blank", ["\n", " ", "\n    "])
def test_an_answer_of_blanks_is_stopped(blank: str) -> None:
    stop = EarlyStop(at("python", HEADER + "‸\n"))
    stop.feed(blank * 7_000)
    assert stop.decision is not None
