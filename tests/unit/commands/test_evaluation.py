"""The evaluation: reading tasks, policies where the best one is known, and the statistics of small samples."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from autothink_lsp.cli import main
from autothink_lsp.commands.evaluation.policies import POLICIES, PolicyRun, on_rate, run_policy
from autothink_lsp.commands.evaluation.report import plot_svg, render_table, rows_of
from autothink_lsp.commands.evaluation.tasks import FixTask, ScriptedTask, read_tasks, scripted_case
from autothink_lsp.errors import AutothinkError
from autothink_lsp.tuning.significance import paired, power_note, wilson

SAMPLE = Path(__file__).parents[3] / "examples/evaluation/scripted-outcomes.jsonl"


def scripted(number: int, passes: tuple[int, int, int, int], **signals: object) -> ScriptedTask:
    names = ("off", "retry", "on-low", "on-medium")
    spent = {"off": (0, 100), "retry": (0, 100), "on-low": (500, 100), "on-medium": (1500, 100)}
    modes = {
        name: {"passed": ok, "think_tokens": spent[name][0], "answer_tokens": spent[name][1], "seconds": 1.0}
        for name, ok in zip(names, passes, strict=True)
    }
    return ScriptedTask(str(number), {"families": ["type"], **signals}, modes, "on", 30)


async def runs(tasks: list[ScriptedTask], policy: str, rate: float = 0.0) -> list[PolicyRun]:
    return [await run_policy(policy, scripted_case(task), rate=rate) for task in tasks]


def passed(done: list[PolicyRun]) -> int:
    return sum(run.passed for run in done)


def tokens(done: list[PolicyRun]) -> int:
    return sum(run.tokens for run in done)


async def test_escalation_reaches_thinking_at_a_fraction_of_its_tokens() -> None:
    tasks = [scripted(n, (1, 1, 1, 1) if n % 10 < 7 else (0, 0, 1, 1)) for n in range(100)]
    escalate, on, off = [await runs(tasks, name) for name in ("escalate", "always-on", "always-off")]
    assert passed(escalate) == passed(on) == 100
    assert passed(off) == 70
    assert tokens(escalate) < 0.6 * tokens(on)
    matched = await runs(tasks, "random", on_rate(escalate))
    assert passed(off) < passed(matched) < passed(escalate)
    assert sum(run.wasted_tokens for run in escalate) == 30 * 200


async def test_where_thinking_hurts_evidence_avoids_it() -> None:
    tasks = [scripted(n, (1, 1, 0, 0)) for n in range(50)]
    assert passed(await runs(tasks, "escalate")) == 50
    assert passed(await runs(tasks, "always-on")) == 0
    assert on_rate(await runs(tasks, "escalate")) == 0


async def test_a_message_is_worth_more_than_a_thought() -> None:
    tasks = [scripted(n, (0, 1, 1, 1)) for n in range(20)]
    (first, *_) = await runs(tasks, "escalate")
    assert first.steps == ["off", "retry"]
    assert not first.on


async def test_a_task_that_is_never_solved_ends() -> None:
    (run,) = await runs([scripted(0, (0, 0, 0, 0))], "escalate")
    assert run.steps == ["off", "retry", "on-low", "on-medium"]
    assert not run.passed


async def test_the_sample_table() -> None:
    """The best policy of the stored table is known: the oracle's pass rate, and escalate reaches it."""
    tasks = [task for task in read_tasks(SAMPLE) if isinstance(task, ScriptedTask)]
    assert len(tasks) == 200
    done = {name: await runs(tasks, name, 0.3) for name in POLICIES}
    assert passed(done["escalate"]) == passed(done["oracle"]) == 190
    assert tokens(done["escalate"]) < 0.75 * tokens(done["always-on"])
    assert passed(done["always-off"]) <= passed(done["rules"]) < passed(done["escalate"])  # tests can tell: cheap first
    assert sum(run.judge_tokens for run in done["escalate"]) == 0 < sum(run.judge_tokens for run in done["judge"])
    rows = rows_of(done)
    assert all(row["policy"] in render_table(rows) for row in rows)
    assert plot_svg(rows).startswith("<svg")


def test_intervals_and_tests() -> None:
    low, high = wilson(6, 21)
    assert (round(low, 2), round(high, 2)) == (0.14, 0.50)
    assert wilson(0, 0) == (0.0, 1.0)
    test = paired([True] * 10 + [False] * 2, [False] * 8 + [True] * 4)
    assert (test.only_first, test.only_second) == (8, 2)
    assert round(test.p, 4) == 0.1094
    assert paired([True], [True]).p == 1.0
    assert "16 points" in power_note(50)


HUMANEVAL = {
    "task_id": "Python/0",
    "declaration": "def f():\n",
    "buggy_solution": "    return 1\n",
    "test": "assert f() == 2",
}
QUIXBUGS = {"name": "gcd", "buggy_program": "def f(): pass", "tests": ["assert f() == 1", "assert f()"]}


@pytest.mark.parametrize("packed", [False, True])
def test_rows_of_humanevalpack_and_quixbugs_are_read(tmp_path: Path, packed: bool) -> None:
    text = "\n".join(json.dumps(row) for row in (HUMANEVAL, QUIXBUGS)) + "\n\n"
    file = tmp_path / ("t.jsonl.gz" if packed else "t.jsonl")
    file.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    first, second = read_tasks(file)
    assert isinstance(first, FixTask)
    assert isinstance(second, FixTask)
    assert (first.id, first.program) == ("Python/0", "def f():\n    return 1\n")
    assert second.test == "assert f() == 1\nassert f()"


BAD = [
    ("", "holds no tasks"),
    ("{", "line 1 is not JSON"),
    ("[]", "line 1 is not an object"),
    ('{"a": 1}', "line 1 has neither"),
    (json.dumps(HUMANEVAL) + '\n{"modes": {}}', "line 2: modes must hold"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_bad_rows_are_reported_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "t.jsonl"
    file.write_text(text)
    with pytest.raises(AutothinkError, match=message):
        read_tasks(file)


def test_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plot = tmp_path / "p.svg"
    assert main(["eval", "fix", "--tasks", str(SAMPLE), "--limit", "30", "--plot", str(plot)]) == 0
    out = capsys.readouterr().out
    assert all(f"| {name} |" in out for name in POLICIES)
    assert "cannot be shown" in out
    assert plot.read_text().startswith("<svg")
    assert main(["eval", "fix", "--tasks", str(tmp_path / "none")]) == 1
    assert "cannot be read" in capsys.readouterr().err
