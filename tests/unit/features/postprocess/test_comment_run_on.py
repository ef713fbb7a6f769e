"""Comments after the code and announcements of more are cut; comments that belong to code stay."""

import pytest

from autothink_lsp.features.completion.postprocess.comment_run_on import comment_run_on
from tests.support.filter_cases import SAME, Case, check, named

CASES: list[Case] = [
    ("python", "x = ‸\n", "1\n# Example usage:\nprint(x)", "1"),
    ("python", "    ‸\n", "return a\n\n# Test the function\nprint(f(1))", "return a"),
    ("python", "    ‸\n", "return a\n    # This returns a", "return a"),
    ("javascript", "  ‸\n", "a();\n  // ... rest of the code", "a();"),
    ("javascript", "  ‸\n", "a();\n  // Your code here\n  b();", "a();"),
    ("go", "\t‸\n", "return nil\n\t// Output:\n", "return nil"),
    ("c", "  ‸\n", "a();\n  /* existing code */\n  b();", "a();"),
    ("lua", "  ‸\n", "a()\n  -- end of function\n", "a()"),
    ("sql", "select ‸\n", "a from b;\n-- Output\n", "a from b;"),
    ("html", "<p>‸\n", "a</p>\n<!-- rest of your code -->", "a</p>"),
    ("python", "    ‸\n", "# ... existing code ...\n    x = 1", ""),
    ("python", "x = ‸\n", "1  # one\n# and more", "1  # one"),
    # comments that are wanted
    ("python", "‸\n", "# Add one.\nx = 1", SAME),
    ("python", "‸\n", "x = 1\n# Add two.\ny = 2", SAME),
    ("python", "‸\n", "# A comment alone", SAME),
    ("python", "# The ‸\n", "test\n# cases", SAME),
    ("python", '"""\n‸\n"""\n', "# Example usage:", SAME),
    ("python", "x = ‸\n", "'# test'", SAME),
    ("javascript", "  ‸\n", "a(); // test", SAME),
    ("markdown", "‸\n", "# Usage\n\ntext", SAME),
    ("c", "‸\n", "#include <a.h>\n#define X", SAME),
    ("rust", "    ‸\n", "/// Tests whether a is b.\n    fn f() {}", SAME),
]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(comment_run_on, case)
