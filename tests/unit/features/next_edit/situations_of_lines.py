"""What a user does to lines, and what he would expect next."""
# ruff: noqa: E501, ISC004 - a text is read best on one line

from __future__ import annotations

from tests.support.next_edit_session import Situation

PASSED = "a = fetch(1)\nb = 2\nc = fetch(3)\nd = 4\ne = fetch(5)\n"
GO_CALLS = 'package a\n\nfunc f() {\n\tx := get("a", 1)\n\tuse(x)\n\ty := get("b", 2)\n\tuse(y)\n\tz := get("c", 3)\n\tuse(z)\n}\n'

OF_LINES: dict[str, Situation] = {
    # --- similar lines
    "the third of five similar lines": (
        "python",
        "".join(f"    add('{n}', {n})\n" for n in "12345"),
        [("add('1', 1)", "add('1', 1, True)", 1), ("add('2', 2)", "add('2', 2, True)", 1)],
        "3: add('3', 3) ⏎ add('4', 4) ⏎ add('5', 5) → add('3', 3, True) ⏎ add('4', 4, True) ⏎ add('5', 5, True)",
    ),
    # --- where a place is none
    "elixir: an argument, not the word in a string": (
        "elixir",
        'def f(a, gzip) do\nend\n\nvary(b, gzip)\n\nput(a, "gzip")\n',
        [("f(a, gzip)", "f(a, gzip, brotli)", 1), ("vary(b, gzip)", "vary(b, gzip, brotli)", 1)],
        None,
    ),
    "elixir: a name before a type, not before another": (
        "elixir",
        "@callback init(Plug.opts()) :: Plug.opts()\n\n@callback get(t, Plug.opts()) :: x\n\n@callback put(Plug.opts()) :: y\n",
        [("init(Plug.opts())", "init(opts :: Plug.opts())", 1), ("t, Plug.opts()", "t, opts :: Plug.opts()", 1)],
        "5: @callback put(Plug.opts()) :: y → @callback put(opts :: Plug.opts()) :: y",
    ),
    "elixir: ends of lines, not a sign within one": (
        "elixir",
        "a = b |\n  c\n\nd = b |\n  c\n\ne = b | c\n",
        [("a = b |", "a = b", 1), ("d = b |", "d = b", 1)],
        None,
    ),
    "swift: beginnings of lines, not a word within one": (
        "swift",
        "func f() -> Int {\n    return 1\n}\n\nfunc g() -> Int {\n    return 2\n}\n\nfunc h() -> Int? {\n    guard let x = y else { return nil }\n}\n",
        [("return 1", "1", 1), ("return 2", "2", 1)],
        None,
    ),
    "elixir: no bracket stays open": (
        "elixir",
        'x = get(a.cookies, "a")\n\ny = get(b.cookies, "b")\n\nz = has?(fetch(c, k: "d").cookies, "c")\n',
        [("get(a.cookies,", "get(cookies(a),", 1), ("get(b.cookies,", "get(cookies(b),", 1)],
        None,
    ),
    "lua: calls of another method, not the method itself": (
        "lua",
        "function P:expand()\nend\n\nfunction P:name()\nend\n\na = self:expand()\n\nb = self:expand()\n",
        [("a = self:expand", "a = self:name", 1), ("b = self:expand", "b = self:name", 1)],
        None,
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
    "replacement at the third place": (
        "python",
        "a = fetch(1)\nb = fetch(2)\nc = other(3)\nd = fetch(4)\n",
        [("fetch", "load", 1), ("fetch", "load", 1)],
        "4: d = fetch(4) → d = load(4)",
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
    "the twin branch": (
        "python",
        "if a:\n    send(name, 1)\nelse:\n    log()\n    send(name, 1)\n",
        [("send(name, 1)", "send(name, 2)", 1)],
        "5: send(name, 1) → send(name, 2)",
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
    # --- insertions and deletions
    "go: two places of one line": (
        "go",
        "package a\n\nfunc f(a interface{}) interface{} {\n\treturn a\n}\n\nfunc g(b interface{}) interface{} {\n\treturn b\n}\n",
        [("a interface{}", "a any", 1), (") interface{} {", ") any {", 1)],
        "7: func g(b interface{}) interface{} { → func g(b any) any {",
    ),
    "java: an edit that was wrapped in another way": (
        "java",
        'class A {\n  void f() {\n    check(\n            "bad " + one + "; was " + two)\n        .isTrue();\n    check("bad " + six + "; was " + ten).isTrue();\n'
        '    check("bad " + big + "; was " + all).isTrue();\n  }\n}\n',
        [
            (
                'check(\n            "bad " + one + "; was " + two)\n        .isTrue()',
                'check("bad %s; was %s", one, two).isTrue()',
                1,
            ),
            ('"bad " + six + "; was " + ten', '"bad %s; was %s", six, ten', 1),
        ],
        '5: check("bad " + big + "; was " + all).isTrue(); → check("bad %s; was %s", big, all).isTrue();',
    ),
    "python: a call that became one of several lines": (
        "python",
        "one = fetch_all(client, 1)\nfoo()\ntwo = fetch_all(client, 2)\nfoo()\nsix = fetch_all(client, 3)\n",
        [
            ("fetch_all(client, 1)", "load_all(\n    client,\n    1,\n)", 1),
            ("fetch_all(client, 2)", "load_all(client, 2)", 1),
        ],
        "8: six = fetch_all(client, 3) → six = load_all(client, 3)",
    ),
    "two statements that became one line are no wrapped one": (
        "python",
        "a = f(1)\nb = g(2)\nc = 3\nd = f(1)\n",
        [("a = f(1)\nb = g(2)", "a = b = h(2)", 1)],
        None,
    ),
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
    # --- ends of lines
    "javascript: semicolons of two lines": (
        "javascript",
        "const a = f(1);\n\nrun(a);\n\nconst c = h(3);\n",
        [("const a = f(1);", "const a = f(1)", 1), ("run(a);", "run(a)", 1)],
        None,
    ),
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
}
