"""A time limit that waiting for a processor does not use up: in virtual time, and with real programs that wait."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autothink_lsp.processes.fair_timeout import FairLimit
from autothink_lsp.processes.session_usage import RunQueueTime, resident_bytes
from tests.support.virtual_time import run

_COUNTED = Path("/proc/self/schedstat")


async def ended_after_s(limit: FairLimit, work_s: float, waited_s: Callable[[float], float]) -> tuple[bool, float]:
    """Whether work of ``work_s`` seconds ends within the limit, and when it or the limit ended. ``waited_s`` maps the
    seconds between two calls to the time that the program waited in them."""
    loop = asyncio.get_running_loop()
    started_s = last_s = loop.time()

    async def since_last_s() -> float:
        nonlocal last_s
        passed_s, last_s = loop.time() - last_s, loop.time()
        return waited_s(passed_s)

    try:
        async with limit.applied(since_last_s):
            await asyncio.sleep(work_s)
    except TimeoutError:
        return False, loop.time() - started_s
    return True, loop.time() - started_s


@pytest.mark.parametrize(
    ("work_s", "waiting_share", "expected"),
    [
        (4.0, 0.0, (True, 4.0)),
        (4.0, 1.0, (True, 4.0)),
        (6.0, 0.0, (False, 5.0)),  # it is idle, or computes all the time
        (6.0, 0.5, (True, 6.0)),
        (9.0, 0.5, (True, 9.0)),  # 5 + 2.5 + 1.25 + ...
        (11.0, 0.5, (False, 9.95)),
        (14.0, 0.8, (True, 14.0)),
        (99.0, 0.8, (False, 15.0)),
        (99.0, 1.0, (False, 15.0)),
        (99.0, 20.0, (False, 15.0)),  # a wrong number of the system
    ],
)
def test_waiting_extends_the_limit(work_s: float, waiting_share: float, expected: tuple[bool, float]) -> None:
    limit = FairLimit(5.0)
    has_ended, after_s = run(ended_after_s(limit, work_s, lambda passed_s: waiting_share * passed_s))
    assert (has_ended, after_s) == (expected[0], pytest.approx(expected[1], abs=0.06))
    assert limit.extension_s <= 10.0


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_without_time_nothing_is_waited_for(seconds: float) -> None:
    assert run(ended_after_s(FairLimit(seconds), 1.0, lambda _: 9.0)) == (False, 0.0)


def test_an_error_of_the_body_stays() -> None:
    async def main() -> None:
        async with FairLimit(5.0).applied(_never_waited):
            raise LookupError

    with pytest.raises(LookupError):
        run(main())


async def _never_waited() -> float:
    return 0.0


@pytest.mark.process
@pytest.mark.skipif(not _COUNTED.exists(), reason="this kernel does not count it")
async def test_programs_that_share_one_processor_wait() -> None:
    code = (
        "import os, time\n"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "for _ in range(3):\n    if not os.fork():\n        break\n"
        "end = time.process_time() + 0.2\n"
        "while time.process_time() < end:\n    pass\n"
        "print(flush=True)\ntime.sleep(60)\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", code, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    waiting = RunQueueTime(lambda: process.pid)
    other = RunQueueTime(lambda: None)
    try:
        for _ in range(4):
            await process.stdout.readline()
        assert await waiting.since_last_s() > 0.1  # each of the four has computed for 0.2 s on the same processor
        assert await waiting.since_last_s() < 0.1  # all of them sleep
        assert await other.since_last_s() == 0.0
        assert (resident_bytes(process.pid) or 0) > 4 << 20
    finally:
        os.killpg(process.pid, 9)
        await process.wait()
