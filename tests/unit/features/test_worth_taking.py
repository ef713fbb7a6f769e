"""What is shown can be accepted: it leaves no broken code behind. The places are from real files in which a small model
was asked (``docs/measurements/suppression.md``, "Worth taking"), with siblings in other languages."""

from __future__ import annotations

import pytest

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.features.completion.postprocess.post_processor import FRAGMENT, PostProcessor
from autothink_lsp.settings.model import Settings
from autothink_lsp.stream.early_stop import EarlyStop
from autothink_lsp.syntax.cut import CutJudge
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, PositionEncoding
from tests.support.cursor_mark import at

SYNTAX = Syntax()
PROCESSOR = PostProcessor(SYNTAX)


def place(language_id: str, marked: str, *, by_hand: bool = False) -> tuple[CompletionRequest, CodeContext]:
    context = at(language_id, marked)
    documents = DocumentStore(PositionEncoding.UTF32)
    documents.subscribe(SYNTAX.trees)
    documents.open("file:///a", language_id, 1, context.prefix + context.suffix)
    snapshot = documents.snapshot("file:///a")
    assert snapshot is not None
    point = Point(context.prefix.count("\n"), len(context.line_prefix))
    return CompletionRequest(snapshot, point, "invoked" if by_hand else "automatic", 0, Settings(), "a"), context


def judge_at(language_id: str, marked: str) -> CutJudge:
    request, _ = place(language_id, marked)
    return SYNTAX.judge(request.snapshot, request.point)


# The part of an answer that is there, or sure, and whether it may be shown.
ENDS = [
    ("python", "def f(converter):\n    ‸\n    converter.register(a)\n", "converter.", False),
    ("python", "def f(converter):\n    ‸\n    converter.register(a)\n", "converter.copy()", True),
    ("javascript", "function f(a) {\n  ‸\n  a.go();\n}\n", "a?.", False),
    ("rust", "fn f(a: A) {\n    ‸\n    go(a);\n}\n", "let b = String::", False),
    ("cpp", "void f(A a) {\n    ‸\n    go(a);\n}\n", "std::", False),
    ("python", "def f(\n    a: bool = ...,\n    ‸\n    eq: int | None = ...,\n): ...\n", "order:", False),
    ("python", "def f(\n    a: bool = ...,\n    ‸\n    eq: int | None = ...,\n): ...\n", "order: bool,", True),
    ("python", "def f():\n    x = 1\n    ‸\n        y = 2\n", "order:", False),
    # Colons that no type follows: the last line of a header, a comment, a key.
    ("python", "class A:\n    ‸\n        return 1\n", "def f(\n        self,\n    ) -> int:", True),
    ("python", "‸\n    go()\n", "if (a and\n    b):", True),
    ("python", "# ‸\nx = 1\n", "Note that:", True),
    ("yaml", "a:\n  ‸\n", "b: 2\n  steps:", True),
    # A line that other errors do not excuse.
    ("java", "class A {\n    void f() {\n        Map<String, C‸);\n        go();\n    }\n}\n", "ompletion", False),
    ("java", "class A {\n    void f() {\n        Map<String, C‸;\n        go();\n    }\n}\n", "ount> m", True),
    ("python", "def f():\n    x = [a for a in b‸]\n    return x\n", " if a", True),
    # The code below is the body of a header.
    ("python", "def f(a, b):\n    if‸\n        return a\n    else:\n        return b\n", " a", False),
    ("python", "def f(a, b):\n    if‸\n        return a\n    else:\n        return b\n", " a:", True),
    ("python", "def f(a):\n    ‸\n        return a\n", "while a", False),
    ("python", "if a:\n    ‸\n            use(a)\n        elif b:\n            go(a)\n", "for b in a:", False),
    (
        "python",
        "if a:\n    ‸\n            use(a)\n        elif b:\n            go(a)\n",
        "for b in a:\n        if b:",
        True,
    ),
    ("java", "class A {\n    void f() {\n        ‸\n            go();\n        }\n    }\n}\n", "if (ready(c))", False),
    ("java", "class A {\n    void f() {\n        ‸\n            go();\n        }\n    }\n}\n", "if (ready(c)) {", True),
    ("go", "package a\n\nfunc f() {\n\t‸\n\t\tgo1()\n\t}\n}\n", "if a == b {", True),
    ("rust", "fn f() {\n    let a = 1;\n    ‸\n        go();\n    }\n    end();\n}\n", "if a == b {", True),
    ("c", "void f(int a) {\n    ‸\n        go();\n    }\n    end();\n}\n", "while (a) {", True),
    # A block that nothing closes.
    ("go", "package a\n\nfunc f() {\n\t‸\n}\n", "if a == b {", False),
    ("javascript", "function f(a) {\n  ‸\n}\n", "for (const b of a) {", False),
    # A call is no header, and arguments below are no body.
    ("python", "x = f(\n    ‸\n        b,\n)\n", "a,", True),
    ("javascript", "const p = q\n  ‸\n    .then(g);\n", ".catch(h)", True),
]


@pytest.mark.parametrize(("language_id", "marked", "text", "expected"), ENDS)
def test_where_a_part_may_end(language_id: str, marked: str, text: str, *, expected: bool) -> None:
    request, context = place(language_id, marked)
    assert PROCESSOR.ends_well(text, request, context) is expected


# A keyword used as a name is an error in the block, but no reason to leave the block open.
WITH_ERRORS = [
    ("go", "package a\n\nfunc f() {\n\tx()\n\t‸\n}\n", "if err == nil {\n\t\tret.default = 1\n\t}"),
    ("java", "class A {\n    void f() {\n        ‸\n    }\n}\n", "if (a) {\n            a.default = = 1;\n        }"),
    ("c", "void f(void) {\n    ‸\n}\n", "if (a) {\n        a.default = = 1;\n    }"),
    ("rust", "fn f() {\n    ‸\n}\n", "if a {\n        b.match = = 1;\n    }"),
]


@pytest.mark.parametrize(("language_id", "marked", "answer"), WITH_ERRORS)
def test_a_block_is_not_cut_off_at_its_header(language_id: str, marked: str, answer: str) -> None:
    request, context = place(language_id, marked, by_hand=True)
    assert PROCESSOR.shape(answer, request, context, finished=True).text == answer


# Whole answers, shown as they are: a block may be open yet.
SOUND = [
    ("python", "def f(n):\n    if n:\n        ‸\n            use(n)\n    return n\n", "while n:", "while n:"),
    ("python", "def f(a):\n    ‸\n\n\nx = 1\n", "for b in a:", "for b in a:"),
    ("go", "package a\n\nfunc f() {\n\t‸\n}\n", "if a == b {", "if a == b {"),
    ("javascript", "function f(a) {\n  return ‸\n}\n", "g(a, {", "g(a, {"),
    ("lua", "function f(a)\n  ‸\nend\n", "if a then", "if a then"),
    ("python", "x = [\n    a,\n    (\n        ‸\n    ),\n]\n", "b\n        and c", "b\n        and c"),
    ("python", "if a:\n    b\nelif (\n        ‸\n):\n    c\n", "d\n        and e", "d\n        and e"),
]


@pytest.mark.parametrize(("language_id", "marked", "answer", "expected"), SOUND)
def test_a_whole_answer_is_shown(language_id: str, marked: str, answer: str, expected: str) -> None:
    request, context = place(language_id, marked)
    assert PROCESSOR.shape(answer, request, context, finished=True).text == expected


def test_code_that_has_errors_elsewhere_is_completed() -> None:
    request, context = place("python", "def f(a):\n    b = (a\n\ndef g(a):\n    ‸\n    return b\n\n\nc = = 1\n")
    assert PROCESSOR.shape("b = a + 1", request, context, finished=True).text == "b = a + 1"


LINES_SO_FAR = [
    ("python", "if a:\n    ‸\n            use(a)\n        elif b:\n            go(a)\n", "for b in a:", False),
    ("python", "if a:\n    ‸\n\n\nx = 1\n", "for b in a:", True),
    ("go", "package a\n\nfunc f() {\n\t‸\n\t\tgo1()\n\t}\n}\n", "if a == b {", True),
    ("java", "class A {\n    void f() {\n        ‸\n            go();\n        }\n    }\n}\n", "b();", False),
    ("javascript", "f(\n  ‸\n);\n", "a,", True),
    # Headers whose blocks have no brackets.
    ("go", "package a\n\nfunc f() {\n\tswitch a {\n\t‸\n\t\tgo1()\n\t}\n}\n", "case b:", True),
    ("c", "void f(int a) {\n    ‸\n        go();\n    end();\n}\n", "if (a)", True),
    ("c", "void f(int a) {\n    ‸\n        go();\n    }\n    end();\n}\n", "b = a;", False),
    # The body begins with a bracket.
    ("typescript", "‸\n  [$brand]: string;\n};\n", "export const $brand", False),
    ("typescript", "‸\n  [$brand]: string;\n};\n", "export type Brand = {", True),
]


@pytest.mark.parametrize(("language_id", "marked", "text", "expected"), LINES_SO_FAR)
def test_whole_lines_of_an_answer_that_goes_on(language_id: str, marked: str, text: str, *, expected: bool) -> None:
    request, context = place(language_id, marked)
    assert PROCESSOR.is_sound_header(text, request, context) is expected


def test_lines_above_a_block_without_its_header_are_a_fragment() -> None:
    request, context = place(
        "python", 'def f(word):\n    """D."""\n\n    ‸\n            if word[1]:\n                return\n'
    )
    for finished, text in ((False, ""), (True, 'vowels = "aeiou"')):
        shaped = PROCESSOR.shape('vowels = "aeiou"\n    for i in range(', request, context, finished=finished)
        assert shaped.text == text, "whole answers are shown as they are"


# A list has each name once: the next line's is not written again.
PARAMETERS = [
    ("python", "def f(\n    a: str,\n    ‸\n    line: int | None = None,\n):\n", "b: int,\n    line: int,", "b: int,"),
    ("python", "f(\n    ‸\n    end='',\n)\n", "sep=' ',\n    end='x',\n    file=a,", "sep=' ',"),
    ("python", "f(\n    ‸\n    end='',\n)\n", "end='x',", ""),
    ("typescript", "function f(\n  ‸\n  b?: string,\n) {}\n", "a: number,\n  b: string | null,", "a: number,"),
    ("kotlin", "f(\n    ‸\n    b = 2,\n)\n", "a = 1,\n    b = 3,", "a = 1,"),
    # Other lists, comparisons and other names.
    ("python", "f(\n    ‸\n    end == '',\n)\n", "a,\n    end == b,", "a,\n    end == b,"),
    ("python", "f(\n    ‸\n    ending='',\n)\n", "a=1,\n    end='x',", "a=1,\n    end='x',"),
    ("javascript", "f({\n  ‸\n  b: 2,\n});\n", "a: 1,\n  b: 3,", "a: 1,\n  b: 3,"),
    # Statements: the next line is behind the list, or the line begins before it.
    ("python", "def f(x):\n    x = g(‸\n    x = h(x)\n    return x\n", "x + 1)", "x + 1)"),
    ("c", "void f(int x) {\n  x = g(‸\n  x = h(x);\n}\n", "x);", "x);"),
    ("python", "x = f(‸\n    x=1,\n)\n", "a=2,", "a=2,"),
    ("python", "f(\n    ‸\n    a=1,\n)\n", "b=g(\n    a=2),\n    c=3,", "b=g(\n    a=2),\n    c=3,"),
    # Arrow functions and conditions.
    ("javascript", "load(\n  ‸\n  res => show(res),\n);\n", "res => res.json(),", "res => res.json(),"),
    ("csharp", "m.ForMember(\n    ‸\n    d => d.B);\n", "d => d.A,", "d => d.A,"),
    ("sql", "SELECT 1 FROM t WHERE (\n  ‸\n  a = 'y'\n);\n", "a = 'x' OR", "a = 'x' OR"),
]


@pytest.mark.parametrize(("language_id", "marked", "answer", "text"), PARAMETERS)
def test_parameters_of_the_next_line(language_id: str, marked: str, answer: str, text: str) -> None:
    request, context = place(language_id, marked)
    assert PROCESSOR.shape(answer, request, context, finished=True).text == text


def test_an_answer_that_is_cut_off_in_a_parameter_list_is_not_shown() -> None:
    request, context = place("python", "class A:\n    ‸\n\n    def g(self):\n        pass\n")
    shaped = PROCESSOR.shape("def f(\n        self,\n        a,", request, context, finished=False)
    assert shaped.reason == FRAGMENT


# A closing bracket without its opener ends what a tree takes for a function; the rest of it belongs to the region.
SURPLUS_CLOSERS = [
    ("rust", "fn f() {\n    let a = 1;\n    ‸\n        go();\n    }\n    let b = 2;\n}\n\nfn g() {\n}\n", "if a {"),
    (
        "java",
        "class A {\n    void f() {\n        ‸\n            go();\n        }\n        b();\n    }\n}\n",
        "if (a) {",
    ),
    ("javascript", "function f(a) {\n  ‸\n    go();\n  }\n  b();\n}\n\nfunction g() {\n}\n", "if (a) {"),
    ("go", "package a\n\nfunc f() {\n\t‸\n\t\tgo1()\n\t}\n\tb()\n}\n\nfunc g() {\n}\n", "if a {"),
]


@pytest.mark.parametrize(("language_id", "marked", "header"), SURPLUS_CLOSERS)
def test_a_missing_header_mends_its_region(language_id: str, marked: str, header: str) -> None:
    request, _ = place(language_id, marked)
    tree = SYNTAX.trees.tree(request.snapshot)
    assert tree is not None
    judge = SYNTAX.judge(request.snapshot, request.point)
    assert judge.mends(header)
    assert judge.after.count("}") >= 2


# The answer goes on behind a blank line up to the bracket that is closed below.
PARAGRAPHS = [
    ("c", "void f(A *t) {\n    if (t) {\n        ‸\n    }\n    end();\n}\n", "a = b(t);\n\n        c(a);\n    }\n", 3),
    ("java", "class A {\n    void f() {\n        ‸\n    }\n}\n", "a = b(t);\n\n        c(a);\n    }\n}\n", 3),
    ("go", "package a\n\nfunc f() {\n\tx()\n\t‸\n}\n", "a := b()\n\n\tc(a)\n}\n", 3),
    ("javascript", "function f() {\n  x();\n  ‸\n}\n", "a = b();\n\n  c(a);\n}\n", 3),
    ("python", "def f():\n    x()\n    ‸\n\n\ny = 1\n", "a = b()\n\n    c(a)\n\n\ny = 1\n", 3),
    # There is more code of the block: the first paragraph.
    ("c", "void f(A *t) {\n    ‸\n    more();\n}\n", "a = b(t);\n\n    c(a);\n}\n", 1),
    ("go", "package a\n\nfunc f() {\n\t‸\n\tmore()\n}\n", "a := b()\n\n\tc(a)\n}\n", 1),
]


@pytest.mark.parametrize(("language_id", "marked", "answer", "lines"), PARAGRAPHS)
def test_paragraphs_up_to_the_end_of_the_block(language_id: str, marked: str, answer: str, lines: int) -> None:
    stop = EarlyStop(at(language_id, marked), crosses_paragraphs=True)
    decision = stop.feed(answer)
    text = decision.text if decision is not None else stop.finish()
    assert text == "\n".join(answer.split("\n")[:lines])


@pytest.mark.parametrize(("trigger", "shown"), [("invoked", "m"), ("automatic", "")])
def test_a_single_character_is_shown_by_hand(trigger: str, shown: str) -> None:
    request, context = place(
        "python", "def f(nums):\n    for num in nums:\n        s += -nu‸\n", by_hand=trigger == "invoked"
    )
    assert PROCESSOR.shape("m", request, context, finished=True).text == shown
