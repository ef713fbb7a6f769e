"""A picture of Neovim's screen as a terminal would show it, as SVG: small, sharp at every size, no browser needed."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from attrs import frozen

from tests.editors.nvim.screen import Screen

PICTURES = Path(__file__).parents[3] / "build" / "nvim-pictures"
_CHARACTER_PX, _LINE_PX, _MARGIN_PX, _BASELINE_PX, _CURSOR_PX = 8.4, 19, 12, 14, 2
_FONT = "14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"


@frozen
class _Look:
    """How a cell is drawn."""

    foreground: int
    background: int
    bold: bool
    italic: bool


def keep(screen: Screen, name: str, title: str) -> None:
    """Put the screen as it is now beside the pictures of other tests; ``make nvim-images`` copies them."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / f"{name}.svg").write_text(svg(screen, title), encoding="utf-8")


def svg(screen: Screen, title: str) -> str:
    """The screen as it is now, with the cursor."""
    width = screen.columns * _CHARACTER_PX + 2 * _MARGIN_PX
    height = screen.rows * _LINE_PX + 2 * _MARGIN_PX
    size = f'viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(title)}">',
        f"<style>text{{font:{_FONT};white-space:pre}}</style>",
        f'<rect width="100%" height="100%" rx="6" fill="{_colour(screen.default_colours[1])}"/>',
    ]
    for row, cells in enumerate(screen.cells):
        parts.extend(_row(screen, row, cells))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _row(screen: Screen, row: int, cells: list[tuple[str, int]]) -> Iterator[str]:
    looks = [_look(screen, style) for _, style in cells]
    for look, columns in groupby(range(len(cells)), key=lambda column: looks[column]):
        within = list(columns)
        text = "".join(cells[column][0] for column in within)
        if look.background != screen.default_colours[1]:
            yield _box(row, within[0], len(within) * _CHARACTER_PX, look.background)
        if text.strip():
            yield _text(row, within[0] + len(text) - len(text.lstrip()), text.strip(), look)
    if screen.cursor[0] == row:
        yield _box(row, screen.cursor[1], _CURSOR_PX, screen.default_colours[0])


def _box(row: int, column: int, width_px: float, colour: int) -> str:
    place = f'x="{_left(column):.1f}" y="{_top(row)}"'
    return f'<rect {place} width="{width_px:.1f}" height="{_LINE_PX}" fill="{_colour(colour)}"/>'


def _text(row: int, column: int, text: str, look: _Look) -> str:
    place = f'x="{_left(column):.1f}" y="{_top(row) + _BASELINE_PX}" textLength="{len(text) * _CHARACTER_PX:.1f}"'
    style = ' font-weight="bold"' * look.bold + ' font-style="italic"' * look.italic
    return f'<text {place} fill="{_colour(look.foreground)}"{style}>{escape(text)}</text>'


def _left(column: int) -> float:
    return _MARGIN_PX + column * _CHARACTER_PX


def _top(row: int) -> int:
    return _MARGIN_PX + row * _LINE_PX


def _look(screen: Screen, number: int) -> _Look:
    style: dict[str, Any] = screen.styles.get(number, {})
    foreground, background = screen.default_colours
    foreground, background = style.get("foreground", foreground), style.get("background", background)
    if style.get("reverse"):
        foreground, background = background, foreground
    return _Look(foreground, background, bool(style.get("bold")), bool(style.get("italic")))


def _colour(number: int) -> str:
    return f"#{number:06x}"
