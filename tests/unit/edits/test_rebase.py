"""An edit for a version that is gone: moved where the changes are elsewhere, refused where they touch it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.document.edits import apply as apply_change
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.text import Text
from autothink_lsp.edits.rebase import rebase
from autothink_lsp.edits.replacement import EditRefused, Refusal, Replacement, apply_replacements
from autothink_lsp.values import Point, Position, PositionEncoding, Range

TEXT = "one\ntwo\nthree\nfour\n"
EDIT = Replacement(Point(1, 0), Point(1, 3), "TWO")


def changed_stretches(text: str, start: tuple[int, int], end: tuple[int, int], new: str):
    where = Range(Position(*start), Position(*end))
    return apply_change(Text.from_str(text), ContentChange(where, new), PositionEncoding.UTF32)


@pytest.mark.parametrize(
    ("start", "end", "new", "expected"),
    [
        ((0, 0), (0, 0), "zero\n", "zero\none\nTWO\nthree\nfour\n"),
        ((3, 0), (3, 4), "4", "one\nTWO\nthree\n4\n"),
        ((0, 0), (1, 0), "", None),
        ((1, 1), (1, 2), "x", None),
        ((1, 3), (1, 3), "x", None),
    ],
)
def test_changes_elsewhere_and_here(
    start: tuple[int, int], end: tuple[int, int], new: str, expected: str | None
) -> None:
    now, change = changed_stretches(TEXT, start, end, new)
    if expected is None:
        with pytest.raises(EditRefused) as refused:
            rebase((EDIT,), [change])
        assert refused.value.reason is Refusal.STALE
    else:
        assert str(apply_replacements(now, rebase((EDIT,), [change]))) == expected


@given(st.integers(0, 4), st.integers(0, 4), st.sampled_from(["", "x", "\n", "a\nb"]))
def test_what_is_kept_lands_on_the_same_text(first: int, last: int, new: str) -> None:
    now, change = changed_stretches(TEXT, (min(first, last), 0), (max(first, last), 0), new)
    try:
        (moved,) = rebase((EDIT,), [change])
    except EditRefused:
        return
    assert now.between(moved.start, moved.end) == "two"
