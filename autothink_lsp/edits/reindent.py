"""Adjusts the indentation of a model's lines to that of the lines that they replace.

A line that exists on both sides keeps its indentation in the document (an aligned continuation, `` * `` of a comment, a
heredoc). Only new lines are translated, based on the lines around them. If the model kept the indentation, nothing
changes.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from attrs import frozen

from autothink_lsp.document.lines import indent_of
from autothink_lsp.edits.alignment import similar_pairs

_OPENS = re.compile(r"(?:[:{(\[]|=>|->|\b(?:then|do|else|begin|of)|[^-=]>)\s*$")
# First characters of lines whose indentation is unrelated to levels: inside block comments, and directives.
_NO_LEVEL = ("*", "#")
# The last level in blanks: where others are tabs, a tab is two levels wide (Tcl, Vim, old Perl modules).
_HALF_LEVEL = re.compile(r"\t* {4,7}\S")
_TAB_COLUMNS = 8
_FEW_BLANKS = {2, 3, 4, 8}
_OPENER_VOTES = 3
_SAME_LINE = 0.6  # minimum similarity of a line before and after an edit
_MODELS_BLANKS = 4  # a model's usual number of blanks per level, if its answer does not show it


def reindented(
    new: list[str],
    old: Sequence[str],
    *,
    around: Sequence[str] = (),
    held: Collection[int] = (),
    old_held: Collection[int] = (),
    held_notes: Collection[int] = (),
    copied: Sequence[str] | None = None,
    levels_meant: bool = False,
) -> list[str]:
    """``new`` with the indentation of ``old``, which it replaces.

    ``around`` are further lines of the document, used to determine the unit of indentation if ``old`` does not show it.
    ``held`` and ``old_held`` are indices of lines that continue a string or a comment: their white space belongs to it.
    ``held_notes`` are those of ``held`` that continue a comment or a docstring: new ones are moved with its first line.
    ``copied`` is the model's copy of ``old``, if the prompt asked for one: both have the same lines.
    ``levels_meant``: the edit may be about the indentation.
    """
    answer_lines = copied if copied is not None else new
    first_old = next((line for line in old if line.strip()), "")
    first_new = next((line for line in answer_lines if line.strip()), "")
    base_old, base_new = indent_of(first_old), indent_of(first_new)
    pairs = [(i, j) for i, j in similar_pairs(_keys(old), _keys(new), _SAME_LINE) if old[i].strip()]
    known = [(indent_of(old[i]), indent_of(new[j])) for i, j in pairs]
    if not levels_meant and (same := _lines_of_same_levels(pairs, old, new)):
        return [
            indent_of(old[same[j]]) + line.lstrip() if j in same else line if j in held else ""
            for j, line in enumerate(new)
        ]
    copied_indents: dict[int, str] = {}
    if copied is not None and len(copied) == len(old):
        copied_indents = {i: indent_of(line) for i, line in enumerate(copied) if line.strip()}
        known += [(indent_of(a), indent_of(b)) for a, b in zip(old, copied, strict=True) if a.strip() and b.strip()]
    deeper = [(a, b) for a, b in known if len(a) > len(base_old)]
    theirs, ours = unit_of([*answer_lines, *new], held), unit_of(old, old_held) or unit_of(around)
    same_units = not theirs or not ours or theirs == ours
    if base_new == base_old and (_mostly(a == b for a, b in deeper) or same_units):
        return _new_lines_in_style(new, old, {j: i for i, j in pairs}, set(held))
    if _mostly(base_old + b.removeprefix(base_new) == a for a, b in deeper if b.startswith(base_new)) or same_units:
        theirs = ours = ""  # the same levels, shifted to the left or right
    lines = _SameLines(pairs, known, copied_indents)
    units = _Units(base_new, base_old, theirs, ours)
    return _translated_lines(new, old, lines, units, set(held), set(old_held), set(held_notes))


def unit_of(lines: Sequence[str], held: Collection[int] = ()) -> str:
    """One level of indentation in ``lines``: a tab or at least two blanks, the most frequent step into a block. Empty
    if the lines do not show it."""
    votes: Counter[str] = Counter()
    above = ""
    for number, line in enumerate(lines):
        code = line.strip()
        if not code or number in held or code.startswith(_NO_LEVEL):
            continue
        outer, indent = indent_of(above), indent_of(line)
        step = indent[len(outer) :] if above and indent.startswith(outer) else ""
        opener = bool(_OPENS.search(above))
        if step == "\t" or (step.isspace() and step.strip(" ") == "" and (len(step) in _FEW_BLANKS)):
            votes[step] += _OPENER_VOTES if opener else 1
        above = line
    if not votes:
        return "\t" if any(line.startswith("\t") for line in lines) else ""
    return max(votes, key=lambda step: (votes[step], -len(step)))


class _Units:
    """The bases and units of both sides; translates an indentation of the answer to the document."""

    def __init__(self, base_new: str, base_old: str, theirs: str, ours: str) -> None:
        self.base_new, self.base_old, self.theirs, self.ours = base_new, base_old, theirs, ours

    def written(self, indent: str) -> str:
        """An indentation of the answer in the document's units; a part that is not a whole level (an aligned
        continuation) keeps its blanks."""
        if not indent.startswith(self.base_new):  # further left than the first line
            return self.base_old[: len(self.base_old) - max(0, len(self.base_new) - len(indent))]
        rest = indent[len(self.base_new) :]
        if not self.theirs or not self.ours or self.theirs == self.ours:
            return self.base_old + rest
        if self.theirs == "\t":
            levels, remainder = len(rest) - len(rest.lstrip("\t")), rest.lstrip("\t")
        else:
            levels, over = divmod(len(rest.expandtabs(len(self.theirs))), len(self.theirs))
            remainder = " " * over
        return self.base_old + self.ours * levels + remainder

    def whole_levels(self, indent: str) -> bool:
        """Whether an indentation of the document consists of whole levels, without alignment."""
        rest = indent.removeprefix(self.base_old)
        return not self.ours or (rest == self.ours * (len(rest) // len(self.ours)))


@frozen
class _SameLines:
    """Lines that exist on both sides: indices (document, answer), their indentations in the same order, and the
    indentation that the model's copy of the document has for a line of the document."""

    pairs: Sequence[tuple[int, int]]
    indents: Sequence[tuple[str, str]]
    copied_indents: Mapping[int, str]


def _translated_lines(
    new: list[str],
    old: Sequence[str],
    same: _SameLines,
    units: _Units,
    held: set[int],
    old_held: set[int],
    held_notes: set[int],
) -> list[str]:
    mapping: dict[str, Counter[str]] = defaultdict(Counter)
    for old_indent, new_indent in same.indents:
        mapping[new_indent][old_indent] += 1
    learned = {indent: counts.most_common(1)[0][0] for indent, counts in mapping.items() if _clear(counts)}
    learned = _without_moved(learned, new, units, held)
    stood = {j: i for i, j in same.pairs}
    has_half_levels = any(map(_HALF_LEVEL.match, old)) and any(line.startswith("\t") for line in old)
    out: list[str] = []
    begun = ("", "")  # indentation of the last line that is not held, in the answer and in the document
    for number, line in enumerate(new):
        indent, code = indent_of(line), line.lstrip()
        at = stood.get(number)
        if at is not None and (at in old_held or number in held):
            out.append(indent_of(old[at]) + code if code else line)
        elif number in held_notes and code and line.startswith(begun[0]):
            out.append(begun[1] + line.removeprefix(begun[0]))
        elif number in held:
            out.append(line)
        elif not code:
            out.append("")
        elif at is not None and indent == same.copied_indents.get(at):
            begun = (indent, indent_of(old[at]))
            out.append(indent_of(old[at]) + code)
        else:
            expected = units.written(indent)
            if units.theirs != units.ours:
                expected = learned.get(indent, expected)
            if at is not None and _keeps(indent_of(old[at]), indent, expected, units, learned, has_half_levels):
                expected = indent_of(old[at])
            begun = (indent, expected)
            out.append(expected + code)
    return out


def _without_moved(learned: dict[str, str], new: list[str], units: _Units, held: set[int]) -> dict[str, str]:
    """``learned`` without the indentations of lines that were moved into a new block: otherwise a less indented new
    line of the answer, the block's header, would get their indentation."""
    written = {
        indent: units.written(indent)
        for number, line in enumerate(new)
        if line.strip() and number not in held and (indent := indent_of(line)) not in learned
    }
    return {
        indent: ours
        for indent, ours in learned.items()
        if not any(ours == above and indent.startswith(less) for less, above in written.items())
    }


def _keeps(
    present: str, indent: str, expected: str, units: _Units, learned: Mapping[str, str], has_half_levels: bool
) -> bool:
    """Whether a line of the document keeps its indentation ``present``. The answer has it with ``indent``, which would
    be written as ``expected``."""
    if has_half_levels and _columns(present) in {_columns(expected), _columns(indent)}:
        return True
    if units.theirs == units.ours:
        return not indent.startswith(units.base_new)  # further left than the first line: no shift is known
    return present in {indent, learned.get(indent)} or not units.whole_levels(present)


def _columns(indent: str) -> int:
    return len(indent.expandtabs(_TAB_COLUMNS))


def _lines_of_same_levels(pairs: Sequence[tuple[int, int]], old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Indices in ``new`` with those in ``old`` of all lines that are not blank, if they exist on both sides and none
    was moved to another level: the answer has another indentation for each one of the document, or the same for all
    of them (its indentation was lost), or lost that of its first line. Items of YAML's lists may be on the level of
    their key or deeper, so they are compared among themselves. Else empty; also if nothing but the indentation differs,
    which is then the edit."""
    ours, theirs = ([number for number, line in enumerate(side) if line.strip()] for side in (old, new))
    together = dict(zip(theirs, ours, strict=False))
    if len(ours) != len(theirs) or len(pairs) * 2 < len(ours) or any(together[j] != i for i, j in pairs):
        return {}
    if all(old[i].strip() == new[j].strip() for j, i in together.items()):
        return {}
    if len({indent_of(new[j]) for j in together}) == 1 or _has_other_indents(together, old, new):
        return together
    if all(indent_of(old[i]) == indent_of(new[j]) for j, i in [*together.items()][1:]):
        return together  # only the first line lost its indentation
    items = {j: i for j, i in together.items() if new[j].lstrip().startswith("- ")}
    others = {j: i for j, i in together.items() if j not in items}
    if items and all(_has_other_indents(part, old, new) for part in (items, others)):
        return together
    return {}


def _has_other_indents(together: Mapping[int, int], old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether each indentation of the lines in ``old`` is one other indentation in ``new``."""
    indents = {(indent_of(old[i]), indent_of(new[j])) for j, i in together.items()}
    before, after = {one for one, _ in indents}, {one for _, one in indents}
    return len(before) == len(after) == len(indents)


def _clear(counts: Counter[str]) -> bool:
    """Whether the lines agree on the document's indentation for an indentation of the answer."""
    (_, most), *others = counts.most_common(2)
    return not others or most >= 3 * others[0][1]


def _mostly(agree: Iterable[bool]) -> bool:
    """Whether at least half of the values are true; false if there are none."""
    answers = list(agree)
    return bool(answers) and sum(answers) * 2 >= len(answers)


def _new_lines_in_style(new: list[str], old: Sequence[str], stood: dict[int, int], held: set[int]) -> list[str]:
    """Convert lines with blanks among lines with tabs, or vice versa, to the style of the others. ``stood`` maps lines
    of ``new`` to lines of ``old``, which keep their indentation."""
    present = {indent_of(line) for line in old}
    tabs = any(indent.startswith("\t") for indent in present)
    blanks = any(indent.startswith("  ") for indent in present)
    unit = "\t" if tabs else unit_of(old) or " " * _MODELS_BLANKS
    units = _Units("", "", " " * _MODELS_BLANKS if tabs else "\t", unit)
    out: list[str] = []
    for number, line in enumerate(new):
        indent = indent_of(line)
        if not line.strip() or (number in held and number not in stood):
            out.append(line)
        elif number in stood and same_columns(indent, indent_of(old[stood[number]])):
            out.append(indent_of(old[stood[number]]) + line.lstrip())
        elif number in held or indent in present:
            out.append(line)
        elif tabs != blanks and indent.startswith("  " if tabs else "\t"):
            out.append(units.written(indent) + line.lstrip())
        else:
            out.append(line)
    return out


def same_columns(one: str, other: str) -> bool:
    """Whether two indentations have equal columns at some tab width, so that they differ only in tabs and blanks."""
    return any(len(one.expandtabs(width)) == len(other.expandtabs(width)) for width in (4, 8, 2))


def _keys(lines: Sequence[str]) -> list[str]:
    return [line.strip() for line in lines]
