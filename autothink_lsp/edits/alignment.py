"""Which items of one sequence correspond to which of another: a diff that stays cheap on long and repetitive input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher

# Comparisons that ``difflib`` may make: about 0.1 s. Beyond that what lies between the equal ends counts as replaced.
_MOST_COMPARISONS = 400_000

# (equal, first old, stop old, first new, stop new)
Stretch = tuple[bool, int, int, int, int]


def stretches(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Stretch]:
    """Both sequences in order, cut into stretches that are equal and stretches that differ. Neither is ever empty on
    both sides; two that differ never stand next to each other."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
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


def changed(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int, int, int]]:
    """The stretches that differ: (first old, stop old, first new, stop new)."""
    return [(i1, i2, j1, j2) for equal, i1, i2, j1, j2 in stretches(old, new) if not equal]


def equal_pairs(old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    """(index in ``old``, index in ``new``) of items that are equal and in the same order."""
    for equal, i1, i2, j1, _ in stretches(old, new):
        if equal:
            yield from ((i1 + n, j1 + n) for n in range(i2 - i1))


def likeness(old: str, new: str) -> float:
    """0 to 1: how much of two lines is the same."""
    if old == new:
        return 1.0
    if max(len(old), len(new)) > 2_000:
        return 0.0
    return SequenceMatcher(None, old, new, autojunk=False).ratio()


def _comparisons(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """An upper bound of what one pass over both costs, by how often items repeat."""
    counts = Counter(b)
    return sum(counts[item] for item in a) + len(a) + len(b)
