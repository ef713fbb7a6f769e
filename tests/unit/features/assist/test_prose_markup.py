"""An edit of prose asks about marks of the model, unless the message or the user's words speak of markup."""

from __future__ import annotations

import pytest

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.edit_verifier import EditVerifier
from autothink_lsp.features.assist.target import Target
from autothink_lsp.settings.model import Settings
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.service import Verifier

TEXT = "Notes\n\nRun teh tool:\n\n    make all\n\nIt is done."
BOLD = TEXT.replace("Run teh tool:", "**Run the tool:**")
FENCED = TEXT.replace("    make all", "```\nmake all\n```")
CONCERN = "It may contain marks or remarks of the model that do not belong to the text."


@pytest.mark.parametrize(
    ("line", "message", "words", "after", "asks"),
    [
        (2, "`teh` should be `the`", "", BOLD, True),
        (2, "Unknown word", "make it bold", BOLD, False),
        (4, "MD046 Code block style [Expected: fenced; Actual: indented]", "", FENCED, False),
        (2, "MD046 Code block style [Expected: fenced; Actual: indented]", "", BOLD.replace("is", "**is**"), True),
        (4, "Unknown word: `all`", "", FENCED, True),
        (None, "", "put the command into a code block", FENCED, False),
        (None, "", "shorten it", FENCED, True),
    ],
)
async def test_marks_in_prose(line: int | None, message: str, words: str, after: str, asks: bool) -> None:
    place = Point(line or 0, 0)
    request = AssistRequest(
        action=ActionKind.FIX if line is not None else ActionKind.DESCRIBE,
        snapshot=DocumentStore().open("file:///a.md", "markdown", 1, TEXT),
        start=place,
        end=place,
        settings=Settings(),
        path="a.md",
        diagnostics=(Diagnostic(place, Point(place.line, 9), message),) if line is not None else (),
        instruction=words,
    )
    target = Target(Point(0, 0), Point(6, len("It is done.")), "file", "a.md", "whole", TEXT)
    answer = f"The whole edited code:\n````markdown\n{after}\n````\n"
    verifier = EditVerifier(request, target, None, None, Verifier())
    candidate = await verifier.verify_answer(answer, finished=True, deadline_s=1.0)
    assert candidate.replacements
    assert (CONCERN in candidate.concerns) is asks
