"""The rows of the benchmark's table: a value, the aim where there is one, and whether it is met. Pure.

Each row knows which values are possible. One that is not says that the benchmark is wrong, not how good the server is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import Any

from attrs import frozen


@frozen
class Row:
    """``value``: the median of the runs, ``None`` where this machine cannot measure it. ``aim``: at most so much.
    ``possible``: the least and the most that any run can give."""

    id: str
    name: str
    value: float | None
    unit: str = ""
    aim: float | None = None
    digits: int = 1
    runs: tuple[float, ...] = ()
    possible: tuple[float, float] = (0.0, math.inf)

    @classmethod
    def of(
        cls,
        id_: str,
        name: str,
        runs: Sequence[float | None],
        unit: str = "",
        *,
        aim: float | None = None,
        digits: int = 1,
        possible: tuple[float, float] = (0.0, math.inf),
    ) -> Row:
        """The median of what the runs gave; a run that gave nothing does not count."""
        known = tuple(value for value in runs if value is not None)
        return cls(id_, name, median(known) if known else None, unit, aim, digits, known, possible)

    @property
    def is_possible(self) -> bool:
        """Whether each run and the value are within what is possible."""
        least, most = self.possible
        return all(least <= value <= most for value in (*self.runs, self.value) if value is not None)

    @property
    def met(self) -> bool | None:
        """Whether the value is within the aim; ``None`` without an aim or a value."""
        if self.aim is None or self.value is None or not self.is_possible:
            return None
        return self.value <= self.aim

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        rounded = tuple(round(value, 4) for value in self.runs)
        value = None if self.value is None else round(self.value, 4)
        return {
            "id": self.id,
            "name": self.name,
            "value": value,
            "unit": self.unit,
            "aim": self.aim,
            "met": self.met,
            "possible": self.is_possible,
            "runs": rounded,
        }


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of ``values`` that at least ``share`` of them do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def table(rows: Sequence[Row]) -> str:
    """For people."""
    cells = [("", "value", "aim", "", "runs"), *(_cells(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    return "\n".join(
        f"{name:<{widths[0]}}  {value:>{widths[1]}}  {aim:>{widths[2]}}  {met:<{widths[3]}}  {runs}".rstrip()
        for name, value, aim, met, runs in cells
    )


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    def number(value: float) -> str:
        return f"{value:,.{row.digits}f}"

    unit = f" {row.unit}" if row.unit else ""
    return (
        row.name,
        "not measured" if row.value is None else number(row.value) + unit,
        "" if row.aim is None else f"≤ {number(row.aim)}",
        {True: "pass", False: "MISS", None: ""}[row.met] if row.is_possible else "IMPOSSIBLE",
        " ".join(number(value) for value in row.runs) if len(row.runs) > 1 else "",
    )
