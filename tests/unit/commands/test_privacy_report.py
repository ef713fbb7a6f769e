"""``autothink-lsp privacy``: every role whose model would see the file is reported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from autothink_lsp.commands.privacy import report_of
from autothink_lsp.document.text import Text
from autothink_lsp.settings.load import load_settings

SERVER = {
    "AUTOTHINK_NEXT_EDIT__BACKEND": "openai",
    "AUTOTHINK_NEXT_EDIT__URL": "https://me:pw@edits.example/v1",
}


@pytest.mark.parametrize(
    ("environ", "name", "expected"),
    [
        ({}, "a.py", None),
        (SERVER, "a.py", (True, "a server on another machine", "")),
        (SERVER, ".env", (False, "a server on another machine", ".env is a file that usually contains secrets")),
        (
            {**SERVER, "AUTOTHINK_NEXT_EDIT__ENABLED": "false"},
            "a.py",
            (False, "a server on another machine", "it is switched off"),
        ),
    ],
)
def test_the_next_edit_model_is_reported_where_there_is_one(
    tmp_path: Path, environ: Mapping[str, str], name: str, expected: tuple[bool, str, str] | None
) -> None:
    report = report_of(tmp_path / name, tmp_path, Text.from_str("a = 1\n"), load_settings(environ=environ))
    found = [role for role in report["roles"] if role["role"] == "next edits"]
    assert [(role["sent"], role["place"], role["reason"]) for role in found] == ([expected] if expected else [])
    assert "pw" not in str(report)
