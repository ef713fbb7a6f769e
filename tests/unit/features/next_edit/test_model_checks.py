"""Which names an edit of a model may use."""

from __future__ import annotations

import pytest

from autothink_lsp.features.next_edit.model_checks import model_refusal
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.syntax.service import Syntax
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
        tree=None,
        style=SYNTAX.style(session.snapshot),
        hunks=session.service.history.hunks(session.uri),
        other_hunks=(),
        line=1,
    )
    assert (model_refusal(context, LineEdit("model", "model", 0, 1, new)) == "") is is_shown


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
        tree=None,
        style=SYNTAX.style(session.snapshot),
        hunks=session.service.history.hunks(session.uri),
        other_hunks=(),
        line=1,
    )
    assert (model_refusal(context, LineEdit("model", "model", 1, 2, new)) == "") is is_shown
