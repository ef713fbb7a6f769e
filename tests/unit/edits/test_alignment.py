"""Two sequences in equal and different stretches, however long they are."""

from __future__ import annotations

import random
from difflib import SequenceMatcher
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.edits import alignment
from autothink_lsp.edits.alignment import Stretch, stretches

LINES = st.lists(st.sampled_from("abcde"), max_size=40)


def is_whole(found: list[Stretch], old: list[str], new: list[str]) -> bool:
    """Whether the stretches follow each other, end at both ends, alternate, and are what they say."""
    i = j = 0
    kinds = []
    for equal, i1, i2, j1, j2 in found:
        assert (i1, j1) == (i, j)
        assert i1 < i2 or j1 < j2
        assert (old[i1:i2] == new[j1:j2]) == equal
        i, j = i2, j2
        kinds.append(equal)
    return (i, j) == (len(old), len(new)) and all(a != b for a, b in pairwise(kinds))


@given(LINES, LINES)
def test_short_sequences_are_divided_as_difflib_does(old: list[str], new: list[str]) -> None:
    found = stretches(old, new)
    assert is_whole(found, old, new)
    matched = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    if not set(old[:1]) & set(new[:1]) and not set(old[-1:]) & set(new[-1:]):  # else equal ends come first
        assert sum(i2 - i1 for equal, i1, i2, _, _ in found if equal) == sum(block.size for block in matched)


def edited(lines: list[str], rng: random.Random) -> list[str]:
    found = []
    for line in lines:
        if (drawn := rng.random()) < 0.9:
            found.append(line)
        elif drawn < 0.95:
            found += [f"{line}!", rng.choice(lines)]
    return found


@pytest.mark.parametrize("repeated", [1, 2, 50])
def test_long_sequences_keep_what_was_not_edited(repeated: int) -> None:
    """Nine of ten lines stay; nearly all of them are found, however often each is there."""
    rng = random.Random(repeated)
    old = [f"line {number // repeated}" for number in range(1_000)]
    rng.shuffle(old)
    new = edited(old, rng)
    found = stretches(old, new)
    assert is_whole(found, old, new)
    assert sum(i2 - i1 for equal, i1, i2, _, _ in found if equal) >= 850


@pytest.mark.parametrize("repeated", [1, 2, 8])
def test_a_change_in_every_other_line_takes_few_comparisons(repeated: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class Counted(SequenceMatcher[str]):
        def find_longest_match(self, *args: int):  # type: ignore[override]
            asked.append(args)
            return super().find_longest_match(*args)

    monkeypatch.setattr(alignment, "SequenceMatcher", Counted)
    old = [f"line {number // repeated}" for number in range(6_000)]
    new = [line if number % 2 else f"{line}!" for number, line in enumerate(old)]
    assert is_whole(stretches(old, new), old, new)
    assert sum(1 + stop - start for start, stop, _, _ in asked) <= alignment._MOST_COMPARISONS
