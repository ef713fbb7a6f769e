"""Limited processes: every limit bites, nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from autothink_lsp.processes.limited import ProcessLimits, run_limited

pytestmark = [pytest.mark.process, pytest.mark.skipif(os.name != "posix", reason="limits are POSIX")]


async def python(code: str, cwd: Path, **limits: object):
    return await run_limited([sys.executable, "-I", "-c", code], cwd=cwd, limits=ProcessLimits(**limits))


async def test_output_and_status(tmp_path: Path) -> None:
    ran = await python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)", tmp_path)
    assert (ran.returncode, sorted(ran.output.split())) == (3, ["err", "out"])


async def test_input_reaches_the_program(tmp_path: Path) -> None:
    ran = await run_limited([sys.executable, "-c", "print(input()[::-1])"], cwd=tmp_path, stdin=b"abc\n")
    assert ran.output == "cba\n"


async def test_the_cpu_limit_ends_the_program(tmp_path: Path) -> None:
    ran = await python("while True: pass", tmp_path, cpu_s=1)
    assert ran.returncode is not None
    assert ran.returncode < 0


async def test_wall_time_and_its_grandchild(tmp_path: Path) -> None:
    code = (
        "import os, subprocess, sys, time, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open('pids', 'w').write(f'{os.getpid()} {p.pid}')\ntime.sleep(60)\n"
    )
    ran = await python(code, tmp_path, wall_s=2.0)
    assert ran.timed_out
    assert ran.returncode is None
    for pid in (tmp_path / "pids").read_text().split():
        await _gone(int(pid))


async def test_a_grandchild_of_a_program_that_ended(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], stdout=subprocess.DEVNULL,"
        " stderr=subprocess.DEVNULL)\nprint(p.pid)"
    )
    ran = await python(code, tmp_path)
    await _gone(int(ran.output))


DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("pids", "w").write(str(os.getpid()))
        time.sleep(60)
    os._exit(0)
while not os.path.exists("pids") or not open("pids").read():
    time.sleep(0.01)
print("left")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="found by its environment in /proc")
async def test_a_daemon_that_left_the_group_and_holds_the_output(tmp_path: Path) -> None:
    """The program has ended by itself, and its result counts: the daemon sleeps a minute, and is killed."""
    ran = await python(DAEMON, tmp_path, wall_s=50.0)
    assert (ran.returncode, ran.output) == (0, "left\n")
    await _gone(int((tmp_path / "pids").read_text()))


async def test_what_cannot_be_found_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autothink_lsp.processes.limited._kill_marked", lambda mark: None)
    monkeypatch.setattr("autothink_lsp.processes.limited._REAP_TIMEOUT_S", 0.1)
    try:
        async with asyncio.timeout(20):
            await python(DAEMON, tmp_path, wall_s=1.0, is_wall_fair=True)
    finally:
        os.kill(int((tmp_path / "pids").read_text()), signal.SIGKILL)


async def test_a_fork_bomb_of_a_few(tmp_path: Path) -> None:
    code = (
        "import os, time\nfor _ in range(4):\n    os.fork()\nopen('pids', 'a').write(f'{os.getpid()} ')\ntime.sleep(60)"
    )
    ran = await python(code, tmp_path, wall_s=2.0)
    assert ran.timed_out
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) == 16
    for pid in pids:
        await _gone(int(pid))


async def test_cancelling_kills_the_program(tmp_path: Path) -> None:
    code = "import os, time\nopen('pids', 'w').write(str(os.getpid()))\ntime.sleep(60)"
    task = asyncio.ensure_future(python(code, tmp_path))
    while not (tmp_path / "pids").exists() or not (tmp_path / "pids").read_text():
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _gone(int((tmp_path / "pids").read_text()))


async def test_the_memory_limit_ends_the_program(tmp_path: Path) -> None:
    ran = await python("x = bytearray(2 << 30)", tmp_path, memory_bytes=512 << 20)
    assert ran.returncode != 0
    assert "MemoryError" in ran.output


async def test_too_much_output_ends_the_program(tmp_path: Path) -> None:
    ran = await python("while True: print('x' * 1000)", tmp_path, output_bytes=5_000)
    assert len(ran.output) == 5_000


async def test_the_file_size_limit_stops_a_write(tmp_path: Path) -> None:
    await python("open('big', 'wb').write(b'x' * (4 << 20))", tmp_path, file_bytes=1 << 20)
    assert (tmp_path / "big").stat().st_size <= 1 << 20


async def test_a_missing_program_has_status_127(tmp_path: Path) -> None:
    assert (await run_limited(["/no/such/program"], cwd=tmp_path)).not_found


async def test_no_secrets_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    ran = await python("import os; print(sorted(os.environ))", tmp_path)
    assert "AWS" not in ran.output
    assert "HOME" in ran.output
    ran = await python("import os; print(os.environ['HOME'])", tmp_path)
    assert ran.output.strip() == str(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
async def test_no_network_where_the_platform_can(tmp_path: Path) -> None:
    code = "import os; print(os.readlink('/proc/self/ns/net'))"
    ran = await python(code, tmp_path)
    if ran.output.strip() == str(Path("/proc/self/ns/net").readlink()):
        pytest.skip("this machine does not let a process leave its network")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port})); print('connected')"
        assert "unreachable" in (await python(code, tmp_path)).output
        assert "connected" in (await python(code, tmp_path, network=True)).output


async def _gone(pid: int) -> None:
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state == "Z":
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{pid} is still there")
