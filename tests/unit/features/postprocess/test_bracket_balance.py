"""No bracket is closed that nothing opened or that is closed below, and no tail is left open."""

import pytest

from autothink_lsp.features.completion.postprocess.bracket_balance import bracket_balance
from tests.support.filter_cases import SAME, Case, check, named

CASES: list[Case] = [
    ("python", "x = ‸\n", "1)", "1"),
    ("python", "foo(‸)\n", "a)", "a"),
    ("python", "foo(‸\n", "a))", "a)"),
    ("python", "foo(‸\n", "a]", "a"),
    ("python", "foo(‸)\n", "a) + b", "a"),
    ("javascript", "function f() {\n  ‸\n}\n", "return 1;\n}", "return 1;\n"),
    ("javascript", "if (a) {\n  ‸\n}\nb();\n", "c();\n}\nd();", "c();\n"),
    ("go", "func f() {\n\tif a {\n\t\t‸\n\t}\n}\n", "b()\n\t}\n\tc()", "b()\n\t"),
    ("javascript", "function f() {\n  ‸\n}\n", "a();\n  if (b) {\n    c();", "a();"),
    ("java", "class A {\n  void f() {\n    ‸\n  }\n}\n", "a(b(c);\n    d();", SAME),
    ("java", "class A {\n  void f() {\n    ‸\n  }\n}\n", "x();\n    a(b(c);\n    d();", "x();"),
    ("python", "x = [‸\n", "1, 2]\ny = [3,", "1, 2]"),
    # right as it is
    ("python", "foo(‸\n", "a, b)", SAME),
    ("python", "foo(bar(‸\n", "a))", SAME),
    ("python", "foo(bar(‸)\n", "a)", SAME),
    ("python", "foo(‸)\n", "a) + bar(b", SAME),
    ("javascript", "function f() {\n  ‸\n", "return 1;\n}", SAME),
    ("javascript", "function f() {\n  if (a) {\n    ‸\n}\n", "b();\n  }", SAME),
    ("javascript", "if (a) {\n  ‸\n  c();\n}\n", "b();\n} else {", SAME),
    ("javascript", "‸\n", "class A {", SAME),
    ("javascript", "foo(‸);\n", "() => {\n  a();\n}", SAME),
    ("python", "x = ‸\n", "':)'", SAME),
    ("python", "x = 1  # ‸\n", "a)", SAME),
    ("python", 'x = "‸"\n', "a)", SAME),
    ("rust", "let c = ‸;\n", "'('", SAME),
    ("rust", "fn f<'a>(‸\n", "x: &'a str) {}", SAME),
    ("javascript", "x = ‸;\n", "s.match(/[)]/g)", SAME),
    ("c", "char c = ‸;\n", "'}'", SAME),
    ("go", "s := ‸\n", "`}`", SAME),
    ("markdown", "- ‸\n", "so it goes :)", SAME),
    ("shellscript", "case $1 in\n  ‸\nesac\n", "a) echo 1 ;;\n  b) echo 2 ;;", SAME),
    ("python", "f = f‸\n", '"{x}}"', SAME),
]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(bracket_balance, case)
