"""Rule: goes on with numbers that the user has written into lines in a row.

Two lines that follow each other got the numbers *n* and *n + 1*, and else the same: the lines below get the next ones.
Or a number was raised by one, as below an inserted line, and is now that of the next line, which begins a row of
numbers without gaps: these are raised, too. Numbers of a wire format stay what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.line_edits import MOST_LINES_AT_ONCE, line_edits
from autothink_lsp.features.next_edit.rules.template import Hole, new_side, rewritten
from autothink_lsp.features.next_edit.token_change import MOST_LINE_CHARACTERS, line_pairs, tokens

RULE_ID = "numbered-lines"
_NUMBER = re.compile(r"\d{1,9}")
_FIXED = frozenset(["proto", "proto3", "protobuf", "thrift", "capnp", "flatbuffers", "markdown", "csv", "tsv"])
_PLACE = "\0"  # where the number stands in a template
_LEAST_ROW = 2


def numbered_lines(context: RuleContext) -> Iterator[LineEdit]:
    """The edits of the lines below the newest changed ones."""
    if context.snapshot.language_id in _FIXED or not context.hunks:
        return
    changed = {
        line: (before, after)
        for hunk in context.hunks[:2]
        for line, before, after in line_pairs(hunk)
        if _NUMBER.search(after)
    }
    for hunk in context.hunks[:2]:
        if len(hunk.new) > len(hunk.old) == 1:  # a line was inserted, and the next one changed
            changed.setdefault(hunk.stop - 1, (hunk.old[0], hunk.new[-1]))
    for line in sorted(changed):
        if line + 1 in changed and line + 2 not in changed:
            yield from _continued(context, line + 2, changed[line], changed[line + 1])
        if line + 1 not in context.changed_lines and line in changed:
            yield from _raised(context, line, *changed[line])


def _continued(context: RuleContext, first: int, one: tuple[str, str], two: tuple[str, str]) -> Iterator[LineEdit]:
    """The edit of the lines from ``first`` on, from two examples (old and new text)."""
    old_one, old_two = tokens(one[0]), tokens(two[0])
    new_one, new_two = list(tokens(one[1])), list(tokens(two[1]))
    if len(old_one) != len(old_two) or len(new_one) != len(new_two):
        return
    holes: list[Hole] = []
    for left, right in zip(old_one, old_two, strict=True):
        if left != right:
            if not (left.strip() and right.strip()):
                return
            holes.append(((left,), (right,)))
    contents = [word for hole in holes for side in hole for word in side]
    places = [
        n
        for n, (left, right) in enumerate(zip(new_one, new_two, strict=True))
        if left != right and _NUMBER.fullmatch(left) and _NUMBER.fullmatch(right) and left not in contents
    ]
    if len(places) != 1 or int(new_two[places[0]]) != int(new_one[places[0]]) + 1:
        return
    number, width = int(new_two[places[0]]), len(new_two[places[0]])
    if width != len(str(number)) and width != len(new_one[places[0]]):
        return
    is_filled = new_one[places[0]].startswith("0") and width > 1  # ``01``
    new_one[places[0]] = new_two[places[0]] = _PLACE
    form = new_side(new_one, new_two, holes)
    if form is None:
        return
    parts = [
        re.escape(left) if left == right else r"(\w+)" if re.fullmatch(r"\w+", left) else r"([^\s\w])"
        for left, right in zip(old_one, old_two, strict=True)
    ]
    pattern = re.compile("".join(parts))
    new_lines: dict[int, str] = {}
    for line in range(first, min(len(context.lines), first + MOST_LINES_AT_ONCE)):
        found = pattern.fullmatch(context.lines[line])
        if found is None or line in context.changed_lines or not context.lines[line].strip():
            break
        number += 1
        new_lines[line] = rewritten(form, found.groups()).replace(
            _PLACE, str(number).zfill(width) if is_filled else str(number)
        )
    yield from line_edits(context, RULE_ID, "the next numbers", new_lines)


def _raised(context: RuleContext, line: int, before: str, after: str) -> Iterator[LineEdit]:
    """The edit of the row below a line whose number was raised by one, of which the first has the same number now."""
    old, new = tokens(before), tokens(after)
    different = [n for n, (left, right) in enumerate(zip(old, new, strict=False)) if left != right]
    if len(old) != len(new) or len(different) != 1 or not context.written_lines & {line - 1}:
        return
    at = different[0]
    if not (_NUMBER.fullmatch(old[at]) and _NUMBER.fullmatch(new[at])) or int(new[at]) != int(old[at]) + 1:
        return
    form = [_kind(token) for token in new]
    expected, new_lines = int(new[at]), dict[int, str]()
    for number in range(line + 1, min(len(context.lines), line + 1 + 2 * MOST_LINES_AT_ONCE)):
        text = context.lines[number]
        found = tokens(text) if len(text) <= MOST_LINE_CHARACTERS else ()
        is_like = len(found) == len(new) and [_kind(token) for token in found] == form
        if not is_like or found[at] != str(expected) or number in context.changed_lines:
            break
        expected += 1
        new_lines[number] = "".join((*found[:at], str(expected), *found[at + 1 :]))
    if len(new_lines) >= _LEAST_ROW:
        yield from line_edits(context, RULE_ID, "the next numbers", new_lines)


def _kind(token: str) -> str:
    return "number" if token.isdecimal() else "word" if re.fullmatch(r"\w+", token) else token
