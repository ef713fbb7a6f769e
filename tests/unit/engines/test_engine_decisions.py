"""What the engine decides from numbers: threads, batch, restarts, model, and the words for a failure. All pure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from autothink_lsp.engines import machine
from autothink_lsp.engines.base import RestartPolicy
from autothink_lsp.engines.choice import Circumstances, choose_model
from autothink_lsp.engines.failures import crash_failure, load_failure
from autothink_lsp.engines.llama_parameters import LlamaParameters, batch_tokens_for
from autothink_lsp.engines.machine import available_cores, available_memory_bytes, engine_threads
from autothink_lsp.engines.speed import MeasuredSpeed, SpeedRecord, speed_key

SMALL, LARGE = "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"
GIB = 1 << 30

THREADS = [
    # wanted, cores, threads
    (0, 1, 1), (0, 2, 1), (0, 3, 2), (0, 4, 3), (0, 6, 3), (0, 8, 4), (0, 12, 6), (0, 16, 8), (0, 128, 8),
    (1, 8, 1), (8, 8, 8), (64, 8, 8), (2, 1, 1),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "cores", "threads"), THREADS)
def test_thread_count_leaves_a_core_free_and_is_bounded_by_the_cores(wanted: int, cores: int, threads: int) -> None:
    assert engine_threads(wanted, cores) == threads


def test_too_many_threads_are_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    engine_threads(9, 2)
    assert "only 2 cores" in caplog.text


@pytest.fixture
def sixteen_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _pid: set(range(16)), raising=False)
    monkeypatch.setattr(machine.os, "process_cpu_count", lambda: 16, raising=False)


def _root(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


QUOTAS = [
    ("no groups at all", {}, 16),
    ("version 2, no limit", {"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n"}, 16),
    ("version 2, own limit", {"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "200000 100000\n"}, 2),
    ("version 2, a part of a core is a core", {"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "50000 100000"}, 1),
    ("version 2, the parent's limit", {"proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/cpu.max": "300000 100000"}, 3),
    ("version 2, a path outside of the container", {"proc/self/cgroup": "0::/../x", "sys/fs/cgroup/cpu.max": "max 1"},
     16),
    ("version 1", {"proc/self/cgroup": "7:memory:/x\n4:cpu,cpuacct:/d\n",
                   "sys/fs/cgroup/cpu,cpuacct/d/cpu.cfs_quota_us": "400000",
                   "sys/fs/cgroup/cpu,cpuacct/d/cpu.cfs_period_us": "100000"}, 4),
    ("version 1, no limit", {"proc/self/cgroup": "4:cpu,cpuacct:/", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
                             "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"}, 16),
    ("more than the machine has", {"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "6400000 100000"}, 16),
]  # fmt: skip


@pytest.mark.usefixtures("sixteen_cores")
@pytest.mark.parametrize(("files", "cores"), [case[1:] for case in QUOTAS], ids=[case[0] for case in QUOTAS])
def test_cpu_limit_of_a_container_is_read(tmp_path: Path, files: dict[str, str], cores: int) -> None:
    assert available_cores(_root(tmp_path, files)) == cores


MEMORY = [
    ("the system's word", {"proc/meminfo": "MemTotal: 9 kB\nMemAvailable:  1024 kB\n"}, 1 << 20),
    ("a container's limit", {"proc/meminfo": "MemAvailable: 1024 kB", "proc/self/cgroup": "0::/a",
                             "sys/fs/cgroup/a/memory.max": "1000", "sys/fs/cgroup/a/memory.current": "900"}, 100),
    ("files that were read can be dropped", {"proc/meminfo": "MemAvailable: 1024 kB", "proc/self/cgroup": "0::/a",
        "sys/fs/cgroup/a/memory.max": "1000", "sys/fs/cgroup/a/memory.current": "900",
        "sys/fs/cgroup/a/memory.stat": "anon 5\ninactive_file 700\n"}, 800),
    ("no limit", {"proc/meminfo": "MemAvailable: 1 kB", "proc/self/cgroup": "0::/a",
                  "sys/fs/cgroup/a/memory.max": "max", "sys/fs/cgroup/a/memory.current": "900"}, 1024),
    ("version 1 says no limit with a number", {"proc/meminfo": "MemAvailable: 1 kB", "proc/self/cgroup": "3:memory:/",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
        "sys/fs/cgroup/memory/memory.usage_in_bytes": "5"}, 1024),
]  # fmt: skip


@pytest.mark.parametrize(("files", "free"), [case[1:] for case in MEMORY], ids=[case[0] for case in MEMORY])
def test_available_memory_is_read(tmp_path: Path, files: dict[str, str], free: int) -> None:
    assert available_memory_bytes(_root(tmp_path, files)) == free


def test_this_machine_has_cores_and_memory() -> None:
    assert available_cores() >= 1
    assert (available_memory_bytes() or 1) > 0


BATCHES = [(None, 4), (1.0, 4), (44.0, 4), (99.9, 4), (100.0, 8), (400.0, 32), (1000.0, 64), (1e6, 512)]


@pytest.mark.parametrize(("speed", "batch"), BATCHES)
def test_a_batch_takes_at_most_80_ms(speed: float | None, batch: int) -> None:
    assert batch_tokens_for(speed) == batch


def test_parameters_cross_as_json(tmp_path: Path) -> None:
    parameters = LlamaParameters(model_path=tmp_path / "ü.gguf", model_name="m", threads=3, context_tokens=1024)
    assert LlamaParameters.from_message(json.loads(json.dumps(parameters.to_message()))) == parameters


LIVES = [
    ([0, 0, 0, 0], [0.5, 1.0, 2.0, None]),
    ([0, 0, 0, 100, 0, 0, 0, 0], [0.5, 1.0, 2.0, 0.5, 0.5, 1.0, 2.0, None]),
    ([30] * 10, [0.5] * 10),
]


@pytest.mark.parametrize(("lived_s", "delays"), LIVES)
def test_restart_delay_doubles_and_resets_after_a_long_run(lived_s: list[float], delays: list[float | None]) -> None:
    policy = RestartPolicy()
    assert [policy.on_exit(seconds) for seconds in lived_s] == delays


def test_restart_delay_is_bounded() -> None:
    policy = RestartPolicy(limit=100)
    assert max(policy.on_exit(0) or 0 for _ in range(50)) == policy.longest_delay_s


FAST, SLOW = MeasuredSpeed(145.0, 33.0), MeasuredSpeed(44.0, 26.0)
CHOICES = [
    # installed, memory, speeds, deadline -> model, installed, offer, words of the reason
    ("nothing known, nothing there", [], 16 * GIB, {}, 600, (SMALL, False, None), "not measured"),
    ("small is there, nothing measured", [SMALL], 16 * GIB, {}, 600, (SMALL, True, None), "not measured"),
    ("a fast machine: an offer", [SMALL], 16 * GIB, {SMALL: FAST}, 600, (SMALL, True, LARGE), "could run qwen"),
    ("a fast machine with both", [SMALL, LARGE], 16 * GIB, {SMALL: FAST}, 600, (LARGE, True, None), "ms"),
    ("a slow machine stays small", [SMALL, LARGE], 16 * GIB, {SMALL: SLOW}, 600, (SMALL, True, None), "within 600 ms"),
    ("a longer deadline changes that", [SMALL, LARGE], 16 * GIB, {SMALL: SLOW}, 900, (LARGE, True, None), "900 ms"),
    ("no memory", [SMALL, LARGE], 1 * GIB, {SMALL: FAST}, 600, (SMALL, True, None), "not enough memory"),
    ("memory unknown", [SMALL, LARGE], None, {SMALL: FAST}, 600, (SMALL, True, None), "memory is not known"),
    ("only the large one is there and slow", [LARGE], 16 * GIB, {LARGE: MeasuredSpeed(30.0, 12.0)}, 600,
     (LARGE, True, SMALL), "it does not answer within 600 ms"),
    ("half of its speed is measured", [SMALL], 16 * GIB, {SMALL: MeasuredSpeed(None, 33.0)}, 600,
     (SMALL, True, None), "not measured"),
    ("only the large one is there", [LARGE], 16 * GIB, {}, 600, (LARGE, True, SMALL), "not measured"),
    ("its own measurement counts more than a guess", [SMALL, LARGE], 16 * GIB,
     {SMALL: FAST, LARGE: MeasuredSpeed(30.0, 12.0)}, 600, (SMALL, True, None), "within 600 ms"),
    ("and the other way round", [SMALL, LARGE], 16 * GIB,
     {SMALL: SLOW, LARGE: MeasuredSpeed(200.0, 40.0)}, 600, (LARGE, True, None), "ms"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("installed", "memory", "speeds", "deadline", "expected", "words"),
    [case[1:] for case in CHOICES],
    ids=[case[0] for case in CHOICES],
)
def test_model_auto_depends_on_memory_speed_and_installed_models(
    installed, memory, speeds, deadline, expected, words
) -> None:
    choice = choose_model(
        Circumstances(
            installed=frozenset(installed),
            available_memory_bytes=memory,
            speed_of=lambda name: speeds.get(name, MeasuredSpeed()),
            deadline_ms=deadline,
            context_tokens=2 * 2048,
        )
    )
    assert (choice.name, choice.installed, choice.offer) == expected
    assert words in choice.reason


def test_measured_speeds_are_stored_and_updated(tmp_path: Path) -> None:
    path, key = tmp_path / "state" / "speed.json", speed_key(SMALL, 1)
    record = SpeedRecord.load(path)
    assert record.speed(key) == MeasuredSpeed()
    record.observe(key, prompt_tokens=100, prompt_ms=2000, predicted_tokens=11, predicted_ms=400)
    assert record.speed(key) == MeasuredSpeed(50.0, 25.0)
    record.observe(key, prompt_tokens=100, prompt_ms=1000, predicted_tokens=3, predicted_ms=1)
    assert record.speed(key) == MeasuredSpeed(55.0, 25.0)  # a tenth of the way; 3 tokens tell nothing
    record.observe(key, prompt_tokens=3, prompt_ms=1, predicted_tokens=0, predicted_ms=0)
    record.save()
    assert SpeedRecord.load(path).speed(key) == MeasuredSpeed(55.0, 25.0)
    assert SpeedRecord.load(path).speed(speed_key(SMALL, 2)) == MeasuredSpeed()


SPOILED = ["", "[]", "{}", '{"speeds": 1}', '{"speeds": {"a": 1}}', '{"speeds": {"a": {"prefill_tokens_per_s": -1}}}',
           '{"speeds": {"a": {"other": 1}}}', '{"speeds": {"a": {"decode_tokens_per_s": "fast"}}}']  # fmt: skip


@pytest.mark.parametrize("text", SPOILED)
def test_damaged_speed_file_is_ignored(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "speed.json"
    path.write_text(text)
    record = SpeedRecord.load(path)
    assert record.speed("a") == MeasuredSpeed()
    assert "damaged" in caplog.text
    record.save()
    assert SpeedRecord.load(path).speed("a") == MeasuredSpeed()


def test_a_speed_file_that_cannot_be_written_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    SpeedRecord(tmp_path / "file" / "speed.json").save()
    assert "cannot write" in caplog.text


# The log lines are llama.cpp's, as xllamacpp 2026.10.11549 wrote them.
LOGS = [
    ("0.1 E llama_model_load: error loading model: tensor 'output.weight' data is not within the file bounds, model is",
     "is damaged", "model pull"),
    ("0.1 E gguf_init_from_reader: failed to read header", "is damaged", "model pull"),
    ("0.1 E llama_init_from_model: failed to initialize the context: failed to allocate buffer for kv cache",
     "not enough memory", "context_tokens"),
    ("0.1 E llama_model_load: error loading model: unknown model architecture: 'new'", "does not support", "xllamacpp"),
    ("0.1 E srv         start: couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 0", "loopback", "firewall"),
    ("0.1 W a warning\n0.2 E first cause\n0.3 E later", "first cause", "doctor"),
    ("", "Failed to init", "doctor"),
]  # fmt: skip


@pytest.mark.parametrize(("log", "message", "hint"), LOGS)
def test_llama_cpp_log_line_becomes_a_message(log: str, message: str, hint: str) -> None:
    error = load_failure("Failed to init server", log.splitlines(), Path("/models/m.gguf"))
    assert message in error.message
    assert hint in error.hint


ENDS = [(-9, "SIGKILL", "memory"), (-4, "SIGILL", "instructions"), (-11, "SIGSEGV", "log"), (1, "exit status 1", "log"),
        (-200, "signal 200", "log")]  # fmt: skip


@pytest.mark.parametrize(("returncode", "how", "hint"), ENDS)
def test_exit_status_becomes_a_message(returncode: int, how: str, hint: str) -> None:
    error = crash_failure(returncode, 4)
    assert how in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    "module",
    ["engines.llama", "engines.llama_main", "engines.llama_supervisor", "engines.shared_llama",
     "engines.choice", "engines.models.pull", "engines.models.hub",
     "engines.models.pip_main", "commands.model"],
)  # fmt: skip
@pytest.mark.process
def test_importing_is_cheap(module: str) -> None:
    heavy = {"httpx", "xllamacpp", "huggingface_hub", "platformdirs", "filelock", "tree_sitter", "pygls", "pip"}
    root = str(Path(__file__).parents[3])
    script = f"import sys; sys.path.insert(0, {root!r}); import autothink_lsp.{module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert heavy.isdisjoint(loaded)
    if module in {"engines.llama_main", "engines.llama_supervisor"}:
        assert not any(name.startswith(("autothink_lsp.lsp", "autothink_lsp.features")) for name in loaded)
