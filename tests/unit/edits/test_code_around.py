"""An answer with the code around the piece, or without the indentation of its first line: the piece alone changes.

In each document «…» marks the piece, in which ``teh`` becomes ``the``. The answers have the header of the enclosing
block, the ends of it, or both.
"""
# ruff: noqa: E501 - a table of documents

from __future__ import annotations

import pytest

from autothink_lsp.edits.replacement import EditRefused, Refusal
from tests.unit.edits.test_apply import fenced, result
from tests.unit.edits.test_unrequested_changes import check

PYTHON = "class A:\n    def f(self):\n«        if self.a:\n            x = teh\n        return x»\n"
SCRIPT = "class A {\n    f() {\n«        if (this.a) {\n            x = teh;\n        }\n        return x;»\n    }\n}\n"
SHELL = "if a; then\n«  if b; then\n    c teh\n  fi»\nfi\n"
LUA = "function a()\n«  if b then\n    c(teh)\n  end»\nend\n"
RUBY = "def a\n«  if b\n    c teh\n  end»\nend\n"
CASES = {
    "Python, with its header": ("python", PYTHON, "def f(self):\n    if self.a:\n        x = the\n    return x"),
    "Python, with two headers": ("python", PYTHON, "class A:\n    def f(self):\n        if self.a:\n            x = the\n        return x"),
    "Python, the first line at the margin": ("python", PYTHON, "if self.a:\n            x = the\n        return x"),
    "JavaScript, with its ends": ("javascript", SCRIPT, "if (this.a) {\n  x = the;\n}\nreturn x;\n}\n}"),
    "JavaScript, with one end": ("javascript", SCRIPT, "if (this.a) {\n  x = the;\n}\nreturn x;\n}"),
    "JavaScript, with its header and end": ("javascript", SCRIPT, "f() {\n  if (this.a) {\n    x = the;\n  }\n  return x;\n}"),
    "JavaScript, the first line at the margin": ("javascript", SCRIPT, "if (this.a) {\n            x = the;\n        }\n        return x;"),
    "shell, with its end": ("shellscript", SHELL, "if b; then\n  c the\nfi\nfi"),
    "Lua, with its end": ("lua", LUA, "if b then\n  c(the)\nend\nend"),
    "Ruby, with its header and end": ("ruby", RUBY, "def a\n  if b\n    c the\n  end\nend"),
    "Ruby, with its end": ("ruby", RUBY, "if b\n  c the\nend\nend"),
    "an unknown language, with its end": ("unknown", LUA, "if b then\n  c(the)\nend\nend"),
    "CSS, with its end": ("css", "@media print {\n«  a {\n    top: teh;\n  }»\n}\n", "a {\n  top: the;\n}\n}"),
    "HTML, with its end": ("html", "<ul>\n«  <li>\n    teh\n  </li>»\n</ul>\n", "<li>\n  the\n</li>\n</ul>"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_code_around_the_piece_is_not_doubled(case: str) -> None:
    language, document, answer = CASES[case]
    check(language, document, ("teh", "the"), answer)


def test_an_end_that_the_piece_has_not_had_is_kept() -> None:
    """Where nothing can tell what parses."""
    document = "function a()\n«  if b then\n    c(1)»\nend\n"
    new = "  if b then\n    c(2)\n  end"
    assert result(document, fenced(new), "unknown") == f"function a()\n{new}\nend\n"


@pytest.mark.parametrize("header", ["", "class A:\n"])
def test_another_version_of_the_code_behind_the_piece_is_not_inserted(header: str) -> None:
    """The class would have the method twice, and it would parse."""
    document = f"{PYTHON}\n    def g(self):\n        return self.f()\n"
    answer = "    def f(self):\n        if self.a:\n            x = the\n        return x\n\n    def g(self):\n        return self.f(2)"
    with pytest.raises(EditRefused) as refused:
        result(document, fenced(header + answer), "python")
    assert refused.value.reason is Refusal.OTHER_CODE
