"""What a user does to strings, comments and files of other kinds, and where silence is right."""
# ruff: noqa: E501 - a text is read best on one line

from __future__ import annotations

from tests.support.next_edit_session import Situation

OF_TEXT: dict[str, Situation] = {
    # --- strings and comments
    "python: double quotes": (
        "python",
        "a = f('one', 'two')\nx = 1\nb = g('three')\nx = 2\nc = h('four')  # 'five'\nd = 'six \"7\"'\ne = \"it's\"\n",
        [("'one', 'two'", '"one", "two"', 1), ("'three'", '"three"', 1)],
        "5: c = h('four')  # 'five' → c = h(\"four\")  # 'five'",
    ),
    "python: strings in an f-string keep their quotes": (
        "python",
        "a = f('one', 'two')\nx = 1\nb = g('three')\nx = 2\nc = f\"{x['a']}\"\nd = 'four'\n",
        [("'one', 'two'", '"one", "two"', 1), ("'three'", '"three"', 1)],
        "6: d = 'four' → d = \"four\"",
    ),
    "tsx: quotes in the text of an element stay": (
        "typescriptreact",
        "a = f('one', 'two')\nx = 1\nb = g('three')\nx = 2\nc = <p>rock 'n' roll</p>\nd = 'four'\n",
        [("'one', 'two'", '"one", "two"', 1), ("'three'", '"three"', 1)],
        "6: d = 'four' → d = \"four\"",
    ),
    "python: two strings are no style": (
        "python",
        "a = f('one')\nx = 1\nb = g('three')\nx = 2\nc = h('four')\n",
        [("'one'", '"one"', 1), ("'three'", '"three"', 1)],
        None,
    ),
    "python: strings without u": (
        "python",
        "a = f(u'one', u'two')\nx = 1\nb = g(u'three')\nx = 2\nc = h(u'four')\n",
        [("u'one', u'two'", "'one', 'two'", 1), ("u'three'", "'three'", 1)],
        "5: c = h(u'four') → c = h('four')",
    ),
    "python: other strings become f-strings by their contents": (
        "python",
        "a = f('{one}', '{two}')\nx = 1\nb = g('{three}')\nx = 2\nc = h('four')\n",
        [("'{one}', '{two}'", "f'{one}', f'{two}'", 1), ("'{three}'", "f'{three}'", 1)],
        None,
    ),
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
    # --- prose
    "markdown: marks of a list": (
        "markdown",
        "* one\n* two words\n\n  * inner\n```\n* code\n```\n\n* four\n* five\n",
        [("* one", "- one", 1), ("* two", "- two", 1)],
        "9: * four ⏎ * five → - four ⏎ - five",
    ),
    "markdown: signs behind numbers": (
        "markdown",
        "1) one\n2) two\n3) three\n4) four\n",
        [("1) one", "1. one", 1), ("2) two", "2. two", 1)],
        "3: 3) three ⏎ 4) four → 3. three ⏎ 4. four",
    ),
    "markdown: a ticked box says nothing about the next one": (
        "markdown",
        "- [ ] one\n- [ ] two\n- [ ] three\n",
        [("[ ] one", "[x] one", 1), ("[ ] two", "[x] two", 1)],
        None,
    ),
    "markdown: a list's marks that were passed by": (
        "markdown",
        "* one\n* two\n* three\n",
        [("* one", "- one", 1), ("* three", "- three", 1)],
        None,
    ),
    "markdown: levels of headings": (
        "markdown",
        "# One\n\ntext\n\n# Two\n\n## Inner\n\n# Three\n",
        [("# One", "## One", 1), ("# Two", "## Two", 1)],
        "9: # Three → ## Three",
    ),
    "markdown: marks of emphasis": (
        "markdown",
        "Text __a__ b.\n\nMore __see__.\n\nLast __d__ and `__init__` and a__b__c.\n",
        [("__a__", "**a**", 1), ("__see__", "**see**", 1)],
        "5: Last __d__ and `__init__` and a__b__c. → Last **d** and `__init__` and a__b__c.",
    ),
    "markdown: a name that became code": (
        "markdown",
        "Use fetch here.\n\nAnd fetch there.\n\nThen fetch, not `fetch(x)` or [a](/fetch).\n",
        [("Use fetch", "Use `fetch`", 1), ("And fetch", "And `fetch`", 1)],
        "5: Then fetch, not `fetch(x)` or [a](/fetch). → Then `fetch`, not `fetch(x)` or [a](/fetch).",
    ),
    "markdown: numbers behind an inserted item": (
        "markdown",
        "1. one\n2. two\n   more\n3. three\n4. four\n\nText.\n",
        [("   more\n", "   more\n3. new\n", 1)],
        "5: 3. three ⏎ 4. four → 4. three ⏎ 5. four",
    ),
    "markdown: numbers behind a deleted item": (
        "markdown",
        "1. one\n2. two\n3. three\n",
        [("2. two\n", "", 1)],
        "2: 3. three → 2. three",
    ),
    "markdown: numbers behind two that were changed": (
        "markdown",
        "1. one\n2. two\n3. three\n4. four\n5. five\n",
        [("2. two", "3. two", 1), ("3. three", "4. three", 1)],
        "4: 4. four ⏎ 5. five → 5. four ⏎ 6. five",
    ),
    "markdown: numbers behind one that was changed": (
        "markdown",
        "1. one\n2. two\n3. three\n4. four\n",
        [("2. two", "3. two", 1)],
        None,
    ),
    "markdown: numbers and texts that were changed": (
        "markdown",
        "1. one\n2. two\n3. three\n4. four\n5. five\n",
        [("2. two", "3. too", 1), ("3. three", "4. tree", 1)],
        None,
    ),
    "markdown: numbers that were changed differently": (
        "markdown",
        "1. one\n2. two\n3. three\n4. four\n5. five\n",
        [("2. two", "3. two", 1), ("3. three", "5. three", 1)],
        None,
    ),
    "markdown: a list whose items are all 1": ("markdown", "1. one\n1. two\n1. six\n", [("1. two\n", "", 1)], None),
    "markdown: a column of the head": (
        "markdown",
        "| a | b |\n|---|:-:|\n| 1 | `x|y` |\n\n| c | d |\n|---|---|\n",
        [("| a | b |", "| a | b | new |", 1)],
        "2: |---|:-:| ⏎ | 1 | `x|y` | → |---|:-:|---| ⏎ | 1 | `x|y` |  |",
    ),
    "markdown: a column that was deleted": (
        "markdown",
        "| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |\n| 4 | 5 | 6 |\n",
        [("| a | b | c |", "| a | c |", 1)],
        "2: |---|---|---| ⏎ | 1 | 2 | 3 | ⏎ | 4 | 5 | 6 | → |---|---| ⏎ | 1 | 3 | ⏎ | 4 | 6 |",
    ),
    "markdown: one row with a cell more": (
        "markdown",
        "| a | b |\n|---|---|\n| 1 | 2 |\n| 4 | 5 |\n",
        [("| 1 | 2 |", "| 1 | 2 | 3 |", 1)],
        None,
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
    "a place in lines that were just written": (
        "python",
        "a = fetch_all(1)\nx = 1\nb = fetch_all(2)\nx = 2\n",
        [
            ("fetch_all(1)", "load_all(1)", 1),
            ("fetch_all(2)", "load_all(2)", 1),
            ("x = 2\n", "x = 2\ndef f():\n    return fetch_all(3)\n", 1),
            ("x = 1\n", "x = 1  \n", 1),
            ("load_all(2)", "load_all(5)", 1),
        ],
        None,
    ),
    "a comment in the midst of a line": (
        "python",
        "client.content_of\nx = 1\nclient.content_of\nx = 2\nassert client.content_of == 1\n",
        [
            ("client.content_of\nx = 1", "client.content_of  # noqa: B018\nx = 1", 1),
            ("client.content_of\nx = 2", "client.content_of  # noqa: B018\nx = 2", 1),
        ],
        None,
    ),
    "parts of edits of several lines": (
        "java",
        "class A {\n  void f() {\n"
        + "".join(f"    put(new One()\n        .setBody({n})\n        .head(T));\n    g();\n" for n in range(2))
        + "    put(new One()\n        .other(3)\n        .head(T));\n  }\n}\n",
        [
            (
                f"new One()\n        .setBody({n})\n        .head(T));",
                f"new One.B()\n        .body({n})\n        .head(T)\n        .build());",
                1,
            )
            for n in range(2)
        ],
        None,
    ),
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
    "one edit is no pattern": ("python", "a = fetch(1)\nb = fetch(2)\n", [("fetch", "load", 1)], None),
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
    "untouched": ("python", "a = 1\nb = 1\n", [], None),
    "undone": ("python", "a = f(1)\nb = f(2)\nc = f(3)\n", [("f(1)", "g(1)", 1), ("g(1)", "f(1)", 1)], None),
    "markdown: items in a fence with a fence in it stay": (
        "markdown",
        "- a\n- b\n\n````\n```\n- x\n```\n- y\n````\n- z\n",
        [("- a", "* a", 1), ("- b", "* b", 1)],
        "10: - z → * z",
    ),
    "markdown: a fence of tildes ends none of backticks": (
        "markdown",
        "- a\n- b\n\n```\n~~~\n- x\n```\n\n- z\n",
        [("- a", "* a", 1), ("- b", "* b", 1)],
        "9: - z → * z",
    ),
    "markdown: code of three backticks is no fence": (
        "markdown",
        "- a\n- b\n\n```code``` is here\n\n- z\n",
        [("- a", "* a", 1), ("- b", "* b", 1)],
        "6: - z → * z",
    ),
    "markdown: lists of the front matter stay": (
        "markdown",
        "---\ntags:\n- x\n- y\n---\n\n- a\n- b\n",
        [("- a", "* a", 1), ("- b", "* b", 1)],
        None,
    ),
    "markdown: a line of stars is no item": (
        "markdown",
        "* a\n* b\n\n* * *\n",
        [("* a", "- a", 1), ("* b", "- b", 1)],
        None,
    ),
    "markdown: emphasis outside of code, formulas and comments": (
        "markdown",
        "see *a*\nsee *b*\n`x *d* y` and *e*, $x *d* y$ <!-- *d* -->\n",
        [("*a*", "_a_", 1), ("*b*", "_b_", 1)],
        "3: `x *d* y` and *e*, $x *d* y$ <!-- *d* --> → `x *d* y` and _e_, $x *d* y$ <!-- *d* -->",
    ),
    "markdown: emphasis outside of addresses": (
        "markdown",
        "see _a_\nsee _b_\nhttp://x/_d_ and [a](/_d_/b) and _e_\n",
        [("_a_", "*a*", 1), ("_b_", "*b*", 1)],
        "3: http://x/_d_ and [a](/_d_/b) and _e_ → http://x/_d_ and [a](/_d_/b) and *e*",
    ),
    "markdown: a word in addresses, elements and code stays": (
        "markdown",
        'the foo is\nthe foo was\n<img alt="foo"> https://a.b/?q=foo ``a foo b``\n`a\nfoo b`\n\n    run foo\n',
        [("the foo is", "the `foo` is", 1), ("the foo was", "the `foo` was", 1)],
        None,
    ),
    "markdown: numbers with zeros keep them": (
        "markdown",
        "01. a\n02. b\n03. c\n",
        [("01. a\n", "01. a\n02. x\n", 1)],
        "3: 02. b ⏎ 03. c → 03. b ⏎ 04. c",
    ),
    "markdown: a number that gets longer above a list of its own stays": (
        "markdown",
        "8. i\n   - more\n9. i\n   - more\n",
        [("8. i\n", "8. i\n9. x\n", 1)],
        None,
    ),
    "markdown: a cell with a dash is not the line below the head": (
        "markdown",
        "| a | b |\n|---|---|\n| x | - |\n",
        [("| a | b |", "| a | b | c |", 1)],
        "2: |---|---| ⏎ | x | - | → |---|---|---| ⏎ | x | - |  |",
    ),
    "markdown: which of two equal columns was deleted is unknown": (
        "markdown",
        "| a | a | c |\n|---|---|---|\n| 1 | 2 | 3 |\n",
        [("| a | a | c |", "| a | c |", 1)],
        None,
    ),
    "markdown: a column in the middle, and its dashes": (
        "markdown",
        "| a | b |\n|---|---|\n| x | 1 |\n",
        [("| a | b |", "| a | c | b |", 1), ("|---|---|", "|---|---|---|", 1)],
        "3: | x | 1 | → | x |  | 1 |",
    ),
}
