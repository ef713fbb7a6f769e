"""The life of the engine's child: started once, started again, given up, ended. The child is played; time is ours."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from attrs import define, field

from autothink_lsp.engines import llama
from autothink_lsp.engines.base import Engine, EngineAddress, EngineState, EngineStatus
from autothink_lsp.engines.llama import LlamaEngine
from autothink_lsp.engines.llama_parameters import LlamaParameters
from autothink_lsp.errors import EngineError
from autothink_lsp.processes.spawn import module_command

pytestmark = pytest.mark.process

CHILD = Path(__file__).with_name("playing_child.py")


@define
class FakeClock:
    """Time passes only by sleeping, and in ``lifetimes`` for each child."""

    now_s: float = 0.0
    slept_s: list[float] = field(factory=list)

    def monotonic(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.now_s += seconds
        await asyncio.sleep(0)


@define
class Stage:
    """An engine whose child plays, and what became of it."""

    engine: LlamaEngine
    clock: FakeClock
    notes: Path
    steps: list[EngineStatus]

    @property
    def children(self) -> list[dict[str, Any]]:
        """What each child was told, in order."""
        return [json.loads(line) for line in self.notes.read_text().splitlines()] if self.notes.exists() else []

    def alive(self) -> list[int]:
        return [child["pid"] for child in self.children if _runs(child["pid"])]

    async def until(self, state: EngineState) -> None:
        while self.engine.state is not state:
            await asyncio.sleep(0.005)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def _well(_address: EngineAddress) -> bool:
    return True


async def _never(_address: EngineAddress) -> bool:
    await asyncio.Event().wait()
    return True


@pytest.fixture
async def stage(tmp_path: Path, gguf: Path) -> AsyncIterator[Callable[..., Stage]]:
    made: list[Stage] = []

    def make(play: str, **options: Any) -> Stage:
        clock, notes, steps = FakeClock(), tmp_path / "notes", list[EngineStatus]()
        options.setdefault("health_check", _well)
        engine = LlamaEngine(
            LlamaParameters(model_path=gguf, model_name="tiny", threads=1, context_tokens=512),
            clock=clock,
            command=[sys.executable, str(CHILD), play, str(notes)],
            **options,
        )
        engine.subscribe(steps.append)
        made.append(Stage(engine, clock, notes, steps))
        return made[-1]

    yield make
    for one in made:
        await one.engine.stop()
        assert one.alive() == []


def test_llama_engine_implements_the_engine_interface(gguf: Path) -> None:
    engine: Engine = LlamaEngine(LlamaParameters(model_path=gguf, model_name="tiny", threads=1, context_tokens=512))
    assert (engine.name, engine.state, engine.log_tail()) == ("llama.cpp", EngineState.STOPPED, "")


async def test_start_is_idempotent_and_shared(stage) -> None:
    s = stage("ready")
    addresses = await asyncio.gather(s.engine.address(), s.engine.start(), s.engine.address(), s.engine.address())
    assert len(s.children) == 1
    assert {a.url for a in addresses if a} == {"http://127.0.0.1:9"}
    assert [(step.state, step.fraction) for step in s.steps] == [
        (EngineState.STARTING, None),
        (EngineState.STARTING, 0.5),
        (EngineState.READY, None),
    ]


def test_a_file_in_the_users_project_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('the project ran')")
    command = module_command("json.tool")
    done = subprocess.run(command, input="{}", capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "{}\n", "")


async def test_the_key_goes_through_the_pipe_only_and_is_new_each_time(stage) -> None:
    s = stage("ready")
    first = await s.engine.address()
    process = psutil.Process(s.engine.pid)
    assert first.api_key not in " ".join(process.cmdline())
    assert first.api_key not in str(process.environ())
    assert first.api_key not in repr(first)
    await s.engine.stop()
    second = await s.engine.address()
    assert [child["api_key"] for child in s.children] == [first.api_key, second.api_key]
    assert first.api_key != second.api_key


async def test_cancelled_caller_does_not_cancel_the_start(stage) -> None:
    s = stage("ready")
    impatient = asyncio.create_task(s.engine.address())
    await asyncio.sleep(0)
    impatient.cancel()
    await s.engine.address()
    assert len(s.children) == 1


async def test_killed_engine_is_restarted_and_waiters_get_the_new_address(stage) -> None:
    s = stage("ready")
    first = await s.engine.address()
    os.kill(s.engine.pid, signal.SIGKILL)
    await s.until(EngineState.STARTING)
    second = await s.engine.address()
    assert first.api_key != second.api_key
    assert s.clock.slept_s == [0.5]


async def test_crash_during_start_is_retried_without_failing_waiters(stage) -> None:
    s = stage("die once")
    await s.engine.address()
    assert len(s.children) == 2


async def test_engine_that_failed_for_good_fails_at_once_until_started_again(stage) -> None:
    s = stage("die")
    with pytest.raises(EngineError, match=r"crashed 4 times in a row \(SIGKILL\)") as raised:
        await s.engine.address()
    assert "memory" in raised.value.hint
    assert s.clock.slept_s == [0.5, 1.0, 2.0]
    assert s.engine.state is EngineState.FAILED
    assert "last words" in s.engine.log_tail()
    for _ in range(3):
        with pytest.raises(EngineError):
            await s.engine.address()
    assert len(s.children) == 4  # no process was started for those
    with pytest.raises(EngineError):
        await s.engine.start()
    assert len(s.children) == 8


async def test_long_run_resets_the_restart_count(stage) -> None:
    s = stage("ready")
    for _ in range(6):
        await s.engine.address()
        s.clock.now_s += 3600
        os.kill(s.engine.pid, signal.SIGKILL)
        await s.until(EngineState.STARTING)
    await s.engine.address()
    assert s.clock.slept_s == [0.5] * 6


async def test_load_error_is_final_and_quotes_llama_cpp(stage) -> None:
    s = stage("refuse")
    with pytest.raises(EngineError, match="llama_model_load: error loading model: it is too odd"):
        await s.engine.address()
    assert len(s.children) == 1
    assert s.clock.slept_s == []


async def test_missing_package_is_named(stage) -> None:
    with pytest.raises(EngineError, match="xllamacpp is not installed") as raised:
        await stage("no package").engine.start()
    assert "autothink-lsp[embedded]" in raised.value.hint


async def test_silent_loading_times_out(stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama, "_TERMINATE_TIMEOUT_S", 0.05)
    s = stage("silent", ready_timeout_s=0.05)
    with pytest.raises(EngineError, match="did not become ready"):
        await s.engine.start()
    assert s.alive() == []


async def test_file_that_is_not_gguf_starts_no_process(stage, gguf: Path) -> None:
    gguf.write_bytes(b"<html>")
    s = stage("ready")
    with pytest.raises(EngineError, match="not a GGUF model"):
        await s.engine.start()
    assert s.children == []
    gguf.write_bytes(b"GGUF\x03\0\0\0")
    await s.engine.start()  # put right, it starts
    assert s.engine.state is EngineState.READY


async def test_missing_executable_is_reported(stage, gguf: Path) -> None:
    engine = LlamaEngine(
        LlamaParameters(model_path=gguf, model_name="tiny", threads=1, context_tokens=512), command=["/no/such/python"]
    )
    with pytest.raises(EngineError, match="could not be started"):
        await engine.start()


async def test_engine_that_reports_ready_but_does_not_answer_fails(stage) -> None:
    async def ill(_address: EngineAddress) -> bool:
        return False

    s = stage("ready", health_check=ill)
    with pytest.raises(EngineError, match="does not answer"):
        await s.engine.start()
    assert s.alive() == []


async def test_health_check_restarts_an_engine_that_does_not_answer(stage) -> None:
    health = [True, True, False, True]

    async def answers(_address: EngineAddress) -> bool:
        return health.pop(0)

    s = stage("ready", health_check=answers)
    await s.engine.start()
    assert await s.engine.check() is True
    assert await s.engine.check() is False
    await s.engine.address()
    assert len(s.children) == 2


async def test_health_check_of_a_stopped_engine_starts_nothing(stage) -> None:
    s = stage("ready")
    assert await s.engine.check() is False
    assert s.children == []


async def test_the_real_health_check_needs_a_listening_server() -> None:
    assert await llama._slots_answer(EngineAddress("http://127.0.0.1:1", "key")) is False


async def test_stop_is_idempotent_and_ends_waiters(stage) -> None:
    s = stage("ready", health_check=_never)
    await s.engine.stop()  # never started
    waiter = asyncio.create_task(s.engine.address())
    await s.until(EngineState.STARTING)
    await s.engine.stop()
    with pytest.raises(EngineError, match="was stopped"):
        await waiter
    await s.engine.stop()
    assert (s.engine.state, s.engine.pid, s.alive()) == (EngineState.STOPPED, None, [])


async def test_child_that_ignores_sigterm_is_killed(stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama, "_TERMINATE_TIMEOUT_S", 0.05)
    s = stage("deaf")
    await s.engine.start()
    await s.engine.stop()
    assert s.alive() == []


async def test_start_during_stop_starts_a_new_process(stage) -> None:
    s = stage("ready")
    await s.engine.start()
    stopping = asyncio.create_task(s.engine.stop())
    await asyncio.sleep(0)
    await s.engine.start()
    await stopping
    assert s.engine.state is EngineState.READY
    assert len(s.alive()) == 1


async def test_log_tail_is_bounded(stage) -> None:
    s = stage("chatty")
    await s.engine.start()
    log = s.engine.log_tail(10_000)
    assert log.endswith("the end")
    assert len(log) < 400 * 401
    assert s.engine.log_tail(1) == "the end"
    assert s.engine.log_tail(0) == ""


async def test_a_listener_that_fails_does_not_affect_others_and_can_unsubscribe(stage) -> None:
    s = stage("ready")
    told: list[EngineStatus] = []
    leave = s.engine.subscribe(told.append)
    s.engine.subscribe(lambda _status: 1 / 0)
    leave()
    leave()
    await s.engine.start()
    assert told == []
    assert s.steps[-1].state is EngineState.READY
