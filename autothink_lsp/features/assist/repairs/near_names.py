"""Finds the name that a misspelt name most likely means, by edit distance. Pure; knows nothing of scopes."""

from __future__ import annotations

from collections.abc import Iterable

from autothink_lsp.features.assist.repairs.common_words import COMMON_WORDS

_LONG_NAME = 6  # from this length on, two errors are accepted
_ENDINGS = frozenset({"es", "ed", "er", "ly"})  # of another form of a word: updated and update, reader and read
_ENDINGS_BEHIND_E = frozenset({"d", "r"})


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The one candidate that is similar enough and more similar than every other; ``None`` if there is none or a
    tie."""
    limit = 1 if len(name) < _LONG_NAME else 2
    ranked: dict[int, set[str]] = {}
    for candidate in candidates:
        if candidate == name or abs(len(candidate) - len(name)) > limit or not same_style(name, candidate):
            continue
        steps = distance(name, candidate)
        if steps <= limit:
            ranked.setdefault(steps, set()).add(candidate)
    if not ranked:
        return None
    steps = min(ranked)
    best = ranked[steps]
    if len(best) != 1:
        return None
    chosen = next(iter(best))
    return chosen if is_slip(name, chosen, steps) else None


def is_slip(name: str, meant: str, steps: int) -> bool:
    """Whether the difference is likely a typing error, as opposed to two related names."""
    if min(len(name), len(meant)) < 3 or (len(name) == 3 and sorted(name) != sorted(meant)):
        return False
    if name.rstrip("s") == meant.rstrip("s"):  # item and items
        return False
    if _digits(name) != _digits(meant):  # x1 and x2
        return False
    is_swap = sorted(name) == sorted(meant) and meant.lower() not in COMMON_WORDS  # the right word of a misspelt name
    if (name.lower() in COMMON_WORDS and not is_swap) or _is_form_of(name, meant):
        return False
    return steps == 1 or name[0] == meant[0]


def _is_form_of(name: str, word: str) -> bool:
    ending = name.removeprefix(word)
    return ending in _ENDINGS or (ending in _ENDINGS_BEHIND_E and word.endswith("e"))


def _digits(name: str) -> str:
    return "".join(character for character in name if character.isdigit())


def same_style(one: str, other: str) -> bool:
    """Whether both names have the same style: constant, type, private, or other."""
    return _style(one) == _style(other)


def _style(name: str) -> tuple[bool, bool, bool]:
    bare = name.lstrip("_")
    return bare[:1].isupper(), len(bare) > 1 and bare.isupper(), name.startswith("_")


def distance(one: str, other: str) -> int:
    """The number of edits from ``one`` to ``other``; a swap of two adjacent characters counts once."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        previous, row = row, [i]
        for j, right in enumerate(other, 1):
            steps = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                steps = min(steps, before[j - 2] + 1)
            row.append(steps)
        before = previous
    return row[-1]
