"""An answer that says what stands below is dropped; a similar one is not."""

import pytest

from autothink_lsp.features.completion.postprocess.duplicate_next_lines import duplicate_next_lines
from tests.support.filter_cases import SAME, Case, check, named

THREE = "‸\ntotal = compute_everything(first, second)\nprint(total)\nreturn total\n"
CASES: list[Case] = [
    ("python", "    ‸\n    return x\n", "return x", ""),
    ("python", "    retu‸\n    return x\n", "rn x", ""),
    ("python", "    ‸\n\n\n    return x\n", "return x\n", ""),
    ("javascript", "  ‸\n  foo('a');\n", 'foo("a")', ""),
    ("go", "\t‸\n\tdefer f.Close()\n", "defer f.Close( )", ""),
    ("python", "x = 1‸\ny = 2\n", "\ny = 2", ""),
    ("python", "‸\nx = 1\ny = 2\n", "x = 1\ny = 2\nz = 3", ""),
    ("python", THREE, "total = compute_everything(first, secnd)\nprint(total)\nreturn total", ""),
    ("rust", "    ‸\n    let mut x = 1;\n", "let mut x = 1;\n    x += 1;", ""),
    ("java", "    ‸\n    }\n    return x;\n", "return x;", SAME),
    # several short lines
    ("typescript", "enum E {\n  ‸\n  B,\n  C,\n}\n", "B,\n  C,\n}", ""),
    ("typescript", "enum E {\n  ‸\n  B,\n  C,\n}\n", "B,\n  C,\n  D,", ""),
    ("rust", "enum E {\n    A,\n    ‸\n    B,\n    C\n}\n", "B,\n    C", ""),
    ("python", "x = [\n    ‸\n    4,\n    5,\n]\n", "4,\n    5,\n]", ""),
    ("yaml", "a:\n  ‸\n  b:\n  c:\n", "b:\n  c:", ""),
    ("javascript", "f(\n  ‸\n  a,\n  b\n)\n", "a,\n  b\n)", ""),
    ("go", "const (\n\t‸\n\tB\n\tC\n)\n", "B\n\tC", ""),
    ("shellscript", "  ‸\n  fi\ndone\n", "fi\ndone", ""),
    ("lua", "t = {\n  ‸\n  1,\n  2,\n}\n", "1,\n  2,", ""),
    ("c", "int a[] = {1‸\n  , 2\n  , 3\n};\n", "\n  , 2\n  , 3", ""),
    # short lines that are no repetition
    ("python", "x = [\n    ‸\n    0,\n    0,\n    7,\n]\n", "0,\n    0,\n    1,", SAME),
    ("typescript", "enum E {\n  ‸\n  B,\n  C,\n}\n", "B,\n  D,", SAME),
    ("typescript", "enum E {\n  ‸\n  B,\n}\n", "B,", SAME),
    ("javascript", "‸\n  }\n}\n", "}\n}", SAME),
    # a series, a bracket, another place
    ("python", 'add("a1")\n‸\nadd("a3")\n', 'add("a2")', SAME),
    ("python", "‸\n    x1 = 1\n    x2 = 2\n    x3 = 3\n", "y1 = 1\n    y2 = 2\n    y3 = 3", SAME),
    ("javascript", "  ‸\n}\n", "}", SAME),
    ("python", "    ‸\n    return x\n", "return y", SAME),
    ("python", "    ‸\n    return x\n", "y = 1", SAME),
    ("python", "foo(‸)\nfoo(a)\n", "a", SAME),
    ("python", "‸", "x = 1", SAME),
    ("python", "x = ‸\n", "1", SAME),
    ("python", "    a = 1\n    ‸\n    b = 1\n", "b = 1\n    c = 1", ""),
    ("python", THREE, "total = compute_anything(last, one)\nprint(total)\nreturn total", SAME),
]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(duplicate_next_lines, case)
