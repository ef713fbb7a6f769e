"""Groups changed lines into edits: adjacent lines are one edit, and the edit nearest to the newest change comes
first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext

MOST_LINES_AT_ONCE = 8  # chosen: the size of an edit that a user can review at a glance


def line_edits(context: RuleContext, rule: str, pattern: str, new_lines: Mapping[int, str]) -> Iterator[LineEdit]:
    """The edits that replace each line (by its number) by its new text, which may be several lines."""
    runs: list[list[int]] = []
    for line in sorted(new_lines):
        if runs and line == runs[-1][-1] + 1 and len(runs[-1]) < MOST_LINES_AT_ONCE:
            runs[-1].append(line)
        else:
            runs.append([line])
    by_first = {run[0]: run for run in runs}
    for first in context.by_distance(list(by_first)):
        run = by_first[first]
        new = tuple(part for line in run for part in new_lines[line].split("\n"))
        yield LineEdit(rule, pattern, first, run[-1] + 1, new)
