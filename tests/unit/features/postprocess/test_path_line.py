"""A comment in front that names the file goes; every other comment stays."""

import pytest

from autothink_lsp.features.completion.postprocess.path_line import path_line
from tests.support.filter_cases import SAME, Case, check, named

CASES: list[Case] = [
    ("python", "‸\n", "# file\nimport os", "import os"),
    ("python", "‸\n", "# File: file\nimport os", "import os"),
    ("javascript", "‸\n", "// Path: `file`\nfoo();", "foo();"),
    ("python", "x = 1\n‸\n", "\n# file", ""),
    ("python", "‸\n", "# other\nimport os", SAME),
    ("python", "‸\n", "# file is read first\nimport os", SAME),
    ("python", "x = 1  ‸\n", "# file", SAME),
    ("python", "# see ‸\n", "file", SAME),
    ("python", "‸\n", "import os\n# file", SAME),
    ("markdown", "‸\n", "# file", SAME),
]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(path_line, case)
