"""A name that is invalid, or taken where it would be used, is refused before anything is renamed. «…» is what is
renamed."""

from __future__ import annotations

import pytest

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.edits.replacement import EditRefused
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.repairs import name_conflicts
from autothink_lsp.features.assist.repairs.bound_names import bound_names
from autothink_lsp.features.assist.repairs.name_conflicts import name_conflict
from autothink_lsp.features.assist.repairs.rules import repair
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point

SYNTAX = Syntax()
FREE = ""
# The language, the document, the new name, and what is said.
CASES = {
    "free": ("python", "def «f»():\n    pass\n", "g", FREE),
    "digits first": ("python", "«x» = 1\n", "1y", "`1y` is not a valid name"),
    "two words": ("python", "«x» = 1\n", "a b", "`a b` is not a valid name"),
    "the same": ("python", "«x» = 1\n", "x", "`x` has this name already"),
    "keyword": ("python", "«x» = 1\n", "class", "`class` is a keyword"),
    "keyword of another language": ("python", "«x» = 1\n", "func", FREE),
    "keyword of go": ("go", "package a\n\nvar «x» = 1\n", "func", "`func` is a keyword"),
    "literal": ("typescript", "const «x» = 1;\n", "undefined", "`undefined` is a keyword"),
    "beside it": ("python", "«x» = 1\ny = 2\n", "y", "`y` is already used in line 2"),
    "function beside it": (
        "python",
        "def «f»():\n    pass\n\n\ndef g():\n    pass\n",
        "g",
        "`g` is already used in line 5",
    ),
    "only in a comment": ("python", "«x» = 1  # y\n", "y", FREE),
    "only in a string": ("python", "«x» = 'y'\n", "y", FREE),
    "in an f-string": ("python", "«x» = f'{y}'\n", "y", "`y` is already used in line 1"),
    "a part of a word": ("python", "«x» = 1\nyy = 2\n", "y", FREE),
    "another function's local": ("python", "«x» = 1\n\n\ndef f():\n    y = 2\n    return y\n", "y", FREE),
    "a local where it is used": (
        "python",
        "«x» = 1\n\n\ndef f():\n    y = 2\n    return x + y\n",
        "y",
        "`y` is already used in line 5",
    ),
    "a parameter where it is used": (
        "python",
        "«x» = 1\n\n\ndef f(y):\n    return x + y\n",
        "y",
        "`y` is already used in line 4",
    ),
    "a built-in that a function uses": (
        "python",
        "«x» = 1\n\n\ndef f(a):\n    return len(a)\n",
        "len",
        "`len` is already used in line 5",
    ),
    "a keyword of a call": ("python", "«x» = 1\nprint(x, end='')\n", "end", FREE),
    "a local of the same function": (
        "python",
        "def f():\n    «x» = 1\n    y = 2\n    return x + y\n",
        "y",
        "`y` is already used in line 3",
    ),
    "a local of another function": (
        "python",
        "def f():\n    «x» = 1\n    return x\n\n\ndef g():\n    y = 2\n    return y\n",
        "y",
        FREE,
    ),
    "an outer function's": (
        "python",
        "def f():\n    y = 2\n\n    def g():\n        «x» = 1\n        return x + y\n    return g\n",
        "y",
        "`y` is already used in line 2",
    ),
    "an attribute is another name": ("python", "«x» = 1\na.y = 2\n", "y", FREE),
    "a member": (
        "python",
        "class A:\n    def «f»(self):\n        pass\n\n    def g(self):\n        pass\n",
        "g",
        "`g` is already used in line 5",
    ),
    "a member and a function": (
        "python",
        "class A:\n    def «f»(self):\n        pass\n\n\ndef g():\n    pass\n",
        "g",
        FREE,
    ),
    "a member that is used": (
        "python",
        "class A:\n    def f(self):\n        return self.«x» + self.y\n",
        "y",
        "`y` is already used in line 3",
    ),
    "a member of another class": (
        "python",
        "class A:\n    def «f»(self):\n        pass\n\n\nclass B:\n    def g(self):\n        return self.g\n",
        "g",
        FREE,
    ),
    "a member of another object": (
        "typescript",
        "class A {\n  «f»() {\n    return items.size;\n  }\n}\n",
        "size",
        FREE,
    ),
    "... of a class with a base": (
        "typescript",
        "class A extends B {\n  «f»() {\n    return items.size;\n  }\n}\n",
        "size",
        "`size` is already used in line 3",
    ),
    "... of a class with a base on the next line": (
        "java",
        "class A\n    extends B {\n  int «f»() {\n    return items.size;\n  }\n}\n",
        "size",
        "`size` is already used in line 4",
    ),
    "... of a base": (
        "python",
        "class A:\n    def «f»(self):\n        pass\n\n\nclass B(A):\n    def g(self):\n        pass\n",
        "g",
        "`g` is already used in line 7",
    ),
    "... where the object is not known": (
        "python",
        "class A:\n    g = 1\n\n\na.«f»\n",
        "g",
        "`g` is already used in line 2",
    ),
    "... that only self has": (
        "python",
        "class A:\n    def «f»(self):\n        self.g = 1\n",
        "g",
        "`g` is already used in line 3",
    ),
    "a keyword of a call in a function": (
        "python",
        "def f(«x»):\n    return print(x, end='')\n",
        "end",
        FREE,
    ),
    "a default of an inner function": (
        "python",
        "def f(«x»):\n    def g(a, end=1):\n        return x + end\n    return g\n",
        "end",
        "`end` is already used in line 2",
    ),
    "the value of a keyword": (
        "python",
        "end = 1\n\n\ndef f(«x»):\n    return print(x, a=end)\n",
        "end",
        "`end` is already used in line 5",
    ),
    "an assignment in a call": (
        "javascript",
        "function f(«x») {\n  return g(y = 1, x);\n}\n",
        "y",
        "`y` is already used in line 2",
    ),
    "spread": ("typescript", "const «x» = 1;\nconst z = [...y];\n", "y", "`y` is already used in line 2"),
    "exported": (
        "typescript",
        "export function «f»() {}\nexport function g() {}\n",
        "g",
        "`g` is already used in line 2",
    ),
    "decorated": (
        "python",
        "@a\ndef «f»():\n    pass\n\n\n@a\ndef g():\n    pass\n",
        "g",
        "`g` is already used in line 7",
    ),
    "go's function": ("go", "package a\n\nfunc «f»() {}\n\nfunc g() {}\n", "g", "`g` is already used in line 5"),
}


@pytest.mark.parametrize("case", CASES)
def test_whether_a_name_is_free(case: str) -> None:
    language, document, new, said = CASES[case]
    before, _, rest = document.partition("«")
    old, _, after = rest.partition("»")
    store = DocumentStore()
    store.subscribe(SYNTAX.trees)
    snapshot = store.open("file:///x", language, 1, before + old + after)
    tree = SYNTAX.trees.tree(snapshot)
    assert tree is not None
    assert name_conflict(tree, snapshot.text.place_at_offset(len(before)).point, old, new) == said


def test_a_function_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it uses the new name."""
    searched: list[str] = []

    def counted(code: str) -> set[str]:
        searched.append(code)
        return bound_names(code)

    monkeypatch.setattr(name_conflicts, "bound_names", counted)
    store = DocumentStore()
    store.subscribe(SYNTAX.trees)
    snapshot = store.open("file:///x", "python", 1, "x = 1\n\n\ndef f(y):\n" + "    y = y + 1\n" * 20)
    tree = SYNTAX.trees.tree(snapshot)
    assert tree is not None
    assert name_conflict(tree, Point(0, 0), "x", "y") == FREE
    assert len(searched) == 1


def test_a_requested_name_that_is_taken_is_an_error_and_no_question_to_the_model() -> None:
    store = DocumentStore()
    store.subscribe(SYNTAX.trees)
    snapshot = store.open("file:///x", "python", 1, "x = 1\ny = 2\n")
    at = Point(0, 1)
    request = AssistRequest(
        action=ActionKind.RENAME, snapshot=snapshot, start=at, end=at, settings=Settings(), path="x", instruction="y"
    )
    with pytest.raises(EditRefused, match="`y` is already used in line 2, so `x` was not renamed"):
        repair(request, SYNTAX.trees.tree(snapshot), SYNTAX.language(snapshot))
