"""A region stands on its own, is small, and costs the same in every file."""

from __future__ import annotations

from pathlib import Path

import pytest

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.document.text import Text
from autothink_lsp.syntax.health import error_count
from autothink_lsp.syntax.language_style import UNKNOWN_LANGUAGE
from autothink_lsp.syntax.region import Region, choose_region
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point

SYNTAX = Syntax()
GRAMMARS = Path(__file__).resolve().parents[3] / "grammars"
CURSOR = "‸"


def region_of(language_id: str, marked: str, *, max_lines: int = 400, with_tree: bool = False) -> Region:
    before, _, after = marked.partition(CURSOR)
    language = SYNTAX.registry.by_language_id(language_id)
    syntax, store = Syntax(SYNTAX.registry, SYNTAX.grammars), DocumentStore()
    store.subscribe(syntax.trees)
    snapshot = store.open("untitled:a", language_id, 1, before + after)
    point = snapshot.text.place_at_offset(len(before)).point
    tree = syntax.trees.tree(snapshot) if with_tree else None
    return choose_region(
        snapshot.text, point, language.style if language else UNKNOWN_LANGUAGE, tree, max_lines=max_lines
    )


def errors(language_id: str, region: Region) -> int | None:
    return error_count(SYNTAX.grammars.load(SYNTAX.registry.by_language_id(language_id)), region.before + region.after)


PYTHON = """\
import os

def first():
    return 1

def second(a):
    x = ‸1

    return x

def third():
    return 3

def fourth():
    return 4
"""


@pytest.mark.parametrize("with_tree", [False, True], ids=["by indentation", "by the tree"])
def test_the_piece_around_the_cursor_and_the_next(with_tree: bool):
    region = region_of("python", PYTHON, with_tree=with_tree)
    assert region.before == "def second(a):\n    x = "
    assert region.after.rstrip() == "1\n\n    return x\n\ndef third():\n    return 3"
    assert region.self_contained


def test_a_blank_line_between_pieces_belongs_to_the_one_above():
    region = region_of("python", "def a():\n    pass\n\n‸\n\ndef b():\n    pass\n\nc = 1\n")
    assert region.before == "def a():\n    pass\n\n"
    assert region.after.rstrip() == "\n\ndef b():\n    pass"


LONG_CLASS = "class A:\n" + "".join(f"    def m{i}(self):\n        x = {i}\n        return x\n\n" for i in range(100))


def test_of_a_long_class_the_header_and_two_members():
    region = region_of("python", LONG_CLASS.replace("x = 50", "x = ‸50"), max_lines=20)
    assert region.before == "class A:\n    def m50(self):\n        x = "
    assert region.after.rstrip().endswith("def m51(self):\n        x = 51\n        return x")
    assert (region.first_line, region.self_contained, errors("python", region)) == (201, True, 0)


def csharp_class(members: int) -> str:
    body = "".join(
        f"        int M{i}(\n            int x)\n        {{\n            return {i};\n        }}\n\n"
        for i in range(members)
    )
    return "namespace N\n{\n    class A\n    {\n" + body + "    }\n}\n"


def test_the_lines_that_open_outer_levels_come_with_their_headers_and_are_closed():
    region = region_of("csharp", csharp_class(60).replace("return 30", "return ‸30"), max_lines=20)
    assert region.before.startswith("namespace N\n{\n    class A\n    {\n        int M30(")
    assert region.after.endswith("    }\n}")
    assert errors("csharp", region) == 0


def test_an_outer_level_that_is_closed_by_a_word():
    methods = "".join(f"  def m{i}\n    {i}\n  end\n\n" for i in range(60))
    region = region_of("ruby", f"class A\n{methods}end\n".replace("    30\n", "    ‸30\n"), max_lines=12)
    assert region.before == "class A\n  def m30\n    "
    assert region.after.endswith("end")
    assert errors("ruby", region) == 0


def test_an_outer_level_without_an_end_is_closed_where_a_bracket_opened_it():
    methods = "".join(f"  m{i}() {{\n    return {i};\n  }}\n\n" for i in range(60))
    region = region_of("javascript", "class A {\n" + methods.replace("return 30", "return ‸30"), max_lines=12)
    assert region.after.endswith("\n}")
    assert errors("javascript", region) == 0


def test_a_comment_is_not_cut_in_two():
    comment = "/*\nOne\n\nTwo ‸\n\nThree\n*/\n"
    region = region_of("go", "package a\n\n" + comment + "func f() {}\n")
    assert region.before.startswith("/*\nOne")
    assert "*/\nfunc f() {}" in region.after


def test_a_comment_inside_a_long_class_is_not_cut_in_two():
    members = "".join(
        f"  /**\n  About {i}.\n\n  More on {i}.\n  */\n  m{i}() {{\n    return {i};\n  }}\n\n" for i in range(40)
    )
    region = region_of("javascript", "class A {\n" + members.replace("on 20", "on ‸20") + "}\n", max_lines=30)
    assert region.before == "class A {\n  /**\n  About 20.\n\n  More on "
    assert errors("javascript", region) == 0


def test_commented_out_code_opens_nothing():
    members = "".join(f"  def m{i} = {{\n    {i}\n  }}\n\n" for i in range(40))
    region = region_of(
        "scala", "class A {\n//  def old = {\n" + members.replace("    20", "    ‸20") + "}\n", max_lines=15
    )
    assert region.before == "class A {\n  def m20 = {\n    "


def test_preprocessor_lines_open_nothing():
    lines = "".join(f"    int x{i} = {i};\n" for i in range(60))
    region = region_of("c", "int f(void)\n{\n#ifdef A\n" + lines.replace("= 30", "= ‸30") + "#endif\n}\n", max_lines=20)
    assert not region.before.startswith("#ifdef")


def test_a_flat_file_gives_a_plain_window():
    text = "".join(f"    {i},\n" for i in range(2_000))
    region = region_of("python", "data = [\n" + text.replace(" 1000,", " ‸1000,") + "]\n", max_lines=50)
    assert not region.self_contained
    assert (region.before + region.after).count("\n") <= 50


def test_line_ends_are_newlines_whatever_the_document_has():
    region = region_of("python", "def a():\r\n    x = ‸1\r\n    return x\r\n")
    assert (region.before, region.after) == ("def a():\n    x = ", "1\n    return x\n")


def test_very_long_lines_give_a_narrow_window():
    text = Text.from_str("a = 1\r\nx = [" + "1, " * 2_000_000 + "]\r\nb = 2\r\n")
    language = SYNTAX.registry.by_language_id("python")
    assert language is not None
    for column in (0, 3_000_000, 6_000_005):
        region = choose_region(text, Point(1, column), language.style)
        assert not region.self_contained
        assert 0 < len(region.before + region.after) <= 60_000
        assert "\r" not in region.before + region.after
    assert region.before.endswith("1, ")
    assert (region.first_line, region.stop_line) == (1, 4)


def test_long_lines_are_not_even_fetched(monkeypatch: pytest.MonkeyPatch):
    text = Text.from_str("x = [" + "1, " * 2_000_000 + "]\n")
    monkeypatch.setattr(Text, "lines", lambda *_: pytest.fail("all of a very long line was read"))
    assert not choose_region(text, Point(0, 9), UNKNOWN_LANGUAGE).self_contained


def test_many_long_lines_are_no_region():
    region = region_of("python", "def f():\n" + f"    x = '{'y' * 5_000}'\n" * 50 + "    ‸\n")
    assert not region.self_contained
    assert len(region.before) <= 30_000


@pytest.mark.parametrize("text", ["", "\n\n\n", "   ", "}\n}\n", "\0\0", "else:\n", "\ud800"])
@pytest.mark.parametrize("language_id", ["python", "go", "html", "yaml", "plaintext"])
def test_odd_texts(language_id: str, text: str):
    document = Text.from_str(text)
    language = SYNTAX.registry.by_language_id(language_id)
    for line in range(-1, 5):
        region = choose_region(document, Point(line, 3), language.style if language else UNKNOWN_LANGUAGE)
        assert region.before + region.after == text


WITH_GRAMMAR = [language for language in SYNTAX.registry.all() if language.has_grammar]


@pytest.mark.parametrize("language", WITH_GRAMMAR, ids=lambda language: language.name)
def test_every_place_of_the_samples(language):
    """No place may give a region that does not hold it, and nearly every region parses about as well as the sample.

    A bracket may be missing: a namespace whose content is not indented is cut apart.
    """
    (path,) = (GRAMMARS / language.name).glob("sample.*")
    text = Text.from_str(path.read_text(encoding="utf-8"))
    broken = 0
    for row in range(text.line_count):
        point = Point(row, len(text.line(row)))
        region = choose_region(text, point, language.style, max_lines=20)
        assert region.before.endswith(text.line(row))
        assert region.first_line <= row < region.stop_line
        broken += region.self_contained and (errors(language.language_ids[0], region) or 0) > 2
    assert broken <= text.line_count * 0.1


def test_the_work_does_not_grow_with_the_file(monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []
    lines = Text.lines
    monkeypatch.setattr(Text, "lines", lambda self, a, b: asked.append(b - a) or lines(self, a, b))
    counts = []
    for methods in (300, 3_000):
        asked.clear()
        text = Text.from_str("class A:\n" + "    def m(self):\n        return 1\n\n" * methods)
        language = SYNTAX.registry.by_language_id("python")
        assert language is not None
        choose_region(text, Point(methods, 0), language.style)
        counts.append(sum(asked))
    assert counts[1] <= 3 * 3_000 + 1_000


@pytest.mark.parametrize("text", ["x = 1‸", "x = 1;  ‸", "‸", "   ‸", "def f():\n    x\n    ‸"])
def test_behind_the_last_node_of_a_tree(text: str) -> None:
    """tree-sitter's own search for a child ends the process there."""
    before = text.replace(CURSOR, "")
    assert region_of("python", text, with_tree=True).before.endswith(before.rpartition("\n")[2])


@pytest.mark.parametrize("brackets", [5, 20_000])
def test_a_tree_that_ends_before_the_cursor(brackets: int) -> None:
    """py-tree-sitter 0.26 kills the process when its node for a byte behind the last child is asked for anything."""
    region = region_of("python", "(" * brackets + f"\nx = {CURSOR}\n", with_tree=True)
    assert region.before.endswith("x = ")
