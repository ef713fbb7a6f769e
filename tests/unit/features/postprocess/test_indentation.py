"""The white space at line starts becomes the document's; nothing else changes."""

import pytest

from autothink_lsp.features.completion.postprocess.indentation import indentation
from tests.support.filter_cases import SAME, Case, check, named

CASES: list[Case] = [
    ("python", "def f():\n    ‸\n", "    return 1", "return 1"),
    ("python", "def f():\n    ‸\n", "    x = 1\n    return x", "x = 1\n    return x"),
    ("python", "def f():\n  ‸\n", "  return 1", "return 1"),
    ("python", "def f():\n    x = 1\n  ‸\n", "  return 1", SAME),
    ("go", "func f() {\n\t‸\n}\n", "\treturn", "return"),
    ("go", "func f() {\n\tif a {\n\t\t‸\n", "b()\n    }\n    c()", "b()\n\t}\n\tc()"),
    ("go", "func f() {\n\t‸\n", "if a {\n        b()\n    }", "if a {\n\t\tb()\n\t}"),
    (
        "python",
        "def f():\n    x = 1\n    ‸\n",
        "if x:\n\t\treturn 1\n\treturn 2",
        "if x:\n        return 1\n    return 2",
    ),
    ("javascript", "function f() {\n  a();\n  ‸\n", "if (b) {\n\t\tc();\n\t}", "if (b) {\n    c();\n  }"),
    ("makefile", "all:\n\techo a\n‸\n", "b:\n    echo b", "b:\n\techo b"),
    ("python", "class A:\n    def f(self):\n        ‸\n", "        pass", "pass"),
    ("python", "def f():\n  x = 1\n  ‸\n", "if x:\n      y()\n  z()", "if x:\n    y()\n  z()"),
    (
        "javascript",
        "function f() {\n  a();\n  ‸\n}\n",
        "if (b) {\n      for (;;) {\n          c();\n      }\n  }",
        "if (b) {\n    for (;;) {\n      c();\n    }\n  }",
    ),
    ("python", "def f():\n    x = 1\n    ‸\n", "if x:\n      y()", "if x:\n        y()"),
    ("python", "def f():\n    x()\n\n‸\n", "def g():\n  y()", "def g():\n    y()"),
    # the cursor's line is the only one with an indentation
    ("python", "def f(x):\n    ‸\n", "if x:\n\t\treturn 1\n\treturn 2", "if x:\n        return 1\n    return 2"),
    ("javascript", "function f() {\n  ‸\n}\n", "if (b) {\n\t\tc();\n\t}", "if (b) {\n    c();\n  }"),
    ("lua", "function f()\r\n    ‸\r\nend\r\n", "if b then\n\t\tc()\n\tend", "if b then\n        c()\n    end"),
    # both units are seen, or none, or a line is aligned
    ("python", "def f():\n  if x:\n      y()\n  ‸\n", "if x:\n      y()", SAME),
    ("python", "x = 1\n‸\n", "if x:\n  y()", SAME),
    ("python", "def f():\n  x = 1\n  ‸\n", "if x:\n      y(a,\n        b)", SAME),
    ("python", "def f():\n  x = 1\n  ‸\n", "y(\n      a,\n  )", SAME),
    # fits already, or is text
    ("python", "def f():\n    ‸\n", "x = 1\n    return x", SAME),
    ("python", "def f():\n‸\n", "    return 1", SAME),
    ("python", "def f():‸\n", "\n    return 1", SAME),
    ("python", "def f():\n    x =‸\n", " 1", SAME),
    ("python", "x = 1\n‸\n", "if x:\n\ty = 2", SAME),
    ("python", 's = """\n  ‸\n"""\n', "  a\n\tb", SAME),
    ("python", "def f():\n\tx = 1\n    y = 2\n    ‸\n", "if x:\n\t\tz", SAME),
    ("go", "func f() {\n\t‸\n", "a(b,\n\t  c)", SAME),
    ("yaml", "a:\n  - b: 1\n    ‸\n", "c: 2\n  - b: 3", SAME),
    # tabs answered in blanks: the width of a level follows from what the lines open
    ("python", "def say(name):\n\t‸\n", "if name:\n        print(name)", "if name:\n\t\tprint(name)"),
    ("python", "def say(name):\n\t‸\n", "if name:\n    print(name)", "if name:\n\t\tprint(name)"),
    ("python", "class A:\n\tdef f(self):\n\t\t‸\n", "x = 1\n        return x", "x = 1\n\t\treturn x"),
    ("python", "class A:\n\tdef f(self):\n\t\t‸\n", "if x:\n            y()\n        z()", "if x:\n\t\t\ty()\n\t\tz()"),
    ("python", "class A:\n\tdef f(self):\n\t\t‸\n", "if x:\n      y()\n    z()", "if x:\n\t\t\ty()\n\t\tz()"),
    ("python", "class A:\n\tdef f(self):\n\t\t‸\n", "if x:\n    y()\nz()", "if x:\n\t\t\ty()\n\t\tz()"),
    ("python", "for a in b:\n\tfor c in a:\n\t\t‸\n", "f(c)\n    g(a)", "f(c)\n\tg(a)"),
    ("c", "int f() {\n\t‸\n}\n", "if (a) {\n                b();\n        }", "if (a) {\n\t\tb();\n\t}"),
    (
        "go",
        "func f() {\n\tfor {\n\t\t‸\n",
        "if a {\n            b()\n        }\n    }",
        "if a {\n\t\t\tb()\n\t\t}\n\t}",
    ),
    ("javascript", "function f() {\n\t‸\n}\n", "g(a,\n        b);\n    h();", "g(a,\n\t\tb);\n\th();"),
    (
        "java",
        "/**\n * Adds.\n *  more\n */\nclass A {\n\tint b;\n\tint c;\n\tint f() {\n\t\t‸\n",
        "if (a) {\n            b();\n        }",
        "if (a) {\n\t\t\tb();\n\t\t}",
    ),
    ("go", "var a = `\n  text`\n\nfunc f() {\n\t‸\n}\n", "if a {\n        b()\n    }", "if a {\n\t\tb()\n\t}"),
    # GNU's style: a tab is eight columns of levels of two
    (
        "c",
        "f (a)\n{\n  if (a)\n    {\n      if (b)\n\t{\n\t  x ();\n\t  y ();\n\t}\n    }\n  for (;;)\n    {\n\t‸\n",
        "z ();\n      }\n  }",
        SAME,
    ),
    ("cpp", "  {\n    {\n\ta ()\n\t  b;\n\t  c;\n      }\n    {\n\t‸\n      }\n", "return end();\n      }", SAME),
    ("go", "func f() {\n\ta(\n\t    b,\n\t    c,\n\t)\n\t‸\n}\n", "if a {\n        b()\n    }", "if a {\n\t\tb()\n\t}"),
    ("makefile", "all:\n\techo a\n\techo b\n‸\n", "c:\n        echo d\n        echo e", "c:\n\techo d\n\techo e"),
    # lines of comments that begin with a star, and texts that were counted from the first column
    ("c", "/*\n * Adds.\n ‸\n */\n", " * More.\n * Most.", "* More.\n * Most."),
    ("java", "class A {\n    /**\n     ‸\n     */\n", "     * Adds.\n     * More.", "* Adds.\n     * More."),
    ("php", "/**\n * Adds.\n ‸", " */\nfunction f() {}", "*/\nfunction f() {}"),
    ("css", "/**\n * A\n  ‸\n */\n", " * B", "* B"),
    ("c", "/**\n * Adds:\n‸\n */\n", " * more", SAME),
    ("c", "/* Adds.\n   ‸\n */\n", "   * a\n   * b", "* a\n   * b"),
    ("python", 'def f():\n    """Adds.\n\n    ‸\n    """\n', "    All.\n    More.", "All.\n    More."),
    ("python", 'def f():\n    """Adds.\n\n    ‸\n    """\n', "    >>> f()\n        1", SAME),
    ("python", 'def f():\n    """Adds:\n\n    ‸\n    """\n', "    f()", SAME),
    # a level is the usual step, not the smallest indentation of any line
    ("rust", "   // b\nfn f() {\n    if a {\n        b();\n    }\n    ‸\n", "if c {\n\t\td();", "if c {\n        d();"),
    ("c", "  /* a */\nint f() {\n    if (a)\n        b();\n    ‸\n", "if (c)\n\t\td();", "if (c)\n        d();"),
    ("python", "x = (1,\n   2)\nif x:\n    a()\nif y:\n    b()\n‸\n", "if z:\n\tc()", "if z:\n    c()"),
    ("javascript", "f(a,\n  b)\nif (a) {\n    b();\n}\nif (c) {\n    d();\n}\n‸\n", "if (z) {\n\te", "if (z) {\n    e"),
    # the lines of a string between brackets are its value
    ("javascript", "a({\n  b,\n});\nf({‸});\n", "\n    q: `\nc\n  d`,\n    x: 1,", "\n  q: `\nc\n  d`,\n  x: 1,"),
    # and so they are elsewhere; those of a docstring are indented as code
    (
        "go",
        "func f() {\n\ta()\n\t‸\n}\n",
        "q := `\n    select\n      x`\n    run(q)",
        "q := `\n    select\n      x`\n\trun(q)",
    ),
    ("javascript", "f();\nif (a) {\n  b();\n}\n‸\n", "if (c) {\n\td(`\n\te`);\n}", "if (c) {\n  d(`\n\te`);\n}"),
    ("python", "if a:\n\tb()\n\t‸\n", "x = '''\n    y\n'''\n    c()", "x = '''\n    y\n'''\n\tc()"),
    (
        "python",
        "class A:\n\tb = 1\n\n\t‸\n",
        'def f():\n        """D.\n\n        E.\n        """\n        c()',
        'def f():\n\t\t"""D.\n\n\t\tE.\n\t\t"""\n\t\tc()',
    ),
    (
        "python",
        "if a:\n  b()\nif c:\n  d()\n‸\n",
        'if e:\n    f("""\n        g""")\n    h()',
        'if e:\n  f("""\n        g""")\n  h()',
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(indentation, case)
