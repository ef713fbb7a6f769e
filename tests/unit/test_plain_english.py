"""Docstrings, comments and messages name their subject (see "Names and sentences" in CONTRIBUTING.md)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "autothink_lsp"
# Riddles instead of a noun: which user, client, caller or process is meant?
RIDDLES = re.compile(r"\b(?:nobody|somebody|anybody|everybody|whoever)\b", re.IGNORECASE)


# Names that do not tell what a variable holds: a verdict, a message, an answer?
VAGUE_NAMES = frozenset({"said", "_said", "told", "is_told", "stuff", "thing", "things"})


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_no_riddles(file: Path) -> None:
    assert not [line for line in file.read_text(encoding="utf-8").split("\n") if RIDDLES.search(line)]


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_no_vague_names(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", text))
    if words & VAGUE_NAMES:  # parsing all files takes seconds
        tree = ast.parse(text)
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not names & VAGUE_NAMES
