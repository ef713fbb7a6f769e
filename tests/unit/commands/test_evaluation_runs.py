"""Running an evaluation: what is kept, what is refused, and what a broken-off run leaves."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from attrs import asdict, evolve

from autothink_lsp.cli import main
from autothink_lsp.commands.evaluate import _compare
from autothink_lsp.commands.evaluation.policies import AttemptOutcome, EvaluationCase, PolicyRun, run_policy
from autothink_lsp.commands.evaluation.real import AttemptCache
from autothink_lsp.commands.evaluation.report import render_table, rows_of
from autothink_lsp.commands.evaluation.tasks import read_tasks
from autothink_lsp.errors import AutothinkError
from autothink_lsp.thinking.policy import decide
from autothink_lsp.thinking.signals import Capability, RequestKind, Signals

ROW = {
    "task_id": "Python/0",
    "declaration": "def f():\n",
    "buggy_solution": "    return 1\n",
    "test": "assert f() == 2",
}
BAD = [
    ({**ROW, "declaration": None}, "line 1: declaration is empty"),
    ({**ROW, "test": ""}, "line 1: test is empty"),
    ({"buggy_program": "x", "tests": []}, "line 1: tests is empty"),
    ({**ROW, "task_id": "Go/1"}, "line 1: the task is in go"),
    ({**ROW, "language": "Rust"}, "line 1: the task is in rust"),
]


@pytest.mark.parametrize(("row", "message"), BAD)
def test_rows_that_would_give_a_wrong_table_are_refused(tmp_path: Path, row: dict[str, object], message: str) -> None:
    file = tmp_path / "t.jsonl"
    file.write_text(json.dumps(row))
    with pytest.raises(AutothinkError, match=message):
        read_tasks(file)


@pytest.mark.parametrize("limit", ["0", "-1"])
def test_a_limit_below_one_is_refused(limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "fix", "--tasks", "any", "--limit", limit]) == 1
    assert "--limit" in capsys.readouterr().err


def test_attempts_come_back(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    outcome = asdict(AttemptOutcome(passed=True, answer_tokens=9))
    AttemptCache.load(file, "m", "t").put("Python/0", "off", outcome)
    assert AttemptCache.load(file, "m", "t").get("Python/0", "off") == outcome


@pytest.mark.parametrize(("model", "tasks"), [("other", "t"), ("m", "other")])
def test_attempts_of_another_evaluation_are_neither_mixed_in_nor_lost(tmp_path: Path, model: str, tasks: str) -> None:
    file = tmp_path / "out.json"
    AttemptCache.load(file, "m", "t").put("Python/0", "off", asdict(AttemptOutcome(passed=True)))
    before = file.read_bytes()
    with pytest.raises(AutothinkError, match="another evaluation"):
        AttemptCache.load(file, model, tasks)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["", "garbage", "[]", "{}", '{"model": "m", "tasks": "t", "outcomes": {"a": {"off": {"x": 1}}}}']
)
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "out.json"
    file.write_text(text)
    with pytest.raises(AutothinkError, match="no file of an evaluation"):
        AttemptCache.load(file, "m", "t")


def case(number: int, attempts: list[str]) -> EvaluationCase:
    async def attempt(mode: str) -> AttemptOutcome:
        attempts.append(f"{number} {mode}")
        return AttemptOutcome(passed=mode != "off", thought=mode.startswith("on"), answer_tokens=10)

    capability = Capability()
    return EvaluationCase(
        str(number), decide(Signals(kind=RequestKind.FIX), capability=capability), capability, attempt
    )


async def test_ctrl_c_leaves_whole_tasks_with_every_policy(capsys: pytest.CaptureFixture[str]) -> None:
    attempts: list[str] = []
    reached = asyncio.Event()

    async def quick(number: int) -> EvaluationCase:
        return case(number, attempts)

    async def hangs() -> EvaluationCase:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    makes = [lambda: quick(0), lambda: quick(1), hangs]
    running = asyncio.create_task(_compare(makes, ["always-off", "always-on", "random", "escalate"], 0))
    await reached.wait()
    running.cancel()
    runs = await running
    assert {name: len(done) for name, done in runs.items()} == dict.fromkeys(runs, 2)
    assert set(runs) == {"always-off", "always-on", "random", "escalate"}
    assert "2 of 3 tasks" in capsys.readouterr().err


async def test_ctrl_c_before_the_first_task_is_an_interrupt() -> None:
    async def hangs() -> EvaluationCase:
        await asyncio.Event().wait()
        raise AssertionError

    running = asyncio.create_task(_compare([hangs], ["always-off"], 0))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_model_that_judges_is_asked_itself() -> None:
    attempts: list[str] = []
    await run_policy("judge", evolve(case(0, attempts), judge_mode="judge"))
    await run_policy("judge", case(0, attempts))
    assert attempts == ["0 judge", "0 off"]


def test_no_p_is_printed_as_nothing() -> None:
    runs = {
        "always-off": [PolicyRun(passed=False)] * 40,
        "escalate": [PolicyRun(passed=True)] * 40,
        "rules": [PolicyRun(passed=True)] * 2 + [PolicyRun(passed=False)] * 38,
    }
    table = render_table(rows_of(runs))
    assert "+40 −0, p < 0.001" in table
    assert "+2 −0, p = 0.500" in table
