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
        by_tool = statistics.outcomes_by_tool()
        suggestions = by_language(statistics.suggestions())
    finally:
        statistics.close()
    if args.json:
        report = {
            "rows": [asdict(row) for row in rows],
            "offered": offered,
            "after_applying": outcomes,
            "after_applying_by_tool": by_tool,
            "suggestions": suggestions,
        }
        print(json.dumps(report, indent=2))
        return 0
    print(report_text(rows, by_tool, suggestions))
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


def report_text(
    rows: Sequence[StatisticsRow],
    by_tool: Sequence[tuple[str, str, int]],
    suggestions: Mapping[str, Mapping[str, int]],
) -> str:
    """The report: suggestions by language, actions, the diagnostics after an edit was applied, and thinking."""
    parts = []
    if suggestions:
        parts += [_section("Suggestions while you type", _suggestion_table(suggestions), _SUGGESTION_WORDS)]
    if rows:
        parts += [_section("Fixes, refactorings and explanations", _action_table(rows), _ACTION_WORDS)]
    else:
        parts += ["No actions yet."]
    if by_tool:
        parts += [_section("After an edit was applied, the editor's diagnostics showed", _outcome_table(by_tool))]
    if rows:
        parts += [_section("Thinking", _thinking_table(rows), _THINKING_WORDS)]
    return "\n\n".join(parts)


_SUGGESTION_WORDS = (
    "shown: seen on the screen, where the editor reports it; else sent to the editor.",
    "accepted: with Tab. in part: a word or a line. rate: accepted or in part, of those shown.",
)
_ACTION_WORDS = ("passed: an edit was found and no check failed.",)
_THINKING_WORDS = ("To see what thinking is worth, compare how often an edit passed its checks and how long it took.",)
_MODES = {"on": "with thinking", "off": "without thinking", "none": "without a model"}
OUTCOME_WORDS = {
    "gone": "the problem is gone",
    "still reported": "the problem is still reported",
    "new error": "a new error in the changed lines",
    "nothing new": "no new problem",
    "undone": "undone",
    "edited": "changed by hand",
    "closed": "closed before a report",
    "not seen": "no report",
}


def _section(title: str, table: str, words: Sequence[str] = ()) -> str:
    return "\n".join((title, "", table, *(("", *words) if words else ())))


def _outcome_table(by_tool: Sequence[tuple[str, str, int]]) -> str:
    """The outcomes of applied edits, each with the tools that reported."""
    tools: dict[str, dict[str, int]] = {}
    for outcome, source, count in by_tool:
        tools.setdefault(outcome, {})[source] = count
    lines: list[tuple[str, ...]] = []
    for outcome, counts in sorted(tools.items(), key=lambda pair: -sum(pair[1].values())):
        named = ", ".join(f"{source} {count}" for source, count in counts.items() if source)
        lines.append((OUTCOME_WORDS.get(outcome, outcome), str(sum(counts.values())), named))
    return _aligned(lines)


def _suggestion_table(suggestions: Mapping[str, Mapping[str, int]]) -> str:
    """One line for each language, the most used first."""
    heads = ("language", "shown", "accepted", "in part", "dismissed", "undone", "rate")
    lines: list[tuple[str, ...]] = [heads]
    for language, counts in sorted(suggestions.items(), key=lambda pair: -pair[1].get("offered", 0)):
        seen = counts.get("shown", 0) or counts.get("offered", 0)
        taken = counts.get("accepted", 0) + counts.get("partly", 0)
        share = f"{100 * min(taken, seen) / seen:.0f} %" if seen else "-"
        numbers = (seen, *(counts.get(event, 0) for event in ("accepted", "partly", "dismissed", "undone")))
        lines.append((language, *map(str, numbers), share))
    return _aligned(lines)


def _action_table(rows: Sequence[StatisticsRow]) -> str:
    """One line for each action and language, the most frequent first."""
    groups: dict[tuple[str, str], list[StatisticsRow]] = {}
    for row in rows:
        groups.setdefault((row.action, row.language), []).append(row)
    lines: list[tuple[str, ...]] = [("action", "language", "runs", "passed", "applied", "undone", "seconds each")]
    for (action, language), group in sorted(groups.items(), key=lambda pair: -sum(row.count for row in pair[1])):
        count = sum(row.count for row in group)
        numbers = [
            sum(numbers) for numbers in zip(*((row.verified, row.applied, row.undone) for row in group), strict=True)
        ]
        seconds = sum(row.seconds for row in group) / count
        lines.append((action, language, str(count), *map(str, numbers), f"{seconds:.1f}"))
    return _aligned(lines)


def _thinking_table(rows: Sequence[StatisticsRow]) -> str:
    """One line for each mode: number of runs, passed checks, time and tokens."""
    lines: list[tuple[str, ...]] = [("", "runs", "passed", "seconds each", "tokens each")]
    for mode, words in _MODES.items():
        group = [row for row in rows if row.mode == mode]
        count = sum(row.count for row in group)
        if count:
            each = (sum(row.seconds for row in group) / count, sum(row.tokens for row in group) / count)
            passed = sum(row.verified for row in group)
            lines.append(
                (words, str(count), f"{passed} ({100 * passed / count:.0f} %)", f"{each[0]:.1f}", f"{each[1]:.0f}")
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
