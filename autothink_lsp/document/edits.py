"""Applies one edit of the client to a text and computes the actual change. Knows no documents and no versions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from autothink_lsp.document.positions import utf8_length
from autothink_lsp.document.snapshot import Change, ContentChange
from autothink_lsp.document.text import Place, Text
from autothink_lsp.values import Point, PositionEncoding


def apply(text: Text, edit: ContentChange, encoding: PositionEncoding) -> tuple[Text, Change]:
    """The text after ``edit``, and the ``Change`` from ``text`` to it.

    A range is clamped to the text, and its ends are put in order. An edit of the whole document is reduced to the part
    that differs: clients without incremental sync send the whole text at each key, which must not look like a new
    document to the syntax tree or to the code that compares typed text.
    """
    if edit.range is None:
        return _apply_whole(text, edit.text)
    start = text.place_of(edit.range.start, encoding)
    if edit.range.start == edit.range.end:
        return _splice(text, start, start, edit.text)
    end = text.place_of(edit.range.end, encoding)
    return _splice(text, min(start, end), max(start, end), edit.text)


def undone(text: Text, change: Change) -> Text:
    """The text before ``change``, which led to ``text``."""
    start = text.offset_at_byte(change.start_byte)
    return text.replace_offsets(start, start + len(change.inserted), change.removed)


def _splice(text: Text, start: Place, end: Place, new: str) -> tuple[Text, Change]:
    after = text.replace_offsets(start.offset, end.offset, new)
    start_point, tree_start = start.point, text.row_and_byte_column(start)
    if text.has_lone_cr or after.has_lone_cr or new.endswith("\r"):  # lines are not rows, or an end is inside "\r\n"
        place = after.place_at_offset(start.offset + len(new))
        new_end, tree_new_end = after.clamp(place.point), after.row_and_byte_column(place)
    elif "\n" in new:
        newlines, last_line = new.count("\n"), new[new.rindex("\n") + 1 :]
        new_end = Point(start_point.line + newlines, len(last_line))
        tree_new_end = (tree_start[0] + newlines, utf8_length(last_line))
    else:
        new_end = Point(start_point.line, start_point.column + len(new))
        tree_new_end = (tree_start[0], tree_start[1] + utf8_length(new))
    change = Change(
        start=start_point,
        old_end=end.point,
        new_end=new_end,
        start_byte=start.byte,
        old_end_byte=end.byte,
        new_end_byte=start.byte + utf8_length(new),
        start_point=tree_start,
        old_end_point=tree_start if end is start else text.row_and_byte_column(end),
        new_end_point=tree_new_end,
        removed=text.slice_offsets(start.offset, end.offset),
        inserted=new,
    )
    return after, change


def _apply_whole(text: Text, new: str) -> tuple[Text, Change]:
    same_before = _common_prefix(text.chunks(), new)
    rest = min(text.char_length, len(new)) - same_before
    same_after = min(_common_suffix(text.chunks(backwards=True), new), rest)
    # The difference must not begin or end inside a "\r\n" of the old or the new text: a Point cannot represent that.
    if _in_line_end(text, same_before, new, same_before):
        same_before -= 1
    if _in_line_end(text, text.char_length - same_after, new, len(new) - same_after):
        same_after -= 1
    start, end = text.place_at_offset(same_before), text.place_at_offset(text.char_length - same_after)
    return _splice(text, start, end, new[same_before : len(new) - same_after])


def _in_line_end(old: Text, old_offset: int, new: str, new_offset: int) -> bool:
    """Whether either place is between "\\r" and "\\n"."""
    around_old = old.slice_offsets(old_offset - 1, old_offset + 1)
    around_new = new[max(new_offset - 1, 0) : new_offset + 1]
    return "\r\n" in (around_old, around_new)


def _common_prefix(chunks: Iterable[str], new: str) -> int:
    """The length in code points of the common prefix of ``new`` and the joined chunks."""
    same = 0
    for chunk in chunks:
        if not new.startswith(chunk, same):
            return same + _same_head(chunk, new[same : same + len(chunk)])
        same += len(chunk)
    return same


def _common_suffix(chunks_backwards: Iterable[str], new: str) -> int:
    """The length in code points of the common suffix of ``new`` and the joined chunks, which are given from the last to
    the first."""
    end = len(new)
    for chunk in chunks_backwards:
        if not new.endswith(chunk, 0, end):
            tail = new[max(end - len(chunk), 0) : end]
            return len(new) - end + _same_head(chunk[::-1], tail[::-1])
        end -= len(chunk)
    return len(new) - end


def _same_head(a: str, b: str) -> int:
    """The length in code points of the common prefix."""
    return bisect_left(range(min(len(a), len(b))), True, key=lambda last: a[: last + 1] != b[: last + 1])
