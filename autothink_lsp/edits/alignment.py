"""Aligns two sequences: finds the corresponding items, with a diff that stays fast for long and repetitive input."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher

from autothink_lsp.document.lines import equal_ends

# Limit of comparisons by ``difflib``: about 0.1 s. Beyond it, everything between the equal ends counts as replaced.
_MOST_COMPARISONS = 400_000
_MOST_COMPARED_AT_ONCE = 200  # items of a long sequence
_MOST_PAIRS = 900  # limit of pairs of lines that are compared individually: about 0.1 s
_LONGEST_LINE = 400
_UNLIKE = 0.4

# (equal, first old, stop old, first new, stop new)
Stretch = tuple[bool, int, int, int, int]


def stretches(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Stretch]:
    """Divide both sequences into equal and different stretches, in order.

    No stretch is empty on both sides; two different stretches are never adjacent.
    """
    head, tail = equal_ends(old, new)
    found: list[Stretch] = [(True, 0, head, 0, head)] if head else []
    a, b = old[head : len(old) - tail], new[head : len(new) - tail]
    if a or b:
        if _comparisons(a, b) > _MOST_COMPARISONS:
            found.append((False, head, head + len(a), head, head + len(b)))
        else:
            matcher = SequenceMatcher(None, a, b, autojunk=False)
            found += [
                (kind == "equal", head + i1, head + i2, head + j1, head + j2)
                for kind, i1, i2, j1, j2 in matcher.get_opcodes()
            ]
    if tail:
        found.append((True, len(old) - tail, len(old), len(new) - tail, len(new)))
    return found


def changed_stretches(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int, int, int]]:
    """The different stretches: (first old, stop old, first new, stop new)."""
    return [(i1, i2, j1, j2) for equal, i1, i2, j1, j2 in stretches(old, new) if not equal]


def changed_stretches_of_long(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int, int, int]]:
    """The different stretches of sequences of any length, as from ``changed_stretches``. Long ones are compared between
    the items that both have once, because a comparison takes time that grows with the square of their lengths."""
    found: list[tuple[int, int, int, int]] = []
    i = j = 0
    anchors = _common_items(old, new) if max(len(old), len(new)) > _MOST_COMPARED_AT_ONCE else []
    for i_stop, j_stop in [*anchors, (len(old), len(new))]:
        before, after = old[i:i_stop], new[j:j_stop]
        if max(len(before), len(after)) > _MOST_COMPARED_AT_ONCE:
            head, tail = equal_ends(before, after)
            if head < max(len(before), len(after)):
                found.append((i + head, i_stop - tail, j + head, j_stop - tail))
        else:
            found += [(i + a, i + b, j + c, j + d) for a, b, c, d in changed_stretches(before, after)]
        i, j = i_stop + 1, j_stop + 1
    return found


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


def _comparisons(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """An upper bound of the cost of one comparison of both, computed from the repetitions of items."""
    counts = Counter(b)
    return sum(counts[item] for item in a) + len(a) + len(b)
