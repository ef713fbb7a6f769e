"""Chooses the lines around the cursor that the model sees, such that the prompt stays the same while the user types.

A model server caches the evaluated prompt up to the first token that changed. Therefore both ends of the window are
anchored to *lines of content*, not to a distance from the cursor: an edit above or below moves the anchors with the
text, and an end is chosen again only when the window has grown or shrunk beyond its bounds, in one large step. Typing
in place, and adding or deleting lines inside the window, leave the text before the cursor's line and the whole suffix
unchanged.

Reads snapshots only; ``prompt/`` decides the layout of a prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Protocol

from attrs import define, evolve

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.language_style import UNKNOWN_LANGUAGE
from autothink_lsp.syntax.languages import Language
from autothink_lsp.values import Point, frozen

# An end is moved when its side holds more than GROWN times the characters it was cut to, or less than SHRUNK times
# (and there is more text to be had). In between the prompt's start stays put: about 40 typed lines at the default size.
GROWN = 1.6
SHRUNK = 0.5
WORTH_GROWING = 1.25  # times a provisional size; less does not pay for a new prompt
# Lines beyond the window in which a secret may begin or end that stands partly in it.
LINES_ABOVE = 12
LINES_BELOW = 4


@frozen
class WindowSize:
    """The characters wanted on each side of the cursor. ``block_tokens``: the maximum for context from other places
    where the settings say "auto"; ``most_block_tokens``: a hard limit given by the server's context length.
    ``is_provisional``: chosen before the server's speed was known."""

    prefix_chars: int
    suffix_chars: int
    block_tokens: int | None = None
    most_block_tokens: int | None = None
    is_provisional: bool = False


@define
class _Anchors:
    """``head`` is the window's first line, ``tail`` the first line after it; both were chosen for ``size``."""

    head: int
    tail: int
    size: WindowSize
    step: int = 0  # changes whenever ``head`` is chosen again


@frozen
class WindowSpan:
    """The window's lines, ``stop`` excluded, as chosen for ``size``. ``step`` changes whenever the window's beginning
    was moved."""

    first: int
    stop: int
    step: int
    size: WindowSize


@frozen
class _Lines:
    """The lines ``first`` to ``stop`` (excluded), each with a "\n" after it, independent of the document's line
    ends."""

    first: int
    stop: int
    text: str

    @classmethod
    def of(cls, text: Text, first: int, stop: int) -> _Lines:
        """Every line is counted with a line break, the document's last one included."""
        lines = text.slice_lines(first, stop)
        if "\r" in lines:
            lines = "\n".join([*text.lines(first, stop), ""])
        elif stop == text.line_count and first < stop:
            lines += "\n"
        return cls(first, stop, lines)

    def with_breaks_before(self) -> _Lines:
        """The same text with each line break before its line instead of after it."""
        return _Lines(self.first, self.stop, "\n" + self.text[:-1] if self.text else "")


@frozen
class ContextRequest:
    """The cursor for which context is gathered. ``path`` is the file name that the model sees.

    ``folder`` (URI) and ``settings`` say which context from other places may be added; without settings none is.
    ``may_grow``: a window of a provisional size is replaced now, though its prompt has to be evaluated anew.
    """

    snapshot: Snapshot
    point: Point
    size: WindowSize
    path: str
    language: Language | None
    folder: str | None = None
    settings: Settings | None = None
    may_grow: bool = False


class ContextGatherer(Protocol):
    """A listener of the document store that gathers the context of a cursor: the window, with or without blocks from
    other places."""

    def did_open(self, snapshot: Snapshot) -> None: ...

    def did_change(self, snapshot: Snapshot, changes: Sequence[Change]) -> None: ...

    def did_close(self, uri: str) -> None: ...

    def gather(self, request: ContextRequest) -> CodeContext: ...

    def peek(self, request: ContextRequest) -> CodeContext: ...


@define
class _Surroundings:
    """The window around ``line`` without that line itself. Valid for ``text`` and every text that differs from it in
    that line only. ``chosen`` are the window's anchors."""

    uri: str
    text: Text
    line: int
    chosen: _Anchors
    above: str
    below: str
    outside_above: str
    outside_below: str
    eol: str

    def context(self, request: ContextRequest) -> CodeContext:
        """The window with the cursor's line."""
        snapshot, point, language = request.snapshot, request.point, request.language
        line = snapshot.text.line(point.line)
        return CodeContext(
            path=request.path,
            language_id=snapshot.language_id,
            prefix=self.above + line[: point.column],
            suffix=line[point.column :] + self.below,
            comment_line=language.style.comment_line if language else None,
            comment_block=language.style.comment_block if language else None,
            style=language.style if language else UNKNOWN_LANGUAGE,
            eol=self.eol,
            lines_above=self.outside_above,
            lines_below=self.outside_below,
        )


class WindowTracker:
    """Keeps the anchors of each open document. No cost depends on the size of the file."""

    def __init__(self) -> None:
        self._anchors: dict[str, _Anchors] = {}
        self._texts: dict[str, Text] = {}
        self._newest: _Surroundings | None = None
        self._steps = count(1)

    def did_open(self, snapshot: Snapshot) -> None:
        """Forget the anchors of an earlier document with this URI."""
        self.did_close(snapshot.uri)
        self._texts[snapshot.uri] = snapshot.text

    def did_close(self, uri: str) -> None:
        """Forget the document."""
        self._anchors.pop(uri, None)
        self._texts.pop(uri, None)
        if self._newest is not None and self._newest.uri == uri:
            self._newest = None

    def did_change(self, snapshot: Snapshot, changes: Sequence[Change]) -> None:
        """Move the anchors with the lines they stand at."""
        before, self._texts[snapshot.uri] = self._texts.get(snapshot.uri), snapshot.text
        newest = self._newest
        if newest is not None and newest.uri == snapshot.uri:
            if newest.text is before and all(_is_within(newest.line, change) for change in changes):
                newest.text = snapshot.text  # so a key in the line costs no reading of the others
            else:
                self._newest = None
        anchors = self._anchors.get(snapshot.uri)
        if anchors is None:
            return
        for change in changes:
            if change.is_within_line:
                continue
            head = moved(anchors.head, change)
            tail = moved(anchors.tail, change)
            if head is None or tail is None:  # the anchor line itself was replaced, so the old prompt is useless
                del self._anchors[snapshot.uri]
                return
            anchors.head, anchors.tail = head, tail

    def gather(self, request: ContextRequest) -> CodeContext:
        """The window around the cursor, without context from elsewhere. Its anchors are kept for the next request.

        A changed ``size`` takes effect where an end has to be chosen anew: the prompt is new there anyway. A size that
        follows from the server's context length takes effect at once: the server rejects anything larger. So does the
        size that follows a provisional one, where the request says that the server evaluates it soon enough.
        """
        known = self._known(request)
        if known is None:
            known = self._newest = self._surroundings(request)
            self._anchors[request.snapshot.uri] = known.chosen
        return known.context(request)

    def peek(self, request: ContextRequest) -> CodeContext:
        """The window that ``gather`` would return; the kept anchors do not change."""
        known = self._known(request) or self._surroundings(request)
        return known.context(request)

    def _known(self, request: ContextRequest) -> _Surroundings | None:
        """The surroundings that were read for the latest request; ``None`` if they are others for this one."""
        newest, snapshot, size = self._newest, request.snapshot, request.size
        if newest is None or newest.text is not snapshot.text or newest.line != request.point.line:
            return None
        anchors = self._anchors.get(snapshot.uri)
        if newest.uri != snapshot.uri or anchors is not newest.chosen:
            return None
        before = newest.chosen.size
        is_limited = size.most_block_tokens is not None and before.most_block_tokens is None
        return None if is_limited or (before.is_provisional and not size.is_provisional) else newest

    def _surroundings(self, request: ContextRequest) -> _Surroundings:
        text, line = request.snapshot.text, request.point.line
        above, below, chosen = self._chosen(request)
        outside_above = text.lines(max(0, above.first - LINES_ABOVE), above.first)
        outside_below = text.lines(below.stop, min(text.line_count, below.stop + LINES_BELOW))
        return _Surroundings(
            uri=request.snapshot.uri,
            text=text,
            line=line,
            chosen=chosen,
            above=above.text,
            below=below.text,
            outside_above="\n".join([*outside_above, ""]) if outside_above else "",
            outside_below="\n".join(["", *outside_below]) if outside_below else "",
            eol=text.eol_at(line),
        )

    def _chosen(self, request: ContextRequest) -> tuple[_Lines, _Lines, _Anchors]:
        text, point, size = request.snapshot.text, request.point, request.size
        anchors = self._anchors.get(request.snapshot.uri, _Anchors(-1, -1, size))
        if size.most_block_tokens is not None and anchors.size.most_block_tokens is None:
            anchors = _Anchors(-1, -1, size)
        if anchors.size.is_provisional and not size.is_provisional:
            anchors = _settled(anchors, request)
        above, below = _around(text, anchors, point.line, anchors.size)
        if anchors.size != size and (above.first, below.stop) != (anchors.head, anchors.tail):
            anchors = _Anchors(-1, -1, size)
            above, below = _around(text, anchors, point.line, size)
        step = anchors.step if above.first == anchors.head else next(self._steps)
        return above, below, _Anchors(above.first, below.stop, anchors.size, step)

    def span(self, uri: str) -> WindowSpan:
        """The lines of the latest window of this document."""
        anchors = self._anchors[uri]
        return WindowSpan(anchors.head, anchors.tail, anchors.step, anchors.size)


def _settled(anchors: _Anchors, request: ContextRequest) -> _Anchors:
    """The anchors of a provisional size when the final one is known: the same where it is about as large."""
    size, before = request.size, anchors.size
    if size.prefix_chars + size.suffix_chars <= WORTH_GROWING * (before.prefix_chars + before.suffix_chars):
        return evolve(anchors, size=size)
    return _Anchors(-1, -1, size) if request.may_grow else anchors


def _is_within(line: int, change: Change) -> bool:
    """Whether the change replaces text of this line by text without a line break."""
    is_in_line = change.is_within_line and change.start.line == line
    return is_in_line and "\r" not in change.inserted and "\r" not in change.removed


def moved(line: int, change: Change) -> int | None:
    """The line of the text that was at the start of ``line`` before ``change``; ``None`` if it was replaced."""
    start, old_end = change.start, change.old_end
    if start.line >= line:
        return line
    if old_end.line < line or (old_end.line == line and old_end.column == 0):
        return line + change.new_end.line - old_end.line
    return None


def _around(text: Text, anchors: _Anchors, line: int, size: WindowSize) -> tuple[_Lines, _Lines]:
    """The lines above and below ``line``, from and to the anchors where these still hold."""
    return (
        _above(text, anchors.head, line, size.prefix_chars),
        _below(text, anchors.tail, line + 1, size.suffix_chars),
    )


def _above(text: Text, head: int, cursor_line: int, wanted_chars: int) -> _Lines:
    """The lines above the cursor's line, from ``head`` on if they still are a window of about the wanted size."""
    if 0 <= head <= cursor_line and cursor_line - head <= GROWN * wanted_chars:
        lines = _Lines.of(text, head, cursor_line)
        if _fits(lines, wanted_chars, more=head > 0):
            return lines
    return _Lines.of(text, _head(text, cursor_line, wanted_chars), cursor_line)


def _below(text: Text, tail: int, below: int, wanted_chars: int) -> _Lines:
    """The lines from ``below`` on, each with the line break before it; up to ``tail`` if that still fits."""
    tail = min(tail, text.line_count)
    if 0 <= tail - below <= GROWN * wanted_chars:
        lines = _Lines.of(text, below, tail)
        if _fits(lines, wanted_chars, more=tail < text.line_count):
            return lines.with_breaks_before()
    return _Lines.of(text, below, _tail(text, below, wanted_chars)).with_breaks_before()


def _fits(lines: _Lines, wanted_chars: int, *, more: bool) -> bool:
    """Whether these lines are still a window of about the wanted size."""
    chars = len(lines.text)
    return chars <= GROWN * wanted_chars and not (more and chars < SHRUNK * wanted_chars)


def _head(text: Text, cursor_line: int, wanted_chars: int) -> int:
    """The first line of a window of at most ``wanted_chars`` that ends before the cursor's line.

    Among the lines of the window's first third, one that begins a top-level construct is preferred: a prompt that
    begins inside a statement costs a small model accuracy, and such a line is likely to be chosen again.
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
    return next((line for line in range(first, latest + 1) if _begins_construct(text, line)), first)


def _tail(text: Text, below: int, wanted_chars: int) -> int:
    """The line after the last one of a window of at most ``wanted_chars`` that begins at line ``below``.

    Among the ends in its last third, one before a top-level construct is preferred to half a statement.
    """
    chars = 0
    stop = below
    while stop < text.line_count:
        chars += len(text.line(stop)) + 1
        if chars > wanted_chars:
            break
        stop += 1
    if stop == text.line_count:
        return stop
    earliest = stop - (stop - below) // 3
    return next((line for line in range(stop, earliest - 1, -1) if _begins_construct(text, line)), stop)


def _begins_construct(text: Text, line: int) -> bool:
    """Whether a line at the outermost level follows a blank one."""
    content = text.line(line)
    at_margin = bool(content) and not content[0].isspace() and content[0] not in ")]}"
    return at_margin and line > 0 and not text.line(line - 1).strip()
