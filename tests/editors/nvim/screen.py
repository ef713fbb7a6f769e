"""The grid that Neovim paints, cell by cell with its colours, as a terminal would show it.

Ghost text is told from the buffer's by its colour: the tests give its group one that nothing else has. Every flush is
kept as a frame, so that a test can ask what was to be seen between two keys.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from attrs import define, field, frozen

GHOST_COLOUR = 0x123456
NOTE_COLOUR = 0x654321
DEFAULT = 0


@frozen
class Frame:
    """What stood on the screen at one flush. ``ghost`` has a blank for every cell that is not ghost text."""

    at_s: float
    lines: tuple[str, ...]
    ghost: tuple[str, ...]
    notes: tuple[str, ...]
    cursor: tuple[int, int]

    @property
    def ghost_text(self) -> str:
        """Ghost text alone, a line for each that has any."""
        return "\n".join(line.strip() for line in self.ghost if line.strip())

    @property
    def note_text(self) -> str:
        return " ".join(line.strip() for line in self.notes if line.strip())

    def text(self) -> str:
        """For people: ghost text in ⟦ ⟧, the cursor as ▏."""
        return "\n".join(self._marked(row) for row in range(len(self.lines))).rstrip()

    def _marked(self, row: int) -> str:
        parts, inside = [], False
        for column, character in enumerate(self.lines[row]):
            ghost = self.ghost[row][column] != " " or (inside and character == " " and self._goes_on(row, column))
            if ghost != inside:
                parts.append("⟦" if ghost else "⟧")
                inside = ghost
            if (row, column) == self.cursor:
                parts.append("▏")
            parts.append(character)
        return ("".join(parts) + ("⟧" if inside else "")).rstrip()

    def _goes_on(self, row: int, column: int) -> bool:
        return bool(self.ghost[row][column:].strip())


@define
class Screen:
    """Fed with ``redraw`` notifications of ``ext_linegrid``."""

    columns: int
    rows: int
    frames: list[Frame] = field(factory=list)
    styles: dict[int, dict[str, Any]] = field(factory=dict)  # as Neovim defines them: colours, bold, …
    default_colours: tuple[int, int] = (0xFFFFFF, 0x000000)
    _cells: list[list[tuple[str, int]]] = field(factory=list)
    _cursor: tuple[int, int] = (0, 0)

    def __attrs_post_init__(self) -> None:
        self._clear()

    @property
    def cells(self) -> list[list[tuple[str, int]]]:
        """What each cell shows, and the number of its style."""
        return self._cells

    @property
    def cursor(self) -> tuple[int, int]:
        """Row and column."""
        return self._cursor

    @property
    def now(self) -> Frame:
        return self.frames[-1] if self.frames else self._frame()

    def redraw(self, events: list[list[Any]]) -> None:
        for name, *calls in events:
            method = getattr(self, f"_on_{name}", None)
            if method is not None:
                for call in calls:
                    method(*call)

    def _clear(self) -> None:
        self._cells = [[(" ", DEFAULT)] * self.columns for _ in range(self.rows)]

    def _on_grid_resize(self, _grid: int, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._clear()

    def _on_grid_clear(self, _grid: int) -> None:
        self._clear()

    def _on_grid_cursor_goto(self, _grid: int, row: int, column: int) -> None:
        self._cursor = (row, column)

    def _on_hl_attr_define(self, number: int, rgb: dict[str, Any], _cterm: Any, _info: Any) -> None:
        self.styles[number] = rgb

    def _on_default_colors_set(self, foreground: int, background: int, *_others: Any) -> None:
        self.default_colours = (foreground, background)

    def _on_grid_line(self, _grid: int, row: int, column: int, cells: list[list[Any]], *_wrap: Any) -> None:
        colour = DEFAULT
        for cell in cells:
            if len(cell) > 1:
                colour = cell[1]
            for _ in range(cell[2] if len(cell) > 2 else 1):
                self._cells[row][column] = (cell[0], colour)
                column += 1

    def _on_grid_scroll(
        self, _grid: int, top: int, bottom: int, left: int, right: int, rows: int, _columns: int
    ) -> None:
        order = range(top, bottom - rows) if rows > 0 else range(bottom - 1, top - rows - 1, -1)
        for row in order:
            self._cells[row][left:right] = self._cells[row + rows][left:right]

    def _on_flush(self) -> None:
        self.frames.append(self._frame())

    def _frame(self) -> Frame:
        return Frame(
            time.monotonic(),
            tuple("".join(text for text, _ in row) for row in self._cells),
            tuple(self._in_colour(GHOST_COLOUR)),
            tuple(self._in_colour(NOTE_COLOUR)),
            self._cursor,
        )

    def _in_colour(self, wanted: int) -> Iterator[str]:
        for row in self._cells:
            yield "".join(text if self._is_in(colour, wanted) else " " * min(1, len(text)) for text, colour in row)

    def _is_in(self, style: int, colour: int) -> bool:
        return self.styles.get(style, {}).get("foreground") == colour
