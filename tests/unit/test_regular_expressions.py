"""Regular expressions that mean the same in every Python that we support."""

from __future__ import annotations

import ast
import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "autothink_lsp"
# A possessive quantifier behind a group: ``(?:ab|c)*+``. An empty group is text, as in a list of punctuation.
_POSSESSIVE_GROUP = re.compile(r"(?<![\\(])\)(?:[*+?]|\{\d*,?\d*\})\+")


def test_no_group_is_repeated_possessively() -> None:
    """Before Python 3.11.5 such a group matches less than it should if it has alternatives (CPython's issue 106052);
    Debian 12 has 3.11.2. An atomic group is the same: ``(?>(?:ab|c)*)``."""
    sources = {path: path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}: {node.value}"
        for path, source in sources.items()
        if _POSSESSIVE_GROUP.search(source)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _POSSESSIVE_GROUP.search(node.value)
    ]
    assert found == []
