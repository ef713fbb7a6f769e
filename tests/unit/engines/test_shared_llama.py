"""The embedded engine that windows share: real supervisors and real engine processes; only the model is made up."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from autothink_lsp.engines.base import EngineAddress, EngineState, Readiness, is_healthy
from autothink_lsp.engines.llama_parameters import LlamaParameters
from autothink_lsp.engines.shared_llama import SharedLlamaEngine, engine_key
from autothink_lsp.engines.supervisor_files import SupervisorFiles
from autothink_lsp.engines.supervisor_link import SupervisorLink
from autothink_lsp.errors import EngineError
from tests.support.gguf_file import write_gguf

STANDIN = Path(__file__).parents[2] / "support" / "llama_process.py"
needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and modes of files")
pytestmark = [pytest.mark.process, needs_posix]


class Windows:
    """Engines of one test; all are stopped, and their supervisors ended, when it is over."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.model = folder / "engines", folder / "model.gguf"
        self.engines: list[SharedLlamaEngine] = []
        write_gguf(self.model)

    def parameters(self, **values: object) -> LlamaParameters:
        known = {"model_path": self.model, "model_name": "small", "threads": 1, "context_tokens": 512}
        return LlamaParameters(**{**known, **values})  # type: ignore[arg-type]

    def open(self, play: str = "serve", *, idle_s: float = 0.3, connect_s: float = 15.0, **values: object):
        engine = SharedLlamaEngine(
            self.parameters(**values),
            idle_s=idle_s,
            places=2,
            folder=self.folder,
            command=[sys.executable, "-u", str(STANDIN), play],
            connect_timeout_s=connect_s,
        )
        self.engines.append(engine)
        return engine

    def files_of(self, engine: SharedLlamaEngine) -> SupervisorFiles:
        assert engine.link is not None
        return engine.link.files

    async def close(self) -> None:
        for engine in self.engines:
            await engine.stop()
        for engine in self.engines:
            if engine.link is not None and engine.link.pid is not None:
                await gone(engine.link.pid)


def alive(pid: int) -> bool:
    """Running, that is, neither gone nor waiting to be reaped."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def until(condition, within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)


async def gone(pid: int) -> None:
    await until(lambda: not alive(pid))


def supervisor_of(engine: SharedLlamaEngine) -> int:
    assert engine.link is not None
    assert engine.link.pid is not None
    return engine.link.pid


def ask(address: EngineAddress, path: str = "/slots") -> dict[str, object]:
    request = urllib.request.Request(f"{address.url}{path}", headers={"Authorization": f"Bearer {address.api_key}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@pytest.fixture
async def windows(tmp_path: Path) -> AsyncIterator[Windows]:
    made = Windows(tmp_path)
    try:
        yield made
    finally:
        await made.close()


async def test_windows_started_at_once_share_one_engine_with_a_slot_each(windows: Windows) -> None:
    first, second = windows.open(), windows.open()
    one, two = await asyncio.gather(first.address(), second.address())
    assert (one.url, one.api_key, one.places) == (two.url, two.api_key, 2)
    assert {one.place, two.place} == {0, 1}
    assert first.pid == second.pid == ask(one)["pid"]
    assert ask(one)["parameters"]["parallel"] == 4  # type: ignore[index]
    await until(lambda: (first.windows, second.windows) == (2, 2))
    third = windows.open()
    assert (await third.address()).place in {0, 1}, "more windows than places share them"
    await third.stop()
    pid = first.pid
    assert pid is not None
    await first.stop()
    await until(lambda: second.windows == 1)
    await asyncio.sleep(0.6)  # longer than idle_s
    assert alive(pid), "one window is still there"
    assert (await windows.open().address()).place == one.place, "the place of a closed window is free"
    for engine in windows.engines:
        await engine.stop()
    await gone(pid)
    assert not list(windows.folder.glob("*.json"))
    assert not list(windows.folder.glob("*.log")), "a log may quote code"


async def test_different_settings_get_different_engines_and_measured_speed_does_not_matter(windows: Windows) -> None:
    base = engine_key(windows.parameters())
    assert engine_key(windows.parameters(batch_tokens=64)) == base
    others = {
        engine_key(windows.parameters(**values))
        for values in ({"context_tokens": 1024}, {"threads": 2}, {"speculates": True}, {"gpu_layers": 3},
                       {"is_background": True}, {"chat_template": "x"}, {"model_name": "other"})
    }  # fmt: skip
    assert base not in others
    assert len(others) == 7


async def test_engine_is_chosen_by_file_identity_and_not_by_name(windows: Windows, tmp_path: Path) -> None:
    base = engine_key(windows.parameters())
    link = tmp_path / "link.gguf"
    link.symlink_to(windows.model)
    assert engine_key(windows.parameters(model_path=link)) == base
    write_gguf(windows.model, tensor_bytes=4096)
    assert engine_key(windows.parameters()) != base, "another file of the same name"


@pytest.mark.parametrize("what", ["version", "installation", "machine"])
async def test_another_version_or_host_gets_its_own_engine(
    windows: Windows, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    base = engine_key(windows.parameters())
    if what == "version":
        monkeypatch.setattr("autothink_lsp.__version__", "99.0")
    elif what == "installation":
        monkeypatch.setattr(sys, "prefix", "/elsewhere")
    else:
        monkeypatch.setattr("platform.node", lambda: "elsewhere")
    assert engine_key(windows.parameters()) != base


async def test_killed_window_counts_as_closed(windows: Windows) -> None:
    engine = windows.open()
    await engine.start()
    pid = engine.pid
    assert pid is not None
    assert engine.link is not None
    assert engine.link.writer is not None
    assert engine._run_task is not None
    engine.link.writer.transport.abort()  # what the kernel does for a process that was killed
    engine._run_task.cancel()
    await gone(pid)


async def test_engine_stays_for_idle_minutes_and_a_command_does_not_end_it(windows: Windows) -> None:
    first = windows.open(idle_s=600.0)
    address = await first.address()
    await first.stop()
    command = windows.open(idle_s=0.0)
    assert (await command.address()).url == address.url
    await command.stop()
    await asyncio.sleep(1.3)  # longer than the supervisor's poll
    again = windows.open(idle_s=0.0)
    assert (await again.address()).url == address.url
    os.kill(supervisor_of(again), signal.SIGTERM)
    await again.stop()


async def test_changed_idle_minutes_apply_to_a_running_engine(windows: Windows) -> None:
    engine = windows.open(idle_s=600.0)
    await engine.address()
    pid, supervisor = engine.pid, supervisor_of(engine)
    assert pid is not None
    engine.set_idle_s(0.0)
    await engine.stop()
    await gone(pid)
    await gone(supervisor)


async def test_idle_minutes_changed_during_the_handshake_are_sent_after_it(tmp_path: Path) -> None:
    greeted, may_answer, told = asyncio.Event(), asyncio.Event(), asyncio.Event()
    lines: list[dict[str, object]] = []

    async def supervisor(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(json.loads(await reader.readline()))
        greeted.set()
        await may_answer.wait()
        writer.write(b'{"event": "windows", "windows": 1, "proof": "p"}\n')
        lines.append(json.loads(await reader.readline() or b"{}"))
        told.set()
        writer.close()

    server = await asyncio.start_server(supervisor, "127.0.0.1", 0)
    files = SupervisorFiles(tmp_path / "engines", "llama-x")
    files.make_folder()
    files.publish(server.sockets[0].getsockname()[1], "t", "p")
    link = SupervisorLink("small", files, (), {}, 600.0, Readiness())
    following = asyncio.create_task(link.follow())
    await greeted.wait()
    link.set_idle_s(5.0)
    may_answer.set()
    async with asyncio.timeout(20):
        await told.wait()
    following.cancel()
    await asyncio.wait({following})
    server.close()
    assert [line["idle_s"] for line in lines] == [600.0, 5.0]


async def test_engine_environment_has_no_keys_of_the_window_that_started_it(
    windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = {"SOME_API_KEY": "sk-1", "NVIDIA_API_KEY": "sk-2", "AUTOTHINK_ASSIST__URL": "http://a", "VSCODE_PID": "1"}
    for name, value in {**mine, "OMP_WAIT_POLICY": "passive"}.items():
        monkeypatch.setenv(name, value)
    engine = windows.open()
    await engine.address()
    for pid in (engine.pid, supervisor_of(engine)):
        names = {line.partition("=")[0] for line in Path(f"/proc/{pid}/environ").read_text().split("\0")}
        assert names & set(mine) == set()
        assert {"OMP_WAIT_POLICY", "PATH"} <= names


def test_another_device_gets_another_engine(windows: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    before = engine_key(windows.parameters())
    monkeypatch.setenv("SOME_API_KEY", "sk-1")
    assert engine_key(windows.parameters()) == before
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert engine_key(windows.parameters()) != before


async def test_a_killed_engine_is_started_again_for_all_windows(windows: Windows) -> None:
    first, second = windows.open(), windows.open()
    old, _ = await asyncio.gather(first.address(), second.address())
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    await until(lambda: EngineState.STARTING in {first.state, second.state})
    await until(lambda: first.state is second.state is EngineState.READY)
    one, two = await asyncio.gather(first.address(), second.address())
    assert one.url == two.url != old.url


async def test_killed_supervisor_ends_its_engine_and_the_windows_share_a_new_one(windows: Windows) -> None:
    first, second = windows.open(), windows.open()
    await asyncio.gather(first.start(), second.start())
    pid, supervisor = first.pid, supervisor_of(first)
    assert pid is not None
    os.kill(supervisor, signal.SIGKILL)
    await gone(pid)
    await until(lambda: first.windows == second.windows == 2 and first.state is second.state is EngineState.READY)
    assert supervisor_of(first) == supervisor_of(second) != supervisor
    assert first.pid == second.pid != pid


async def test_an_engine_that_hangs_is_restarted_and_a_healthy_one_is_not(
    windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = windows.open()
    address = await engine.address()
    pid = engine.pid
    assert pid is not None
    await engine.restart(address)  # a window that is wrong about it
    async with asyncio.timeout(10):
        assert await engine.address() == address, "the window gets the address of the healthy engine again"
    assert alive(pid)
    ask(address, "/hang")
    monkeypatch.setitem(is_healthy.__kwdefaults__, "timeout_s", 0.3)
    assert not await engine.check()
    await gone(pid)
    assert (await engine.address()).url != address.url


async def test_load_error_is_one_message_in_each_window(windows: Windows) -> None:
    for engine in (windows.open("refuse"), windows.open("refuse")):
        with pytest.raises(EngineError, match=r"does not support the architecture of model\.gguf"):
            await engine.start()
        assert engine.state is EngineState.FAILED
        assert engine.windows == 0


async def test_repeatedly_crashing_engine_fails_for_good(windows: Windows) -> None:
    engine = windows.open("die")
    await engine.start()
    await until(lambda: engine.state is EngineState.FAILED, within_s=40)
    assert "ended" in engine.status.detail


async def test_file_that_is_not_a_model_is_reported_and_starts_no_process(windows: Windows) -> None:
    windows.model.write_text("text")
    engine = windows.open()
    with pytest.raises(EngineError):
        await engine.start()
    assert not windows.folder.exists()


@pytest.mark.parametrize("fault", ["folder", "supervisor ends", "supervisor hangs"])
async def test_window_without_a_supervisor_starts_its_own_engine(windows: Windows, fault: str) -> None:
    engine = windows.open(connect_s=1.0)
    if fault == "folder":
        windows.folder.write_text("a file where the folder should be")
    elif fault == "supervisor ends":  # as on a full disk
        engine._supervisor_command = [sys.executable, "-c", "raise SystemExit(1)"]
    else:
        engine._supervisor_command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    address = await engine.address()
    answer = ask(address)
    assert answer["pid"] == engine.pid
    assert answer["parameters"]["parallel"] == 2  # type: ignore[index]
    assert (engine.windows, address.place, address.places) == (0, 0, 1)
    await engine.stop()
    assert isinstance(answer["pid"], int)
    await gone(answer["pid"])


async def test_foreign_program_on_the_port_of_a_dead_supervisor_gets_no_code(windows: Windows) -> None:
    """Another user's program takes the port that a killed supervisor had published, and plays an engine."""
    first = windows.open()
    await first.start()
    files = windows.files_of(first)
    known = files.read_address()
    assert known is not None
    assert (windows.folder / f"{files.key}.json").stat().st_mode & 0o077 == 0
    await first.stop()
    await gone(known.pid)

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greeting = json.loads(await reader.readline())
        event = {"event": "ready", "url": "http://127.0.0.1:9", "api_key": "k", "proof": greeting["token"]}
        writer.write(json.dumps(event).encode() + b"\n")
        await writer.drain()

    stranger = await asyncio.start_server(play, "127.0.0.1", known.port)
    async with stranger:
        files.publish(known.port, known.token, known.proof)
        second = windows.open()
        address = await second.address()
        assert address.url != "http://127.0.0.1:9"
        assert supervisor_of(second) != known.pid


async def test_client_without_the_token_gets_no_status(windows: Windows) -> None:
    engine = windows.open()
    await engine.start()
    known = windows.files_of(engine).read_address()
    assert known is not None
    for greeting in (b'{"token": "guess"}\n', '{"token": "gruß"}\n'.encode(), b"[" * 5000 + b"\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", known.port)
        writer.write(greeting)
        assert await reader.read() == b""
        writer.close()
    assert engine.windows == 1


async def test_hanging_supervisor_delays_but_does_not_prevent_suggestions(windows: Windows) -> None:
    """Its port accepts connections, but nothing answers."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        files = SupervisorFiles(windows.folder, engine_key(windows.parameters(parallel=4)))
        assert files.lock()
        files.publish(silent.getsockname()[1], "token", "proof")
        engine = windows.open(connect_s=1.0)
        assert ask(await engine.address())["pid"] == engine.pid
        assert engine.windows == 0
