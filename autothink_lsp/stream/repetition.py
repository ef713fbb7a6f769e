"""Detects a model that repeats itself within a line or over lines, and returns where to cut. Cuts nothing itself.

The thresholds keep code that people write: tables of numbers, rulers in comments, similar lines in a row.
"""

from __future__ import annotations

from collections.abc import Sequence

from autothink_lsp.stream.layout import is_telling

_PROBE = 12  # characters that must be repeated before a loop is searched
LOOP_WINDOW_CHARACTERS = 400  # length of the part at a line's end that is searched
_MAX_BLOCK_LINES = 8


def character_loop(line: str) -> int | None:
    """The offset in ``line`` from which one piece is repeated until its end, or ``None``.

    A piece of fewer than 10 characters must fill 48 and come 6 times, a longer one 4 times; a single character 100.
    """
    tail = line[-LOOP_WINDOW_CHARACTERS:]
    if len(tail) < 4 * _PROBE:
        return None
    found = tail.rfind(tail[-_PROBE:], 0, -1)
    if found < 0:
        return None
    period = len(tail) - _PROBE - found
    start = len(tail)
    while start > period and tail[start - 1] == tail[start - 1 - period]:
        start -= 1
    run = len(tail) - start + period
    needed = 100 if period == 1 else max(48, 6 * period) if period < 10 else 4 * period
    return len(line) - run if run >= needed else None


def line_loop(lines: Sequence[str]) -> int | None:
    """The index of the line where the second of the equal pieces at the end of ``lines`` begins, or ``None``.

    One or two lines must come three times, a piece of three to eight lines twice. Lines without content are no loop.
    """
    for size in range(1, _MAX_BLOCK_LINES + 1):
        times = 3 if size < 3 else 2
        if len(lines) < size * times:
            return None
        block = lines[-size:]
        if not any(is_telling(line) for line in block) or not block[0].strip():
            continue
        first = len(lines) - size * times
        if all(list(lines[at : at + size]) == list(block) for at in range(first, len(lines), size)):
            while first > 0 and lines[first - 1] == lines[first - 1 + size]:
                first -= 1
            return first + size
    return None
