"""Rule: continues a change of the mark (``;`` or ``,``) at the ends of lines.

A change of style (no semicolons, trailing commas) changes lines that have nothing in common but their end. A mark that
was deleted is deleted at any other line end; one that was added is added where the next line begins in the same way,
for example with a closing bracket. As for all rules, an edit that adds a syntax error is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.line_edits import line_edits
from autothink_lsp.features.next_edit.rules.passed_places import is_passed
from autothink_lsp.features.next_edit.token_change import MOST_LINE_CHARACTERS, line_pairs
from autothink_lsp.values import Point

RULE_ID = "line-ends"
_MOST_HUNKS = 8
_MOST_SITES = 60
_LEAST_TAKEN = 3  # changed lines, in at least two hunks
_LEAST_ADDED = 2
_MARKS = ";,"
_CLOSING = ")]}"


@frozen
class _End:
    """A line whose last character ``mark`` was added or deleted. ``rest`` is the line's text without it, ``next`` the
    first character of the next line."""

    mark: str
    is_added: bool
    line: int
    order: int
    next: str
    rest: str


def line_ends(context: RuleContext) -> Iterator[LineEdit | None]:
    """The edits of other lines with the mark that the newest hunk and an earlier one have deleted, or without the mark
    that they have added; the nearest first."""
    ends = [one for hunk in context.hunks[:_MOST_HUNKS] for one in _ends(context, hunk.order, line_pairs(hunk))]
    newest = {(one.mark, one.is_added) for one in ends if context.hunks and one.order == context.hunks[0].order}
    for mark, is_added in sorted(newest):
        same = [one for one in ends if (one.mark, one.is_added) == (mark, is_added)]
        least = _LEAST_ADDED if is_added else _LEAST_TAKEN
        if len({one.order for one in same}) < 2 or len({one.rest for one in same}) < least:
            continue
        yield None
        closing = {one.next for one in same}
        if is_added and not closing <= set(_CLOSING):
            continue
        changed = {one.line for one in same}
        sites = dict(_sites(context, mark, closing, is_added=is_added))
        if any(is_passed(changed, line) for line in sites):
            continue  # the user has passed some by
        pattern = f"{'with' if is_added else 'without'} {mark} at the end"
        yield from line_edits(context, RULE_ID, pattern, sites)


def _ends(context: RuleContext, order: int, pairs: Iterator[tuple[int, str, str]]) -> Iterator[_End]:
    for line, old, new in pairs:
        before, after = old.rstrip(), new.rstrip()
        for longer, shorter, is_added in ((after, before, True), (before, after, False)):
            if longer[:-1] == shorter and longer[-1:] and longer[-1] in _MARKS:
                yield _End(longer[-1], is_added, line, order, _beginning(context, line + 1), shorter.strip())


def _beginning(context: RuleContext, line: int) -> str:
    return context.lines[line].lstrip()[:1] if line < len(context.lines) else ""


def _sites(context: RuleContext, mark: str, closing: set[str], *, is_added: bool) -> Iterator[tuple[int, str]]:
    last = re.compile(r"[\w)\]}\"'`]$")
    lines = [number for number, line in enumerate(context.lines) if _may_change(context, number, line, mark, is_added)]
    for number in context.by_distance(lines)[:_MOST_SITES]:
        text = context.lines[number].rstrip()
        if is_added and (_beginning(context, number + 1) not in closing or not last.search(text)):
            continue
        at = Point(number, len(text) - 1)
        if not is_added and context.kind_at(at) == "code":
            yield number, text[:-1]
        elif is_added and context.kind_before(Point(number, len(text))) == "code":
            yield number, text + mark


def _may_change(context: RuleContext, number: int, line: str, mark: str, is_added: bool) -> bool:
    if number in context.changed_lines or len(line) > MOST_LINE_CHARACTERS or not line.strip():
        return False
    return line.rstrip().endswith(mark) != is_added
