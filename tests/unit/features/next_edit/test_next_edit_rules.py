"""What each rule proposes, and where it is silent. A case: a text, edits (old, new, which occurrence), what comes."""

from __future__ import annotations

import pytest

from autothink_lsp.features.next_edit.rules import repeated_change
from autothink_lsp.features.next_edit.rules.template import new_side
from autothink_lsp.syntax.service import Syntax
from tests.support.next_edit_session import NextEditSession

SYNTAX = Syntax()

FIELD = "class A:\n    def __init__(self):\n        self.name = 1\n\n"

CASES = {
    "replacement at the third place": (
        "python",
        "a = fetch(1)\nb = fetch(2)\nc = other(3)\nd = fetch(4)\n",
        [("fetch", "load", 1), ("fetch", "load", 1)],
        "4: d = fetch(4) → d = load(4)",
    ),
    "one edit is no pattern": ("python", "a = fetch(1)\nb = fetch(2)\n", [("fetch", "load", 1)], None),
    "a part of an identifier is the whole one": (
        "python",
        "a = get_user_1\nb = get_user_1\nc = get_user_1\nd = get_user_12\n",
        [("user_1\n", "item_1\n", 1), ("user_1\n", "item_1\n", 1)],
        "3: c = get_user_1 → c = get_item_1",
    ),
    "never inside a comment or a string": (
        "python",
        'x = fetch(1)\ny = fetch(2)\n# fetch is slow\nz = "fetch(3)"\n',
        [("fetch", "load", 1), ("fetch", "load", 1)],
        None,
    ),
    "in strings where strings were edited": (
        "python",
        'a = "colour"\nb = "colour"\nc = "colour"\n',
        [("colour", "color", 1), ("colour", "color", 1)],
        '3: c = "colour" → c = "color"',
    ),
    "insertion between the same tokens": (
        "javascript",
        "const a = client.get(1);\nconst b = client.get(2);\nconst c = client.get(3);\n",
        [("= client", "= await client", 1), ("= client", "= await client", 1)],
        "3: const c = client.get(3); → const c = await client.get(3);",
    ),
    "two changes of a line that were never made alone": (
        "rust",
        'fn a() {\n    b(f!("@{}", stamp));\n    !b(f!("@{}", stamp));\n    c(x, f!("@{}", stamp));\n}\n',
        [('"@{}", stamp', '"@{stamp}"', 1), ('"@{}", stamp', '"@{stamp}"', 1)],
        '4: c(x, f!("@{}", stamp)); → c(x, f!("@{stamp}"));',
    ),
    "lines of one form with their own names": (
        "python",
        "self.a = a\nself.bee = bee\nself.see = see\nx = 1\n",
        [("self.a = a", "self.a = check(a)", 1), ("self.bee = bee", "self.bee = check(bee)", 1)],
        "3: self.see = see → self.see = check(see)",
    ),
    "an inserted line by the line above": (
        "python",
        "".join(f"def {name}():\n    start()\n    {name}_()\n\n\n" for name in ("one", "two", "three")),
        [
            ("start()\n    one_", "start()\n    log()\n    one_", 1),
            ("start()\n    two_", "start()\n    log()\n    two_", 1),
        ],
        "15:  → log()",
    ),
    "deleted lines": (
        "python",
        "a()\ndebug(True)\nb()\ndebug(True)\nc()\ndebug(True)\nd()\n",
        [("debug(True)\nb", "b", 1), ("debug(True)\nc", "c", 1)],
        "4: debug(True) → ",
    ),
    "a parameter that was renamed": (
        "python",
        "def f(count):\n    print(count)\n    return count + 1\n\n\ncount = 3\n",
        [("count", "total", 1)],
        "2: print(count) ⏎ return count + 1 → print(total) ⏎ return total + 1",
    ),
    "a function that was renamed": (
        "go",
        "package a\n\nfunc fetch() int {\n\treturn 1\n}\n\nfunc b() int {\n\treturn fetch()\n}\n",
        [("fetch", "load", 1)],
        "8: return fetch() → return load()",
    ),
    "a name that is another's too is not renamed": (
        "python",
        "def f(x1):\n    return x1\n\n\ndef load():\n    x1 = 2\n    return x1\n\n\nx1 = load()\n",
        [("x1 = load()", "y1 = load()", 1)],
        None,
    ),
    "a deleted parameter": (
        "python",
        "def f(a, b):\n    return a\n\n\nf(1, 2)\n",
        [(", b", "", 1)],
        "5: f(1, 2) → f(1)",
    ),
    "an added field of a constructor": (
        "python",
        "class A:\n    def __init__(self, a, b):\n        self.a = a\n        self.b = b\n",
        [("a, b)", "a, b, color)", 1)],
        "5:  → self.color = color",
    ),
    "an added argument where it is at hand": (
        "python",
        "def f(a):\n    return a\n\n\ndef g(timeout):\n    return f(1)\n",
        [("f(a)", "f(a, timeout)", 1)],
        "6: return f(1) → return f(1, timeout)",
    ),
    "the twin branch": (
        "python",
        "if a:\n    send(name, 1)\nelse:\n    log()\n    send(name, 1)\n",
        [("send(name, 1)", "send(name, 2)", 1)],
        "5: send(name, 1) → send(name, 2)",
    ),
    "a missing import": (
        "python",
        "import os\n\n\ndef f():\n    return os.name\n",
        [("os.name", "Path(os.name)", 1)],
        "2:  → from pathlib import Path",
    ),
    "an import whose last use was renamed": (
        "python",
        "import os\nimport sys\n\nprint(os.name)\nprint(sys.argv)\n",
        [("os.name", "posix.name", 1)],
        None,
    ),
    "an import whose last use was deleted": (
        "python",
        "import os\nimport sys\n\nprint(os.name)\nprint(sys.argv)\n",
        [("print(os.name)\n", "", 1)],
        "1: import os → ",
    ),
    "a field that its constructor defines": (
        "python",
        FIELD + "    def b(self, c):\n        return self.name, c.name\n",
        [("self.name = 1", "self.label = 1", 1)],
        "6: return self.name, c.name → return self.label, c.name",
    ),
    "a field of an object of known type": (
        "python",
        "class A:\n    def __init__(self, a):\n        self.name = a\n\n\ndef f(b: A, c):\n    return b.name, c.name\n",
        [("self.name = a", "self.label = a", 1)],
        "7: return b.name, c.name → return b.label, c.name",
    ),
    "a dataclass's field, and a path's": (
        "python",
        "class A:\n    name: str\n\n\ndef f(path):\n    return path.name\n",
        [("name: str", "label: str", 1)],
        None,
    ),
    "a property of an interface": (
        "typescript",
        "interface A {\n  name: string;\n}\n\nfunction f(a: A, b: B) {\n  return a.name + b.name;\n}\n",
        [("name: string", "label: string", 1)],
        "6: return a.name + b.name; → return a.label + b.name;",
    ),
    "a called method is no definition": (
        "java",
        "class A {\n  void f(B b, C c) {\n    b.load();\n    c.load();\n  }\n}\n",
        [("b.load", "b.fetch", 1)],
        None,
    ),
    "an imported name": (
        "python",
        "from m import load\n\nx = load(1)\ny = a.load(2)\n",
        [("import load", "import fetch", 1)],
        "3: x = load(1) → x = fetch(1)",
    ),
    "a module's alias": (
        "python",
        "import numpy as np\n\nx = np.zeros(1)\n",
        [("as np", "as xp", 1)],
        "3: x = np.zeros(1) → x = xp.zeros(1)",
    ),
    "an imported name of JavaScript": (
        "javascript",
        'import { load } from "m";\n\nconst x = load(1);\n',
        [("{ load }", "{ fetch }", 1)],
        "3: const x = load(1); → const x = fetch(1);",
    ),
    "a module is no name": (
        "python",
        "from load import a\n\nload = a(1)\n",
        [("from load", "from fetch", 1)],
        None,
    ),
    "one of several imported names": (
        "python",
        "from m import a, b, c\n\na(1)\nb(2)\nc(3)\n",
        [("b(2)\n", "", 1)],
        "1: from m import a, b, c → from m import a, c",
    ),
    "an import that only a deleted string names": (
        "python",
        "from m import error\n\nshow('error: a')\n",
        [("error: a", "a", 1)],
        None,
    ),
    "short lines of one block": (
        "python",
        "A = {\n    'one': 1,\n    'two': 2,\n    'three': 3,\n}\nB = {\n    'six': 6,\n}\n",
        [("'one': 1", "'one': Item(1)", 1), ("'two': 2", "'two': Item(2)", 1)],
        "4: 'three': 3, → 'three': Item(3),",
    ),
    "short lines of another block": (
        "python",
        "A = {\n    'one': 1,\n    'two': 2,\n}\nB = {\n    'six': 6,\n}\n",
        [("'one': 1", "'one': Item(1)", 1), ("'two': 2", "'two': Item(2)", 1)],
        None,
    ),
    "a change that never came alone": (
        "rust",
        'fn f() {\n    a.put("x");\n    b.put("y");\n    c.put("z");\n}\n',
        [('a.put("x")', 'a.put_all(&["x", "y"])', 1), ('b.put("y")', 'b.put_all(&["y", "z", "a"])', 1)],
        None,
    ),
    "a keyword alone is no place": (
        "python",
        "def a():\n    return f(1)\n\n\ndef b():\n    return g()\n\n\ndef c():\n    return 3\n",
        [("return f", "return not f", 1), ("return g", "return not g", 1)],
        None,
    ),
    "a comment for a tool, whatever its codes": (
        "python",
        "a = f(1)  # type: ignore[one]\nb = f(2)  # type: ignore[two]\nc = g(3)  # type: ignore[x]  # why\n",
        [("  # type: ignore[one]", "", 1), ("  # type: ignore[two]", "", 1)],
        "3: c = g(3)  # type: ignore[x]  # why → c = g(3)  # why",
    ),
    "a comment for another tool": (
        "python",
        "a = f(1)  # type: ignore[one]\nb = f(2)  # type: ignore[two]\nc = g(3)  # noqa: F401\n",
        [("  # type: ignore[one]", "", 1), ("  # type: ignore[two]", "", 1)],
        None,
    ),
    "a comment for a tool in a string": (
        "python",
        "a = f(1)  # noqa: A1\nb = f(2)  # noqa: B2\nc = 'x  # noqa'\n",
        [("  # noqa: A1", "", 1), ("  # noqa: B2", "", 1)],
        None,
    ),
    "untouched": ("python", "a = 1\nb = 1\n", [], None),
    "undone": ("python", "a = f(1)\nb = f(2)\nc = f(3)\n", [("f(1)", "g(1)", 1), ("g(1)", "f(1)", 1)], None),
}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    language, text, edits, expected = CASES[name]
    session = NextEditSession(text, language, f"file:///p/a.{language}", syntax=SYNTAX)
    for old, new, nth in edits:
        session.edit(old, new, nth=nth)
    assert session.shown() == expected


def test_chain_of_three_edits_ends() -> None:
    session = NextEditSession("".join(f"v{n} = fetch({n})\n\n" for n in range(5)), syntax=SYNTAX)
    session.type("v0 = ", "load", delete=5)
    session.type("v1 = ", "load", delete=5)
    accepted = [session.accept() is not None for _ in range(4)]
    assert accepted == [True, True, True, False]
    assert session.text == "".join(f"v{n} = load({n})\n\n" for n in range(5))
    assert session.service.record.counts["line-pattern", "accepted"] == 3


def test_dismissal_suppresses_the_pattern() -> None:
    session = NextEditSession("a = fetch(1)\nb = fetch(2)\nc = fetch(3)\n", syntax=SYNTAX)
    session.edit("fetch", "load")
    session.edit("fetch", "load")
    found = session.next()
    assert found is not None
    session.service.dismiss(found.id)
    assert session.next() is None


def test_rule_dismissed_in_most_of_twenty_cases_is_suppressed() -> None:
    session = NextEditSession("a = fetch(1)\nb = fetch(2)\nc = fetch(3)\n", syntax=SYNTAX)
    session.edit("fetch", "load")
    session.edit("fetch", "load")
    record = session.service.record
    for number in range(19):
        record.note("repeated-change", f"p{number}", "dismissed")
        record.note("line-pattern", f"p{number}", "dismissed")
    assert session.next() is not None
    record.note("repeated-change", "p", "dismissed")
    record.note("line-pattern", "p", "dismissed")
    assert session.next() is None


def test_changes_of_one_line_are_compared_only_with_lines_of_found_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"name{number}" for number in range(20)]
    call = f"call({', '.join(names)})"
    changed = f"call({', '.join(f'new_{name}' if number % 2 else name for number, name in enumerate(names))})"
    others = "".join(f"value(a, {names[number % 20]}, b)\n" for number in range(200))
    session = NextEditSession(f"{call}\n{call}\n{others}", syntax=SYNTAX)
    for _ in range(2):
        session.edit(call, changed)
    looked_at = 0

    def fits(*arguments: object, **more: object) -> bool:
        nonlocal looked_at
        looked_at += 1
        return real(*arguments, **more)  # type: ignore[arg-type]

    real = repeated_change._fits
    monkeypatch.setattr(repeated_change, "_fits", fits)
    assert session.shown() == "4: value(a, name1, b) → value(a, new_name1, b)"
    assert looked_at < 2 * 200 / 20  # the lines of one name, not all lines for each of ten names


@pytest.mark.parametrize("steps", [1, 2], ids=["at once", "after more typing"])
def test_undoing_an_accepted_edit_dismisses_it(steps: int) -> None:
    session = NextEditSession("a = fetch(1)\nb = fetch(2)\nc = fetch(3)\nd = fetch(4)\n", syntax=SYNTAX)
    session.edit("fetch", "load")
    session.edit("fetch", "load")
    assert session.accept() is not None
    if steps > 1:
        session.edit("d = ", "dd = ")
        session.edit("dd = ", "d = ")
    session.edit("c = load(3)\nd = load", "c = fetch(3)\nd = fetch")
    assert session.shown() is None
    assert session.service.record.counts["line-pattern", "accepted"] == 0
    assert session.service.record.counts["line-pattern", "dismissed"] == 1


def test_a_name_without_letters_has_no_other_case() -> None:
    holes = [(("_",), ("name",))]
    assert new_side(("one",), ("two",), holes) is None
    assert new_side(("get", "(", "_", ")"), ("get", "(", "name", ")"), holes) is not None
