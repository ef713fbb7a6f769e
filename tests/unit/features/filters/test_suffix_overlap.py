"""The answer ends where the text after the cursor begins to be said again."""

import pytest

from autothink_lsp.features.completion.postprocess.suffix_overlap import suffix_overlap
from tests.support.filter_cases import SAME, Case, check, named

CASES: list[Case] = [
    # the rest of the line
    ("python", "foo(‸)\n", "a, b)", "a, b"),
    ("python", "foo(‸)\n", "a, b)\nbar()", "a, b)\nbar("),
    ("python", "x = foo(bar(‸))\n", "a))", "a"),
    ("python", "foo(bar(‸)\n", "a)", SAME),
    ("python", "foo(bar(‸)\n", "a))", "a)"),
    ("python", "foo(‸, timeout=5)\n", "url, timeout=5)", "url"),
    ("python", "foo(‸, timeout=5)\n", "url, timeout=5)\n    return r", "url"),
    ("python", "foo(‸, timeout=5)\n", "url, timeout", "url"),
    ("python", "foo(‸,timeout=5)\n", "url, timeout=5)", "url"),
    ("python", 'x = "‸"\n', 'hello"', "hello"),
    ("python", 'foo("‸")\n', 'a", "b")', 'a", "b'),
    ("python", 'foo(x, ‸", y)\n', '"', SAME),
    ("javascript", "foo(‸);\n", "a);", "a"),
    ("javascript", "const x = [‸];\n", "1, 2];", "1, 2"),
    ("javascript", "foo(‸);\n", "() => {\n  a();\n});", "() => {\n  a();\n}"),
    ("c", "#include <‸>\n", "stdio.h>", "stdio.h"),
    ("go", "x := map[string]int{‸}\n", '"a": 1}', '"a": 1'),
    ("rust", "let x = ‸;\n", "y + 1;", "y + 1"),
    ("python", "x = d[‸]\n", "'a' ]", "'a' "),
    ("python", "if a.endsw‸th(b):\n", "ith(b):", "i"),
    ("python", "foo(‸)\n", "a, bar(b)", SAME),
    ("python", "foo(‸)\n", "a.b(c), d)", "a.b(c), d"),
    ("python", "foo(‸)\n", "a) + bar(b)", "a) + bar(b"),
    ("python", "x = ‸ in y\n", "[i for i", SAME),
    ("go", "x := make‸)\n", "([]int, 0)", "([]int, 0"),
    ("python", "x = ba‸rfoo + 1\n", "zbarfoo + 1", "zba"),
    ("python", "# ===‸===\n", "====", SAME),
    ("c", "for (i = 0;‸; i++)\n", " i < n;", " i < n"),
    ("python", "x ‸= 1\n", "=", SAME),
    ("java", "class So‸ {\n", "lution {", "lution "),
    ("java", "void main(String[] ar‸gs) {\n", "args) {", "ar"),
    # the lines below
    ("python", "    ‸\n    return x\n", "x = 1\n    return x", "x = 1"),
    ("python", "    ‸\n    return x\n", "x = 1\n    return x\n\ndef g():", "x = 1"),
    ("go", "\t‸\n\treturn nil\n}\n", "a()\n\tb()\n\n\treturn nil\n}", "a()\n\tb()\n"),
    ("ruby", "  ‸\nend\n", "a\nend", "a"),
    ("python", "if a:\n    ‸\nelse:\n    c\n", "b\nelse:\n    d", "b"),
    ("python", "    ‸\n    return x\n", "if y:\n        return x\n    z = 1", SAME),
    ("python", "    ‸\n    y = 1\n", "x = 1\n    z = 1", SAME),
    ("javascript", "  ‸\n}\n", "if (a) {\n    b\n  }", SAME),
    ("python", "‸\n", "x = 1\ny = 2", SAME),
    # whole lines above the cursor's line
    ("python", "    ‸return x\n", "x = 1\n    return x", "x = 1\n    "),
    ("python", "‸    return x\n", "    x = 1\n    return x\n", "    x = 1\n"),
    ("python", "‸    return x\n", "        return x\n", SAME),
    ("python", "‸    return x\n", "    return x\n", ""),
]
CUT_OFF: list[Case] = [
    ("python", "    ‸\n    return value + 1\n", "x = 1\n    return val", "x = 1"),
    ("python", "    ‸\n    return value + 1\n", "x = 1\n    ret", SAME),
    ("python", "    ‸\n    return value + 1\n", "x = 1\n    return x", SAME),
]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(suffix_overlap, case)


@pytest.mark.parametrize("case", CUT_OFF, ids=named)
def test_keeps_of_a_cut_off_answer(case: Case) -> None:
    check(suffix_overlap, case, finished=False)
