"""Finds the name that a misspelt name most likely means, by edit distance. Pure; does not look at scopes."""

from __future__ import annotations

from collections.abc import Iterable

_LONG_NAME = 6  # from this length on, two errors are accepted
_ENDINGS = frozenset({"es", "ed", "er", "ly"})  # of another form of a word: updated and update, reader and read
_ENDINGS_BEHIND_E = frozenset({"d", "r"})

# Short words that are names of their own, although they are one letter from another such word: date and data.
_WORDS = (
    "add age arg args back base bind body bold book bool bottom box build byte call case cast cell chat child city "
    "class clean clear clone close code col color column copy cost count cross data date day days dead deal dealt "
    "depth dest diff dim dir done draw drop edge else end enter entry even event face fact fail fall fast fetch "
    "field file fill filled final find fine fire first fit flag flat float flow font food foot force fork form "
    "format found frame free from full game get goal good group grow half hand handle hard hash head heap heat "
    "hide high hint hold home hook host hour icon idea index inner input item join jump keep kept key keys kind "
    "lane large last late lead leaf least left lend length less let level lift light like limit line link list "
    "live load local lock long look loop lose lost main make mark mask match max mean menu merge min mode model "
    "month more mouse move name near need new next nice night node none note now null odd offset old only open "
    "order outer owner page pair part pass past patch path peek pick pile ping place plan plane play point pool "
    "pop port pose post pow power press prev price pride prime print prize pull pure push put queue quiet quit "
    "quite range rank rate raw read real reset rest result right ring role root rope round route row rows rule "
    "run safe same save scale scope score seat seed seek seen send sent set shape share shift short show side "
    "sign site size skip slice slot slow small sort sound space spare speed spin split stack stage stale start "
    "stat state step stop store sum swap tab table tag tail take talk tall task team tell test text then tick "
    "tile till time title toggle token top total touch town tree trim trip true tune turn type unit update upper "
    "use used user value view visit wait wake walk want week weight width wild will wind window wire word work "
    "world wrap write year yield zone zoom handler number writer reader reverse lower upload download"
)
COMMON_WORDS = frozenset(_WORDS.split())


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
