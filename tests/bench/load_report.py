"""What a load came to: numbers from events. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from attrs import asdict, define, field, frozen

from tests.bench.report import percentile

AIM = 1.5
"""Keystrokes with fixes running take at most so many times as long at p95 (on vLLM)."""


@define
class Phase:
    """One stretch of typing at one endpoint."""

    url: str
    with_fixes: bool
    first_ms: list[float] = field(factory=list)  # to the first text of a keystroke that was answered
    total_ms: list[float] = field(factory=list)
    sent: int = 0
    given_up: int = 0
    failed: Counter[str] = field(factory=Counter)
    fixes_sent: int = 0
    fixes_done: int = 0
    fixes_given_up: int = 0
    fix_tokens: int = 0
    seconds: float = 0.0

    @property
    def unanswered(self) -> int:
        """Requests that are neither answered, nor given up by us, nor failed. There must be none."""
        keys = self.sent - len(self.total_ms) - self.given_up
        fixes = self.fixes_sent - self.fixes_done - self.fixes_given_up
        return keys + fixes - sum(self.failed.values())


@frozen
class LoadRow:
    """All phases of one endpoint with or without fixes."""

    url: str
    with_fixes: bool
    answered: int
    given_up: int
    failed: int
    unanswered: int
    first_p50_ms: float | None
    first_p95_ms: float | None
    total_p50_ms: float | None
    total_p95_ms: float | None
    fix_tokens_per_s: float

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def rows_of(urls: Sequence[str], phases: Sequence[Phase]) -> list[LoadRow]:
    """For each endpoint without fixes, then with them."""
    rows: list[LoadRow] = []
    for url in urls:
        for with_fixes in (False, True):
            mine = [phase for phase in phases if phase.url == url and phase.with_fixes == with_fixes]
            if mine:
                rows.append(_row(url, with_fixes, mine))
    return rows


def is_clean(phases: Sequence[Phase]) -> bool:
    """Nothing failed and nothing was left unanswered."""
    return all(not phase.failed and phase.unanswered == 0 for phase in phases)


def ratio(rows: Sequence[LoadRow], url: str) -> float | None:
    """p95 of a keystroke's whole answer with fixes running, as a multiple of that without."""
    found = {row.with_fixes: row.total_p95_ms for row in rows if row.url == url}
    alone, busy = found.get(False), found.get(True)
    return busy / alone if alone and busy else None


def text_of(urls: Sequence[str], phases: Sequence[Phase]) -> str:
    """The table, the ratios, and what went wrong."""
    rows = rows_of(urls, phases)
    lines = ["                     first text          whole answer     answered  given up  failed   fixes"]
    lines.append("                     p50      p95        p50      p95                                 tokens/s")
    for url in urls:
        lines.append(url)
        lines += [_line(row) for row in rows if row.url == url]
        if (times := ratio(rows, url)) is not None:
            verdict = "within" if times <= AIM else "more than"
            lines.append(f"  keystroke p95 with fixes running: {times:.2f}x, {verdict} {AIM}x")
    lines.append(f"unanswered: {sum(phase.unanswered for phase in phases)}")
    failed = sum((phase.failed for phase in phases), Counter[str]())
    lines += [f"failed {count}x: {reason}" for reason, count in failed.most_common()]
    return "\n".join(lines)


def _row(url: str, with_fixes: bool, phases: Sequence[Phase]) -> LoadRow:
    first = [value for phase in phases for value in phase.first_ms]
    total = [value for phase in phases for value in phase.total_ms]
    seconds = sum(phase.seconds for phase in phases)
    return LoadRow(
        url=url,
        with_fixes=with_fixes,
        answered=len(total),
        given_up=sum(phase.given_up for phase in phases),
        failed=sum(sum(phase.failed.values()) for phase in phases),
        unanswered=sum(phase.unanswered for phase in phases),
        first_p50_ms=percentile(first, 0.5) if first else None,
        first_p95_ms=percentile(first, 0.95) if first else None,
        total_p50_ms=percentile(total, 0.5) if total else None,
        total_p95_ms=percentile(total, 0.95) if total else None,
        fix_tokens_per_s=sum(phase.fix_tokens for phase in phases) / seconds if seconds else 0.0,
    )


def _line(row: LoadRow) -> str:
    times = (row.first_p50_ms, row.first_p95_ms, row.total_p50_ms, row.total_p95_ms)
    shown = "  ".join("      -" if value is None else f"{value:4.0f} ms" for value in times)
    name = "with fixes" if row.with_fixes else "without fixes"
    return f"  {name:16}  {shown:40}  {row.answered:8}  {row.given_up:8}  {row.failed:6}  {row.fix_tokens_per_s:8.1f}"
