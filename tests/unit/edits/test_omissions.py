"""A comment that says that code is unchanged is an omission where code is missing, and a comment where none is."""
# ruff: noqa: E501 - a table

from __future__ import annotations

import pytest

from autothink_lsp.edits.replacement import EditRefused, Refusal
from tests.unit.edits.test_apply import fenced, result

CODE = "def merge(old, new):\n    kept = old.items()\n    added = new - old\n    return kept, added"
MEANT = [
    ("python", CODE, CODE.replace("    kept", "    # unchanged\n    kept").replace("new - old", "new.keys() - old")),
    ("python", CODE, CODE.replace("    kept", "    # No changes\n    kept").replace("new - old", "new.keys() - old")),
    ("python", CODE, CODE.replace("    return", "    # The existing lines come first\n    return")),
    ("python", CODE, CODE.replace("    return", "    # Other lines are skipped\n    return").replace("kept, ", "[*kept], ")),
    ("python", CODE, CODE.replace("    added = new", "    # the previous code took all\n    added = set(new)")),
    ("go", "func f() int {\n\ta := 1\n\treturn a\n}", "func f() int {\n\t// unchanged\n\ta := 1\n\treturn a + 1\n}"),
    ("typescript", "function f() {\n  g();\n  return 1;\n}", "function f() {\n  /* unchanged */\n  g();\n  return 2;\n}"),
    ("lua", "local a = 1\nlocal b = 2", "-- unchanged\nlocal a = 1\nlocal b = 3"),
    ("html", "<p>a</p>\n<p>b</p>", "<!-- unchanged -->\n<p>a</p>\n<p>c</p>"),
]  # fmt: skip
OMITTED = [
    CODE.replace("    kept = old.items()\n", "    # unchanged\n").replace("new - old", "new.keys() - old"),
    CODE.replace("    kept = old.items()\n", "    # existing code\n").replace("new - old", "new.keys() - old"),
    CODE.replace("    kept = old.items()\n", "    log(1)\n    # unchanged\n").replace("new - old", "new.keys() - old"),
    CODE.replace("    kept = old.items()\n    added = new - old", "    # no changes\n    added = new.keys() - old"),
    CODE.replace("    return", "    # ... existing code ...\n    return").replace("new - old", "new.keys() - old"),
    CODE.replace("new - old", "new.keys() - old") + "\n    # rest of the code unchanged",
    CODE.replace("new - old", "new.keys() - old") + "\n# your code here",
    "def merge(old, new):\n    # unchanged",
]


@pytest.mark.parametrize(("language", "code", "answer"), MEANT)
def test_a_comment_without_missing_code_is_kept(language: str, code: str, answer: str) -> None:
    assert result(f"«{code}»\n", fenced(answer, language), language) == answer + "\n"


@pytest.mark.parametrize("answer", OMITTED)
def test_an_omission_is_refused(answer: str) -> None:
    with pytest.raises(EditRefused) as refused:
        result(f"«{CODE}»\n", fenced(answer, "python"))
    assert refused.value.reason is Refusal.TRUNCATED
