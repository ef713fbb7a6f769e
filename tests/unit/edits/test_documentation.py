"""The documentation comment of an answer, in the code that it documents: nothing else of the answer is used."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.edits.documentation import documented_code
from autothink_lsp.syntax.scopes import definitions
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.verify.syntax_checks import error_count, parse_text

SYNTAX = Syntax()
METHOD = "class Cart:\n    def total(self, rate):\n        net = self.net\n        return net * rate\n"
DOC = '"""\nThe total with tax.\n\nArgs:\n    rate: The tax rate.\n"""'
IN_PLACE = (
    "    def total(self, rate):\n"
    '        """\n        The total with tax.\n\n        Args:\n            rate: The tax rate.\n        """\n'
    "        net = self.net\n        return net * rate"
)


def documented(
    language_id: str, text: str, answer: str, first: int = 0, last: int | None = None, *, finished: bool = True
) -> str | None:
    language = SYNTAX.registry.by_language_id(language_id)
    assert language is not None
    tree = parse_text(SYNTAX.grammars.load(language), Text.from_str(text))
    assert tree is not None
    lines = text.rstrip("\n").split("\n")
    return documented_code(answer, "\n".join(lines[first : last or len(lines)]), tree, first, finished=finished)


def fenced(code: str, tag: str = "python") -> str:
    return f"```{tag}\n{code}\n```"


def indented(code: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in code.split("\n"))


@pytest.mark.parametrize(
    "answer",
    [
        fenced(DOC),
        DOC,
        f"Here is the docstring:\n\n{fenced(DOC)}\n\nIt names the parameter.",
        fenced("def total(self, rate):\n" + indented(DOC)),
        fenced("def total(self, rate):\n" + indented(DOC) + "\n    return 0  # changed"),
        fenced("class Cart:\n    def total(self, rate):\n" + indented(indented(DOC)) + "\n        ..."),
        f"{fenced('def total(self, rate):' + chr(10) + '    return 1')}\n\nThe docstring:\n{fenced(DOC)}",
        fenced(indented(DOC)),
        fenced(DOC).replace("\n", "\r\n"),
    ],
    ids=["fenced", "bare", "told", "header", "changed code", "class", "second block", "indented", "CRLF"],
)
def test_of_any_answer_only_the_docstring_is_used(answer: str) -> None:
    assert documented("python", METHOD, answer, 1) == IN_PLACE


@pytest.mark.parametrize(
    "answer",
    [
        "I cannot do that.",
        fenced("def total(self, rate):\n    return rate"),
        fenced('"""TODO"""'),
        fenced('"""... the rest as before"""'),
        fenced('f"""The total of {x} things"""'),
        fenced('"""The total with tax, which is never closed'),
        "",
        fenced(""),
        fenced("x = 'the total with tax'"),
    ],
)
def test_without_a_docstring_the_answer_is_read_as_any_other(answer: str) -> None:
    assert documented("python", METHOD, answer, 1) is None


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("def f(\n    a,\n    b,\n):\n    return a\n", 0, "def f(\n    a,\n    b,\n):\n    {}\n    return a"),
        ("@cached\ndef f(a):\n    return a\n", 0, "@cached\ndef f(a):\n    {}\n    return a"),
        ("def f(a):  # noqa\n    # first\n    return a\n", 0, "def f(a):  # noqa\n    {}\n    # first\n    return a"),
        ("async def f(a):\n\treturn a\n", 0, "async def f(a):\n\t{}\n\treturn a"),
        ("def f(a) -> dict[str, int]:\n\n    return a\n", 0, "def f(a) -> dict[str, int]:\n    {}\n\n    return a"),
        ("class A:\n    x = 1\n", 0, "class A:\n    {}\n    x = 1"),
        ("def f(a): return a\n", 0, None),
        ('def f(a):\n    """It has one."""\n    return a\n', 0, None),
    ],
)
def test_where_a_docstring_stands(text: str, line: int, expected: str | None) -> None:
    found = documented("python", text, fenced('"""Return the value."""'), line)
    assert found == (expected.format('"""Return the value."""') if expected is not None else None)


CLASS = (
    'class Cart:\n    """A cart of goods."""\n'
    '    def total(self, rate):\n        """The total with tax."""\n        return 0'
)


@pytest.mark.parametrize(
    ("code", "used"),
    [
        (CLASS, '"""A cart of goods."""'),
        (CLASS.replace('    """A cart of goods."""\n', ""), None),
        (CLASS.replace("Cart", "Basket"), '"""A cart of goods."""'),
        ('"""Goods that are bought."""\nclass Cart:\n    size = 1', '"""Goods that are bought."""'),
        ('"""The module of carts."""\n' + CLASS, '"""A cart of goods."""'),
    ],
    ids=["its own", "only a method's", "another name", "before the code", "of the module and its own"],
)
def test_the_docstring_is_that_of_the_definition(code: str, used: str | None) -> None:
    text = "class Cart:\n    def total(self, rate):\n        return rate\n"
    expected = text.rstrip("\n").replace("Cart:\n", f"Cart:\n    {used}\n") if used else None
    assert documented("python", text, fenced(code)) == expected


JSDOC = "/**\n * Add a tax.\n * @param {number} net\n */"


@pytest.mark.parametrize(
    ("language_id", "text", "comment"),
    [
        ("javascript", "function tax(net) {\n  return net;\n}", JSDOC),
        ("typescript", "export function tax(net: number): number {\n  return net;\n}", JSDOC),
        ("java", "class A {\n    int tax(int net) {\n        return net;\n    }\n}", JSDOC),
        ("c", "int tax(int net)\n{\n\treturn net;\n}", JSDOC),
        ("cpp", "template <class T>\nT tax(T net) {\n  return net;\n}", "/// Add a tax.\n/// \\param net before it"),
        ("go", "func Tax(net int) int {\n\treturn net\n}", "// Tax adds a tax."),
        (
            "rust",
            "#[inline]\npub fn tax(net: u32) -> u32 {\n    net\n}",
            "/// Add a tax.\n///\n/// # Panics\n/// Never.",
        ),
        ("ruby", "def tax(net)\n  net\nend", "# Add a tax.\n# @param net [Integer]"),
        ("lua", "function tax(net)\n  return net\nend", "--- Add a tax.\n---@param net number"),
        ("php", "<?php\nfunction tax($net) {\n  return $net;\n}", JSDOC),
        ("shellscript", "tax() {\n  echo 1\n}", "# Add a tax."),
    ],
)
def test_in_other_languages_the_comment_stands_above(language_id: str, text: str, comment: str) -> None:
    first = 1 if language_id in {"java", "php"} else 0
    last = 4 if language_id == "java" else None
    code = "\n".join(text.split("\n")[first:last])
    indent = "    " if language_id == "java" else ""
    expected = "\n".join([*(f"{indent}{line}" for line in comment.split("\n")), code])
    for answer in (comment, f"{comment}\n{code}", f"{comment}\n{code.partition(chr(10))[0]}\n"):
        assert documented(language_id, text, fenced(answer, language_id), first, last) == expected


def test_a_definition_with_a_comment_gets_no_second_one() -> None:
    text = "// Tax adds a tax.\nfunc Tax(net int) int {\n\treturn net\n}\n"
    assert documented("go", text, fenced("// Tax is a tax.", "go")) is None
    assert documented("go", text, fenced("// Tax is a tax.", "go"), 1) is None


@pytest.mark.parametrize(
    ("language_id", "text", "line", "comment", "is_used"),
    [
        ("c", "int a; // the first\nint f(void) {\n}\n", 1, "// It does nothing.", True),
        ("c", "// the first\nint f(void) {\n}\n", 1, "// It does nothing.", False),
        (
            "typescriptreact",
            "const a = (\n  <p>\n    {b.map((c) => {\n      return c;\n    })}\n  </p>\n);\n",
            2,
            JSDOC,
            False,
        ),
        ("typescript", "const a = `\n${b.map((c) => {\n  return c;\n})}`;\n", 1, JSDOC, False),
        ("shellscript", "f() {\n  g\n}\n", 0, "#!/usr/bin/env bash\n\nf() {", False),
        ("shellscript", "f() {\n  g\n}\n", 0, "#!/usr/bin/env bash\n\n# It calls g.\nf() {", True),
    ],
)
def test_the_comment_is_one_where_it_stands(
    language_id: str, text: str, line: int, comment: str, *, is_used: bool
) -> None:
    found = documented(language_id, text, fenced(comment, language_id), line)
    assert (found is not None) is is_used
    assert found is None or "#!" not in found


@pytest.mark.parametrize(
    ("language_id", "text", "answer", "is_used"),
    [
        ("python", METHOD, f"```python\n{DOC}\ndef total(self, ra", True),
        ("python", METHOD, '```python\n"""\nThe total with', False),
        ("javascript", "function tax(net) {\n}", f"```js\n{JSDOC}\nfunction ta", True),
        ("go", "func Tax() {\n}", "```go\n// Tax adds a t", False),
        ("go", "func Tax() {\n}", "```go\n// Tax adds a tax.\nfunc Tax() ", True),
    ],
)
def test_of_a_cut_answer_a_whole_comment_is_used(language_id: str, text: str, answer: str, is_used: bool) -> None:
    first = 1 if language_id == "python" else 0
    assert (documented(language_id, text, answer, first, finished=False) is not None) is is_used


def _samples() -> list[Path]:
    return sorted((Path(__file__).parents[3] / "grammars").glob("*/sample.*"))


@pytest.mark.parametrize("sample", _samples(), ids=lambda path: path.parent.name)
def test_in_real_files_nothing_but_the_comment_is_added(sample: Path) -> None:
    language = SYNTAX.registry.by_path(sample.name)
    assert language is not None
    text = Text.from_str(sample.read_text(encoding="utf-8"))
    tree = parse_text(SYNTAX.grammars.load(language), text)
    if tree is None:
        pytest.skip("no grammar")
    style = language.style
    is_block = ("/*", "*/") in style.block_comments
    comment = JSDOC if is_block else f"{style.line_comments[0]} Add a tax." if style.line_comments else ""
    answer = fenced(
        '"""Add a tax.\n\nArgs:\n    net: Before it.\n"""' if "python" in language.language_ids else comment
    )
    for one in definitions(tree):
        if one.kind not in {"function", "method", "class"}:
            continue
        first, last = one.start.line, one.end.line
        code = "\n".join(text.lines(first, last + 1))
        new = documented_code(answer, code, tree, first, finished=True)
        if new is None:
            continue
        changes = [
            op for op in SequenceMatcher(None, code.split("\n"), new.split("\n")).get_opcodes() if op[0] != "equal"
        ]
        assert [op[0] for op in changes] == ["insert"], one.name
        lines = [*text.lines(0, first), *new.split("\n"), *text.lines(last + 1, text.line_count)]
        after = parse_text(tree.grammar, Text.from_str("\n".join(lines)))
        assert after is not None
        assert error_count(after) <= error_count(tree), one.name
