# ruff: noqa: E501 - one row, one line
"""Documents with a marked range, what a checker says of it, and the document after the repair (None: no repair).

The range stands between ``«`` and ``»``.
"""

from __future__ import annotations

from attrs import frozen

WALRUS = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?"


@frozen
class Table:
    """``language``, then rows of (id, message, document, expected, code)."""

    language: str
    rows: tuple[tuple[str, str, str, str | None] | tuple[str, str, str, str | None, str], ...]


def undefined(name: str) -> str:
    return f'"{name}" is not defined'


PYTHON_NAMES = Table(
    "python",
    (
        ("builtin", undefined("pritn"), "«pritn»(1)\n", "print(1)\n"),
        ("ruff", "Undefined name `pritn`", "«pritn»(1)\n", "print(1)\n"),
        ("mypy has no end", 'Name "pritn" is not defined', "«»pritn(1)\n", "print(1)\n"),
        ("parameter", undefined("valeu"), "def f(value):\n    return «valeu»\n", "def f(value):\n    return value\n"),
        ("typed one", undefined("vlaue"), "def f(value: int = 3):\n    «vlaue»\n", "def f(value: int = 3):\n    value\n"),
        ("local", undefined("totl"), "def f():\n    total = 1\n    «totl»\n", "def f():\n    total = 1\n    total\n"),
        ("local below", undefined("totl"), "def f():\n    «totl»\n    total = 1\n", None),
        ("bound by itself", undefined("totl"), "def f():\n    total = «totl» + 1\n", None),
        ("other function", undefined("totl"), "def g():\n    total = 1\ndef f():\n    return «totl»\n", None),
        ("module below", undefined("LIMITT"), "def f():\n    «LIMITT»\nLIMIT = 1\n", "def f():\n    LIMIT\nLIMIT = 1\n"),
        ("import", undefined("colections"), "import collections\n«colections».Counter\n", "import collections\ncollections.Counter\n"),
        ("alias", undefined("numppy"), "import numpy as np, numpy as numpyy\n«numppy»\n", "import numpy as np, numpy as numpyy\nnumpyy\n"),
        ("alias near", undefined("nmpy"), "import numpy as numpy\n«nmpy».x\n", "import numpy as numpy\nnumpy.x\n"),
        ("a misspelt name, used rightly", undefined("length"), "lenght = 1\nprint(«length»)\n", "lenght = 1\nprint(lenght)\n"),
        ("two near", undefined("valus"), "def f(value, valued):\n    «valux»\n", None),
        ("tie", undefined("cart"), "def f(card, cars):\n    return «cart»\n", None),
        ("plural", undefined("item"), "def f(items):\n    return «item»\n", None),
        ("digit", undefined("point1"), "def f(point2):\n    return «point1»\n", None),
        ("style", undefined("Value"), "def f(value):\n    return «Value»\n", None),
        ("constant", undefined("LIMT"), "limit = 1\n«LIMT»\n", None),
        ("short", undefined("ab"), "def f(ac):\n    return «ab»\n", None),
        ("far", undefined("banana"), "def f(orange):\n    return «banana»\n", None),
        ("in text", undefined("pritn"), 'x = "«pritn»"\n', None),
        ("in comment", undefined("pritn"), "# «pritn»\n", None),
        ("in f-string", undefined("nmae"), 'def f(name):\n    return f"{«nmae»}"\n', 'def f(name):\n    return f"{name}"\n'),
        ("for", undefined("lnie"), "for line in []:\n    «lnie»\n", "for line in []:\n    line\n"),
        ("with", undefined("flie"), "with x() as file:\n    «flie»\n", "with x() as file:\n    file\n"),
        ("except", undefined("erorr"), "try:\n    pass\nexcept E as error:\n    «erorr»\n", "try:\n    pass\nexcept E as error:\n    error\n"),
        ("comprehension", undefined("wrod"), "[«wrod» for word in x]\n", "[word for word in x]\n"),
        ("lambda", undefined("lfet"), "f = lambda left: «lfet»\n", "f = lambda left: left\n"),
        ("lambda inside", undefined("lfet"), "f = lambda left: left\n«lfet»\n", None),
        ("class attribute", undefined("coutn"), "class A:\n    count = 1\n    def f(self):\n        return «coutn»\n", None),
        ("class body", undefined("coutn"), "class A:\n    count = 1\n    b = «coutn»\n", "class A:\n    count = 1\n    b = count\n"),
        ("used often", undefined("totl"), "total = 1\n«totl»\ntotl\ntotl\n", None),
        ("true", undefined("true"), "x = «true»\n", "x = True\n"),
        ("null", undefined("null"), "x = «null»\n", "x = None\n"),
        ("null is bound", undefined("null"), "null = 1\nx = «null»\n", None),
        ("Python's hint", "name 'lenn' is not defined. Did you mean: 'len'?", "«lenn»(x)\n", "len(x)\n"),
        ("member", 'Module has no attribute "spilt"; maybe "split"?', "x.«spilt»()\n", "x.split()\n"),
        ("two members", '"str" has no attribute "spilt"; maybe "split" or "splits"?', "x.«spilt»()\n", None),
        ("would not parse", '"str" has no attribute "clas"; maybe "class"?', "x.«clas»\n", None),
        ("built-in type", '"str" has no attribute "spilt"', "x.«spilt»()\n", "x.split()\n"),
        ("built-in type, other word", '"str" has no attribute "join_all"', "x.«join_all»()\n", None),
        ("own class", '"A" has no attribute "totl"', "class A:\n    def __init__(self):\n        self.total = 1\n    def f(self):\n        return self.«totl» + self.total\n", "class A:\n    def __init__(self):\n        self.total = 1\n    def f(self):\n        return self.total + self.total\n"),
        ("declaration may be wrong", '"A" has no attribute "totl"', "class A:\n    def __init__(self):\n        self.total = 1\n    def f(self):\n        return self.«totl»\n", None),
        ("inherited members", '"A" has no attribute "totl"', "class A(B):\n    total = 1\n    def f(self):\n        return self.«totl» + self.total\n", None),
        ("class of another file", '"B" has no attribute "totl"', "class A:\n    total = 1\nA.total\nb.«totl»\n", None),
        ("bracket with a keyword argument", '"[" was not closed', "x = a«[»f(b=1)\n", None),
        ("own function of a built-in name", '"(" was not closed', "def len(a):\n    return a\nx = len«(»self.size\n", None),
        ("built-in function", '"(" was not closed', "x = len«(»self.sizes\n", "x = len(self.sizes)\n"),
        ("suggestion among near ones", 'Name "bset" is not defined; did you mean "set"?', "def f(best):\n    return «bset»\n", None),
        ("bracket and comma", '"[" was not closed', "X = «[»'a', 'b' 'c'\nY = 1\n", None),
        ("tuple", '"(" was not closed', "X = «(»'a', 'b'\nY = 1\n", "X = ('a', 'b')\nY = 1\n"),
        ("group", '"(" was not closed', "x = «(»a + b * c\n", None),
        ("stale", undefined("pritn"), "«print»(1)\n", None),
        ("CRLF", undefined("pritn"), "x = 1\r\n«pritn»(1)\r\n", "x = 1\r\nprint(1)\r\n"),
        ("tabs", undefined("valeu"), "def f(value):\n\treturn «valeu»\n", "def f(value):\n\treturn value\n"),
        ("all names of a module", undefined("totl"), "from a import *\ntotal = 1\n«totl»\n", None),
        ("all names of a module, built-in", undefined("pritn"), "from a import *\n«pritn»(1)\n", "from a import *\nprint(1)\n"),
        ("unicode", undefined("größ"), "def f(größe):\n    x = '😀' + «größ»\n", "def f(größe):\n    x = '😀' + größe\n"),
        ("generated", undefined("pritn"), "# Code generated by x. DO NOT EDIT.\n«pritn»(1)\n", None),
        ("empty", undefined("pritn"), "«»", None),
        ("binary", undefined("pritn"), "\x00\x01«pritn»\x00", None),
        ("other message", "Line too long", "«pritn»(1)\n", None),
    ),
)  # fmt: skip
PYTHON_IMPORTS = Table(
    "python",
    (
        ("module", undefined("os"), "«os».getcwd()\n", "import os\n\nos.getcwd()\n"),
        ("name", undefined("Path"), "«Path»()\n", "from pathlib import Path\n\nPath()\n"),
        ("docstring", undefined("re"), '"""D."""\n\n«re».compile("")\n', '"""D."""\n\nimport re\n\nre.compile("")\n'),
        ("docstring alone", undefined("re"), '"""D."""\n«re».compile("")\n', '"""D."""\n\nimport re\n\nre.compile("")\n'),
        ("future", undefined("re"), "from __future__ import annotations\n\n«re».compile\n", "from __future__ import annotations\n\nimport re\n\nre.compile\n"),
        ("sorted", undefined("json"), "import abc\nimport os\n\n«json».loads\n", "import abc\nimport json\nimport os\n\njson.loads\n"),
        ("last", undefined("re"), "import os\n\n«re».compile\n", "import os\nimport re\n\nre.compile\n"),
        ("plain before from", undefined("re"), "from pathlib import Path\n\n«re».compile\n", "import re\nfrom pathlib import Path\n\nre.compile\n"),
        ("by module", undefined("re"), "import os\nfrom pathlib import Path\nimport sys\n\n«re».compile\n", "import os\nfrom pathlib import Path\nimport re\nimport sys\n\nre.compile\n"),
        ("above third party", undefined("re"), "import numpy\n\n«re».compile\n", "import re\n\nimport numpy\n\nre.compile\n"),
        ("merged", undefined("Counter"), "from collections import deque\n\n«Counter»()\n", "from collections import Counter, deque\n\nCounter()\n"),
        ("in brackets", undefined("Counter"), "from collections import (\n    deque,\n)\n\n«Counter»()\n", "from collections import (\n    deque,\n)\nfrom collections import Counter\n\nCounter()\n"),
        ("TYPE_CHECKING", undefined("re"), "import os\n\nif TYPE_CHECKING:\n    import sys\n\n«re».compile\n", "import os\nimport re\n\nif TYPE_CHECKING:\n    import sys\n\nre.compile\n"),
        ("shebang", undefined("os"), "#!/usr/bin/env python\n«os».sep\n", "#!/usr/bin/env python\nimport os\n\nos.sep\n"),
        ("comment", undefined("os"), "# about x\n«os».sep\n", "import os\n\n# about x\nos.sep\n"),
        ("CRLF", undefined("re"), "import os\r\n\r\n«re».compile\r\n", "import os\r\nimport re\r\n\r\nre.compile\r\n"),
        ("word", undefined("time"), "«time».sleep(1)\n", "import time\n\ntime.sleep(1)\n"),
        ("word as variable", undefined("code"), "«code».strip()\n", None),
        ("no attribute", undefined("json"), "x = «json»\n", None),
        ("two homes", undefined("Path"), "«Path»()\n", None, "project:other"),
        ("project", undefined("Shape"), "«Shape»()\n", "from shapes import Shape\n\nShape()\n", "project:shapes"),
        ("project's group", undefined("Shape"), "import os\n\nfrom shapes.a import B\n\n«Shape»()\n", "import os\n\nfrom shapes.a import B\nfrom shapes.x import Shape\n\nShape()\n", "project:shapes.x"),
        ("imported in a function", undefined("os"), "def f():\n    import os\n«os».sep\n", "import os\n\ndef f():\n    import os\nos.sep\n"),
        ("near and importable", undefined("json"), "def f(jso):\n    «json».dumps\n", "import json\n\ndef f(jso):\n    json.dumps\n"),
    ),
)  # fmt: skip
REWORDINGS = Table(
    "python",
    (
        ("not in", "Test for membership", "if «not x in y»:\n    pass\n", "if x not in y:\n    pass\n", "E713"),
        ("not in brackets", "", "if «not (a.b in c[1])»:\n    pass\n", "if a.b not in c[1]:\n    pass\n", "E713"),
        ("is", "", "if «not x is None»:\n    pass\n", "if x is not None:\n    pass\n", "E714"),
        ("chain", "", "if «not x in y in z»:\n    pass\n", None, "E713"),
        ("boolean", "", "if «not (x in y and z)»:\n    pass\n", None, "E713"),
        ("None", "", "if «x == None»:\n    pass\n", "if x is None:\n    pass\n", "E711"),
        ("not None", "", "if a and «x != None»:\n    pass\n", "if a and x is not None:\n    pass\n", "E711"),
        ("in a query", "", "q.filter(«x == None»)\n", None, "E711"),
        ("numpy", "", "import numpy\nif «x == None»:\n    pass\n", None, "E711"),
        ("f", "", "x = «f'a'»\n", "x = 'a'\n", "F541"),
        ("rf", "", "x = «rf'a'»\n", "x = r'a'\n", "F541"),
        ("braces", "", "x = «f'{{a}}'»\n", None, "F541"),
        ("placeholder", "", "x = «f'{a}'»\n", None, "F541"),
    ),
)
TYPESCRIPT = Table(
    "typescript",
    (
        ("tsc", "Cannot find name 'cosole'. Did you mean 'console'?", "«cosole».log(1);\n", "console.log(1);\n"),
        ("parameter", "Cannot find name 'valeu'.", "const f = (value: number) => «valeu»;\n", "const f = (value: number) => value;\n"),
        ("destructured", "Cannot find name 'widht'.", "function f({ width, h: x }) { return «widht»; }\n", "function f({ width, h: x }) { return width; }\n"),
        ("block is left", "Cannot find name 'totl'.", "{ const total = 1; }\n«totl»;\n", None),
        ("property", "Property 'lenght' does not exist on type 'string'. Did you mean 'length'?", "x.«lenght»;\n", "x.length;\n"),
        ("string", "Cannot find name 'cosole'.", "const a = '«cosole»';\n", None),
        ("import", "Cannot find name 'Shape'.", 'import { A } from "./a";\n\nnew «Shape»();\n', 'import { A } from "./a";\nimport { Shape } from "./shapes";\n\nnew Shape();\n', "project:./shapes"),
        ("merged", "Cannot find name 'Shape'.", "import { A } from './shapes'\n\nnew «Shape»()\n", "import { A, Shape } from './shapes'\n\nnew Shape()\n", "project:./shapes"),
        ("type import", "Cannot find name 'Shape'.", "import type { A } from './shapes'\n\nnew «Shape»()\n", "import type { A } from './shapes'\nimport { Shape } from './shapes'\n\nnew Shape()\n", "project:./shapes"),
        ("CommonJS", "Cannot find name 'Shape'.", "const a = require('./a')\nnew «Shape»()\n", None, "project:./shapes"),
    ),
)  # fmt: skip
GO = Table(
    "go",
    (
        ("package", "undefined: strings", 'package a\n\nimport (\n\t"fmt"\n\t"time"\n)\n\nvar x = «strings».ToUpper("a")\n', 'package a\n\nimport (\n\t"fmt"\n\t"strings"\n\t"time"\n)\n\nvar x = strings.ToUpper("a")\n'),
        ("single", "undefined: os", 'package a\n\nimport "fmt"\n\nvar x = «os».Args\n', 'package a\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nvar x = os.Args\n'),
        ("none yet", "undefined: os", "package a\n\nvar x = «os».Args\n", 'package a\n\nimport "os"\n\nvar x = os.Args\n'),
        ("two homes", "undefined: rand", "package a\n\nvar x = «rand».Int()\n", None),
        ("typo", "undefined: cuont", "package a\n\nfunc f(count int) int { return «cuont» }\n", "package a\n\nfunc f(count int) int { return count }\n"),
        ("short variable", "undefined: cuont", "package a\n\nfunc f() int {\n\tcount := 1\n\treturn «cuont»\n}\n", "package a\n\nfunc f() int {\n\tcount := 1\n\treturn count\n}\n"),
        ("left block", "undefined: cuont", "package a\n\nfunc f() int {\n\tif count := 1; true {\n\t}\n\treturn «cuont»\n}\n", None),
        ("selector", "undefined: strings.Uper", 'package a\n\nvar x = «strings.Uper»("a")\n', None),
        ("dot import", "undefined: cuont", "package a\n\nimport . \"b\"\n\nfunc f(count int) int { return «cuont» }\n", None),
        ("have", "x.Nmae undefined (type T has no field or method Nmae, but does have field Name)", "package a\n\nvar y = x.«Nmae»\n", "package a\n\nvar y = x.Name\n"),
        ("generated", "undefined: os", "// Code generated by x. DO NOT EDIT.\npackage a\n\nvar x = «os».Args\n", None),
        ("break in a function in a loop", "undefined: braek", "package a\nfunc f() { for { func() { «braek» }() } }\n", None),
        ("declared", "undefined: names", "package a\n\nfunc f() []int {\n\t«names» = []int{}\n\treturn names\n}\n", "package a\n\nfunc f() []int {\n\tnames := []int{}\n\treturn names\n}\n"),
        ("used outside of the block", "undefined: names", "package a\n\nfunc f() []int {\n\tif true {\n\t\t«names» = []int{}\n\t\tg(names)\n\t}\n\treturn names\n}\n", None),
        ("assigned beside a variable", "undefined: node", "package a\n\nfunc f(err error) int {\n\t«node», err = g()\n\treturn node\n}\n", None),
        ("near a variable", "undefined: cart", "package a\n\nfunc f(card, cars int) int {\n\t«cart» = 1\n\treturn cart\n}\n", None),
        ("compared", "expected boolean expression, found assignment", "package a\n\nfunc f(a, b int) {\n\tif «a» = b {\n\t}\n}\n", "package a\n\nfunc f(a, b int) {\n\tif a == b {\n\t}\n}\n"),
        ("method", "s.Totla undefined (type *S has no field or method Totla)", "package a\n\ntype S struct{}\n\nfunc (s *S) Total() int { return 1 }\n\nfunc f(s *S) int { return s.«Totla»() + s.Total() }\n", "package a\n\ntype S struct{}\n\nfunc (s *S) Total() int { return 1 }\n\nfunc f(s *S) int { return s.Total() + s.Total() }\n"),
        ("real", "undefined: read", "package a\nfunc f() any { return «read»(a) }\n", None),
    ),
)  # fmt: skip
PYTHON_STATEMENTS = Table(
    "python",
    (
        ("break", undefined("braek"), "while True:\n    «braek»\n", "while True:\n    break\n"),
        ("continue", undefined("contineu"), "for a in b:\n    if a:\n        «contineu»\n", "for a in b:\n    if a:\n        continue\n"),
        ("pass", undefined("psas"), "def f():\n    «psas»\n", "def f():\n    pass\n"),
        ("no loop", undefined("braek"), "def f():\n    «braek»\n", None),
        ("a function in a loop", undefined("braek"), "for a in b:\n    def f():\n        «braek»\n", None),
        ("a value", undefined("braek"), "while True:\n    x = «braek»\n", None),
        ("return outside of a function", undefined("retrun"), "import os\n«retrun»\n", None),
        ("return in a function", undefined("retrun"), "def f():\n    if a:\n        «retrun»\n    b()\n", "def f():\n    if a:\n        return\n    b()\n"),
        ("else of a loop", undefined("braek"), "for a in b:\n    a()\nelse:\n    «braek»\n", None),
        ("else in a loop", undefined("braek"), "for a in b:\n    if a:\n        c()\n    else:\n        «braek»\n", "for a in b:\n    if a:\n        c()\n    else:\n        break\n"),
        ("a short word of its own", undefined("Node"), "def f():\n    return «Node»\n", None),
        ("another one", undefined("Tree"), "def f():\n    return «Tree»\n", None),
        ("a name that is near", undefined("braek"), "def f(brake):\n    while True:\n        «braek»\n", None),
        ("not", "Expected expression", "if «!»a.b():\n    c()\n", "if not a.b():\n    c()\n"),
        ("not equal", "Expected expression", "if a «!» = b:\n    c()\n", "if a != b:\n    c()\n"),
        ("a number compared", WALRUS, "if a «=» 5:\n    c()\n", "if a == 5:\n    c()\n"),
        ("a string compared", WALRUS, "if a «=» \"x\":\n    c()\n", "if a == \"x\":\n    c()\n"),
        ("an attribute compared", WALRUS, "if a.b «=» c:\n    d()\n", "if a.b == c:\n    d()\n"),
        ("and behind a string", "Expected expression", 'if a == "x" «&&» b:\n    c()\n', 'if a == "x" and b:\n    c()\n'),
        ("or behind a string", "Expected expression", 'if "x" in a «||» "y" in a:\n    c()\n', 'if "x" in a or "y" in a:\n    c()\n'),
        ("and in a string", "Expected expression", 'if a == "x && y" «$» b:\n    c()\n', None),
        ("elseif", undefined("elseif"), "if a:\n    b()\n«elseif» c:\n    d()\n", "if a:\n    b()\nelif c:\n    d()\n"),
        ("elsif", undefined("elsif"), "if a:\n    b()\n«elsif» c:\n    d()\n", "if a:\n    b()\nelif c:\n    d()\n"),
        ("in", 'Expected "in"', "for a «b».c:\n    d(a)\n", "for a in b.c:\n    d(a)\n"),
        ("in, two names", 'Expected "in"', "for a, b «c»:\n    d(a)\n", "for a, b in c:\n    d(a)\n"),
        ("in, in brackets", 'Expected "in"', "d = [a for a «b»]\n", "d = [a for a in b]\n"),
        ("first of a block", "Unexpected indentation", "if a:\n    b()\nif c:\n  d()\n    «»e()\n    f()\n", "if a:\n    b()\nif c:\n    d()\n    e()\n    f()\n"),
        ("first of two", "Unexpected indentation", "if a:\n    b()\nif c:\n  d()\n    «»e()\n", None),
    ),
)  # fmt: skip
RUST = Table(
    "rust",
    (
        ("help", "cannot find value `coutn` in this scope\nhelp: a local variable with a similar name exists: `count`", "fn f() -> i32 { let count = 1; «coutn» }\n", "fn f() -> i32 { let count = 1; count }\n"),
        ("parameter", "cannot find value `wdith` in this scope", "fn f(width: i32) -> i32 { «wdith» }\n", "fn f(width: i32) -> i32 { width }\n"),
        ("pattern", "cannot find value `nmae` in this scope", "fn f() { if let Some(name) = x { «nmae»; } }\n", "fn f() { if let Some(name) = x { name; } }\n"),
        ("break", "cannot find value `braek` in this scope", "fn f() { loop { «braek»; } }\n", "fn f() { loop { break; } }\n"),
        ("in", "missing `in` in `for` loop", "fn f(a: &[i32]) { for b «&»a { g(b); } }\n", "fn f(a: &[i32]) { for b in &a { g(b); } }\n"),
        ("all names of a module", "cannot find value `wdith` in this scope", "use a::*;\nfn f(width: i32) -> i32 { «wdith» }\n", None),
        ("all, with the compiler's help", "cannot find value `wdith` in this scope\nhelp: a local variable with a similar name exists: `width`", "use a::*;\nfn f(width: i32) -> i32 { «wdith» }\n", "use a::*;\nfn f(width: i32) -> i32 { width }\n"),
        ("string", "cannot find type `string` in this scope", "struct A { a: «string» }\n", "struct A { a: String }\n"),
        ("borrowed string", "cannot find type `string` in this scope", "struct A<'a> { a: &'a «string» }\n", None),
        ("lost value", "mismatched types", "fn f() -> «i32» {\n    let a = 1;\n    a;\n}\n", "fn f() -> i32 {\n    let a = 1;\n    a\n}\n"),
        ("a call that may be meant", "mismatched types", "fn f() -> «i32» {\n    g();\n}\n", None),
        ("receiver", "cannot borrow `self.a` as mutable, as it is behind a `&` reference", "impl A {\n    fn f(&self) {\n        «self».a.push(1);\n    }\n}\n", "impl A {\n    fn f(&mut self) {\n        self.a.push(1);\n    }\n}\n"),
        ("receiver of a trait", "cannot borrow `self.a` as mutable, as it is behind a `&` reference", "impl B for A {\n    fn f(&self) {\n        «self».a.push(1);\n    }\n}\n", None),
        ("map", "cannot find type `HashMap` in this scope", "use std::fmt;\n\nstruct A { a: «HashMap»<u8, u8> }\n", "use std::collections::HashMap;\nuse std::fmt;\n\nstruct A { a: HashMap<u8, u8> }\n"),
        ("map in a module", "cannot find type `HashMap` in this scope", "use std::fmt;\n\nmod a { struct A { a: «HashMap»<u8, u8> } }\n", None),
        ("value or field", "expected `,`", "fn f() -> A {\n    A {\n        «a» b,\n    }\n}\n", None),
        ("two", "cannot find value `cart` in this scope", "fn f(card: i32, cars: i32) -> i32 { «cart» }\n", None),
    ),
)  # fmt: skip
C = Table(
    "c",
    (
        ("clang", "use of undeclared identifier 'coutn'; did you mean 'count'?", "int f(int count) { return «coutn»; }\n", "int f(int count) { return count; }\n"),
        ("no hint", "use of undeclared identifier 'coutn'", "int f(int *count) { return «coutn»; }\n", "int f(int *count) { return count; }\n"),
        ("member", "no member named 'wdith' in 'struct S'; did you mean 'width'?", "int f(struct S s) { return s.«wdith»; }\n", "int f(struct S s) { return s.width; }\n"),
        ("pointer", "‘a’ is a pointer; did you mean to use ‘->’?", "int f(struct S *a) { return a«.»b; }\n", "int f(struct S *a) { return a->b; }\n"),
        ("structure", "‘a’ is not a pointer; did you mean to use ‘.’?", "int f(struct S a) { return a«->»b; }\n", "int f(struct S a) { return a.b; }\n"),
        ("return", "‘retrun’ undeclared (first use in this function)", "int f(void) {\n    «retrun» -1;\n}\n", "int f(void) {\n    return -1;\n}\n"),
        ("subtraction", "‘retur’ undeclared (first use in this function)", "int f(int retur1) {\n    «retur» - retur1;\n}\n", None),
        ("type", "unknown type name ‘itn’", "struct S {\n    «itn» a;\n};\n", "struct S {\n    int a;\n};\n"),
        ("header", "implicit declaration of function ‘malloc’", "#include <stdio.h>\n#include <string.h>\nvoid *f(void) { return «malloc»(1); }\n", "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\nvoid *f(void) { return malloc(1); }\n"),
        ("header, unsorted", "implicit declaration of function ‘malloc’", "#include <string.h>\n#include <stdio.h>\nvoid *f(void) { return «malloc»(1); }\n", None),
        ("nothing near", "use of undeclared identifier 'banana'", "int f(int count) { return «banana»; }\n", None),
    ),
)  # fmt: skip
CPP = Table(
    "cpp",
    (
        ("macros", "`CLASS` is wrong here", "TEMPLATE\nvoid\n«CLASS»::\nassert_valid(const char* file, int line) const\n{\n  check(file, line);\n}\n", None),
    ),
)  # fmt: skip


def java(kind: str, name: str) -> str:
    return f"cannot find symbol\n  symbol:   {kind} {name}\n  location: class A"


JAVA = Table(
    "java",
    (
        ("swapped", java("variable", "ture"), "class A { boolean f() { return «ture»; } }\n", "class A { boolean f() { return true; } }\n"),
        ("a word of its own", java("variable", "tree"), "class A { Object f() { return «tree»; } }\n", None),
        ("field", java("variable", "amonut"), "class A { int amount; int f() { return «amonut»; } }\n", "class A { int amount; int f() { return amount; } }\n"),
        ("anonymous class", java("variable", "acount"), "class A { int amount; B b = new B() { int f() { return «acount»; } }; }\n", None),
        ("argument of one", java("variable", "amonut"), "class A { int amount; B b = new B(«amonut») { }; }\n", "class A { int amount; B b = new B(amount) { }; }\n"),
        ("Java's own Optional", java("variable", "Optional"), "import java.util.List;\nclass A { Object f() { return «Optional».of(1); } }\n", "import java.util.List;\nimport java.util.Optional;\nclass A { Object f() { return Optional.of(1); } }\n"),
        ("class of the package", java("class", "Acount"), "class Amount {} class A { «Acount» b; }\n", None),
        ("constant of another class", java("variable", "MAX_SIZ"), "import static a.Limits.*;\nclass A { int MAX_SIZE; int f() { return «MAX_SIZ»; } }\n", None),
        ("constant beside a named import", java("variable", "MAX_SIZ"), "import static a.Limits.LOW;\nclass A { int MAX_SIZE; int f() { return «MAX_SIZ»; } }\n", "import static a.Limits.LOW;\nclass A { int MAX_SIZE; int f() { return MAX_SIZE; } }\n"),
        ("local beside imported classes", java("variable", "amonut"), "import a.b.*;\nclass A { int amount; int f() { return «amonut»; } }\n", "import a.b.*;\nclass A { int amount; int f() { return amount; } }\n"),
        ("class of an imported package", java("class", "Amonut"), "import a.b.*;\nclass Amount {} class A { «Amonut» b; }\n", None),
        ("word of the language", java("variable", "ture"), "import static a.Limits.*;\nclass A { boolean f() { return «ture»; } }\n", "import static a.Limits.*;\nclass A { boolean f() { return true; } }\n"),
        ("class that is here", java("class", "Amonut"), "class Amount {} class A { «Amonut» b; }\n", "class Amount {} class A { Amount b; }\n"),
    ),
)  # fmt: skip
SHORT_WORDS = Table(
    "javascript",
    (
        ("tree", "'tree' is not defined.", "f(«tree»);\n", None),
        ("full", "'full' is not defined.", "f(«full»);\n", None),
        ("fales", "'fales' is not defined.", "f(«fales»);\n", "f(false);\n"),
        ("True", "'True' is not defined.", "f(«True»);\n", "f(true);\n"),
    ),
)  # fmt: skip
JSX = Table("typescriptreact", (("element", "Cannot find name 'True'.", "const a = <«True» />;\n", None),))
BASH = Table("bash", (("not referenced", "coutn is referenced but not assigned.", "count=1\necho $«coutn»\n", None),))
TABLES = {
    "python names": PYTHON_NAMES,
    "python imports": PYTHON_IMPORTS,
    "rewordings": REWORDINGS,
    "typescript": TYPESCRIPT,
    "go": GO,
    "python statements": PYTHON_STATEMENTS,
    "rust": RUST,
    "c": C,
    "c++": CPP,
    "bash": BASH,
    "java": JAVA,
    "short words": SHORT_WORDS,
    "jsx": JSX,
}
