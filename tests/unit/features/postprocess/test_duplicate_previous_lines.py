"""An answer that writes the lines above again is dropped; the rest of a line that the user types again is not."""

import pytest

from autothink_lsp.features.completion.postprocess.duplicate_previous_lines import duplicate_previous_lines
from tests.support.filter_cases import SAME, Case, check, named

CASES: list[Case] = [
    ("python", "x = 1\n‸\n", "x = 1", ""),
    ("python", "    x = 1\n    ‸\n", "x = 1\n    y = 2", ""),
    ("python", "x = 1‸\n", "\nx = 1", ""),
    ("javascript", "  foo('a');\n  ‸\n", 'foo("a");', ""),
    ("python", "import os\nimport sys\n‸\n", "import os\nimport sys", ""),
    ("python", "import os\n\n‸\n", "import os", ""),
    ("go", "\tx := 1\n\t‸\n", "x := 1", ""),
    ("python", "def f(a):\n    ‸\n", "def f(a):\n        pass", ""),
    ("c", "int a;\nint b;\nint c;\n‸\n", "int a;\nint b;\nint c;", ""),
    ("ruby", "puts 'hello'‸\n", "\nputs 'hello'\nputs 1", ""),
    # a series, a bracket, an own line
    ("python", "assert f(1) == 1\n‸\n", "assert f(2) == 4", SAME),
    ("python", "x = 1\nx = ‸\n", "1", SAME),
    ("python", "x = 1\nx‸\n", " = 1", SAME),
    ("javascript", "  }\n‸\n", "}", SAME),
    ("python", "x = 1\n‸\n", "y = 1\nx = 1", SAME),
    ("html", "<br>\n‸\n", "<hr>", SAME),
    ("python", "‸\n", "x = 1", SAME),
    ("python", "x = [\n    0,\n    ‸\n]\n", "0,", SAME),
    ("c", "int a1;\nint a2;\nint a3;\n‸\n", "int b1;\nint b2;\nint b3;", SAME),
    ("python", "foo(a)\n‸)\n", "foo(a", SAME),
]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(duplicate_previous_lines, case)
