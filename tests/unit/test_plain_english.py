"""Docstrings, comments and messages name their subject (see "Names and sentences" in CONTRIBUTING.md)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "autothink_lsp"
# Riddles instead of a noun: which user, client, caller or process is meant?
RIDDLES = re.compile(r"\b(?:nobody|somebody|anybody|everybody|whoever)\b", re.IGNORECASE)


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_no_riddles(file: Path) -> None:
    assert not [line for line in file.read_text(encoding="utf-8").split("\n") if RIDDLES.search(line)]
