"""Rule: a column that was added to or deleted from the head of a Markdown table, or two of its rows, is so in the other
rows. An added cell is empty unless two rows got the same; below the head it is as the dashes beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from autothink_lsp.document.lines import indent_of
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.token_change import MOST_LINE_CHARACTERS, line_pairs

RULE_ID = "table-columns"
_MOST_HUNKS = 4
_MOST_ROWS = 200
_MOST_EDIT_LINES = 24
_LEAST_ROWS = 2  # that were changed, if the head was not
_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*")
_DASHES = re.compile(r"[ \t]*:?-+:?[ \t]*")


def table_columns(context: RuleContext) -> Iterator[LineEdit | None]:
    """The rows around the newest hunk that have as many cells as its rows had."""
    if not context.style.is_prose(context.snapshot.language_id) or not context.hunks:
        return
    table = _table_at(context, context.hunks[0].line)
    if len(table) <= 1:
        return
    columns: set[tuple[int, int, int]] = set()  # where, how many cells before, how many more
    changed: dict[int, str] = {}  # the cell of each changed row
    for hunk in context.hunks[:_MOST_HUNKS]:
        for line, old, new in line_pairs(hunk):
            if line in table and (column := _changed_column(old, new)) is not None:
                columns.add(column)
                changed[line] = (_cells(new if column[2] > 0 else old) or [])[column[0]]
    if len(columns) != 1 or (table.start not in changed and len(changed) < _LEAST_ROWS):
        return
    yield None
    ((at, before, more),) = columns
    added = [cell for line, cell in changed.items() if line > table.start + 1]
    cell = added[0] if len(added) >= _LEAST_ROWS and len(set(added)) == 1 else "  "
    rows: dict[int, str] = {}
    for line in table:
        cells = _cells(context.lines[line])
        if line not in changed and cells is not None and len(cells) == before and line not in context.changed_lines:
            rows[line] = _with_column(context.lines[line], cells, at, more, _added(line - table.start, cells, at, cell))
    if not rows:
        return
    first = min(rows)
    stop = min(max(rows) + 1, first + _MOST_EDIT_LINES)
    new = tuple(rows.get(line, context.lines[line]) for line in range(first, stop))
    yield LineEdit(RULE_ID, f"column {at + 1} {'added' if more > 0 else 'deleted'}", first, stop, new)


def _table_at(context: RuleContext, line: int) -> range:
    """The rows that follow each other around a line, of which the second one has only dashes."""

    def is_row(number: int) -> bool:
        text = context.lines[number]
        return len(text) <= MOST_LINE_CHARACTERS and _ROW.fullmatch(text) is not None

    if not 0 <= line < len(context.lines) or not is_row(line):
        return range(0)
    first = last = line
    while first > 0 and line - first < _MOST_ROWS and is_row(first - 1):
        first -= 1
    while last + 1 < len(context.lines) and last - line < _MOST_ROWS and is_row(last + 1):
        last += 1
    dashes = _cells(context.lines[first + 1]) if last > first else None
    return range(first, last + 1) if dashes and all(map(_DASHES.fullmatch, dashes)) else range(0)


def _cells(row: str) -> list[str] | None:
    """The cells of a row, with their blanks; ``None`` if it has none."""
    text = row.strip()
    if len(text) < 2 or not text.startswith("|") or not text.endswith("|"):
        return None
    cells, first, is_code = [], 1, False
    for at in range(1, len(text)):
        if text[at] == "`":
            is_code = not is_code
        elif text[at] == "|" and text[at - 1] != "\\" and (not is_code or "`" not in text[at:]):
            cells.append(text[first:at])
            first = at + 1
    return cells or None


def _changed_column(old: str, new: str) -> tuple[int, int, int] | None:
    """Where a row got a cell (1), or lost one (-1), and how many it had; the other cells are as before. ``None`` where
    that may be one of several places, because equal cells follow each other."""
    before, after = _cells(old), _cells(new)
    if before is None or after is None or abs(len(after) - len(before)) != 1:
        return None
    longer, shorter = (after, before) if len(after) > len(before) else (before, after)
    at = next((n for n, one in enumerate(_stripped(shorter)) if _stripped(longer)[n] != one), len(shorter))
    if _stripped([*longer[:at], *longer[at + 1 :]]) != _stripped(shorter):
        return None
    if at and _stripped(longer)[at - 1] == _stripped(longer)[at]:
        return None
    return at, len(before), len(after) - len(before)


def _stripped(cells: Sequence[str]) -> list[str]:
    return [cell.strip().strip("-") if _DASHES.fullmatch(cell) else cell.strip() for cell in cells]


def _with_column(row: str, cells: Sequence[str], at: int, more: int, added: str) -> str:
    indent = indent_of(row)
    if more < 0:
        return f"{indent}|{'|'.join((*cells[:at], *cells[at + 1 :]))}|"
    return f"{indent}|{'|'.join((*cells[:at], added, *cells[at:]))}|"


def _added(row: int, cells: Sequence[str], at: int, cell: str) -> str:
    """The cell that a row gets, counted from the head of its table."""
    beside = cells[at - 1] if at else cells[0]
    return {0: "  ", 1: beside.replace(":", "-")}.get(row, cell)
