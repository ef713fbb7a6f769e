"""What a user does and what he would expect next, in many languages. The real service; no model. The tables of the
situations stand beside this file."""

from __future__ import annotations

import pytest

from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Position, Range
from tests.support.next_edit_session import NextEditSession, shown_after
from tests.unit.features.next_edit.situations_of_lines import OF_LINES
from tests.unit.features.next_edit.situations_of_names import OF_NAMES
from tests.unit.features.next_edit.situations_of_text import OF_TEXT

SYNTAX = Syntax()
SITUATIONS = OF_NAMES | OF_LINES | OF_TEXT


@pytest.mark.parametrize("name", SITUATIONS)
def test_situation(name: str) -> None:
    assert shown_after(SITUATIONS[name], SYNTAX) == SITUATIONS[name][3]


def test_no_situation_is_defined_twice() -> None:
    assert len(SITUATIONS) == len(OF_NAMES) + len(OF_LINES) + len(OF_TEXT)


def test_short_lines_of_another_file_are_no_block_here() -> None:
    session = NextEditSession("A = {\n    'three': 3,\n    'four': 4,\n}\n", uri="file:///p/b.py", syntax=SYNTAX)
    session.documents.open("file:///p/a.py", "python", 1, "A = {\n    'one': 1,\n    'two': 2,\n}\n")
    change = ContentChange(Range(Position(1, 11), Position(1, 12)), "Item(1)")
    session.documents.change("file:///p/a.py", 2, [change])
    session.edit("'three': 3", "'three': Item(3)")
    assert session.shown() is None
