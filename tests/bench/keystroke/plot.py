"""The table's main numbers as bars, in an SVG file that needs nothing else. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tests.bench.keystroke.report import ROWS, Column

PLOTTED = (
    "requests_per_100_keys",
    "wasted_per_100_keys",
    "tokens_per_key_in_place",
    "own_part_ms",
    "pause_to_suggestion_ms",
    "keys_with_suggestion_in_time",
    "suggestions_right",
    "cpu_s_per_1000_keys",
    "peak_mib",
)
_WIDTH, _LABEL, _BAR, _STEP, _TITLE = 900, 330, 420, 20, 34
_COLOURS = ("#2b6cb0", "#c05621", "#2f855a", "#6b46c1", "#b7791f", "#4a5568")


def svg(columns: Sequence[Column]) -> str:
    """A group of bars for each number, a bar for each column of the table, a colour for each server."""
    servers = list(dict.fromkeys(column.server for column in columns))
    names = {id_: (name, digits) for id_, name, digits in ROWS}
    parts: list[str] = []
    y = 10
    for id_ in PLOTTED:
        values = [column.value(id_) for column in columns]
        known = [value for value in values if value is not None]
        if not known:
            continue
        name, digits = names[id_]
        parts.append(f'<text x="10" y="{y + 18}" font-weight="bold">{escape(name)}</text>')
        y += _TITLE - 6
        for column, value in zip(columns, values, strict=True):
            parts.append(
                _bar(y, column, value, max(known), digits, _COLOURS[servers.index(column.server) % len(_COLOURS)])
            )
            y += _STEP
        y += 10
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y}" '
        'font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n'
    )


def _bar(y: int, column: Column, value: float | None, most: float, digits: int, colour: str) -> str:
    width = 0.0 if value is None or most <= 0 else _BAR * max(0.0, value) / most
    shown = "not measured" if value is None else f"{value:,.{digits}f}"
    return (
        f'<text x="{_LABEL}" y="{y + 13}" text-anchor="end">{escape(", ".join(column.title))}</text>'
        f'<rect x="{_LABEL + 8}" y="{y + 2}" width="{width:.1f}" height="{_STEP - 6}" fill="{colour}"/>'
        f'<text x="{_LABEL + 14 + width:.1f}" y="{y + 13}">{shown}</text>'
    )
