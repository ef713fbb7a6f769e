"""What a next-edit model is shown of a document, and its answer as an edit of lines. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autothink_lsp.document.text import Text
from autothink_lsp.features.next_edit.history import EditHunk, without_common_ends
from autothink_lsp.features.next_edit.proposal import LineEdit
from autothink_lsp.features.next_edit.verifier import MOST_SHRINK
from autothink_lsp.prompt.next_edit.dialect import NextEditDialect
from autothink_lsp.prompt.next_edit.window import EditWindow, Lines, PastEdit, window_bounds
from autothink_lsp.values import Point

MOST_EDITS = 3
_LONGEST_LINE_CHARACTERS = 600  # longer lines are data
_MOST_CHARACTERS = 24_000


def edit_window(
    text: Text,
    point: Point,
    hunks: Sequence[EditHunk],
    path_of: Callable[[str], str],
    uri: str,
    dialect: NextEditDialect,
) -> EditWindow | None:
    """The window around ``point`` with the newest of ``hunks`` (the newest first); ``None`` if its lines are too long
    to be code, or contain a marker of the dialect. ``path_of(uri)`` returns the path of a document as the model sees
    it."""
    count = text.line_count
    if count > 1 and not text.line(count - 1) and point.line < count - 1:
        count -= 1  # the empty line behind the last line end
    first, stop = window_bounds(point.line, count, dialect.size)
    lines = tuple(text.lines(first, stop))
    above = tuple(text.lines(max(0, first - dialect.around), first))
    below = tuple(text.lines(stop, min(count, stop + dialect.around)))
    if any(len(line) > _LONGEST_LINE_CHARACTERS for line in lines):
        return None
    while sum(map(len, (*above, *below))) > _MOST_CHARACTERS:
        above, below = above[(len(above) + 1) // 2 :], below[: len(below) // 2]
    window = EditWindow(
        path=path_of(uri),
        lines=lines,
        first=first,
        row=point.line - first,
        column=point.column,
        above=above,
        below=below,
        former=_former(lines, first, hunks, uri),
        edits=tuple(past_edit(hunk, path_of) for hunk in reversed(hunks[:MOST_EDITS])),
    )
    return window if dialect.can_show(window) else None


def answered_edit(window: EditWindow, new: Lines, rule: str) -> LineEdit | None:
    """The edit that replaces the window's lines by ``new``; ``None`` if both are equal, or if ``new`` is less than half
    of the window."""
    if len("".join(new)) < MOST_SHRINK * len("".join(window.lines)):
        return None
    old, fresh, skipped = without_common_ends(window.lines, new)
    if not old and not fresh:
        return None
    if len(fresh) < len(old) and _reaches_end(window, skipped + len(old)):
        return None  # an answer that ended early looks the same as one that deletes the last lines
    first = window.first + skipped
    return LineEdit(rule, rule, first, first + len(old), tuple(fresh))


def _reaches_end(window: EditWindow, stop: int) -> bool:
    return not any(line.strip() for line in window.lines[stop:])


def _former(lines: Lines, first: int, hunks: Sequence[EditHunk], uri: str) -> Lines:
    """The window's lines before the newest hunk that lies in it."""
    last = next((one for one in hunks if one.uri == uri), None)
    if last is None or last.line < first or last.stop > first + len(lines):
        return lines
    at = last.line - first
    return (*lines[:at], *last.old, *lines[at + len(last.new) :])


def past_edit(hunk: EditHunk, path_of: Callable[[str], str]) -> PastEdit:
    """The hunk as an edit in a prompt. A hunk that only adds or deletes lines gets its neighbouring lines, without
    which its place would be unclear."""
    old, new, line = hunk.old, hunk.new, hunk.line
    if not old or not new:
        above = (hunk.above,) if hunk.above else ()
        below = (hunk.below,) if hunk.below else ()
        old, new, line = (*above, *old, *below), (*above, *new, *below), line - len(above)
    return PastEdit(path_of(hunk.uri), old, new, max(0, line))
