"""A last line in pieces, or a header without its block, goes if a whole line stands before it."""

import pytest

from autothink_lsp.features.completion.postprocess.dangling_last_line import dangling_last_line
from tests.support.filter_cases import SAME, Case, check, named

CUT_OFF: list[Case] = [
    ("python", "    ‸\n", "x = 1\n    y = fo", "x = 1"),
    ("python", "def f():‸\n", "\n    x = 1\n    ret", "\n    x = 1"),
    ("go", "\t‸\n", "a := 1\n\tb :=", "a := 1"),
    ("javascript", "  ‸\n", "a();\n  b();\n  c.d", "a();\n  b();"),
    ("python", "    ‸\n", "x = 1\n\n    y =", "x = 1\n"),
    ("rust", "    ‸\n", "let a = 1;\n    le", "let a = 1;"),
    # nothing whole before it, or nothing cut
    ("python", "x = ‸\n", "foo(bar, ba", SAME),
    ("python", "def f():‸\n", "\n    ret", SAME),
    ("python", "    ‸\n", "x = 1\n", SAME),
    ("python", "    ‸\n", "x = 1\n    ", SAME),
    ("python", "    ‸\n", "x", SAME),
]
FINISHED: list[Case] = [
    ("python", "    ‸\n", "x = 1\n    if x:", "x = 1"),
    ("python", "    ‸\n", "x = 1\n    for i in y:\n", "x = 1"),
    ("javascript", "  ‸\n", "a();\n  if (b) {", "a();"),
    ("ruby", "  ‸\n", "a = 1\n  if a", "a = 1"),
    ("lua", "  ‸\n", "a = 1\n  if a then", "a = 1"),
    ("shellscript", "‸\n", "a=1\nfor f in *; do", "a=1"),
    # a header alone is an answer, and one whose body stands below is whole
    ("python", "‸\n", "if x:", SAME),
    ("python", "‸\n", "for a in b:\n    for c in a:", "for a in b:"),
    ("python", "‸\n        print(1)\n", "x = 1\n    for c in a:", SAME),
    ("javascript", "‸\n", "class A {", SAME),
    ("python", "    ‸\n", "x = 1\n    y = 2", SAME),
    ("python", "    ‸\n", "x = {\n        1: 2\n    }", SAME),
    ("ruby", "‸\n", "a = 1\nif a then b end", SAME),
    ("yaml", "a:\n  ‸\n", "b: 1\n  c: 2", SAME),
]


@pytest.mark.parametrize("case", CUT_OFF, ids=named)
def test_keeps_of_a_cut_off_answer(case: Case) -> None:
    check(dangling_last_line, case, finished=False)


@pytest.mark.parametrize("case", FINISHED, ids=named)
def test_keeps_of_a_finished_answer(case: Case) -> None:
    check(dangling_last_line, case)
