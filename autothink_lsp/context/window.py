"""Which lines around the cursor the model sees, chosen so that the prompt stays the same while one types.

A model server caches the evaluated prompt up to the first token that changed. So the window's two ends are anchored to
*lines of content*, not to a distance from the cursor: an edit above or below moves the anchors with the text they stand
at, and an end is chosen anew only when the window has grown or shrunk out of its bounds, in one large step. Typing in
place, adding lines and deleting them inside the window leave everything before the cursor's line, and all of the
suffix, unchanged.

This module reads snapshots only; what goes into a prompt and in which order is ``prompt/``'s business.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, frozen

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.syntax.languages import Language
from autothink_lsp.values import Point

# An end is moved when its side holds more than GROWN times the characters it was cut to, or less than SHRUNK times
# (and there is more text to be had). In between the prompt's start stays put: about 40 typed lines at the default size.
GROWN = 1.6
SHRUNK = 0.5


@frozen
class WindowSize:
    """Characters wanted on each side of the cursor."""

    prefix_chars: int
    suffix_chars: int


@define
class _Anchors:
    """``head`` is the window's first line, ``tail`` the first line after it."""

    head: int
    tail: int


class WindowTracker:
    """Keeps the anchors of each open document. Costs nothing that grows with the file."""

    def __init__(self) -> None:
        self._anchors: dict[str, _Anchors] = {}

    def did_open(self, snapshot: Snapshot) -> None:
        """Forget what an earlier document of this name had."""
        self._anchors.pop(snapshot.uri, None)

    def did_close(self, uri: str) -> None:
        """Forget the document."""
        self._anchors.pop(uri, None)

    def did_change(self, snapshot: Snapshot, changes: Sequence[Change]) -> None:
        """Move the anchors with the lines they stand at."""
        anchors = self._anchors.get(snapshot.uri)
        if anchors is None:
            return
        for change in changes:
            head = _moved(anchors.head, change)
            tail = _moved(anchors.tail, change)
            if head is None or tail is None:  # the very line was replaced: the old prompt is of no use any more
                del self._anchors[snapshot.uri]
                return
            anchors.head, anchors.tail = head, tail

    def gather(
        self, snapshot: Snapshot, point: Point, size: WindowSize, *, path: str, language: Language | None
    ) -> CodeContext:
        """The window around ``point``; ``path`` is what the model may know the file as."""
        text = snapshot.text
        head, tail = self._bounds(snapshot.uri, text, point, size)
        return CodeContext(
            path=path,
            language_id=snapshot.language_id,
            prefix="\n".join([*text.lines(head, point.line), text.line(point.line)[: point.column]]),
            suffix="\n".join([text.line(point.line)[point.column :], *text.lines(point.line + 1, tail)]),
            comment_line=language.comment_line if language else None,
            comment_block=language.comment_block if language else None,
            eol=text.eol,
        )

    def _bounds(self, uri: str, text: Text, point: Point, size: WindowSize) -> tuple[int, int]:
        anchors = self._anchors.get(uri)
        head = anchors.head if anchors else -1
        tail = anchors.tail if anchors else -1
        if not 0 <= head <= point.line or not _fits(text, head, point.line, size.prefix_chars, more=head > 0):
            head = _head(text, point.line, size.prefix_chars)
        tail = min(tail, text.line_count)
        below = point.line + 1
        if tail < below or not _fits(text, below, tail, size.suffix_chars, more=tail < text.line_count):
            tail = _tail(text, below, size.suffix_chars)
        self._anchors[uri] = _Anchors(head, tail)
        return head, tail


def _moved(line: int, change: Change) -> int | None:
    """Where the text that stood at the start of ``line`` is after ``change``; ``None`` when it was replaced."""
    start, old_end = change.start, change.old_end
    if start.line >= line:
        return line
    if old_end.line < line or (old_end.line == line and old_end.column == 0):
        return line + change.new_end.line - old_end.line
    return None


def _fits(text: Text, first: int, stop: int, wanted_chars: int, *, more: bool) -> bool:
    """Whether lines ``first`` to ``stop`` are still a window of about the wanted size."""
    # Each line counts at least its line end, so a longer run of lines cannot fit: bounds the work for huge jumps.
    if stop - first > GROWN * wanted_chars:
        return False
    chars = sum(len(line) + 1 for line in text.lines(first, stop))
    return chars <= GROWN * wanted_chars and not (more and chars < SHRUNK * wanted_chars)


def _head(text: Text, cursor_line: int, wanted_chars: int) -> int:
    """The first line of a window of at most ``wanted_chars`` that ends before the cursor's line.

    Among the lines of the window's first third, one that begins a top-level construct is preferred: a prompt that
    begins in the middle of a statement costs a small model accuracy, and such a line is likely to be chosen again.
    """
    chars = 0
    first = cursor_line
    while first > 0:
        chars += len(text.line(first - 1)) + 1
        if chars > wanted_chars:
            break
        first -= 1
    if first == 0:
        return 0
    latest = first + (cursor_line - first) // 3
    for line in range(first, latest + 1):
        content = text.line(line)
        if content and not content[0].isspace() and content[0] not in ")]}" and not text.line(line - 1).strip():
            return line
    return first


def _tail(text: Text, below: int, wanted_chars: int) -> int:
    """The line after the last one of a window of at most ``wanted_chars`` that begins at line ``below``."""
    chars = 0
    stop = below
    while stop < text.line_count:
        chars += len(text.line(stop)) + 1
        if chars > wanted_chars:
            break
        stop += 1
    return stop
