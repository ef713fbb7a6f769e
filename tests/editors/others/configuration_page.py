"""Reads configurations from ``editors/README.md``, so that what a user copies is what the tests run.

A block is a fenced code block that stands behind ``<!-- configuration: NAME -->``.
"""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "editors" / "README.md"
_BLOCK = re.compile(r"<!-- configuration: ([a-z0-9-]+) -->\n+```[a-z]*\n(.*?)\n```", re.DOTALL)


def blocks() -> dict[str, str]:
    """All of them by name."""
    return dict(_BLOCK.findall(PAGE.read_text(encoding="utf-8")))


def block(name: str) -> str:
    """One; a name that the page does not have is an error."""
    return blocks()[name]
