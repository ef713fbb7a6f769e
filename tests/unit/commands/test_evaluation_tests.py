"""What a task's tests say of a program: the verdict cannot be forged, and the message names what really failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from autothink_lsp.commands.evaluation.python_tests import run_python_tests
from autothink_lsp.errors import AutothinkError

pytestmark = pytest.mark.process

TEST = "def check(f):\n    assert f(1) == 1\n    assert f(2) == 4\n    assert f(3) == 9\n\ncheck(f)\n"

VERDICTS = {
    "right": ("def f(x):\n    return x * x\n", ""),
    "the second assertion fails, not the first": (
        "def f(x):\n    return x\n",
        "The test fails: AssertionError: assert f(2) == 4, but it is 2",
    ),
    "an exception": (
        "def f(x):\n    return [][x]\n",
        "The test fails: AssertionError: assert f(1) == 1, but it raised IndexError: list index out of range",
    ),
    "does not parse": ("def f(x) return\n", "The test fails: SyntaxError: expected ':' (<program>, line 1)"),
    "leaves before the tests": ("import sys\nsys.exit(0)\n", "The test fails: SystemExit: 0"),
    "leaves at once": ("import os\nos._exit(0)\n", "The program ends before its tests have run."),
    "claims to have passed": (
        "print('passed')\nimport os\nos._exit(0)\n",
        "The program ends before its tests have run.",
    ),
    "runs for ever": ("def f(x):\n    while True: pass\n", "The test does not come to an end: the limit of time"),
    "takes all memory": ("def f(x):\n    return len(bytearray(4 << 30))\n", "it raised MemoryError"),
    "writes a file": ("open('x', 'w')\n", "PermissionError: open"),
    "opens a socket": ("import socket\nsocket.socket()\n", "PermissionError: socket"),
    "starts a program": ("import os\nos.system('true')\n", "PermissionError: os.system"),
}


@pytest.mark.parametrize("kind", VERDICTS)
async def test_a_program_gets_the_verdict_of_its_tests(kind: str) -> None:
    program, message = VERDICTS[kind]
    ran = await run_python_tests(program, TEST)
    assert ran.passed is not bool(message)
    assert message in ran.message


async def test_a_broken_harness_is_no_failing_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A checkout that changed under a running evaluation once made every program "fail"."""
    child = tmp_path / "child.py"
    child.write_text("raise KeyError('processes')")
    monkeypatch.setattr("autothink_lsp.processes.limited._MAIN", child)
    with pytest.raises(AutothinkError, match="could not be started: KeyError: 'processes'"):
        await run_python_tests("def f(x):\n    return x * x\n", TEST)


async def test_the_line_is_that_of_the_failing_assertion() -> None:
    assert (await run_python_tests("def f(x):\n    return x\n", TEST)).line == 3
