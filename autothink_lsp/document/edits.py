"""Applies one edit of the client to a text and says what really changed. It knows no documents and no versions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from autothink_lsp.document.positions import utf8_length
from autothink_lsp.document.snapshot import Change, ContentChange
from autothink_lsp.document.text import Place, Text
from autothink_lsp.values import Point, PositionEncoding


def apply(text: Text, edit: ContentChange, encoding: PositionEncoding) -> tuple[Text, Change]:
    """The text after ``edit`` and the Change that leads there.

    A range is clamped to the text, its ends are taken in the order of the text. An edit of the whole document becomes
    one of the part that differs: clients without incremental sync send it with every key, and neither the syntax tree
    nor the question "what was typed?" should see a new document then.
    """
    if edit.range is None:
        return _apply_whole(text, edit.text)
    start = text.place_of(edit.range.start, encoding)
    if edit.range.start == edit.range.end:
        return _splice(text, start, start, edit.text)
    end = text.place_of(edit.range.end, encoding)
    return _splice(text, min(start, end), max(start, end), edit.text)


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
        old_end_point=text.row_and_byte_column(end),
        new_end_point=tree_new_end,
        removed=text.slice_offsets(start.offset, end.offset),
        inserted=new,
    )
    return after, change


def _apply_whole(text: Text, new: str) -> tuple[Text, Change]:
    same_before = _common_prefix(text.chunks(), new)
    rest = min(text.char_length, len(new)) - same_before
    same_after = min(_common_suffix(text.chunks(backwards=True), new), rest)
    # What differs must not begin or end inside a "\r\n" of the old text or the new: a Point cannot say that.
    if _in_line_end(text, same_before, new, same_before):
        same_before -= 1
    if _in_line_end(text, text.char_length - same_after, new, len(new) - same_after):
        same_after -= 1
    start, end = text.place_at_offset(same_before), text.place_at_offset(text.char_length - same_after)
    return _splice(text, start, end, new[same_before : len(new) - same_after])


def _in_line_end(old: Text, old_offset: int, new: str, new_offset: int) -> bool:
    """Whether either place is between "\r" and "\n"."""
    around_old = old.slice_offsets(old_offset - 1, old_offset + 1)
    around_new = new[max(new_offset - 1, 0) : new_offset + 1]
    return "\r\n" in (around_old, around_new)


def _common_prefix(chunks: Iterable[str], new: str) -> int:
    """How many code points of ``new`` are those that the chunks begin with."""
    same = 0
    for chunk in chunks:
        if not new.startswith(chunk, same):
            return same + _same_head(chunk, new[same : same + len(chunk)])
        same += len(chunk)
    return same


def _common_suffix(chunks_backwards: Iterable[str], new: str) -> int:
    """How many code points of ``new`` are those that the chunks end with."""
    end = len(new)
    for chunk in chunks_backwards:
        if not new.endswith(chunk, 0, end):
            tail = new[max(end - len(chunk), 0) : end]
            return len(new) - end + _same_head(chunk[::-1], tail[::-1])
        end -= len(chunk)
    return len(new) - end


def _same_head(a: str, b: str) -> int:
    """How many code points at the start of both are the same."""
    return bisect_left(range(min(len(a), len(b))), True, key=lambda last: a[: last + 1] != b[: last + 1])
