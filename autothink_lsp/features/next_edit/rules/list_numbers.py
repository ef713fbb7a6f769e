"""Rule: a numbered list of Markdown or other prose is numbered again behind an item that was inserted or deleted, or
behind items that have got other numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from autothink_lsp.document.lines import indent_length
from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext

RULE_ID = "list-numbers"
_MOST_LIST_LINES = 120
_MOST_EDIT_LINES = 24
_LEAST_NUMBERED = 2  # items with another number that the user wrote
_LEAST_ITEMS = 2  # of a list, before the edit, that show that it is numbered
_ITEM = re.compile(r"(?P<indent>[ \t]*)(?P<number>\d{1,9})(?P<behind>[.)])(?P<rest>[ \t].*|)")


def list_numbers(context: RuleContext) -> Iterator[LineEdit]:
    """The items behind one that was inserted into a numbered list, or deleted, or behind those that were numbered
    again, with their new numbers."""
    if not context.style.is_prose(context.snapshot.language_id) or not context.hunks:
        return
    hunk = context.hunks[0]
    if len(hunk.old) == len(hunk.new):
        yield from _continued(context, hunk)
        return
    added, gone = _numbers(hunk.new), _numbers(hunk.old)
    items = _items_around(context, hunk)
    if len(added) == len(gone) or len(items) < _LEAST_ITEMS:
        return
    above = [number for line, number in items if line < hunk.line]
    within = [number for line, number in items if hunk.line <= line < hunk.stop]
    below = [(line, number) for line, number in items if line >= hunk.stop]
    before = [*above, *gone, *(number for _, number in below)]
    if not below or len(before) < _LEAST_ITEMS or not _is_counted(before):
        return
    start = before[0]
    if within != list(range(start + len(above), start + len(above) + len(within))):
        return  # the user numbers them himself
    yield from _numbered(context, below, start + len(above) + len(within))


def _continued(context: RuleContext, hunk: EditHunk) -> Iterator[LineEdit]:
    """The items behind a hunk that only changed the numbers of items, all by as much: an accepted edit of this rule, or
    at least two items that the user has numbered himself."""
    old_lines, new_lines = _with_hunks_above(context, hunk)
    old, new = _numbers(old_lines), _numbers(new_lines)
    below = [(line, number) for line, number in _items_around(context, hunk) if line >= hunk.stop]
    if hunk.origin != "accepted" and len(new) < _LEAST_NUMBERED:
        return
    if not old or len(old) != len(new) or not below or old[0] == new[0]:
        return
    if _without_numbers(old_lines) != _without_numbers(new_lines):
        return
    if not _is_counted(new) or not _is_counted([*old, *(number for _, number in below)]):
        return
    yield from _numbered(context, below, new[-1] + 1)


def _with_hunks_above(context: RuleContext, hunk: EditHunk) -> tuple[list[str], list[str]]:
    """The old and the new lines of the hunk and of those directly above it that have as many lines on both sides."""
    old, new, line = list(hunk.old), list(hunk.new), hunk.line
    by_stop = {one.stop: one for one in context.hunks if one.new and len(one.old) == len(one.new)}
    while (above := by_stop.get(line)) is not None:
        old, new, line = [*above.old, *old], [*above.new, *new], above.line
    return old, new


def _without_numbers(lines: Sequence[str]) -> list[str]:
    return [f"{m['indent']}{m['behind']}{m['rest']}" if (m := _ITEM.fullmatch(line)) else line for line in lines]


def _numbered(context: RuleContext, below: Sequence[tuple[int, int]], first_number: int) -> Iterator[LineEdit]:
    """The items ``below`` (line, number) with numbers from ``first_number`` on."""
    new_lines: dict[int, str] = {}
    for count, (line, number) in enumerate(below, first_number):
        match = _ITEM.fullmatch(context.lines[line])
        if match is not None and number != count:
            written = f"{count:0{len(match['number'])}}" if match["number"].startswith("0") else str(count)
            if len(written) != len(match["number"]) and _has_contents(context, line, match["indent"]):
                return  # what is below the item would no longer belong to it
            new_lines[line] = f"{match['indent']}{written}{match['behind']}{match['rest']}"
    if not new_lines or not context.changed_lines.isdisjoint(new_lines):
        return
    first, stop = min(new_lines), max(new_lines) + 1
    stop = min(stop, first + _MOST_EDIT_LINES)
    new = tuple(new_lines.get(line, context.lines[line]) for line in range(first, stop))
    yield LineEdit(RULE_ID, "numbers", first, stop, new)


def _has_contents(context: RuleContext, line: int, indent: str) -> bool:
    """Whether a deeper line follows the item."""
    below = next((one for one in context.lines[line + 1 : line + 3] if one.strip()), "")
    return indent_length(below) > len(indent)


def _numbers(lines: Sequence[str]) -> list[int]:
    return [int(match["number"]) for line in lines if (match := _ITEM.fullmatch(line)) is not None]


def _is_counted(numbers: Sequence[int]) -> bool:
    return list(numbers) == list(range(numbers[0], numbers[0] + len(numbers)))


def _items_around(context: RuleContext, hunk: EditHunk) -> list[tuple[int, int]]:
    """The items (line, number) of the list that the hunk is in, with the indentation of the hunk's items."""
    first = next((m for line in (*hunk.new, *hunk.old) if (m := _ITEM.fullmatch(line)) is not None), None)
    if first is None:
        return []
    indent, behind = first["indent"], first["behind"]

    def belongs(line: str) -> bool:
        if not line.strip():
            return True
        match = _ITEM.fullmatch(line)
        if match is not None and match["indent"] == indent:
            return match["behind"] == behind
        return indent_length(line) > len(indent)

    lines = context.lines
    start, stop = hunk.line, hunk.stop
    while start > 0 and hunk.line - start < _MOST_LIST_LINES and belongs(lines[start - 1]):
        start -= 1
    while stop < len(lines) and stop - hunk.stop < _MOST_LIST_LINES and belongs(lines[stop]):
        stop += 1
    found = ((number, _ITEM.fullmatch(lines[number])) for number in range(start, stop))
    return [(number, int(m["number"])) for number, m in found if m is not None and m["indent"] == indent]
