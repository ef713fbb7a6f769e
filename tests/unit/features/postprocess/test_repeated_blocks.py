"""A block that nearly says the block before it again goes; a series and short blocks stay."""

import pytest

from autothink_lsp.features.completion.postprocess.repeated_blocks import repeated_blocks
from tests.support.filter_cases import SAME, Case, check, named

CASES: list[Case] = [
    (
        "python",
        "‸\n",
        "def f():\n    x = 1\n    return x\n\ndef f():\n    x = 1\n    return x",
        "def f():\n    x = 1\n    return x",
    ),
    (
        "python",
        "‸\n",
        "def compute_1(a):\n    b = a\n    return b\n\n\ndef compute_2(a):\n    b = a\n    return b\n\n\ng()",
        "def compute_1(a):\n    b = a\n    return b",
    ),
    ("go", "‸\n", "x := 1\n\nf(x)\ng(x)\nh(x)\n\nf(x)\ng(x)\nh(x)\n", "x := 1\n\nf(x)\ng(x)\nh(x)"),
    # people write these
    ("python", "‸\n", "x = 1\ny = 2\n\nx = 1\ny = 2", SAME),
    ("python", "‸\n", "def f(a):\n    b = a\n    return b\n\ndef g(c):\n    d = c\n    return d", SAME),
    ("python", "‸\n", "f(1)\nf(2)\nf(3)\n\ng(1)\ng(2)\ng(3)", SAME),
    ("python", "‸\n", "a\nb\nc\n\na\nb\nc\nd", SAME),
    ("python", "‸\n", "", SAME),
]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(repeated_blocks, case)
