"""What a user does and what he would expect next, in many languages. The real service; no model. The tables of the
situations stand beside this file."""

from __future__ import annotations

import pytest

from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.features.next_edit.proposal import RuleContext
from autothink_lsp.features.next_edit.rules import declared_names
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Position, Range
from tests.support.next_edit_session import NextEditSession, shown_after
from tests.unit.features.next_edit.situations_by_language import BY_LANGUAGE
from tests.unit.features.next_edit.situations_of_docs import OF_DOCS
from tests.unit.features.next_edit.situations_of_fields import OF_FIELDS
from tests.unit.features.next_edit.situations_of_lines import OF_LINES
from tests.unit.features.next_edit.situations_of_names import OF_NAMES
from tests.unit.features.next_edit.situations_of_other_meanings import OF_OTHER_MEANINGS
from tests.unit.features.next_edit.situations_of_parameters import OF_PARAMETERS
from tests.unit.features.next_edit.situations_of_text import OF_TEXT

SYNTAX = Syntax()
TABLES = (OF_NAMES, OF_LINES, OF_TEXT, OF_DOCS, OF_PARAMETERS, OF_FIELDS, OF_OTHER_MEANINGS)
SITUATIONS = {name: situation for table in TABLES for name, situation in table.items()}


@pytest.mark.parametrize("name", SITUATIONS)
def test_situation(name: str) -> None:
    assert shown_after(SITUATIONS[name], SYNTAX) == SITUATIONS[name][3]


@pytest.mark.parametrize("name", BY_LANGUAGE)
def test_each_rule_in_each_language(name: str) -> None:
    language, text, edits, brought = BY_LANGUAGE[name]
    shown = shown_after((language, text, edits, None), SYNTAX)
    if brought is None:
        assert shown is None
    else:
        assert brought in (shown or "").partition(" → ")[2]


def test_no_situation_is_defined_twice() -> None:
    assert len(SITUATIONS) == sum(map(len, TABLES))


def test_a_field_is_followed_through_its_class() -> None:
    text = (
        "class A {\n  final String name;\n\n  A(String name) {\n    this.name = name;\n  }\n\n"
        '  static A of(int age) {\n    return new A("x");\n  }\n}\n'
    )
    session = NextEditSession(text, "java", "file:///p/A.java", syntax=SYNTAX)
    session.edit("String name;\n", "String name;\n  final int age;\n")
    while session.accept() is not None:
        pass
    after = text.replace("name;\n\n", "name;\n  final int age;\n\n").replace("(String name)", "(String name, int age)")
    after = after.replace("= name;\n", "= name;\n    this.age = age;\n").replace('"x"', '"x", age')
    assert session.text == after


def test_short_lines_of_another_file_are_no_block_here() -> None:
    session = NextEditSession("A = {\n    'three': 3,\n    'four': 4,\n}\n", uri="file:///p/b.py", syntax=SYNTAX)
    session.documents.open("file:///p/a.py", "python", 1, "A = {\n    'one': 1,\n    'two': 2,\n}\n")
    change = ContentChange(Range(Position(1, 11), Position(1, 12)), "Item(1)")
    session.documents.change("file:///p/a.py", 2, [change])
    session.edit("'three': 3", "'three': Item(3)")
    assert session.shown() is None


@pytest.mark.parametrize(
    ("old", "new", "name"), [("let", "const", "_assigned_lines"), ("var", "let", "_lines_of_names")]
)
def test_names_of_a_file_are_read_once(old: str, new: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    original = getattr(declared_names, name)

    def counted(context: RuleContext) -> object:
        read.append(name)
        return original(context)

    monkeypatch.setattr(declared_names, name, counted)
    lines = "".join(f"{{\n  {old} c{n} = 1;\n}}\nc{n} = 2;\n{old} d{n} = 1;\nd{n} = 2;\n" for n in range(80))
    text = f"{old} a = 1;\n{old} b = 2;\n{lines}"
    session = NextEditSession(text, "javascript", "file:///p/a.js", syntax=SYNTAX)
    session.edit(f"{old} a", f"{new} a")
    session.edit(f"{old} b", f"{new} b")
    session.shown()
    assert read == [name]
