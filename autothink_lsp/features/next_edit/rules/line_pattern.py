"""Rule: two changes of whole lines of the same form are made at other lines of this form.

Two examples (lines before and after) are compared token by token. Where their old sides differ is a *hole*; the new
sides must say the same with the holes' contents in it, perhaps in another case (``user_id``, ``userId``, ``USER_ID``).
A pattern with too little in common is dropped. An insertion is a change of the line above or below it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

from attrs import field, frozen

from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.identifier_role import IdentifierRoles
from autothink_lsp.features.next_edit.rules.repeated_change import has_word
from autothink_lsp.features.next_edit.token_change import MOST_LINE_CHARACTERS, line_pairs, tokens
from autothink_lsp.values import Point

RULE_ID = "line-pattern"
_MOST_OLD_LINES = 3
_MOST_NEW_LINES = 6
_MOST_EXAMPLES = 8
_MOST_WIDE_HOLES = 2
_MOST_SITES = 60
_LEAST_LITERAL = 0.4  # of the characters of the first example's old side; chosen
_LONGEST_HOLE = 120
_LEAST_WEAK_CHARACTERS = 3  # that two lines of one block have in common

Tokens = tuple[str, ...]


@frozen
class _Example:
    """One change without its indentation. ``kind_line`` is a line of it in the newest text."""

    old: str
    new: str
    kind_line: int
    order: int
    is_here: bool
    form: str  # which line is the anchor: an example of one form is not compared with one of another


@frozen
class _Pattern:
    old: re.Pattern[str]
    new: tuple[str | tuple[int, Callable[[str], str]], ...] = field(repr=False)
    lines: int  # of the old side
    name: str
    is_weak: bool = False  # it says too little to be looked for outside of the lines around

    def rewrite(self, holes: Sequence[str]) -> str:
        """The new side with these contents of the holes."""
        return "".join(part if isinstance(part, str) else part[1](holes[part[0]]) for part in self.new)


def line_pattern(context: RuleContext) -> Iterator[LineEdit]:
    """The next lines of the form that the newest example has in common with an earlier one."""
    examples = [one for hunk in context.hunks[:_MOST_EXAMPLES] for one in _examples(hunk, is_here=True)]
    examples += [one for hunk in context.other_hunks[:_MOST_EXAMPLES] for one in _examples(hunk, is_here=False)]
    roles = IdentifierRoles(context)
    newest_orders = {hunk.order for hunk in context.hunks[:1]}
    for newest in (one for one in examples if one.order in newest_orders):
        for other in examples:
            if (
                other is newest
                or other.form != newest.form
                or (other.order, other.kind_line)
                == (
                    newest.order,
                    newest.kind_line,
                )
            ):
                continue
            pattern = _pattern(other, newest)
            if pattern is None:
                continue
            kinds = {
                context.kind_at(_first_character(context, one.kind_line)) for one in (newest, other) if one.is_here
            }
            is_found = False
            places = sorted(
                _places(context, pattern),
                key=lambda edit: (edit.first < newest.kind_line, abs(edit.first - newest.kind_line)),
            )
            if pattern.is_weak:
                block = _block(context, pattern, newest.kind_line)
                places = [edit for edit in places if edit.first in block]
                if other.kind_line not in block:
                    places = []
            for edit in places:  # the tree is asked for those that are taken alone: each answer takes 0.1 ms
                old = context.lines[edit.first : edit.stop]
                if context.kind_at(_first_character(context, edit.first)) in kinds and roles.fits_lines(
                    old, edit.new, edit.first
                ):
                    is_found = True
                    yield edit
            if is_found:
                return


def _examples(hunk: EditHunk, *, is_here: bool) -> Iterator[_Example]:
    old, new = hunk.old, hunk.new
    if len(old) == len(new):
        for number, before, after in line_pairs(hunk):
            yield _Example(_dedented((before,)), _dedented((after,), (before,)), number, hunk.order, is_here, "line")
    if len(old) > _MOST_OLD_LINES or len(new) > _MOST_NEW_LINES or len(old) == len(new) == 1:
        return
    if max(map(len, (*old, *new, hunk.above, hunk.below))) > MOST_LINE_CHARACTERS:
        return
    if old:
        yield _Example(_dedented(old), _dedented(new, old), hunk.line, hunk.order, is_here, "block")
        return
    above, below = (hunk.above,), (hunk.below,)
    if hunk.above.strip():
        yield _Example(_dedented(above), _dedented((*above, *new), above), hunk.line, hunk.order, is_here, "above")
    if hunk.below.strip():
        yield _Example(_dedented(below), _dedented((*new, *below), below), hunk.line, hunk.order, is_here, "below")


def _dedented(lines: Sequence[str], like: Sequence[str] | None = None) -> str:
    """The lines without the indentation of the first one (of ``like``), joined."""
    first = (like or lines)[0] if (like or lines) else ""
    indent = first[: len(first) - len(first.lstrip())]
    return "\n".join(line.removeprefix(indent).rstrip() for line in lines)


def _first_character(context: RuleContext, line: int) -> Point:
    text = context.lines[line] if line < len(context.lines) else ""
    return Point(line, len(text) - len(text.lstrip()))


def _pattern(one: _Example, two: _Example) -> _Pattern | None:
    """What two examples have in common, ``None`` where that is too little."""
    old_one, old_two = tokens(one.old), tokens(two.old)
    literal: list[str] = []
    parts: list[str] = []
    holes: list[tuple[Tokens, Tokens]] = []
    wide = 0
    for tag, first, stop, first_two, stop_two in SequenceMatcher(None, old_one, old_two, autojunk=False).get_opcodes():
        if tag == "equal":
            literal += old_one[first:stop]
            parts.append(re.escape("".join(old_one[first:stop])))
            continue
        hole = old_one[first:stop], old_two[first_two:stop_two]
        if not all(_is_balanced("".join(side)) for side in hole):
            return None
        holes.append(hole)
        is_word = all(len(side) == 1 and re.fullmatch(r"\w+", side[0]) for side in hole)
        wide += not is_word
        parts.append(r"(\w+)" if is_word else rf"([^\n]{{1,{_LONGEST_HOLE}}}?)")
    length = sum(len(token.strip()) for token in literal)
    is_weak = not has_word(literal) or length < _LEAST_LITERAL * len("".join(one.old.split()))
    if wide > _MOST_WIDE_HOLES or (is_weak and (wide or length < _LEAST_WEAK_CHARACTERS or "\n" in one.old)):
        return None
    new = _new_side(tokens(one.new), tokens(two.new), holes)
    if new is None:
        return None
    body = "".join(parts).replace("\\\n", r"\n[ \t]*").replace("\n", r"\n[ \t]*")
    pattern = re.compile(rf"^([ \t]*){body}[ \t]*$", re.MULTILINE)
    return _Pattern(pattern, new, one.old.count("\n") + 1, f"{one.old} → {one.new}", is_weak)


def _new_side(
    one: Tokens, two: Tokens, holes: Sequence[tuple[Tokens, Tokens]]
) -> tuple[str | tuple[int, Callable[[str], str]], ...] | None:
    """The new side as texts and holes; ``None`` where the examples differ in something that no hole explains."""
    parts: list[str | tuple[int, Callable[[str], str]]] = []
    at_one = at_two = 0
    order = sorted(range(len(holes)), key=lambda number: -len(holes[number][0]))
    while at_one < len(one) and at_two < len(two):
        for number in order:
            in_one, in_two = holes[number]
            if one[at_one : at_one + len(in_one)] == in_one and two[at_two : at_two + len(in_two)] == in_two:
                parts.append((number, str))
                at_one, at_two = at_one + len(in_one), at_two + len(in_two)
                break
        else:
            if one[at_one] == two[at_two]:
                parts.append(one[at_one])
            elif (derived := _derived(one[at_one], two[at_two], holes)) is not None:
                parts.append(derived)
            else:
                return None
            at_one, at_two = at_one + 1, at_two + 1
    return tuple(parts) if at_one == len(one) and at_two == len(two) else None


def _derived(one: str, two: str, holes: Sequence[tuple[Tokens, Tokens]]) -> tuple[int, Callable[[str], str]] | None:
    """A word that is a hole's content in another case or with the same beginning and end around it."""
    for number, (in_one, in_two) in enumerate(holes):
        if len(in_one) != 1 or len(in_two) != 1:
            continue
        for case in _CASES:
            if (affix := _affix(one, case(in_one[0]))) is not None and affix == _affix(two, case(in_two[0])):
                return number, _affixed(affix, case)
    return None


def _affix(word: str, inner: str) -> tuple[str, str] | None:
    before, found, behind = word.partition(inner)
    return (before, behind) if found and inner else None


def _affixed(affix: tuple[str, str], case: Callable[[str], str]) -> Callable[[str], str]:
    return lambda content: f"{affix[0]}{case(content)}{affix[1]}"


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"_+|(?<=[a-z0-9])(?=[A-Z])", name) if word]


def _snake(name: str) -> str:
    return "_".join(word.lower() for word in _words(name))


def _camel(name: str) -> str:
    return _pascal(name)[:1].lower() + _pascal(name)[1:]


def _pascal(name: str) -> str:
    return "".join(word[:1].upper() + word[1:].lower() for word in _words(name))


def _upper(name: str) -> str:
    return _snake(name).upper()


_CASES: tuple[Callable[[str], str], ...] = (str, _snake, _camel, _pascal, _upper)


def _is_balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if depth < 0:
            return False
    return depth == 0 and text.count('"') % 2 == 0


def _places(context: RuleContext, pattern: _Pattern) -> Iterator[LineEdit]:
    """The lines of the form that were not changed yet, wherever they stand."""
    sites = 0
    changed = context.changed_lines
    for match in pattern.old.finditer(context.source):
        first = context.point_of(match.start()).line
        stop = first + pattern.lines
        holes = match.groups()[1:]
        if not changed.isdisjoint(range(first, stop)) or not all(_is_balanced(hole) for hole in holes):
            continue
        indent = match.group(1)
        written = pattern.rewrite(holes)
        new = tuple(f"{indent}{line}" if line else "" for line in written.split("\n")) if written else ()
        old = tuple(context.lines[first:stop])
        if new == old or _is_there(context, first, stop, new):
            continue
        sites += 1
        if sites > _MOST_SITES:
            return
        yield LineEdit(RULE_ID, pattern.name, first, stop, new)


def _block(context: RuleContext, pattern: _Pattern, line: int) -> range:
    """The lines around a changed line that follow each other without a line of another form."""

    def belongs(number: int) -> bool:
        return number in context.changed_lines or pattern.old.match(context.lines[number]) is not None

    first = last = line
    while first > 0 and belongs(first - 1):
        first -= 1
    while last + 1 < len(context.lines) and belongs(last + 1):
        last += 1
    return range(first, last + 1)


def _is_there(context: RuleContext, first: int, stop: int, new: tuple[str, ...]) -> bool:
    """Whether the lines that would be inserted are there already."""
    grown = len(new) - (stop - first)
    if grown <= 0:
        return False
    return (
        tuple(context.lines[first : stop + grown]) == new or tuple(context.lines[max(0, first - grown) : stop]) == new
    )
