"""When an answer stops being useful while it streams in, and what of it is kept; the same for every way to cut it."""

from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.context.values import CodeContext
from autothink_lsp.stream.early_stop import EarlyStop, StopReason
from autothink_lsp.stream.extent import extent_at
from tests.support.cursor_mark import CURSOR, at

R = StopReason
# language, document, what the model writes, why it is stopped, what is kept
CASES: list[tuple[str, str, str, StopReason | None, str]] = [
    # stop sequences and markers
    ("python", "x = ‸\n", "1<|endoftext|>2", R.STOP_SEQUENCE, "1"),
    ("python", "x = ‸\n", "1<STOP>2", R.STOP_SEQUENCE, "1"),
    ("python", "x = ‸\n", "<think>so", R.STOP_SEQUENCE, ""),
    ("python", "x = ‸\n", "a <| b", None, "a <| b"),
    ("python", "x = ‸\n", "1<|endof", None, "1<|endof"),
    ("python", "M = '<think>'\nx = ‸\n", "'<think>'", None, "'<think>'"),
    # a token in a string that begins like a line above, so that it is held back as a possible repetition
    ("python", '"""doc"""\nx = ‸\n', '"<|a_b|><|c_d|>"\n', R.STATEMENT, '"<|a_b|><|c_d|>"'),
    ("python", '"""doc"""\nx = ‸\n', '"<think>"\n', R.STATEMENT, '"<think>"'),
    ("python", 'x = {\n    "image": "a",\n    "video": ‸\n}\n', '"<|a_b|><|c_d|>"', None, '"<|a_b|><|c_d|>"'),
    # one line
    ("python", "x = foo(‸, b)\n", "a\nc", R.LINE, "a"),
    ("python", "x = foo(‸, b)\n", "\nc", R.LINE, ""),
    ("python", "# sum ‸\n", "of all\n# and", R.LINE, "of all"),
    ("python", "# sum‸\n", "\nx = sum(y)\nz", R.LINE, "\nx = sum(y)"),
    ("python", 'x = "‸"\n', "a\nb", R.LINE, "a"),
    ("python", '"""Sum ‸\n"""\n', "of all.\nMore.", R.LINE, "of all."),
    # a statement
    ("python", "x = ‸\n", "1\ny = 2", R.STATEMENT, "1"),
    ("python", "x = ‸\n", "1 + \\\n    2\ny = 2", R.STATEMENT, "1 + \\\n    2"),
    ("python", "x = foo(‸\n", "a,\n    b)\ny = 2", R.STATEMENT, "a,\n    b)"),
    ("python", "x = ‸\n", "[\n    1,\n    2,\n]\ny = 2", R.STATEMENT, "[\n    1,\n    2,\n]"),
    ("python", "x = ‸\n", '"""\na\n\n\nb\n"""\ny = 2', R.STATEMENT, '"""\na\n\n\nb\n"""'),
    ("python", "foo(\n    a,\n    ‸\n)\n", "b,\n    c,\n)\n", R.CLOSED_BLOCK, "b,\n    c,"),
    ("python", "x = 1‸\n", "\ny = 2\nz = 3", R.STATEMENT, "\ny = 2"),
    ("python", "foo(‸)\n", "a, b)\ny = 2", R.CLOSED_BLOCK, "a, b)"),
    ("python", "foo(‸)\n", "a\ny = 2", R.STATEMENT, "a"),
    ("javascript", "const x = ‸\n", "() => {\n  a();\n};\nb();", R.STATEMENT, "() => {\n  a();\n};"),
    ("javascript", "x = ‸\n", "y  // ends with (\nz", R.STATEMENT, "y  // ends with ("),
    ("javascript", "x = s.replace(‸\n", '/[)]"/, "")\ny', R.STATEMENT, '/[)]"/, "")'),
    ("rust", "let c = ‸\n", "'(';\nlet d", R.STATEMENT, "'(';"),
    ("rust", "fn f<‸\n", "'a>(x: &'a str) -> &'a str {\n    x\n}\nfn", R.STATEMENT,
     "'a>(x: &'a str) -> &'a str {\n    x\n}"),
    ("c", "if (a) b();‸\n", "\nc();\nd();", R.STATEMENT, "\nc();"),
    # a header turns it into a block
    ("python", "def f‸\n", "oo(a):\n    b = a\n    return b\n\n\ndef g():", R.BLANK_LINES,
     "oo(a):\n    b = a\n    return b"),
    ("python", "if a‸\n", ":\n    b\nc", R.DEDENT, ":\n    b"),
    ("python", "if a‸\n    b\n", ":\nc\nd", R.STATEMENT, ":"),
    ("go", "func f() interf‸\n\treturn nil\n}\n", "ace{} {\n\treturn 1\n}", R.STATEMENT, "ace{} {"),
    ("python", "x = foo‸\n    a,\n)\n", "(\n    b,\n)", R.STATEMENT, "("),
    ("ruby", "def f‸\n", "oo(a)\n  a + 1\nend\n\nputs foo(1)", R.BLOCK_END, "oo(a)\n  a + 1\nend"),
    ("go", "func f‸\n", "() {\n\ta()\n}\n\nfunc g()", R.STATEMENT, "() {\n\ta()\n}"),
    ("java", "if (a) ‸\n", "{\n  b();\n} else {\n  c();\n}\nd();", R.STATEMENT, "{\n  b();\n} else {\n  c();\n}"),
    # a block
    ("python", "def f(a):\n    ‸\n", "return a\n\nprint(f(1))", R.DEDENT, "return a"),
    ("python", "def f(a):‸\n", "\n    b = a\n\n    return b\nprint(", R.DEDENT, "\n    b = a\n\n    return b"),
    ("python", "def f(a):\n    ‸\n", "s = '''\nx\n'''\n    return s\nprint(", R.DEDENT,
     "s = '''\nx\n'''\n    return s"),
    ("python", "def f(a):\n    ‸\n", "s = [\n1,\n]\n    return s\nprint(", R.DEDENT, "s = [\n1,\n]\n    return s"),
    # deeper than the complete statement above it, where that is an error
    ("python", "def f(a):\n    ‸\n", "b = a\n        c = b\n", R.INDENT, "b = a"),
    ("python", "def f(a):\n    ‸\n", "b = a\n        # why\n        c = b\n", R.INDENT, "b = a\n        # why"),
    ("python", "def f(a):\n    ‸\n", "b = a\n    # why\n        c = b\n", R.INDENT, "b = a\n    # why"),
    ("python", "def f(a):\n    ‸\n", "if a:\n        c\n            d\n", R.INDENT, "if a:\n        c"),
    ("starlark", "def f(a):\n    ‸\n", "b = a\n        c = b\n", R.INDENT, "b = a"),
    ("python", "def f(a):\n    ‸\n", "b = a + \\\n        c\n", None, "b = a + \\\n        c\n"),
    ("python", "def f(a):\n    ‸\n", "b = g(\n        a)\n    c\n", None, "b = g(\n        a)\n    c\n"),
    ("python", "def f(a):\n    ‸\n", 's = """\n        a"""\n', None, 's = """\n        a"""\n'),
    ("python", "x = [\n    ‸\n", "a,\n        b,\n", None, "a,\n        b,\n"),
    ("python", "def f(a):\n    ‸\n", "    b = a\n        c = b\n", None, "    b = a\n        c = b\n"),  # shifted
    ("python", "def f(a):\n    ‸\n", "s = g(\na)\n    return s\n        b", R.INDENT, "s = g(\na)\n    return s"),
    ("python", "x = g(\na‸\n", ")\n", R.STATEMENT, ")"),
    ("javascript", "function f() {\n  ‸\n}\n", "a\n    .b()\n", None, "a\n    .b()\n"),
    ("javascript", "function f() {\n  ‸\n}\n", "return 1;\n}\n\nf();", R.CLOSED_BLOCK, "return 1;"),
    ("javascript", "function f() {\n  ‸\n", "return 1;\n}\n\nf();", R.BLOCK_END, "return 1;\n}"),
    ("javascript", "function f() {‸}\n", "\n  return 1;\n}\nf();", R.CLOSED_BLOCK, "\n  return 1;"),
    ("javascript", "function f() {‸}\n", "\nfunction g() {\n", R.DEDENT, ""),
    ("javascript", "f(‸);\n", "\n  a,\n  b,\n);\ng();", R.CLOSED_BLOCK, "\n  a,\n  b,"),
    ("javascript", "f(‸);\n", "a,\n  b);\n", R.CLOSED_BLOCK, "a,\n  b);"),
    ("javascript", "f(‸);\n", "a,\n  b\n);\n", R.CLOSED_BLOCK, "a,\n  b"),
    ("javascript", "f(‸);\n", "a,\n  b\n  c\n", R.STATEMENT, "a,\n  b"),
    ("python", "x = f(‸)\n", "\n    a,\n    b)\ny = 1", R.CLOSED_BLOCK, "\n    a,\n    b)"),
    ("go", "\tswitch x {‸}\n", "\n\tcase 1:\n\t\treturn\n\t}\n", R.CLOSED_BLOCK, "\n\tcase 1:\n\t\treturn"),
    ("javascript", "if (a) {\n  ‸\n  d();\n}\n", "b();\n} else {\n  c();\n  d();\n}", R.SUFFIX,
     "b();\n} else {\n  c();"),
    ("javascript", "f(() => {\n  ‸\n", "a();\n});\nb();", R.BLOCK_END, "a();\n});"),
    ("java", "int f() {\n    a();\n    ‸\n", "    b();\n    c();\n}\n", R.BLOCK_END, "    b();\n    c();\n}"),
    ("ruby", "def f\n  ‸\nend\n", "a\nend\n\nf", R.DEDENT, "a"),
    ("ruby", "def f\n  ‸\n", "a\nend\n\nf", R.BLOCK_END, "a\nend"),
    ("ruby", "def f\n  ‸\n", "a\nputs f", R.DEDENT, "a"),
    ("lua", "local function f()\n  ‸\n", "return 1\nend\nprint(f())", R.BLOCK_END, "return 1\nend"),
    ("shellscript", "if a; then\n  ‸\n", "b\nfi\nc", R.BLOCK_END, "b\nfi"),
    ("go", "func f() {\n\tif a {\n\t\t‸\n\t}\n}\n", "b()\n\t}\n\tc()", R.CLOSED_BLOCK, "b()"),
    ("c", "int f(void)\n{\n    ‸\n", "return 1;\n}\nint g", R.BLOCK_END, "return 1;\n}"),
    ("go", "func f() {\n\t‸\n}\n", "}\n}", R.CLOSED_BLOCK, ""),
    ("c", "    for (;;)\n    {\n    ‸\n", "if (a) b();\n    c();\n    }\n", R.BLOCK_END,
     "if (a) b();\n    c();\n    }"),
    ("c", "f() {\n  ‸\n  }\n  b();\n}\n", "if (a) {\n    c();\n  }\n  b();", R.SUFFIX, "if (a) {\n    c();"),
    ("python", "if a‸\n", ":  # note\n    b\nc", R.DEDENT, ":  # note\n    b"),
    ("python", "def f‸\n", "():\n" + "    a = 1\n    b = 2\n\n" * 7, R.LOOP, "():\n    a = 1\n    b = 2"),
    ("python", "def f‸\n", "():" + "".join(f"\n    x{n} = {n}" for n in range(15)) + "\ny", R.DEDENT,
     "():" + "".join(f"\n    x{n} = {n}" for n in range(15))),
    # some lines
    ("python", "a = 1\n‸\n", "b = 2\nc = 3\n\nd = 4", R.PARAGRAPH, "b = 2\nc = 3"),
    ("python", "a = 1\n‸\n", "def f():\n    x\n\n    y\n\ndef g():", R.PARAGRAPH, "def f():\n    x\n\n    y"),
    ("python", "class A:\n    a = 1\n\n    ‸\n", "def f(self):\n        x\n\nb = 1", R.PARAGRAPH,
     "def f(self):\n        x"),
    ("python", "if a:\n    b\n    ‸\n", "c\nd", R.DEDENT, "c"),
    ("python", "if a:\n    b\n‸\n", "    c\n    d\ne", R.DEDENT, "    c\n    d"),
    ("yaml", "a:\n  b: 1\n  ‸\n", "c: 2\nd: 3", R.DEDENT, "c: 2"),
    ("python", "a = 1\n‸\n", "\n\n\n\n\nb", R.BLANK_LINES, ""),
    ("python", '"""\n‸\n"""\n', "a\nb\nc\nd", R.MAX_LINES, "a\nb\nc"),
    ("python", "a = 1\n‸\n", "".join(f"x{n} = {n}\n" for n in range(20)), R.MAX_LINES,
     "\n".join(f"x{n} = {n}" for n in range(8))),
    # the text below
    ("python", "    ‸\n    return x\n", "x = 1\n    return x\n", R.SUFFIX, "x = 1"),
    ("python", "    ‸\n    return x\n", "if y:\n        return x\n    z", None, "if y:\n        return x\n    z"),
    ("python", "    return ‸\n    return x\n", "x\n", R.SUFFIX, ""),
    ("python", "‸    return x\n", "    x = 1\n    return x\n", R.SUFFIX, "    x = 1\n"),
    ("python", "    ‸return x\n", "x = 1\n    y = 2\n    return x\n", R.SUFFIX, "x = 1\n    y = 2\n    "),
    ("python", "if a:\n    ‸\nelse:\n    b\n", "c\nelse:\n", R.DEDENT, "c"),
    ("c", "int f() {\n  ‸\n    a();\n  }\n}\n", "if (b) {\n    a();\n  }\n}", R.SUFFIX, "if (b) {"),
    # loops
    ("python", "a = 1\n‸\n", "b()\nb()\nb()\nb()\n", R.LOOP, "b()"),
    ("python", "a = 1\n‸\n", "b()\nc()\nd()\nb()\nc()\nd()\n", R.LOOP, "b()\nc()\nd()"),
    ("python", "x = [‸\n", "0, 1, " * 30, R.LOOP, ""),
    # carriage returns are no text
    ("python", "x = ‸\n", "1\r\ny", R.STATEMENT, "1"),
]  # fmt: skip


def stop(context: CodeContext, pieces: list[str]) -> EarlyStop:
    early = EarlyStop(context, stops=("<STOP>",))
    for piece in pieces:
        if early.feed(piece):
            break
    return early


@pytest.mark.parametrize(("language_id", "document", "written", "reason", "kept"), CASES)
def test_a_stream_stops_for_its_reason(
    language_id: str, document: str, written: str, reason: StopReason | None, kept: str
) -> None:
    early = stop(at(language_id, document), [written])
    assert (early.decision and early.decision.reason, early.finish()) == (reason, kept)


@pytest.mark.parametrize(("language_id", "document", "written", "reason", "kept"), CASES)
def test_character_by_character_is_the_same(
    language_id: str, document: str, written: str, reason: StopReason | None, kept: str
) -> None:
    early = stop(at(language_id, document), list(written))
    assert (early.decision and early.decision.reason, early.finish()) == (reason, kept)


@given(st.data())
def test_every_way_to_cut_the_stream_is_the_same(data: st.DataObject) -> None:
    pieces = st.sampled_from(
        ["a", "b = 1", "(", ")", "{", "}", "\n", "\n\n", "    ", "end", "'", '"', "<STOP>", "<ST", "<|", ":", "#"]
    )
    written = data.draw(st.lists(pieces, max_size=30).map("".join))
    document = data.draw(st.sampled_from(sorted({case[1] for case in CASES})))
    language_id = data.draw(st.sampled_from(["python", "javascript", "ruby", "klingon"]))
    context = at(language_id, document)
    whole = stop(context, [written])
    cuts = sorted(data.draw(st.sets(st.integers(0, len(written)))) | {0, len(written)})
    parts = stop(context, [written[a:b] for a, b in pairwise(cuts)])
    assert parts.decision == whole.decision
    assert parts.finish() == whole.finish()
    if not whole.extent.above:
        assert written.startswith(whole.text)


class OneByOne(EarlyStop):
    """Reads no character of a run together with others."""

    def _plain_until(self, delta: str, at: int) -> int:
        return at


@given(st.data())
def test_a_run_of_characters_is_read_as_each_of_them(data: st.DataObject) -> None:
    words = ["a", "value = 1", "ab" * 20, "\n", "\n\n", "    ", "end", "<STOP>", "<|", "\r"]
    pieces = st.sampled_from([*words, *"(){}#'", '"'])
    written = data.draw(st.lists(pieces, max_size=30).map("".join))
    document = data.draw(st.sampled_from(sorted({case[1] for case in CASES})))
    language_id = data.draw(st.sampled_from(["python", "javascript", "ruby", "lua", "klingon"]))
    context = at(language_id, document)
    one_by_one, whole = OneByOne(context, stops=("<STOP>", "fim")), EarlyStop(context, stops=("<STOP>", "fim"))
    one_by_one.feed(written)
    whole.feed(written)
    assert whole.decision == one_by_one.decision
    assert whole.finish() == one_by_one.finish()


@pytest.mark.parametrize("written", [case[2] for case in CASES])
@pytest.mark.parametrize("language_id", ["python", "ruby"])
def test_a_known_answer_is_read_as_each_of_its_characters(language_id: str, written: str) -> None:
    context = at(language_id, "def f():\n    x = ‸\n    return x\n")
    one_by_one, whole = OneByOne(context), EarlyStop(context)
    one_by_one.feed(written)
    whole.feed(written)
    assert (whole.decision, whole.finish()) == (one_by_one.decision, one_by_one.finish())


def test_stops_at_the_first_character_that_tells() -> None:
    context = at("python", "def f():\n    ‸\n")
    early = EarlyStop(context)
    assert early.feed("return 1\n\n") is None
    assert early.feed("p") is not None


def test_nothing_changes_after_the_decision() -> None:
    early = EarlyStop(at("python", "x = ‸\n"))
    decision = early.feed("1\n2\n")
    assert early.feed("3\n") is decision
    assert early.text == early.finish() == "1"


def test_what_may_become_a_stop_sequence_is_held_back() -> None:
    early = EarlyStop(at("python", "x = ‸\n"), stops=("<STOP>",))
    early.feed("a <ST")
    assert early.text == "a "
    assert early.finish() == "a <ST"


def test_the_caller_may_ask_for_one_line_or_for_more() -> None:
    context = at("python", "def f():\n    ‸\n")
    one = EarlyStop(context, extent_at(context, single_line=True))
    one.feed("a\n    b\n")
    assert one.text == "a"
    more = EarlyStop(context, evolve(extent_at(context), max_lines=2))
    more.feed("a\n    b\n    c\n")
    assert more.text == "a\n    b"


def test_a_document_without_an_end_is_no_trouble() -> None:
    assert stop(at("python", CURSOR), ["x = 1\n\n\ny"]).text == "x = 1"


def test_a_long_answer_costs_a_step_per_character(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = 0

    def count(line: str) -> None:
        nonlocal looked_at
        looked_at += len(line[-400:])

    monkeypatch.setattr("autothink_lsp.stream.early_stop.character_loop", count)
    context = at("python", "x = ‸\n")
    for length in (5_000, 10_000):
        looked_at = 0
        EarlyStop(context).feed("".join(chr(97 + n * n % 25) for n in range(length)))
        assert looked_at <= 26 * length


# The code below holds the closer of the block that the answer begins, and the answer ends with it, without a line end.
ENDS_BELOW = {
    "TypeScript": ("typescript", "function f() {\n  ‸\n  }\n  c();\n}\n", "if (a) {\n    b();", "\n  }"),
    "a method": ("typescript", "class A {\n  ‸\n  }\n\n  h() {\n    c();\n  }\n}\n", "g() {\n    b();", "\n  }"),
    "Go imports": ("go", "package a\n\n‸\n)\n\nfunc f() {}\n", 'import (\n\t"fmt"', "\n)"),
    "Kotlin": ("kotlin", "fun f() {\n    ‸\n    }\n}\n", "if (a) {\n        b()", "\n    }"),
    "Lua": ("lua", "‸\nend\n", "function f()\n  b()", "\nend"),
}


@pytest.mark.parametrize("name", ENDS_BELOW)
def test_the_closer_below_is_not_repeated_at_the_end(name: str) -> None:
    language, document, kept, closer = ENDS_BELOW[name]
    for end in (closer, closer + "\n"):
        stop = EarlyStop(at(language, document))
        decision = stop.feed(kept + end)
        assert (decision.text if decision else stop.finish(by_model=True)) == kept


def test_the_closer_of_the_answers_own_block_stays() -> None:
    stop = EarlyStop(at("typescript", "function f() {\n  ‸\n}\n"))
    assert stop.feed("if (a) {\n    b();\n  }") is None
    assert stop.finish(by_model=True) == "if (a) {\n    b();\n  }"
