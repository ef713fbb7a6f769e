"""Runs tests on a program in a limited process, and reports the first failure as an editor's test runner would."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from secrets import token_hex

from attrs import frozen

from autothink_lsp.errors import AutothinkError
from autothink_lsp.processes.limited import ProcessLimits, run_limited

_MAIN = Path(__file__).with_name("python_tests_main.py")
# A busy machine must not make a right program fail: CPU time is the limit, wall time only stops sleeping programs.
_LIMITS = ProcessLimits(cpu_s=10, wall_s=120.0, memory_bytes=2 << 30, file_bytes=0)


@frozen
class RanTests:
    """The result of the tests. ``message`` is that of the first failure; ``line`` (1-based, in the tests) is 0 if the
    failure was not in the tests."""

    passed: bool
    message: str = ""
    line: int = 0


async def run_python_tests(program: str, test: str) -> RanTests:
    """Run the tests. A program that exits before the last test has not passed. Raises ``AutothinkError`` if no test
    could start, which is not a failure of the program."""
    mark = token_hex()
    with tempfile.TemporaryDirectory(prefix="autothink-eval-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        (folder / "program.py").write_text(program, encoding="utf-8", errors="surrogatepass")
        (folder / "tests.py").write_text(test, encoding="utf-8", errors="surrogatepass")
        command = (sys.executable, "-I", str(_MAIN), "program.py", "tests.py")
        ran = await run_limited(command, cwd=folder, limits=_LIMITS, stdin=f"{mark}\n".encode())
    if ran.returncode == 0 and mark in ran.output:
        return RanTests(passed=True)
    if not ran.output.startswith("started\n"):
        last = ran.output.strip().rpartition("\n")[2][:200] or f"exit status {ran.returncode}"
        raise AutothinkError(f"The tests could not be started: {last}.", hint="The same command with --out goes on.")
    for line in ran.output.splitlines():
        try:
            failure = json.loads(line)
        except ValueError:
            continue
        if isinstance(failure, dict) and "message" in failure:
            return RanTests(passed=False, message=str(failure["message"]), line=int(failure["line"]))
    if ran.returncode == 0:
        return RanTests(passed=False, message="The program ends before its tests have run.")
    return RanTests(passed=False, message="The test does not come to an end: the limit of time or memory was reached.")
