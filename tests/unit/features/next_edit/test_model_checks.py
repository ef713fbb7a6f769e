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
def test_names_of_an_import_are_no_variables(language: str, new: tuple[str, ...], is_shown: bool) -> None:
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
