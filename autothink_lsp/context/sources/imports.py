"""What the document imports: its own import lines that stand above the window, and what the imported names are.

A name that the window does not show yet is what its import line is needed for; one that the document uses nowhere was
most likely imported for what comes next. What a name is comes from the project's index; other people's packages are not
in it, their lines come after the project's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import groupby

from attrs import define, field

from autothink_lsp.context.import_paths import leads_to
from autothink_lsp.context.index.symbols import one_line
from autothink_lsp.context.knowledge import Knowledge
from autothink_lsp.context.place import Piece, Place, words
from autothink_lsp.syntax.scopes import Import

NAME = "imports"
_MOST_NAMES = 60
_MOST_LINES = 60  # of one statement
_LONGEST_LINE = 240  # characters
_LATE = 4  # the ranks from here on come after what the names are


def pieces(place: Place, knowledge: Knowledge) -> Iterator[Piece]:
    """Lines whose names the window lacks, what the imported names are, the other lines."""
    by_line = groupby(knowledge.imports(place.snapshot), key=lambda one: one.start.line)
    found = [_Statement(place, knowledge, tuple(group)) for _, group in by_line]
    above = sorted((one for one in found if one.last < place.first), key=lambda one: (one.rank, one.first))
    for one in above:
        if one.rank < _LATE:
            yield one.piece()
    yield from _definitions(place, knowledge, found)
    for one in above:
        if one.rank >= _LATE:
            yield one.piece()


@define(eq=False)
class _Statement:
    """One statement, which may import from several places."""

    place: Place
    knowledge: Knowledge
    imports: tuple[Import, ...]
    first: int = field(init=False)
    last: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.first = self.imports[0].start.line
        self.last = min(max(one.end.line for one in self.imports), self.first + _MOST_LINES)

    @cached_property
    def rank(self) -> int:
        """What the window uses already comes last; what the document uses nowhere, and what is the project's, first."""
        known_as = frozenset(name for one in self.imports for name in _known_as(one))
        ours = any(self.knowledge.is_ours(one.source or "", self.place) for one in self.imports)
        if known_as <= self.place.window_names:
            return _LATE if ours else _LATE + 1
        waits = any(is_waiting(self.place, name) for name in known_as)
        return (0 if ours else 1) if waits else (2 if ours else 3)

    @property
    def reason(self) -> str:
        reasons = ("imported, and used nowhere yet", "imported, and not in the window", "used in the window")
        return f"an import above the window: {reasons[min(self.rank // 2, 2)]}"

    def piece(self) -> Piece:
        """All on one line where that is not too long."""
        lines = self.place.snapshot.text.lines(self.first, self.last + 1)
        if len(lines) > 2:  # names that the window shows can be done without
            lines = [lines[0], *(line for line in lines[1:-1] if not self._is_shown(line)), lines[-1]]
        joined = one_line("\n".join(lines), _LONGEST_LINE + 1)
        text = joined if len(lines) > 1 and len(joined) <= _LONGEST_LINE else "\n".join(lines)
        text = f"{text.strip()}\n"
        return Piece(NAME, self.place.path, text, self.reason, head=True, line=self.first, may_end_early=True)

    def _is_shown(self, line: str) -> bool:
        found = re.findall(r"\w+", line)
        return bool(found) and self.place.window_names.issuperset(found)


def is_waiting(place: Place, name: str) -> bool:
    """Whether the document has a name only where it is imported."""
    return place.counted_words[name] == 1


def _definitions(place: Place, knowledge: Knowledge, found: list[_Statement]) -> Iterator[Piece]:
    """Names that wait first, then those that the window uses, the last ones first."""
    sources = {name: one.source or "" for statement in found for one in statement.imports for name in one.names}
    order = {word: place_in for place_in, word in enumerate(words(place.window_text))}
    waiting = [name for name in sources if is_waiting(place, name)]
    used = sorted((name for name in sources if name in order and name not in waiting), key=lambda name: -order[name])
    names = [*waiting, *used][:_MOST_NAMES]
    known = knowledge.named(names, place)
    for name in names:
        matching = [s for s in known.get(name, ()) if s.path != place.path and leads_to(sources[name], s.path)]
        state = "not used yet" if name in waiting else "used in the window"
        reason = f"{name} is imported from {sources[name]}, {state}"
        if matching:
            yield knowledge.piece(NAME, matching[0], place, reason)
        elif module := knowledge.module(f"{sources[name]}.{name}", place):
            yield module.piece(NAME, reason)


def _known_as(one: Import) -> frozenset[str]:
    """The names by which the document may use an import."""
    if one.names:
        return frozenset(one.names)
    return frozenset(re.findall(r"\w+", one.source or "")[-2:])
