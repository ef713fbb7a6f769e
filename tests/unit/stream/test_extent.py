"""How much is asked for at a place."""

import pytest

from autothink_lsp.stream.extent import extent_at
from autothink_lsp.syntax.holes import Extent
from tests.support.cursor_mark import at

LINE, STATEMENT, LINES, BLOCK = Extent.REST_OF_LINE, Extent.STATEMENT, Extent.LINES, Extent.BLOCK
CASES = [
    # inside a line
    ("python", "x = ‸ + 1\n", LINE), ("python", "foo(‸, b)\n", LINE), ("python", "x = '‸'\n", LINE),
    ("python", "x = f‸\n", STATEMENT), ("python", "foo(‸)\n", STATEMENT), ("javascript", "foo(‸);\n", STATEMENT),
    ("python", "x = 1‸\n", STATEMENT), ("python", "# ‸\n", LINE), ("javascript", "// ‸\n", LINE),
    ("python", '"""Doc ‸\n"""\n', LINE), ("javascript", "/* a\n * b ‸\n */\n", LINE),
    # a block to fill
    ("python", "def f():\n    ‸\n", BLOCK), ("python", "def f():‸\n", BLOCK), ("python", "def f():\n‸\n", BLOCK),
    ("python", "if a:\n    ‸\nelse:\n    b\n", BLOCK), ("javascript", "f() {\n  ‸\n}\n", BLOCK),
    ("javascript", "f() {‸}\n", BLOCK), ("ruby", "def f\n  ‸\nend\n", BLOCK),
    ("ruby", "a.each do |b|\n  ‸\nend\n", BLOCK),
    ("shellscript", "for a in b; do\n  ‸\ndone\n", BLOCK), ("lua", "if a then\n  ‸\nend\n", BLOCK),
    ("yaml", "a:\n  ‸\n", BLOCK), ("go", "func f() {\n\t‸\n}\n", BLOCK), ("rust", "match a {\n    ‸\n}\n", BLOCK),
    # a block that has its body
    ("python", "def f():\n    ‸\n    return 1\n", LINES), ("javascript", "f() {\n  ‸\n  a();\n}\n", LINES),
    ("python", "def f():‸\n    return 1\n", STATEMENT),
    # somewhere between lines
    ("python", "a = 1\n‸\nb = 2\n", LINES), ("python", "‸", LINES), ("python", "a = 1 + \\\n    ‸\n", STATEMENT),
    ("markdown", "# A\n\n‸\n", LINES), ("python", '"""Doc.\n\n‸\n"""\n', LINES),
    # before a line
    ("python", "‸x = 1\n", LINES), ("python", "    ‸return x\n", LINES),
]  # fmt: skip


@pytest.mark.parametrize(("language_id", "document", "kind"), CASES)
def test_the_text_around_the_cursor_decides_the_extent(language_id: str, document: str, kind: Extent) -> None:
    assert extent_at(at(language_id, document)).kind is kind


def test_a_newline_may_be_sent_as_a_stop_only_where_no_newline_is_wanted() -> None:
    assert extent_at(at("python", "foo(‸, b)\n")).newline_ends
    assert not extent_at(at("python", "# a‸\n")).newline_ends
    assert not extent_at(at("python", "x = ‸\n")).newline_ends
    assert not extent_at(at("python", "‸x = 1\n")).newline_ends


def test_the_caller_may_want_one_line() -> None:
    assert extent_at(at("python", "def f():\n    ‸\n"), single_line=True).kind is LINE
    assert extent_at(at("python", "‸x = 1\n"), single_line=True).kind is LINE
