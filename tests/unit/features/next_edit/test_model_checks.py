"""What an edit of a model may do."""

from __future__ import annotations

import pytest

from autothink_lsp.features.next_edit.model_checks import model_refusal
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point
from tests.support.next_edit_session import NextEditSession

SYNTAX = Syntax()
CASES = [
    ("python", ("import os.path",), True),
    ("python", ("from collections.abc import Iterable",), True),
    ("python", ("import numpy.linalg", "norm = numpy.linalg.norm"), True),
    ("python", ("norm = numpy.linalg.norm",), False),
    ("java", ("import org.junit.Test;",), True),
    ("java", ("int norm = org.norm();",), False),
    ("kotlin", ("package org.example",), True),
]


@pytest.mark.parametrize(("language", "new", "is_shown"), CASES)
def test_imported_names_do_not_count_as_variables(language: str, new: tuple[str, ...], is_shown: bool) -> None:
    session = NextEditSession("a = 1\nb = 2\n", language, syntax=SYNTAX)
    session.edit("b = 2", "b = 3")
    context = RuleContext(
        snapshot=session.snapshot,
        parse=lambda: None,
        style=SYNTAX.style(session.snapshot),
        hunks=session.service.history.hunks(session.uri),
        other_hunks=(),
        line=1,
    )
    assert (model_refusal(context, LineEdit("model", "model", 0, 1, new), Point(1, 0)) == "") is is_shown


IMPORTS = "from a import first\nfrom b import second\nx = first(1)\ny = second(2)\n"


@pytest.mark.parametrize(
    ("edits", "new", "is_shown"),
    [
        ((("y = second(2)", "y = 2"),), (), True),  # its last use was deleted
        ((("y = second(2)", "y = 2"),), ("from b import third",), True),
        ((("y = second(2)", "y = second(3)"),), (), False),  # it is used
        ((("x = first(1)", "x = 1"), ("y = second(2)", "y = 2"), ("= 2", "= second")), (), False),
        ((("x = first(1)", "x = 1"),), (), False),  # another one's use was deleted
        ((("x = first(1)", "x = 1"),), ("from c import second",), False),  # "b" goes without a reason
        ((("y = second(2)", "y = 2"),), ("from b import second, third",), True),
    ],
)
def test_removal_of_an_import_needs_a_reason(
    edits: tuple[tuple[str, str], ...], new: tuple[str, ...], is_shown: bool
) -> None:
    session = NextEditSession(IMPORTS, syntax=SYNTAX)
    for old, written in edits:
        session.edit(old, written)
    context = RuleContext(
        snapshot=session.snapshot,
        parse=lambda: None,
        style=SYNTAX.style(session.snapshot),
        hunks=session.service.history.hunks(session.uri),
        other_hunks=(),
        line=1,
    )
    assert (model_refusal(context, LineEdit("model", "model", 1, 2, new), Point(1, 0)) == "") is is_shown


SOUND = "import os\n\n\ndef size(path):\n    return os.stat(path)\n"
BROKEN = SOUND.replace("return", "imreturn")
LAST = ("    return os.stat(path)", "    imreturn os.stat(path)")
# The text at opening, an edit, whether it is asked for by hand, the proposed line 5, whether that is shown. The cursor
# stands behind line 5.
BY_HAND = {
    "it goes on behind the cursor": (SOUND, None, True, "    return os.stat(path).st_size", True),
    "the same without being asked": (SOUND, None, False, "    return os.stat(path).st_size", False),
    "it changes what is there": (SOUND, None, True, "    return os.stat(str(path))", False),
    "it adds a line": (SOUND, None, True, "    return os.stat(path)\n    pass", False),
    "it mends a syntax error": (BROKEN, None, True, LAST[0], True),
    "it mends a syntax error without being asked": (BROKEN, None, False, LAST[0], False),
    "it undoes a slip": (SOUND, LAST, True, LAST[0], True),
    "it undoes a slip without being asked": (SOUND, LAST, False, LAST[0], False),
    "it undoes an edit that is no slip": (SOUND, ("stat(path)", "stat(path, 1)"), True, LAST[0], False),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_what_is_shown_to_a_user_who_asks(name: str) -> None:
    text, last, by_hand, new, is_shown = BY_HAND[name]
    session = NextEditSession(text, syntax=SYNTAX)
    if last is not None:
        session.edit(*last)
    line = 4
    edit = LineEdit("model", "model", line, line + 1, tuple(new.split("\n")))
    cursor = Point(line, len(session.snapshot.text.line(line)))
    found = session.service.from_model(session.snapshot, cursor, edit, by_hand=by_hand)
    assert (found is not None) is is_shown
