"""The table of the keystroke benchmark, for people and as Markdown. Medians over the runs. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from attrs import frozen

from tests.bench.keystroke.tally import Tally

# Field of the tally, what it is called, digits.
ROWS: tuple[tuple[str, str, int], ...] = (
    ("keys", "keys", 0),
    ("requests_per_100_keys", "requests per 100 keys", 0),
    ("keys_without_request", "keys without a request, %", 0),
    ("aborted_per_100_keys", "aborted per 100 keys", 1),
    ("cut_short_per_100_keys", "cut short (something was shown) per 100 keys", 1),
    ("wasted_per_100_keys", "wasted per 100 keys", 1),
    ("tokens_per_key_in_place", "computed tokens per key, in place", 1),
    ("tokens_per_key_at_new_line", "computed tokens per key, at a new line", 1),
    ("tokens_per_key", "computed tokens per key, all", 1),
    ("own_part_ms", "key to backend without the delay, ms", 1),
    ("key_to_backend_ms", "key to backend with the delay, ms", 0),
    ("pause_to_suggestion_ms", "pause to suggestion, ms", 0),
    ("pauses", "pauses", 0),
    ("pauses_with_suggestion", "pauses with a suggestion, %", 0),
    ("open_pauses_with_suggestion", "pauses in unfinished code with a suggestion, %", 0),
    ("prompts_found", "prompts that the made-up model recognised, %", 0),
    ("keys_with_suggestion_in_time", "keys with a suggestion before the next, %", 0),
    ("suggestions_right", "suggestions that are right, %", 0),
    ("accepted", "accepted", 0),
    ("unanswered", "unanswered", 0),
    ("cpu_s_per_1000_keys", "CPU s per 1,000 keys", 2),
    ("peak_mib", "peak memory, MiB", 0),
    ("start_ms", "start to initialize, ms", 0),
)


_SHARE = (0.0, 100.0)
# The least and the most that any run can give; all other numbers are not negative. A made-up model that does not
# recognise the prompts is wrong more often than it says (typing errors and other servers' layouts are some per cent).
POSSIBLE: Mapping[str, tuple[float, float]] = {
    "keys_without_request": _SHARE,
    "pauses_with_suggestion": _SHARE,
    "open_pauses_with_suggestion": _SHARE,
    "keys_with_suggestion_in_time": _SHARE,
    "suggestions_right": _SHARE,
    "prompts_found": (75.0, 100.0),
}


@frozen
class Column:
    """All runs of one server, file and model server."""

    server: str
    file: str
    lines: int
    backend: str
    runs: tuple[Tally, ...]

    def value(self, name: str) -> float | None:
        """The median of the runs that have it."""
        known = [value for run in self.runs if (value := getattr(run, name)) is not None]
        return median(known) if known else None

    @property
    def title(self) -> tuple[str, str, str]:
        """Three lines."""
        return self.server, f"{self.lines:,} lines", self.backend

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "server": self.server,
            "file": self.file,
            "lines": self.lines,
            "backend": self.backend,
            "medians": {name: self.value(name) for name, _, _ in ROWS},
            "runs": [run.as_json() for run in self.runs],
        }


def impossible(columns: Sequence[Column]) -> list[str]:
    """What cannot be, so that the benchmark is wrong and not the server."""
    found: list[str] = []
    for column in columns:
        for id_, name, _ in ROWS:
            least, most = POSSIBLE.get(id_, (0.0, math.inf))
            values = [value for run in column.runs if (value := getattr(run, id_)) is not None]
            wrong = [value for value in values if not least <= value <= most]
            found += [f"{', '.join(column.title)}: {name} is {value:g}" for value in wrong]
    return found


def table(columns: Sequence[Column]) -> str:
    """For people: a row for each number."""
    heads = [["", *(column.title[part] for column in columns)] for part in range(3)]
    rows = [[name, *(_cell(column.value(id_), digits) for column in columns)] for id_, name, digits in ROWS]
    widths = [max(len(row[at]) for row in (*heads, *rows)) for at in range(len(columns) + 1)]
    return "\n".join(
        "  ".join(
            f"{cell:<{width}}" if at == 0 else f"{cell:>{width}}"
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (*heads, *rows)
    )


def markdown(columns: Sequence[Column]) -> str:
    """The same for a page."""
    head = "| |" + "".join(f" {', '.join(column.title)} |" for column in columns)
    rule = "|---|" + "--:|" * len(columns)
    rows = [
        f"| {name} |" + "".join(f" {_cell(column.value(id_), digits)} |" for column in columns)
        for id_, name, digits in ROWS
    ]
    return "\n".join((head, rule, *rows))


def _cell(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"
