"""Search/replace blocks that stand in a list are moved to the margin, in one pass over the answer."""

from __future__ import annotations

import re

import pytest

from autothink_lsp.edits import search_blocks
from autothink_lsp.edits.search_blocks import without_indented_marks


class _CountingPattern:
    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern, self.count = pattern, 0

    def fullmatch(self, text: str) -> re.Match[str] | None:
        self.count += 1
        return self._pattern.fullmatch(text)


def test_each_line_is_compared_with_the_last_mark_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that repeats the first mark would otherwise take minutes of the server's only thread."""
    counting = _CountingPattern(search_blocks.REPLACE_MARK)
    monkeypatch.setattr(search_blocks, "REPLACE_MARK", counting)
    lines = ["  <<<<<<< SEARCH"] * 100 + ["less indented", ">>>>>>> REPLACE"]
    assert without_indented_marks("\n".join(lines)) == "\n".join(lines)
    assert 0 < counting.count <= len(lines)


def test_a_block_with_a_line_further_left_stays() -> None:
    block = "  <<<<<<< SEARCH\n  a\n  =======\nb\n  >>>>>>> REPLACE"
    assert without_indented_marks(block) == block


def test_a_block_without_an_end_stays() -> None:
    block = "  <<<<<<< SEARCH\n  a\n  =======\n  b"
    assert without_indented_marks(block) == block
