"""Renders the result of ``tune``: its table, plot and sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from attrs import frozen

from autothink_lsp.thinking.utility import QUICK, RETRY, THINK_LOW
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS, PolicyWeights
from autothink_lsp.tuning.gate import steps_of
from autothink_lsp.tuning.judge_student import JudgeStudent
from autothink_lsp.tuning.outcomes import Setting, TaskOutcome, realised
from autothink_lsp.tuning.significance import wilson

_WAYS = ("off", "off, retry", "on", "today", "tuned")
_BAR = 20


@frozen(kw_only=True)
class Way:
    """The results of one sequence of attempts on some tasks. ``seconds`` and ``tokens`` are means for each task."""

    name: str
    right: int
    unseen: int
    count: int
    seconds: float
    tokens: float

    @property
    def share(self) -> float:
        """The share of right answers; 0 without tasks."""
        return self.right / self.count if self.count else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share."""
        return wilson(self.right, self.count)


def ways(
    outcomes: Sequence[TaskOutcome], weights: PolicyWeights, setting: Setting, *, today: PolicyWeights = SHIPPED_WEIGHTS
) -> list[Way]:
    """The results of every sequence of attempts on the same tasks; those that think only if the model can."""
    can_think = setting.capability.can_on
    steps: dict[str, list[tuple[str, ...]]] = {
        "off": [(QUICK,)] * len(outcomes),
        "off, retry": [(QUICK, RETRY)] * len(outcomes),
    }
    if can_think:
        steps["on"] = [(THINK_LOW,)] * len(outcomes)
    steps["today"] = [steps_of(one, today, setting) for one in outcomes]
    steps["tuned"] = [steps_of(one, weights, setting) for one in outcomes]
    found = []
    for name, some in steps.items():
        done = [
            realised(one, arm, unseen_loss=SHIPPED_WEIGHTS.unseen_loss, patience_s=setting.patience_s)
            for one, arm in zip(outcomes, some, strict=True)
        ]
        count = max(1, len(done))
        found.append(
            Way(
                name=name,
                right=sum(one.is_right for one in done),
                unseen=sum(one.is_unseen for one in done),
                count=len(done),
                seconds=sum(one.seconds for one in done) / count,
                tokens=sum(one.tokens for one in done) / count,
            )
        )
    return found


def by_stratum(outcomes: Sequence[TaskOutcome]) -> Mapping[str, list[TaskOutcome]]:
    """The outcomes by stratum, the most frequent first."""
    found: defaultdict[str, list[TaskOutcome]] = defaultdict(list)
    for one in outcomes:
        found[one.stratum].append(one)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def rows_of(
    outcomes: Sequence[TaskOutcome], weights: PolicyWeights, setting: Setting, *, today: PolicyWeights = SHIPPED_WEIGHTS
) -> list[dict[str, Any]]:
    """The table as plain values: a row for each stratum and one for all."""
    rows = []
    strata = {**by_stratum(outcomes), "all": list(outcomes)}
    for name, some in strata.items():
        row: dict[str, Any] = {"stratum": name, "tasks": len(some)}
        for way in ways(some, weights, setting, today=today):
            low, high = way.interval
            row[way.name] = {
                "right": way.right,
                "low": round(low, 3),
                "high": round(high, 3),
                "unseen": way.unseen,
                "seconds": round(way.seconds, 2),
                "tokens": round(way.tokens, 1),
            }
        rows.append(row)
    return rows


def judge_sentence(student: JudgeStudent) -> str:
    """A sentence about the score distilled from the model's judgements: how often it agrees, and who uses it."""
    used = "models without weights of their own use it" if student.can_be_shared else "no other model uses it"
    return (
        f"A score without the judge, from {student.labels} judgements, agrees with it on "
        f"{100 * student.agreement:.0f} % of the tasks that it was not fitted to (AUC {student.auc:.2f}): {used}."
    )


def render_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table in Markdown."""
    names = [name for name in _WAYS if rows and name in rows[-1]]
    head = " | ".join(f"{name} right (95 %)" for name in names)
    lines = [f"| tasks | n | {head} | seconds a task: {' / '.join(names)} | tokens a task |"]
    lines.append("|---|--:|" + "---|" * len(names) + "---|---|")
    for row in rows:
        cells = [
            f"{row[name]['right']} ({100 * row[name]['low']:.0f}–{100 * row[name]['high']:.0f} %)" for name in names
        ]
        seconds = " / ".join(f"{row[name]['seconds']:.1f}" for name in names)
        tokens = " / ".join(f"{row[name]['tokens']:.0f}" for name in names)
        lines.append(f"| {row['stratum']} | {row['tasks']} | {' | '.join(cells)} | {seconds} | {tokens} |")
    return "\n".join(lines)


def render_bars(rows: Sequence[Mapping[str, Any]]) -> str:
    """A bar for the share of right answers of each sequence, for a terminal."""
    row = rows[-1]
    lines = []
    for name in (one for one in _WAYS if one in row):
        share = row[name]["right"] / row["tasks"] if row["tasks"] else 0.0
        bar = "█" * round(_BAR * share)
        lines.append(f"{name:>10} {bar:<{_BAR}} {100 * share:3.0f} %  {row[name]['seconds']:6.1f} s a task")
    return "\n".join(lines)


_CHARACTER_PX = 7  # of the labels' font, about
_LABEL_PX = 15  # from one label to another above it


def plot_svg(rows: Sequence[Mapping[str, Any]], title: str) -> str:
    """A plot of the share of right answers (y, with its interval) against seconds for each task (x)."""
    row = rows[-1]
    names = [name for name in _WAYS if name in row]
    most = max((row[name]["seconds"] for name in names), default=1.0) * 1.15 or 1.0
    parts = ['<path d="M60 40V340H660" stroke="#888" fill="none"/>']
    parts += [f'<text x="18" y="{344 - 300 * share:.0f}">{100 * share:.0f} %</text>' for share in (0.0, 0.5, 1.0)]
    parts += [
        f'<text x="{60 + 600 * part:.0f}" y="358" text-anchor="middle">{most * part:.0f} s</text>'
        for part in (0.25, 0.5, 0.75, 1.0)
    ]
    points: dict[tuple[int, int, int, int], list[str]] = {}  # equal points share one label
    for name in names:
        way = row[name]
        x = 60 + 600 * way["seconds"] / most
        heights = (way["right"] / max(1, row["tasks"]), way["low"], way["high"])
        y, low, high = (round(340 - 300 * share) for share in heights)
        points.setdefault((round(x), y, low, high), []).append(name)
    labels: list[tuple[int, int, int]] = []  # left and right end, and height, of those that are drawn
    for (x, y, low, high), same in points.items():
        label = " = ".join(same)
        half = _CHARACTER_PX * len(label) // 2
        middle = min(max(x, 60 + half), 720 - half)
        top = high - 8
        while any(
            left < middle + half and middle - half < right and abs(top - at) < _LABEL_PX for left, right, at in labels
        ):
            top -= _LABEL_PX
        labels.append((middle - half, middle + half, top))
        parts.append(
            f'<line x1="{x}" y1="{low}" x2="{x}" y2="{high}" stroke="#9bd" stroke-width="2"/>'
            f'<circle cx="{x}" cy="{y}" r="5" fill="#369"/>'
            f'<text x="{middle}" y="{top}" text-anchor="middle">{escape(label)}</text>'
        )
    parts.append('<text x="68" y="44" fill="#666">right answers (95 % interval)</text>')
    parts.append('<text x="360" y="378" text-anchor="middle">seconds a task (mean)</text>')
    parts.append(f'<text x="60" y="22" font-weight="bold">{escape(title)}</text>')
    size = 'width="720" height="392" font-family="sans-serif" font-size="12"'
    paper = '<rect width="100%" height="100%" fill="#fff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{paper}{"".join(parts)}</svg>\n'


def token_totals(outcomes: Sequence[TaskOutcome]) -> dict[str, int]:
    """The sums of all tokens that the run used."""
    attempts = [attempt for one in outcomes for attempt in one.attempts]
    return {
        name: sum(getattr(attempt, f"{name}_tokens") for attempt in attempts)
        for name in ("prompt", "judge", "think", "answer")
    }


def like_these(outcomes: Sequence[TaskOutcome], stratum: str) -> str:
    """A sentence about the results of quick attempts and of thinking in ``stratum``; empty if there are none."""
    some = by_stratum(outcomes).get(stratum, [])
    if not some:
        return ""
    count = len(some)
    quick = sum(attempt is not None and attempt.is_right for attempt in (one.attempt(QUICK) for one in some))
    thought = [attempt for attempt in (one.attempt(THINK_LOW) for one in some) if attempt is not None]
    sentence = f"Of {count} mistakes like this in your code quick attempts fixed {quick}"
    return f"{sentence}, thinking {sum(one.is_right for one in thought)}." if thought else f"{sentence}."
