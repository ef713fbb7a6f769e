"""Maps the lines that an edit left unchanged, so that findings on them are not counted against the edit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

MOST_LINE_PAIRS = 100_000  # pairs of equal lines in the changed middle; the time of a diff grows with them
_MOST_COMPARED_LINES = 4_000  # in the changed middle; beyond that all lines count as changed


def line_origins(before: Sequence[str], after: Sequence[str]) -> Mapping[int, int]:
    """Map each unchanged line of ``after`` to its line in ``before``. Lines that are not in the mapping were
    changed."""
    first, last = 0, 0
    shorter = min(len(before), len(after))
    while first < shorter and before[first] == after[first]:
        first += 1
    while last < shorter - first and before[-1 - last] == after[-1 - last]:
        last += 1
    found = {line: line for line in range(first)}
    old, new = before[first : len(before) - last], after[first : len(after) - last]
    counts = Counter(new)
    pairs = sum(counts[line] for line in old)
    if 0 < pairs <= MOST_LINE_PAIRS and len(old) + len(new) <= _MOST_COMPARED_LINES:
        import difflib

        for block in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
            found |= {first + block.b + i: first + block.a + i for i in range(block.size)}
    shift = len(before) - len(after)
    return found | {line: line + shift for line in range(len(after) - last, len(after))}
