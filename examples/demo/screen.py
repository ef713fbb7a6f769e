"""What ``try`` prints: headings, facts, and rows of an editor with ghost text. It knows nothing of the server.

On a terminal the row under the cursor is drawn anew at every key, ghost text dimmed; a ghost text that the next key
makes vanish stays above, so that nothing that was shown is lost. Elsewhere (a file, a pipe, ``NO_COLOR``) each new
ghost text is a line of its own, in ⟦ ⟧, and no escape sequence is written.
"""

from __future__ import annotations

import os
import shutil
from typing import TextIO

from attrs import define, field

_DIM, _BOLD, _NOTE = "2", "1", "36"
_CLEAR_FROM_HERE = "\r\x1b[J"
_MARGIN = "     "
_NO_WIDTH = 1_000_000


@define
class Screen:
    """Writes to ``out``. ``live``: it is a terminal that understands ANSI sequences."""

    out: TextIO
    live: bool = field(init=False)
    _height: int = field(default=0, init=False)  # lines of the row that is drawn; 0 at the start of a new one
    _ghost: str = field(default="", init=False)

    def __attrs_post_init__(self) -> None:
        self.live = self.out.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")

    @property
    def legend(self) -> str:
        """How ghost text can be told from typed text."""
        return "ghost text is dim" if self.live else "ghost text stands in ⟦ ⟧"

    def heading(self, text: str) -> None:
        """A new section."""
        self._write(f"\n{self._styled(_BOLD, text)}\n")

    def fact(self, text: str) -> None:
        """A line below a heading."""
        self._write(f"{_MARGIN}{text}\n")

    def row(self, number: int, typed: str, ghost: str = "", note: str = "") -> None:
        """The line that is edited, with the cursor behind ``typed``. Follows on the last row, or takes its place."""
        typed_along = bool(ghost) and self._ghost.endswith(ghost)
        self._ghost = ghost
        if self.live:
            self._draw(self._lines(number, f"{typed}▏", ghost, note))
        elif ghost and not typed_along:
            self._write("\n".join(self._lines(number, f"{typed}▏", ghost, note)) + "\n")

    def keep(self) -> None:
        """Leave the row as it is; the next one is drawn below."""
        if self._height:
            self._write("\n")
        self._height, self._ghost = 0, ""

    def finished(self, number: int, line: str) -> None:
        """A line that the cursor has left."""
        if self.live:
            self._draw(self._lines(number, line, "", ""))
            self.keep()
        else:
            self._write(f"{number:>4} │ {line}".rstrip() + "\n")
            self._ghost = ""

    def _draw(self, lines: list[str]) -> None:
        """In place of the lines that were drawn last."""
        up = f"\x1b[{self._height - 1}A" if self._height > 1 else ""
        self._write(up + _CLEAR_FROM_HERE + "\n".join(lines))
        self._height = len(lines)

    def _lines(self, number: int, typed: str, ghost: str, note: str) -> list[str]:
        """The row, and the further lines of its ghost text. None is wider than the terminal: it would be two there."""
        first, *more = (self._marked(line) for line in ghost.split("\n"))
        width = shutil.get_terminal_size().columns - 1 if self.live else _NO_WIDTH
        left = f"{number:>4} │ {typed}"[:width]
        first = first[: width - len(left)]
        note = f"   {note}" if note and len(left) + len(first) + len(note) + 3 <= width else ""
        lines = [left + self._styled(_DIM, first) + self._styled(_NOTE, note)]
        return lines + [f"{_MARGIN}┆ " + self._styled(_DIM, line[: width - len(_MARGIN) - 2]) for line in more]

    def _marked(self, ghost: str) -> str:
        return f"⟦{ghost}⟧" if ghost and not self.live else ghost

    def _styled(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.live and text else text

    def _write(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()
