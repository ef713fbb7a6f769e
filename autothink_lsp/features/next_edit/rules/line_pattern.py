"""Rule: makes a change of whole lines that was made twice at other lines of the same form.

Two examples (old and new lines) are compared token by token. A difference of their old lines is a *hole*. The new lines
must be equal apart from the contents of the holes, which may have another case there (``user_id``, ``userId``,
``USER_ID``). A pattern of too few equal tokens is dropped. An insertion counts as a change of the line above or below
it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher

from attrs import evolve, field, frozen

from autothink_lsp.document.lines import indent_of
from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.identifier_role import IdentifierRoles
from autothink_lsp.features.next_edit.rules.line_edits import MOST_LINES_AT_ONCE
from autothink_lsp.features.next_edit.rules.passed_places import is_passed, is_selective
from autothink_lsp.features.next_edit.rules.repeated_change import has_word, is_telling
from autothink_lsp.features.next_edit.rules.template import (
    Hole,
    NewSide,
    is_balanced,
    literal_form,
    new_side,
    rewritten,
)
from autothink_lsp.features.next_edit.token_change import MOST_LINE_CHARACTERS, line_pairs, rewrapped_pair, tokens

RULE_ID = "line-pattern"
_FORMS = ("block", "line", "around", "above", "below")
_MOST_PAIRS = 80
_MOST_OLD_LINES = 8
_MOST_NEW_LINES = 12
_MOST_EXAMPLES = 8
_MOST_WIDE_HOLES = 2
_MOST_SITES = 60
_LEAST_LITERAL = 0.4  # share of the old characters outside of holes, else the pattern is weak; chosen
_LONGEST_HOLE = 120
_MOST_HOLE_CHARACTERS = 8  # of a name, which says the same whatever its length
_LEAST_ANCHOR_TOKENS = 4  # equal tokens around two insertions, else the pattern is weak
_LEAST_WEAK_CHARACTERS = 2  # equal characters of a weak pattern, which applies in one block only


@frozen
class _Example:
    """One change, without its indentation. ``kind_line`` is one of its lines in the newest text."""

    old: str
    new: str
    kind_line: int
    order: int
    is_here: bool
    form: str  # which line is the anchor: an example of one form is not compared with one of another


@frozen
class _Pattern:
    old: re.Pattern[str]
    new: NewSide = field(repr=False)
    lines: int  # of the old side
    name: str
    is_weak: bool = False  # it says too little to be looked for outside of the lines around


def line_pattern(context: RuleContext) -> Iterator[LineEdit | None]:
    """The edits of other lines whose form the newest example has in common with an earlier one."""
    examples = [one for hunk in context.hunks[:_MOST_EXAMPLES] for one in _examples(hunk, is_here=True)]
    examples += [one for hunk in context.other_hunks[:_MOST_EXAMPLES] for one in _examples(hunk, is_here=False)]
    roles = IdentifierRoles.of(context)
    newest_orders = {hunk.order for hunk in context.hunks[:1]}
    marks = context.style.line_comments
    examples = [one for one in examples if not _cuts_comment(one, marks)]
    found = list(_pairs(examples, newest_orders))
    alone = [pattern for pattern, newest, _ in found if newest.form == "line" and not pattern.is_weak]
    for pattern, newest, other in found:
        yield None
        kind = context.kind_at(context.first_character(newest.kind_line))
        is_found = False
        done = [one.kind_line for one in examples if one.is_here and pattern.old.fullmatch(one.old)]
        for edit in _nearest_places(context, pattern, newest, other, done):
            # The tree is asked for those that are taken alone: each answer takes 0.1 ms.
            if context.kind_at(context.first_character(edit.first)) == kind and _has_roles(context, roles, edit):
                is_found = True
                yield _with_neighbours(context, roles, edit, alone) if newest.form == "line" else edit
        if is_found:
            return


def _pairs(
    examples: Sequence[_Example], newest_orders: Collection[int]
) -> Iterator[tuple[_Pattern, _Example, _Example]]:
    """The patterns of two examples of one form, one of them from the newest hunk; patterns of blocks come before those
    of their lines."""
    seen: set[str] = set()
    count = 0
    for form in _FORMS:
        of_form = [one for one in examples if one.form == form]
        for newest in (one for one in of_form if one.order in newest_orders):
            for other in of_form:
                if other is newest or (other.order, other.kind_line) == (newest.order, newest.kind_line):
                    continue
                count += 1
                if count > _MOST_PAIRS:
                    return
                pattern = _pattern(other, newest)
                if pattern is not None and pattern.old.pattern not in seen:
                    seen.add(pattern.old.pattern)
                    yield pattern, newest, other


def _nearest_places(
    context: RuleContext, pattern: _Pattern, newest: _Example, other: _Example, done: Sequence[int]
) -> Iterator[LineEdit]:
    """The edits at other places of the pattern, those below the newest example first. Nothing is proposed between the
    two examples, because the user has left these places as they are."""
    places = list(_places(context, pattern))
    if pattern.is_weak:
        block = _block(context, pattern, newest.kind_line)
        if not other.is_here or other.kind_line not in block:  # a line number of another file says nothing here
            return
        places = [edit for edit in places if edit.first in block]
    if is_selective(set(done), [edit.first for edit in places]):
        return
    if other.is_here:
        both = newest.kind_line, other.kind_line
        places = [edit for edit in places if not is_passed(both, edit.first)]
    yield from sorted(places, key=lambda edit: (edit.first < newest.kind_line, abs(edit.first - newest.kind_line)))


def _cuts_comment(one: _Example, marks: Sequence[str]) -> bool:
    """Whether the example deletes a comment at a line's end. Other such comments may be needed; ``tool_comment.py``
    handles those that are alike."""
    rest = one.old[len(one.new) :].lstrip() if one.old.startswith(one.new.rstrip()) else ""
    return bool(marks) and one.form == "line" and bool(one.new.strip()) and rest.startswith(tuple(marks))


def _has_roles(context: RuleContext, roles: IdentifierRoles, edit: LineEdit) -> bool:
    return roles.fits_lines(context.lines[edit.first : edit.stop], edit.new, edit.first)


def _with_neighbours(
    context: RuleContext, roles: IdentifierRoles, edit: LineEdit, patterns: Sequence[_Pattern]
) -> LineEdit:
    """The edit of a line, extended to the lines above and below to which one of the patterns applies, too."""
    first, new = edit.first, list(edit.new)
    for step in (-1, 1):
        line = edit.first + step
        while 0 <= line < len(context.lines) and len(new) < MOST_LINES_AT_ONCE:
            changed = next((one for pattern in patterns if (one := _changed_line(context, pattern, line))), None)
            if changed is None or not roles.fits_lines([context.lines[line]], [changed], line):
                break
            new = [*new, changed] if step > 0 else [changed, *new]
            first = min(first, line)
            line += step
    return evolve(edit, first=first, stop=first + len(new), new=tuple(new))


def _changed_line(context: RuleContext, pattern: _Pattern, line: int) -> str | None:
    """The line as the pattern rewrites it; ``None`` if the user has changed it, or its form is another."""
    text = context.lines[line]
    match = pattern.old.fullmatch(text) if pattern.lines == 1 and line not in context.changed_lines else None
    if match is None or not all(is_balanced(hole) for hole in match.groups()[1:]):
        return None
    new = match.group(1) + rewritten(pattern.new, match.groups()[1:])
    return new if new != text and "\n" not in new else None


def _examples(hunk: EditHunk, *, is_here: bool) -> Iterator[_Example]:
    old, new = hunk.old, hunk.new

    def example(form: str, before: Sequence[str], after: Sequence[str], line: int = hunk.line) -> _Example:
        return _Example(*_dedented(before, after), line, hunk.order, is_here, form)

    if len(old) == len(new):
        for number, before, after in line_pairs(hunk):
            yield example("line", (before,), (after,), number)
    if (pair := rewrapped_pair(hunk)) is not None:
        yield example("line", (pair[0].text,), (pair[1].text,))
    if len(old) > _MOST_OLD_LINES or len(new) > _MOST_NEW_LINES or len(old) == len(new) == 1:
        return
    if max(map(len, (*old, *new, hunk.above, hunk.below))) > MOST_LINE_CHARACTERS:
        return
    if old:
        yield example("block", old, new)
        return
    above, below = (hunk.above,), (hunk.below,)
    if hunk.above.strip() or hunk.below.strip():
        yield example("around", (*above, *below), (*above, *new, *below))
    if hunk.above.strip():
        yield example("above", above, (*above, *new))
    if hunk.below.strip():
        yield example("below", below, (*new, *below))


def _dedented(old: Sequence[str], new: Sequence[str]) -> tuple[str, str]:
    """Both sides, joined, without the indentation that all of their lines have."""
    lines = [
        *old[:1],
        *(line for line in (*old, *new) if line.strip()),
    ]  # the first one, if blank, shows no indentation
    indent = min(map(indent_of, lines), key=len, default="")
    before, after = ("\n".join(line.removeprefix(indent).rstrip() for line in side) for side in (old, new))
    return before, after


def _pattern(one: _Example, two: _Example) -> _Pattern | None:
    """The pattern that two examples have in common; ``None`` if it has too few tokens."""
    sides = [(each.old, each.new) for each in (one, two)]
    is_item = all(text.endswith(",") for side in sides for text in side) and one.form == "line"
    if is_item:  # the last one of a list may have no comma
        sides = [(old[:-1], new[:-1]) for old, new in sides]
    (text_one, written_one), (text_two, written_two) = sides
    old_one, old_two = tokens(text_one), tokens(text_two)
    literal: list[str] = []
    parts: list[str] = []
    loose: list[str] = []  # the same, whatever a formatter did to blanks
    holes: list[Hole] = []
    wide = 0
    for tag, first, stop, first_two, stop_two in SequenceMatcher(None, old_one, old_two, autojunk=False).get_opcodes():
        if tag == "equal":
            literal += old_one[first:stop]
            parts.append(re.escape("".join(old_one[first:stop])))
            loose.append(literal_form(old_one[first:stop], is_beginning=not first))
            continue
        hole = old_one[first:stop], old_two[first_two:stop_two]
        if not all(is_balanced("".join(side)) for side in hole):
            return None
        holes.append(hole)
        is_word = all(len(side) == 1 and re.fullmatch(r"\w+", side[0]) for side in hole)
        wide += not is_word
        parts.append(r"(\w+)" if is_word else rf"([^\n]{{1,{_LONGEST_HOLE}}}?)")
        loose.append(parts[-1])
    length = sum(len(token.strip()) for token in literal) + is_item
    of_holes = sum(
        min(len(hole), _MOST_HOLE_CHARACTERS) if re.fullmatch(r"\w+", hole) else len("".join(hole.split()))
        for hole in ("".join(left) for left, _ in holes)
    )
    is_weak = not has_word(literal) or length < _LEAST_LITERAL * (length + of_holes)
    if one.form == "around":
        is_weak = not is_telling(literal) or sum(bool(token.strip()) for token in literal) < _LEAST_ANCHOR_TOKENS
    if wide > _MOST_WIDE_HOLES or (is_weak and (wide or length < _LEAST_WEAK_CHARACTERS or "\n" in one.old)):
        return None
    new = new_side(tokens(written_one), tokens(written_two), holes)
    if new is None:
        return None
    if is_item:
        new = (*new, (len(holes), str))
        parts.append("([,;]?)")
        loose.append("([,;]?)")
    body = "".join(parts if wide else loose)  # a wide hole would take blanks
    body = body.replace("\\\n", r"\n[ \t]*").replace("\n", r"\n[ \t]*")
    pattern = re.compile(rf"^([ \t]*){body}[ \t]*$", re.MULTILINE)
    return _Pattern(pattern, new, one.old.count("\n") + 1, f"{one.old} → {one.new}", is_weak)


def _places(context: RuleContext, pattern: _Pattern) -> Iterator[LineEdit]:
    """The edits of all lines of the pattern's form that were not changed yet."""
    sites = 0
    changed = context.changed_lines
    for match in context.matches(pattern.old):
        first = context.point_of(match.start()).line
        stop = first + pattern.lines
        holes = match.groups()[1:]
        if not changed.isdisjoint(range(first, stop)) or not all(is_balanced(hole) for hole in holes):
            continue
        indent = match.group(1)
        written = rewritten(pattern.new, holes)
        new = tuple(f"{indent}{line}" if line else "" for line in written.split("\n")) if written else ()
        old = tuple(context.lines[first:stop])
        if new == old or _is_there(context, first, stop, new):
            continue
        sites += 1
        if sites > _MOST_SITES:
            return
        yield LineEdit(RULE_ID, pattern.name, first, stop, new)


def _block(context: RuleContext, pattern: _Pattern, line: int) -> range:
    """The block around a changed line: adjacent lines of the pattern's form."""

    def belongs(number: int) -> bool:
        return number in context.changed_lines or pattern.old.match(context.lines[number]) is not None

    first = last = line
    while first > 0 and belongs(first - 1):
        first -= 1
    while last + 1 < len(context.lines) and belongs(last + 1):
        last += 1
    return range(first, last + 1)


def _is_there(context: RuleContext, first: int, stop: int, new: tuple[str, ...]) -> bool:
    """Whether the document has the lines that would be inserted already."""
    grown = len(new) - (stop - first)
    if grown <= 0:
        return False
    return (
        tuple(context.lines[first : stop + grown]) == new or tuple(context.lines[max(0, first - grown) : stop]) == new
    )
