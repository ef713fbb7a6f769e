"""The pool with a scripted server: results, faults of servers, limits, and what ends when."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from attrs import evolve

from autothink_lsp.processes import fair_timeout
from autothink_lsp.processes.session_usage import RunQueueTime
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.language_servers import pool as pool_module
from autothink_lsp.verify.language_servers.pool import LanguageServerPool, PoolLimits
from autothink_lsp.verify.language_servers.table import SERVERS
from autothink_lsp.verify.language_servers.values import OverlayCase, OverlayFile, OverlayResult

pytestmark = pytest.mark.process

SCRIPT = Path(__file__).parents[3] / "support/scripted_language_server.py"
BEFORE, GOOD, WRONG, WORSE = "x\nthis bad\ny", "x\nthis good\ny", "x\nthis bad\ny\nz", "x\nfine\ny\nanother bad"

Limits = Callable[..., PoolLimits]


@pytest_asyncio.fixture
async def pool(tmp_path: Path) -> AsyncIterator[LanguageServerPool]:
    made = LanguageServerPool(home=tmp_path / "home")
    yield made
    await made.aclose()


@pytest.fixture
def limits(tmp_path: Path) -> Limits:
    """Limits under which the scripted server is Python's only one."""

    def make(mode: str = "good", **changes: object) -> PoolLimits:
        named: dict[str, tuple[str, ...]] = {spec.name: () for spec in SERVERS}
        named["pyright"] = (sys.executable, str(SCRIPT), mode, str(tmp_path / "log"))
        return evolve(PoolLimits(named=named), **changes)

    return make


def case(folder: Path, after: str, *, before: str = BEFORE, name: str = "a.py", line: int = 1) -> OverlayCase:
    file = OverlayFile(path=folder / name, language_id="python", before=before, after=after)
    text = before.split("\n")[line]
    message = Diagnostic(Point(line, 0), Point(line, len(text)), f"{text} is bad", code="this", source="Pylance")
    return OverlayCase(folder=folder, files=(file,), target=message)


async def only(
    pool: LanguageServerPool, one: OverlayCase, limits: PoolLimits, *, deadline_s: float = 20.0
) -> OverlayResult:
    results = await pool.check(one, limits, deadline_s=deadline_s)
    assert len(results) == 1
    return results[0]


def log(folder: Path) -> list[str]:
    file = folder / "log"
    return file.read_text().splitlines() if file.exists() else []


async def is_ended(process_id: int) -> bool:
    for _ in range(100):
        try:
            os.kill(process_id, 0)
            if sys.platform == "linux" and ") Z " in Path(f"/proc/{process_id}/stat").read_text():
                return True  # only its parent has not looked yet
        except (ProcessLookupError, FileNotFoundError):
            return True
        await asyncio.sleep(0.05)
    return False


def process_ids(pool: LanguageServerPool) -> list[int]:
    return [kept.session.client.process.pid for kept in pool._kept.values() if kept.session is not None]


@pytest.mark.parametrize("mode", ["good", "unversioned"])
async def test_three_edits_in_one_server(pool: LanguageServerPool, limits: Limits, tmp_path: Path, mode: str) -> None:
    checks = [await only(pool, case(tmp_path, after), limits(mode)) for after in (GOOD, WRONG, WORSE)]
    assert [one.target_gone for one in checks] == [True, False, True]
    assert [[finding.message for finding in one.new_findings] for one in checks] == [[], [], ["another bad is bad"]]
    assert {one.title for one in checks} == {"Pyright 1.2.3"}
    assert {one.skipped for one in checks} == {""}
    assert log(tmp_path).count("started") == 1
    # The text before the edit was opened once, and nothing was written.
    assert log(tmp_path).count("textDocument/didOpen") == 1
    assert not (tmp_path / "a.py").exists()


@pytest.mark.parametrize(("mode", "gone"), [("pulls", True), ("pulls-null", None), ("pulls-unchanged", None)])
async def test_a_report_without_diagnostics_is_no_silence(
    pool: LanguageServerPool, limits: Limits, tmp_path: Path, mode: str, gone: bool | None
) -> None:
    named = limits(mode).named
    pulling = PoolLimits(named={**named, "basedpyright": named["pyright"], "pyright": ()})
    result = await only(pool, case(tmp_path, GOOD), pulling)
    assert result.target_gone is gone
    assert result.skipped == ("" if gone else "reports no diagnostics")


async def test_several_files_are_open_at_once(pool: LanguageServerPool, limits: Limits, tmp_path: Path) -> None:
    one = case(tmp_path, GOOD)
    other = OverlayFile(path=tmp_path / "b.py", language_id="python", before="q", after="q\nbad call")
    result = await only(pool, evolve(one, files=(*one.files, other)), limits())
    assert result.target_gone is True
    assert [finding.message for finding in result.new_findings] == ["b.py: bad call is bad"]
    # A case without the second file closes it.
    await only(pool, case(tmp_path, WRONG), limits())
    assert log(tmp_path).count("textDocument/didClose") == 1


async def test_prepared_servers_have_read_the_text_before(
    pool: LanguageServerPool, limits: Limits, tmp_path: Path
) -> None:
    pool.prepare(case(tmp_path, BEFORE), limits())
    for _ in range(200):
        if "textDocument/didOpen" in log(tmp_path):
            break
        await asyncio.sleep(0.05)
    assert (await only(pool, case(tmp_path, GOOD), limits())).target_gone is True
    assert log(tmp_path).count("started") == log(tmp_path).count("textDocument/didOpen") == 1


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("crash", "ended with status 3"),
        ("crash-on-change", "ended with status 4"),
        ("refuses", "refused to start"),
        ("garbage", "does not speak the language server protocol"),
        ("flood", "writes without end"),
    ],
)
async def test_a_server_that_fails_is_reported_and_avoided(
    pool: LanguageServerPool, limits: Limits, tmp_path: Path, mode: str, reason: str
) -> None:
    result = await only(pool, case(tmp_path, GOOD), limits(mode), deadline_s=30.0)
    assert (result.target_gone, result.skipped) == (None, reason)
    assert pool.running == ()
    # It is not started again, and no other server is there.
    assert await pool.check(case(tmp_path, GOOD), limits("good"), deadline_s=5.0) == ()


async def test_a_failed_server_gets_another_chance_later(tmp_path: Path, limits: Limits) -> None:
    now = [1_000.0]
    pool = LanguageServerPool(home=tmp_path / "home", now_s=lambda: now[0])
    await pool.check(case(tmp_path, GOOD), limits("crash"), deadline_s=10.0)
    assert await pool.check(case(tmp_path, GOOD), limits("good"), deadline_s=10.0) == ()
    now[0] += 601
    assert (await only(pool, case(tmp_path, GOOD), limits("good"))).target_gone is True
    await pool.aclose()


@pytest.mark.parametrize("mode", ["deaf", "silent"])
async def test_a_server_that_never_answers_ends_with_the_deadline(
    pool: LanguageServerPool, limits: Limits, tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for fair_s in (8.0, 0.5, 0.5):  # the first one had too little time to count
        monkeypatch.setattr(pool_module, "_FAIR_S", fair_s)
        result = await only(pool, case(tmp_path, GOOD), limits(mode), deadline_s=0.8)
        assert (result.target_gone, result.skipped) == (None, "gave no answer in time")
    assert pool.running == ()
    assert await pool.check(case(tmp_path, GOOD), limits("good"), deadline_s=5.0) == ()


async def test_time_in_which_a_server_waits_for_a_processor_does_not_count(
    pool: LanguageServerPool, limits: Limits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class AlwaysWaiting(RunQueueTime):
        async def since_last_s(self) -> float:
            return 60.0

    monkeypatch.setattr(pool_module, "RunQueueTime", AlwaysWaiting)
    monkeypatch.setattr(fair_timeout, "MOST_EXTENSION", 100.0)
    # The server sleeps for 1.5 s at the change.
    result = await only(pool, case(tmp_path, GOOD), limits("slow"), deadline_s=1.0)
    assert (result.target_gone, result.skipped) == (True, "")
    assert result.wall_ms > 1_000


async def test_what_a_server_asks_is_answered_and_refused(
    pool: LanguageServerPool, limits: Limits, tmp_path: Path
) -> None:
    assert (await only(pool, case(tmp_path, GOOD), limits("asks"))).target_gone is True
    replies = [line.removeprefix("reply ") for line in log(tmp_path) if line.startswith("reply ")]
    assert '"applied": false' in replies[0]
    assert replies[1] == "null"
    assert replies[2] == '{"success": false}'
    assert "-32601" in replies[3]
    assert replies[4] == "[null]"


@pytest.mark.parametrize("mode", ["slow", "unversioned"])
async def test_a_cancelled_check_does_not_spoil_the_next_one(
    pool: LanguageServerPool, limits: Limits, tmp_path: Path, mode: str
) -> None:
    await only(pool, case(tmp_path, BEFORE + "\n1"), limits(mode))
    task = asyncio.create_task(only(pool, case(tmp_path, GOOD), limits(mode)))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    result = await only(pool, case(tmp_path, WRONG), limits(mode))
    assert (result.target_gone, result.skipped) == (False, "")


async def test_closing_ends_the_processes_and_nothing_starts_afterwards(
    pool: LanguageServerPool, limits: Limits, tmp_path: Path
) -> None:
    await only(pool, case(tmp_path, GOOD), limits())
    (process_id,) = process_ids(pool)
    await pool.aclose()
    assert await is_ended(process_id)
    pool.prepare(case(tmp_path, GOOD), limits())
    assert await pool.check(case(tmp_path, GOOD), limits(), deadline_s=5.0) == ()
    assert log(tmp_path).count("started") == 1


async def test_an_idle_server_is_ended(
    pool: LanguageServerPool, limits: Limits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "_SWEEP_S", 0.1)
    await only(pool, case(tmp_path, GOOD), limits(idle_s=0.3))
    (process_id,) = process_ids(pool)
    assert await is_ended(process_id)
    assert pool.running == ()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
async def test_a_server_that_takes_too_much_memory_is_ended(
    pool: LanguageServerPool, limits: Limits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "_SWEEP_S", 0.1)
    bound = limits("memory", memory_bytes=100 << 20)
    await only(pool, case(tmp_path, GOOD), bound)
    for _ in range(100):
        if not pool.running:
            break
        await asyncio.sleep(0.05)
    assert pool.running == ()
    assert await pool.check(case(tmp_path, GOOD), bound, deadline_s=5.0) == ()


async def test_few_servers_run_at_once(pool: LanguageServerPool, limits: Limits, tmp_path: Path) -> None:
    for number in range(5):
        folder = tmp_path / f"p{number}"
        folder.mkdir()
        assert (await only(pool, case(folder, GOOD), limits())).target_gone is True
        assert len(pool.running) <= 3
    assert log(tmp_path).count("started") == 5


async def test_what_a_check_waits_for_is_shown(pool: LanguageServerPool, limits: Limits, tmp_path: Path) -> None:
    activities: list[str] = []
    assert not pool.is_ready(case(tmp_path, GOOD), limits("slow"))
    await pool.check(case(tmp_path, GOOD), limits("slow"), deadline_s=20.0, on_activity=activities.append)
    assert activities[0] == "starting Pyright"
    assert set(activities) == {"starting Pyright", "asking Pyright"}
    assert pool.is_ready(case(tmp_path, GOOD), limits("slow"))
    activities.clear()
    await pool.check(case(tmp_path, WRONG), limits("slow"), deadline_s=20.0, on_activity=activities.append)
    assert set(activities) == {"asking Pyright"}


async def test_a_listener_that_fails_costs_no_check(pool: LanguageServerPool, limits: Limits, tmp_path: Path) -> None:
    def fail(_: str) -> None:
        raise RuntimeError

    (result,) = await pool.check(case(tmp_path, GOOD), limits(), deadline_s=20.0, on_activity=fail)
    assert result.target_gone is True


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the end of its input ends it")
async def test_the_kernel_ends_a_server_with_us(tmp_path: Path) -> None:
    """A process of ours starts a server that does not read, and is killed."""
    code = (
        "import asyncio, sys\n"
        "from autothink_lsp.verify.language_servers.process import start_process\n"
        "async def main():\n"
        f"    process = await start_process([sys.executable, {str(SCRIPT)!r}, 'deaf'])\n"
        "    print(process.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    process_id = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    assert await is_ended(process_id)


@pytest.mark.parametrize("mode", ["fixes", "fixes-later"])
async def test_a_server_that_has_a_quick_fix(
    pool: LanguageServerPool, limits: Limits, tmp_path: Path, mode: str
) -> None:
    await only(pool, case(tmp_path, WRONG), limits(mode))  # another text is open in the server
    found = await pool.quick_fix(case(tmp_path, BEFORE), limits(mode), deadline_s=20.0)
    assert found is not None
    spec, action = found
    (edit,) = action["edit"]["changes"][(tmp_path / "a.py").as_uri()]
    assert (spec.title, action["title"], edit["newText"]) == ("Pyright", "Make it good", "this good")
    assert edit["range"]["start"]["line"] == 1
    assert log(tmp_path).count("codeAction/resolve") == (mode == "fixes-later")
    assert (await only(pool, case(tmp_path, GOOD), limits(mode))).target_gone is True


@pytest.mark.parametrize("mode", ["good", "fixes-error", "crash"])
async def test_a_server_without_a_quick_fix(
    pool: LanguageServerPool, limits: Limits, tmp_path: Path, mode: str
) -> None:
    assert await pool.quick_fix(case(tmp_path, BEFORE), limits(mode), deadline_s=20.0) is None


async def test_no_quick_fix_is_asked_for_what_the_server_does_not_report(
    pool: LanguageServerPool, limits: Limits, tmp_path: Path
) -> None:
    one = case(tmp_path, BEFORE)
    assert one.target is not None
    other = evolve(one, target=evolve(one.target, message="something else", code="x"))
    assert await pool.quick_fix(other, limits("fixes"), deadline_s=20.0) is None
    assert "textDocument/codeAction" not in log(tmp_path)
