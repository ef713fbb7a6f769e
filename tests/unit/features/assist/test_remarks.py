"""Comments in an answer that read like remarks about the change: removed where no comment was asked for, kept where one
may have been, and then the user is asked unless his words or the message speak of comments."""

from __future__ import annotations

import pytest

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.edit_verifier import EditVerifier
from autothink_lsp.features.assist.target import Target
from autothink_lsp.settings.model import Settings
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.service import Verifier

CODE = "def area(w, h):\n    return w + h"
FIXED = CODE.replace("+", "*")
REMARK = "# This fixes #12"
PROBLEM = Diagnostic(Point(1, 11), Point(1, 16), "wrong operator")
UNDOCUMENTED = Diagnostic(Point(0, 0), Point(0, 3), "Missing comment")


def request(action: ActionKind, words: str = "", *problems: Diagnostic) -> AssistRequest:
    return AssistRequest(
        action=action,
        snapshot=DocumentStore().open("file:///a.py", "python", 1, CODE + "\n"),
        start=Point(1, 4),
        end=Point(1, 4),
        settings=Settings(),
        path="a.py",
        diagnostics=problems,
        instruction=words,
    )


@pytest.mark.parametrize(
    ("asked", "is_kept", "is_concern"),
    [
        (request(ActionKind.FIX, "", PROBLEM), False, False),
        (request(ActionKind.SIMPLIFY), False, False),
        (request(ActionKind.ERRORS), False, False),
        (request(ActionKind.FIX, "", UNDOCUMENTED), True, False),
        (request(ActionKind.FIX, "use a product", PROBLEM), False, False),
        (request(ActionKind.FIX, "multiply, and note the issue in a comment", PROBLEM), True, False),
        (request(ActionKind.DESCRIBE), True, True),
        (request(ActionKind.DESCRIBE, "multiply them"), True, True),
        (request(ActionKind.DESCRIBE, "multiply, and document what was wrong"), True, False),
        (request(ActionKind.USER, "Add a header"), True, False),
        (request(ActionKind.DOCSTRING), True, False),
    ],
)
async def test_a_remark_is_kept_where_a_comment_may_be_asked_for(
    asked: AssistRequest, is_kept: bool, is_concern: bool
) -> None:
    target = Target(Point(0, 0), Point(1, len("    return w + h")), "function", "area", "whole", CODE)
    verifier = EditVerifier(asked, target, None, None, Verifier())
    answer = f"The whole edited code:\n```python\n{REMARK}\n{FIXED}\n```\n"
    candidate = await verifier.verify_answer(answer, finished=True, deadline_s=1.0)
    after = str(apply_replacements(asked.snapshot.text, candidate.replacements))
    assert after == (f"{REMARK}\n{FIXED}\n" if is_kept else f"{FIXED}\n")
    concern = f"It adds a comment about the change: `{REMARK}`."
    assert (concern in candidate.concerns) == is_concern
