"""Restores comments that a model dropped from unchanged or nearly unchanged code.

Models often drop comments, and some comments are instructions to tools (``# type: ignore``, ``//nolint``). A comment is
restored if its code still exists. If that is not certain, the edit is not changed, and a *concern* informs the user,
who is asked before the edit is applied.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import groupby, pairwise

from attrs import define, field, frozen

from autothink_lsp.document.lines import indent_of
from autothink_lsp.edits.alignment import changed_stretches, similar_pairs
from autothink_lsp.edits.code_lines import CodeLine
from autothink_lsp.quantities import shortened

# Comments that change a tool's behaviour: their loss is never a matter of style.
_DIRECTIVE = re.compile(
    r"type:\s*ignore|noqa|nolint|nosec|nosonar|noinspection|pragma|pylint:|pyright:|mypy:|fmt:|isort:|ruff:|flake8"
    r"|eslint|tslint|jshint|@ts-|prettier-ignore|biome-ignore|istanbul|c8 ignore|v8 ignore|rubocop:|phpcs|phpstan"
    r"|@phan|@psalm|checkstyle|shellcheck|hadolint|yamllint|stylelint|clang-format|clang-tidy|swiftlint|ktlint"
    r"|detekt|golangci|go:|\+build|spell-?checker|cspell|codespell|coding[:=]|nocov|no cover",
    re.IGNORECASE,
)
_OF_FILE = ("#!", "//!", "/*!")  # begin comments that are about the file: an interpreter's, Rust's
_NEARLY = 0.55  # minimum similarity of a line of code before and after an edit
_LONGEST_QUOTE = 60


@frozen
class Restored:
    """The new lines with restored comments, and concerns about comments that could not be restored with certainty."""

    lines: list[str]
    concerns: tuple[str, ...] = ()


def with_lost_comments(
    old: Sequence[CodeLine], new: Sequence[CodeLine], asked: Collection[int] = (), *, comments_meant: bool = False
) -> Restored:
    """The lines of ``new`` with their lost comments restored.

    ``asked`` are indices of ``old`` with a message: comments there are not restored. ``comments_meant``: the message is
    about comments, so their loss is no concern.
    """
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
    partner: dict[int, int] = field(init=False)  # index in old -> index in new, of lines of code
    replaced: set[int] = field(init=False)  # lines of old whose code was replaced by other code
    stands: dict[int, int] = field(init=False)  # like ``partner``, including comments that still exist
    unclaimed: Counter[str] = field(init=False)  # comments of the new lines that are in no old line
    texts: list[str] = field(init=False)
    inserted: dict[int, list[str]] = field(factory=dict)  # index in new -> lines to insert before it

    def __attrs_post_init__(self) -> None:
        self.partner, self.replaced = _partners(self.old, self.new)
        self.stands = self.partner | _same_notes(self.old, self.new, self.partner)
        self.texts = [line.text for line in self.new]
        self.unclaimed = Counter(note for line in self.new for note in line.notes)
        self.unclaimed.subtract(note for line in self.old for note in line.notes)

    def trailing_comments(self) -> None:
        """Restore comments after code, and inside it."""
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
        if number in self.asked and line.key == there.key and not self._changes_code():
            if not there.noted and not self.comments_meant:
                self._concern(lost[0])
            return  # the change of the comment was requested
        if line.key == there.key and not there.noted:
            self.texts[at] = indent_of(there.text) + line.text.lstrip()
        elif line.comment and not there.noted and len(line.notes) == 1:
            self.texts[at] = there.text.rstrip() + line.comment
        elif not there.noted or any(map(_DIRECTIVE.search, lost)):
            self._concern(lost[0])  # inside changed code, or an instruction to a tool was reworded
            return
        else:
            return  # the model wrote another comment there
        for note in lost:
            self.unclaimed[note] += 1

    def _changes_code(self) -> bool:
        """Whether the code of any line has changed, so that the edit is not about a comment."""
        return not self.comments_meant and [line.key for line in self.old if line.code] != [
            line.key for line in self.new if line.code
        ]

    def whole_lines(self) -> None:
        """Restore comments and docstrings on separate lines."""
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
            elif any(map(_DIRECTIVE.search, lost)):  # otherwise the comment was reworded
                self._concern(next(filter(_DIRECTIVE.search, lost)))

    def _insert_parts(self, first: int, stop: int, above: int | None, below: int | None, lost: list[str]) -> None:
        """Insert the missing lines in the middle or at an end of a comment."""
        gone = [n for n in range(first, stop) if {*self.old[n].notes} & {*lost}]
        for _, run in groupby(enumerate(gone), key=lambda pair: pair[1] - pair[0]):
            lines = [number for _, number in run]
            before = lines[0] - 1 if lines[0] > first else above
            behind = lines[-1] + 1 if lines[-1] + 1 < stop else below
            self._insert(lines[0], lines[-1] + 1, before, behind)

    def _notes_between(self, above: int | None, below: int | None, count: int, *, docstring: bool) -> list[str]:
        """Comments (or docstrings) of the new lines at the place of the old ones; if one side is unknown, the same
        number of lines there."""
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
        elif above is None and below is not None and behind is not None and self._is_head(first, stop, below):
            place, anchor, there = 0, self.old[below].text, self.texts[behind]
            block += [line.text for line in self.old[stop:below]] if self.texts[0].strip() else []
        elif below is not None and behind is not None:
            place, anchor, there = behind, self.old[below].text, self.texts[behind]
            gap = self.old[stop:below]  # blank lines between the comment and the code are kept
            while gap and place and not self.texts[place - 1].strip():
                place, gap = place - 1, gap[1:]
            block += [line.text for line in gap]
        elif above is None and below is None:
            place, anchor, there = 0, "", ""
        else:
            if below is None or below in self.replaced or any(map(_DIRECTIVE.search, notes)):
                self._concern(notes[0])  # otherwise the code of the comment was deleted
            return
        moved = _Shift(indent_of(anchor), indent_of(there))
        self.inserted.setdefault(place, []).extend(moved.line(line) for line in block)
        self.unclaimed.update(notes)

    def _is_head(self, first: int, stop: int, below: int) -> bool:
        """Whether a comment before all code is about the file and not about the line ``below`` it."""
        return stop < below or self.old[first].text.startswith(_OF_FILE)

    def result(self) -> list[str]:
        out: list[str] = []
        for number, text in enumerate(self.texts):
            out += [*self.inserted.get(number, ()), text]
        return out + self.inserted.get(len(self.texts), [])

    def _concern(self, note: str) -> None:
        quoted = note.replace("`", "'")
        self.concerns.append(f"It removes the comment `{shortened(quoted, _LONGEST_QUOTE)}`.")


@frozen
class _Shift:
    """Moves lines by the difference of two indentations."""

    present: str
    wanted: str

    def line(self, line: str) -> str:
        return self.wanted + line[len(self.present) :] if line.strip() and line.startswith(self.present) else line


def _partners(old: Sequence[CodeLine], new: Sequence[CodeLine]) -> tuple[dict[int, int], set[int]]:
    """The lines of code that are equal or similar before and after; and those that were replaced by other code."""
    olds = [number for number, line in enumerate(old) if line.code]
    news = [number for number, line in enumerate(new) if line.code]
    olds_code, news_code = [old[n].key for n in olds], [new[n].key for n in news]
    partner = {olds[i]: news[j] for i, j in similar_pairs(olds_code, news_code, _NEARLY)}
    replaced = {
        olds[i]
        for i1, i2, j1, j2 in changed_stretches(olds_code, news_code)
        for i in range(i1, i2)
        if j2 > j1 and olds[i] not in partner
    }
    return partner, replaced


def _same_notes(old: Sequence[CodeLine], new: Sequence[CodeLine], partner: dict[int, int]) -> dict[int, int]:
    """Lines that consist of a comment and are equal before and after, in an order consistent with ``partner``."""
    found: dict[int, int] = {}
    edges = [(-1, -1), *sorted(partner.items()), (len(old), len(new))]
    for (i1, j1), (i2, j2) in pairwise(edges):
        olds = [n for n in range(i1 + 1, i2) if old[n].is_note]
        news = [n for n in range(j1 + 1, j2) if new[n].is_note]
        pairs = similar_pairs([old[n].text.strip() for n in olds], [new[n].text.strip() for n in news], 1.0)
        found |= {olds[i]: news[j] for i, j in pairs if old[olds[i]].text.strip()}
    return found


def _note_blocks(lines: Sequence[CodeLine]) -> list[tuple[int, int]]:
    """Runs of lines that consist of comments."""
    blocks: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        if not line.is_note:
            continue
        if blocks and blocks[-1][1] == number and lines[number - 1].docstring == line.docstring:
            blocks[-1] = (blocks[-1][0], number + 1)
        else:
            blocks.append((number, number + 1))
    return blocks
