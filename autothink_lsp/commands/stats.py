"""``autothink-lsp stats``: counts of suggestions and actions on this machine.

The counts are kept in a SQLite file in the state folder and are never sent. ``--reset`` deletes them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import asdict

if TYPE_CHECKING:
    from autothink_lsp.features.statistics.store import StatisticsRow

_BAR = 30


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``stats``."""
    parser = subparsers.add_parser("stats", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--plot", metavar="FILE.svg", type=Path, help="also write a plot")
    parser.add_argument("--reset", action="store_true", help="delete all counts")


def run(args: argparse.Namespace) -> int:
    """Print the counts, or reset them. Exit status 1 only if the reset failed."""
    from autothink_lsp.features.statistics.store import FILE_NAME, Statistics
    from autothink_lsp.settings.paths import state_dir

    statistics = Statistics(state_dir() / FILE_NAME)
    try:
        if args.reset:
            done = statistics.reset()
            print("The statistics were reset." if done else "The statistics could not be reset; see the log.")
            return 0 if done else 1
        rows = statistics.summary()
        offered = statistics.offered()
        outcomes = statistics.applied_outcomes()
        suggestions = by_language(statistics.suggestions())
    finally:
        statistics.close()
    if args.json:
        report = {
            "rows": [asdict(row) for row in rows],
            "offered": offered,
            "after_applying": outcomes,
            "suggestions": suggestions,
        }
        print(json.dumps(report, indent=2))
        return 0
    print(_table(rows))
    if outcomes:
        print(f"\nafter applying, as the editor's diagnostics show\n{_outcome_table(outcomes)}")
    if suggestions:
        print(f"\nSuggestions while typing (offered: sent to the editor)\n{_suggestion_table(suggestions)}")
    if offered:
        print(
            "\nOffered in menus: " + ", ".join(f"{action} {count} ({language})" for action, language, count in offered)
        )
    if args.plot is not None:
        args.plot.write_text(_svg(rows), encoding="utf-8")
        print(f"Wrote {args.plot}.")
    return 0


def by_language(counts: Sequence[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    """Language -> event -> count."""
    found: dict[str, dict[str, int]] = {}
    for language, event, count in counts:
        found.setdefault(language, {})[event] = count
    return found


def _outcome_table(outcomes: Sequence[tuple[str, str, str, int]]) -> str:
    """The table of applied edits by outcome. "gone" is a fix that was confirmed in the editor."""
    lines: list[tuple[str, ...]] = [("outcome", "mode", "attempt", "count")]
    lines += [(outcome, mode, step, str(count)) for outcome, mode, step, count in outcomes]
    return _aligned(lines)


def _suggestion_table(suggestions: Mapping[str, Mapping[str, int]]) -> str:
    """The table of suggestions. ``taken`` is the share of shown suggestions, if the editor reports them, else of sent
    ones."""
    from autothink_lsp.features.statistics.suggestions import EVENTS

    lines: list[tuple[str, ...]] = [("language", *EVENTS, "taken")]
    for language, counts in sorted(suggestions.items(), key=lambda pair: -pair[1].get("offered", 0)):
        seen = counts.get("shown", 0) or counts.get("offered", 0)
        taken = counts.get("accepted", 0) + counts.get("partly", 0)
        share = f"{100 * min(taken, seen) / seen:.0f} %" if seen else "-"
        lines.append((language, *(str(counts.get(event, 0)) for event in EVENTS), share))
    return _aligned(lines)


def _table(rows: Sequence[StatisticsRow]) -> str:
    if not rows:
        return "No actions yet."
    heads = ("action", "language", "mode", "rule", "count", "verified", "applied", "undone", "tokens", "s each", "")
    most = max(row.count for row in rows)
    lines: list[tuple[str, ...]] = [heads]
    for row in rows:
        bar = "█" * max(1, round(_BAR * row.count / most))
        numbers = (row.count, row.verified, row.applied, row.undone, row.tokens)
        lines.append(
            (row.action, row.language, row.mode, row.rule, *map(str, numbers), f"{row.seconds / row.count:.1f}", bar)
        )
    return _aligned(lines)


def _aligned(lines: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    padded = ([cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join("  ".join(line).rstrip() for line in padded)


def _svg(rows: Sequence[StatisticsRow]) -> str:
    """A bar chart of the counts; the verified part is darker."""
    from html import escape

    most = max((row.count for row in rows), default=1)
    bars = []
    for number, row in enumerate(rows[:40]):
        y, width, good = 20 + 24 * number, 400 * row.count / most, 400 * row.verified / most
        label = escape(f"{row.action} · {row.language} · {row.mode} · {row.rule}")
        bars.append(
            f'<text x="8" y="{y + 13}">{label}</text>'
            f'<rect x="330" y="{y}" width="{width:.0f}" height="16" fill="#9bd"/>'
            f'<rect x="330" y="{y}" width="{good:.0f}" height="16" fill="#369"/>'
            f'<text x="{336 + width:.0f}" y="{y + 13}">{row.count}</text>'
        )
    size = f'width="800" height="{40 + 24 * min(40, len(rows))}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">'
        '<rect width="100%" height="100%" fill="#fff"/>' + "".join(bars) + "</svg>\n"
    )
