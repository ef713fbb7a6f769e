"""Which messages are about layout, so that an edit may change nothing else."""

from __future__ import annotations

import pytest

from autothink_lsp.features.assist.edit_verifier import _ABOUT_FINAL_NEWLINE, _ABOUT_LAYOUT


@pytest.mark.parametrize(
    "message",
    [
        "E111 indentation is not a multiple of 4",
        "W291 trailing whitespace",
        "D417 Missing argument description in the docstring: `b`",
        "Q000 Single quotes found but double quotes preferred",
        "Replace `[1,2]` with `[1,·2]` eslint(prettier/prettier)",
        "File is not gofmt-ed",
        "wrong indentation: expected 2 but found 3 (indentation)",
        "E501 line too long",
        "Missing semicolon. eslint(semi)",
    ],
)
def test_messages_about_layout(message: str) -> None:
    assert _ABOUT_LAYOUT.search(message)


@pytest.mark.parametrize(
    "message",
    ["wrong sign", "undefined name `a`", "F841 Local variable `x` is assigned to but never used", "division by zero"],
)
def test_messages_about_code(message: str) -> None:
    assert not _ABOUT_LAYOUT.search(message)


def test_messages_about_the_final_newline() -> None:
    for message in (
        "W292 no newline at end of file",
        "Newline required at end of file but not found. eslint(eol-last)",
    ):
        assert _ABOUT_FINAL_NEWLINE.search(message)
    assert not _ABOUT_FINAL_NEWLINE.search("E303 too many blank lines")
