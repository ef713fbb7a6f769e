"""The parts of the benches that decide what counts as better, and what model output may do."""

from __future__ import annotations

import pytest

from autothink_lsp.tuning.significance import mcnemar, wilson
from tests.bench.sandbox import passes

pytestmark = pytest.mark.process


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(15, 34, 0.29, 0.61), (15, 18, 0.61, 0.94), (0, 10, 0.0, 0.28), (0, 28, 0.0, 0.12), (0, 0, 0, 1)],
)
def test_wilson(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=0.01)


@pytest.mark.parametrize(
    ("first", "second", "p"), [(0, 0, 1.0), (5, 5, 1.0), (0, 5, 0.0625), (9, 0, 0.0039), (1, 9, 0.0215)]
)
def test_mcnemar(first: int, second: int, p: float) -> None:
    assert mcnemar(first, second) == pytest.approx(p, abs=0.0001)


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("assert 1 + 1 == 2", True),
        ("import math, collections, typing, re, heapq, itertools", True),
        ("assert False", False),
        ("def f(:", False),
        ("import sys; sys.exit(0)", False),
        ("import os; os._exit(0)", False),
        ("print('PASSED', end=''); raise SystemExit(0)", False),
        ("x = 'a' * (1 << 31)", False),
        ("import socket; socket.create_connection(('127.0.0.1', 9))", False),
        ("import subprocess; subprocess.run(['true'])", False),
        ("import os; os.fork()", False),
        ("open('made-by-a-model', 'w')", False),
    ],
)
def test_sandbox(program: str, expected: bool, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert passes(program) is expected
    assert not list(tmp_path.iterdir())


def test_an_endless_program_is_ended_by_its_cpu_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bench.sandbox.CPU_SECONDS", 1)
    assert not passes("while True: pass")
