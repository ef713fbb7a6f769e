"""What stands left of the cursor is not said again."""

import pytest

from autothink_lsp.features.completion.postprocess.duplicate_prefix import duplicate_prefix
from tests.support.filter_cases import SAME, Case, check, named

CASES: list[Case] = [
    ("python", "    return a‸\n", "return a + b", " + b"),
    ("python", "    x = foo(‸\n", "x = foo(1)", "1)"),
    ("python", "    x = foo(‸)\n", "    x = foo(1", "1"),
    ("go", "\tif err ‸\n", "if err != nil {", "!= nil {"),
    ("javascript", "const total = ‸\n", "const total = a + b;", "a + b;"),
    ("rust", "    let v: Vec<‸\n", "    let v: Vec<i32> = vec![];", "i32> = vec![];"),
    ("python", "    ret‸\n", "return x", "urn x"),
    ("java", "    System.out.pri‸\n", "println(x);", "ntln(x);"),
    ("c", "    printf‸\n", 'printf("a");', '("a");'),
    ("python", "import num‸\n", "numpy as np", "py as np"),
    ("python", "    return a + b‸\n", "return a + b", ""),
    ("go", "\treturn a + b‸\n", " return a + b", ""),
    ("python", "import numpy‸\n", "numpy", ""),
    ("python", "    '‸\n", "    'targets': [", "targets': ["),
    ("json", "  {‸\n", '  {\n    "a": 1', '\n    "a": 1'),
    ("go", "\ta‸\n", "\ta := 1", " := 1"),
    # not a repetition
    ("python", "    ‸\n", "    x = 1", SAME),
    ("python", "'‸\n", "'a'", SAME),
    ("python", "    return a‸\n", " + b", SAME),
    ("python", "foo(‸\n", "foo(1))", SAME),
    ("python", "x = 1‸\n", "\nx = 1", SAME),
    ("python", "re‸\n", "read()", SAME),
    ("python", "    return ‸\n", "returns", SAME),
    ("python", "barbarian = 1\nbar‸\n", "barian", SAME),
    ("python", "a = a‸\n", "a", SAME),
    ("css", "    color: ‸\n", "colors", SAME),
    ("python", "self.‸\n", "self_test()", SAME),
    ("python", "for‸\n", "mat(x)", SAME),
    ("python", "tot‸\n", "als", SAME),
    ("lua", "foo.foo‸\n", "(foo)", SAME),
]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(duplicate_prefix, case)
