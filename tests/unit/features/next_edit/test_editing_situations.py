"""What a user does and what he would expect next, in many languages. The real service; no model.

A situation: a language, a text, edits (old, new, which occurrence), and what comes: ``line: old → new``, ``None`` where
silence is right. Lines that follow each other are one edit (``⏎``)."""
# ruff: noqa: E501, ISC004 - a text is read best on one line

from __future__ import annotations

import pytest

from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Position, Range
from tests.support.next_edit_session import NextEditSession

SYNTAX = Syntax()
Situation = tuple[str, str, list[tuple[str, str, int]], str | None]

PASSED = "a = fetch(1)\nb = 2\nc = fetch(3)\nd = 4\ne = fetch(5)\n"
GO_CALLS = 'package a\n\nfunc f() {\n\tx := get("a", 1)\n\tuse(x)\n\ty := get("b", 2)\n\tuse(y)\n\tz := get("c", 3)\n\tuse(z)\n}\n'

SITUATIONS: dict[str, Situation] = {
    # --- names
    "python: a field renamed in its class": (
        "python",
        "class A:\n    def __init__(self):\n        self.count = 0\n\n    def f(self):\n        return self.count + 1\n",
        [("self.count = 0", "self.total = 0", 1)],
        "6: return self.count + 1 → return self.total + 1",
    ),
    "typescript: a local renamed": (
        "typescript",
        "function f(n: number) {\n  const size = n * 2;\n  return size + 1;\n}\n",
        [("const size", "const width", 1)],
        "3: return size + 1; → return width + 1;",
    ),
    "rust: a function renamed": (
        "rust",
        "fn load() -> u32 {\n    1\n}\n\nfn main() {\n    let x = load();\n}\n",
        [("fn load", "fn fetch", 1)],
        "6: let x = load(); → let x = fetch();",
    ),
    "go: a parameter renamed": (
        "go",
        "package a\n\nfunc f(number int) int {\n\treturn number + 1\n}\n",
        [("number int", "count int", 1)],
        "4: return number + 1 → return count + 1",
    ),
    "java: a local renamed": (
        "java",
        "class A {\n  int f(int a) {\n    int size = a;\n    return size + 1;\n  }\n}\n",
        [("int size", "int width", 1)],
        "4: return size + 1; → return width + 1;",
    ),
    "csharp: a parameter renamed": (
        "csharp",
        "class A {\n  int F(int size) {\n    return size + 1;\n  }\n}\n",
        [("int size", "int width", 1)],
        "3: return size + 1; → return width + 1;",
    ),
    "ruby: a call renamed at two places": (
        "ruby",
        "a = fetch(1)\nb = fetch(2)\n\nc = fetch(3)\n",
        [("fetch", "load", 1), ("fetch", "load", 1)],
        "4: c = fetch(3) → c = load(3)",
    ),
    "a renamed call and a longer name": (
        "python",
        "a = get(1)\nb = get(2)\nc = get_all(3)\nd = target(4)\n",
        [("get(1", "load(1", 1), ("get(2", "load(2", 1)],
        None,
    ),
    "the line that defines the new name": (
        "rust",
        "fn f() {\n    use1(&old);\n    use2(&old);\n    let new_one = clone(&old);\n}\n",
        [("use1(&old)", "use1(&new_one)", 1), ("use2(&old)", "use2(&new_one)", 1)],
        None,
    ),
    # --- similar lines
    "the third of five similar lines": (
        "python",
        "".join(f"    add('{n}', {n})\n" for n in "12345"),
        [("add('1', 1)", "add('1', 1, True)", 1), ("add('2', 2)", "add('2', 2, True)", 1)],
        "3: add('3', 3) ⏎ add('4', 4) ⏎ add('5', 5) → add('3', 3, True) ⏎ add('4', 4, True) ⏎ add('5', 5, True)",
    ),
    "a place that was passed by": ("python", PASSED, [("fetch(1", "load(1", 1), ("fetch(5", "load(5", 1)], None),
    "typescript: a wrapped call": (
        "typescript",
        "const a = get(x);\nfoo();\nconst b = get(y);\nfoo();\nconst c = get(z);\n",
        [("get(x)", "wrap(get(x))", 1), ("get(y)", "wrap(get(y))", 1)],
        "5: const c = get(z); → const c = wrap(get(z));",
    ),
    "go: an added last argument": (
        "go",
        GO_CALLS,
        [('get("a", 1)', 'get("a", 1, ctx)', 1), ('get("b", 2)', 'get("b", 2, ctx)', 1)],
        '8: z := get("c", 3) → z := get("c", 3, ctx)',
    ),
    "go: an added first argument": (
        "go",
        GO_CALLS,
        [('get("a", 1)', 'get(ctx, "a", 1)', 1), ('get("b", 2)', 'get(ctx, "b", 2)', 1)],
        '8: z := get("c", 3) → z := get(ctx, "c", 3)',
    ),
    "an added argument before different ones": (
        "python",
        "s1.send(self, error=e)\ns2.send(self)\nx = 1\ns3.send(self, exc=1)\n",
        [("send(self, error", "send(self, key=1, error", 1), ("send(self)", "send(self, key=1)", 1)],
        "4: s3.send(self, exc=1) → s3.send(self, key=1, exc=1)",
    ),
    "javascript: a call that became a function": (
        "javascript",
        "const a = host.split(/,/, 1)[0]\nfoo()\nconst b = proto ? proto.split(/,/, 1)[0] : 1\nfoo()\nreturn val.split(/,/)\n",
        [("host.split(/,/", "parts(host", 1), ("proto.split(/,/", "parts(proto", 1)],
        "5: return val.split(/,/) → return parts(val)",
    ),
    "java: concatenation that became a format": (
        "java",
        'class A {\n  void f() {\n    log("a " + one + "; b");\n    g();\n    log("c " + two + "; b");\n    g();\n'
        '    log("d " + three + "; b");\n  }\n}\n',
        [('"a " + one + "; b"', '"a %s; b", one', 1), ('"c " + two + "; b"', '"c %s; b", two', 1)],
        '7: log("d " + three + "; b"); → log("d %s; b", three);',
    ),
    "two changes that belong together": (
        "python",
        "a = 'http://{}:{}/'.format(h, p)\nfoo()\nb = 'http://{}:{}'.format(h, p)\nfoo()\nc = 'http://{}:{}/x'.format(h, p)\n",
        [("{}:{}/'", "{0}:{1}/'", 1), ("{}:{}'", "{0}:{1}'", 1)],
        "5: c = 'http://{}:{}/x'.format(h, p) → c = 'http://{0}:{1}/x'.format(h, p)",
    ),
    "one of several lines of two forms": (
        "go",
        "package a\n\nfunc f() {\n"
        + "".join(f'\tassert.Values(t, "a", {x}.One)\n\tassert.Values(t, "b", {x}.Two)\n\n' for x in ("p", "q", "r"))
        + "}\n",
        [
            ('assert.Values(t, "a", p.One)\n\tassert.Values(t', 'assert.Same(t, "a", p.One)\n\tassert.Same(t', 1),
            ('assert.Values(t, "a", q.One)\n\tassert.Values(t', 'assert.Same(t, "a", q.One)\n\tassert.Same(t', 1),
        ],
        '10: assert.Values(t, "a", r.One) ⏎ assert.Values(t, "b", r.Two) → '
        'assert.Same(t, "a", r.One) ⏎ assert.Same(t, "b", r.Two)',
    ),
    "exactly the line that was replaced": (
        "go",
        "package a\n\nfunc f() {\n\tif c.x == nil || c.y == nil {\n\t}\n\tif c.x == nil || c.z == nil {\n\t}\n"
        "\tif c.x == nil || c.y == nil {\n\t}\n}\n",
        [("if c.x == nil || c.y == nil", "if !c.ready()", 1), ("if c.x == nil || c.z == nil", "if !c.ready()", 1)],
        "8: if c.x == nil || c.y == nil { → if !c.ready() {",
    ),
    "a changed literal": (
        "java",
        "class A {\n  void f() {\n    wait(100, a);\n    g();\n    wait(100, b);\n    g();\n    wait(100, c);\n  }\n}\n",
        [("wait(100, a)", "wait(250, a)", 1), ("wait(100, b)", "wait(250, b)", 1)],
        "7: wait(100, c); → wait(250, c);",
    ),
    "another number in another call": (
        "python",
        "sleep(100)\nf()\nsleep(100)\nf()\ntotal(100)\n",
        [("sleep(100)", "sleep(5)", 1), ("sleep(100)", "sleep(5)", 1)],
        None,
    ),
    "a toggled flag": (
        "python",
        "run(a, check=False)\nf()\nrun(b, check=False)\nf()\nrun(c, check=False)\n",
        [("run(a, check=False", "run(a, check=True", 1), ("run(b, check=False", "run(b, check=True", 1)],
        "5: run(c, check=False) → run(c, check=True)",
    ),
    "csharp: a changed type": (
        "csharp",
        "class A {\n  List<int> a;\n  int x;\n  List<int> b;\n  int y;\n  List<int> c;\n}\n",
        [("List<int> a", "IList<int> a", 1), ("List<int> b", "IList<int> b", 1)],
        "6: List<int> c; → IList<int> c;",
    ),
    "go: a changed type of several tokens": (
        "go",
        "package a\n\nfunc f(a interface{}) {}\n\nfunc g(a interface{}) {}\n\nfunc h() interface{} {\n\treturn 1\n}\n",
        [("f(a interface{}", "f(a any", 1), ("g(a interface{}", "g(a any", 1)],
        "7: func h() interface{} { → func h() any {",
    ),
    # --- strings and comments
    "a string that became a constant": (
        "go",
        'package a\n\nfunc f() {\n\trun(r, "GET", "/a")\n\tx()\n\trun(r, "GET", "/b")\n\tx()\n\trun(r, "GET", "/c")\n}\n',
        [('"GET", "/a"', 'http.Get, "/a"', 1), ('"GET", "/b"', 'http.Get, "/b"', 1)],
        '8: run(r, "GET", "/c") → run(r, http.Get, "/c")',
    ),
    "the name of a string in a comment": (
        "python",
        "a = fetch(1)\nb = fetch(2)\n# c = fetch(3)\n'''\nd = fetch(4)\n'''\n",
        [("fetch", "load", 1), ("fetch", "load", 1)],
        None,
    ),
    "python: forward references without quotes": (
        "python",
        "def f(a: 'One') -> None: ...\ndef g(a: int): ...\ndef h(a: 'One') -> int: ...\ndef i(a: int): ...\ndef j(b: 'One'): ...\n",
        [("f(a: 'One'", "f(a: One", 1), ("h(a: 'One'", "h(a: One", 1)],
        "5: def j(b: 'One'): ... → def j(b: One): ...",
    ),
    "comments of a tool that are kept between": (
        "python",
        "a = f(1)  # noqa: A1\nb = f(2)  # noqa: B2\nc = f(3)  # noqa: C3\nd = f(4)  # noqa: D4\n",
        [("  # noqa: A1", "", 1), ("  # noqa: C3", "", 1)],
        None,
    ),
    # --- insertions and deletions
    "ruby: a line at the beginning of methods": (
        "ruby",
        "def date_a(date)\n  time(date).one\nend\n\ndef date_b(date)\n  time(date).two\nend\n\ndef date_c(date)\n  time(date).x\nend\n",
        [
            ("  time(date).one", "  return if date.nil?\n  time(date).one", 1),
            ("  time(date).two", "  return if date.nil?\n  time(date).two", 1),
        ],
        "12:  → return if date.nil?",
    ),
    "typescript: a key before another": (
        "typescript",
        "f({\n  message: 'one',\n});\nf({\n  message: 'two',\n});\nf({\n  message: 'three',\n});\n",
        [
            ("  message: 'one'", "  kind: E,\n  message: 'one'", 1),
            ("  message: 'two'", "  kind: E,\n  message: 'two'", 1),
        ],
        "10:  → kind: E,",
    ),
    "a deleted parameter": (
        "javascript",
        "function f(a, b) {\n  return a;\n}\n\nf(1, 2);\n",
        [("(a, b)", "(a)", 1)],
        "5: f(1, 2); → f(1);",
    ),
    "a deleted argument": (
        "python",
        "a = f(x, verbose)\ng()\nb = f(y, verbose)\ng()\nc = f(z, verbose)\n",
        [("f(x, verbose", "f(x", 1), ("f(y, verbose", "f(y", 1)],
        "5: c = f(z, verbose) → c = f(z)",
    ),
    "several old lines": (
        "javascript",
        "".join(f"{x}.open();\n{x}.read(1);\n{x}.close();\n\n" for x in ("a", "b", "c")),
        [
            ("a.open();\na.read(1);\na.close();", "within(a, 1);", 1),
            ("b.open();\nb.read(1);\nb.close();", "within(b, 1);", 1),
        ],
        "5: c.open(); ⏎ c.read(1); ⏎ c.close(); → within(c, 1);",
    ),
    # --- ends of lines
    "javascript: semicolons taken away": (
        "javascript",
        "const a = f(1);\nconst bee = g();\n\nrun(a);\nstop(bee, 2);\n\nconst c = h(3);\n",
        [
            ("const a = f(1);\nconst bee = g();", "const a = f(1)\nconst bee = g()", 1),
            ("run(a);\nstop(bee, 2);", "run(a)\nstop(bee, 2)", 1),
        ],
        "7: const c = h(3); → const c = h(3)",
    ),
    "javascript: trailing commas": (
        "javascript",
        "const a = {\n  one: 1\n};\nconst b = [\n  'x'\n];\nconst c = {\n  two: f(2)\n};\n",
        [("one: 1", "one: 1,", 1), ("'x'", "'x',", 1)],
        "8: two: f(2) → two: f(2),",
    ),
    "python: no comma behind a statement": (
        "python",
        "a = [\n    1\n]\nb = [\n    2\n]\ndef f():\n    return 3\n",
        [("    1\n", "    1,\n", 1), ("    2\n", "    2,\n", 1)],
        None,
    ),
    # --- other files
    "csv: a changed column": (
        "csv",
        "id,name,state\n1,ann,open\n2,bob,open\n3,cid,closed\n4,dan,open\n",
        [("ann,open", "ann,done", 1), ("bob,open", "bob,done", 1)],
        "5: 4,dan,open → 4,dan,done",
    ),
    "json: a changed value of a key": (
        "json",
        '{\n  "a": {"state": "on"},\n  "b": {"state": "on"},\n  "c": {"state": "off"},\n  "d": {"state": "on"}\n}\n',
        [('"a": {"state": "on"', '"a": {"state": "yes"', 1), ('"b": {"state": "on"', '"b": {"state": "yes"', 1)],
        '5: "d": {"state": "on"} → "d": {"state": "yes"}',
    ),
    "json: a renamed key": (
        "json",
        '[\n  {"name": 1, "x": 1},\n  {"name": 2, "x": 1},\n  {"name": 3, "x": 1}\n]\n',
        [('"name": 1', '"title": 1', 1), ('"name": 2', '"title": 2', 1)],
        '4: {"name": 3, "x": 1} → {"title": 3, "x": 1}',
    ),
    "markdown: a link's host": (
        "markdown",
        "See [a](http://old.example/a).\n\nSee [b](http://old.example/b).\n\nSee [c](http://old.example/c).\n",
        [("old.example/a", "new.example/a", 1), ("old.example/b", "new.example/b", 1)],
        "5: See [c](http://old.example/c). → See [c](http://new.example/c).",
    ),
    "toml: a version": (
        "toml",
        'a = { version = "1.0", x = 1 }\nb = { version = "1.0", x = 1 }\nc = { version = "1.0", y = 2 }\n',
        [('a = { version = "1.0"', 'a = { version = "1.1"', 1), ('b = { version = "1.0"', 'b = { version = "1.1"', 1)],
        '3: c = { version = "1.0", y = 2 } → c = { version = "1.1", y = 2 }',
    ),
    "sql: a type": (
        "sql",
        "create table a (\n  one varchar(10),\n  n int,\n  two varchar(10),\n  m int,\n  three varchar(10)\n);\n",
        [("one varchar(10)", "one text", 1), ("two varchar(10)", "two text", 1)],
        "6: three varchar(10) → three text",
    ),
    "yaml: an image": (
        "yaml",
        "a:\n  image: base:1\nb:\n  image: base:1\nc:\n  image: base:1\n",
        [("base:1", "base:2", 1), ("base:1", "base:2", 1)],
        "6: image: base:1 → image: base:2",
    ),
    # --- forms of text
    "crlf": (
        "python",
        "a = fetch(1)\r\n\r\nb = fetch(2)\r\n\r\nc = fetch(3)\r\n",
        [("fetch", "load", 1), ("fetch", "load", 1)],
        "5: c = fetch(3) → c = load(3)",
    ),
    "tabs and blanks": (
        "c",
        "void f(void) {\n\tget(a, 1);\n    get(b, 1);\n\n\t    get(c, 1);\n}\n",
        [("get(a, 1)", "get(a, 2)", 1), ("get(b, 1)", "get(b, 2)", 1)],
        "5: get(c, 1); → get(c, 2);",
    ),
    "no newline at the end": (
        "python",
        "a = fetch(1)\n\nb = fetch(2)\n\nc = fetch(3)",
        [("fetch", "load", 1), ("fetch", "load", 1)],
        "5: c = fetch(3) → c = load(3)",
    ),
    "characters of several units": (
        "python",
        "a = fetch('😀', 1)\n\nb = fetch('é', 2)\n\nc = fetch('😀😀', 3)\n",
        [("fetch", "load", 1), ("fetch", "load", 1)],
        "5: c = fetch('😀😀', 3) → c = load('😀😀', 3)",
    ),
    "a very long line": (
        "python",
        "a = fetch(1)\nb = fetch(2)\nc = [" + "fetch(3), " * 3_000 + "]\n",
        [("fetch(1", "load(1", 1), ("fetch(2", "load(2", 1)],
        None,
    ),
    "a broken file": (
        "python",
        "def f(:\n    a = fetch(1)\n\n    b = fetch(2)\n\n    c = fetch(3)\n",
        [("fetch", "load", 1), ("fetch", "load", 1)],
        "6: c = fetch(3) → c = load(3)",
    ),
    # --- silence
    "only blanks": ("python", "a = f( 1)\nb = f( 2)\nc = f( 3)\n", [("f( 1", "f(1", 1), ("f( 2", "f(2", 1)], None),
    "two unlike edits": ("python", "a = f(1)\nb = g(2)\nc = f(3)\n", [("f(1)", "h(1)", 1), ("g(2)", "g(5)", 1)], None),
    "taken back": ("go", "package a\n\nvar a = f(1)\nvar b = f(1)\n", [("f(1)", "g(1)", 1), ("g(1)", "f(1)", 1)], None),
    "a common word of two lines": (
        "python",
        "if a:\n    return None\nif b:\n    return None\nif c:\n    return None\nreturn 1\n",
        [("a:\n    return None", "a:\n    return 0", 1)],
        None,
    ),
    "closing brackets": (
        "javascript",
        "f({\n  a: 1\n});\ng({\n  b: 2\n});\nh({\n  c: 3\n});\n",
        [("a: 1\n});", "a: 1\n}, x);", 1), ("b: 2\n});", "b: 2\n}, x);", 1)],
        None,
    ),
    "more places left than changed": (
        "java",
        "class A {\n" + "".join(f"  public int f{n}() {{ return {n}; }}\n" for n in range(8)) + "}\n",
        [(f"public int f{n}()", f"int f{n}()", 1) for n in (0, 3, 6)],
        None,
    ),
    "rust: a name without letters": (
        "rust",
        "fn f() {\n    put(_, old_key);\n    g();\n    put(name, old_key);\n    g();\n    put(size, old_key);\n}\n",
        [("put(_, old_key)", "put_new(_, Some(1))", 1), ("put(name, old_key)", "put_new(name, Some(1))", 1)],
        "6: put(size, old_key); → put_new(size, Some(1));",
    ),
    "rust: a type behind an arrow": (
        "rust",
        "fn a() -> old::Type {\n    x()\n}\n\nfn b(c: old::Type) {}\n\nfn d() -> old::Type {\n    x()\n}\n",
        [("a() -> old", "a() -> new", 1), ("c: old", "c: new", 1)],
        "7: fn d() -> old::Type { → fn d() -> new::Type {",
    ),
    "the nearest of many places": (
        "python",
        "a = fetch(0)\nf()\n" * 100 + "b = fetch(1)\nf()\nc = fetch(2)\nf()\nd = fetch(3)\n",
        [("fetch(1)", "load(1)", 1), ("fetch(2)", "load(2)", 1)],
        "205: d = fetch(3) → d = load(3)",
    ),
    "several old lines with another number": (
        "javascript",
        "".join(f"{x}.open();\n{x}.read({n});\n{x}.close();\n\n" for n, x in enumerate(("one", "two", "six"))),
        [
            ("one.open();\none.read(0);\none.close();", "within(one, 0);", 1),
            ("two.open();\ntwo.read(1);\ntwo.close();", "within(two, 1);", 1),
        ],
        "5: six.open(); ⏎ six.read(2); ⏎ six.close(); → within(six, 2);",
    ),
    "php: a renamed variable": (
        "php",
        "<?php\nfunction f($one) {\n  return $one + 1;\n}\n",
        [("f($one", "f($two", 1)],
        "3: return $one + 1; → return $two + 1;",
    ),
    "kotlin: an added argument": (
        "kotlin",
        "fun f() {\n  a(get(x))\n  b()\n  a(get(y))\n  b()\n  a(get(z))\n}\n",
        [("get(x)", "get(x, 1)", 1), ("get(y)", "get(y, 1)", 1)],
        "6: a(get(z)) → a(get(z, 1))",
    ),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_situation(name: str) -> None:
    language, text, edits, expected = SITUATIONS[name]
    session = NextEditSession(text, language, f"file:///p/a.{language}", syntax=SYNTAX)
    for old, new, nth in edits:
        session.edit(old, new, nth=nth)
    assert session.shown() == expected


def test_short_lines_of_another_file_are_no_block_here() -> None:
    session = NextEditSession("A = {\n    'three': 3,\n    'four': 4,\n}\n", uri="file:///p/b.py", syntax=SYNTAX)
    session.documents.open("file:///p/a.py", "python", 1, "A = {\n    'one': 1,\n    'two': 2,\n}\n")
    change = ContentChange(Range(Position(1, 11), Position(1, 12)), "Item(1)")
    session.documents.change("file:///p/a.py", 2, [change])
    session.edit("'three': 3", "'three': Item(3)")
    assert session.shown() is None
