"""An answer with the code around the piece, or without the indentation of its first line: the piece alone changes.

In each document «…» marks the piece, in which ``teh`` becomes ``the``. The answers have the header of the enclosing
block, the ends of it, or both.
"""
# ruff: noqa: E501 - a table of documents

from __future__ import annotations

import textwrap

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


# A member (``«…»``) between others; the header of the class and the member before it stand in the answer, as does its end.
MEMBERS = {
    "dart": "class A {\n  int z = 0;\n\n«  int f() {\n    return teh;\n  }»\n\n  int g() {\n    return 3;\n  }\n}\n",
    "groovy": "class A {\n    int z = 0\n\n«    int f() {\n        return teh\n    }»\n\n    int g() {\n        return 3\n    }\n}\n",
    "elixir": "defmodule A do\n  @z 0\n\n«  def f(a) do\n    teh\n  end»\n\n  def g(a) do\n    3\n  end\nend\n",
    "crystal": "class A\n  @z = 0\n\n«  def f\n    teh\n  end»\n\n  def g\n    3\n  end\nend\n",
    "vala": "class A {\n    int z = 0;\n\n«    int f () {\n        return teh;\n    }»\n\n    int g () {\n        return 3;\n    }\n}\n",
    "objective-c": "@implementation A\n\n  int z = 0;\n\n«  - (int)f {\n    return teh;\n  }»\n\n  - (int)g {\n    return 3;\n  }\n@end\n",
    "perl": "package A {\n    my $z = 0;\n\n«    sub f {\n        return teh;\n    }»\n\n    sub g {\n        return 3;\n    }\n}\n",
    "haxe": "class A {\n\tvar z = 0;\n\n«\tfunction f() {\n\t\treturn teh;\n\t}»\n\n\tfunction g() {\n\t\treturn 3;\n\t}\n}\n",
    "julia": "module A\n    z = 0\n\n«    function f()\n        teh\n    end»\n\n    function g()\n        3\n    end\nend\n",
    "unknown": "unit a\n  z = 0\n\n«  sub f\n    teh\n  endsub»\n\n  sub g\n    3\n  endsub\nendunit\n",
    "vb": "Class A\n    Dim z = 0\n\n«    Function F()\n        Return teh\n    End Function»\n\n    Function G()\n        Return 3\n    End Function\nEnd Class\n",
    "fortran": "module a\n  integer :: z = 0\n\n«  subroutine f(x)\n    x = teh\n  end subroutine f»\n\n  subroutine g(x)\n    x = 3\n  end subroutine g\nend module a\n",
    "java": "class A {\n    int z = 0;\n\n«    int f() {\n        return teh;\n    }»\n\n    int g() {\n        return 3;\n    }\n}\n",
    "ruby": "class A\n  Z = 0\n\n«  def f\n    teh\n  end»\n\n  def g\n    3\n  end\nend\n",
}  # fmt: skip


@pytest.mark.parametrize("language", MEMBERS)
def test_the_end_of_the_class_around_the_piece_is_not_inserted(language: str) -> None:
    document = MEMBERS[language]
    above, rest = document.split("«")
    piece, _ = rest.split("»")
    end = document.rstrip().rpartition("\n")[2]
    check(language, document, ("teh", "the"), f"{above}{piece.replace('teh', 'the')}\n{end}")


# Above the piece stand a comment and two decorators, attributes or directives.
DECORATED = {
    "python": "z = 0\n\n\n# Note.\n@cache\n@app.get('/a')\n«def f():\n    return teh»\n",
    "typescript": "class A {\n  // Note.\n  @Input()\n  @Memo({ a: 1 })\n«  f(): number {\n    return teh;\n  }»\n}\n",
    "java": 'class A {\n    /** Note. */\n    @Override\n    @GetMapping("/a")\n«    public int f() {\n        return teh;\n    }»\n}\n',
    "kotlin": 'class A {\n    // Note.\n    @Test\n    @Tag("a")\n«    fun f(): Int {\n        return teh\n    }»\n}\n',
    "csharp": 'class A\n{\n    // Note.\n    [Fact]\n    [Route("a")]\n«    public int F()\n    {\n        return teh;\n    }»\n}\n',
    "rust": "// Note.\n#[inline]\n#[cfg(test)]\n«fn f() -> i32 {\n    teh\n}»\n",
    "swift": "class A {\n    // Note.\n    @discardableResult\n    @objc(x)\n«    func f() -> Int {\n        return teh\n    }»\n}\n",
    "php": "<?php\nclass A {\n    // Note.\n    #[Route('/a')]\n    #[Pure]\n«    public function f() {\n        return $teh;\n    }»\n}\n",
    "scala": 'class A {\n  // Note.\n  @tailrec\n  @deprecated("a", "1")\n«  def f(): Int = {\n    teh\n  }»\n}\n',
    "elixir": 'defmodule A do\n  # Note.\n  @doc "Adds."\n  @spec f(integer) :: integer\n«  def f(a) do\n    teh\n  end»\nend\n',
    "cpp": "struct A {\n  // Note.\n  [[nodiscard]]\n  [[gnu::pure]]\n«  int f() {\n    return teh;\n  }»\n};\n",
    "c": "// Note.\n__attribute__((noinline))\n__attribute__((pure))\n«int f(void) {\n  return teh;\n}»\n",
    "go": "package a\n\n// Note.\n//go:noinline\n//go:nosplit\n«func f() int {\n\treturn teh\n}»\n",
    "dart": "class A {\n  // Note.\n  @override\n  @pragma('vm:x')\n«  int f() {\n    return teh;\n  }»\n}\n",
}  # fmt: skip
# Which of the three lines the answer repeats.
REPEATED = {
    "none": (),
    "all": (0, 1, 2),
    "decorators": (1, 2),
    "first": (1,),
    "last": (2,),
    "others": (2, 1),
    "comment": (0,),
}


@pytest.mark.parametrize("repeated", REPEATED)
@pytest.mark.parametrize("language", DECORATED)
def test_decorators_above_the_piece_are_not_doubled(language: str, repeated: str) -> None:
    document = DECORATED[language]
    above, rest = document.split("«")
    heads = above.split("\n")[-4:-1]
    lines = [heads[number] for number in REPEATED[repeated]]
    check(language, document, ("teh", "the"), "\n".join([*lines, rest.split("»")[0].replace("teh", "the")]))


@pytest.mark.parametrize(
    ("language", "document", "answer"),
    [
        ("python", "@a\n«def f():\n    return 1»\n", "@b\ndef f():\n    return 1"),
        ("java", "class A {\n    @A\n«    int f() {\n        return 1;\n    }»\n}\n", "    @Override\n    int f() {\n        return 1;\n    }"),
        ("csharp", 'class A\n{\n    [Row("a")]\n«    int F() => 1;»\n}\n', '    [Row("b")]\n    int F() => 1;'),
        ("javascript", "const a = [\n  [1, 2],\n«  [3, 4],»\n];\n", "  [5, 6],\n  [3, 4],"),
    ],
)  # fmt: skip
def test_a_new_decorator_or_row_is_added(language: str, document: str, answer: str) -> None:
    above, rest = document.split("«")
    assert result(document, fenced(answer), language) == above + answer + rest.split("»")[1]


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


# The lines above the definition, one item for each comment, decorator or attribute; around «the piece».
HEADS = {
    "python": ("x = 0\n\n", ["# Note about f.", "@cache", "@two(1)"], "def f():\n    return teh", "\n"),
    "typescript": ("", ["/** Doc. */", "@Injectable()"], "class A {\n  x = teh;\n}", "\n"),
    "java": ("class K {\n", ["/**\n * Doc.\n */", "@Override", "@Deprecated"], "int f() {\n    return teh;\n}", "\n}\n"),
    "kotlin": ("object K {\n", ["/** Doc. */", "@JvmStatic"], "fun f(): Int {\n    return teh\n}", "\n}\n"),
    "csharp": ("class K {\n", ["/// <summary>Doc.</summary>", "[Obsolete]", "[Test(2)]"], "int F() {\n    return teh;\n}", "\n}\n"),
    "rust": ("", ["/// Doc.\n/// More.", "#[inline]", "#[cfg(test)]"], "fn f() -> i32 {\n    teh\n}", "\n"),
    "swift": ("", ["/// Doc.", "@discardableResult"], "func f() -> Int {\n    return teh\n}", "\n"),
    "php": ("<?php\n", ["/** Doc. */", "#[Pure]"], "function f() {\n    return teh;\n}", "\n"),
    "scala": ("object K {\n", ["/** Doc. */", "@inline", "@tailrec"], "def f(): Int = {\n  val a = teh\n  a\n}", "\n}\n"),
    "elixir": ("defmodule K do\n", ['@doc "Doc."', "@spec f() :: integer"], "def f() do\n  teh\nend", "\nend\n"),
    "cpp": ("", ["/// Doc.", "[[nodiscard]]"], "int f() {\n    return teh;\n}", "\n"),
    "go": ("package a\n\n", ["// F is a doc.\n// More.", "//go:noinline"], "func F() int {\n\treturn teh\n}", "\n"),
    "dart": ("class K {\n", ["/// Doc.", "@override"], "int f() {\n  return teh;\n}", "\n}\n"),
}  # fmt: skip


def _head_document(language: str) -> tuple[list[str], str, str]:
    before, head, body, after = HEADS[language]
    indent = "    " if after.strip() else ""
    above, piece = (textwrap.indent(code, indent) for code in ("\n".join(head), body))
    return head, body, f"{before}{above}\n«{piece}»{after}"


@pytest.mark.parametrize("language", HEADS)
def test_a_part_of_what_stands_above_the_piece_is_not_doubled(language: str) -> None:
    """The answer repeats one of the comments, decorators and attributes above the definition, or leaves one out."""
    head, body, document = _head_document(language)
    for number in range(len(head)):
        check(language, document, ("teh", "the"), f"{head[number]}\n{body.replace('teh', 'the')}")
        others = "\n".join([*head[:number], *head[number + 1 :]])
        check(language, document, ("teh", "the"), f"{others}\n{body.replace('teh', 'the')}")


@pytest.mark.parametrize("language", ["typescript", "java", "kotlin", "csharp", "rust", "swift", "php", "scala", "cpp", "dart"])  # fmt: skip
def test_a_new_documentation_comment_is_not_added_below_the_attributes(language: str) -> None:
    """The definition has one above its attributes."""
    head, body, document = _head_document(language)
    comment = "/// Other words." if head[0].startswith("///") else "/**\n * Other words.\n */"
    for attributes in ("", "\n".join(head[1:]) + "\n"):
        check(language, document, ("teh", "the"), f"{comment}\n{attributes}{body.replace('teh', 'the')}")


ADDED = {
    "a new decorator below a copied one": ("python", "@cache\n@two(1)\n«def f():\n    return 1»\n", "@cache\n@three\ndef f():\n    return 1", "@cache\n@two(1)\n@three\ndef f():\n    return 1\n"),
    "a new decorator": ("python", "@cache\n@two(1)\n«def f():\n    return 1»\n", "@three\ndef f():\n    return 1", "@cache\n@two(1)\n@three\ndef f():\n    return 1\n"),
    "a decorator of another definition": ("python", "@cache\ndef g():\n    return 1\n\n\n«def f():\n    return 1»\n", "@cache\ndef f():\n    return 1", "@cache\ndef g():\n    return 1\n\n\n@cache\ndef f():\n    return 1\n"),
    "a comment of another statement": ("python", "# Next.\na = 1\n«b = 1»\n", "# Next.\nb = 2", "# Next.\na = 1\n# Next.\nb = 2\n"),
    "a comment with the same first line": ("java", "class A {\n    /*\n     * One.\n     */\n    @Test\n«    int f() {\n        return 1;\n    }»\n}\n", "    /*\n     * Two.\n     */\n    int f() {\n        return 1;\n    }", "class A {\n    /*\n     * One.\n     */\n    @Test\n    /*\n     * Two.\n     */\n    int f() {\n        return 1;\n    }\n}\n"),
    "a documentation comment below a conditional": ("cpp", "/** The file. */\n#if A\n«int f() {\n    return 1;\n}»\n#endif\n", "/** One. */\nint f() {\n    return 1;\n}", "/** The file. */\n#if A\n/** One. */\nint f() {\n    return 1;\n}\n#endif\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", ADDED)
def test_what_is_new_above_a_definition_is_kept(case: str) -> None:
    language, document, answer, expected = ADDED[case]
    assert result(document, fenced(answer), language) == expected
