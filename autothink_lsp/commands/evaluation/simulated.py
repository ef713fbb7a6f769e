"""``autothink-lsp eval simulated``: the comparison on requests with a known truth, as tables or JSON. Uses no model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import asdict

from autothink_lsp.commands.evaluation.comparison import Claim, Interval, PolicyRow, compare
from autothink_lsp.commands.evaluation.simulation import WORLDS, simulate
from autothink_lsp.errors import AutothinkError
from autothink_lsp.thinking.weights import PolicyWeights


def run_simulated(
    *, worlds: Sequence[str], detections: Sequence[float], count: int, seed: int, weights: Path | None, as_json: bool
) -> int:
    """Print the comparison for each world and detection. Raises ``AutothinkError`` for weights that cannot be read."""
    learned = read_weights(weights) if weights is not None else None
    reports: list[dict[str, Any]] = []
    for name in worlds:
        for detection in detections:
            requests = simulate(WORLDS[name], count, detection=detection, seed=seed)
            rows, claims = compare(requests, learned, seed=seed)
            if as_json:
                plain = {"policies": [asdict(row) for row in rows], "claims": [asdict(claim) for claim in claims]}
                reports.append({"world": name, "detection": detection, "count": count, "seed": seed, **plain})
            else:
                print(_heading(name, detection, count, seed) + "\n" + render(rows, claims))
    if as_json:
        print(json.dumps(reports, indent=2))
    return 0


def read_weights(file: Path) -> PolicyWeights:
    """Read weights in the format of `PolicyWeights.to_json`, at the top level or under "weights". Raises
    ``AutothinkError``."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
        return PolicyWeights.from_json(value.get("weights", value))
    except (OSError, ValueError, AttributeError) as error:
        raise AutothinkError(f"{file} has no weights of a policy: {error}.") from error


def render(rows: Sequence[PolicyRow], claims: Sequence[Claim]) -> str:
    """The two tables in Markdown."""
    lines = [
        "| policy | right | wrong, unseen | on | tokens | prompt tokens | s | regret | judgement | over random |",
        "|---|---|--:|--:|--:|--:|--:|---|---|---|",
    ]
    lines += [
        f"| {row.name} | {_share(row.right)} | {_percent(row.wrong_unseen)} | {_percent(row.on_rate)} "
        f"| {row.tokens:.0f} | {row.prompt_tokens:.0f} | {row.seconds:.1f} | {_value(row.regret)} "
        f"| {_share(row.judgement)} | {_value(row.gain_over_random, sign=True)} |"
        for row in rows
    ]
    lines += ["", "| claim | claimed | measured | |", "|---|--:|---|---|"]
    lines += [
        f"| {claim.text} | {_percent(claim.claimed)} | {_share(claim.measured)} | {claim.verdict} |" for claim in claims
    ]
    return "\n".join(lines) + "\n"


def _heading(name: str, detection: float, count: int, seed: int) -> str:
    about = WORLDS[name].about
    return f"## {name}: {about}; checks notice {_percent(detection)} of wrong edits ({count} requests, seed {seed})\n"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %".replace("-", "−")


def _share(found: Interval | None) -> str:
    if found is None:
        return "–"
    return f"{100 * found.value:.0f} % ({100 * found.low:.0f} to {100 * found.high:.0f})".replace("-", "−")


def _value(found: Interval | None, *, sign: bool = False) -> str:
    if found is None:
        return "–"
    plus = "+" if sign else ""
    return f"{found.value:{plus}.2f} ({found.low:{plus}.2f} to {found.high:{plus}.2f})".replace("-", "−")
