"""Comments without a word at an answer's end go; those that frame a heading stay."""

import pytest

from autothink_lsp.features.completion.postprocess.empty_comments import empty_comments
from tests.support.filter_cases import SAME, Case, check, named

CASES: list[Case] = [
    ("python", "‸\n", "x = 1\n#\n#", "x = 1"),
    ("python", "‸\n", "#\n#\n#", ""),
    ("javascript", "  ‸\n", "a();\n  //\n", "a();"),
    ("python", "x = 1‸\n", "\n#\n#", ""),
    ("python", "‸\n", "#\n# Reading\n#\nx = 1", SAME),
    ("python", "‸\n", "# Reading\nx = 1", SAME),
    ("python", "x = ‸\n", "1  #", SAME),
    ("python", "# a\n# ‸\n", "#\n#", SAME),
    ("python", '"""\n‸\n"""\n', "#\n#", SAME),
    ("c", "‸\n", "#\n#", SAME),
]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(empty_comments, case)
