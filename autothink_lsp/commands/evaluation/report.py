"""The table and the plot of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from autothink_lsp.commands.evaluation.policies import PolicyRun, on_rate
from autothink_lsp.tuning.significance import paired, wilson

_BAR = 24


def rows_of(runs: Mapping[str, Sequence[PolicyRun]]) -> list[dict[str, Any]]:
    """One row per policy; compared with ``always-off`` if that ran."""
    base = [run.passed for run in runs["always-off"]] if "always-off" in runs else None
    rows = []
    for name, done in runs.items():
        passed, count = sum(run.passed for run in done), len(done)
        low, high = wilson(passed, count)
        row: dict[str, Any] = {
            "policy": name,
            "passed": passed,
            "count": count,
            "low": round(low, 3),
            "high": round(high, 3),
            "judge_tokens": sum(run.judge_tokens for run in done),
            "think_tokens": sum(run.think_tokens for run in done),
            "answer_tokens": sum(run.answer_tokens for run in done),
            "wasted_tokens": sum(run.wasted_tokens for run in done),
            "tokens_per_task": round(sum(run.tokens for run in done) / count, 1),
            "seconds_per_task": round(sum(run.seconds for run in done) / count, 2),
            "on_rate": round(on_rate(done), 3),
        }
        if base is not None:
            test = paired([run.passed for run in done], base)
            row |= {"gained": test.only_first, "broken": test.only_second, "p": round(test.p, 4)}
            right = sum(base)
            row["break_rate"] = round(test.only_second / right, 3) if right else 0.0
        rows.append(row)
    return rows


def render_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table in Markdown, with bars of the pass rate."""
    head = (
        "| policy | passed | 95 % | against always-off | tokens/task | judge/think/answer/wasted "
        "| s/task | on | breaks | |"
    )
    lines = [head, "|---|--:|---|---|--:|---|--:|--:|--:|---|"]
    for row in rows:
        share = row["passed"] / row["count"]
        against = f"+{row['gained']} −{row['broken']}, {_p(row['p'])}" if "p" in row else ""
        spent = "/".join(str(row[f"{kind}_tokens"]) for kind in ("judge", "think", "answer", "wasted"))
        lines.append(
            f"| {row['policy']} | {row['passed']}/{row['count']} = {100 * share:.0f} % "
            f"| {100 * row['low']:.0f}–{100 * row['high']:.0f} % | {against} | {row['tokens_per_task']:.0f} | {spent} "
            f"| {row['seconds_per_task']:.1f} | {100 * row['on_rate']:.0f} % | {100 * row.get('break_rate', 0):.0f} % "
            f"| {'█' * round(_BAR * share)} |"
        )
    return "\n".join(lines)


def _p(value: float) -> str:
    """The p value as text, never "p = 0", which no sample can show."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def plot_svg(rows: Sequence[Mapping[str, Any]]) -> str:
    """A plot of the pass rate (vertical, with its interval) against tokens per task."""
    most = max((row["tokens_per_task"] for row in rows), default=1) * 1.1 or 1
    parts = ['<path d="M60 20V340H660" stroke="#888" fill="none"/>']
    parts += [f'<text x="20" y="{344 - 320 * share:.0f}">{100 * share:.0f} %</text>' for share in (0.0, 0.5, 1.0)]
    for row in rows:
        x = 60 + 600 * row["tokens_per_task"] / most
        y, low, high = (340 - 320 * value for value in (row["passed"] / row["count"], row["low"], row["high"]))
        parts.append(
            f'<line x1="{x:.0f}" y1="{low:.0f}" x2="{x:.0f}" y2="{high:.0f}" stroke="#9bd" stroke-width="2"/>'
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="5" fill="#369"/>'
            f'<text x="{x + 8:.0f}" y="{y - 6:.0f}">{escape(row["policy"])}</text>'
        )
    parts.append('<text x="300" y="370">tokens for a task</text>')
    body = "".join(parts)
    size = 'width="760" height="390" font-family="sans-serif" font-size="12"'
    paper = '<rect width="100%" height="100%" fill="#fff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{paper}{body}</svg>\n'
