"""Engines that windows share: real supervisors and real server processes; only the model is made up."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from autothink_lsp.engines.base import EngineState, is_healthy
from autothink_lsp.engines.server_process import PORT_PLACEHOLDER, ServerSpec
from autothink_lsp.engines.supervised import SupervisedEngine
from autothink_lsp.engines.supervisor_files import MAX_AGE_S, SupervisorAddress, SupervisorFiles
from autothink_lsp.errors import EngineError

STANDIN = Path(__file__).parents[2] / "support" / "model_process.py"
pytestmark = [pytest.mark.process, pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups")]


class Windows:
    """Engines of one test; all are stopped, and their supervisors ended, when it is over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engines: list[SupervisedEngine] = []

    def spec(self, *args: str, port: int = 0, idle_s: float = 0.3, silence_s: float = 20.0) -> ServerSpec:
        return ServerSpec(
            kind="vllm",
            label="vLLM",
            model="m",
            command=(sys.executable, "-u", str(STANDIN), "--port", PORT_PLACEHOLDER, *args),
            key_variable="STANDIN_KEY",
            port=port,
            idle_s=idle_s,
            silence_s=silence_s,
        )

    def open(self, *args: str, **more: object) -> SupervisedEngine:
        spec = self.spec(*args, **more)  # type: ignore[arg-type]
        engine = SupervisedEngine(spec, SupervisorFiles(self.folder, spec.key))
        self.engines.append(engine)
        return engine

    async def close(self) -> None:
        for engine in self.engines:
            await engine.stop()
        for engine in self.engines:
            if engine.supervisor_pid is not None:
                await gone(engine.supervisor_pid)


def alive(pid: int) -> bool:
    """Running, that is, neither gone nor waiting to be reaped."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def gone(pid: int, within_s: float = 25.0) -> None:
    async with asyncio.timeout(within_s):
        while alive(pid):
            await asyncio.sleep(0.02)


async def until(condition, within_s: float = 15.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)


def server_pid(url: str) -> int:
    with urllib.request.urlopen(f"{url}/v1/models", timeout=10) as answer:
        return json.load(answer)["pid"]


@pytest.fixture
async def windows(tmp_path: Path) -> AsyncIterator[Windows]:
    made = Windows(tmp_path / "engines")
    try:
        yield made
    finally:
        await made.close()


async def test_two_windows_share_one_server_that_ends_with_the_last(windows: Windows) -> None:
    first, second = windows.open(), windows.open()
    one, two = await asyncio.gather(first.address(), second.address())
    assert one == two
    assert first.supervisor_pid == second.supervisor_pid
    assert f"key {one.api_key}" in first.log_tail(), "the server has the key, and not on its command line"
    pid = server_pid(one.url)
    await first.stop()
    await asyncio.sleep(0.8)  # longer than idle_s
    assert alive(pid), "one window is still there"
    await second.stop()
    await gone(pid)
    assert first.supervisor_pid is not None
    await gone(first.supervisor_pid)
    assert not list(windows.folder.glob("*.json"))


async def test_dead_window_counts_as_closed(windows: Windows) -> None:
    engine = windows.open()
    pid = server_pid((await engine.address()).url)
    assert engine.link.writer is not None
    engine.link.writer.transport.abort()  # what the kernel does for a process that was killed
    assert engine._run_task is not None
    engine._run_task.cancel()
    await gone(pid)


async def test_server_stays_for_a_window_that_reconnects_within_idle_minutes(windows: Windows) -> None:
    first = windows.open(idle_s=5.0)
    pid = server_pid((await first.address()).url)
    await first.stop()
    assert first.state is EngineState.STOPPED
    again = windows.open(idle_s=5.0)
    assert server_pid((await again.address()).url) == pid
    os.kill(pid, signal.SIGKILL)
    assert again.supervisor_pid is not None
    os.kill(again.supervisor_pid, signal.SIGTERM)


async def test_progress_is_reported_during_loading(windows: Windows) -> None:
    engine = windows.open("--say", "Loading safetensors checkpoint shards:  50% Completed | 1/2", "--ready-after", "1")
    seen: list[tuple[str, float | None]] = []
    engine.subscribe(lambda status: seen.append((status.detail, status.fraction)))
    await engine.start()
    assert ("vLLM: loading the model", 0.5) in seen
    assert seen[-1][0] == "vLLM is ready"


async def test_server_killed_during_a_request_is_restarted(windows: Windows) -> None:
    engine = windows.open()
    old = await engine.address()
    os.kill(server_pid(old.url), signal.SIGKILL)
    await until(lambda: engine.state is EngineState.STARTING)
    new = await engine.address()
    assert server_pid(new.url)
    assert new.url != old.url


async def test_hanging_server_is_restarted(windows: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(is_healthy.__kwdefaults__, "timeout_s", 0.3)
    engine = windows.open()
    old = await engine.address()
    assert await engine.check()
    pid = server_pid(old.url)
    urllib.request.urlopen(f"{old.url}/hang", timeout=5).close()
    assert not await engine.check()
    await gone(pid)
    assert (await engine.address()).url != old.url


async def test_killed_supervisor_ends_its_server_and_a_new_one_takes_over(windows: Windows) -> None:
    engine = windows.open()
    old = await engine.address()
    pid, supervisor = server_pid(old.url), engine.supervisor_pid
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    await gone(pid)
    await until(lambda: engine.supervisor_pid != supervisor and engine.state is EngineState.READY)
    assert server_pid((await engine.address()).url) != pid


async def test_stuck_worker_process_is_killed_with_its_server(windows: Windows) -> None:
    engine = windows.open("--child")
    await engine.start()
    child = int(next(line for line in engine.log_tail().splitlines() if line.startswith("child")).split()[1])
    assert alive(child)
    await engine.stop()
    await gone(child)


async def test_leftover_workers_of_a_killed_server_do_not_prevent_a_restart(windows: Windows) -> None:
    engine = windows.open("--child")
    old = await engine.address()
    child = int(next(line for line in engine.log_tail().splitlines() if line.startswith("child")).split()[1])
    os.kill(server_pid(old.url), signal.SIGKILL)
    await gone(child)
    await until(lambda: engine.state is EngineState.READY and engine._readiness.current_address != old)
    assert server_pid((await engine.address()).url)


async def test_occupied_port_is_reported(windows: Windows) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(EngineError, match=f"Port {port} is in use") as caught:
            await windows.open(port=port).address()
    assert "vllm.port" in caught.value.hint


FAILURES = [
    (
        "ValueError: Available memory on node 0 (6.16/7.96 GiB) is less than requested memory",
        "Other programs use the mem",
    ),
    ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20 MiB", "not enough memory for m"),
    (
        "huggingface_hub.errors.HFValidationError: Repo id must be in the form 'repo_name'",
        "cannot find the model m",
    ),
    (
        "huggingface_hub.errors.LocalEntryNotFoundError: Cannot find an appropriate cached snapshot",
        "cannot be downloaded",
    ),
    ("api_server.py: error: unrecognized arguments: --no-such", "does not accept an argument"),
    (
        "RuntimeError: something unknown",
        "ended before it was ready (exit status 1): RuntimeError: something",
    ),
]


@pytest.mark.parametrize(("line", "sentence"), FAILURES)
async def test_failed_start_is_one_message(windows: Windows, line: str, sentence: str) -> None:
    engine = windows.open("--say", line, "--exit", "1")
    with pytest.raises(EngineError) as caught:
        await engine.address()
    assert sentence in caught.value.message
    assert caught.value.hint
    assert engine.state is EngineState.FAILED
    with pytest.raises(EngineError):  # at once: a key does not wait for a broken engine
        await asyncio.wait_for(engine.address(), 0.5)


async def test_start_retries_after_a_failure(windows: Windows, tmp_path: Path) -> None:
    marker = tmp_path / "fixed"
    script = tmp_path / "server.py"
    script.write_text(f"import runpy, sys, os\nif not os.path.exists({str(marker)!r}): sys.exit('CUDA out of memory')\n"
                      f"runpy.run_path({str(STANDIN)!r}, run_name='__main__')\n")  # fmt: skip
    spec = ServerSpec(
        kind="vllm",
        label="vLLM",
        model="m",
        command=(sys.executable, str(script), "--port", PORT_PLACEHOLDER),
        idle_s=0.3,
    )
    engine = SupervisedEngine(spec, SupervisorFiles(windows.folder, spec.key))
    windows.engines.append(engine)
    with pytest.raises(EngineError):
        await engine.start()
    marker.touch()
    await engine.start()
    assert engine.state is EngineState.READY


async def test_repeatedly_crashing_server_fails_for_good(windows: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = windows.open("--die-after", "1")
    seen: list[str] = []
    engine.subscribe(lambda status: seen.append(status.detail))
    with contextlib.suppress(EngineError):
        await engine.start()
    await until(lambda: engine.state is EngineState.FAILED, within_s=30)
    assert any("restarting it" in detail for detail in seen)
    assert "ended" in engine.status.detail


async def test_start_without_output_is_reported(windows: Windows) -> None:
    engine = windows.open("--ready-after", "30", silence_s=0.5)
    with pytest.raises(EngineError, match="no output"):
        await engine.address()


async def test_missing_program_is_reported(windows: Windows) -> None:
    spec = ServerSpec(
        kind="vllm", label="vLLM", model="m", command=("/nowhere/python", "--port", PORT_PLACEHOLDER), idle_s=0.3
    )
    engine = SupervisedEngine(spec, SupervisorFiles(windows.folder, spec.key))
    windows.engines.append(engine)
    with pytest.raises(EngineError, match="could not be started") as caught:
        await engine.address()
    assert "vllm.python" in caught.value.hint


async def test_client_without_the_token_gets_no_status(windows: Windows) -> None:
    engine = windows.open()
    await engine.start()
    known = engine.files.read_address()
    assert known is not None
    assert (windows.folder / f"{engine.spec.key}.json").stat().st_mode & 0o077 == 0
    reader, writer = await asyncio.open_connection("127.0.0.1", known.port)
    writer.write(b'{"token": "guess"}\n')
    assert await reader.read() == b""
    writer.close()


def test_the_lock_of_an_earlier_version_is_respected(tmp_path: Path) -> None:
    """Earlier versions locked the same file with flock; a window of one may run beside this one."""
    import fcntl

    files = SupervisorFiles(tmp_path / "engines", "key")
    files.make_folder()
    with (files.folder / "key.lock").open("w") as earlier:
        fcntl.flock(earlier, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert not files.lock()
    assert files.lock()
    with (files.folder / "key.lock").open("r+") as earlier, pytest.raises(BlockingIOError):
        fcntl.flock(earlier, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert not SupervisorFiles(files.folder, "key").lock()


def test_files_of_engines_long_out_of_use_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "engines"
    held, old, young = (SupervisorFiles(folder, key) for key in ("held", "old", "young"))
    assert held.lock()
    for files in (held, old, young):
        for suffix in (".lock", ".json", ".log"):
            (folder / f"{files.key}{suffix}").touch(0o600)
    (folder / "other.txt").touch()
    for file in (*folder.glob("held.*"), *folder.glob("old.*")):
        os.utime(file, (1.0, time.time() - MAX_AGE_S - 60))
    assert SupervisorFiles(folder, "new").lock()
    kept = {file.name for file in folder.iterdir()}
    of_keys = {f"{key}{suffix}" for key in ("held", "young") for suffix in (".lock", ".json", ".log")}
    assert kept == {*of_keys, "new.lock", "other.txt", "folder.lock"}
    assert not SupervisorFiles(folder, "held").lock(), "it is still the one lock of its name"


@pytest.mark.parametrize("used", ["start", "output"])
def test_files_that_are_old_but_were_used_lately_stay(tmp_path: Path, used: str) -> None:
    folder = tmp_path / "engines"
    folder.mkdir(mode=0o700)
    for name in ("kept.lock", "kept.log"):
        (folder / name).touch(0o600)
        os.utime(folder / name, (1.0, 1.0))
    files = SupervisorFiles(folder, "kept")
    if used == "start":
        assert files.lock()
        assert files._lock is not None
        files._lock.release()  # as the end of its supervisor does
    else:
        files.append_log("the server's last words")
    assert SupervisorFiles(folder, "new").lock()
    assert (folder / "kept.log").exists()


def test_nothing_is_removed_while_another_supervisor_takes_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    monkeypatch.setattr("autothink_lsp.engines.supervisor_files._FOLDER_LOCK_TIMEOUT_S", 0.05)
    folder = tmp_path / "engines"
    folder.mkdir(mode=0o700)
    (folder / "old.lock").touch(0o600)
    os.utime(folder / "old.lock", (1.0, 1.0))
    with (folder / "folder.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert SupervisorFiles(folder, "new").lock()
    assert (folder / "old.lock").exists()


async def test_the_address_of_an_earlier_version_is_read_and_a_stale_one_is_replaced(windows: Windows) -> None:
    """The file as version 0.1 of the keeper wrote it, from a process that has ended since."""
    engine = windows.open()
    windows.folder.mkdir(mode=0o700)
    published = windows.folder / f"{engine.spec.key}.json"
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    published.write_text(json.dumps({"port": port, "token": "of a keeper", "pid": 2**22 + 1}))
    (windows.folder / f"{engine.spec.key}.lock").touch(0o600)
    assert engine.files.read_address() == SupervisorAddress(port, "of a keeper", 2**22 + 1)
    await engine.start()
    address = engine.files.read_address()
    assert address is not None
    assert (address.pid, address.token) != (2**22 + 1, "of a keeper")
    assert address.pid == engine.supervisor_pid


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_files_of_a_supervisor_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    """Its log may quote what the model server was asked, and its announcement holds the token."""
    before = os.umask(0)
    try:
        files = SupervisorFiles(tmp_path / "engines", "key")
        assert files.lock()
        files.log.touch(0o666)  # of an earlier version
        files.start_log()
        files.append_log("a line")
        files.publish(1, "token")
    finally:
        os.umask(before)
    modes = {file.name: file.stat().st_mode & 0o777 for file in files.folder.iterdir()}
    assert modes == {"folder.lock": 0o600, "key.lock": 0o600, "key.log": 0o600, "key.json": 0o600}
    assert files.folder.stat().st_mode & 0o777 == 0o700
