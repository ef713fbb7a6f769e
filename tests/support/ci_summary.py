"""What a run of ``.ci/run`` did: suites, cases, what was skipped and why, minutes.

Each pytest session appends a line to the file that ``CI_RESULTS_FILE`` names (``record``, called by
``tests/conftest.py``; for parallel sessions one line for all, by ``parallel_pytest.py``); ``.ci/run`` appends one for
each step that begins.
``python tests/support/ci_summary.py FILE STATUS`` prints both.
Numbers follow their words (passed 7), so that pytest's own closing line (7 passed) stays the last one of its kind.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = "CI_RESULTS_FILE"
OUTCOMES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")


def record(reporter: Any, arguments: tuple[str, ...]) -> None:
    """Append the numbers of a session, in ``.ci/run`` only. ``reporter`` is pytest's terminal reporter."""
    counts = {name: len(reporter.stats.get(name, ())) for name in OUTCOMES}
    suites = [each for each in arguments if each.startswith("tests/")]
    append_session(" ".join(suites), counts, skipped_cases(reporter))


def append_session(suite: str, counts: Mapping[str, int], skipped: Sequence[tuple[str, str]]) -> None:
    """Append a line, in ``.ci/run`` only. ``skipped`` are the tests' ids with the reasons."""
    file = os.environ.get(RESULTS)
    if not file:
        return
    numbers = {name: counts.get(name, 0) for name in OUTCOMES}
    entry = {"suite": suite or "tests", "at_s": time.time(), "counts": numbers, "skipped": skipped}
    with Path(file).open("a", encoding="utf-8") as out:
        out.write(json.dumps(entry) + "\n")


def skipped_cases(reporter: Any) -> list[tuple[str, str]]:
    """The id of each skipped test, with the reason. ``reporter`` is pytest's terminal reporter."""
    return [(report.nodeid, _reason(report.longrepr)) for report in reporter.stats.get("skipped", ())]


def _reason(longrepr: Any) -> str:
    """``longrepr`` of a skipped report is (file, line, "Skipped: why")."""
    text = longrepr[2] if isinstance(longrepr, tuple) and len(longrepr) == 3 else str(longrepr)
    return str(text).removeprefix("Skipped: ").split("\n")[0]


def summary(lines: list[str], status: int, now_s: float) -> str:
    """The text that is printed. ``status``: exit status of the run."""
    entries = [json.loads(line) for line in lines if line.strip()]
    steps = [entry for entry in entries if "step" in entry]
    out = ["", "summary of the run"]
    for number, entry in enumerate(steps):
        ends_s = steps[number + 1]["at_s"] if number + 1 < len(steps) else now_s
        note = "   <- ended here" if status and number + 1 == len(steps) else ""
        out.append(f"  {(ends_s - entry['at_s']) / 60:6.1f} min  {entry['step']}{note}")
    if steps:
        out.append(f"  {(now_s - steps[0]['at_s']) / 60:6.1f} min  together")
    suites = [entry for entry in entries if "suite" in entry]
    for entry in suites:
        numbers = ", ".join(f"{name} {count}" for name, count in entry["counts"].items() if count)
        out.append(f"  {entry['suite']}: {numbers or 'nothing'}")
    skipped: Counter[tuple[str, str]] = Counter()
    for entry in suites:
        skipped.update((nodeid, why) for nodeid, why in entry["skipped"])
    if skipped:
        out.append("  not run:")
        out += [f"    {nodeid}: {why}" for nodeid, why in skipped]
    out.append("  exit status " + str(status))
    return "\n".join(out)


def main() -> int:
    """Print the summary of FILE. Always succeeds: the run's own status counts."""
    file, status = Path(sys.argv[1]), int(sys.argv[2])
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    print(summary(lines, status, time.time()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
