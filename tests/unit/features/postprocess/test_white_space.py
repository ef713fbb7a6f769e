"""White space without meaning goes, line ends that begin a new line stay."""

import pytest

from autothink_lsp.features.completion.postprocess.white_space import white_space
from tests.support.filter_cases import SAME, Case, check, named

CASES: list[Case] = [
    ("python", "x = ‸\n", "1  ", "1"),
    ("python", "x = ‸\n", "1\n", "1"),
    ("python", "x = ‸\n", "1\n\n   \n", "1"),
    ("python", "x = ‸\n", "[ \n    1]", "[\n    1]"),
    ("python", "def f():\n    ‸\n", "a = 1\n    \n    b = 2", "a = 1\n\n    b = 2"),
    ("python", "def f():\n    ‸\n", "\n    return 1", "    return 1"),
    ("python", "import os\n‸\n", "\n\n\n\ndef f():", "\n\ndef f():"),
    ("python", "def f():\n    a = 1\n‸\n", "\n    b = 2", "    b = 2"),
    ("python", "x = ‸\n", "   ", ""),
    ("python", "x = ‸\n", "\n\n", ""),
    ("go", "\t‸\n", "a()\t\n\tb()\t", "a()\n\tb()"),
    # means something
    ("python", "def f():‸\n", "\n    return 1", SAME),
    ("python", "x = 1‸\n", "\n\ny = 2", SAME),
    ("python", "import os\n‸\n", "\n\ndef f():", SAME),
    ("python", "foo(a,‸b)\n", " c, ", SAME),
    ("javascript", "foo({‸});\n", "\n  a: 1,\n", SAME),
    ("markdown", "a‸\n", " b  \nc", SAME),
    ("python", "x =‸\n", " 1", SAME),
    ("python", "    ‸return x\n", "x = 1\n    ", SAME),
]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(white_space, case)
