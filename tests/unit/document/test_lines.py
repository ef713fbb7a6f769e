"""The indentation of a line, blank lines at the ends, and the items that two sequences share at their ends."""

from __future__ import annotations

import pytest

from autothink_lsp.document.lines import equal_beginning, equal_ends, filled_range, indent_length, indent_of, trimmed


@pytest.mark.parametrize(
    ("line", "indent"),
    [("", ""), ("x", ""), ("    x  ", "    "), ("\t x", "\t "), ("   ", "   "), ("\u3000x", "\u3000"), ("  x\n", "  ")],
)
def test_indentation_is_the_leading_white_space(line: str, indent: str) -> None:
    assert (indent_of(line), indent_length(line)) == (indent, len(indent))


@pytest.mark.parametrize(
    ("lines", "filled"),
    [
        ([], (0, 0)),
        (["", " \t"], (0, 0)),
        (["a"], (0, 1)),
        (["", "a", "", "b", " "], (1, 4)),
        (["a", ""], (0, 1)),
        (["", " a"], (1, 2)),
    ],
)
def test_blank_lines_at_both_ends(lines: list[str], filled: tuple[int, int]) -> None:
    assert filled_range(lines) == filled
    assert trimmed(lines) == lines[slice(*filled)]


@pytest.mark.parametrize(
    ("old", "new", "ends"),
    [
        ("", "", (0, 0)),
        ("ab", "ab", (2, 0)),
        ("axb", "ayb", (1, 1)),
        ("ab", "axb", (1, 1)),
        ("aa", "aaa", (2, 0)),
        ("aaa", "aa", (2, 0)),
        ("ab", "cd", (0, 0)),
        ("xab", "ab", (0, 2)),
        ("aba", "a", (1, 0)),
    ],
)
def test_an_item_is_counted_at_one_end_only(old: str, new: str, ends: tuple[int, int]) -> None:
    assert equal_ends(old, new) == ends
    assert equal_beginning(old, new) == ends[0]
