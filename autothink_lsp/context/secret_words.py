"""Determines for each word of a text whether it may belong to a sensitive name or to a secret's format. Caches words.

Searching some 230 stems and literals one by one takes about 4 ns per character for each of them. A text is therefore
read once, word by word; code repeats words, and a cached word costs one dictionary look-up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from attrs import define, field

from autothink_lsp.context.secret_kinds import SecretKind
from autothink_lsp.context.secret_names import STEMS, lowered
from autothink_lsp.values import frozen

_WORD = re.compile(r"[\w-]{2,}+")
_MOST_WORDS = 20_000
_LONGEST_WORD = 120  # a longer word is data and not a name: only its end is searched


@frozen(eq=False)
class Hint:
    """The possible meanings of a word: (index of the stem in the word, the stem, its class), and (literal, kind)."""

    stems: tuple[tuple[int, str, str], ...] = ()
    kinds: tuple[tuple[str, SecretKind], ...] = ()


@define(eq=False)
class Words:
    """The cache of words of all texts. Bounded."""

    kinds: tuple[SecretKind, ...]
    _known: dict[str, Hint | None] = field(factory=dict, init=False, repr=False)
    _by_part: dict[str, list[tuple[str, SecretKind]]] = field(factory=dict, init=False, repr=False)
    _without_word: list[tuple[str, SecretKind]] = field(factory=list, init=False, repr=False)
    _classes: dict[str, str] = field(factory=dict, init=False, repr=False)
    _parts: re.Pattern[str] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        for kind in self.kinds:
            for literal in kind.literals:
                part = max(_WORD.findall(literal), key=len, default="").strip("-_").lower()
                if len(part) > 1:
                    self._by_part.setdefault(part, []).append((literal, kind))
                else:
                    self._without_word.append((literal, kind))
        self._classes.update(STEMS)
        self._parts = re.compile(f"(?=({_any_of({*self._classes, *self._by_part})}))")

    def hints(self, line: str) -> list[tuple[int, Hint]]:
        """(start of the word, its hint) for the words of a line that have one."""
        known = self._known
        words = _WORD.findall(line)
        new = [word for word in words if word not in known]
        if new:
            if len(known) > _MOST_WORDS:
                known.clear()
            for word in words:
                if word not in known:
                    known[word] = self._hint(word)
        if all(known[word] is None for word in words):
            return []
        found = ((match.start(), known[match.group()]) for match in _WORD.finditer(line))
        return [(start, hint) for start, hint in found if hint is not None]

    def likely(self, line: str, hints: Iterable[tuple[int, Hint]]) -> Iterator[SecretKind]:
        """The kinds with a literal in the line."""
        candidates = dict.fromkeys(kinds for _, hint in hints if (kinds := hint.kinds))
        likely = {id(kind): kind for literal, kind in self._without_word if literal in line}
        likely.update((id(kind), kind) for kinds in candidates for literal, kind in kinds if literal in line)
        return iter(likely.values())

    def _hint(self, word: str) -> Hint | None:
        start = max(0, len(word) - _LONGEST_WORD)
        stems: list[tuple[int, str, str]] = []
        kinds: list[tuple[str, SecretKind]] = []
        for match in self._parts.finditer(lowered(word[start:])):
            longest = match[1]
            for size in range(2, len(longest) + 1):
                part = longest[:size]
                if part in self._classes:
                    stems.append((start + match.start(), part, self._classes[part]))
                kinds += self._by_part.get(part, ())
        return Hint(tuple(reversed(stems)), tuple(dict.fromkeys(kinds))) if stems or kinds else None


def _any_of(literals: Iterable[str]) -> str:
    """A pattern for the longest of the literals at a position, as a tree: ``re`` tries alternatives in order, but of a
    tree only those that begin with the next character."""
    tails: dict[str, list[str]] = {}
    for literal in literals:
        tails.setdefault(literal[0], []).append(literal[1:])
    branches = [re.escape(first) + _tail(rest) for first, rest in sorted(tails.items())]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


def _tail(rest: list[str]) -> str:
    longer = [one for one in rest if one]
    if not longer:
        return ""
    tree = _any_of(longer)
    return tree if len(longer) == len(rest) else f"(?:{tree})?"
