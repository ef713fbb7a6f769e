"""Loops over lines and within a line are cut where they begin; tables, rulers and series stay."""

import pytest

from autothink_lsp.features.completion.postprocess.repetition import repetition
from tests.support.filter_cases import SAME, Case, check, named

SERIES = "".join(f"    assert f({n}) == {n * n}\n" for n in range(12))
CASES: list[Case] = [
    ("python", "‸\n", "x = 1\n" * 3, "x = 1"),
    ("python", "‸\n", "a = 2\n" + "x = 1\n" * 9, "a = 2\nx = 1"),
    ("python", "‸\n", "x = 1\ny = 2\n" * 3, "x = 1\ny = 2"),
    ("python", "‸\n", "def f():\n    x = 1\n    return x\n" * 2, "def f():\n    x = 1\n    return x"),
    ("go", "‸\n", "a()\nb()\nc()\nd()\n" * 4, "a()\nb()\nc()\nd()"),
    ("python", "‸\n", "x = 1\n" * 3 + "y = 2\n", "x = 1"),
    ("python", "x = [‸\n", "1, 22, " * 20, ""),
    ("python", "s = ‸\n", "a" + ".replace('a', 'b')" * 8, "a"),
    ("python", "‸\n", "x = 1\ny = " + "foo.bar." * 12, "x = 1"),
    ("python", 's = "‸"\n', "Ab" * 30, ""),
    ("c", "‸\n", "y = 2;\n/* " + "x" * 120, "y = 2;"),
    # people write these
    ("python", "‸\n", SERIES, SAME),
    ("python", "‸\n", "print()\nprint()", SAME),
    ("python", "m = [‸\n", "[0, 0, 0], [0, 0, 0], [0, 0, 0]]", SAME),
    ("python", "# ‸\n", "-" * 79, SAME),
    ("python", "# ‸\n", "=" * 79, SAME),
    ("javascript", "‸\n", "}\n}\n}\n}", SAME),
    ("c", "‸\n", "0x00, 0x00, 0x00, 0x00,", SAME),
    ("html", "‸\n", "<td>1</td>\n<td>1</td>", SAME),
    ("python", "‸\n", "a = 1\n\n\nb = 1\n\n\nc = 1", SAME),
    ("python", "‸\n", "x = 1\ny = 2\nx = 1\ny = 2", SAME),
    ("python", "‸\n", "", SAME),
]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(repetition, case)
