"""``make demo-recording``: the moving picture in the README, made from a real ``make try``.

``record`` runs a command on a pseudo terminal and keeps what it writes and when (asciicast, version 2). ``frames``
plays a cast on a small terminal that knows what ``screen.py`` writes: line feed, carriage return, cursor up, clear to
the end, and the styles bold, dim and cyan. ``svg`` draws the frames as one animated file without scripts. A pause of
more than ``LONGEST_PAUSE_S`` is shortened to that, and the picture says so; nothing else differs from the
run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import select
import sys
import time
from collections.abc import Sequence
from html import escape
from pathlib import Path

from attrs import define, field, frozen

COLUMNS, ROWS = 112, 26
LONGEST_PAUSE_S = 1.5
LAST_FRAME_S = 6.0
SHORTEST_FRAME_S = 0.04
_CHARACTER_PX, _LINE_PX, _MARGIN_PX = 7.8, 18, 14
_TOKEN = re.compile(r"\x1b\[(\d*(?:;\d+)*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")
_TITLE = "A recorded editing session: ghost text while typing, then two checked fixes"
_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}"
 role="img" aria-label="{title}">
<style>text{{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d4d4d4;
white-space:pre}}.b{{font-weight:bold;fill:#fff}}.d{{fill:#7a8a99;font-style:italic}}.c{{fill:#56b6c2}}</style>
<rect width="100%" height="100%" rx="8" fill="#1e1e1e"/>"""
_STYLES = {"0": "", "1": "b", "2": "d", "36": "c"}


@frozen
class Event:
    """What was written ``at_s`` seconds after the start."""

    at_s: float
    text: str


@frozen
class Run:
    """Text of one style in a row, from ``column``."""

    column: int
    text: str
    style: str


@define
class Terminal:
    """The rows of a terminal. Rows are never dropped: what scrolls out stays above the window."""

    columns: int = COLUMNS
    rows: list[list[tuple[str, str]]] = field(factory=lambda: [[]])
    row: int = 0
    column: int = 0
    style: str = ""

    def write(self, text: str) -> None:
        """Interpret ``text``. Sequences that are not known are ignored."""
        for numbers, letter, control, plain in _TOKEN.findall(text):
            if plain:
                self._put(plain)
            elif control == "\r":
                self.column = 0
            elif control == "\n":
                self._line_feed()
            elif letter == "A":
                self.row = max(0, self.row - int(numbers or 1))
            elif letter == "J" and numbers in ("", "0"):
                del self.rows[self.row + 1 :], self.rows[self.row][self.column :]
            elif letter == "m":
                self.style = _STYLES.get(numbers or "0", "")

    def lines(self) -> tuple[tuple[Run, ...], ...]:
        """Every row as runs of one style."""
        return tuple(_runs(row) for row in self.rows)

    def _put(self, text: str) -> None:
        for character in text:
            if self.column >= self.columns:
                self._line_feed()
                self.column = 0
            row = self.rows[self.row]
            row.extend((" ", "") for _ in range(self.column - len(row)))
            row[self.column : self.column + 1] = [(character, self.style)]
            self.column += 1

    def _line_feed(self) -> None:
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append([])


def _runs(row: Sequence[tuple[str, str]]) -> tuple[Run, ...]:
    runs: list[Run] = []
    for column, (character, style) in enumerate(row):
        if runs and runs[-1].style == style:
            runs[-1] = Run(runs[-1].column, runs[-1].text + character, style)
        else:
            runs.append(Run(column, character, style))
    return tuple(run for run in runs if run.text.strip())


def record(command: Sequence[str]) -> tuple[list[Event], int]:
    """Run ``command`` on a pseudo terminal. Returns what it wrote and its exit status."""
    import fcntl
    import pty
    import struct
    import termios

    child, terminal = pty.fork()
    if child == 0:
        environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        os.execvpe(command[0], list(command), {**environment, "TERM": "xterm-256color"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    began, events, pending = time.monotonic(), [], b""
    while True:
        select.select([terminal], [], [])
        try:
            pending += os.read(terminal, 1 << 16)
        except OSError:  # Linux says so when the child has closed the terminal
            break
        text = pending.decode("utf-8", errors="ignore")
        if text.encode() != pending:  # a character is cut: the rest of it comes with the next read
            continue
        pending = b""
        events.append(Event(time.monotonic() - began, text))
    return events, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def cast(events: Sequence[Event]) -> str:
    """An asciicast, version 2."""
    head = json.dumps({"version": 2, "width": COLUMNS, "height": ROWS, "title": "make try"})
    lines = [json.dumps([round(event.at_s, 3), "o", event.text], ensure_ascii=False) for event in events]
    return "\n".join([head, *lines]) + "\n"


def read_cast(text: str) -> list[Event]:
    """The output events of an asciicast, version 2."""
    entries = [json.loads(line) for line in text.splitlines()[1:] if line.strip()]
    return [Event(entry[0], entry[2]) for entry in entries if entry[1] == "o"]


def frames(events: Sequence[Event]) -> list[tuple[float, tuple[tuple[Run, ...], ...]]]:
    """``(seconds, rows)`` for each picture; seconds count from the first one, long pauses are shortened."""
    terminal, at_s, previous_s = Terminal(), 0.0, events[0].at_s if events else 0.0
    pictures: list[tuple[float, tuple[tuple[Run, ...], ...]]] = []
    for event in events:
        at_s += min(event.at_s - previous_s, LONGEST_PAUSE_S)
        previous_s = event.at_s
        terminal.write(event.text)
        if pictures and at_s - pictures[-1][0] < SHORTEST_FRAME_S:
            pictures[-1] = (pictures[-1][0], terminal.lines())
        else:
            pictures.append((at_s, terminal.lines()))
    return pictures


@frozen
class _Shown:
    row: int
    runs: tuple[Run, ...]
    from_s: float
    to_s: float


def _intervals(pictures: Sequence[tuple[float, tuple[tuple[Run, ...], ...]]], end_s: float) -> list[_Shown]:
    """Each content of each row with the time in which it stands there."""
    shown: list[_Shown] = []
    standing: dict[int, tuple[tuple[Run, ...], float]] = {}
    for at_s, rows in [*pictures, (end_s, ())]:
        for row in range(max(len(rows), max(standing, default=-1) + 1)):
            runs = rows[row] if row < len(rows) else ()
            old, since_s = standing.get(row, ((), 0.0))
            if runs == old:
                continue
            if old:
                shown.append(_Shown(row, old, since_s, at_s))
            standing[row] = (runs, at_s)
    return shown


def svg(events: Sequence[Event]) -> str:
    """One animated picture, which starts again at its end."""
    pictures = frames(events)
    end_s = pictures[-1][0] + LAST_FRAME_S
    width, height = COLUMNS * _CHARACTER_PX + 2 * _MARGIN_PX, (ROWS + 1) * _LINE_PX + 2 * _MARGIN_PX
    parts = [
        _HEAD.format(width=width, height=height, title=_TITLE),
        f'<svg x="{_MARGIN_PX}" y="{_MARGIN_PX}" width="{width - 2 * _MARGIN_PX:.0f}" height="{ROWS * _LINE_PX}">',
        f"<g>{_scrolling(pictures, end_s)}",
    ]
    for shown in _intervals(pictures, end_s):
        spans = "".join(_span(run) for run in shown.runs)
        y = (shown.row + 0.75) * _LINE_PX
        parts.append(f'<text y="{y:.1f}" visibility="hidden">{spans}{_visible(shown.from_s, shown.to_s, end_s)}</text>')
    note = f"A recording of `make try`; pauses of more than {LONGEST_PAUSE_S} s are shortened."
    parts.append(f'</g></svg><text class="d" x="{_MARGIN_PX}" y="{height - _MARGIN_PX}">{escape(note)}</text></svg>')
    return "\n".join(parts) + "\n"


def _span(run: Run) -> str:
    style = f' class="{run.style}"' if run.style else ""
    x, width = run.column * _CHARACTER_PX, len(run.text) * _CHARACTER_PX
    return f'<tspan x="{x:.1f}"{style} textLength="{width:.1f}">{escape(run.text)}</tspan>'


def _visible(from_s: float, to_s: float, end_s: float) -> str:
    times, values = [0.0, from_s / end_s, to_s / end_s], ["hidden", "visible", "hidden"]
    if from_s <= 0:
        del times[0], values[0]
    if to_s >= end_s:
        del times[-1], values[-1]
    return _animate('animate attributeName="visibility"', times, values, end_s)


def _scrolling(pictures: Sequence[tuple[float, tuple[tuple[Run, ...], ...]]], end_s: float) -> str:
    times, values, last = [0.0], ["0 0"], 0
    for at_s, rows in pictures:
        hidden_rows = max(0, len(rows) - ROWS, last)
        if hidden_rows != last:
            times.append(at_s / end_s)
            values.append(f"0 {-hidden_rows * _LINE_PX}")
            last = hidden_rows
    if len(times) == 1:
        return ""
    return _animate('animateTransform attributeName="transform" type="translate"', times, values, end_s)


def _animate(element: str, times: Sequence[float], values: Sequence[str], end_s: float) -> str:
    return (
        f'<{element} calcMode="discrete" dur="{end_s:.2f}s" repeatCount="indefinite" '
        f'keyTimes="{";".join(f"{each:.4f}" for each in times)}" values="{";".join(values)}"/>'
    )


def main() -> int:
    """Record, or draw a recording again. Returns the status of what was recorded."""
    parser = argparse.ArgumentParser(prog="python -m examples.demo.recording", description=__doc__)
    parser.add_argument("--cast", type=Path, help="draw this recording instead of making one")
    parser.add_argument("--save-cast", type=Path, help="keep the recording in this file")
    parser.add_argument("--out", type=Path, required=True, help="the SVG to write")
    args = parser.parse_args()
    events, status = (
        (read_cast(args.cast.read_text("utf-8")), 0) if args.cast else record([sys.executable, "-m", "examples.demo"])
    )
    if args.save_cast:
        args.save_cast.write_text(cast(events), encoding="utf-8")
    if status == 0:
        args.out.write_text(svg(events), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
