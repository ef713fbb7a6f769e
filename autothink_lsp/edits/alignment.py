"""Aligns two sequences: finds the corresponding items, with a diff that stays fast for long and repetitive input."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import Match, SequenceMatcher
from itertools import accumulate

from autothink_lsp.document.lines import equal_ends

# Limit of comparisons by ``difflib``: about 0.2 s. What is not compared then counts as replaced.
_MOST_COMPARISONS = 2_000_000
_MOST_COMPARED_AT_ONCE = 200  # items; longer sequences are divided first if they can be
_MOST_PAIRS = 900  # limit of pairs of lines that are compared individually: about 0.1 s
_LONGEST_LINE = 400
_UNLIKE = 0.4

# (equal, first old, stop old, first new, stop new)
Stretch = tuple[bool, int, int, int, int]
_Range = tuple[int, int, int, int]  # first old, stop old, first new, stop new
_Block = tuple[int, int, int]  # first old, first new, number of equal items


def stretches(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Stretch]:
    """Divide both sequences into equal and different stretches, in order.

    No stretch is empty on both sides, and two stretches of one kind are never adjacent.
    """
    found: list[Stretch] = []
    i = j = 0
    for i_equal, j_equal, length in [*sorted(_equal_blocks(old, new)), (len(old), len(new), 0)]:
        if i < i_equal or j < j_equal:
            found.append((False, i, i_equal, j, j_equal))
        i, j = i_equal + length, j_equal + length
        if length and found and found[-1][0]:
            found[-1] = (True, found[-1][1], i, found[-1][3], j)
        elif length:
            found.append((True, i_equal, i, j_equal, j))
    return found


def changed_stretches(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int, int, int]]:
    """The different stretches: (first old, stop old, first new, stop new)."""
    return [(i1, i2, j1, j2) for equal, i1, i2, j1, j2 in stretches(old, new) if not equal]


def _equal_blocks(old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[_Block]:
    """Yield the equal parts, in no order.

    Long sequences are divided at the items that both have once, again and again, because a comparison takes time that
    grows with the square of their lengths.
    """
    left: list[_Range] = [(0, len(old), 0, len(new))]
    while left:
        i, i_stop, j, j_stop = left.pop()
        head, tail = equal_ends(old[i:i_stop], new[j:j_stop])
        yield i, j, head
        yield i_stop - tail, j_stop - tail, tail
        i, i_stop, j, j_stop = i + head, i_stop - tail, j + head, j_stop - tail
        a, b = old[i:i_stop], new[j:j_stop]
        anchors = _common_items(a, b) if max(len(a), len(b)) > _MOST_COMPARED_AT_ONCE else []
        if not anchors:
            yield from ((i + match.a, j + match.b, match.size) for match in _matches(a, b))
            continue
        i_next, j_next = i, j
        for i_anchor, j_anchor in ((i + n, j + m) for n, m in anchors):
            yield i_anchor, j_anchor, 1
            left.append((i_next, i_anchor, j_next, j_anchor))
            i_next, j_next = i_anchor + 1, j_anchor + 1
        left.append((i_next, i_stop, j_next, j_stop))


def _matches(old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[Match]:
    """Yield the longest equal part, and those beside it: what ``SequenceMatcher.get_matching_blocks`` finds, in as many
    comparisons as are allowed."""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    counts = Counter(new)
    comparisons = list(accumulate((1 + counts[item] for item in old), initial=0))  # with the items before each one
    allowed = _MOST_COMPARISONS
    left: list[_Range] = [(0, len(old), 0, len(new))]
    while left:
        i, i_stop, j, j_stop = left.pop()
        allowed -= comparisons[i_stop] - comparisons[i]
        if allowed < 0:
            return
        match = matcher.find_longest_match(i, i_stop, j, j_stop)
        if match.size:
            yield match
            beside = ((i, match.a, j, match.b), (match.a + match.size, i_stop, match.b + match.size, j_stop))
            left += [one for one in beside if one[0] < one[1] and one[2] < one[3]]


def _common_items(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The longest series of items, by their indices in both sequences, that each has once and in the same order."""
    counts, old_counts = Counter(new), Counter(old)
    at = {item: number for number, item in enumerate(new)}
    pairs = [(n, at[item]) for n, item in enumerate(old) if old_counts[item] == 1 and counts[item] == 1]
    ends: list[int] = []  # the least last number of a series of each length
    last: list[int] = []  # the pair that it belongs to
    before: list[int] = []  # the pair before each pair in its series
    for number, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [j]
        last[length : length + 1] = [number]
    found: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]


def similar_pairs(old: Sequence[str], new: Sequence[str], floor: float) -> Iterator[tuple[int, int]]:
    """Yield (index in ``old``, index in ``new``) of lines that are equal, or similar by at least ``floor``, in
    order."""
    for equal, i1, i2, j1, j2 in stretches(old, new):
        if equal:
            yield from ((i1 + n, j1 + n) for n in range(i2 - i1))
        elif (i2 - i1) * (j2 - j1) <= _MOST_PAIRS:
            yield from ((i1 + i, j1 + j) for i, j in _best_pairs(old[i1:i2], new[j1:j2], floor))


def _best_pairs(old: Sequence[str], new: Sequence[str], floor: float) -> list[tuple[int, int]]:
    """The ordered pairs with the greatest sum of similarities."""
    alike = [[value if (value := line_similarity(a, b)) >= floor else 0.0 for b in new] for a in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            paired = alike[i][j] + best[i + 1][j + 1] if alike[i][j] else 0.0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    found: list[tuple[int, int]] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if alike[i][j] and best[i][j] == alike[i][j] + best[i + 1][j + 1]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def line_similarity(old: str, new: str) -> float:
    """The similarity of two lines, from 0 to 1 (``difflib``'s ratio)."""
    if old == new:
        return 1.0
    if max(len(old), len(new)) > _LONGEST_LINE:
        return 0.0
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() > _UNLIKE and matcher.quick_ratio() > _UNLIKE else 0.0
