"""What is kept of an answer while it arrives, in odd places, and where the tree cannot judge."""

from __future__ import annotations

import pytest

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.syntax.cut import Cut, CutJudge, Finish
from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.holes import Extent
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point

REGISTRY, GRAMMARS = LanguageRegistry(), Grammars()


def judge(hole: str, language_id: str = "python") -> CutJudge:
    before, after = hole.split("‸")
    language = REGISTRY.by_language_id(language_id)
    return CutJudge(language, GRAMMARS.load(language), before, after)


def cut(hole: str, answer: str, finish: Finish | None = "length", language_id: str = "python") -> Cut:
    return judge(hole, language_id).cut(answer, finish)


BODY = "def total(items):\n    result = 0\n    ‸\n    return result\n"


@pytest.mark.parametrize(
    ("arrived", "text", "complete", "settled"),
    [
        ("for item", "for item", False, False),
        ("for item in items:", "for item in items:", False, False),
        ("for item in items:\n", "for item in items:", False, False),
        ("for item in items:\n        result += it", "for item in items:", False, False),
        ("for item in items:\n        result += item\n", "for item in items:\n        result += item", False, False),
        (
            "for item in items:\n        result += item\n    pri",
            "for item in items:\n        result += item",
            False,
            False,
        ),
        (
            "for item in items:\n        result += item\n    print(",
            "for item in items:\n        result += item",
            True,
            False,
        ),
        (
            "for item in items:\n        result += item\n    return result\n",
            "for item in items:\n        result += item",
            True,
            True,
        ),
    ],
)
def test_an_answer_that_arrives(arrived: str, text: str, complete: bool, settled: bool):
    found = cut(BODY, arrived, finish=None)
    assert (found.text, found.complete, found.settled) == (text, complete, settled)


def test_asking_again_for_each_line_parses_each_text_once():
    asked = judge(BODY)
    parsed: list[str] = []
    grammar = asked.grammar
    assert grammar is not None
    parse = grammar.parse_source
    grammar.parse_source = lambda source, **limits: parsed.append(source) or parse(source, **limits)  # type: ignore[method-assign]
    try:
        for end in range(1, 60):
            asked.cut("for item in items:\n        result += item\n    print(result)\n"[:end], None)
    finally:
        del grammar.parse_source
    lines_and_part_lines = len("for item in items:") + 3
    assert len(parsed) <= lines_and_part_lines + 2


@pytest.mark.parametrize(
    ("finish", "text"),
    [
        ("stop", "count = 1\n    result = cou"),  # the model meant to end there
        ("length", "count = 1"),  # it was cut off in the middle of the second line
        (None, "count = 1"),
    ],
)
def test_how_the_answer_ended_says_what_its_last_line_is_worth(finish: Finish | None, text: str):
    assert cut("def f():\n    ‸\n", "count = 1\n    result = cou", finish).text == text


def test_what_a_model_ends_by_itself_may_be_several_statements():
    answer = "count = 1\n    size = 2"
    assert cut(BODY, answer, "stop").text == answer
    assert cut(BODY, answer + "\n    print(size)\n", "length").text == "count = 1"


@pytest.mark.parametrize("answer", ["", "\n", "   ", "\n\n  \n"])
def test_a_blank_answer(answer: str):
    assert cut(BODY, answer) == Cut(0, "", "blank")


def test_nothing_is_kept_that_is_outside_of_the_block():
    found = cut("if x:\n    ‸\nelse:\n    y()\n", "\nprint(1)\nprint(2)\n")
    assert (found.lines, found.text, found.reason) == (0, "", "left_block")


def test_nothing_is_kept_that_is_there_already():
    found = cut("def f():\n    ‸\n    x = 1\n    return x\n", "x = 1\n    return x\n\nprint(1)\n")
    assert (found.lines, found.text, found.reason) == (0, "", "suffix_reached")


@pytest.mark.parametrize(
    ("hole", "answer", "text"),
    [
        ("f(‸)\n", "a, b)\ng()\n", "a, b"),
        ("f(‸)\n", "g(1))\n", "g(1)"),  # only the last bracket is there already
        ("f(‸)\n", "g(1)\n", "g(1)"),
        ("x = [‸]\n", "[1], [2]]\n", "[1], [2]"),
        ("x = ‸ + 1\n", "y + 1\nz = 2\n", "y"),
        ("print(‸, end='')\n", "f'{x}', end='')\n", "f'{x}'"),
        ("f(‸)\n", "\n    a,\n    b,\n)\n", "\n    a,\n    b,"),
        ("f(‸)\n", "\n    a,\n    g(1))\n", "\n    a,\n    g(1)"),
        ("f(‸)\n", "\n    a,\n    b,\ng(1)\n", "\n    a,\n    b,"),
    ],
)
def test_what_stands_behind_the_cursor_is_not_said_twice(hole: str, answer: str, text: str):
    assert cut(hole, answer, "stop").text == text


@pytest.mark.parametrize(
    ("hole", "answer", "text"),
    [
        ("def f():\n‸    return x\n", "    x = 1\n    return x\n", "    x = 1\n"),
        ("def f():\n    ‸return x\n", "x = 1\n    return x\n", "x = 1\n    "),
        ("def f():\n    ‸g()\n", "await g()\n", "await "),
        ("def f():\n    ‸g()\n", "await ", "await "),
    ],
)
def test_lines_and_words_before_the_code_on_the_cursor_s_line(hole: str, answer: str, text: str):
    assert cut(hole, answer).text == text


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("for a in x:\n        use(1)\n        log(1)\n    g()\n", "for a in x:\n        use(1)\n        log(1)"),
        (
            "for b in y:\n        log(2)\n    for b in y:\n        use(1)\n        log(1)\n",
            "for b in y:\n        log(2)",
        ),
        ("x = 1\n    y = 2\n\n    return x\n", "x = 1\n    y = 2"),
    ],
    ids=["a similar block is not the next one", "the whole next one is", "a line of it was skipped"],
)
def test_code_that_resembles_what_follows(answer: str, text: str):
    found = cut("def f():\n    ‸\n    for b in y:\n        use(1)\n        log(1)\n\n    return x\n", answer)
    assert found.text == text


def test_one_line_far_below_is_no_sign_of_the_suffix():
    below = "".join(f"    {name}()\n" for name in ("aa", "bb", "cc", "dd", "ee", "ff", "gg"))
    assert cut(f"def f():\n    ‸\n{below}", "x = 1\n    y = 2\n    ee()\n    z = 3\n").text == "x = 1"


BROKEN = "def broken(a:\n    x = (1,\n    return [\n\n"


def test_a_region_that_is_broken_before_is_judged_by_text():
    answer = "for item in items:\n        result += item\n    print(result)\n"
    found = cut(BROKEN + BODY, answer)
    assert found.text == "for item in items:\n        result += item"
    assert found.reason == "no_syntax:statement"
    assert found.errors_after is None


def test_a_region_that_is_broken_below_is_still_judged_by_the_tree():
    found = cut(BODY + "\n" + BROKEN, "for item in items:\n        result += item\n    print(result)\n")
    assert found.reason == "statement"
    assert found.errors_before == found.errors_after != 0


def test_lines_that_break_the_code_are_left_out_at_the_end():
    found = cut("def f():\n    ‸\n", "x = 1\n    y = ((2\n    z = 3\n", "length")
    assert (found.text, found.errors_after) == ("x = 1", 0)


@pytest.mark.parametrize("statement", ["x = = 1", "x = 1 2", "return = 3"])
def test_what_does_not_parse_is_no_whole(statement: str):
    for after in ("\n\n\ng()\n", "\n"):
        found = cut(f"def f():\n    ‸{after}", f"{statement}\n\ng()\n")
        assert (found.text, found.complete, found.settled) == (statement, False, False)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("x = 1\n        y = 2", "x = 1"),
        ("if a:\n        x = 1\n      y = 2", "if a:\n        x = 1"),
        ("x = (\n            1,\n      2,\n    )", "x = (\n            1,\n      2,\n    )"),
    ],
    ids=["deeper without an opener", "a dedent to nowhere", "inside brackets indentation is free"],
)
def test_indentation_that_the_compiler_refuses(answer: str, text: str):
    assert cut("def f():\n    ‸\n", answer, "stop").text == text


def test_a_header_without_its_body_counts_as_an_error():
    """The grammar lets it pass, the compiler does not."""
    found = cut("def f():\n    ‸\n", "x = 1\n    for y in z:\n", "stop")
    assert (found.text, found.errors_after) == ("x = 1", 0)


def test_a_language_without_grammar_is_cut_by_text():
    found = CutJudge(None, None, "begin\n  ", "\nend\n").cut("one\n  two\nmore\n")
    assert (found.text, found.reason) == ("one\n  two", "no_syntax:block")


@pytest.mark.parametrize(
    ("language_id", "hole", "answer"),
    [
        ("php", "‸", "<p>\n<?php\n"),
        ("html", "<scr‸", 'ipt src="x">\n</script>\n'),
        ("json", "‸", '{"a": 1}\n{"b"'),
        ("yaml", "a:\n  - ‸\n", "b: [\n"),
        ("sql", "‸", "SELECT '\n"),
        ("python", "‸", "\ud800 = '😀\n\u2028\n"),
        ("python", "x = '''\n‸\n'''\n", "text\nmore text\n"),
        ("bash", "cat <<EOF\n‸\nEOF\n", "text\nmore\n"),
        ("c", "#define A ‸\n", "1 \\\n  + 2\nint x;\n"),
        ("zig", "{‸", "}}}}\n"),
    ],
)
def test_odd_holes_give_a_part_of_the_answer(language_id: str, hole: str, answer: str):
    finishes: tuple[Finish | None, ...] = ("stop", "length", None)
    for finish in finishes:
        found = cut(hole, answer, finish, language_id)
        assert answer.startswith(found.text.rstrip())
        assert found.text.count("\n") <= answer.count("\n") + 1
        assert found.lines <= len(answer.split("\n"))


def test_a_tree_is_parsed_only_where_it_is_likely_to_be_cheap():
    syntax, store = Syntax(REGISTRY, GRAMMARS), DocumentStore()
    store.subscribe(syntax.trees)
    small, large = store.open("a.py", "python", 1, "x = 1\n"), store.open("b.py", "python", 1, "x = 1\n" * 50_000)
    assert syntax.tree_within(small, 5) is not None
    assert syntax.tree_within(large, 5) is None
    assert syntax.trees.tree(large) is syntax.tree_within(large, 0)


def test_the_front_door_judges_a_place_of_a_document():
    syntax, store = Syntax(REGISTRY, GRAMMARS), DocumentStore()
    store.subscribe(syntax.trees)
    text = "import os\n\n\n" + BODY.replace("‸", "") + "\n\ndef other():\n    pass\n"
    snapshot = store.open("file:///a.py", "plaintext", 1, text.replace("\n", "\r\n"))
    found = syntax.judge(snapshot, Point(5, 4)).cut("for item in items:\n        result += item\n    print(result)\n")
    assert found.text == "for item in items:\n        result += item"
    assert (found.errors_before, found.errors_after) == (None, 0)
    assert syntax.judge(store.open("file:///a.unknown", "x", 1, "a\n"), Point(0, 1)).cut("b\nc\n").text == "b"


def test_the_extent_of_the_stream_ends_the_cut_at_the_line():
    text = "y = 1\nz = 2\n"
    hole = judge("def f():\n    # the ‸\n    return 1\n")
    found = hole.cut(text, streamed=Extent.REST_OF_LINE)
    assert (found.text, found.reason) == ("y = 1", "rest_of_line")
    assert hole.cut(text).reason != "rest_of_line"
    assert hole.cut("\n" + text, streamed=Extent.REST_OF_LINE).reason != "rest_of_line"
    assert hole.cut(text, streamed=Extent.LINES) == hole.cut(text)
