"""``eval fix`` as a user runs it: a real process, a model server that answers from a script, tests that really run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.test_commands import run
from tests.support.fault_server import FaultServer, Mode

TASKS = [
    {
        "task_id": f"Python/{number}",
        "declaration": f"def {name}(x):\n",
        "buggy_solution": f"    return x {wrong} 2\n",
        "test": f"def check(f):\n    assert f(2) == 4\n    assert f(3) == {result}\n",
        "entry_point": name,
    }
    for number, (name, wrong, result) in enumerate((("double", "+", 6), ("square", "*", 9)))
]


def answer(code: str) -> str:
    return f"The operator was wrong.\n\nThe whole edited code:\n```python\n{code}\n```\n"


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    file = tmp_path / "tasks.jsonl"
    file.write_text("".join(json.dumps(task) + "\n" for task in TASKS))
    return file


async def test_policies_are_compared_and_a_second_run_sends_no_request(tasks: Path, tmp_path: Path) -> None:
    async with FaultServer() as server:
        where = {"AUTOTHINK_ASSIST__BACKEND": "openai", "AUTOTHINK_ASSIST__URL": server.url}
        command = ("eval", "fix", "--tasks", str(tasks), "--out", str(tmp_path / "out.json"), "--json")
        server.chat_answers = [
            answer("def double(x):\n    return x * 2"),
            answer("def square(x):\n    return x * 2"),  # as it was
            answer("def square(x):\n    return x ** 2"),
        ]
        status, out, error = await run(*command, home=tmp_path, cwd=tmp_path, **where)
        assert (status, error.count("passed")) == (0, 2)
        by_name = {row["policy"]: row for row in json.loads(out)["policies"]}
        assert by_name["always-off"]["passed"] == by_name["always-on"]["passed"] == 1
        assert by_name["escalate"]["passed"] == 2
        assert by_name["escalate"]["wasted_tokens"] > 0
        chats = [body["messages"][-1]["content"] for body in server.bodies]
        assert len(chats) == 3, "a plain model is asked once, whatever the policy"
        assert "assert f(3) == 6, but it is 5" in chats[0], "the assertion that fails, not the first one"
        assert "without any change" in chats[2]
        status, again, _ = await run(*command, home=tmp_path, cwd=tmp_path, **where)
        assert (status, json.loads(again)) == (0, json.loads(out))
        assert len(server.bodies) == 3


async def test_broken_stream_fails_its_attempt_only(tasks: Path, tmp_path: Path) -> None:
    async with FaultServer() as server:
        server.mode = Mode.CLOSE_MID_STREAM
        where = {"AUTOTHINK_ASSIST__BACKEND": "openai", "AUTOTHINK_ASSIST__URL": server.url}
        command = ("eval", "fix", "--tasks", str(tasks), "--policy", "always-off", "--json")
        server.chat_answers = [answer("def double(x):\n    return x * 2")] * 9
        status, out, error = await run(*command, home=tmp_path, cwd=tmp_path, **where)
    assert status == 0
    (row,) = json.loads(out)["policies"]
    assert (row["passed"], row["count"]) == (0, 2)
    assert "broke off" in error
