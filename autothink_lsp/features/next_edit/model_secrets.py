"""Finds parts of secrets in what a next-edit model is shown. Pure.

A window or an edit has few lines. A line of a key or a value of a Kubernetes Secret is recognised only together with
lines further away, so ``redacting_backend.py``, which sees the prompt alone, could not hide it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from autothink_lsp.context.secrets import find_secrets
from autothink_lsp.document.text import Text
from autothink_lsp.prompt.next_edit.window import EditWindow, Lines, PastEdit, block

LINES_AROUND = 80  # a secret that is shown in part may begin or end in these lines
_IN_A_LINE = re.compile(r"\S[^\n]*")


def window_cuts_secret(text: Text, window: EditWindow) -> bool:
    """Whether the lines of the window, or those around it that are shown, hold a part of a secret of ``text`` that
    cannot be recognised there."""
    shown_first, shown_stop = window.first - len(window.above), window.stop + len(window.below)
    above, below = _above(text, shown_first), _below(text, shown_stop)
    return (
        _cuts_secret(above, window.above, (*window.lines, *window.below, *below))
        or _cuts_secret((*above, *window.above), window.lines, (*window.below, *below))
        or _cuts_secret((*above, *window.above), window.former, (*window.below, *below))
        or _cuts_secret((*above, *window.above, *window.lines), window.below, below)
    )


def edit_cuts_secret(text: Text | None, edit: PastEdit) -> bool:
    """Whether a side of the edit holds a part of a secret that cannot be recognised there, in a diff or without its
    marks. ``text`` is the document after the edit; ``None`` if it is not known."""
    above = _above(text, edit.first) if text is not None else ()
    below = _below(text, edit.first + len(edit.new)) if text is not None else ()
    return any(
        _cuts_secret(above, lines, below, mark)
        for lines, own in ((edit.old, "-"), (edit.new, "+"))
        for mark in ("", own)
    )


def _cuts_secret(above: Lines, lines: Lines, below: Lines, mark: str = "") -> bool:
    """Whether a secret of all these lines is not recognised in ``lines`` alone, each with ``mark`` in front of it."""
    if not lines:
        return False
    start, shown = len(block(above)), block(lines)
    parts = [
        (first, stop)
        for one in find_secrets(block((*above, *lines, *below)))
        for first, stop in _parts(shown, max(0, one.start - start), one.end - start)
    ]
    if not parts:
        return False
    alone = find_secrets(block([mark + line for line in lines]))
    for first, stop in parts:
        shift = len(mark) * (shown.count("\n", 0, first) + 1)
        if not any(one.start <= first + shift and stop + shift <= one.end for one in alone):
            return True
    return False


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The range line by line, without blanks at the ends of lines."""
    for match in _IN_A_LINE.finditer(text, start, max(start, min(end, len(text)))):
        yield match.start(), match.start() + len(match[0].rstrip())


def _above(text: Text, line: int) -> Lines:
    return tuple(text.lines(max(0, line - LINES_AROUND), max(0, line)))


def _below(text: Text, line: int) -> Lines:
    return tuple(text.lines(min(line, text.line_count), min(text.line_count, line + LINES_AROUND)))
