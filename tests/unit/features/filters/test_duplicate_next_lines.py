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
