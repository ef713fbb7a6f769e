"""An answer with characters that cannot be seen, or with blanks that are errors in code, is not shown."""

import pytest

from autothink_lsp.features.completion.postprocess.invisible import invisible
from tests.support.filter_cases import SAME, Case, check, named

CASES: list[Case] = [
    ("python", "x = ‸\n", "1\u200b", ""),
    ("python", "def f():\n    ‸\n", "return\u00a01", ""),
    ("python", "def f():\n    ‸\n", "x = 1\n\u00a0\u00a0\u00a0\u00a0return x", ""),
    ("go", "x := ‸\n", "a +\u202fb", ""),
    ("c", "int f(‸);\n", "int\u3000a", ""),
    ("css", "a {\n  ‸\n}\n", "color:\u2003red;", ""),
    # in text they may be meant, and where the document has them
    ("python", "x = ‸\n", '"10\u00a0km"', SAME),
    ("python", "x = '‸'\n", "10\u202fkm", SAME),
    ("javascript", "// ‸\n", "\u4f60\u597d\u3000\u4e16\u754c", SAME),
    ("markdown", "It is ‸\n", "10\u00a0km", SAME),
    ("html", "<p>\n‸\n</p>\n", "Que voulez-vous\u00a0?", SAME),
    ("plaintext", "‸\n", "a\u00a0b", SAME),
    ("python", "y =\u00a02\nx = ‸\n", "a\u00a0+ b", SAME),
]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(invisible, case)
