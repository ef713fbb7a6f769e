"""The counts as ``stats`` prints them: what a user reads, by language, by tool, with and without thinking."""

from __future__ import annotations

from autothink_lsp.commands.stats import OUTCOME_WORDS, report_text
from autothink_lsp.features.assist.applied_edit import AppliedOutcome
from autothink_lsp.features.statistics.store import StatisticsRow


def row(mode: str, count: int, verified: int, *, rule: str = "r", seconds: float = 1.0) -> StatisticsRow:
    return StatisticsRow(
        action="fix",
        language="python",
        mode=mode,
        rule=rule,
        count=count,
        verified=verified,
        applied=verified,
        rejected=0,
        undone=0,
        tokens=10 * count,
        seconds=seconds * count,
    )


def test_the_report() -> None:
    rows = (row("off", 3, 2), row("off", 1, 1, rule="other"), row("on", 2, 2, seconds=9.0), row("none", 1, 1))
    by_tool = (("gone", "Ruff", 3), ("gone", "ts", 2), ("still reported", "ts", 1))
    suggestions = {"go": {"offered": 4}, "python": {"offered": 40, "shown": 20, "accepted": 4, "partly": 1}}
    assert (
        report_text(rows, by_tool, suggestions)
        == """Suggestions while you type

language  shown  accepted  in part  dismissed  undone  rate
python    20     4         1        0          0       25 %
go        4      0         0        0          0       0 %

shown: seen on the screen, where the editor reports it; else sent to the editor.
accepted: with Tab. in part: a word or a line. rate: accepted or in part, of those shown.

Fixes, refactorings and explanations

action  language  runs  passed  applied  undone  seconds each
fix     python    7     6       6        0       3.3

passed: an edit was found and no check failed.

After an edit was applied, the editor's diagnostics showed

the problem is gone            5  Ruff 3, ts 2
the problem is still reported  1  ts 1

Thinking

                  runs  passed     seconds each  tokens each
with thinking     2     2 (100 %)  9.0           10
without thinking  4     3 (75 %)   1.0           10
without a model   1     1 (100 %)  1.0           10

To see what thinking is worth, compare how often an edit passed its checks and how long it took."""
    )


def test_without_counts_the_report_says_so() -> None:
    assert report_text((), (), {}) == "No actions yet."


def test_every_outcome_has_words() -> None:
    assert set(OUTCOME_WORDS) == {outcome.value for outcome in AppliedOutcome}
