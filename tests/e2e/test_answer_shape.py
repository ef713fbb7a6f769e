"""The shape of what is shown, over standard input and output: one line or several, whose indentation, no snippet."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Start, did_open, inline
from tests.support.fault_server import FaultServer

# Document, line and column of the cursor, what the model says, what is shown.
SHAPES = [
    # an empty block: as many lines as it has, in the document's unit of two
    (
        "class A:\n  x = 1\n\n  def f(self):\n    ",
        *(4, 4, ["if a:\n", "        b()\n", "    c()"]),
        "if a:\n      b()\n    c()",
    ),
    # text behind the cursor: one line
    ("x = foo(, b)\n", 0, 8, ["a,", " c", "\nfoo(b)\n"], "a, c"),
    # a statement is begun: it ends with it
    ("def f():\n    x = \n    return x\n", 1, 8, ["10", "\n    y", " = 2\n"], "10"),
    # what looks like a snippet is text
    ("def f():\n    ", 1, 4, ["print(f'", "${a} $1", " \\\\n')"], "print(f'${a} $1 \\\\n')"),
    # the file's name is no answer
    ("", 0, 0, ["# a.py\n", "import os\n", "import sys"], "import os\nimport sys"),
]


@pytest.mark.parametrize(("text", "line", "column", "pieces", "shown"), SHAPES)
async def test_suggestion_has_the_expected_lines_and_indentation(
    start: Start, backend: FaultServer, text: str, line: int, column: int, pieces: list[str], shown: str
) -> None:
    backend.pieces = pieces
    client = await start(url=backend.url)
    did_open(client, text)
    (item,) = await inline(client, line, column)
    assert item["insertText"] == shown, "a plain string: an object would be a snippet"
