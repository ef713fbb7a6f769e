"""Docstrings, comments and messages name their subject (see "Names and sentences" in CONTRIBUTING.md)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "autothink_lsp"
# Riddles instead of a noun: which user, client, caller or process is meant?
RIDDLES = re.compile(r"\b(?:nobody|somebody|anybody|everybody|whoever)\b", re.IGNORECASE)
ALLOWED = {("settings/kinds_of_address.py", "~nobody: a user that does not exist")}


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_no_riddles(file: Path) -> None:
    name = file.relative_to(PACKAGE).as_posix()
    lines = [line for line in file.read_text(encoding="utf-8").split("\n") if RIDDLES.search(line)]
    found = [line for line in lines if not any(name == where and words in line for where, words in ALLOWED)]
    assert not found
