"""Puts comments back that a model dropped from code that it left as it was, or nearly so.

Models drop comments all the time, and some comments are instructions to tools (``# type: ignore``, ``//nolint``). A
comment returns where its code still stands. Where that is not certain the edit stays as it is and a *concern* says so:
a sentence for the user, who is then asked before the edit is applied.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import groupby, pairwise

from attrs import define, field, frozen

from autothink_lsp.edits.alignment import changed, like_pairs
from autothink_lsp.edits.code_lines import CodeLine
from autothink_lsp.edits.reindent import indent_of

# Comments that change what a tool does: to lose one is never a matter of style.
_DIRECTIVE = re.compile(
    r"type:\s*ignore|noqa|nolint|nosec|nosonar|noinspection|pragma|pylint:|pyright:|mypy:|fmt:|isort:|ruff:|flake8"
    r"|eslint|tslint|jshint|@ts-|prettier-ignore|biome-ignore|istanbul|c8 ignore|v8 ignore|rubocop:|phpcs|phpstan"
    r"|@phan|@psalm|checkstyle|shellcheck|hadolint|yamllint|stylelint|clang-format|clang-tidy|swiftlint|ktlint"
    r"|detekt|golangci|go:|\+build|spell-?checker|cspell|codespell|coding[:=]|nocov|no cover",
    re.IGNORECASE,
)
_NEARLY = 0.55  # how alike two lines of code must be to be the same line before and after
_LONGEST_QUOTE = 60


@frozen
class Restored:
    """The new lines with lost comments, and sentences about those that could not be put back with certainty."""

    lines: list[str]
    concerns: tuple[str, ...] = ()


def with_lost_comments(
    old: Sequence[CodeLine], new: Sequence[CodeLine], asked: Collection[int] = (), *, comments_meant: bool = False
) -> Restored:
    """``asked`` are indices of ``old`` that a message stands at: comments there stay away. ``comments_meant``: the
    message is about comments, so that this is no concern."""
    if not any(line.noted for line in old):
        return Restored([line.text for line in new])
    work = _Restoring(list(old), list(new), frozenset(asked), comments_meant)
    work.trailing_comments()
    work.whole_lines()
    return Restored(work.result(), tuple(dict.fromkeys(work.concerns)))


@define(eq=False)
class _Restoring:
    old: list[CodeLine]
    new: list[CodeLine]
    asked: frozenset[int]
    comments_meant: bool
    concerns: list[str] = field(factory=list)
    partner: dict[int, int] = field(init=False)  # index in old -> in new, of lines of code
    replaced: set[int] = field(init=False)  # lines of old whose code was replaced by other code
    stands: dict[int, int] = field(init=False)  # the same for comments that are still there, too
    unclaimed: Counter[str] = field(init=False)  # comments of the new lines that no old line has
    texts: list[str] = field(init=False)
    inserted: dict[int, list[str]] = field(factory=dict)  # index in new -> lines to stand before it

    def __attrs_post_init__(self) -> None:
        self.partner, self.replaced = _partners(self.old, self.new)
        self.stands = self.partner | _same_notes(self.old, self.new, self.partner)
        self.texts = [line.text for line in self.new]
        self.unclaimed = Counter(note for line in self.new for note in line.notes)
        self.unclaimed.subtract(note for line in self.old for note in line.notes)

    def trailing_comments(self) -> None:
        """Comments behind code, and inside it."""
        for number, line in enumerate(self.old):
            if not line.notes or not line.code:
                continue
            at = self.partner.get(number)
            kept = self.new[at].notes if at is not None else ()
            lost = [note for note in line.notes if note not in kept and self.unclaimed[note] < 0]
            if lost and at is not None:
                self._return_to(number, at, lost)
            elif lost and (number in self.replaced or any(map(_DIRECTIVE.search, lost))):
                self._concern(lost[0])

    def _return_to(self, number: int, at: int, lost: list[str]) -> None:
        line, there = self.old[number], self.new[at]
        if number in self.asked and line.key == there.key:
            if not there.noted and not self.comments_meant:
                self._concern(lost[0])
            return  # to change the comment is what was asked
        if line.key == there.key and not there.noted:
            self.texts[at] = indent_of(there.text) + line.text.lstrip()
        elif line.comment and not there.noted and len(line.notes) == 1:
            self.texts[at] = there.text.rstrip() + line.comment
        elif not there.noted or any(map(_DIRECTIVE.search, lost)):
            self._concern(lost[0])  # inside code that has changed, or an instruction to a tool was reworded
            return
        else:
            return  # the model wrote another comment there
        for note in lost:
            self.unclaimed[note] += 1

    def whole_lines(self) -> None:
        """Comments and docstrings on lines of their own."""
        for first, stop in _note_blocks(self.old):
            above = next((n for n in range(first - 1, -1, -1) if self.old[n].text.strip()), None)
            below = next((n for n in range(stop, len(self.old)) if self.old[n].text.strip()), None)
            present = self._notes_between(above, below, stop - first, docstring=self.old[first].docstring)
            notes = [note for line in self.old[first:stop] for note in line.notes]
            lost = [note for note in notes if note not in present and self.unclaimed[note] < 0]
            reworded = any(note not in notes and self.unclaimed[note] > 0 for note in present)
            if not lost:
                continue
            if any(number in self.asked for number in range(first, stop)):
                beyond = [n for n in range(first, stop) if n not in self.asked and {*self.old[n].notes} & {*lost}]
                if (beyond or not self.comments_meant) and not reworded:
                    self._concern(lost[0])
            elif not reworded and len(lost) == len(notes):
                self._insert(first, stop, above, below)
            elif not reworded:
                self._insert_parts(first, stop, above, below, lost)
            elif any(map(_DIRECTIVE.search, lost)):  # else the comment was reworded
                self._concern(next(filter(_DIRECTIVE.search, lost)))

    def _insert_parts(self, first: int, stop: int, above: int | None, below: int | None, lost: list[str]) -> None:
        """Lines that are missing in the middle or at an end of a comment."""
        gone = [n for n in range(first, stop) if {*self.old[n].notes} & {*lost}]
        for _, run in groupby(enumerate(gone), key=lambda pair: pair[1] - pair[0]):
            lines = [number for _, number in run]
            before = lines[0] - 1 if lines[0] > first else above
            behind = lines[-1] + 1 if lines[-1] + 1 < stop else below
            self._insert(lines[0], lines[-1] + 1, before, behind)

    def _notes_between(self, above: int | None, below: int | None, count: int, *, docstring: bool) -> list[str]:
        """Comments (or docstrings) of the new lines where the old ones stood; where one side is not known, as many
        lines there."""
        before = self.stands.get(above) if above is not None else -1
        behind = self.stands.get(below) if below is not None else len(self.new)
        low = before + 1 if before is not None else max(0, (behind or 0) - count)
        high = behind if behind is not None else low + count
        return [
            note for line in self.new[low:high] if line.is_note and line.docstring == docstring for note in line.notes
        ]

    def _insert(self, first: int, stop: int, above: int | None, below: int | None) -> None:
        block = [line.text for line in self.old[first:stop]]
        notes = [note for line in self.old[first:stop] for note in line.notes]
        docstring = self.old[first].docstring
        before = self.stands.get(above) if above is not None else None
        behind = self.stands.get(below) if below is not None else None
        speaks_of_next = below == stop and not docstring
        if above is not None and before is not None and (docstring or (behind is None and not speaks_of_next)):
            place, anchor, there = before + 1, self.old[above].text, self.texts[before]
        elif below is not None and behind is not None:
            place, anchor, there = behind, self.old[below].text, self.texts[behind]
            gap = self.old[stop:below]  # blank lines between the comment and the code stay between them
            while gap and place and not self.texts[place - 1].strip():
                place, gap = place - 1, gap[1:]
            block += [line.text for line in gap]
        elif above is None and below is None:
            place, anchor, there = 0, "", ""
        else:
            if below is None or below in self.replaced or any(map(_DIRECTIVE.search, notes)):
                self._concern(notes[0])  # else the code that it speaks of is deleted
            return
        moved = _Shift(indent_of(anchor), indent_of(there))
        self.inserted.setdefault(place, []).extend(moved.line(line) for line in block)
        self.unclaimed.update(notes)

    def result(self) -> list[str]:
        out: list[str] = []
        for number, text in enumerate(self.texts):
            out += [*self.inserted.get(number, ()), text]
        return out + self.inserted.get(len(self.texts), [])

    def _concern(self, note: str) -> None:
        quoted = note.replace("`", "'")
        short = quoted if len(quoted) <= _LONGEST_QUOTE else quoted[: _LONGEST_QUOTE - 1].rstrip() + "…"
        self.concerns.append(f"It removes the comment `{short}`.")


@frozen
class _Shift:
    """Moves lines by the difference of two indentations."""

    present: str
    wanted: str

    def line(self, line: str) -> str:
        return self.wanted + line[len(self.present) :] if line.strip() and line.startswith(self.present) else line


def _partners(old: Sequence[CodeLine], new: Sequence[CodeLine]) -> tuple[dict[int, int], set[int]]:
    """Lines of code that are the same before and after, or nearly; and those that other code took the place of."""
    olds = [number for number, line in enumerate(old) if line.code]
    news = [number for number, line in enumerate(new) if line.code]
    olds_code, news_code = [old[n].key for n in olds], [new[n].key for n in news]
    partner = {olds[i]: news[j] for i, j in like_pairs(olds_code, news_code, _NEARLY)}
    replaced = {
        olds[i]
        for i1, i2, j1, j2 in changed(olds_code, news_code)
        for i in range(i1, i2)
        if j2 > j1 and olds[i] not in partner
    }
    return partner, replaced


def _same_notes(old: Sequence[CodeLine], new: Sequence[CodeLine], partner: dict[int, int]) -> dict[int, int]:
    """Lines that are nothing but a comment and are the same before and after, in an order that fits ``partner``."""
    found: dict[int, int] = {}
    edges = [(-1, -1), *sorted(partner.items()), (len(old), len(new))]
    for (i1, j1), (i2, j2) in pairwise(edges):
        olds = [n for n in range(i1 + 1, i2) if old[n].is_note]
        news = [n for n in range(j1 + 1, j2) if new[n].is_note]
        pairs = like_pairs([old[n].text.strip() for n in olds], [new[n].text.strip() for n in news], 1.0)
        found |= {olds[i]: news[j] for i, j in pairs if old[olds[i]].text.strip()}
    return found


def _note_blocks(lines: Sequence[CodeLine]) -> list[tuple[int, int]]:
    """Runs of lines that are nothing but comments."""
    blocks: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        if not line.is_note:
            continue
        if blocks and blocks[-1][1] == number and lines[number - 1].docstring == line.docstring:
            blocks[-1] = (blocks[-1][0], number + 1)
        else:
            blocks.append((number, number + 1))
    return blocks
