"""Finds the new version of one definition in an answer, although other definitions have the same name.

Those are a property and its setter, overloads, methods of several classes, traits or receivers, twins under ``if`` and
``else``, functions of ``singledispatch``. They are told apart by their *head* (decorators and header), by their
*context* (the line above with less indentation), and by their order. Nothing is guessed. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from attrs import frozen

from autothink_lsp.document.lines import indent_length
from autothink_lsp.document.text import Text
from autothink_lsp.edits.alignment import line_similarity
from autothink_lsp.edits.outline import Outline, OutlineItem, outline
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.values import Point

_NEARLY = 0.9  # minimum similarity of a head before and after a change of its header; chosen


class Surroundings:
    """The document without the piece, which begins at ``start`` and has ``count`` lines. Parsed when needed, once."""

    def __init__(self, text: Text, start: Point, count: int, grammar: Grammar | None) -> None:
        self.lines = text.lines(0, text.line_count)
        first = next((n for n in range(start.line, start.line + count) if self.lines[n].strip()), start.line)
        self.context = context_of(first, self.lines)  # of the piece
        self.lines[start.line : start.line + count] = [""] * count
        self.start_line = start.line
        self.grammar = grammar

    @cached_property
    def items(self) -> tuple[OutlineItem, ...]:
        """Its definitions."""
        rest = outline(self.grammar, "\n".join(self.lines))
        return rest.items if rest is not None else ()

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that it defines."""
        return frozenset(one.name for one in self.items)

    def defines_beside(self, name: str) -> bool:
        """Whether it defines ``name`` where the piece is, such as in its class, or at the margin."""
        return any(context_of(first, self.lines) in {self.context, ""} for first in self._firsts.get(name, ()))

    @cached_property
    def _firsts(self) -> dict[str, list[int]]:
        """The first lines of its definitions by name."""
        found: dict[str, list[int]] = {}
        for one in self.items:
            found.setdefault(one.name, []).append(one.first)
        return found

    def has_beside(self, lines: Sequence[str]) -> bool:
        """Whether ``lines`` stand where the piece is, in the same words; blank lines and indentation are ignored."""
        words, filled = _words(lines), self._filled
        starts = [n for n, (_, word) in enumerate(filled) if words and word == words[0]]
        return any(
            [word for _, word in filled[n : n + len(words)]] == words
            and context_of(filled[n][0], self.lines) == self.context
            for n in starts
        )

    @cached_property
    def _filled(self) -> list[tuple[int, str]]:
        """(number, line without outer blanks) of the lines that are not blank."""
        return [(number, line.strip()) for number, line in enumerate(self.lines) if line.strip()]


@frozen
class _Identity:
    """What tells a definition from others of its name. ``context`` is empty at the margin."""

    head: str
    context: str

    @classmethod
    def of(cls, item: OutlineItem, lines: Sequence[str]) -> _Identity:
        return cls(_head(item, lines), context_of(item.first, lines))


class SameNames:
    """The definitions called ``name``: the piece ``old``, those ``around`` it, and those of the answer ``lines``."""

    def __init__(
        self, name: str, ours: Outline, old: list[str], theirs: Outline, lines: list[str], around: Surroundings
    ) -> None:
        self._given = _on_one_level([one for one in theirs.items if one.name == name], ours, name)
        self._name, self._lines, self._around = name, lines, around
        self._ours, self._old = ours, old

    @property
    def are_several(self) -> bool:
        """Whether both the answer and the document have several definitions of that name."""
        return len(self._given) > 1 and bool(self._others)

    @property
    def is_other_alone(self) -> bool:
        """Whether the answer has definitions of this name, and they are those of other places of the document."""
        return bool(self._given and self._others) and self._version() is None

    def versions(self) -> list[OutlineItem]:
        """The answer's version of the piece, and new definitions of the same name beside it; in order. Empty if there
        is no version, or if it is not certain which one it is."""
        version = self._version()
        if version is None:
            return []
        unmatched = [one for one in self._others if not any(self._is_of(given, one) for given in self._given)]
        is_changed = _words(self._lines[version.first : version.stop]) != _words(self._old)
        if unmatched and is_changed:
            return [version]  # the others of the answer may be changed versions of the unmatched ones
        new = [one for one in self._given if not any(self._is_of(one, other) for other in self._others)]
        beside = [one for one in new if self._identity(one).context == self._identity(version).context]
        return sorted({version, *beside}, key=lambda one: one.first)

    def _version(self) -> OutlineItem | None:
        given, others = self._given, self._others
        exact = [one for one in given if self._is_of(one, self._own)]
        if len(exact) > 1:
            exact = [one for one in exact if not self._is_repeated(one)] or exact
        if len(exact) > 1:
            same = [one for one in others if one == self._own]
            return exact[self._count_before(same)] if len(exact) == len(same) + 1 else None
        if exact:
            return exact[0]
        unknown = [one for one in given if not any(self._is_of(one, other) for other in self._all_others)]
        if len(unknown) == 1:
            return None if self._is_rather_other(unknown[0]) else unknown[0]
        return given[self._count_before(others)] if len(given) == len(others) + 1 else None

    @cached_property
    def _own(self) -> _Identity:
        piece = self._ours.outer[0]
        around = self._around
        before = [*around.lines[: around.start_line], *self._old]
        return _Identity(_head(piece, self._old), context_of(around.start_line + piece.first, before))

    @cached_property
    def _around_named(self) -> list[OutlineItem]:
        """The definitions around the piece with its name."""
        around = self._around
        is_named = any(self._name in line for line in around.lines)
        return [one for one in around.items if one.name == self._name] if is_named else []

    @cached_property
    def _placed_others(self) -> list[tuple[int, _Identity]]:
        """(line, identity) of those around the piece that do not contain it."""
        line = self._around.start_line
        beside = [one for one in self._around_named if not one.first <= line < one.stop]
        return [(one.first, _Identity.of(one, self._around.lines)) for one in beside]

    @property
    def _others(self) -> list[_Identity]:
        return [one for _, one in self._placed_others]

    @cached_property
    def _all_others(self) -> list[_Identity]:
        """Also those that contain the piece, and those inside it."""
        piece = self._ours.outer[0]
        inner = [one for one in self._ours.items if one.name == self._name and one != piece]
        return [_Identity.of(one, self._around.lines) for one in self._around_named] + [
            _Identity.of(one, self._old) for one in inner
        ]

    @cached_property
    def _contexts(self) -> set[str]:
        return {one.context for one in self._all_others}

    def _count_before(self, identities: Sequence[_Identity]) -> int:
        """How many of those around the piece, among ``identities``, stand before it."""
        return sum(1 for line, one in self._placed_others if line < self._around.start_line and one in identities)

    def _is_rather_other(self, item: OutlineItem) -> bool:
        """Whether ``item`` of the answer, whose head is new, is another definition with a changed header."""
        given = self._identity(item)
        if given.context in self._contexts - {self._own.context, ""}:
            return True
        if given.context == self._own.context != "" and given.context not in self._contexts:
            return False
        closest = max((line_similarity(one.head, given.head) for one in self._others), default=0.0)
        return closest >= _NEARLY and closest > line_similarity(self._own.head, given.head)

    def _is_repeated(self, item: OutlineItem) -> bool:
        """Whether ``item`` of the answer stands around the piece in the same words."""
        words = _words(self._lines[item.first : item.stop])
        return any(_words(self._around.lines[one.first : one.stop]) == words for one in self._around_named)

    def _identity(self, item: OutlineItem) -> _Identity:
        return _Identity.of(item, self._lines)

    def _is_of(self, item: OutlineItem, identity: _Identity) -> bool:
        """Whether ``item`` of the answer may be the definition ``identity`` of the document. A context that the
        document does not have says nothing."""
        given = self._identity(item)
        if given.head != identity.head:
            return False
        known = self._contexts | {self._own.context}
        return given.context in {"", identity.context} or given.context not in known


def _on_one_level(items: list[OutlineItem], ours: Outline, name: str) -> list[OutlineItem]:
    """``items`` of one name without those that contain another, such as the class of a constructor; without the inner
    ones if the piece contains one."""
    takes_outer = sum(one.name == name for one in ours.items) > 1

    def contains(outer: OutlineItem, inner: OutlineItem) -> bool:
        return outer != inner and outer.first <= inner.first and inner.stop <= outer.stop

    if takes_outer:
        return [one for one in items if not any(contains(other, one) for other in items)]
    return [one for one in items if not any(contains(one, other) for other in items)]


def _head(item: OutlineItem, lines: Sequence[str]) -> str:
    """The lines up to the header, without outer blanks."""
    found: list[str] = []
    for line in lines[item.first : item.stop]:
        found.append(" ".join(line.split()))
        if found[-1] and not found[-1].startswith(("@", "#[", "[")):
            break
    return "\n".join(found)


def _words(lines: Sequence[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def context_of(first: int, lines: Sequence[str]) -> str:
    """The nearest line above line ``first`` with less indentation that is more than a bracket; empty at the margin."""
    indent = indent_length(lines[first])
    for number in range(first - 1, -1, -1):
        line = lines[number]
        if indent == 0:
            return ""
        if line.strip() and indent_length(line) < indent:
            if line.strip() not in {"{", "("}:
                return " ".join(line.split())
            indent = indent_length(line) + 1
    return ""
