"""Two definitions with one name: the answer's version of the one that was asked about is found, the other stays.

Each document has the two of them between «…» and ‹…›. Each is asked about in turn, with an answer of the changed
definition alone, with its sibling beside it, and with the whole document; what is changed is its number.
"""
# ruff: noqa: E501, ISC004 - a table of documents

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from autothink_lsp.edits.outline import outline
from autothink_lsp.edits.replacement import EditRefused
from tests.unit.edits.test_apply import fenced, result

SIBLINGS: dict[str, tuple[str, str]] = {
    "Python property and setter": (
        "python",
        "class A:\n    «@property\n    def x(self):\n        return self._x + 1»\n\n"
        "    ‹@x.setter\n    def x(self, value):\n        self._x = value - 2›\n\n    def y(self):\n        return 3\n",
    ),
    "Python property and deleter": (
        "python",
        "class A:\n    «@property\n    def x(self):\n        return self._x + 1»\n\n"
        "    ‹@x.deleter\n    def x(self):\n        del self._x[2]›\n",
    ),
    "Python cached property and setter of another class": (
        "python",
        "class A:\n    «@cached_property\n    def x(self):\n        return 1»\n\n\n"
        "class B:\n    ‹@property\n    def x(self):\n        return 2›\n",
    ),
    "Python overload and implementation": (
        "python",
        "@overload\ndef f(a: int) -> int: ...\n«@overload\ndef f(a: str, b: int = 1) -> str: ...»\n\n"
        "‹def f(a, b=2):\n    c = a\n    return c›\n",
    ),
    "Python twins under TYPE_CHECKING": (
        "python",
        "if TYPE_CHECKING:\n    «def load(path: str) -> int:\n        return 1»\nelse:\n"
        "    ‹def load(path):\n        return read(path, 2)›\n",
    ),
    "Python twins under a version": (
        "python",
        "if sys.version_info >= (3, 12):\n\n    «def load(path):\n        return new(path, 1)»\n\nelse:\n\n"
        "    ‹def load(path):\n        return old(path, 2)›\n",
    ),
    "Python twins of try and except": (
        "python",
        "try:\n    from fast import x\n\n    «def load(path):\n        return x(path, 1)»\nexcept ImportError:\n"
        "    ‹def load(path):\n        return slow(path, 2)›\n",
    ),
    "Python functions of singledispatch": (
        "python",
        "@singledispatch\ndef show(value):\n    return 0\n\n\n«@show.register\ndef _(value: int):\n    return 1»\n\n\n"
        "‹@show.register\ndef _(value: str):\n    return 2›\n",
    ),
    "Python functions of singledispatch with types in the decorator": (
        "python",
        "«@show.register(int)\ndef _(value):\n    return 1»\n\n\n‹@show.register(str)\ndef _(value):\n    return 2›\n",
    ),
    "Python routes": (
        "python",
        "«@app.get('/a')\ndef page():\n    return 1»\n\n\n‹@app.post('/a')\ndef page():\n    return 2›\n",
    ),
    "Python validators": (
        "python",
        "class M:\n    «@validator('a')\n    def check(cls, v):\n        return v + 1»\n\n"
        "    ‹@validator('b')\n    def check(cls, v):\n        return v + 2›\n",
    ),
    "TypeScript accessors": (
        "typescript",
        "class A {\n  «get x(): number {\n    return this._x + 1;\n  }»\n\n"
        "  ‹set x(value: number) {\n    this._x = value - 2;\n  }›\n}\n",
    ),
    "JavaScript accessors of an object": (
        "javascript",
        "const a = {\n  «get x() {\n    return this._x + 1;\n  }»,\n  ‹set x(value) {\n    this._x = value - 2;\n  }›,\n};\n",
    ),
    "JavaScript static and other method": (
        "javascript",
        "class A {\n  «static make() {\n    return 1;\n  }»\n\n  ‹make() {\n    return 2;\n  }›\n}\n",
    ),
    "TypeScript overload and implementation": (
        "typescript",
        "export function f(a: number): number;\n«export function f(a: string, n?: 1): string;»\n"
        "‹export function f(a: any): any {\n  const b = a;\n  return b * 2;\n}›\n",
    ),
    "TypeScript interface and class": (
        "typescript",
        "«interface Box {\n  width: 1;\n  depth: string;\n}»\n\n‹class Box {\n  height = 2;\n  depth = '';\n}›\n",
    ),
    "TypeScript type and value": (
        "typescript",
        "«export type Size = {\n  a: 1;\n};»\n\n‹export function Size() {\n  return 2;\n}›\n",
    ),
    "Java overloads": (
        "java",
        "class A {\n    «int f(int a) {\n        return a + 1;\n    }»\n\n    ‹int f(String a) {\n        return 2;\n    }›\n}\n",
    ),
    "Java constructors": (
        "java",
        "class A {\n    «A(int a) {\n        this.a = 1;\n    }»\n\n    ‹A(String b) {\n        this.b = 2;\n    }›\n}\n",
    ),
    "Java overloads by the number of parameters": (
        "java",
        "class A {\n    «@Override\n    public int f() {\n        return g(1);\n    }»\n\n"
        "    ‹public int f(int a, int b) {\n        return 2;\n    }›\n}\n",
    ),
    "C# overloads": (
        "csharp",
        "class A\n{\n    «int F(int a)\n    {\n        return a + 1;\n    }»\n\n"
        "    ‹int F(string a)\n    {\n        return 2;\n    }›\n}\n",
    ),
    "C++ const and other overload": (
        "cpp",
        "class A {\n  «int& at(int i) {\n    return v[i + 1];\n  }»\n\n  ‹const int& at(int i) const {\n    return v[i + 2];\n  }›\n};\n",
    ),
    "Rust methods of two traits": (
        "rust",
        "impl Show for A {\n    «fn text(&self) -> u8 {\n        1\n    }»\n}\n\nimpl Tell for A {\n    ‹fn text(&self) -> u8 {\n        2\n    }›\n}\n",
    ),
    "Rust impl blocks": (
        "rust",
        "«impl Show for A {\n    fn text(&self) -> u8 {\n        1\n    }\n}»\n\n‹impl Tell for A {\n    fn text(&self) -> u8 {\n        2\n    }\n}›\n",
    ),
    "Rust functions by cfg": (
        "rust",
        "«#[cfg(unix)]\nfn path() -> u8 {\n    1\n}»\n\n‹#[cfg(windows)]\nfn path() -> u8 {\n    2\n}›\n",
    ),
    "Go methods of two receivers": (
        "go",
        "package a\n\n«func (a *A) Text() int {\n\treturn 1\n}»\n\n‹func (b *B) Text() int {\n\treturn 2\n}›\n",
    ),
    "Kotlin overloads": (
        "kotlin",
        "class A {\n    «fun f(a: Int): Int {\n        return a + 1\n    }»\n\n    ‹fun f(a: String): Int {\n        return 2\n    }›\n}\n",
    ),
    "Swift overloads by labels": (
        "swift",
        "class A {\n    «func f(by a: Int) -> Int {\n        return a + 1\n    }»\n\n    ‹func f(to a: Int) -> Int {\n        return 2\n    }›\n}\n",
    ),
    "Ruby methods of two classes": (
        "ruby",
        "class A\n  «def x\n    @x + 1\n  end»\nend\n\nclass B\n  ‹def x\n    @x + 2\n  end›\nend\n",
    ),
    "PHP methods of two classes": (
        "php",
        "<?php\nclass A {\n    «public function x() {\n        return 1;\n    }»\n}\n\nclass B {\n    ‹public function x() {\n        return 2;\n    }›\n}\n",
    ),
}  # fmt: skip
SAME_HEADS = {
    "Python twins under a version",
    "Python twins of try and except",
    "Rust methods of two traits",
    "Ruby methods of two classes",
    "PHP methods of two classes",
}
NUMBER = {"«": ("1", "17"), "‹": ("2", "29")}
END = {"«": "»", "‹": "›"}
FORMS = ("alone", "alone at the margin", "both", "both at the margin", "the other one first", "the whole file")


def changed(document: str, mark: str) -> str:
    """The document with the marked definition changed, marks included."""
    was, now = NUMBER[mark]
    first, stop = document.index(mark), document.index(END[mark])
    piece = document[first:stop]
    at = piece.rindex(was)
    return document[:first] + piece[:at] + now + piece[at + len(was) :] + document[stop:]


def plain(document: str) -> str:
    return re.sub("[«»‹›]", "", document)


def whole_lines(document: str, first: int, stop: int) -> str:
    return document[document.rfind("\n", 0, first) + 1 : document.find("\n", stop)]


def margin(code: str) -> str:
    indent = code[: len(code) - len(code.lstrip())]
    return "\n".join(line.removeprefix(indent) for line in code.split("\n"))


def answered(document: str, mark: str, form: str) -> str:
    new = changed(document, mark)
    if form == "the whole file":
        return plain(new)
    parts = {one: plain(whole_lines(new, new.index(one), new.index(END[one]))) for one in END}
    both = plain(whole_lines(new, new.index("«"), new.index("›")))
    return {
        "alone": parts[mark],
        "alone at the margin": margin(parts[mark]),
        "both": both,
        "both at the margin": margin(both),
        "the other one first": "\n\n".join(parts[one] for one in sorted(END, key=lambda one: one == mark)),
    }[form]


def asked_about(document: str, mark: str) -> str:
    """The document with «…» around the lines of that definition alone."""
    other = next(one for one in END if one != mark)
    bare = document.replace(other, "").replace(END[other], "")
    asked = re.sub(rf"(?m)^([ \t]*){mark}", r"«\1", bare)
    return re.sub(rf"{END[mark]}(.*)$", r"\1»", asked, count=1, flags=re.MULTILINE)


def cases() -> Iterator[object]:
    for name, (language, document) in SIBLINGS.items():
        for mark in END:
            for form in FORMS:
                yield pytest.param(language, document, mark, form, id=f"{name}, {mark}, {form}")


@pytest.mark.parametrize(("language", "document", "mark", "form"), list(cases()))
def test_only_the_asked_definition_is_changed(language: str, document: str, mark: str, form: str) -> None:
    answer = fenced(answered(document, mark, form), language)
    assert result(asked_about(document, mark), answer, language) == plain(changed(document, mark))


@pytest.mark.parametrize(("name", "mark"), [(name, mark) for name in SIBLINGS for mark in END])
def test_the_other_definition_alone_is_refused_or_changes_nothing_else(name: str, mark: str) -> None:
    """The answer is the changed sibling of the one that was asked about: it must not replace that one."""
    language, document = SIBLINGS[name]
    other = next(one for one in END if one != mark)
    try:
        got = result(asked_about(document, mark), fenced(answered(document, other, "alone"), language), language)
    except EditRefused:
        return
    assert name in SAME_HEADS or name == "Rust impl blocks", "only those with the same header cannot be told apart"
    assert got.count(NUMBER[other][1]) == 1


def test_a_new_definition_of_the_same_name_is_kept() -> None:
    document = (
        "class A:\n«    @property\n    def x(self):\n        return self._x»\n\n    def y(self):\n        return 3\n"
    )
    setter = "    @x.setter\n    def x(self, value):\n        self._x = value"
    new = document.replace("«", "").replace("»", f"\n\n{setter}")
    member = new[new.index("    @property") : new.index("\n\n    def y")]
    for answer in (member, margin(member), new):
        assert result(document, fenced(answer)) == new


def test_each_text_is_parsed_once_for_its_names() -> None:
    language, document = SIBLINGS["Python property and setter"]
    for form, texts in (
        ("both", 4),
        ("the whole file", 1),
    ):  # the piece, the answer, its part, the rest of the document
        asked, answer = asked_about(document, "«"), fenced(answered(document, "«", form))
        outline.cache_clear()
        result(asked, answer, language)
        assert outline.cache_info().misses <= texts, form
